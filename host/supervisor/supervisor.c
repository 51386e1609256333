/* See supervisor.h. */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hal/channel.h"

/* ---- the child ---- */

static int copy_ram_image(int from, uint8_t *ram, uint64_t bytes)
{
    uint64_t at = 0;

    while (at < bytes) {
        ssize_t n = pread(from, ram + at, bytes - at, (off_t)at);

        if (n <= 0)
            return n == 0 ? 0 : -errno;
        at += (uint64_t)n;
    }
    return 0;
}

static uint64_t loader_physical(void)
{
    return (uint64_t)((uint8_t *)memory_translate(HAL_LOADER_VA, true) - g_machine.ram);
}

static _Noreturn void restore_machine(const struct supervisor_restore *restore, int image)
{
    int error = copy_ram_image(image, g_machine.ram, g_machine.ram_pages * HAL_PAGE_SIZE);

    g_machine.root_pfn = restore->root_pfn;
    if (error != 0 || memory_translate(HAL_LOADER_VA, true) == NULL || machine_map_all() != 0)
        machine_stop(HAL_STOP_DEFECT, 0, 0, 0);
    g_machine.loader = (HAL_LOADER_BLOCK *)(g_machine.ram + loader_physical());
    machine_resume(restore->rsp, restore->gs_base);
}

static _Noreturn void boot_machine(const struct machine_options *options)
{
    uint64_t entry = 0;
    int error = machine_load_kernel(options, &entry);

    if (error == 0)
        error = machine_map_all();
    if (error != 0)
        machine_stop(HAL_STOP_DEFECT, (uint64_t)(int64_t)error, 0, 0);
    machine_enter(entry, HAL_BOOT_STACK_TOP, HAL_LOADER_VA);
}

static _Noreturn void run_machine(struct supervisor *supervisor, int channel_fd, const struct machine_options *options,
                                  const struct supervisor_restore *restore, int image)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_IGN); /* the supervisor decides */
    g_machine = (struct machine){.ram_fd = supervisor->ram_fd,
                                 .channel_fd = channel_fd,
                                 .ram = supervisor->ram,
                                 .ram_pages = supervisor->ram_bytes / HAL_PAGE_SIZE,
                                 .save_at = options->save_at,
                                 .watchdog_ms = options->watchdog_ms};
    if (restore != NULL)
        restore_machine(restore, image);
    boot_machine(options);
}

int supervisor_start(struct supervisor *supervisor, const struct machine_options *options,
                     const struct supervisor_restore *restore, int ram_image_fd)
{
    int pair[2];
    int error = machine_create_ram(options->ram_bytes, &supervisor->ram_fd, &supervisor->ram);

    if (error != 0)
        return error;
    supervisor->ram_bytes = options->ram_bytes;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        supervisor->child = -1;
        supervisor->channel_fd = -1;
        supervisor_end(supervisor);
        return -errno;
    }
    for (int i = 0; i < 2; i++) {
        int bytes = (int)CHANNEL_MAX_PACKET * 4;

        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    }
    supervisor->child = fork();
    if (supervisor->child == 0) {
        close(pair[0]);
        run_machine(supervisor, pair[1], options, restore, ram_image_fd);
    }
    close(pair[1]);
    supervisor->channel_fd = pair[0];
    if (supervisor->child < 0) {
        supervisor_end(supervisor);
        return -EAGAIN;
    }
    mprotect(supervisor->ram, supervisor->ram_bytes, PROT_READ);
    return 0;
}

/* ---- the channel ---- */

static uint8_t packet[CHANNEL_MAX_PACKET]; /* header, body */

