/* See save.h. RAM is a sparse file, so a save takes the space that the machine uses. */
#include "cli/save.h"

#include "cli/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_MAGIC 0x32455441545344ull /* "DSTATE2" */

struct save_state {
    uint64_t magic;
    uint64_t rsp, gs_base, root_pfn, ram_bytes, seed, cycles_done, devices_hash;
    uint32_t driver_count, loaded; /* a bit a driver */
    uint32_t step, index;
    uint32_t started, status;
    uint32_t program_count, program_ended; /* a bit a program */
    uint32_t program_exit_code[PROGRAM_LIMIT];
    struct console_line debug, log, report;
};

static int write_ram(int fd, const struct supervisor *supervisor)
{
    uint64_t at = 0;

    if (ftruncate(fd, (off_t)supervisor->ram_bytes) != 0)
        return -errno;
    while (at < supervisor->ram_bytes) {
        off_t data = lseek(supervisor->ram_fd, (off_t)at, SEEK_DATA), hole;

        if (data < 0)
            return errno == ENXIO ? 0 : -errno;
        hole = lseek(supervisor->ram_fd, data, SEEK_HOLE);
        for (at = (uint64_t)data; at < (uint64_t)hole;) {
            ssize_t count =
                pwrite(fd, supervisor->ram + at, (size_t)((uint64_t)hole - at), (off_t)at);
            if (count < 0 && errno != EINTR)
                return -errno;
            at += count > 0 ? (uint64_t)count : 0;
        }
    }
    return 0;
}

static int save_ram(const struct supervisor *supervisor, const char *folder)
{
    char path[PATH_MAX];
    int fd, error;

    snprintf(path, sizeof(path), "%s/ram", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    error = write_ram(fd, supervisor);
    if (close(fd) != 0 && error == 0)
        error = -errno;
    return error;
}

static struct save_state *make_state(const struct run *run, const struct supervisor *supervisor,
                                     uint64_t rsp, uint64_t gs_base)
{
    struct save_state *state = calloc(1, sizeof(*state));

    if (state == NULL)
        return NULL;
    state->magic = STATE_MAGIC;
    state->rsp = rsp;
    state->gs_base = gs_base;
    state->root_pfn = MACHINE_ROOT_PFN;
    state->ram_bytes = supervisor->ram_bytes;
    state->seed = run->options.seed;
    state->driver_count = run->options.driver_count;
    for (unsigned i = 0; i < run->options.driver_count; i++)
        state->loaded |= (uint32_t)run->driver[i].loaded << i;
    state->cycles_done = run->cycles_done;
    state->devices_hash = devices_hash(&run->options);
    state->step = run->step;
    state->index = run->index;
    state->started = run->started;
    state->program_count = run->options.program_count;
    for (unsigned i = 0; i < run->options.program_count; i++) {
        state->program_ended |= (uint32_t)run->program[i].ended << i;
        state->program_exit_code[i] = run->program[i].exit_code;
    }
    state->status = (uint32_t)run->status;
    state->debug = run->console.debug;
    state->log = run->console.log;
    state->report = run->console.report;
    return state;
}

static int save_state(const struct run *run, const struct save_state *state, const char *folder)
{
    char path[PATH_MAX];
    FILE *out;
    int error = 0;

    snprintf(path, sizeof(path), "%s/state", folder);
    out = fopen(path, "wbe");
    if (out == NULL)
        return -errno;
    if (fwrite(state, sizeof(*state), 1, out) != 1)
        error = -EIO;
    if (error == 0)
        error = broker_save(run->broker, out);
    if (fclose(out) != 0 && error == 0)
        error = -errno;
    return error;
}

int save_machine(const struct run *run, const struct supervisor *supervisor, uint64_t rsp,
                 uint64_t gs_base, const char *path)
{
    struct save_state *state = make_state(run, supervisor, rsp, gs_base);
    int error = state == NULL ? -ENOMEM : mkdir(path, 0755) != 0 ? -errno : 0;

    if (error != 0) {
        free(state);
        return error; /* what is there already is not ours */
    }
    error = save_ram(supervisor, path);
    if (error == 0)
        error = save_state(run, state, path);
    if (error == 0)
        error = machine_folder_copy_tree(run->folder.path, path, "C");
    free(state);
    if (error != 0)
        machine_folder_remove(path);
    return error;
}

static void take_state(struct run *run, struct supervisor_restore *restore,
                       const struct save_state *state)
{
    restore->rsp = state->rsp;
    restore->gs_base = state->gs_base;
    restore->root_pfn = state->root_pfn;
    for (unsigned i = 0; i < run->options.driver_count; i++)
        run->driver[i].loaded = (state->loaded >> i & 1) != 0;
    run->cycles_done = state->cycles_done;
    run->step = (enum run_step)state->step;
    run->index = state->index;
    run->started = state->started != 0;
    for (unsigned i = 0; i < run->options.program_count; i++) {
        run->program[i].ended = (state->program_ended >> i & 1) != 0;
        run->program[i].exit_code = state->program_exit_code[i];
    }
    run->status = (int)state->status;
    run->console.debug = state->debug;
    run->console.log = state->log;
    run->console.report = state->report;
}

/* A state of this version, for the drivers given and in bounds. */
static bool state_fits(const struct run *run, const struct save_state *state)
{
    return state->magic == STATE_MAGIC && state->driver_count == run->options.driver_count &&
           state->program_count == run->options.program_count &&
           state->devices_hash == devices_hash(&run->options) &&
           state->step < RUN_STEP_COUNT && state->index < RUN_DRIVER_LIMIT &&
           state->debug.used <= CONSOLE_LINE_LIMIT && state->log.used <= CONSOLE_LINE_LIMIT &&
           state->report.used <= CONSOLE_LINE_LIMIT;
}

int save_restore_host(struct run *run, struct supervisor_restore *restore, const char *path)
{
    struct save_state *state = calloc(1, sizeof(*state));
    int error = state == NULL ? -ENOMEM : machine_folder_copy_tree(path, run->folder.path, "C");
    char name[PATH_MAX];
    FILE *in;

    snprintf(name, sizeof(name), "%s/state", path);
    in = error == 0 ? fopen(name, "rbe") : NULL;
    if (in == NULL) {
        free(state);
        return error != 0 ? error : -errno;
    }
    if (fread(state, sizeof(*state), 1, in) != 1 || !state_fits(run, state))
        error = -EINVAL;
    if (error == 0) {
        take_state(run, restore, state);
        error = broker_restore(run->broker, in);
    }
    fclose(in);
    free(state);
    return error;
}

int save_open_ram(const char *path, uint64_t *bytes)
{
    char name[PATH_MAX];
    struct stat stat;
    int fd;

    snprintf(name, sizeof(name), "%s/ram", path);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size % HAL_PAGE_SIZE != 0 ||
        stat.st_size == 0) {
        close(fd);
        return -EINVAL;
    }
    *bytes = (uint64_t)stat.st_size;
    return fd;
}
