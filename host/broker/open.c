/*
 * Opening and creating: NT's create dispositions on host files. Access rights and sharing are the
 * guest kernel's business. [doc] ZwCreateFile.
 */
#include "broker/broker_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool may_create(uint32_t disposition)
{
    return disposition == HAL_OPEN_CREATE || disposition == HAL_OPEN_IF ||
           disposition == HAL_OPEN_OVERWRITE_IF || disposition == HAL_OPEN_SUPERSEDE;
}

static bool is_overwrite(uint32_t disposition)
{
    return disposition == HAL_OPEN_OVERWRITE || disposition == HAL_OPEN_OVERWRITE_IF ||
           disposition == HAL_OPEN_SUPERSEDE;
}

static bool writes(const HAL_FILE_REQUEST *request)
{
    return (request->options & HAL_OPEN_WRITE) != 0 || is_overwrite(request->disposition);
}

static uint32_t check_request(const HAL_FILE_REQUEST *request, const struct broker_place *place)
{
    bool folder = (request->options & HAL_OPEN_DIRECTORY) != 0;
    bool file = (request->options & HAL_OPEN_NON_DIRECTORY) != 0;

    if (request->disposition > HAL_OPEN_OVERWRITE_IF || (folder && file))
        return NT_STATUS_INVALID_PARAMETER;
    if (folder && is_overwrite(request->disposition))
        return NT_STATUS_INVALID_PARAMETER;
    if (place->slash && file)
        return NT_STATUS_OBJECT_NAME_INVALID;
    return NT_STATUS_SUCCESS;
}

static uint32_t check_existing(const HAL_FILE_REQUEST *request, const struct broker_place *place)
{
    bool directory = S_ISDIR(place->stat.st_mode);

    if (request->disposition == HAL_OPEN_CREATE)
        return NT_STATUS_OBJECT_NAME_COLLISION;
    if (directory && (request->options & HAL_OPEN_NON_DIRECTORY) != 0)
        return NT_STATUS_FILE_IS_A_DIRECTORY;
    if (!directory && (request->options & HAL_OPEN_DIRECTORY) != 0)
        return NT_STATUS_NOT_A_DIRECTORY;
    if (!directory && place->slash)
        return NT_STATUS_OBJECT_NAME_INVALID;
    if (directory && is_overwrite(request->disposition))
        return NT_STATUS_OBJECT_NAME_COLLISION;
    if (!directory && writes(request) && (place->inbox || (place->stat.st_mode & S_IWUSR) == 0))
        return NT_STATUS_ACCESS_DENIED;
    return NT_STATUS_SUCCESS;
}

/* Opens what was found, and makes sure that it is still that. fd or -errno. */
static int open_found(const HAL_FILE_REQUEST *request, struct broker_place *place)
{
    bool directory = S_ISDIR(place->stat.st_mode);
    int fd = broker_open_at(place->parent_fd, place->leaf,
                            directory         ? O_RDONLY | O_DIRECTORY
                            : writes(request) ? O_RDWR
                                              : O_RDONLY,
                            0);
    struct stat now;

    if (fd < 0)
        return fd;
    if (fstat(fd, &now) != 0 || now.st_ino != place->stat.st_ino ||
        now.st_dev != place->stat.st_dev) {
        close(fd);
        return -EACCES;
    }
    place->stat = now;
    return fd;
}

/* Creates place's leaf. fd or -errno; -EDQUOT when the run may create no more. */
static int create_leaf(broker *self, const HAL_FILE_REQUEST *request, struct broker_place *place)
{
    bool directory = (request->options & HAL_OPEN_DIRECTORY) != 0;
    int fd;

    if (self->created_count == BROKER_MAX_CREATED)
        return -EDQUOT;
    if (directory && mkdirat(place->parent_fd, place->leaf, 0755) != 0)
        return -errno;
    fd = broker_open_at(place->parent_fd, place->leaf,
                        directory ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT | O_EXCL,
                        directory ? 0 : 0644);
    if (fd < 0)
        return fd;
    if (fstat(fd, &place->stat) != 0) {
        close(fd);
        return -EIO;
    }
    self->created_count++;
    return fd;
}

static struct broker_handle *free_handle(broker *self)
{
    for (unsigned i = 0; i < BROKER_MAX_HANDLES; i++)
        if (self->handle[i].node == NULL)
            return &self->handle[i];
    return NULL;
}

