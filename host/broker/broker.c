/*
 * The broker's operations on open files, its handle table and its bounds. Models a local NTFS-like
 * volume as far as the I/O manager's file objects need it. Leaves out: data streams, hard and
 * symbolic links, extended attributes, security descriptors, oplocks, change notification; sharing
 * and byte-range locks are the guest kernel's.
 */
#include "broker/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "broker/broker_private.h"

uint32_t broker_status_from_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return NT_STATUS_DISK_FULL;
    case ENOENT: return NT_STATUS_OBJECT_NAME_NOT_FOUND;
    case EEXIST: return NT_STATUS_OBJECT_NAME_COLLISION;
    case ENOTDIR: return NT_STATUS_OBJECT_PATH_NOT_FOUND;
    case EISDIR: return NT_STATUS_FILE_IS_A_DIRECTORY;
    case ENOTEMPTY: return NT_STATUS_DIRECTORY_NOT_EMPTY;
    case ENAMETOOLONG:
    case EINVAL: return NT_STATUS_OBJECT_NAME_INVALID;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EXDEV:
    case ENXIO:
    case ETXTBSY:
    case EBUSY: return NT_STATUS_ACCESS_DENIED;
    case EROFS: return NT_STATUS_MEDIA_WRITE_PROTECTED;
    case EMFILE:
    case ENFILE: return NT_STATUS_TOO_MANY_OPENED_FILES;
    case ENOMEM: return NT_STATUS_INSUFFICIENT_RESOURCES;
    case EIO: return NT_STATUS_IO_DEVICE_ERROR;
    default: return NT_STATUS_UNEXPECTED_IO_ERROR;
    }
}

uint32_t broker_charge(broker *self, uint64_t old_bytes, uint64_t new_bytes)
{
    if (new_bytes <= old_bytes) {
        uint64_t freed = old_bytes - new_bytes;
        self->grown_bytes -= freed < self->grown_bytes ? freed : self->grown_bytes;
        return NT_STATUS_SUCCESS;
    }
    if (new_bytes - old_bytes > self->quota_bytes - self->grown_bytes)
        return NT_STATUS_DISK_FULL;
    self->grown_bytes += new_bytes - old_bytes;
    return NT_STATUS_SUCCESS;
}

static struct broker_handle *find_handle(broker *self, uint64_t value)
{
    uint64_t index = (value & 0xFFFF) - 1;
    struct broker_handle *handle = index < BROKER_MAX_HANDLES ? &self->handle[index] : NULL;

    if (handle == NULL || handle->node == NULL || handle->generation != value >> 16)
        return NULL;
    return handle;
}

static void close_handle(broker *self, struct broker_handle *handle)
{
    struct broker_node *node = handle->node;
    struct stat stat;

    if (node->deleted && node->references == 1 && fstat(handle->fd, &stat) == 0 && !node->directory)
        broker_charge(self, (uint64_t)stat.st_size, 0);
    broker_snapshot_free(self, handle);
    close(handle->fd);
    broker_node_release(self, node);
    handle->node = NULL;
    self->handle_count--;
}

static uint32_t do_read(struct broker_handle *handle, HAL_FILE_REQUEST *request, uint8_t *data)
{
    size_t wanted = request->length, got = 0;

    request->length = 0;
    if (handle->node->directory)
        return NT_STATUS_INVALID_DEVICE_REQUEST;
    if (request->offset > INT64_MAX - HAL_FILE_CHUNK)
        return NT_STATUS_INVALID_PARAMETER;
    while (got < wanted) {
        ssize_t count = pread(handle->fd, data + got, wanted - got, (off_t)(request->offset + got));
        if (count < 0 && errno != EINTR)
            return broker_status_from_errno(errno);
        if (count == 0)
            break;
        got += count > 0 ? (size_t)count : 0;
    }
    request->length = (uint32_t)got;
    return got == 0 && wanted != 0 ? NT_STATUS_END_OF_FILE : NT_STATUS_SUCCESS;
}

