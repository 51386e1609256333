/* See place.h. The socket is reached through the folder's descriptor: a path may be longer than a
 * socket's address. */
#include "daemon/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool place_default(char *path, size_t limit)
{
    const char *machine = getenv("DRYDOCK_MACHINE"), *state = getenv("XDG_STATE_HOME"),
               *home = getenv("HOME");
    int bytes;

    if (machine != NULL && machine[0] != '\0')
        bytes = snprintf(path, limit, "%s", machine);
    else if (state != NULL && state[0] == '/')
        bytes = snprintf(path, limit, "%s/drydock/default", state);
    else if (home != NULL && home[0] == '/')
        bytes = snprintf(path, limit, "%s/.local/state/drydock/default", home);
    else
        return false;
    return (size_t)bytes < limit;
}

/* The folder and those above it. What cannot be made shows when it is opened. */
static void make_folders(const char *path)
{
    char part[PATH_MAX];

    for (size_t i = 1; path[i] != '\0' && i < sizeof(part); i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        mkdir(part, 0700);
    }
    mkdir(path, 0700);
}

static int make_absolute(struct place *place, const char *path)
{
    char here[PATH_MAX] = "";
    int bytes;

    if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
        return -errno;
    bytes = snprintf(place->path, sizeof(place->path), "%s%s%s", here, here[0] != '\0' ? "/" : "",
                     path);
    return (size_t)bytes < sizeof(place->path) ? 0 : -ENAMETOOLONG;
}

int place_open(struct place *place, const char *path, bool create)
{
    char fallback[PATH_MAX];
    int error;

    *place = (struct place){.folder_fd = -1};
    if (path == NULL && !place_default(fallback, sizeof(fallback)))
        return -EDESTADDRREQ;
    if (path != NULL && path[0] == '\0') {
        snprintf(place->path, sizeof(place->path), "''"); /* for the message */
        return -ENOENT;
    }
    error = make_absolute(place, path != NULL ? path : fallback);
    if (error != 0)
        return error;
    if (create)
        make_folders(place->path);
    place->folder_fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return place->folder_fd >= 0 ? 0 : -errno;
}

void place_close(struct place *place)
{
    if (place->folder_fd >= 0)
        close(place->folder_fd);
    place->folder_fd = -1;
}

int place_lock(const struct place *place, bool wait)
{
    int fd = openat(place->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result, error;

    if (fd < 0)
        return -errno;
    do
        result = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

static struct sockaddr_un socket_address(const struct place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket",
             place->folder_fd);
    return address;
}

int place_listen(const struct place *place)
{
    struct sockaddr_un address = socket_address(place);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
    mode_t before;

    if (fd < 0)
        return -errno;
    place_remove(place, "socket");
    before = umask(0177);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 128) != 0)
        error = -errno;
    umask(before);
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

int place_connect(const struct place *place)
{
    struct sockaddr_un address = socket_address(place);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

void place_remove(const struct place *place, const char *name)
{
    unlinkat(place->folder_fd, name, 0);
}

int place_write(const struct place *place, const char *name, const char *text)
{
    size_t bytes = strlen(text);
    int fd, error = 0;

    place_remove(place, name);
    fd = openat(place->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    errno = 0;
    if (write(fd, text, bytes) != (ssize_t)bytes)
        error = errno != 0 ? -errno : -ENOSPC;
    if (close(fd) != 0 && error == 0)
        error = -errno;
    if (error != 0) /* all of it or nothing */
        place_remove(place, name);
    return error;
}

bool place_read(const struct place *place, const char *name, char *text, size_t limit)
{
    int fd = openat(place->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t bytes = fd < 0 ? -1 : read(fd, text, limit - 1);

    if (fd >= 0)
        close(fd);
    if (bytes < 0)
        return false;
    text[bytes] = '\0';
    return true;
}