static uint64_t bind_handle(broker *self, struct broker_handle *handle, struct broker_node *node,
                            int fd, uint32_t options)
{
    handle->node = node;
    handle->fd = fd;
    handle->options = options;
    handle->snapshot = NULL;
    handle->generation++;
    self->handle_count++;
    return (uint64_t)handle->generation << 16 | (uint64_t)(handle - self->handle + 1);
}

static void set_new_attributes(struct broker_node *node, int fd, uint32_t attributes)
{
    node->attributes = attributes & NT_ATTRIBUTE_SETTABLE & ~NT_ATTRIBUTE_READONLY;
    if (!node->directory) {
        node->attributes |= NT_ATTRIBUTE_ARCHIVE;
        if ((attributes & NT_ATTRIBUTE_READONLY) != 0)
            fchmod(fd, 0444);
    }
}

/* The file is there (found, or just created as is_new says): empties it if asked to, and stamps it.
 */
static uint32_t prepare(broker *self, HAL_FILE_REQUEST *request, struct broker_node *node, int fd,
                        bool is_new, struct stat *stat, uint64_t now_100ns)
{
    if (is_new) {
        request->action = NT_FILE_CREATED;
    } else if (!is_overwrite(request->disposition)) {
        request->action = NT_FILE_OPENED;
        return NT_STATUS_SUCCESS;
    } else {
        uint64_t old_bytes = (uint64_t)stat->st_size;
        if (ftruncate(fd, 0) != 0)
            return broker_status_from_errno(errno);
        broker_charge(self, old_bytes, 0);
        request->action =
            request->disposition == HAL_OPEN_SUPERSEDE ? NT_FILE_SUPERSEDED : NT_FILE_OVERWRITTEN;
    }
    set_new_attributes(node, fd, request->attributes);
    broker_node_stamp(node, now_100ns, is_new || request->disposition == HAL_OPEN_SUPERSEDE);
    return fstat(fd, stat) == 0 ? NT_STATUS_SUCCESS : broker_status_from_errno(errno);
}

static uint32_t open_located(broker *self, HAL_FILE_REQUEST *request, struct broker_place *place,
                             bool is_new, uint64_t now_100ns)
{
    struct broker_handle *handle = free_handle(self);
    struct broker_node *node;
    uint32_t status;
    int fd;

    if (handle == NULL)
        return NT_STATUS_TOO_MANY_OPENED_FILES;
    fd = is_new ? create_leaf(self, request, place) : open_found(request, place);
    if (fd < 0)
        return broker_status_from_errno(-fd);
    node = broker_node_acquire(self, place);
    if (node == NULL) {
        close(fd);
        return NT_STATUS_INSUFFICIENT_RESOURCES;
    }
    status = prepare(self, request, node, fd, is_new, &place->stat, now_100ns);
    if (status != NT_STATUS_SUCCESS) {
        close(fd);
        broker_node_release(self, node);
        return status;
    }
    request->handle = bind_handle(self, handle, node, fd, request->options);
    broker_fill_info(self, node, &place->stat, node->path, &request->info);
    return NT_STATUS_SUCCESS;
}

uint32_t broker_open(broker *self, HAL_FILE_REQUEST *request, const char *path, uint64_t now_100ns)
{
    struct broker_place place;
    uint32_t located = broker_locate(self, path, request->path_bytes, &place);
    uint32_t status = check_request(request, &place);
    bool is_new = located == NT_STATUS_OBJECT_NAME_NOT_FOUND && may_create(request->disposition);

    if (status == NT_STATUS_SUCCESS && located == NT_STATUS_SUCCESS)
        status = check_existing(request, &place);
    else if (status == NT_STATUS_SUCCESS && !is_new)
        status = located;
    else if (status == NT_STATUS_SUCCESS && place.slash &&
             (request->options & HAL_OPEN_DIRECTORY) == 0)
        status = NT_STATUS_OBJECT_NAME_INVALID;
    if (status == NT_STATUS_SUCCESS && self->read_only &&
        (is_new || (writes(request) && !S_ISDIR(place.stat.st_mode))))
        status = NT_STATUS_MEDIA_WRITE_PROTECTED;
    if (status == NT_STATUS_SUCCESS)
        status = open_located(self, request, &place, is_new, now_100ns);
    broker_place_release(&place);
    return status;
}
