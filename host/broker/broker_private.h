/*
 * What the broker's own sources share: nodes (what is known of a file while it is open, or because
 * this run touched it), handles, places (the outcome of a path lookup).
 */
#pragma once

#include <sys/stat.h>

#include "broker/broker.h"
#include "broker/name.h"
#include "broker/nt_status.h"

struct broker_node {
    struct broker_node *next; /* in its hash bucket */
    dev_t device;
    ino_t inode;
    unsigned references; /* open handles */
    bool
        touched; /* created or changed in this run: its times and attributes are kept after close */
    bool deleted;
    bool directory;
    bool displaced; /* renamed or deleted: another file may come to have the path that its id is of
                     */
    bool inbox;     /* read-only file of the inbox folder */
    uint32_t attributes; /* NT_ATTRIBUTE_SETTABLE without READONLY, which is in the host's mode */
    uint64_t id;
    uint64_t created, accessed, written, changed;
    char *path; /* relative to the volume, as spelt on disk; "" is the root */
};

struct broker_snapshot {
    uint64_t count;
    size_t bytes;          /* of records, for the broker's bound */
    HAL_DIR_ENTRY **entry; /* sorted by name */
};

struct broker_handle {
    struct broker_node *node; /* NULL: free */
    struct broker_snapshot *snapshot;
    int fd;
    uint32_t generation;
    uint32_t options;
};

#define BROKER_BUCKETS 1024u
#define BROKER_INBOX_FOLDERS 3

struct broker_drive {
    char letter;
    broker *broker;
};

struct broker {
    int volume_fd;
    int inbox_fd[BROKER_INBOX_FOLDERS]; /* by row of broker_inbox_row; -1: none */
    bool real_times;
    bool read_only;
    uint64_t boot_time_100ns;
    uint64_t quota_bytes, grown_bytes;
    unsigned displaced_count;
    unsigned created_count;
    unsigned handle_count;
    size_t snapshot_bytes;
    struct broker_node *bucket[BROKER_BUCKETS];
    struct broker_handle handle[BROKER_MAX_HANDLES];
    unsigned drive_count;
    struct broker_drive drive[BROKER_MAX_DRIVES];
    uint8_t data[HAL_FILE_CHUNK]; /* of the request being served */
};

/* The outcome of a lookup. With status SUCCESS the file exists; OBJECT_NAME_NOT_FOUND: only its
 * folder does. */
struct broker_place {
    int parent_fd; /* O_PATH; owned; -1 for the root and on failure */
    bool inbox;
    bool slash; /* the path ended in '/' */
    struct stat stat;
    char leaf[NAME_MAX_BYTES + 1]; /* "." for the root */
    char path[BROKER_MAX_PATH + 1];
};

/* ---- lookup.c ---- */
uint32_t broker_locate(broker *self, const char *path, size_t path_bytes,
                       struct broker_place *place);
void broker_place_release(struct broker_place *place);
/* Opens a checked leaf of an open folder: never through a link, never waiting, close-on-exec. fd or
 * -errno. */
int broker_open_at(int parent_fd, const char *leaf, int flags, unsigned mode);
/* The folder of an existing path as it is spelt on disk; the leaf is left in leaf. fd or -errno. */
int broker_open_parent(broker *self, const char *path, char leaf[NAME_MAX_BYTES + 1]);
/* The read-only images that come with Windows: which folder of the build shows where on the volume. */
struct broker_inbox_row {
    const char *build_folder;  /* relative to the build folder */
    const char *volume_folder; /* "Windows/System32" */
    bool kernel_only;          /* ntoskrnl.exe and hal.dll, whatever else lies there */
};
extern const struct broker_inbox_row broker_inbox_row[BROKER_INBOX_FOLDERS];
bool broker_inbox_row_shows_in(const struct broker_inbox_row *row, const char *path, size_t bytes);
bool broker_inbox_row_shows(const struct broker_inbox_row *row, const char *name);

/* ---- node.c ---- */
/* The node of a file, with one more reference; NULL when there is no memory. */
struct broker_node *broker_node_acquire(broker *self, const struct broker_place *place);
void broker_node_release(broker *self, struct broker_node *node);
struct broker_node *broker_node_find(broker *self, const struct stat *stat);
void broker_node_forget_all(broker *self);
uint64_t broker_real_time(void); /* the host's, as NT time */
void broker_node_stamp(struct broker_node *node, uint64_t time_100ns, bool is_new);
/* Its id is no longer that of its path. */
void broker_node_displace(broker *self, struct broker_node *node);
/* node may be NULL: a file that is not open and that this run has not touched. */
void broker_fill_info(const broker *self, const struct broker_node *node, const struct stat *stat,
                      const char *path, HAL_FILE_INFO *info);

/* ---- list.c ---- */
uint32_t broker_list(broker *self, struct broker_handle *handle, HAL_FILE_REQUEST *request,
                     uint8_t *data);
void broker_snapshot_free(broker *self, struct broker_handle *handle);

/* ---- drive.c ---- */
/* Does the request if it is for another drive than this broker's own. */
bool broker_drive_execute(broker *self, HAL_FILE_REQUEST *request, const char *path, uint8_t *data,
                          uint64_t virtual_time_100ns);

/* ---- open.c ---- */
uint32_t broker_open(broker *self, HAL_FILE_REQUEST *request, const char *path, uint64_t now_100ns);

/* ---- broker.c ---- */
uint32_t broker_status_from_errno(int error);
/* Counts bytes against the quota; DISK_FULL when it is used up. */
uint32_t broker_charge(broker *self, uint64_t old_bytes, uint64_t new_bytes);