static uint32_t check_writable(const struct broker_handle *handle)
{
    if (handle->node->directory)
        return NT_STATUS_INVALID_DEVICE_REQUEST;
    return (handle->options & HAL_OPEN_WRITE) != 0 ? NT_STATUS_SUCCESS : NT_STATUS_ACCESS_DENIED;
}

/* The charge for growing an open file to new_bytes; *old_bytes is its size now. */
static uint32_t charge_growth(broker *self, int fd, uint64_t new_bytes, uint64_t *old_bytes)
{
    struct stat stat;

    if (fstat(fd, &stat) != 0)
        return broker_status_from_errno(errno);
    *old_bytes = (uint64_t)stat.st_size;
    return new_bytes > *old_bytes ? broker_charge(self, *old_bytes, new_bytes) : NT_STATUS_SUCCESS;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint32_t do_write(broker *self, struct broker_handle *handle, HAL_FILE_REQUEST *request,
                         const uint8_t *data, uint64_t now_100ns)
{
    size_t wanted = request->length, done = 0;
    uint32_t status = check_writable(handle);
    uint64_t old_bytes = 0;
    bool charged;

    request->length = 0;
    if (status != NT_STATUS_SUCCESS)
        return status;
    if (request->offset > INT64_MAX - HAL_FILE_CHUNK)
        return NT_STATUS_INVALID_PARAMETER;
    status = charge_growth(self, handle->fd, request->offset + wanted, &old_bytes);
    charged = status == NT_STATUS_SUCCESS;
    while (status == NT_STATUS_SUCCESS && done < wanted) {
        ssize_t count =
            pwrite(handle->fd, data + done, wanted - done, (off_t)(request->offset + done));
        if (count < 0 && errno != EINTR)
            status = broker_status_from_errno(errno);
        done += count > 0 ? (size_t)count : 0;
    }
    if (charged && done < wanted)
        broker_charge(self, larger(old_bytes, request->offset + wanted),
                      larger(old_bytes, request->offset + done));
    if (done != 0)
        broker_node_stamp(handle->node, now_100ns, false);
    request->length = (uint32_t)done;
    return done != 0 ? NT_STATUS_SUCCESS : status;
}

static uint32_t do_set_size(broker *self, struct broker_handle *handle,
                            const HAL_FILE_REQUEST *request, uint64_t now_100ns)
{
    uint32_t status = check_writable(handle);
    uint64_t old_bytes;

    if (status != NT_STATUS_SUCCESS)
        return status;
    if (request->info.size > INT64_MAX)
        return NT_STATUS_INVALID_PARAMETER;
    status = charge_growth(self, handle->fd, request->info.size, &old_bytes);
    if (status != NT_STATUS_SUCCESS)
        return status;
    if (ftruncate(handle->fd, (off_t)request->info.size) != 0) {
        status = broker_status_from_errno(errno);
        if (request->info.size > old_bytes)
            broker_charge(self, request->info.size, old_bytes);
        return status;
    }
    if (request->info.size < old_bytes)
        broker_charge(self, old_bytes, request->info.size);
    broker_node_stamp(handle->node, now_100ns, false);
    return NT_STATUS_SUCCESS;
}

static uint32_t do_set_times(struct broker_handle *handle, const HAL_FILE_REQUEST *request)
{
    struct broker_node *node = handle->node;
    const HAL_FILE_INFO *info = &request->info;

    if (node->inbox)
        return NT_STATUS_ACCESS_DENIED;
    node->touched = true;
    node->created = info->created != 0 ? info->created : node->created;
    node->accessed = info->accessed != 0 ? info->accessed : node->accessed;
    node->written = info->written != 0 ? info->written : node->written;
    node->changed = info->changed != 0 ? info->changed : node->changed;
    if (info->attributes != 0) {
        bool read_only = (info->attributes & NT_ATTRIBUTE_READONLY) != 0;
        if (!node->directory && fchmod(handle->fd, read_only ? 0444 : 0644) != 0)
            return broker_status_from_errno(errno);
        node->attributes = info->attributes & NT_ATTRIBUTE_SETTABLE & ~NT_ATTRIBUTE_READONLY;
    }
    return NT_STATUS_SUCCESS;
}

static uint32_t do_stat(broker *self, struct broker_handle *handle, HAL_FILE_REQUEST *request)
{
    struct stat stat;

    if (fstat(handle->fd, &stat) != 0)
        return broker_status_from_errno(errno);
    broker_fill_info(self, handle->node, &stat, handle->node->path, &request->info);
    return NT_STATUS_SUCCESS;
}

static uint32_t do_flush(broker *self, struct broker_handle *handle)
{
    if (self->real_times && !handle->node->directory && fdatasync(handle->fd) != 0)
        return broker_status_from_errno(errno);
    return NT_STATUS_SUCCESS; /* the host's kernel has every byte; reproducible runs do not wait for
                                 its disk */
}

static void mark_deleted(broker *self, struct broker_node *node)
{
    node->deleted = true;
    broker_node_displace(self, node);
}

static uint32_t do_delete(broker *self, struct broker_handle *handle)
{
    struct broker_node *node = handle->node;
    char leaf[NAME_MAX_BYTES + 1];
    struct stat stat;
    uint32_t status = NT_STATUS_SUCCESS;
    int parent;

    if (node->deleted)
        return NT_STATUS_FILE_DELETED;
    if (node->path[0] == '\0' || node->inbox)
        return NT_STATUS_CANNOT_DELETE;
    if (fstat(handle->fd, &stat) != 0)
        return broker_status_from_errno(errno);
    if (!node->directory && (stat.st_mode & S_IWUSR) == 0)
        return NT_STATUS_CANNOT_DELETE;
    parent = broker_open_parent(self, node->path, leaf);
    if (parent < 0)
        return broker_status_from_errno(-parent);
    if (unlinkat(parent, leaf, node->directory ? AT_REMOVEDIR : 0) != 0)
        status = broker_status_from_errno(errno);
    else
        mark_deleted(self, node);
    close(parent);
    return status;
}

/* Another open file, or a file in this folder that is open, keeps a folder's name in place. */
static bool has_open_below(const broker *self, const struct broker_node *folder)
{
    size_t bytes = strlen(folder->path);

    for (unsigned i = 0; i < BROKER_MAX_HANDLES; i++) {
        const struct broker_node *node = self->handle[i].node;
        if (node != NULL && node != folder && strncmp(node->path, folder->path, bytes) == 0 &&
            node->path[bytes] == '/' && !node->deleted)
            return true;
    }
    return false;
}

/* What the rename would replace: SUCCESS when it may go. */
static uint32_t check_target(broker *self, const struct broker_node *node,
                             const struct broker_place *target, bool replace)
{
    struct broker_node *other = broker_node_find(self, &target->stat);

    if (other == node)
        return NT_STATUS_SUCCESS; /* another spelling of its own name */
    if (!replace)
        return NT_STATUS_OBJECT_NAME_COLLISION;
    if (S_ISDIR(target->stat.st_mode) || node->directory || target->inbox ||
        (target->stat.st_mode & S_IWUSR) == 0 || (other != NULL && other->references != 0))
        return NT_STATUS_ACCESS_DENIED;
    return NT_STATUS_SUCCESS;
}

/* The new leaf as the caller spells it, not as an existing file does. */
static uint32_t wanted_leaf(const char *path, size_t bytes, struct broker_place *target,
                            char leaf[NAME_MAX_BYTES + 1])
{
    size_t end = bytes - (target->slash ? 1 : 0), start = end, folder;

    while (start > 0 && path[start - 1] != '/')
        start--;
    memcpy(leaf, path + start, end - start);
    leaf[end - start] = '\0';
    folder = strlen(target->path) - strlen(target->leaf);
    if (folder + (end - start) > BROKER_MAX_PATH)
        return NT_STATUS_OBJECT_NAME_INVALID;
    memcpy(target->path + folder, leaf, end - start + 1);
    return NT_STATUS_SUCCESS;
}

static uint32_t rename_to(broker *self, struct broker_node *node, const struct broker_place *target,
                          const char *leaf, bool exists)
{
    char *path = strdup(target->path), old_leaf[NAME_MAX_BYTES + 1];
    struct broker_node *other = exists ? broker_node_find(self, &target->stat) : NULL;
    int parent = broker_open_parent(self, node->path, old_leaf);
    int error = parent < 0 ? -parent : path == NULL ? ENOMEM : 0;

    if (error == 0 && exists && other != node && unlinkat(target->parent_fd, target->leaf, 0) != 0)
        error = errno;
    if (error == 0 && renameat(parent, old_leaf, target->parent_fd, leaf) != 0)
        error = errno;
    if (parent >= 0)
        close(parent);
    if (error != 0) {
        free(path);
        return broker_status_from_errno(error);
    }
    if (exists && other != node) {
        broker_charge(self, (uint64_t)target->stat.st_size, 0);
        if (other != NULL) {
            mark_deleted(self, other);
            other->references++;
            broker_node_release(self, other);
        }
    }
    free(node->path);
    node->path = path;
    broker_node_displace(self, node);
    return NT_STATUS_SUCCESS;
}

static uint32_t do_rename(broker *self, struct broker_handle *handle,
                          const HAL_FILE_REQUEST *request, const char *path, uint64_t now_100ns)
{
    struct broker_node *node = handle->node;
    char leaf[NAME_MAX_BYTES + 1];
    struct broker_place target;
    uint32_t status;
    bool exists;

    if (node->deleted)
        return NT_STATUS_FILE_DELETED;
    if (node->path[0] == '\0' || node->inbox || (node->directory && has_open_below(self, node)))
        return NT_STATUS_ACCESS_DENIED;
    status = broker_locate(self, path, request->path_bytes, &target);
    exists = status == NT_STATUS_SUCCESS;
    if (exists)
        status = check_target(self, node, &target, request->disposition == HAL_OPEN_OVERWRITE_IF);
    else if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND)
        status =
            target.slash && !node->directory ? NT_STATUS_OBJECT_NAME_INVALID : NT_STATUS_SUCCESS;
    if (status == NT_STATUS_SUCCESS)
        status = wanted_leaf(path, request->path_bytes, &target, leaf);
    if (status == NT_STATUS_SUCCESS && strcmp(target.path, node->path) != 0)
        status = rename_to(self, node, &target, leaf, exists);
    if (status == NT_STATUS_SUCCESS) {
        node->touched = true;
        node->changed = now_100ns;
    }
    broker_place_release(&target);
    return status;
}

