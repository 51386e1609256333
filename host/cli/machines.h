/* The machines that run in the background: those of this user. */
#pragma once

#define MACHINE_LIMIT 64u

/*
 * Their folders, sorted, to be freed; at most MACHINE_LIMIT. Nothing lists them: a machine's keeper
 * is a process of this program that holds the lock of a folder.
 */
unsigned machines_find(char *folder[MACHINE_LIMIT]);
/* Whether a machine runs in that folder. */
_Bool machines_is_up(const char *path);
