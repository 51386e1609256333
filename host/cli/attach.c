/* See attach.h. */
#include "cli/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "daemon/frame.h"

static volatile sig_atomic_t g_interrupts; /* Ctrl-C, so often */

static void note_interrupt(int number)
{
    (void)number;
    g_interrupts++;
}

int attach_take_machine(int argc, char **argv, const char **machine)
{
    *machine = NULL;
    if (argc > 1 && strncmp(argv[1], "--machine=", 10) == 0) {
        *machine = argv[1] + 10;
        return 1;
    }
    if (argc < 2 || strcmp(argv[1], "--machine") != 0)
        return 0;
    if (argc < 3)
        return -1;
    *machine = argv[2];
    return 2;
}

/* ---- no machine ---- */

static int say_none_runs(const struct attach *attach)
{
    char why[400] = "", *line;

    if (place_read(&attach->place, "stopped", why, sizeof(why)) && why[0] != '\0') {
        line = strchr(why, '\n');
        if (line != NULL)
            *line = '\0';
        cli_message("%s: no machine runs here any more: %s", attach->place.path, why);
        if (faccessat(attach->place.folder_fd, "report.txt", R_OK, 0) == 0)
            cli_message("%s/report.txt has the report", attach->place.path);
    } else {
        cli_message("%s: no machine runs here", attach->place.path);
    }
    cli_message("boot one: drydock boot --machine %s", attach->place.path);
    return EXIT_USAGE;
}

void attach_say_which_folder(void)
{
    cli_message("which machine? none of --machine, DRYDOCK_MACHINE, XDG_STATE_HOME and HOME says");
}

int attach_open(struct attach *attach, const char *machine)
{
    int error = place_open(&attach->place, machine, false);

    if (error == -EDESTADDRREQ) {
        attach_say_which_folder();
        return EXIT_USAGE;
    }
    attach->fd = error == 0 ? place_connect(&attach->place) : -1;
    if (attach->fd >= 0)
        return EXIT_FINE;
    if (error == 0 && attach->fd != -ENOENT && attach->fd != -ECONNREFUSED)
        cli_message("%s/socket: %s", attach->place.path, strerror(-attach->fd));
    else if (error != 0 && error != -ENOENT)
        cli_message("%s: %s", attach->place.path, strerror(-error));
    else
        say_none_runs(attach);
    attach_close(attach);
    return EXIT_USAGE;
}

void attach_close(struct attach *attach)
{
    if (attach->fd >= 0)
        close(attach->fd);
    attach->fd = -1;
    place_close(&attach->place);
}

/* ---- frames ---- */

