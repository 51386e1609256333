/* The supervisor against machine processes that do not play by the rules. Each "machine" here is a
 * function in a fork. */
#include <signal.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hal/channel.h"
#include "supervisor/supervisor.h"
#include "tap.h"

struct seen { /* what reached the callbacks */
    unsigned commands, files, gpus;
    uint64_t console_bytes;
    unsigned ticks, ticks_allowed; /* 0: any number */
    int input_fd;
    uint64_t rings; /* of the doorbell, that the machine left */
};

static int doorbell_fd; /* of the machine that runs */

static void on_command(void *context, HAL_COMMAND *command)
{
    ((struct seen *)context)->commands++;
    command->kind = HAL_COMMAND_SHUTDOWN;
}

static void on_console(void *context, uint64_t stream, const char *text, size_t bytes,
                       uint64_t time_100ns)
{
    (void)stream, (void)text, (void)time_100ns;
    ((struct seen *)context)->console_bytes += bytes;
}

static long on_file(void *context, const void *body, size_t bytes, void *reply, size_t limit)
{
    ((struct seen *)context)->files++;
    if (bytes < sizeof(struct channel_file) || limit < bytes)
        return -1;
    memcpy(reply, body, bytes);
    return (long)bytes;
}

static void on_gpu(void *context, HAL_GPU_INFO *info, uint64_t time_100ns)
{
    ((struct seen *)context)->gpus++;
    info->status = (uint32_t)time_100ns;
}

static bool on_tick(void *context)
{
    struct seen *seen = context;

    return seen->ticks_allowed == 0 || ++seen->ticks <= seen->ticks_allowed;
}

static struct supervisor_result serve(void (*machine)(int fd), struct seen *seen,
                                      uint64_t timeout_ms, volatile int *interrupt)
{
    struct supervisor_ops ops = {.context = seen,
                                 .next_command = on_command,
                                 .console = on_console,
                                 .file = on_file,
                                 .gpu = on_gpu,
                                 .tick = on_tick,
                                 .input_fd = seen->input_fd};
    struct supervisor supervisor = {0};
    struct supervisor_result result;
    int pair[2];

    memset(&result, 0xA5, sizeof(result));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
        abort();
    supervisor.channel_fd = pair[0];
    supervisor.doorbell_fd = doorbell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    supervisor.child = fork();
    if (supervisor.child == 0) {
        close(pair[0]);
        machine(pair[1]);
        _exit(7);
    }
    close(pair[1]);
    supervisor_serve(&supervisor, &ops, timeout_ms, interrupt, &result);
    close(pair[0]);
    seen->rings = 0;
    if (read(supervisor.doorbell_fd, &seen->rings, sizeof(seen->rings)) < 0)
        seen->rings = 0;
    close(supervisor.doorbell_fd);
    ok(waitpid(-1, NULL, 0) < 0, "the machine process is reaped");
    return result;
}

static void send_packet(int fd, uint32_t kind, const void *body, size_t bytes)
{
    uint8_t packet[4096] = {0};
    struct channel_header header = {kind, (uint32_t)bytes};

    memcpy(packet, &header, sizeof(header));
    memcpy(packet + sizeof(header), body, bytes);
    if (send(fd, packet, sizeof(header) + bytes, MSG_NOSIGNAL) < 0)
        _exit(8);
}

static void sleep_for_ever(void)
{
    for (;;)
        pause();
}

static void says_nothing(int fd)
{
    (void)fd;
}

static void crashes(int fd)
{
    (void)fd;
    signal(SIGSEGV, SIG_DFL); /* not the sanitizer's */
    raise(SIGSEGV);
}

static void stops_well(int fd)
{
    struct channel_stop stop = {.kind = HAL_STOP_SHUTDOWN};

    send_packet(fd, CHANNEL_STOP, &stop, sizeof(stop));
}

static void stops_when_time_is_up(int fd)
{
    struct channel_stop stop = {.kind = HAL_STOP_TIME_IS_UP};
    struct pollfd poller = {doorbell_fd, POLLIN, 0};

    poll(&poller, 1, -1);
    send_packet(fd, CHANNEL_STOP, &stop, sizeof(stop));
    sleep_for_ever();
}

static void stops_and_stays(int fd)
{
    stops_well(fd);
    sleep_for_ever();
}

static void sends_a_scrap(int fd)
{
    send(fd, "abc", 3, MSG_NOSIGNAL);
    sleep_for_ever();
}

