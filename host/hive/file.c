/* See file.h. */
#include "hive/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, uint8_t *data, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = pread(fd, data + done, bytes - done, (off_t)done);

        if (n == 0)
            return -EIO; /* it shrank */
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int file_read(int folder_fd, const char *name, size_t limit, uint8_t **data, size_t *bytes)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), error = 0;
    struct stat stat;

    *data = NULL;
    *bytes = 0;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &stat) != 0)
        error = -errno;
    else if (!S_ISREG(stat.st_mode))
        error = -EINVAL;
    else if ((uint64_t)stat.st_size > limit)
        error = -EFBIG;
    else if ((*data = malloc((size_t)stat.st_size + 1)) == NULL)
        error = -ENOMEM;
    if (error == 0) {
        *bytes = (size_t)stat.st_size;
        error = read_all(fd, *data, *bytes);
    }
    close(fd);
    if (error != 0) {
        free(*data);
        *data = NULL;
    }
    return error;
}

int file_write_at(int fd, const void *data, size_t bytes, uint64_t offset)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = pwrite(fd, (const uint8_t *)data + done, bytes - done, (off_t)(offset + done));

        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int file_replace(int folder_fd, const char *name, const struct iovec *part, int count)
{
    uint64_t offset = 0;
    char temporary[80];
    int fd, error = 0;

    snprintf(temporary, sizeof(temporary), "%s.new", name);
    unlinkat(folder_fd, temporary, 0);
    fd = openat(folder_fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    for (int i = 0; i < count && error == 0; i++) {
        error = file_write_at(fd, part[i].iov_base, part[i].iov_len, offset);
        offset += part[i].iov_len;
    }
    if (error == 0 && (fsync(fd) != 0 || renameat(folder_fd, temporary, folder_fd, name) != 0))
        error = -errno;
    if (error != 0) {
        unlinkat(folder_fd, temporary, 0);
        close(fd);
        return error;
    }
    fsync(folder_fd);
    return fd;
}
