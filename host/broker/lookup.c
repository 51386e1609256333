/*
 * Path lookup: one component at a time from the volume's folder, exact name first, then any
 * spelling. The host's kernel is asked to refuse links and escapes as well (openat2); the names
 * given to it never hold a slash or "..".
 */
#include "broker/broker_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct broker_inbox_row broker_inbox_row[BROKER_INBOX_FOLDERS] = {
    {"system32", "Windows/System32", false},
    {".", "Windows/System32", true},
    {"inbox", "Windows/System32/drivers", false},
};

int broker_open_at(int parent_fd, const char *leaf, int flags, unsigned mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW |
                                      ((flags & O_PATH) ? 0 : O_NONBLOCK | O_NOCTTY)),
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, parent_fd, leaf, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

bool broker_inbox_row_shows_in(const struct broker_inbox_row *row, const char *path, size_t bytes)
{
    return name_compare(path, bytes, row->volume_folder, strlen(row->volume_folder)) == 0;
}

bool broker_inbox_row_shows(const struct broker_inbox_row *row, const char *name)
{
    static const char *const images[] = {"ntoskrnl.exe", "hal.dll"};

    if (!row->kernel_only)
        return true;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
        if (name_compare(name, strlen(name), images[i], strlen(images[i])) == 0)
            return true;
    return false;
}

/* Of the spellings of name in the folder, the first in byte order: host folders may hold several.
 */
static int find_spelling(int folder_fd, const char *name, size_t bytes,
                         char found[NAME_MAX_BYTES + 1])
{
    int fd = broker_open_at(folder_fd, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    found[0] = '\0';
    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    while ((entry = readdir(list)) != NULL) {
        size_t entry_bytes = strlen(entry->d_name);
        if (name_compare(entry->d_name, entry_bytes, name, bytes) == 0 &&
            entry_bytes <= NAME_MAX_BYTES && (found[0] == '\0' || strcmp(entry->d_name, found) < 0))
            memcpy(found, entry->d_name, entry_bytes + 1);
    }
    closedir(list);
    return found[0] == '\0' ? -ENOENT : 0;
}

/* The name in the folder as it is spelt there, with its stat. -ENOENT leaves the name as it was
 * asked for. */
static int resolve_leaf(int folder_fd, char leaf[NAME_MAX_BYTES + 1], struct stat *stat)
{
    char found[NAME_MAX_BYTES + 1];
    int error;

    if (fstatat(folder_fd, leaf, stat, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != ENOENT)
        return -errno;
    error = find_spelling(folder_fd, leaf, strlen(leaf), found);
    if (error != 0)
        return error;
    if (fstatat(folder_fd, found, stat, AT_SYMLINK_NOFOLLOW) != 0)
        return -errno;
    memcpy(leaf, found, sizeof(found));
    return 0;
}

static uint32_t append_component(struct broker_place *place, const char *leaf)
{
    size_t used = strlen(place->path), bytes = strlen(leaf);

    if (used + bytes + 2 > sizeof(place->path))
        return NT_STATUS_OBJECT_NAME_INVALID;
    if (used != 0)
        place->path[used++] = '/';
    memcpy(place->path + used, leaf, bytes + 1);
    return NT_STATUS_SUCCESS;
}

/* Goes down into place->leaf, which was resolved to a folder. */
static uint32_t descend(struct broker_place *place)
{
    int next;

    if (!S_ISDIR(place->stat.st_mode))
        return S_ISREG(place->stat.st_mode) ? NT_STATUS_OBJECT_PATH_NOT_FOUND
                                            : NT_STATUS_ACCESS_DENIED;
    next = broker_open_at(place->parent_fd, place->leaf, O_PATH | O_DIRECTORY, 0);
    if (next < 0)
        return broker_status_from_errno(-next);
    close(place->parent_fd);
    place->parent_fd = next;
    return NT_STATUS_SUCCESS;
}

static uint32_t check_components(const char *path, size_t bytes)
{
    const char *end = path + bytes;

    while (path <= end && bytes != 0) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t length = (size_t)((slash == NULL ? end : slash) - path);
        if (!name_is_valid(path, length))
            return NT_STATUS_OBJECT_NAME_INVALID;
        if (slash == NULL)
            break;
        path = slash + 1;
    }
    return NT_STATUS_SUCCESS;
}

static uint32_t locate_on_volume(const char *path, size_t bytes, struct broker_place *place)
{
    const char *end = path + bytes;

    for (;;) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t length = (size_t)((slash == NULL ? end : slash) - path);
        uint32_t status;
        int error;

        memcpy(place->leaf, path, length);
        place->leaf[length] = '\0';
        error = resolve_leaf(place->parent_fd, place->leaf, &place->stat);
        if (error == -ENOENT && slash != NULL)
            return NT_STATUS_OBJECT_PATH_NOT_FOUND;
        if (error != 0 && error != -ENOENT)
            return broker_status_from_errno(-error);
        status = append_component(place, place->leaf);
        if (status != NT_STATUS_SUCCESS)
            return status;
        if (slash == NULL)
            return error == 0 ? NT_STATUS_SUCCESS : NT_STATUS_OBJECT_NAME_NOT_FOUND;
        status = descend(place);
        if (status != NT_STATUS_SUCCESS)
            return status;
        path = slash + 1;
    }
}

