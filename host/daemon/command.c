/* The commands to a booted machine: queued here, fetched by its session manager after a ring. */
#include "daemon/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report/ntstatus.h"

int command_queue(struct daemon *daemon, uint32_t kind, uint64_t argument, const void *text,
                  size_t bytes)
{
    struct command *command = bytes < sizeof(((HAL_COMMAND *)0)->text)
                                  ? calloc(1, sizeof(*command) + bytes + 1)
                                  : NULL;

    if (command == NULL)
        return -ENOMEM;
    command->kind = kind;
    command->argument = argument;
    command->text_bytes = (uint32_t)bytes;
    if (bytes != 0)
        memcpy(command->text, text, bytes);
    if (daemon->last_command != NULL)
        daemon->last_command->next = command;
    else
        daemon->first_command = command;
    daemon->last_command = command;
    supervisor_ring(&daemon->supervisor);
    return 0;
}

/* A program that did not come to run, or records that do not come. */
static void note_spawn(struct daemon *daemon, uint32_t status)
{
    struct client *client = client_of_terminal(daemon, (uint32_t)daemon->given->argument);
    char text[NTSTATUS_TEXT_LIMIT + 32], name[NTSTATUS_TEXT_LIMIT];

    if ((int32_t)status >= 0 || client == NULL)
        return;
    snprintf(text, sizeof(text), "could not start: %s", ntstatus_text(status, name));
    client_end_error(daemon, client, text);
}

static void note_ready(struct daemon *daemon)
{
    daemon->ready = true;
    daemon->since_s = (uint64_t)time(NULL);
    if (write(daemon->ready_fd, "ready\n", 6) < 0)
        fprintf(stderr, "drydock: who booted the machine is gone\n"); /* and it goes on */
    close(daemon->ready_fd);
    daemon->ready_fd = -1;
}

void command_next(void *context, HAL_COMMAND *command)
{
    struct daemon *daemon = context;

    if (!daemon->ready)
        note_ready(daemon);
    if (daemon->given != NULL &&
        (daemon->given->kind == HAL_COMMAND_SPAWN || daemon->given->kind == HAL_COMMAND_SHOW))
        note_spawn(daemon, (uint32_t)command->status);
    if (daemon->given != NULL && daemon->given->kind == HAL_COMMAND_POWER)
        client_end_power(daemon, (uint32_t)(daemon->given->argument >> 32),
                         (uint32_t)command->status, (unsigned)command->argument);
    free(daemon->given);
    daemon->given = daemon->first_command;
    memset(command, 0, sizeof(*command)); /* HAL_COMMAND_NONE */
    if (daemon->given == NULL)
        return;
    daemon->first_command = daemon->given->next;
    if (daemon->first_command == NULL)
        daemon->last_command = NULL;
    command->kind = daemon->given->kind;
    command->argument = daemon->given->argument;
    command->text_bytes = daemon->given->text_bytes;
    memcpy(command->text, daemon->given->text, daemon->given->text_bytes);
}

void command_free_all(struct daemon *daemon)
{
    while (daemon->first_command != NULL) {
        struct command *next = daemon->first_command->next;

        free(daemon->first_command);
        daemon->first_command = next;
    }
    free(daemon->given);
    daemon->given = NULL;
    daemon->last_command = NULL;
}
