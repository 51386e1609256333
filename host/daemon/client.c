/*
 * The clients of a booted machine: each is a socket, and one program at most. What a client sends
 * is parsed here and nothing of it is trusted. A client that breaks the rules, or does not take
 * what it is sent, is closed; its program ends, and the others go on.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report/ntstatus.h"

#define EVENT_CTRL_C 0ull
#define EVENT_CLOSE 2ull

/* ---- connections ---- */

static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t bytes = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

/* When all places are taken, the oldest who has not even said what it wants makes room. */
static bool make_room(struct daemon *daemon)
{
    if (daemon->client_count < CLIENT_LIMIT)
        return true;
    for (unsigned i = 0; i < daemon->client_count; i++)
        if (!daemon->client[i]->asked) {
            daemon->client[i]->ends = true;
            frame_free(&daemon->client[i]->out);
            client_sweep(daemon);
            return true;
        }
    return false;
}

void client_accept(struct daemon *daemon)
{
    int fd = accept4(daemon->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct client *client;

    if (fd < 0)
        return;
    client = is_ours(fd) && make_room(daemon) ? calloc(1, sizeof(*client)) : NULL;
    if (client == NULL) {
        close(fd);
        return;
    }
    client->fd = fd;
    daemon->client[daemon->client_count++] = client;
}

/* Its program hears that nobody is left. */
static void drop(struct daemon *daemon, struct client *client)
{
    if (client->terminal != 0)
        command_queue(daemon, HAL_COMMAND_SIGNAL, client->terminal | EVENT_CLOSE << 32, NULL, 0);
    if (client->stopped) /* its handlers may write a last word */
        command_queue(daemon, HAL_COMMAND_FLOW, client->terminal | 1ull << 32, NULL, 0);
    close(client->fd);
    frame_free(&client->out);
    free(client);
}

void client_sweep(struct daemon *daemon)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < daemon->client_count; i++) {
        struct client *client = daemon->client[i];

        if (client->ends && frame_queued(&client->out) == 0)
            drop(daemon, client);
        else
            daemon->client[kept++] = client;
    }
    daemon->client_count = kept;
}

static void give_up(struct client *client)
{
    frame_free(&client->out);
    client->ends = true; /* nothing waits for it: the sweep takes it */
}

struct client *client_of_terminal(struct daemon *daemon, uint32_t terminal)
{
    for (unsigned i = 0; terminal != 0 && i < daemon->client_count; i++)
        if (daemon->client[i]->terminal == terminal)
            return daemon->client[i];
    return NULL;
}

/* ---- to the client ---- */

static void hold_writers(struct daemon *daemon, struct client *client)
{
    if (client->terminal == 0 || client->stopped || frame_queued(&client->out) < CLIENT_HIGH_WATER)
        return;
    client->stopped =
        command_queue(daemon, HAL_COMMAND_FLOW, client->terminal, NULL, 0) == 0;
}

static void free_writers(struct daemon *daemon, struct client *client)
{
    if (!client->stopped || frame_queued(&client->out) > CLIENT_LOW_WATER)
        return;
    client->stopped =
        command_queue(daemon, HAL_COMMAND_FLOW, client->terminal | 1ull << 32, NULL, 0) != 0;
}

void client_write(struct daemon *daemon, struct client *client, uint32_t kind, const void *text,
                  size_t bytes)
{
    const char *at = text;

    do {
        size_t piece = bytes < FRAME_BODY_LIMIT ? bytes : FRAME_BODY_LIMIT;

        if (client->ends)
            return;
        if (frame_append(&client->out, kind, at, piece) != 0 ||
            frame_queued(&client->out) > CLIENT_BOUND ||
            frame_flush(&client->out, client->fd) != 0)
            give_up(client);
        at += piece;
        bytes -= piece;
    } while (bytes != 0);
    hold_writers(daemon, client);
    free_writers(daemon, client); /* all may have gone at once: then nobody waits for room */
}

static void end_with(struct daemon *daemon, struct client *client, json_t *object)
{
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;

    client->terminal = 0;
    if (text != NULL)
        client_write(daemon, client, FRAME_END, text, strlen(text));
    client->ends = true;
    free(text);
    json_decref(object);
}

void client_end_exit(struct daemon *daemon, struct client *client, uint32_t exit_code)
{
    end_with(daemon, client, json_pack("{s:I}", "exit", (json_int_t)exit_code));
}

