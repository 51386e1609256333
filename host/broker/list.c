/*
 * Directory lists: a snapshot sorted by folded name, taken when the guest asks for entry 0, so that
 * the order is the same on every run and entries neither repeat nor vanish while files are created
 * and deleted. Names that NT cannot have, links, devices and the like are not shown.
 */
#include "broker/broker_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listing { /* a snapshot being made */
    broker *self;
    const char *path;
    struct broker_snapshot *snapshot;
    uint64_t capacity;
};

static const char *entry_name(const HAL_DIR_ENTRY *entry)
{
    return (const char *)(entry + 1);
}

static int compare_entries(const void *a, const void *b)
{
    const HAL_DIR_ENTRY *x = *(HAL_DIR_ENTRY *const *)a, *y = *(HAL_DIR_ENTRY *const *)b;
    int order = name_compare(entry_name(x), x->name_bytes, entry_name(y), y->name_bytes);

    return order != 0 ? order : strcmp(entry_name(x), entry_name(y));
}

static void free_snapshot(struct broker_snapshot *snapshot)
{
    for (uint64_t i = 0; i < snapshot->count; i++)
        free(snapshot->entry[i]);
    free(snapshot->entry);
    free(snapshot);
}

void broker_snapshot_free(broker *self, struct broker_handle *handle)
{
    if (handle->snapshot == NULL)
        return;
    self->snapshot_bytes -= handle->snapshot->bytes;
    free_snapshot(handle->snapshot);
    handle->snapshot = NULL;
}

static bool has_room(struct listing *listing, size_t bytes)
{
    struct broker_snapshot *snapshot = listing->snapshot;
    HAL_DIR_ENTRY **entry;

    if (listing->self->snapshot_bytes + snapshot->bytes + bytes > BROKER_MAX_SNAPSHOT_BYTES)
        return false;
    if (snapshot->count < listing->capacity)
        return true;
    listing->capacity = listing->capacity == 0 ? 64 : listing->capacity * 2;
    entry = realloc(snapshot->entry, listing->capacity * sizeof(*entry));
    if (entry == NULL)
        return false;
    snapshot->entry = entry;
    return true;
}

static void fill_entry(struct listing *listing, const char *name, const struct stat *stat,
                       HAL_FILE_INFO *info)
{
    char path[BROKER_MAX_PATH + NAME_MAX_BYTES + 2];
    size_t used = strlen(listing->path);

    memcpy(path, listing->path, used);
    if (used != 0)
        path[used++] = '/';
    memcpy(path + used, name, strlen(name) + 1);
    broker_fill_info(listing->self, broker_node_find(listing->self, stat), stat, path, info);
}

/* 0, or -ENOMEM when the bound on lists is reached. */
static int add_entry(struct listing *listing, const char *name, const struct stat *stat)
{
    size_t name_bytes = strlen(name), bytes = (sizeof(HAL_DIR_ENTRY) + name_bytes + 7) & ~(size_t)7;
    size_t room = bytes + 8; /* the name is terminated here, not in what the guest gets */
    HAL_DIR_ENTRY *entry;

    if (!has_room(listing, room))
        return -ENOMEM;
    entry = calloc(1, room);
    if (entry == NULL)
        return -ENOMEM;
    entry->record_bytes = (uint32_t)bytes;
    entry->name_bytes = (uint32_t)name_bytes;
    memcpy(entry + 1, name, name_bytes);
    fill_entry(listing, name, stat, &entry->info);
    listing->snapshot->entry[listing->snapshot->count++] = entry;
    listing->snapshot->bytes += room;
    return 0;
}

static bool is_listed(const struct listing *listing, uint64_t count, const char *name)
{
    for (uint64_t i = 0; i < count; i++) {
        const HAL_DIR_ENTRY *entry = listing->snapshot->entry[i];
        if (name_compare(entry_name(entry), entry->name_bytes, name, strlen(name)) == 0)
            return true;
    }
    return false;
}

/* Adds what the folder holds; of the inbox only regular files, and only what the volume does not
 * have. */
static int add_folder(struct listing *listing, int folder_fd, const struct broker_inbox_row *inbox)
{
    int fd = broker_open_at(folder_fd, ".", O_RDONLY | O_DIRECTORY, 0), error = 0;
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    uint64_t before = listing->snapshot->count;
    struct dirent *entry;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    while (error == 0 && (entry = readdir(list)) != NULL) {
        struct stat stat;
        if (!name_is_valid(entry->d_name, strlen(entry->d_name)) ||
            fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (inbox != NULL ? !S_ISREG(stat.st_mode) || is_listed(listing, before, entry->d_name)
                  : !S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode))
            continue;
        if (inbox == NULL || broker_inbox_row_shows(inbox, entry->d_name))
            error = add_entry(listing, entry->d_name, &stat);
    }
    closedir(list);
    return error;
}

static uint32_t take_snapshot(broker *self, struct broker_handle *handle)
{
    struct listing listing = {.self = self, .path = handle->node->path};
    int error;

    broker_snapshot_free(self, handle);
    listing.snapshot = calloc(1, sizeof(*listing.snapshot));
    if (listing.snapshot == NULL)
        return NT_STATUS_INSUFFICIENT_RESOURCES;
    error = add_folder(&listing, handle->fd, NULL);
    for (int i = 0; i < BROKER_INBOX_FOLDERS && error == 0; i++)
        if (self->inbox_fd[i] >= 0 && broker_inbox_row_shows_in(&broker_inbox_row[i], listing.path,
                                                                strlen(listing.path)))
            error = add_folder(&listing, self->inbox_fd[i], &broker_inbox_row[i]);
    if (error != 0) {
        free_snapshot(listing.snapshot);
        return broker_status_from_errno(-error);
    }
    if (listing.snapshot->count != 0)
        qsort(listing.snapshot->entry, listing.snapshot->count, sizeof(HAL_DIR_ENTRY *),
              compare_entries);
    handle->snapshot = listing.snapshot;
    self->snapshot_bytes += listing.snapshot->bytes;
    return NT_STATUS_SUCCESS;
}

uint32_t broker_list(broker *self, struct broker_handle *handle, HAL_FILE_REQUEST *request,
                     uint8_t *data)
{
    uint32_t used = 0, limit = request->length;
    uint32_t status = NT_STATUS_SUCCESS;
    uint64_t index = request->offset;

    request->length = 0;
    if (!handle->node->directory)
        return NT_STATUS_INVALID_PARAMETER;
    if (index == 0 || handle->snapshot == NULL)
        status = take_snapshot(self, handle);
    if (status != NT_STATUS_SUCCESS)
        return status;
    for (; index < handle->snapshot->count; index++) {
        const HAL_DIR_ENTRY *entry = handle->snapshot->entry[index];
        if (limit - used < entry->record_bytes)
            break;
        memcpy(data + used, entry, entry->record_bytes);
        used += entry->record_bytes;
    }
    request->length = used;
    if (used != 0)
        return NT_STATUS_SUCCESS;
    return index >= handle->snapshot->count ? NT_STATUS_NO_MORE_FILES : NT_STATUS_BUFFER_TOO_SMALL;
}
