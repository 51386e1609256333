/*
 * Fuzzes the broker as a hostile machine would use it: each input is a series of requests, well
 * formed or not. Whatever happens, the file outside the volume stays as it is and the broker's
 * bounds hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/name.h"
#include "fuzz.h"
#include "hal/channel.h"

static char g_folder[] = "/tmp/drydock-fuzz-broker-XXXXXX";

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", g_folder);
    if (system(command) != 0)
        abort();
}

/* A finding. */
static void must_at(bool fact, int line)
{
    if (fact)
        return;
    fprintf(stderr, "fuzz_broker.c:%d: does not hold (%m)\n", line);
    abort();
}
#define must(fact) must_at(fact, __LINE__)

static void make_folder(void)
{
    FILE *file;

    must(mkdtemp(g_folder) != NULL && chdir(g_folder) == 0);
    atexit(remove_folder);
    file = fopen("outside", "w");
    must(file != NULL && fputs("untouched", file) >= 0 && fclose(file) == 0);
    must(mkdir("D", 0755) == 0 &&
         link("outside", "D/a") == 0); /* a drive that cannot be written to */
}

static void check_outside(void)
{
    char text[16] = "";
    FILE *file = fopen("outside", "r");

    must(file != NULL && fgets(text, sizeof(text), file) != NULL && fclose(file) == 0);
    must(strcmp(text, "untouched") == 0);
    must(rmdir("D") != 0 && access("D/a", F_OK) == 0);
}

struct input {
    const uint8_t *data;
    size_t size;
};

static uint8_t take(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

/* A path out of a few parts, so that requests meet each other's files. */
static size_t take_path(struct input *input, char path[CHANNEL_MAX_PATH])
{
    static const char *const parts[] = {"a",        "A",       "b",    "dir", "DIR",      "link",
                                        "..",       ".",       "",     "x:y", "\xC3\xA4", "Windows",
                                        "System32", "hal.dll", "\xFF", "c."};
    size_t count = take(input) % 4, used = 0;

    for (size_t i = 0; i < count; i++) {
        const char *part = parts[take(input) % (sizeof(parts) / sizeof(parts[0]))];
        if (i != 0)
            path[used++] = '/';
        memcpy(path + used, part, strlen(part));
        used += strlen(part);
    }
    return used;
}

static void serve(broker *self, const uint8_t *body, size_t bytes, uint64_t handles[4])
{
    static uint8_t reply[BROKER_MAX_REPLY];
    struct channel_file answer;
    long result = broker_serve(self, body, bytes, reply, sizeof(reply));

    if (result < 0)
        return;
    must((size_t)result >= sizeof(answer) && (size_t)result <= sizeof(reply));
    memcpy(&answer, reply, sizeof(answer));
    must(answer.data_bytes == (size_t)result - sizeof(answer) &&
         answer.request.length <= HAL_FILE_CHUNK);
    if (answer.request.operation == HAL_FILE_OPEN && answer.request.status == 0)
        handles[answer.request.handle & 3] = answer.request.handle;
}

static void serve_request(broker *self, struct input *input, uint64_t handles[4])
{
    static uint8_t body[CHANNEL_MAX_PACKET];
    struct channel_file file;
    size_t data_bytes = 0;

    memset(&file, 0, sizeof(file));
    file.request.operation = take(input) % 14;
    file.request.drive = (file.request.operation == HAL_FILE_OPEN && (take(input) & 1)) ? 'Z' : 0;
    file.request.handle = handles[take(input) & 3];
    file.request.offset = (uint64_t)take(input) << (take(input) % 57);
    file.request.disposition = take(input) % 7;
    file.request.options = take(input) & 15;
    file.request.attributes = take(input);
    file.request.info.size = (uint64_t)take(input) << (take(input) % 57);
    file.request.length = (uint32_t)take(input) * 300 % (HAL_FILE_CHUNK + 1);
    file.path_bytes = (uint32_t)take_path(input, (char *)body + sizeof(file));
    file.request.path_bytes = file.path_bytes;
    if (file.request.operation == HAL_FILE_WRITE)
        file.data_bytes = (uint32_t)(data_bytes = file.request.length);
    memcpy(body, &file, sizeof(file));
    serve(self, body, sizeof(file) + file.path_bytes + data_bytes, handles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct broker_options options = {.volume_path = "C", .inbox_path = ".", .quota_bytes = 1 << 20};
    struct input input = {data, size};
    uint64_t handles[4] = {0};
    static bool is_made; /* the folder's name cannot tell: a made one may end with an X too */
    broker *self;

    if (!is_made)
        make_folder();
    is_made = true;
    must(mkdir("C", 0755) == 0 && symlink("../outside", "C/link") == 0);
    must(broker_create(&options, &self) == 0 && broker_add_drive(self, 'Z', "D") == 0);
    if (size != 0 && data[0] == 0xFF)
        serve(self, data, size, handles); /* not even a packet */
    while (input.size != 0)
        serve_request(self, &input, handles);
    must(broker_open_handles(self) <= 2 * BROKER_MAX_HANDLES);
    broker_destroy(self);
    check_outside();
    must(system("rm -rf C") == 0);
    return 0;
}