static void sends_nonsense(int fd)
{
    send_packet(fd, 4711, "x", 1);
    sleep_for_ever();
}

static void asks_for_a_bad_file(int fd)
{
    send_packet(fd, CHANNEL_FILE, "x", 1);
    sleep_for_ever();
}

static void takes_no_answers(int fd)
{
    struct channel_file file = {0};

    for (;;)
        send_packet(fd, CHANNEL_FILE, &file, sizeof(file));
}

static void lies_about_text(int fd)
{
    struct channel_console console = {.bytes = 1000000};

    send_packet(fd, CHANNEL_CONSOLE, &console, sizeof(console));
    send_packet(fd, CHANNEL_CONSOLE, &console, sizeof(console) - 1);
    stops_well(fd);
}

static void asks_twice(int fd)
{
    HAL_COMMAND command = {0};
    uint8_t answer[sizeof(struct channel_header) + sizeof(command)];

    for (int i = 0; i < 2; i++) {
        send_packet(fd, CHANNEL_COMMAND, &command, offsetof(HAL_COMMAND, text));
        if (recv(fd, answer, sizeof(answer), 0) != sizeof(answer))
            _exit(9);
    }
    stops_well(fd);
}

static void asks_for_too_much_input(int fd)
{
    struct channel_input input = {HAL_INPUT_CHUNK + 1};

    send_packet(fd, CHANNEL_INPUT, &input, sizeof(input));
    sleep_for_ever();
}

static void asks_for_input_in_a_scrap(int fd)
{
    send_packet(fd, CHANNEL_INPUT, "x", 1);
    sleep_for_ever();
}

static void asks_for_input_twice(int fd)
{
    struct channel_input input = {10};

    send_packet(fd, CHANNEL_INPUT, &input, sizeof(input));
    send_packet(fd, CHANNEL_INPUT, &input, sizeof(input));
    sleep_for_ever();
}

static bool input_is(int fd, uint32_t wanted, const char *expected)
{
    struct channel_input input = {wanted};
    struct {
        struct channel_header header;
        char text[HAL_INPUT_CHUNK];
    } answer;
    ssize_t n;

    send_packet(fd, CHANNEL_INPUT, &input, sizeof(input));
    n = recv(fd, &answer, sizeof(answer), 0);
    return n == (ssize_t)(sizeof(answer.header) + strlen(expected)) &&
           answer.header.kind == CHANNEL_INPUT && answer.header.body_bytes == strlen(expected) &&
           memcmp(answer.text, expected, strlen(expected)) == 0;
}

/* Of "one\ntwo\n\nlast". */
static void reads_lines(int fd)
{
    if (!input_is(fd, 100, "one\n") || !input_is(fd, 2, "tw") || !input_is(fd, 4096, "o\n") ||
        !input_is(fd, 1, "\n") || !input_is(fd, 100, "last") || !input_is(fd, 100, "") ||
        !input_is(fd, 1, ""))
        _exit(9);
    stops_well(fd);
}

static void asks_for_a_gpu_in_a_scrap(int fd)
{
    send_packet(fd, CHANNEL_GPU, "x", 1);
    sleep_for_ever();
}

static void asks_for_a_gpu_at_length(int fd)
{
    uint8_t body[sizeof(struct channel_gpu) + 1] = {0};

    send_packet(fd, CHANNEL_GPU, body, sizeof(body));
    sleep_for_ever();
}

static void asks_for_a_gpu(int fd)
{
    struct channel_gpu request = {.index = 0xFFFFFFFF, .virtual_time_100ns = 4711};
    struct {
        struct channel_header header;
        HAL_GPU_INFO info;
    } answer;

    memset(&answer, 0xA5, sizeof(answer));
    send_packet(fd, CHANNEL_GPU, &request, sizeof(request));
    if (recv(fd, &answer, sizeof(answer), 0) != sizeof(answer.header) + sizeof(answer.info) ||
        answer.header.kind != CHANNEL_GPU || answer.info.index != 0xFFFFFFFF ||
        answer.info.status != 4711 || answer.info.flags != 0)
        _exit(9);
    stops_well(fd);
}

static void floods(int fd)
{
    struct {
        struct channel_console console;
        char text[2000];
    } body = {.console = {.bytes = 2000}};

    for (;;)
        send_packet(fd, CHANNEL_CONSOLE, &body, sizeof(body));
}

static void sleeps(int fd)
{
    (void)fd;
    sleep_for_ever();
}

