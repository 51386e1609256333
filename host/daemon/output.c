/*
 * What a booted machine writes: each program's output goes to the client that started it, debug
 * output to those who follow it and into a ring, everything else into the log.
 */
#include "daemon/daemon.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/ntstatus.h"

/* ---- debug output ---- */

static void keep_line(struct daemon *daemon, const char *text, size_t bytes)
{
    if (bytes + 1 > sizeof(daemon->debug_ring))
        return;
    while (sizeof(daemon->debug_ring) - daemon->debug_used < bytes + 1) {
        /* an eighth at a time, so that a full ring is not moved for each line */
        size_t gone = 0;

        for (; gone < sizeof(daemon->debug_ring) / 8 && gone < daemon->debug_used;
             daemon->debug_lost++)
            gone += strlen(daemon->debug_ring + gone) + 1;
        memmove(daemon->debug_ring, daemon->debug_ring + gone, daemon->debug_used - gone);
        daemon->debug_used -= gone;
    }
    memcpy(daemon->debug_ring + daemon->debug_used, text, bytes + 1);
    daemon->debug_used += bytes + 1;
}

/* The next field of "a TAB b TAB c", as a JSON string. */
static json_t *take_field(const char **at)
{
    size_t bytes = strcspn(*at, "\t");
    json_t *field = json_stringn(*at, bytes);

    *at += bytes + ((*at)[bytes] == '\t');
    return field != NULL ? field : json_string("?");
}

static json_t *take_number(const char **at)
{
    unsigned long number = strtoul(*at, NULL, 10);

    *at += strcspn(*at, "\t");
    *at += **at == '\t';
    return json_integer((json_int_t)number);
}

static void end_debug_line(struct daemon *daemon)
{
    const char *source = daemon->debug_source;
    json_t *object = json_object();
    char *text;

    json_object_set_new(object, "time_100ns", json_integer((json_int_t)daemon->debug_time_100ns));
    json_object_set_new(object, "processor", take_number(&source));
    json_object_set_new(object, "level", take_number(&source));
    json_object_set_new(object, "component", take_field(&source));
    json_object_set_new(object, "module", take_field(&source));
    if (json_object_setn_new(object, "text", 4,
                             json_stringn(daemon->debug_partial, daemon->debug_partial_bytes)) != 0)
        json_object_set_new(object, "text", json_string("(text that is no UTF-8)"));
    daemon->debug_partial_bytes = 0;
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        return;
    keep_line(daemon, text, strlen(text));
    for (unsigned i = 0; i < daemon->client_count; i++)
        if (daemon->client[i]->follows)
            client_write(daemon, daemon->client[i], FRAME_DEBUG, text, strlen(text));
    free(text);
}

static void write_debug(struct daemon *daemon, const char *text, size_t bytes, uint64_t time_100ns)
{
    for (; bytes != 0; text++, bytes--) {
        if (daemon->debug_partial_bytes == 0)
            daemon->debug_time_100ns = time_100ns;
        if (*text == '\n' || daemon->debug_partial_bytes == sizeof(daemon->debug_partial))
            end_debug_line(daemon);
        if (*text != '\n' && *text != '\r')
            daemon->debug_partial[daemon->debug_partial_bytes++] = *text;
    }
}

void output_replay(struct daemon *daemon, struct client *client)
{
    char text[80];
    int bytes = snprintf(text, sizeof(text), "%llu older lines are not kept any more",
                         (unsigned long long)daemon->debug_lost);

    if (daemon->debug_lost != 0)
        client_write(daemon, client, FRAME_LOG, text, (size_t)bytes);
    for (size_t at = 0; at < daemon->debug_used; at += strlen(daemon->debug_ring + at) + 1)
        client_write(daemon, client, FRAME_DEBUG, daemon->debug_ring + at,
                     strlen(daemon->debug_ring + at));
}

/* ---- programs ---- */

static void note_exit(struct daemon *daemon, struct client *client, const char *text, size_t bytes)
{
    char line[64], message[NTSTATUS_TEXT_LIMIT + 32], name[NTSTATUS_TEXT_LIMIT];
    unsigned exit_code = 0, failure = 0;

    snprintf(line, sizeof(line), "%.*s", (int)(bytes < 63 ? bytes : 63), text);
    if (sscanf(line, "%u\t%u", &exit_code, &failure) == 2 && failure != 0) {
        snprintf(message, sizeof(message), "could not start: %s", ntstatus_text(failure, name));
        client_end_error(daemon, client, message);
        return;
    }
    client_end_exit(daemon, client, exit_code);
}

static void write_log(const char *text, size_t bytes)
{
    fwrite(text, 1, bytes, stderr);
}

void output_write(void *context, uint64_t stream, const char *text, size_t bytes,
                  uint64_t time_100ns)
{
    struct daemon *daemon = context;
    struct client *client = client_of_terminal(daemon, (uint32_t)(stream >> 32));

    switch ((uint32_t)stream) {
    case HAL_STREAM_DEBUG: write_debug(daemon, text, bytes, time_100ns); break;
    case HAL_STREAM_SOURCE:
        snprintf(
            daemon->debug_source, sizeof(daemon->debug_source), "%.*s",
            (int)(bytes < sizeof(daemon->debug_source) ? bytes : sizeof(daemon->debug_source) - 1),
            text);
        break;
    case HAL_STREAM_STDOUT:
        if (client != NULL)
            client_write(daemon, client, FRAME_STDOUT, text, bytes);
        break;
    case HAL_STREAM_STDERR:
        if (client != NULL)
            client_write(daemon, client, FRAME_STDERR, text, bytes);
        break;
    case HAL_STREAM_EXIT:
        if (client != NULL)
            note_exit(daemon, client, text, bytes);
        break;
    case HAL_STREAM_WANT:
        if (client != NULL)
            client_want(daemon, client);
        break;
    case HAL_STREAM_REPORT:
        if (client != NULL)
            client_write(daemon, client, FRAME_REPORT, text, bytes);
        break;
    case HAL_STREAM_NAME: break; /* of runs, where many programs share an output */
    default:
        if (client != NULL)
            client_write(daemon, client, FRAME_LOG, text, bytes);
        write_log(text, bytes);
        break;
    }
}