static uint32_t do_space(broker *self, HAL_FILE_REQUEST *request)
{
    struct statvfs space;

    request->info.size = BROKER_VOLUME_BYTES;
    request->info.allocation = self->read_only ? 0 : self->quota_bytes - self->grown_bytes;
    if (!self->real_times)
        return NT_STATUS_SUCCESS;
    if (fstatvfs(self->volume_fd, &space) != 0)
        return broker_status_from_errno(errno);
    request->info.size = (uint64_t)space.f_blocks * space.f_frsize;
    request->info.allocation =
        self->read_only ? 0 : (uint64_t)space.f_bavail * space.f_frsize;
    return NT_STATUS_SUCCESS;
}

static bool changes(uint32_t operation)
{
    return operation == HAL_FILE_WRITE || operation == HAL_FILE_SET_SIZE ||
           operation == HAL_FILE_SET_TIMES || operation == HAL_FILE_RENAME ||
           operation == HAL_FILE_DELETE;
}

static uint32_t do_handle_operation(broker *self, HAL_FILE_REQUEST *request, const char *path,
                                    uint8_t *data, uint64_t now_100ns)
{
    struct broker_handle *handle = find_handle(self, request->handle);

    if (handle == NULL)
        return NT_STATUS_INVALID_HANDLE;
    if (self->read_only && changes(request->operation))
        return NT_STATUS_MEDIA_WRITE_PROTECTED;
    switch (request->operation) {
    case HAL_FILE_CLOSE: close_handle(self, handle); return NT_STATUS_SUCCESS;
    case HAL_FILE_READ: return do_read(handle, request, data);
    case HAL_FILE_WRITE: return do_write(self, handle, request, data, now_100ns);
    case HAL_FILE_FLUSH: return do_flush(self, handle);
    case HAL_FILE_STAT: return do_stat(self, handle, request);
    case HAL_FILE_SET_SIZE: return do_set_size(self, handle, request, now_100ns);
    case HAL_FILE_SET_TIMES: return do_set_times(handle, request);
    case HAL_FILE_RENAME: return do_rename(self, handle, request, path, now_100ns);
    case HAL_FILE_DELETE: return do_delete(self, handle);
    case HAL_FILE_LIST: return broker_list(self, handle, request, data);
    default: return NT_STATUS_NOT_IMPLEMENTED;
    }
}

