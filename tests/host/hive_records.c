/* See hive_records.h. */
#include "hive_records.h"

#include <stdlib.h>
#include <string.h>

#include "hal/channel.h"

static uint32_t widen(uint8_t *to, const char *text, size_t characters)
{
    for (size_t i = 0; i < characters; i++) {
        to[2 * i] = (uint8_t)text[i];
        to[2 * i + 1] = 0;
    }
    return (uint32_t)(2 * characters);
}

static uint32_t put_path(uint8_t *to, const char *path)
{
    uint8_t *start = to;

    while (*path != '\0') {
        size_t characters = strcspn(path, "\\");
        uint16_t bytes = (uint16_t)(2 * characters);

        memcpy(to, &bytes, sizeof(bytes));
        to += 2 + widen(to + 2, path, characters);
        path += characters + (path[characters] == '\\');
    }
    return (uint32_t)(to - start);
}

uint32_t record_make(uint8_t *to, uint32_t room, uint32_t operation, const char *path,
                     const char *name, uint32_t type, const void *data, uint32_t data_bytes)
{
    HAL_HIVE_RECORD head = {.operation = operation, .type = type, .time = 0x1D0000000000000ull};
    uint8_t *at = to + sizeof(head);

    if (sizeof(head) + 4 * strlen(path) + 2 * strlen(name) + data_bytes > room)
        return 0;
    head.path_bytes = put_path(at, path);
    at += head.path_bytes;
    head.name_bytes = widen(at, name, strlen(name));
    at += head.name_bytes;
    head.data_bytes = data_bytes;
    if (data_bytes != 0)
        memcpy(at, data, data_bytes);
    head.bytes = (uint32_t)(at + data_bytes - to);
    memcpy(to, &head, sizeof(head));
    return head.bytes;
}

static uint8_t packet[sizeof(struct channel_hive) + HAL_HIVE_CHUNK];
static uint8_t answer[sizeof(struct channel_hive) + HAL_HIVE_CHUNK];

static uint32_t send(struct hive_store *store, const HAL_HIVE_REQUEST *request, const void *data,
                     uint32_t bytes)
{
    struct channel_hive head = {.request = *request, .data_bytes = bytes};

    memcpy(packet, &head, sizeof(head));
    if (bytes != 0)
        memcpy(packet + sizeof(head), data, bytes);
    if (hive_store_serve(store, packet, sizeof(head) + bytes, answer, sizeof(answer)) < 0)
        return UINT32_MAX;
    memcpy(&head, answer, sizeof(head));
    return head.request.status;
}

uint32_t request_change(struct hive_store *store, uint32_t hive, const uint8_t *record)
{
    HAL_HIVE_REQUEST request = {.operation = HAL_HIVE_CHANGE, .hive = hive};
    HAL_HIVE_RECORD head;
    uint32_t status;

    memcpy(&head, record, sizeof(head));
    request.total = head.bytes;
    do {
        uint64_t left = request.total - request.offset;

        request.length = left < HAL_HIVE_CHUNK ? (uint32_t)left : HAL_HIVE_CHUNK;
        status = send(store, &request, record + request.offset, request.length);
        request.offset += request.length;
    } while (status == 0 && request.offset < request.total);
    return status;
}

uint32_t request_plain(struct hive_store *store, uint32_t operation)
{
    HAL_HIVE_REQUEST request = {.operation = operation};

    return send(store, &request, NULL, 0);
}

uint8_t *request_load(struct hive_store *store, uint32_t hive, size_t *bytes)
{
    struct hive_buffer buffer = {0};
    HAL_HIVE_REQUEST request = {.operation = HAL_HIVE_LOAD, .hive = hive, .length = HAL_HIVE_CHUNK};
    struct channel_hive head;

    do {
        if (send(store, &request, NULL, 0) != 0)
            break;
        memcpy(&head, answer, sizeof(head));
        hive_append(&buffer, answer + sizeof(head), head.data_bytes);
        request.offset += head.data_bytes;
    } while (head.data_bytes != 0 && request.offset < head.request.total);
    *bytes = buffer.bytes;
    return buffer.data;
}
