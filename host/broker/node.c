/*
 * Nodes: what the broker knows of a file beyond what the host's file system keeps: reproducible
 * times, NT attributes, the id, whether it was deleted while open. Their number is bounded by the
 * open handles plus BROKER_MAX_CREATED and what the folder held before the run. Leaves out: a
 * folder's times when something in it is created or deleted.
 */
#include "broker/broker_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct broker_node **bucket_of(broker *self, const struct stat *stat)
{
    return &self->bucket[(stat->st_ino ^ stat->st_dev * 31) % BROKER_BUCKETS];
}

struct broker_node *broker_node_find(broker *self, const struct stat *stat)
{
    struct broker_node *node = *bucket_of(self, stat);

    while (node != NULL &&
           (node->inode != stat->st_ino || node->device != stat->st_dev || node->deleted))
        node = node->next;
    return node;
}

static uint64_t nt_time(struct timespec time)
{
    return (uint64_t)(time.tv_sec + 11644473600ll) * 10000000u + (uint64_t)time.tv_nsec / 100;
}

uint64_t broker_real_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return nt_time(now);
}

/* What is reported of a file that this run has not touched. */
static void fill_untouched_times(const broker *self, const struct stat *stat, HAL_FILE_INFO *info)
{
    info->created = info->accessed = info->written = info->changed = self->boot_time_100ns;
    if (!self->real_times)
        return;
    info->created = info->written = nt_time(stat->st_mtim);
    info->accessed = nt_time(stat->st_atim);
    info->changed = nt_time(stat->st_ctim);
}

static bool id_is_taken(const broker *self, uint64_t id)
{
    for (unsigned i = 0; i < BROKER_BUCKETS; i++)
        for (const struct broker_node *node = self->bucket[i]; node != NULL; node = node->next)
            if (node->id == id)
                return true;
    return false;
}

/* An id that no other file has that the guest may still know. */
static uint64_t choose_id(const broker *self, const char *path)
{
    uint64_t id = name_hash(path, strlen(path));

    while (self->displaced_count != 0 && id_is_taken(self, id))
        id = id * 0x9E3779B97F4A7C15ull + 1;
    return id;
}

void broker_node_displace(broker *self, struct broker_node *node)
{
    self->displaced_count += !node->displaced;
    node->displaced = true;
}

static struct broker_node *make_node(broker *self, const struct broker_place *place)
{
    struct broker_node *node = calloc(1, sizeof(*node)), **bucket = bucket_of(self, &place->stat);
    HAL_FILE_INFO info;

    if (node == NULL)
        return NULL;
    node->path = strdup(place->path);
    if (node->path == NULL) {
        free(node);
        return NULL;
    }
    node->device = place->stat.st_dev;
    node->inode = place->stat.st_ino;
    node->directory = S_ISDIR(place->stat.st_mode);
    node->inbox = place->inbox;
    node->attributes = node->directory ? 0 : NT_ATTRIBUTE_ARCHIVE;
    node->id = choose_id(self, place->path);
    fill_untouched_times(self, &place->stat, &info);
    node->created = info.created;
    node->accessed = info.accessed;
    node->written = info.written;
    node->changed = info.changed;
    node->next = *bucket;
    *bucket = node;
    return node;
}

struct broker_node *broker_node_acquire(broker *self, const struct broker_place *place)
{
    struct broker_node *node = broker_node_find(self, &place->stat);

    if (node == NULL) {
        node = make_node(self, place);
    } else if (node->references == 0 && strcmp(node->path, place->path) != 0) {
        char *path = strdup(place->path); /* its folder was renamed since it was last open */
        if (path == NULL)
            return NULL;
        free(node->path);
        node->path = path;
    }
    if (node != NULL)
        node->references++;
    return node;
}

static void free_node(broker *self, struct broker_node *node)
{
    struct stat key = {.st_dev = node->device, .st_ino = node->inode};
    struct broker_node **link = bucket_of(self, &key);

    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    self->displaced_count -= node->displaced;
    free(node->path);
    free(node);
}

void broker_node_release(broker *self, struct broker_node *node)
{
    if (--node->references == 0 && (node->deleted || !node->touched))
        free_node(self, node);
}

void broker_node_forget_all(broker *self)
{
    for (unsigned i = 0; i < BROKER_BUCKETS; i++)
        while (self->bucket[i] != NULL)
            free_node(self, self->bucket[i]);
}

void broker_node_stamp(struct broker_node *node, uint64_t time_100ns, bool is_new)
{
    node->touched = true;
    if (is_new)
        node->created = node->accessed = time_100ns;
    node->written = node->changed = time_100ns;
}

void broker_fill_info(const broker *self, const struct broker_node *node, const struct stat *stat,
                      const char *path, HAL_FILE_INFO *info)
{
    bool directory = S_ISDIR(stat->st_mode);

    memset(info, 0, sizeof(*info));
    fill_untouched_times(self, stat, info);
    if (node != NULL && node->touched) {
        info->created = node->created;
        info->accessed = node->accessed;
        info->written = node->written;
        info->changed = node->changed;
    }
    info->size = directory ? 0 : (uint64_t)stat->st_size;
    info->allocation = (info->size + HAL_PAGE_SIZE - 1) & ~(uint64_t)(HAL_PAGE_SIZE - 1);
    info->file_id = node != NULL ? node->id : name_hash(path, strlen(path));
    info->links = node != NULL && node->deleted ? 0 : 1;
    info->attributes = node != NULL ? node->attributes : directory ? 0 : NT_ATTRIBUTE_ARCHIVE;
    if (directory)
        info->attributes |= NT_ATTRIBUTE_DIRECTORY;
    else if ((stat->st_mode & S_IWUSR) == 0)
        info->attributes |= NT_ATTRIBUTE_READONLY;
    if (info->attributes == 0)
        info->attributes = NT_ATTRIBUTE_NORMAL;
}