/* False when the stream cannot be written; says so, but for a reader that is gone. */
static bool write_all(int fd, const uint8_t *data, size_t bytes)
{
    while (bytes != 0) {
        ssize_t n = write(fd, data, bytes);

        if (n < 0 && errno != EINTR) {
            if (errno != EPIPE && fd == STDOUT_FILENO)
                cli_message("standard output: %s", strerror(errno));
            return false;
        }
        data += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

struct talk {
    struct attach *attach;
    bool wants_input;
    bool failed; /* this process's own output cannot be written */
    json_t *end;
    int interrupts_sent;
    size_t held;
    uint8_t in[2 * (sizeof(struct frame_header) + FRAME_BODY_LIMIT)];
};

static void take_log(const struct frame *frame)
{
    fflush(stdout);
    fprintf(stderr, "drydock: %.*s%s", (int)frame->bytes, (const char *)frame->body,
            frame->bytes != 0 && frame->body[frame->bytes - 1] == '\n' ? "" : "\n");
}

static void take_frame(struct talk *talk, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_STDOUT:
        talk->failed = talk->failed || !write_all(STDOUT_FILENO, frame->body, frame->bytes);
        break;
    case FRAME_STDERR: write_all(STDERR_FILENO, frame->body, frame->bytes); break;
    case FRAME_LOG: take_log(frame); break;
    case FRAME_WANT: talk->wants_input = true; break;
    case FRAME_DEBUG:
        if (talk->attach->debug != NULL && !talk->attach->debug(talk->attach->context,
                                                                (const char *)frame->body,
                                                                frame->bytes))
            talk->failed = true;
        break;
    case FRAME_REPORT:
        if (talk->attach->report != NULL &&
            !talk->attach->report(talk->attach->context, (const char *)frame->body, frame->bytes))
            talk->failed = true;
        break;
    case FRAME_END:
        talk->end = json_loadb((const char *)frame->body, frame->bytes, 0, NULL);
        break;
    default: break;
    }
}

/* False: the connection is over. */
static bool receive(struct talk *talk)
{
    ssize_t n = read(talk->attach->fd, talk->in + talk->held, sizeof(talk->in) - talk->held);
    struct frame frame;
    size_t used = 0;
    long taken;

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    talk->held += (size_t)n;
    while (talk->end == NULL &&
           (taken = frame_parse(talk->in + used, talk->held - used, &frame)) > 0) {
        take_frame(talk, &frame);
        used += (size_t)taken;
    }
    memmove(talk->in, talk->in + used, talk->held - used);
    talk->held -= used;
    return n != 0;
}

static void send_input(struct talk *talk)
{
    uint8_t data[4096];
    ssize_t n = read(STDIN_FILENO, data, sizeof(data));

    if (n < 0 && errno == EINTR)
        return;
    talk->wants_input = false;
    frame_send(talk->attach->fd, FRAME_INPUT, data, n > 0 ? (size_t)n : 0);
}

static void send_interrupts(struct talk *talk)
{
    if (!talk->attach->console)
        return;
    while (talk->interrupts_sent < g_interrupts && talk->interrupts_sent < 2) {
        talk->interrupts_sent++;
        frame_send(talk->attach->fd, FRAME_INTERRUPT, NULL, 0);
    }
}

/* The first Ctrl-C is the program's; the second ends the connection, and thereby the program. */
static bool is_over(const struct talk *talk)
{
    return talk->end != NULL || talk->failed || g_interrupts > (talk->attach->console ? 1 : 0);
}

static void serve(struct talk *talk)
{
    struct sigaction action = {.sa_handler = note_interrupt}, before;
    sigset_t held, open;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &open);
    sigaction(SIGINT, &action, &before);
    while (!is_over(talk)) {
        struct pollfd poller[2] = {{talk->attach->fd, POLLIN, 0},
                                   {talk->wants_input ? STDIN_FILENO : -1, POLLIN, 0}};

        if (ppoll(poller, 2, NULL, &open) < 0) {
            send_interrupts(talk);
            continue;
        }
        if (poller[1].revents != 0)
            send_input(talk);
        if (poller[0].revents != 0 && !receive(talk))
            break;
    }
    sigaction(SIGINT, &before, NULL);
    sigprocmask(SIG_SETMASK, &open, NULL);
}

int attach_run(struct attach *attach, json_t *request, json_t **end)
{
    struct talk *talk = calloc(1, sizeof(*talk));
    char *text = json_dumps(request, JSON_COMPACT);
    const char *error;

    *end = NULL;
    json_decref(request);
    if (talk == NULL || text == NULL || strlen(text) > FRAME_BODY_LIMIT) {
        cli_message("the request is too long");
        free(talk);
        free(text);
        return EXIT_USAGE;
    }
    talk->attach = attach;
    fflush(stdout);
    frame_send(attach->fd, FRAME_REQUEST, text, strlen(text)); /* a lost connection shows next */
    serve(talk);
    *end = talk->end;
    attach->interrupted = g_interrupts != 0;
    error = json_string_value(json_object_get(talk->end, "error"));
    if (error != NULL)
        cli_message("%s", error);
    else if (talk->end == NULL && !talk->failed && g_interrupts == 0)
        say_none_runs(attach);
    free(text);
    if (talk->end == NULL || talk->failed || error != NULL) {
        free(talk);
        return EXIT_USAGE;
    }
    free(talk);
    return EXIT_FINE;
}
