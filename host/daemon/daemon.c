/* See daemon.h: the loop, and the order in which things begin and end. */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define STOP_PATIENCE_MS 60000u

static volatile sig_atomic_t g_ending; /* a signal asked for a shutdown */

static void note_signal(int number)
{
    (void)number;
    g_ending = 1;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGQUIT};
    struct sigaction action = {.sa_handler = note_signal};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGHUP, SIG_IGN); /* the terminal that booted it may go */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- supervisor_ops ---- */

static long on_file(void *context, const void *body, size_t bytes, void *reply, size_t limit)
{
    return broker_serve(((struct daemon *)context)->broker, body, bytes, reply, limit);
}

static long on_hive(void *context, const void *body, size_t bytes, void *reply, size_t limit)
{
    return hive_store_serve(((struct daemon *)context)->hives, body, bytes, reply, limit);
}

static void on_gpu(void *context, HAL_GPU_INFO *info, uint64_t virtual_time_100ns)
{
    gpu_query(((struct daemon *)context)->gpus, info, virtual_time_100ns);
}

static void on_sign(void *context, HAL_SIGN_REQUEST *request)
{
    struct daemon *daemon = context;
    struct guest_memory memory = {daemon->supervisor.ram, daemon->supervisor.ram_bytes,
                                  MACHINE_ROOT_PFN};

    sign_store_serve(daemon->signatures, &memory, request);
}

/* The programs end, then the machine is shut down; once. */
static void shut_down(struct daemon *daemon)
{
    if (daemon->stop_by_ms != 0)
        return;
    daemon->stopping = true;
    daemon->stop_by_ms = now_ms() + STOP_PATIENCE_MS;
    daemon->ops.tick_ms = 1000;
    command_queue(daemon, HAL_COMMAND_END, 0, NULL, 0);
    command_queue(daemon, HAL_COMMAND_SHUTDOWN, 0, NULL, 0);
}

static bool on_tick(void *context)
{
    struct daemon *daemon = context;

    if (g_ending || daemon->stopping)
        shut_down(daemon);
    return daemon->stop_by_ms == 0 || now_ms() < daemon->stop_by_ms;
}

/* A machine whose folder is deleted cannot be reached any more, nor keep anything: it ends. */
static void watch_folder(struct daemon *daemon)
{
    char path[64];

    daemon->gone_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", daemon->place.folder_fd);
    if (daemon->gone_fd >= 0)
        inotify_add_watch(daemon->gone_fd, path, IN_DELETE | IN_ONLYDIR);
}

static void take_deletions(struct daemon *daemon)
{
    union {
        struct inotify_event event;
        char bytes[4096];
    } data;
    ssize_t got;

    while ((got = read(daemon->gone_fd, &data, sizeof(data))) > 0)
        for (const char *at = data.bytes; at < data.bytes + got;) {
            const struct inotify_event *event = (const struct inotify_event *)at;

            if (event->len != 0 && strcmp(event->name, "socket") == 0 && daemon->stop_by_ms == 0) {
                fprintf(stderr, "drydock: %s/socket was deleted: the machine ends\n",
                        daemon->place.path);
                shut_down(daemon);
            }
            at += sizeof(*event) + event->len;
        }
}

static size_t on_watch(void *context, struct pollfd *entries, size_t limit)
{
    struct daemon *daemon = context;
    size_t count = 0;

    client_sweep(daemon);
    entries[count++] = (struct pollfd){daemon->listen_fd, POLLIN, 0};
    entries[count++] = (struct pollfd){daemon->gone_fd, POLLIN, 0};
    for (unsigned i = 0; i < daemon->client_count && count < limit; i++) {
        const struct client *client = daemon->client[i];
        bool waits = frame_queued(&client->out) != 0;

        entries[count++] = (struct pollfd){
            client->fd, (short)((client->ends ? 0 : POLLIN) | (waits ? POLLOUT : 0)), 0};
    }
    return count;
}

static void on_watched(void *context, const struct pollfd *entries, size_t count)
{
    struct daemon *daemon = context;

    for (size_t i = 2; i < count; i++)
        if (entries[i].revents != 0)
            client_serve(daemon, daemon->client[i - 2], entries[i].revents);
    if (entries[1].revents != 0)
        take_deletions(daemon);
    if (entries[0].revents != 0)
        client_accept(daemon);
}

/* ---- start and end ---- */

static void tell_starter(struct daemon *daemon, const char *text)
{
    if (daemon->ready_fd < 0)
        return;
    if (daemon->said[0] != '\0')
        dprintf(daemon->ready_fd, "%s; ", daemon->said);
    if (write(daemon->ready_fd, text, strlen(text)) < 0)
        fprintf(stderr, "drydock: who booted the machine is gone\n");
    close(daemon->ready_fd);
    daemon->ready_fd = -1;
}

static int start(struct daemon *daemon)
{
    int error;

    daemon->listen_fd = place_listen(&daemon->place);
    if (daemon->listen_fd < 0)
        return daemon->listen_fd;
    watch_folder(daemon);
    place_remove(&daemon->place, "stopped");
    error = supervisor_start(&daemon->supervisor, &daemon->machine, NULL, -1);
    if (error != 0)
        place_remove(&daemon->place, "socket");
    return error;
}

static int serve(struct daemon *daemon)
{
    struct supervisor_result result;
    char text[400] = "";
    int status;

    daemon->ops = (struct supervisor_ops){.context = daemon,
                                          .next_command = command_next,
                                          .console = output_write,
                                          .file = on_file,
                                          .hive = on_hive,
                                          .gpu = on_gpu,
                                          .sign = on_sign,
                                          .tick = on_tick,
                                          .tick_ms = -1,
                                          .watch = on_watch,
                                          .watched = on_watched,
                                          .input_fd = -1};
    supervisor_serve(&daemon->supervisor, &daemon->ops, 0, NULL, &result);
    place_remove(&daemon->place, "socket"); /* nobody comes any more */
    status = stop_judge(daemon, &result, text, sizeof(text));
    if (hive_store_close(daemon->hives) != 0)
        fprintf(stderr,
                "drydock: the registry was not written back; its logs have what was changed\n");
    tell_starter(daemon, text);
    client_end_all(daemon, status != EXIT_FINE ? text : NULL);
    command_free_all(daemon);
    supervisor_end(&daemon->supervisor);
    return status;
}

int daemon_run(struct daemon *daemon)
{
    int error, status;

    catch_signals();
    error = start(daemon);
    if (error != 0) {
        tell_starter(daemon, strerror(-error));
        return EXIT_NOT_LOADED;
    }
    status = serve(daemon);
    close(daemon->listen_fd);
    return status;
}