/* The row of the inbox that has the leaf in the volume's folder, or -1. */
static int find_inbox_row(broker *self, const char *folder, size_t folder_bytes,
                          char leaf[NAME_MAX_BYTES + 1], struct stat *stat)
{
    for (int i = 0; i < BROKER_INBOX_FOLDERS; i++) {
        const struct broker_inbox_row *row = &broker_inbox_row[i];

        if (self->inbox_fd[i] >= 0 && broker_inbox_row_shows_in(row, folder, folder_bytes) &&
            broker_inbox_row_shows(row, leaf) &&
            resolve_leaf(self->inbox_fd[i], leaf, stat) == 0 && S_ISREG(stat->st_mode))
            return i;
    }
    return -1;
}

/* Looks for a file that the volume does not have in the inbox. */
static bool locate_in_inbox(broker *self, const char *path, size_t bytes,
                            struct broker_place *place)
{
    const char *slash = memrchr(path, '/', bytes);
    char leaf[NAME_MAX_BYTES + 1];
    size_t length;
    int row, fd;

    if (slash == NULL)
        return false;
    length = bytes - (size_t)(slash + 1 - path);
    memcpy(leaf, slash + 1, length);
    leaf[length] = '\0';
    row = find_inbox_row(self, path, (size_t)(slash - path), leaf, &place->stat);
    if (row < 0)
        return false;
    fd = broker_open_at(self->inbox_fd[row], ".", O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return false;
    if (place->parent_fd >= 0)
        close(place->parent_fd);
    place->parent_fd = fd;
    place->inbox = true;
    memcpy(place->leaf, leaf, sizeof(leaf));
    strcpy(place->path, broker_inbox_row[row].volume_folder);
    append_component(place, leaf);
    return true;
}

uint32_t broker_locate(broker *self, const char *path, size_t path_bytes,
                       struct broker_place *place)
{
    uint32_t status;

    memset(place, 0, sizeof(*place));
    place->parent_fd = -1;
    if (path_bytes > BROKER_MAX_PATH)
        return NT_STATUS_OBJECT_NAME_INVALID;
    if (path_bytes != 0 && path[path_bytes - 1] == '/') {
        place->slash = true;
        path_bytes--;
    }
    status = check_components(path, path_bytes);
    if (status != NT_STATUS_SUCCESS)
        return status;
    place->parent_fd = broker_open_at(self->volume_fd, ".", O_PATH | O_DIRECTORY, 0);
    if (place->parent_fd < 0)
        return broker_status_from_errno(-place->parent_fd);
    if (path_bytes == 0) {
        strcpy(place->leaf, ".");
        return fstat(self->volume_fd, &place->stat) == 0 ? NT_STATUS_SUCCESS
                                                         : broker_status_from_errno(errno);
    }
    status = locate_on_volume(path, path_bytes, place);
    if ((status == NT_STATUS_OBJECT_NAME_NOT_FOUND || status == NT_STATUS_OBJECT_PATH_NOT_FOUND) &&
        locate_in_inbox(self, path, path_bytes, place))
        status = NT_STATUS_SUCCESS;
    if (status == NT_STATUS_SUCCESS && !S_ISREG(place->stat.st_mode) &&
        !S_ISDIR(place->stat.st_mode))
        status = NT_STATUS_ACCESS_DENIED;
    return status;
}

void broker_place_release(struct broker_place *place)
{
    if (place->parent_fd >= 0)
        close(place->parent_fd);
    place->parent_fd = -1;
}

int broker_open_parent(broker *self, const char *path, char leaf[NAME_MAX_BYTES + 1])
{
    const char *slash = strrchr(path, '/');
    char folder[BROKER_MAX_PATH + 1];

    if (slash == NULL) {
        memcpy(leaf, path, strlen(path) + 1);
        return broker_open_at(self->volume_fd, ".", O_PATH | O_DIRECTORY, 0);
    }
    memcpy(leaf, slash + 1, strlen(slash + 1) + 1);
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return broker_open_at(self->volume_fd, folder, O_PATH | O_DIRECTORY, 0);
}