static bool gives_data(uint32_t operation)
{
    return operation == HAL_FILE_READ || operation == HAL_FILE_LIST;
}

void broker_execute(broker *self, HAL_FILE_REQUEST *request, const char *path, uint8_t *data,
                    uint64_t virtual_time_100ns)
{
    uint64_t now_100ns =
        self->real_times ? broker_real_time() : self->boot_time_100ns + virtual_time_100ns;

    if (broker_drive_execute(self, request, path, data, virtual_time_100ns))
        return;
    if (request->length > HAL_FILE_CHUNK || request->path_bytes > BROKER_MAX_PATH)
        request->status = NT_STATUS_INVALID_PARAMETER;
    else if (request->operation == HAL_FILE_OPEN)
        request->status = broker_open(self, request, path, now_100ns);
    else if (request->operation == HAL_FILE_SPACE)
        request->status = do_space(self, request);
    else
        request->status = do_handle_operation(self, request, path, data, now_100ns);
    if (request->length > HAL_FILE_CHUNK ||
        ((int32_t)request->status < 0 && gives_data(request->operation)))
        request->length = 0;
}

static int open_root(const char *path)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* The handle limit is ours and the same everywhere; the host's usual soft limit is lower. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= BROKER_MAX_HANDLES + 256)
        return;
    limit.rlim_cur =
        limit.rlim_max < BROKER_MAX_HANDLES + 256 ? limit.rlim_max : BROKER_MAX_HANDLES + 256;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A build without one of the folders shows nothing of it. */
