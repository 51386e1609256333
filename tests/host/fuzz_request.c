/*
 * Fuzzes what a booted machine reads from its clients: the input as a stream of frames, in pieces
 * as a socket may give them, and requests put together out of parts. What is taken for a request
 * keeps to its bounds; a stream is parsed the same in whichever pieces it comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/frame.h"
#include "daemon/request.h"
#include "fuzz.h"

static void must(bool fact)
{
    if (!fact)
        abort();
}

static void parse(const void *text, size_t bytes)
{
    struct request request;
    const char *why = NULL;

    if (!request_parse(&request, text, bytes, &why)) {
        must(why != NULL && why[0] != '\0');
        return;
    }
    must(request.verb <= REQUEST_SHUTDOWN);
    if (request.verb != REQUEST_EXEC)
        return;
    must(memchr(request.path, '\0', sizeof(request.path)) != NULL && request.path[0] != '\0');
    must(memchr(request.command, '\0', sizeof(request.command)) != NULL);
    must(request.command[0] != '\0' && strchr(request.path, '\t') == NULL);
}

/* ---- a stream ---- */

/* How many frames there are, and whether it breaks the rules after them. */
static unsigned count_frames(const uint8_t *data, size_t size, size_t piece, bool *broken)
{
    static uint8_t held[2 * (sizeof(struct frame_header) + FRAME_BODY_LIMIT)];
    size_t have = 0;
    unsigned count = 0;
    long taken = 0;

    *broken = false;
    while ((size != 0 || taken > 0) && !*broken) {
        struct frame frame;
        size_t more = size < piece ? size : piece;

        if (more > sizeof(held) - have)
            more = sizeof(held) - have;
        memcpy(held + have, data, more);
        data += more;
        size -= more;
        have += more;
        taken = frame_parse(held, have, &frame);
        *broken = taken < 0;
        if (taken <= 0)
            continue;
        must((size_t)taken <= have && frame.bytes <= FRAME_BODY_LIMIT);
        must(frame.body == held + sizeof(struct frame_header));
        if (frame.kind == FRAME_REQUEST)
            parse(frame.body, frame.bytes);
        count++;
        have -= (size_t)taken;
        memmove(held, held + taken, have);
    }
    return count;
}

static void read_stream(const uint8_t *data, size_t size)
{
    bool whole_broken, broken;
    unsigned whole = count_frames(data, size, size + 1, &whole_broken);

    for (size_t piece = 1; piece <= 16; piece *= 4) {
        must(count_frames(data, size, piece, &broken) == whole);
        must(broken == whole_broken);
    }
}

/* Headers that often fit what follows. */
static void make_stream(const uint8_t *data, size_t size)
{
    static uint8_t stream[65536 * 2];
    size_t used = 0;

    while (size > 2 && used + 300 < sizeof(stream)) {
        size_t body = data[1] < size - 2 ? data[1] : size - 2;
        struct frame_header header = {data[0] & 3, (uint32_t)body};

        if (data[0] == 0xFF)
            header.bytes <<= 16; /* too long */
        memcpy(stream + used, &header, sizeof(header));
        memcpy(stream + used + sizeof(header), data + 2, body);
        used += sizeof(header) + body;
        data += 2 + body;
        size -= 2 + body;
    }
    read_stream(stream, used);
}

/* ---- requests ---- */

static void make_request(const uint8_t *data, size_t size)
{
    static const char *const parts[] = {"{",
                                        "}",
                                        "\"verb\":",
                                        "\"exec\"",
                                        "\"debug\"",
                                        "\"status\"",
                                        "\"shutdown\"",
                                        "\"path\":",
                                        "\"command\":",
                                        ",",
                                        "\"\"",
                                        "\"a\\tb\"",
                                        "\"\\u0000\"",
                                        "\"C:\\\\x.exe\"",
                                        "1",
                                        "true",
                                        "null",
                                        "[",
                                        "]",
                                        "\"since_boot\":",
                                        "\"once\":",
                                        "\"\xC3\xA4\"",
                                        "\"\xFF\"",
                                        "1e999",
                                        "\"\\ud800\"",
                                        "{\"verb\":\"exec\",",
                                        "\"path\":\"p\",",
                                        "\"command\":\"c\"}",
        "{\"verb\":\"exec\",\"path\":\"p\",\"command\":\"",
        "\"}",
        "{\"verb\":\"debug\",\"once\":true}",
        "{\"verb\":\"exec\",\"command\":\"c\",\"path\":\"",
        "x y",
    };
    char text[FRAME_BODY_LIMIT];
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        const char *part = parts[data[i] % (sizeof(parts) / sizeof(parts[0]))];
        size_t bytes = strlen(part), times = data[i] == 0xFD ? 700 : 1; /* some are long */

        if (bytes * times > sizeof(text) - used)
            break;
        for (; times != 0; times--, used += bytes)
            memcpy(text + used, part, bytes);
        if (data[i] & 0x80) {
            parse(text, used);
            used = 0;
        }
    }
    parse(text, used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size);
    read_stream(data, size);
    make_stream(data, size);
    make_request(data, size);
    return 0;
}