static void test_ends(void)
{
    struct seen seen = {.input_fd = -1};
    struct supervisor_result result = serve(stops_well, &seen, 20000, NULL);

    ok(result.stopped && result.kind == HAL_STOP_SHUTDOWN && result.refused == NULL,
       "a machine that stops well");
    result = serve(stops_and_stays, &seen, 20000, NULL);
    ok(result.stopped && !result.timed_out, "a machine that says it stops and stays");
    result = serve(says_nothing, &seen, 20000, NULL);
    ok(!result.stopped && WIFEXITED(result.wait_status) && WEXITSTATUS(result.wait_status) == 7,
       "a machine that ends and says nothing");
    result = serve(crashes, &seen, 20000, NULL);
    ok(!result.stopped && WIFSIGNALED(result.wait_status) &&
           WTERMSIG(result.wait_status) == SIGSEGV,
       "a machine that crashes");
    result = serve(asks_twice, &seen, 20000, NULL);
    ok(result.stopped && seen.commands == 2, "a machine that asks for commands");
    result = serve(asks_for_a_gpu, &seen, 20000, NULL);
    ok(result.stopped && seen.gpus == 1, "a machine that asks for a GPU");
}

static void test_rules(void)
{
    static const struct {
        void (*machine)(int fd);
        const char *name;
    } table[] = {
        {sends_a_scrap, "a packet without a header"},
        {sends_nonsense, "a packet of no kind"},
        {asks_for_a_bad_file, "a file request that is too short"},
        {asks_for_too_much_input, "more input than fits"},
        {asks_for_input_in_a_scrap, "an input request that is too short"},
        {asks_for_a_gpu_in_a_scrap, "a request for a GPU that is too short"},
        {asks_for_a_gpu_at_length, "a request for a GPU that is too long"},
        {takes_no_answers, "answers that nobody takes"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct seen seen = {.input_fd = -1};
        struct supervisor_result result = serve(table[i].machine, &seen, 20000, NULL);
        ok(result.refused != NULL && !result.timed_out && !result.stopped, "%s: refused",
           table[i].name);
    }
}

static void test_console(void)
{
    struct seen seen = {.input_fd = -1};
    struct supervisor_result result = serve(lies_about_text, &seen, 20000, NULL);

    ok(result.stopped && seen.console_bytes == 0, "text that is not there is not printed");
    result = serve(floods, &seen, 300, NULL);
    ok(result.timed_out && seen.console_bytes != 0, "a flood ends with the time");
    seen = (struct seen){.ticks_allowed = 50, .input_fd = -1};
    result = serve(floods, &seen, 20000, NULL);
    ok(result.interrupted && !result.timed_out, "a flood ends when the caller has enough");
}

static void test_input(void)
{
    struct seen seen = {.input_fd = -1};
    struct supervisor_result result;
    int ends[2];

    if (pipe(ends) != 0 || write(ends[1], "one\ntwo\n\nlast", 13) != 13)
        abort();
    close(ends[1]);
    seen.input_fd = ends[0];
    result = serve(reads_lines, &seen, 20000, NULL);
    ok(result.stopped, "input comes by lines");
    close(ends[0]);
    if (pipe(ends) != 0)
        abort();
    seen.input_fd = ends[0];
    result = serve(asks_for_input_twice, &seen, 20000, NULL);
    ok(result.refused != NULL, "input asked for twice: refused");
    result = serve(reads_lines, &seen, 50, NULL);
    ok(result.timed_out, "a machine that waits for input that does not come: a time out");
    close(ends[0]);
    close(ends[1]);
}

static void test_interrupts(void)
{
    volatile int interrupt = 1;
    struct seen seen = {.input_fd = -1};
    struct supervisor_result result = serve(sleeps, &seen, 20000, &interrupt);

    ok(result.interrupted && !result.timed_out, "an interrupt");
    result = serve(sleeps, &seen, 50, NULL);
    ok(result.timed_out && !result.interrupted, "a time out");
    ok(seen.rings == CHANNEL_TIME_IS_UP, "of which the machine was told once");
    result = serve(stops_when_time_is_up, &seen, 50, NULL);
    ok(result.timed_out && result.stopped && result.kind == HAL_STOP_TIME_IS_UP,
       "it may say last words");
}

int main(void)
{
    test_ends();
    test_rules();
    test_console();
    test_input();
    test_interrupts();
    return done_testing();
}