static void open_inbox(broker *self, const char *build)
{
    int root = open_root(build);

    if (root < 0)
        return;
    for (int i = 0; i < BROKER_INBOX_FOLDERS; i++)
        self->inbox_fd[i] =
            broker_open_at(root, broker_inbox_row[i].build_folder, O_PATH | O_DIRECTORY, 0);
    close(root);
}

int broker_create(const struct broker_options *options, broker **result)
{
    broker *self = calloc(1, sizeof(*self));

    *result = NULL;
    if (self == NULL)
        return -ENOMEM;
    self->boot_time_100ns = options->boot_time_100ns;
    self->real_times = options->real_times;
    self->quota_bytes =
        options->quota_bytes != 0 ? options->quota_bytes : BROKER_DEFAULT_QUOTA_BYTES;
    for (int i = 0; i < BROKER_INBOX_FOLDERS; i++)
        self->inbox_fd[i] = -1;
    self->volume_fd = open_root(options->volume_path);
    if (self->volume_fd < 0) {
        int error = self->volume_fd;
        free(self);
        return error;
    }
    if (options->inbox_path != NULL)
        open_inbox(self, options->inbox_path);
    raise_file_limit();
    *result = self;
    return 0;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void broker_destroy(broker *self)
{
    if (self == NULL)
        return;
    for (unsigned i = 0; i < BROKER_MAX_HANDLES; i++)
        if (self->handle[i].node != NULL)
            close_handle(self, &self->handle[i]);
    broker_node_forget_all(self);
    for (unsigned i = 0; i < self->drive_count; i++)
        broker_destroy(self->drive[i].broker);
    close_if_open(self->volume_fd);
    for (int i = 0; i < BROKER_INBOX_FOLDERS; i++)
        close_if_open(self->inbox_fd[i]);
    free(self);
}

unsigned broker_open_handles(const broker *self)
{
    unsigned count = self->handle_count;

    for (unsigned i = 0; i < self->drive_count; i++)
        count += broker_open_handles(self->drive[i].broker);
    return count;
}
