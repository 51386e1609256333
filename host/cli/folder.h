/*
 * A machine's disk: a folder with C/ in it, as a fresh Windows installation would have the folders
 * that drivers ask for. Temporary ones are removed at the end, whatever the machine put there.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

struct machine_folder {
    char path[PATH_MAX];   /* of the machine */
    char volume[PATH_MAX]; /* path/C */
    bool temporary;
};

/* Opens or makes the folder; path NULL: a temporary one. 0 or -errno (then nothing is left behind).
 */
int machine_folder_open(struct machine_folder *folder, const char *path);
/* Copies a host file to volume/name (folders exist; an older file is replaced). 0 or -errno. */
int machine_folder_copy(const struct machine_folder *folder, const char *from, const char *name);
/* Copies from/name, a folder with all that is in it, into to (what is there already is replaced). 0
 * or -errno. */
int machine_folder_copy_tree(const char *from, const char *to, const char *name);
/* Removes a folder and all that is in it, never through a link. */
void machine_folder_remove(const char *path);
/* Removes a temporary folder. */
void machine_folder_close(struct machine_folder *folder);
