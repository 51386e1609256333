/*
 * Hot plug: the device comes and goes on QEMU's PCI bus while QEMU runs, by its monitor (QMP) and
 * the ports by which a guest's ACPI code ejects a slot. [doc: QEMU, "QEMU Machine Protocol";
 * "QEMU<->ACPI BIOS PCI hotplug interface"] Leaves out: events, which say nothing that is not known
 * here.
 */
#include "qemu/qemu.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "qemu/board.h"

#define TRY_AGAIN_MS 5
#define TRIES 400u
#define LINES_LIMIT 1000u /* events before one answer */

static bool send_text(struct qemu *qemu, const char *text)
{
    size_t bytes = strlen(text);

    if (!qemu->failed && send(qemu->monitor.fd, text, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        qemu_fail(qemu, "it has ended");
    return !qemu->failed;
}

/* The answer to a command; empty after a failure. Text before it is its greeting or events. */
static void read_answer(struct qemu *qemu, char *line, size_t limit)
{
    for (unsigned i = 0; i < LINES_LIMIT; i++) {
        if (!qemu_next_line(qemu, &qemu->monitor, line, limit))
            break;
        if (strncmp(line, "{\"return\"", 9) == 0 || strncmp(line, "{\"error\"", 8) == 0)
            return;
    }
    line[0] = '\0';
    qemu_fail(qemu, "its monitor does not answer");
}

/* What the shell of QEMU's monitor says to a line, which is one without quotes; NULL: nothing. */
static const char *complaint(char *answer)
{
    char *text = strstr(answer, "\"return\": \""), *end;

    if (text == NULL)
        return answer;
    text += 11;
    end = strstr(text, "\\r\\n");
    if (end == NULL)
        end = strchr(text, '"');
    if (end != NULL)
        *end = '\0';
    return *text != '\0' ? text : NULL;
}

/* Tells QEMU's shell a line; what it complains of, empty: nothing. False: QEMU has failed. */
static bool command(struct qemu *qemu, const char *name, const char *words, char *wrong,
                    size_t limit)
{
    char text[900], answer[1024];
    const char *said;

    if (!qemu->has_greeted) {
        if (!send_text(qemu, "{\"execute\":\"qmp_capabilities\"}\n"))
            return false;
        read_answer(qemu, answer, sizeof(answer));
        qemu->has_greeted = true;
    }
    snprintf(text, sizeof(text),
             "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"%s %s\"}}\n",
             name, words);
    if (!send_text(qemu, text))
        return false;
    read_answer(qemu, answer, sizeof(answer));
    said = complaint(answer);
    snprintf(wrong, limit, "%s", said != NULL ? said : "");
    return !qemu->failed;
}

void qemu_unplug(struct qemu *qemu)
{
    char wrong[250];

    if (!qemu->plugged)
        return;
    qemu->plugged = false;
    if (!command(qemu, "device_del", "device", wrong, sizeof(wrong))) /* asks the guest */
        return;
    qemu_ask(qemu, "outl 0x%x 0\noutl 0x%x 0x%x\n", BOARD_HOTPLUG_SELECT, BOARD_HOTPLUG_EJECT,
             1u << BOARD_SLOT);
    qemu->line = false;
}

/* A disk or network of a device that has just been pulled out is free when QEMU has cleaned up. */
void qemu_plug(struct qemu *qemu)
{
    struct timespec pause = {0, TRY_AGAIN_MS * 1000000l};
    char wrong[250], what[300];

    if (qemu->plugged)
        return;
    for (unsigned i = 0; i < TRIES; i++) {
        if (!command(qemu, "device_add", qemu->words, wrong, sizeof(wrong)))
            return;
        if (wrong[0] == '\0') {
            memset(qemu->base, 0, sizeof(qemu->base));
            qemu->plugged = true;
            return;
        }
        nanosleep(&pause, NULL);
    }
    snprintf(what, sizeof(what), "it cannot be plugged in: %s", wrong);
    qemu_fail(qemu, what);
}
