/*
 * A booted machine's folder: DIR/C is its disk, DIR/lock is held while it runs, DIR/socket is where
 * it listens, DIR/log has what its keeper said, DIR/stopped says why it is no longer there if that
 * was not by a shutdown, with DIR/report.txt; DIR/boot.json has how it was booted.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct place {
    char path[PATH_MAX - 32]; /* absolute */
    int folder_fd;
};

/* Where a machine is when nothing is said: $DRYDOCK_MACHINE, or "default" in the user's state. */
bool place_default(char *path, size_t limit);
/*
 * Opens DIR (NULL: the default). With create, it and what is above it are made if they are missing.
 * 0 or -errno; place->path is what was tried.
 */
int place_open(struct place *place, const char *path, bool create);
void place_close(struct place *place);
/* Takes the lock: its descriptor, -EWOULDBLOCK when a machine runs, or -errno. With wait until it
 * has ended. */
int place_lock(const struct place *place, bool wait);
/* A socket that listens; a stale one is removed. Only with the lock. Descriptor or -errno. */
int place_listen(const struct place *place);
/* A socket that is connected to the machine's keeper, -ECONNREFUSED or -ENOENT when there is none,
 * or -errno. */
int place_connect(const struct place *place);
void place_remove(const struct place *place, const char *name);
/* Writes a small file whole. 0 or -errno. */
int place_write(const struct place *place, const char *name, const char *text);
/* The start of a small file, as a string; false when there is none. */
bool place_read(const struct place *place, const char *name, char *text, size_t limit);
