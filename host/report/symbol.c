/* See symbol.h. The tool's answer is JSON; its size and running time are bounded. */
#include "report/symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_LIMIT_BYTES (1u << 20)
#define SILENCE_LIMIT_MS 20000
#define QUERY_LIMIT 128

extern char **environ;

static pid_t spawn_tool(const char *tool, char *const argv[], int output_fd)
{
    posix_spawn_file_actions_t actions;
    pid_t child = -1;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_fd, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&child, tool, &actions, NULL, argv, environ) != 0)
        child = -1;
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

/* All that comes from fd, terminated; NULL when it is too much or stops coming. */
static char *read_answer(int fd)
{
    char *answer = malloc(ANSWER_LIMIT_BYTES + 1);
    size_t used = 0;

    while (answer != NULL) {
        struct pollfd poller = {fd, POLLIN, 0};
        int ready = poll(&poller, 1, SILENCE_LIMIT_MS);
        ssize_t count = ready > 0 ? read(fd, answer + used, ANSWER_LIMIT_BYTES - used) : -1;

        if ((ready < 0 || count < 0) && errno == EINTR && ready != 0)
            continue;
        if (count == 0 && used < ANSWER_LIMIT_BYTES) {
            answer[used] = '\0';
            return answer;
        }
        if (count <= 0)
            break;
        used += (size_t)count;
    }
    free(answer);
    return NULL;
}

static char *run_tool(char *const argv[])
{
    static const char *const names[] = {"llvm-symbolizer-19", "llvm-symbolizer"};
    char *answer = NULL;
    pid_t child = -1;
    int pipe_fd[2];

    if (pipe2(pipe_fd, O_CLOEXEC) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && child < 0; i++)
        child = spawn_tool(names[i], argv, pipe_fd[1]);
    close(pipe_fd[1]);
    if (child > 0) {
        answer = read_answer(pipe_fd[0]);
        if (answer == NULL)
            kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(pipe_fd[0]);
    return answer;
}

static void copy_json_text(char *to, size_t limit, const json_t *from)
{
    snprintf(to, limit, "%s", json_is_string(from) ? json_string_value(from) : "");
}

static void fill_query(struct symbol_query *query, const json_t *answer)
{
    const json_t *symbols = json_object_get(answer, "Symbol"), *symbol;
    size_t index;

    json_array_foreach(symbols, index, symbol)
    {
        struct symbol_place *place = &query->place[query->count];

        if (query->count == SYMBOL_INLINE_LIMIT)
            break;
        copy_json_text(place->function, sizeof(place->function),
                       json_object_get(symbol, "FunctionName"));
        copy_json_text(place->file, sizeof(place->file), json_object_get(symbol, "FileName"));
        place->line = (unsigned)json_integer_value(json_object_get(symbol, "Line"));
        if (place->function[0] != '\0')
            query->count++;
    }
}

bool symbol_lookup(const char *image_path, struct symbol_query *queries, size_t count)
{
    char object[4200], address[QUERY_LIMIT][24];
    char *argv[QUERY_LIMIT + 5] = {"llvm-symbolizer", object, "--relative-address",
                                   "--output-style=JSON"};
    json_t *answers;
    char *text;

    count = count < QUERY_LIMIT ? count : QUERY_LIMIT;
    snprintf(object, sizeof(object), "--obj=%s", image_path);
    for (size_t i = 0; i < count; i++) {
        queries[i].count = 0;
        snprintf(address[i], sizeof(address[i]), "0x%llx", (unsigned long long)queries[i].rva);
        argv[4 + i] = address[i];
    }
    text = run_tool(argv);
    if (text == NULL)
        return false;
    answers = json_loads(text, 0, NULL);
    free(text);
    for (size_t i = 0; i < count && i < json_array_size(answers); i++)
        fill_query(&queries[i], json_array_get(answers, i));
    json_decref(answers);
    return answers != NULL;
}

bool symbol_read_line(const char *file, unsigned line, char *text, size_t limit)
{
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat stat;
    FILE *stream;
    char *buffer = NULL;
    size_t capacity = 0;
    bool found = false;

    if (fd < 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) ||
        (stream = fdopen(fd, "r")) == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (unsigned at = 1; at <= line && getline(&buffer, &capacity, stream) >= 0; at++)
        found = at == line;
    if (found) {
        buffer[strcspn(buffer, "\r\n")] = '\0';
        snprintf(text, limit, "%s", buffer);
        for (char *c = text; *c != '\0'; c++)
            *c = (unsigned char)*c < 0x20 ? ' ' : *c;
    }
    free(buffer);
    fclose(stream);
    return found;
}
