/*
 * Serves a machine process's channel. The machine may be anything: each packet's lengths are
 * checked, no answer waits for it, and no memory grows with what it sends.
 */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "hal/channel.h"

static uint8_t packet[CHANNEL_MAX_PACKET]; /* header, body */

/*
 * An answer. The machine asks one thing at a time and waits, so there is always room for it: a
 * machine that lets answers pile up is not served any longer.
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

static void serve_command(struct supervisor *supervisor, const struct supervisor_ops *ops,
                          uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    static HAL_COMMAND command;

    memset(&command, 0, sizeof(command));
    memcpy(&command, body,
           bytes < offsetof(HAL_COMMAND, text) ? bytes : offsetof(HAL_COMMAND, text));
    if (ops->next_command != NULL)
        ops->next_command(ops->context, &command);
    else
        command.kind = HAL_COMMAND_SHUTDOWN;
    reply(supervisor, CHANNEL_COMMAND, &command, sizeof(command), result);
}

static void serve_file(struct supervisor *supervisor, const struct supervisor_ops *ops,
                       const uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    static uint8_t answer[CHANNEL_MAX_PACKET];
    long answer_bytes =
        ops->file != NULL ? ops->file(ops->context, body, bytes, answer, sizeof(answer)) : -ENOSYS;

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

static void serve_save(struct supervisor *supervisor, const struct supervisor_ops *ops,
                       uint8_t *body, size_t bytes, struct supervisor_result *result)
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

/* Signals that set *interrupt are let in only while poll waits, so that none falls between the
 * check and the wait. */
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

void supervisor_serve(struct supervisor *supervisor, const struct supervisor_ops *ops,
                      uint64_t timeout_ms, volatile int *interrupt,
                      struct supervisor_result *result)
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