void client_end_error(struct daemon *daemon, struct client *client, const char *text)
{
    end_with(daemon, client, json_pack("{s:s}", "error", text));
}

/* ---- standard input ---- */

/* A line, or all there is room for, or the end; else the client is asked for more. */
static void give_input(struct daemon *daemon, struct client *client)
{
    size_t bytes = client->input_bytes < HAL_INPUT_CHUNK - 1 ? client->input_bytes
                                                             : HAL_INPUT_CHUNK - 1;
    const uint8_t *end = memchr(client->input, '\n', bytes);

    if (!client->wanted || client->terminal == 0)
        return;
    if (end != NULL)
        bytes = (size_t)(end - client->input) + 1;
    else if (bytes < HAL_INPUT_CHUNK - 1 && !client->input_ended) {
        if (!client->input_asked)
            client_write(daemon, client, FRAME_WANT, NULL, 0);
        client->input_asked = true;
        return;
    }
    if (command_queue(daemon, HAL_COMMAND_INPUT, client->terminal, client->input, bytes) != 0) {
        give_up(client);
        return;
    }
    client->wanted = false;
    memmove(client->input, client->input + bytes, client->input_bytes - bytes);
    client->input_bytes -= bytes;
}

void client_want(struct daemon *daemon, struct client *client)
{
    client->wanted = true;
    give_input(daemon, client);
}

static bool take_input(struct daemon *daemon, struct client *client, const struct frame *frame)
{
    if (!client->input_asked || frame->bytes > sizeof(client->input) - client->input_bytes)
        return false; /* it gives what nobody asked for */
    client->input_asked = false;
    client->input_ended = frame->bytes == 0;
    memcpy(client->input + client->input_bytes, frame->body, frame->bytes);
    client->input_bytes += frame->bytes;
    give_input(daemon, client);
    return true;
}

/* ---- requests ---- */

/* A command whose outcome goes to the client: its output and its end come with the number. */
static void give_number(struct daemon *daemon, struct client *client, uint32_t command,
                        const char *text, size_t bytes)
{
    if (daemon->stopping) {
        client_end_error(daemon, client, "the machine is shutting down");
        return;
    }
    daemon->last_terminal = daemon->last_terminal < HAL_TERMINAL_FIRST ||
                                    daemon->last_terminal == UINT32_MAX
                                ? HAL_TERMINAL_FIRST
                                : daemon->last_terminal + 1;
    client->terminal = daemon->last_terminal;
    if (command_queue(daemon, command, client->terminal, text, bytes) != 0)
        client_end_error(daemon, client, "the machine's keeper is out of memory");
}

/* The number says later whose request it was. */
static void change_power(struct daemon *daemon, struct client *client, unsigned state)
{
    client->power = ++daemon->last_power != 0 ? daemon->last_power : ++daemon->last_power;
    if (command_queue(daemon, HAL_COMMAND_POWER, state | (uint64_t)client->power << 32, NULL, 0) !=
        0)
        client_end_error(daemon, client, "the machine's keeper is out of memory");
}

void client_end_power(struct daemon *daemon, uint32_t number, uint32_t status, unsigned state)
{
    char name[NTSTATUS_TEXT_LIMIT], text[NTSTATUS_TEXT_LIMIT + 32];

    snprintf(text, sizeof(text), "the machine refuses: %s", ntstatus_text(status, name));
    for (unsigned i = 0; i < daemon->client_count; i++) {
        struct client *client = daemon->client[i];

        if (client->power != number || client->ends)
            continue;
        if ((int32_t)status < 0)
            client_end_error(daemon, client, text);
        else
            end_with(daemon, client, json_pack("{s:i}", "state", (int)state));
    }
}

static void start_program(struct daemon *daemon, struct client *client,
                          const struct request *request)
{
    char text[REQUEST_PATH_LIMIT + REQUEST_COMMAND_LIMIT];
    int bytes = snprintf(text, sizeof(text), "%s\t%s", request->path, request->command);

    give_number(daemon, client, HAL_COMMAND_SPAWN, text, (size_t)bytes);
}

static void begin_shutdown(struct daemon *daemon, struct client *client)
{
    client->waits_for_end = true;
    daemon->stopping = true;
}

