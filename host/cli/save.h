/*
 * A saved machine: a folder with its RAM (ram), what the supervisor knows of it (state), and its
 * disk (C). It is restored into a machine with a disk of its own; the saved one stays as it is.
 */
#pragma once

#include "cli/run.h"
#include "supervisor/supervisor.h"

/* Saves the machine that waits at a safe point. 0 or -errno; a half-written save is removed. */
int save_machine(const struct run *run, const struct supervisor *supervisor, uint64_t rsp,
                 uint64_t gs_base, const char *path);

/* Copies the saved disk into the run's folder and puts the run and its broker where they were. 0 or
 * -errno. */
int save_restore_host(struct run *run, struct supervisor_restore *restore, const char *path);
/* The RAM of a saved machine, open for reading: a file descriptor or -errno; *bytes is its size. */
int save_open_ram(const char *path, uint64_t *bytes);
