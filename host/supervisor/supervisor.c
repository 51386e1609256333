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

/*
 * An answer. The machine asks one thing at a time and waits, so there is always room for it: a machine that lets answers
 * pile up is not served any longer.
 */
static void reply(struct supervisor *supervisor, uint32_t kind, const void *body, size_t bytes,
                  struct supervisor_result *result)
{
    struct channel_header header = {kind, (uint32_t)bytes};
    struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)body, bytes}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
    ssize_t sent;

    do
        sent = sendmsg(supervisor->channel_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        result->refused = "it does not take its answers";
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

static void serve_command(struct supervisor *supervisor, const struct supervisor_ops *ops, uint8_t *body,
                          size_t bytes, struct supervisor_result *result)
{
    static HAL_COMMAND command;

    memset(&command, 0, sizeof(command));
    memcpy(&command, body, bytes < offsetof(HAL_COMMAND, text) ? bytes : offsetof(HAL_COMMAND, text));
    if (ops->next_command != NULL)
        ops->next_command(ops->context, &command);
    else
        command.kind = HAL_COMMAND_SHUTDOWN;
    reply(supervisor, CHANNEL_COMMAND, &command, sizeof(command), result);
}

static void serve_file(struct supervisor *supervisor, const struct supervisor_ops *ops, const uint8_t *body,
                       size_t bytes, struct supervisor_result *result)
{
    static uint8_t answer[CHANNEL_MAX_PACKET];
    long answer_bytes = ops->file != NULL ? ops->file(ops->context, body, bytes, answer, sizeof(answer)) : -ENOSYS;

    if (answer_bytes < 0)
        result->refused = "its file request makes no sense";
    else
        reply(supervisor, CHANNEL_FILE, answer, (size_t)answer_bytes, result);
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

static void serve_save(struct supervisor *supervisor, const struct supervisor_ops *ops, uint8_t *body, size_t bytes,
                       struct supervisor_result *result)
{
    struct channel_save save;

    if (bytes < sizeof(save))
        return;
    memcpy(&save, body, sizeof(save));
    if (ops->save != NULL)
        ops->save(ops->context, save.rsp, save.gs_base);
    reply(supervisor, CHANNEL_SAVE, &save, sizeof(save), result);
}

/* One packet; false when the channel is closed. */
static bool serve_one(struct supervisor *supervisor, const struct supervisor_ops *ops,
                      struct supervisor_result *result)
{
    ssize_t n = recv(supervisor->channel_fd, packet, sizeof(packet), MSG_DONTWAIT);
    struct channel_header header;
    uint8_t *body = packet + sizeof(header);
    size_t bytes;

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (n == 0)
        return false;
    if (n < (ssize_t)sizeof(header)) {
        result->refused = "a packet is too short";
        return true;
    }
    memcpy(&header, packet, sizeof(header));
    bytes = (size_t)n - sizeof(header);
    switch (header.kind) {
    case CHANNEL_CONSOLE: serve_console(ops, body, bytes); break;
    case CHANNEL_COMMAND: serve_command(supervisor, ops, body, bytes, result); break;
    case CHANNEL_FILE: serve_file(supervisor, ops, body, bytes, result); break;
    case CHANNEL_STOP: serve_stop(body, bytes, result); break;
    case CHANNEL_SAVE: serve_save(supervisor, ops, body, bytes, result); break;
    default: result->refused = "a packet is of no known kind"; break;
    }
    return true;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#define TICK_MS 100

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Signals that set *interrupt are let in only while poll waits, so that none falls between the check and the wait. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
        sigaddset(&held, ending_signals[i]);
    sigprocmask(SIG_BLOCK, &held, before);
}

/* Waits for a packet or the next tick. True: there is something to read. */
static bool wait_for_packet(const struct supervisor *supervisor, const sigset_t *signals)
{
    struct pollfd poller = {supervisor->channel_fd, POLLIN, 0};
    struct timespec tick = {0, TICK_MS * 1000000};

    return ppoll(&poller, 1, &tick, signals) > 0;
}

static bool is_over(const struct supervisor_ops *ops, uint64_t start_ms, uint64_t timeout_ms,
                    const volatile int *interrupt, struct supervisor_result *result)
{
    if ((interrupt != NULL && *interrupt) || (ops->tick != NULL && !ops->tick(ops->context)))
        result->interrupted = true;
    else if (timeout_ms != 0 && now_ms() - start_ms >= timeout_ms)
        result->timed_out = true;
    return result->interrupted || result->timed_out || result->refused != NULL || result->stopped;
}

void supervisor_serve(struct supervisor *supervisor, const struct supervisor_ops *ops, uint64_t timeout_ms,
                      volatile int *interrupt, struct supervisor_result *result)
{
    uint64_t start_ms = now_ms();
    sigset_t before;

    memset(result, 0, sizeof(*result));
    hold_signals(&before);
    while (!is_over(ops, start_ms, timeout_ms, interrupt, result))
        if (wait_for_packet(supervisor, &before) && !serve_one(supervisor, ops, result))
            break;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result->interrupted || result->timed_out || result->refused != NULL || result->stopped)
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