static void reply(struct supervisor *supervisor, uint32_t kind, const void *body, size_t bytes)
{
    struct channel_header header = {kind, (uint32_t)bytes};
    struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)body, bytes}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};

    while (sendmsg(supervisor->channel_fd, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static void serve_console(const struct supervisor_ops *ops, uint8_t *body, size_t bytes)
{
    struct channel_console console;

    if (bytes < sizeof(console) || ops->console == NULL)
        return;
    memcpy(&console, body, sizeof(console));
    if (console.bytes > bytes - sizeof(console))
        return;
    ops->console(ops->context, console.stream, (char *)body + sizeof(console), console.bytes,
                 console.virtual_time_100ns);
}

static void serve_command(struct supervisor *supervisor, const struct supervisor_ops *ops, uint8_t *body, size_t bytes)
{
    static HAL_COMMAND command;

    memset(&command, 0, sizeof(command));
    memcpy(&command, body, bytes < offsetof(HAL_COMMAND, text) ? bytes : offsetof(HAL_COMMAND, text));
    if (ops->next_command != NULL)
        ops->next_command(ops->context, &command);
    else
        command.kind = HAL_COMMAND_SHUTDOWN;
    reply(supervisor, CHANNEL_COMMAND, &command, sizeof(command));
}

static void serve_file(struct supervisor *supervisor, const struct supervisor_ops *ops, uint8_t *body, size_t bytes)
{
    static uint8_t data[HAL_FILE_CHUNK];
    struct channel_file *file = (struct channel_file *)body;
    char path[CHANNEL_MAX_PATH + 1];
    size_t path_bytes, data_bytes;

    if (bytes < sizeof(*file) || file->path_bytes > CHANNEL_MAX_PATH || file->data_bytes > HAL_FILE_CHUNK ||
        bytes - sizeof(*file) != (size_t)file->path_bytes + file->data_bytes)
        return; /* a machine that sends this waits for ever: the timeout ends it */
    path_bytes = file->path_bytes;
    data_bytes = file->data_bytes;
    memcpy(path, body + sizeof(*file), path_bytes);
    path[path_bytes] = '\0';
    memcpy(data, body + sizeof(*file) + path_bytes, data_bytes);
    if (file->request.length > HAL_FILE_CHUNK)
        file->request.length = HAL_FILE_CHUNK;
    if (ops->file != NULL) {
        data_bytes = ops->file(ops->context, &file->request, path, path_bytes, data, data_bytes,
                               file->virtual_time_100ns);
    } else {
        file->request.status = 0xC0000034u; /* STATUS_OBJECT_NAME_NOT_FOUND */
        data_bytes = 0;
    }
    file->path_bytes = 0;
    file->data_bytes = (uint32_t)data_bytes;
    memcpy(file + 1, data, data_bytes);
    reply(supervisor, CHANNEL_FILE, file, sizeof(*file) + data_bytes);
}

static void serve_stop(uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    struct channel_stop stop;

    if (bytes < sizeof(stop))
        return;
    memcpy(&stop, body, sizeof(stop));
    result->stopped = true;
    result->kind = stop.kind;
    result->argument = stop.argument;
    result->trap_signal = stop.trap_signal;
    result->rip = stop.rip;
}

static void serve_save(struct supervisor *supervisor, const struct supervisor_ops *ops, uint8_t *body, size_t bytes)
{
    struct channel_save save;

    if (bytes < sizeof(save))
        return;
    memcpy(&save, body, sizeof(save));
    if (ops->save != NULL)
        ops->save(ops->context, save.rsp, save.gs_base);
    reply(supervisor, CHANNEL_SAVE, &save, sizeof(save));
}

/* One packet; false when the channel is closed. */
static bool serve_one(struct supervisor *supervisor, const struct supervisor_ops *ops,
                      struct supervisor_result *result)
{
    ssize_t n = recv(supervisor->channel_fd, packet, sizeof(packet), 0);
    struct channel_header header;
    uint8_t *body = packet + sizeof(header);
    size_t bytes;

    if (n < 0)
        return errno == EINTR;
    if (n < (ssize_t)sizeof(header))
        return n != 0;
    memcpy(&header, packet, sizeof(header));
    bytes = (size_t)n - sizeof(header);
    switch (header.kind) {
    case CHANNEL_CONSOLE: serve_console(ops, body, bytes); break;
    case CHANNEL_COMMAND: serve_command(supervisor, ops, body, bytes); break;
    case CHANNEL_FILE: serve_file(supervisor, ops, body, bytes); break;
    case CHANNEL_STOP: serve_stop(body, bytes, result); break;
    case CHANNEL_SAVE: serve_save(supervisor, ops, body, bytes); break;
    default: break;
    }
    return true;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void supervisor_serve(struct supervisor *supervisor, const struct supervisor_ops *ops, uint64_t timeout_ms,
                      volatile int *interrupt, struct supervisor_result *result)
{
    uint64_t start = now_ms();

    memset(result, 0, sizeof(*result));
    for (;;) {
        struct pollfd poller = {supervisor->channel_fd, POLLIN, 0};
        uint64_t spent = now_ms() - start;
        int left = timeout_ms == 0 ? 1000 : spent >= timeout_ms ? 0 : (int)(timeout_ms - spent);

        if (interrupt != NULL && *interrupt) {
            result->interrupted = true;
            break;
        }
        if (timeout_ms != 0 && spent >= timeout_ms) {
            result->timed_out = true;
            break;
        }
        if (poll(&poller, 1, left) > 0 && !serve_one(supervisor, ops, result))
            break;
    }
    if (result->timed_out || result->interrupted)
        kill(supervisor->child, SIGKILL);
    while (waitpid(supervisor->child, &result->wait_status, 0) < 0 && errno == EINTR)
        ;
    supervisor->child = -1;
}

void supervisor_end(struct supervisor *supervisor)
{
    if (supervisor->child > 0) {
        kill(supervisor->child, SIGKILL);
        while (waitpid(supervisor->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (supervisor->channel_fd >= 0)
        close(supervisor->channel_fd);
    munmap(supervisor->ram, supervisor->ram_bytes);
    close(supervisor->ram_fd);
    supervisor->child = -1;
}
