/*
 * The broker's part of a saved machine: which files are open in which slot, and what is known of
 * touched files. The files themselves are the folder's; directory lists in progress are taken anew.
 * Leaves out: files that are open and deleted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/broker_private.h"

#define SAVE_MAGIC 0x31564153424444ull /* "DDBSAV1" */
enum { RECORD_END = 0, RECORD_NODE, RECORD_HANDLE };

struct save_header {
    uint64_t magic;
    uint64_t grown_bytes;
    uint32_t created_count;
    uint32_t pad;
};

struct save_record { /* path_bytes of path follow */
    uint32_t kind;
    uint32_t path_bytes;
    uint32_t slot, generation, options; /* of a handle */
    uint32_t attributes, touched, pad;  /* of a node */
    uint64_t id, created, accessed, written, changed;
};

static bool put_record(FILE *out, struct save_record record, const char *path)
{
    record.path_bytes = (uint32_t)strlen(path);
    return fwrite(&record, sizeof(record), 1, out) == 1 &&
           fwrite(path, 1, record.path_bytes, out) == record.path_bytes;
}

static bool put_node(FILE *out, const struct broker_node *node)
{
    struct save_record record = {.kind = RECORD_NODE,
                                 .attributes = node->attributes,
                                 .touched = node->touched,
                                 .id = node->id,
                                 .created = node->created,
                                 .accessed = node->accessed,
                                 .written = node->written,
                                 .changed = node->changed};

    return node->deleted || node->inbox || put_record(out, record, node->path);
}

int broker_save(const broker *self, FILE *out)
{
    struct save_header header = {SAVE_MAGIC, self->grown_bytes, self->created_count, 0};
    bool good = fwrite(&header, sizeof(header), 1, out) == 1;

    for (unsigned i = 0; i < BROKER_BUCKETS; i++)
        for (const struct broker_node *node = self->bucket[i]; node != NULL; node = node->next)
            good = good && put_node(out, node);
    for (uint32_t i = 0; i < BROKER_MAX_HANDLES; i++) {
        const struct broker_handle *handle = &self->handle[i];
        struct save_record record = {.kind = RECORD_HANDLE,
                                     .slot = i,
                                     .generation = handle->generation,
                                     .options = handle->options};
        if (handle->node != NULL && handle->node->deleted)
            return -EBUSY;
        if (handle->node != NULL || handle->generation != 0)
            good =
                good && put_record(out, record, handle->node != NULL ? handle->node->path : "\x01");
    }
    good = good && put_record(out, (struct save_record){.kind = RECORD_END}, "");
    return good ? 0 : -EIO;
}

/* Finds the file of a record; its parent folder stays open in place. */
static bool find_file(broker *self, const char *path, struct broker_place *place)
{
    if (broker_locate(self, path, strlen(path), place) == NT_STATUS_SUCCESS)
        return true;
    broker_place_release(place);
    return false;
}

static int restore_node(broker *self, const struct save_record *record, const char *path)
{
    struct broker_place place;
    struct broker_node *node;

    if (!find_file(self, path, &place))
        return record->touched ? -ENOENT : 0;
    node = broker_node_acquire(self, &place);
    broker_place_release(&place);
    if (node == NULL)
        return -ENOMEM;
    node->attributes = record->attributes;
    node->id = record->id;
    node->created = record->created;
    node->accessed = record->accessed;
    node->written = record->written;
    node->changed = record->changed;
    node->touched = record->touched != 0;
    if (node->id != name_hash(path, strlen(path)))
        broker_node_displace(self, node);
    broker_node_release(self, node);
    return 0;
}

static int restore_handle(broker *self, const struct save_record *record, const char *path)
{
    struct broker_handle *handle = &self->handle[record->slot % BROKER_MAX_HANDLES];
    bool writes = (record->options & HAL_OPEN_WRITE) != 0;
    struct broker_place place;
    int fd;

    handle->generation = record->generation;
    if (path[0] == '\x01') /* closed: only its generation goes on */
        return 0;
    if (handle->node != NULL || !find_file(self, path, &place))
        return -ENOENT;
    fd = broker_open_at(place.parent_fd, place.leaf,
                        S_ISDIR(place.stat.st_mode) ? O_RDONLY | O_DIRECTORY
                        : writes                    ? O_RDWR
                                                    : O_RDONLY,
                        0);
    handle->node = fd < 0 ? NULL : broker_node_acquire(self, &place);
    broker_place_release(&place);
    if (handle->node == NULL) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    handle->fd = fd;
    handle->options = record->options;
    self->handle_count++;
    return 0;
}

int broker_restore(broker *self, FILE *in)
{
    char path[BROKER_MAX_PATH + 1];
    struct save_record record;
    struct save_header header;
    int error = 0;

    if (fread(&header, sizeof(header), 1, in) != 1 || header.magic != SAVE_MAGIC ||
        header.grown_bytes > self->quota_bytes)
        return -EINVAL;
    self->grown_bytes = header.grown_bytes;
    self->created_count = header.created_count;
    while (error == 0) {
        if (fread(&record, sizeof(record), 1, in) != 1 || record.path_bytes > BROKER_MAX_PATH ||
            fread(path, 1, record.path_bytes, in) != record.path_bytes)
            return -EINVAL;
        path[record.path_bytes] = '\0';
        if (record.kind == RECORD_END)
            return 0;
        error = record.kind == RECORD_NODE ? restore_node(self, &record, path)
                                           : restore_handle(self, &record, path);
    }
    return error;
}
