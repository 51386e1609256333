/*
 * QEMU's qtest protocol: a line is a command, a line "OK [value]" its answer; "IRQ raise N" and
 * "IRQ lower N" come in between. [doc: QEMU, softmmu/qtest.c, "QTest Protocol"] Leaves out: moving
 * memory, which the machine shares.
 */
#include "qemu/qemu.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu/board.h"

#define ANSWER_MS 20000 /* a QEMU that takes longer than this is stuck */
#define INTERRUPT_LIMIT 100000u /* changes of the line before one answer */

static bool fill(struct qemu *qemu, struct qemu_lines *lines)
{
    struct pollfd poller = {lines->fd, POLLIN, 0};
    ssize_t n;
    int ready;

    if (lines->held == sizeof(lines->buffer)) {
        qemu_fail(qemu, "its answer has no end");
        return false;
    }
    do
        ready = poll(&poller, 1, ANSWER_MS);
    while (ready < 0 && errno == EINTR);
    n = ready > 0 ? recv(lines->fd, lines->buffer + lines->held,
                         sizeof(lines->buffer) - lines->held, 0)
                  : -1;
    if (n <= 0) {
        qemu_fail(qemu, ready == 0 ? "it does not answer" : "it has ended");
        return false;
    }
    lines->held += (uint32_t)n;
    return true;
}

bool qemu_next_line(struct qemu *qemu, struct qemu_lines *lines, char *line, size_t limit)
{
    char *end;
    size_t bytes;

    while ((end = memchr(lines->buffer, '\n', lines->held)) == NULL)
        if (!fill(qemu, lines))
            return false;
    bytes = (size_t)(end - lines->buffer);
    snprintf(line, limit, "%.*s", (int)bytes, lines->buffer);
    lines->held -= (uint32_t)bytes + 1;
    memmove(lines->buffer, end + 1, lines->held);
    return true;
}

static void note_interrupt(struct qemu *qemu, const char *line)
{
    int number;

    if (sscanf(line, "IRQ raise %d", &number) == 1 && number == BOARD_INTERRUPT)
        qemu->line = true;
    else if (sscanf(line, "IRQ lower %d", &number) == 1 && number == BOARD_INTERRUPT)
        qemu->line = false;
}

static uint64_t answer(struct qemu *qemu)
{
    char line[256], what[300];
    unsigned interrupts = 0;

    for (;;) {
        if (!qemu_next_line(qemu, &qemu->qtest, line, sizeof(line)))
            return 0;
        if (strncmp(line, "IRQ ", 4) != 0)
            break;
        note_interrupt(qemu, line);
        if (++interrupts == INTERRUPT_LIMIT) {
            qemu_fail(qemu, "its interrupt line does not come to rest");
            return 0;
        }
    }
    if (strncmp(line, "OK", 2) == 0)
        return strtoull(line + 2, NULL, 0);
    snprintf(what, sizeof(what), "it refuses a command: %s", line);
    qemu_fail(qemu, what);
    return 0;
}

uint64_t qemu_ask(struct qemu *qemu, const char *format, ...)
{
    char commands[256];
    va_list arguments;
    uint64_t value = 0;
    size_t bytes;

    if (qemu->failed)
        return 0;
    va_start(arguments, format);
    vsnprintf(commands, sizeof(commands), format, arguments);
    va_end(arguments);
    bytes = strlen(commands);
    if (send(qemu->qtest.fd, commands, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        qemu_fail(qemu, "it has ended");
    for (const char *at = commands; !qemu->failed && (at = strchr(at, '\n')) != NULL; at++) {
        value = answer(qemu);
        if (strchr(commands, '\n') == at)
            qemu->first_answer = value;
    }
    return qemu->failed ? 0 : value;
}
