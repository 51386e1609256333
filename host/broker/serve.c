/* The broker's end of a CHANNEL_FILE packet: lengths checked against each other before anything is
 * believed. */
#include <errno.h>
#include <string.h>

#include "broker/broker_private.h"
#include "hal/channel.h"

_Static_assert(sizeof(struct channel_file) <= sizeof(HAL_FILE_REQUEST) + 64, "BROKER_MAX_REPLY");
_Static_assert(BROKER_MAX_PATH >= CHANNEL_MAX_PATH, "every path that the channel carries");

/* The packet's lengths agree with its size and with the request, as the HAL always sends them. */
static bool lengths_agree(const struct channel_file *file, size_t tail_bytes)
{
    bool writes = file->request.operation == HAL_FILE_WRITE;

    return file->path_bytes <= CHANNEL_MAX_PATH && file->data_bytes <= HAL_FILE_CHUNK &&
           (size_t)file->path_bytes + file->data_bytes == tail_bytes &&
           file->request.path_bytes == file->path_bytes && file->request.length <= HAL_FILE_CHUNK &&
           file->data_bytes == (writes ? file->request.length : 0);
}

long broker_serve(broker *self, const void *body, size_t body_bytes, void *reply,
                  size_t reply_limit)
{
    char path[CHANNEL_MAX_PATH];
    struct channel_file file;
    const char *tail = (const char *)body + sizeof(file);
    bool gives;

    if (body_bytes < sizeof(file) || reply_limit < BROKER_MAX_REPLY)
        return -EPROTO;
    memcpy(&file, body, sizeof(file));
    if (!lengths_agree(&file, body_bytes - sizeof(file)))
        return -EPROTO;
    memcpy(path, tail, file.path_bytes);
    memcpy(self->data, tail + file.path_bytes, file.data_bytes);
    broker_execute(self, &file.request, path, self->data, file.virtual_time_100ns);
    gives = file.request.operation == HAL_FILE_READ || file.request.operation == HAL_FILE_LIST;
    file.path_bytes = 0;
    file.data_bytes = gives ? file.request.length : 0;
    memcpy(reply, &file, sizeof(file));
    memcpy((char *)reply + sizeof(file), self->data, file.data_bytes);
    return (long)(sizeof(file) + file.data_bytes);
}
