/* See folder.h. */
#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_folder(const char *path)
{
    struct stat stat_now;

    if (mkdir(path, 0755) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    return stat(path, &stat_now) == 0 && S_ISDIR(stat_now.st_mode) ? 0 : -ENOTDIR;
}

static int make_skeleton(const struct machine_folder *folder)
{
    static const char *const names[] = {"",
                                        "/Windows",
                                        "/Windows/System32",
                                        "/Windows/System32/drivers",
                                        "/Windows/System32/config",
                                        "/Windows/Temp",
                                        "/Users",
                                        "/Logs"};
    char path[PATH_MAX + 64];
    int error = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && error == 0; i++) {
        snprintf(path, sizeof(path), "%s%s", folder->volume, names[i]);
        error = make_folder(path);
    }
    return error;
}

static int choose_path(struct machine_folder *folder, const char *path)
{
    const char *temporary = getenv("TMPDIR");

    folder->temporary = path == NULL;
    if (path != NULL) {
        snprintf(folder->path, sizeof(folder->path), "%s", path);
        return make_folder(folder->path);
    }
    if (temporary == NULL || temporary[0] == '\0')
        temporary = "/tmp";
    snprintf(folder->path, sizeof(folder->path), "%s/drydock-XXXXXX", temporary);
    return mkdtemp(folder->path) != NULL ? 0 : -errno;
}

int machine_folder_open(struct machine_folder *folder, const char *path)
{
    int error;

    memset(folder, 0, sizeof(*folder));
    if (path != NULL && strlen(path) > PATH_MAX - 64)
        return -ENAMETOOLONG;
    error = choose_path(folder, path);
    if (error != 0)
        return error;
    snprintf(folder->volume, sizeof(folder->volume), "%.*s/C", PATH_MAX - 8, folder->path);
    error = make_skeleton(folder);
    if (error != 0)
        machine_folder_close(folder);
    return error;
}

static int copy_bytes(int from, int to)
{
    ssize_t count;

    do
        count = sendfile(to, from, NULL, 1 << 20);
    while (count > 0 || (count < 0 && errno == EINTR));
    return count == 0 ? 0 : -errno;
}

static int copy_file_at(int from_fd, int to_fd, const char *name)
{
    int source = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), target,
        error;
    struct stat stat;

    if (source < 0 || fstat(source, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        if (source >= 0)
            close(source);
        return 0; /* links, pipes and the like are no part of a machine's disk */
    }
    unlinkat(to_fd, name, 0);
    target = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, stat.st_mode & 0777);
    error = target < 0 ? -errno : copy_bytes(source, target);
    if (target >= 0 && close(target) != 0 && error == 0)
        error = -errno;
    close(source);
    return error;
}

static int copy_folder_at(int from_parent_fd, int to_parent_fd, const char *name)
{
    int from_fd = openat(from_parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
        to_fd, error = 0;
    DIR *list = from_fd < 0 ? NULL : fdopendir(from_fd);
    struct dirent *entry;
    struct stat stat;

    if (list == NULL) {
        error = -errno;
        if (from_fd >= 0)
            close(from_fd);
        return error;
    }
    if (mkdirat(to_parent_fd, name, 0755) != 0 && errno != EEXIST)
        error = -errno;
    to_fd = error != 0
                ? -1
                : openat(to_parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (to_fd < 0 && error == 0)
        error = -errno;
    while (error == 0 && (entry = readdir(list)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(from_fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        error = S_ISDIR(stat.st_mode) ? copy_folder_at(from_fd, to_fd, entry->d_name)
                                      : copy_file_at(from_fd, to_fd, entry->d_name);
    }
    if (to_fd >= 0)
        close(to_fd);
    closedir(list);
    return error;
}

int machine_folder_copy_tree(const char *from, const char *to, const char *name)
{
    int from_fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to_fd, error;

    if (from_fd < 0)
        return -errno;
    to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    error = to_fd < 0 ? -errno : copy_folder_at(from_fd, to_fd, name);
    if (to_fd >= 0)
        close(to_fd);
    close(from_fd);
    return error;
}

int machine_folder_copy(const struct machine_folder *folder, const char *from, const char *name)
{
    char path[PATH_MAX + NAME_MAX + 2], fresh[sizeof(path) + 4];
    int source = open(from, O_RDONLY | O_CLOEXEC), target, error;

    if (source < 0)
        return -errno;
    snprintf(path, sizeof(path), "%s/%s", folder->volume, name);
    snprintf(fresh, sizeof(fresh), "%s.new", path); /* what was there stays until all of it is */
    unlink(fresh);
    target = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    error = target < 0 ? -errno : copy_bytes(source, target);
    if (target >= 0 && close(target) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(fresh, path) != 0)
        error = -errno;
    if (error != 0 && target >= 0)
        unlink(fresh);
    close(source);
    return error;
}

/* Everything in the folder, never through a link. The machine may have nested deeply: one
 * descriptor a level. */
static void empty_folder(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        empty_folder(fd, entry->d_name);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(list);
}

void machine_folder_remove(const char *path)
{
    empty_folder(AT_FDCWD, path);
    rmdir(path);
}

void machine_folder_close(struct machine_folder *folder)
{
    if (!folder->temporary)
        return;
    machine_folder_remove(folder->path);
    folder->temporary = false;
}
