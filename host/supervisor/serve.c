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
#include <unistd.h>

#include "hal/channel.h"
#include "supervisor/signals.h"

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

static void serve_hive(struct supervisor *supervisor, const struct supervisor_ops *ops,
                       const uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    static uint8_t answer[sizeof(struct channel_hive) + HAL_HIVE_CHUNK];
    long answer_bytes =
        ops->hive != NULL ? ops->hive(ops->context, body, bytes, answer, sizeof(answer)) : -ENOSYS;

    if (answer_bytes < 0)
        result->refused = "its registry request makes no sense";
    else
        reply(supervisor, CHANNEL_HIVE, answer, (size_t)answer_bytes, result);
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

/* Moves what is left to the start of the buffer and reads more behind it. */
static void fill_input(struct supervisor_input *input, int fd)
{
    ssize_t n;

    memmove(input->buffer, input->buffer + input->start, input->end - input->start);
    input->end -= input->start;
    input->start = 0;
    n = read(fd, input->buffer + input->end, sizeof(input->buffer) - input->end);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        input->ended = true;
    if (n > 0)
        input->end += (uint32_t)n;
}

/* Bytes that answer the request now; the input is ended or they are not 0, or it has to wait. */
static uint32_t input_ready(const struct supervisor_input *input)
{
    const uint8_t *data = input->buffer + input->start;
    uint32_t held = input->end - input->start;
    uint32_t bytes = held < input->wanted ? held : input->wanted;
    const uint8_t *line_end = memchr(data, '\n', bytes);

    if (line_end != NULL)
        return (uint32_t)(line_end - data) + 1;
    return bytes == input->wanted || input->ended ? bytes : 0;
}

static void answer_input(struct supervisor *supervisor, struct supervisor_result *result)
{
    struct supervisor_input *input = &supervisor->input;
    uint32_t bytes = input_ready(input);

    if (input->wanted == 0 || (bytes == 0 && !input->ended))
        return;
    reply(supervisor, CHANNEL_INPUT, input->buffer + input->start, bytes, result);
    input->start += bytes;
    input->wanted = 0;
}

static void serve_input(struct supervisor *supervisor, const struct supervisor_ops *ops,
                        const uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    struct channel_input request = {0};

    if (bytes == sizeof(request))
        memcpy(&request, body, sizeof(request));
    if (request.bytes == 0 || request.bytes > HAL_INPUT_CHUNK || supervisor->input.wanted != 0) {
        result->refused = "its request for input makes no sense";
        return;
    }
    supervisor->input.wanted = request.bytes;
    if (ops->input_fd < 0)
        supervisor->input.ended = true;
    answer_input(supervisor, result);
}

static void serve_gpu(struct supervisor *supervisor, const struct supervisor_ops *ops,
                      const uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    struct channel_gpu request;
    HAL_GPU_INFO info = {.status = 0x8000001A}; /* STATUS_NO_MORE_ENTRIES */

    if (bytes != sizeof(request)) {
        result->refused = "its request for a GPU makes no sense";
        return;
    }
    memcpy(&request, body, sizeof(request));
    info.index = request.index;
    if (ops->gpu != NULL)
        ops->gpu(ops->context, &info, request.virtual_time_100ns);
    reply(supervisor, CHANNEL_GPU, &info, sizeof(info), result);
}

static void serve_qemu(struct supervisor *supervisor, const struct supervisor_ops *ops,
                       const uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    struct channel_qemu access;

    if (bytes != sizeof(access)) {
        result->refused = "its request for a device makes no sense";
        return;
    }
    memcpy(&access, body, sizeof(access));
    access.status = -1;
    if (ops->qemu != NULL)
        ops->qemu(ops->context, &access);
    reply(supervisor, CHANNEL_QEMU, &access, sizeof(access), result);
}

static void serve_sign(struct supervisor *supervisor, const struct supervisor_ops *ops,
                       const uint8_t *body, size_t bytes, struct supervisor_result *result)
{
    HAL_SIGN_REQUEST request;

    if (bytes != sizeof(request)) {
        result->refused = "its request to verify an image makes no sense";
        return;
    }
    memcpy(&request, body, sizeof(request));
    request.level = HAL_SIGN_NONE;
    if (ops->sign != NULL)
        ops->sign(ops->context, &request);
    reply(supervisor, CHANNEL_SIGN, &request, sizeof(request), result);
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
    case CHANNEL_HIVE: serve_hive(supervisor, ops, body, bytes, result); break;
    case CHANNEL_STOP: serve_stop(body, bytes, result); break;
    case CHANNEL_INPUT: serve_input(supervisor, ops, body, bytes, result); break;
    case CHANNEL_SIGN: serve_sign(supervisor, ops, body, bytes, result); break;
    case CHANNEL_GPU: serve_gpu(supervisor, ops, body, bytes, result); break;
    case CHANNEL_QEMU: serve_qemu(supervisor, ops, body, bytes, result); break;
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

/*
 * Waits for a packet, for the input that the machine waits for, or the next tick, and serves what
 * there is; false when the channel is closed. Input is looked at only while the machine wants some.
 */
static bool wait_and_serve(struct supervisor *supervisor, const struct supervisor_ops *ops,
                           const sigset_t *signals, struct supervisor_result *result)
{
    struct pollfd poller[2 + SUPERVISOR_WATCH_LIMIT] = {
        {supervisor->channel_fd, POLLIN, 0},
        {supervisor->input.wanted != 0 ? ops->input_fd : -1, POLLIN, 0}};
    int tick_ms = ops->tick_ms == 0 ? TICK_MS : ops->tick_ms;
    struct timespec tick = {tick_ms / 1000, tick_ms % 1000 * 1000000};
    size_t watched = ops->watch == NULL
                         ? 0
                         : ops->watch(ops->context, poller + 2, SUPERVISOR_WATCH_LIMIT);

    if (ppoll(poller, 2 + watched, tick_ms < 0 ? NULL : &tick, signals) <= 0)
        return true;
    if (poller[1].revents != 0) {
        fill_input(&supervisor->input, ops->input_fd);
        answer_input(supervisor, result);
    }
    if (watched != 0)
        ops->watched(ops->context, poller + 2, watched);
    return poller[0].revents == 0 || serve_one(supervisor, ops, result);
}

/* For a machine whose time is up, to say where it is; one that waits for input cannot. */
#define LAST_WORDS_MS 1000

static bool is_over(const struct supervisor *supervisor, const struct supervisor_ops *ops,
                    uint64_t start_ms, uint64_t timeout_ms, const volatile int *interrupt,
                    struct supervisor_result *result)
{
    uint64_t passed_ms = timeout_ms == 0 ? 0 : now_ms() - start_ms;
    bool is_up = timeout_ms != 0 && passed_ms >= timeout_ms;

    if ((interrupt != NULL && *interrupt) || (ops->tick != NULL && !ops->tick(ops->context)))
        result->interrupted = true;
    if (is_up && !result->timed_out)
        supervisor_end_time(supervisor);
    result->timed_out = is_up;
    return result->interrupted || result->refused != NULL || result->stopped ||
           (is_up && (supervisor->input.wanted != 0 || passed_ms - timeout_ms >= LAST_WORDS_MS));
}

void supervisor_serve(struct supervisor *supervisor, const struct supervisor_ops *ops,
                      uint64_t timeout_ms, volatile int *interrupt,
                      struct supervisor_result *result)
{
    uint64_t start_ms = now_ms();
    sigset_t before;

    memset(result, 0, sizeof(*result));
    ending_signals_hold(&before); /* let in only while it waits: none falls before the wait */
    while (!is_over(supervisor, ops, start_ms, timeout_ms, interrupt, result))
        if (!wait_and_serve(supervisor, ops, &before, result))
            break;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result->interrupted || result->timed_out || result->refused != NULL || result->stopped)
        kill(supervisor->child, SIGKILL);
    while (waitpid(supervisor->child, &result->wait_status, 0) < 0 && errno == EINTR)
        ;
    supervisor->child = -1;
}