static void tell_status(struct daemon *daemon, struct client *client)
{
    unsigned programs = 0;

    for (unsigned i = 0; i < daemon->client_count; i++)
        programs += daemon->client[i]->terminal != 0;
    end_with(daemon, client,
             json_pack("{s:i, s:i, s:I, s:i, s:I, s:i}", "pid", (int)getpid(), "machine_pid",
                       (int)daemon->supervisor.child, "since", (json_int_t)daemon->since_s,
                       "programs", (int)programs, "ram_mib",
                       (json_int_t)(daemon->machine.ram_bytes >> 20), "processors",
                       (int)daemon->machine.processors));
}

static bool take_request(struct daemon *daemon, struct client *client, const struct frame *frame)
{
    struct request request;
    const char *why;

    if (client->asked)
        return false;
    client->asked = true;
    if (!request_parse(&request, frame->body, frame->bytes, &why)) {
        client_end_error(daemon, client, why);
        return true;
    }
    switch (request.verb) {
    case REQUEST_EXEC: start_program(daemon, client, &request); break;
    case REQUEST_SHOW:
        give_number(daemon, client, HAL_COMMAND_SHOW, request.show, strlen(request.show));
        break;
    case REQUEST_STATUS: tell_status(daemon, client); break;
    case REQUEST_POWER: change_power(daemon, client, request.state); break;
    case REQUEST_SHUTDOWN: begin_shutdown(daemon, client); break;
    case REQUEST_DEBUG:
        if (request.since_boot)
            output_replay(daemon, client);
        client->follows = !request.once;
        if (request.once)
            client_end_exit(daemon, client, 0);
        break;
    }
    return true;
}

static bool take_frame(struct daemon *daemon, struct client *client, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_REQUEST: return take_request(daemon, client, frame);
    case FRAME_INPUT: return take_input(daemon, client, frame);
    case FRAME_INTERRUPT:
        if (client->terminal != 0)
            command_queue(daemon, HAL_COMMAND_SIGNAL, client->terminal | EVENT_CTRL_C << 32, NULL,
                          0);
        return true;
    default: return false;
    }
}

/* False: the connection is over, or it broke the rules. */
static bool receive(struct daemon *daemon, struct client *client)
{
    ssize_t n = recv(client->fd, client->in + client->received,
                     sizeof(client->in) - client->received, MSG_DONTWAIT);
    struct frame frame;
    size_t used = 0;
    long taken;

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    client->received += (size_t)n;
    while (!client->ends &&
           (taken = frame_parse(client->in + used, client->received - used, &frame)) != 0) {
        if (taken < 0 || !take_frame(daemon, client, &frame))
            return false;
        used += (size_t)taken;
    }
    memmove(client->in, client->in + used, client->received - used);
    client->received -= used;
    return n != 0;
}

void client_serve(struct daemon *daemon, struct client *client, short events)
{
    if ((events & POLLOUT) && frame_flush(&client->out, client->fd) != 0)
        give_up(client);
    free_writers(daemon, client);
    if ((events & POLLIN) && !receive(daemon, client))
        give_up(client);
    else if ((events & (POLLERR | POLLHUP)) && !(events & POLLIN))
        give_up(client);
}

/* ---- the end ---- */

void client_end_all(struct daemon *daemon, const char *text)
{
    struct pollfd poller[CLIENT_LIMIT];
    unsigned waiting = daemon->client_count;

    for (unsigned i = 0; i < daemon->client_count; i++)
        if (!daemon->client[i]->ends && text == NULL &&
            (daemon->client[i]->waits_for_end || daemon->client[i]->follows))
            client_end_exit(daemon, daemon->client[i], 0);
        else if (!daemon->client[i]->ends)
            client_end_error(daemon, daemon->client[i],
                             text != NULL ? text : "the machine was shut down");
    while (waiting != 0) {
        waiting = 0;
        for (unsigned i = 0; i < daemon->client_count; i++)
            if (frame_flush(&daemon->client[i]->out, daemon->client[i]->fd) == 0 &&
                frame_queued(&daemon->client[i]->out) != 0)
                poller[waiting++] = (struct pollfd){daemon->client[i]->fd, POLLOUT, 0};
        if (waiting != 0 && poll(poller, waiting, 1000) <= 0)
            break; /* nobody took anything for a second */
    }
    while (daemon->client_count != 0) {
        struct client *client = daemon->client[--daemon->client_count];

        close(client->fd);
        frame_free(&client->out);
        free(client);
    }
}
