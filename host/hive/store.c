/* See store.h. Each hive is a tree in memory; a change is in the log before the machine hears that
 * it is done. */
#include "hive/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hal/channel.h"
#include "hive/file.h"
#include "hive/log.h"
#include "hive/regf.h"

_Static_assert(sizeof(struct channel_header) + sizeof(struct channel_hive) + HAL_HIVE_CHUNK <=
                   CHANNEL_MAX_PACKET,
               "a request is one packet");

#define LOG_BOUND (4u << 20) /* a log longer than this, and than its base, is made anew */

enum {
    NT_STATUS_SUCCESS = 0,
    NT_STATUS_DISK_FULL = (int)0xC000007F,
    NT_STATUS_NO_MEMORY = (int)0xC000009A,
    NT_STATUS_REGISTRY_CORRUPT = (int)0xC000014C,
    NT_STATUS_REGISTRY_IO_FAILED = (int)0xC000014D,
    NT_STATUS_NOT_REGISTRY_FILE = (int)0xC000015C
};

struct hive {
    const char *name, *log_name;
    struct hive_key *root; /* NULL: there is none */
    bool ready;            /* it has files; until then the machine may fill it */
    bool broken;           /* its log cannot be written any more */
    uint32_t sequence;     /* of the file */
    struct log log;
    struct hive_buffer records; /* while it is being loaded */
    struct hive_buffer pieces;  /* of a change whose last piece is to come */
};

struct hive_store {
    char folder[PATH_MAX];
    int folder_fd, lock_fd;
    hive_say *say;
    void *context;
    struct hive hive[HAL_HIVE_COUNT];
    struct hive scratch;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct hive_store *store,
                                                       const char *format, ...)
{
    char text[PATH_MAX + 512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    store->say(store->context, text);
}

static uint64_t now_100ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000u + (uint64_t)now.tv_nsec / 100;
}

/* ---- writing ---- */

/*
 * The log goes first: it has all that the file will have, so whatever ends this between the two,
 * the hive is read from the log then.
 */
static int write_hive(struct hive_store *store, struct hive *hive)
{
    struct regf_header header = {hive->sequence + 1, now_100ns()};
    struct hive_buffer image = {0};
    struct iovec part;
    int error = regf_write(hive->root, &header, hive->name, &image), fd;

    if (error == 0)
        error = log_create(store->folder_fd, hive->log_name, header.sequence, &image, &hive->log);
    if (error == 0) {
        hive->sequence = header.sequence;
        hive->broken = false;
        hive->ready = true;
        part = (struct iovec){image.data, image.bytes};
        fd = file_replace(store->folder_fd, hive->name, &part, 1);
        if (fd < 0)
            error = fd;
        else
            close(fd);
    }
    free(image.data);
    return error;
}

int hive_store_checkpoint(struct hive_store *store)
{
    int error = 0;

    for (unsigned i = 0; i < HAL_HIVE_COUNT; i++) {
        struct hive *hive = &store->hive[i];
        int one =
            hive->ready && (hive->log.records != 0 || hive->broken) ? write_hive(store, hive) : 0;

        if (one != 0)
            tell(store, "%s/%s: not written: %s", store->folder, hive->name, strerror(-one));
        if (error == 0)
            error = one;
    }
    return error;
}

/* ---- reading ---- */

struct found { /* of one hive, on the disk */
    uint8_t *data;
    size_t bytes;
    bool there;
    struct log_view log;
};

static bool refuse(const struct hive_store *store, const char *name, const char *why)
{
    tell(store, "%s/%s: not loaded: %s", store->folder, name, why);
    return false;
}

static bool parse(const struct hive_store *store, struct hive *hive, const char *name,
                  const uint8_t *data, size_t bytes)
{
    const char *why;

    if (regf_read(data, bytes, &hive->root, &why) != 0)
        return refuse(store, name, why);
    return true;
}

/*
 * The log was not read beside it: there is none, or the file was written by another program.
 * Without a log that goes on from it the hive is usable only when it can be written.
 */
static bool adopt(struct hive_store *store, struct hive *hive, const struct found *found)
{
    struct regf_header header = {0};
    int error;

    regf_read_header(found->data, found->bytes, &header);
    if (!parse(store, hive, hive->name, found->data, found->bytes))
        return false;
    hive->sequence = header.sequence;
    error = write_hive(store, hive);
    return error == 0 || refuse(store, hive->log_name, strerror(-error));
}

/* The records of the log, on top of what it starts from. */
static bool replay(struct hive_store *store, struct hive *hive, const struct found *found)
{
    size_t end = found->log.first;
    struct log_record record;
    enum log_step step;
    uint32_t count = 0;
    int error;

    while ((step = log_next(&found->log, count, end, &record)) == LOG_RECORD) {
        error = hive_apply(hive->root, record.data, record.bytes);
        if (error == -ENOMEM)
            return refuse(store, hive->log_name, strerror(ENOMEM));
        if (error != 0 && record.end == found->log.bytes)
            break; /* it was being taken back */
        if (error != 0)
            return refuse(store, hive->log_name, "it has a change that cannot be");
        end = record.end;
        count++;
    }
    if (step == LOG_BROKEN)
        return refuse(store, hive->log_name,
                      "it is damaged (without it, the hive is as it was last written)");
    error = log_continue(store->folder_fd, hive->log_name, &found->log, end, count, &hive->log);
    return error == 0 || refuse(store, hive->log_name, strerror(-error));
}

static bool has_records(const struct log_view *log)
{
    struct log_record record;

    return log_next(log, 0, log->first, &record) != LOG_END;
}

/* The file, if it is what the log starts from; the log's copy of it otherwise. */
static bool load_base(struct hive_store *store, struct hive *hive, const struct found *found,
                      bool *recovered)
{
    const struct log_base *base = &found->log.base;
    bool same = found->there && found->bytes == base->bytes &&
                log_check(found->data, found->bytes) == base->check;

    *recovered = !same;
    hive->sequence = base->sequence;
    if (same)
        return parse(store, hive, hive->name, found->data, found->bytes);
    if (!found->log.image_fine)
        return refuse(store, hive->name, "it is damaged, and so is its log");
    tell(store, "%s/%s: %s; recovered from its log", store->folder, hive->name,
         found->there ? "it is not as it was written" : "it is missing");
    return parse(store, hive, hive->log_name, found->log.image, base->bytes);
}

/* Another program that writes hives counts its sequence number on; damage does not get that right.
 */
static bool is_of_another(const struct found *found)
{
    struct regf_header header;

    return found->there && regf_read_header(found->data, found->bytes, &header) &&
           (int32_t)(header.sequence - found->log.base.sequence) > 0;
}

static bool load_with_log(struct hive_store *store, struct hive *hive, const struct found *found)
{
    bool recovered;

    if (found->log.state == LOG_DAMAGED)
        return refuse(store, hive->log_name,
                      "it is damaged (without it, the hive is as it was last written)");
    if (is_of_another(found)) {
        if (has_records(&found->log))
            return refuse(store, hive->name,
                          "another program has written it, and its log has changes of its own: "
                          "remove one of the two");
        return adopt(store, hive, found);
    }
    if (!load_base(store, hive, found, &recovered) || !replay(store, hive, found))
        return false;
    hive->ready = true;
    if ((recovered || hive->log.records != 0) && write_hive(store, hive) != 0)
        tell(store, "%s/%s: not written; its log goes on", store->folder, hive->name);
    return true;
}

static bool load_hive(struct hive_store *store, struct hive *hive)
{
    struct found found = {0};
    int error =
        file_read(store->folder_fd, hive->name, REGF_BYTES_LIMIT, &found.data, &found.bytes);
    bool fine = true;

    found.there = error == 0;
    if (error == -ENOENT)
        error = 0;
    if (error != 0)
        fine = refuse(store, hive->name, strerror(-error));
    if (fine && (error = log_read(store->folder_fd, hive->log_name, &found.log)) != 0)
        fine = refuse(store, hive->log_name, strerror(-error));
    if (fine && found.log.state != LOG_NONE)
        fine = load_with_log(store, hive, &found);
    else if (fine && found.there)
        fine = adopt(store, hive, &found);
    free(found.data);
    log_free(&found.log);
    return fine;
}

/* The kernel takes the lock back when the process ends, however that is; its children do not have
 * it. */
static int lock_folder(struct hive_store *store)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    store->lock_fd =
        openat(store->folder_fd, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (store->lock_fd < 0)
        return -errno;
    return fcntl(store->lock_fd, F_SETLK, &lock) == 0 ? 0 : -EBUSY;
}

static int open_folder(struct hive_store *store, const char *folder)
{
    if (snprintf(store->folder, sizeof(store->folder), "%s/registry", folder) >=
        (int)sizeof(store->folder))
        return -ENAMETOOLONG;
    if (mkdir(store->folder, 0700) != 0 && errno != EEXIST)
        return -errno;
    store->folder_fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return store->folder_fd < 0 ? -errno : lock_folder(store);
}

static void free_hive(struct hive *hive)
{
    hive_free_key(hive->root);
    free(hive->records.data);
    free(hive->pieces.data);
    if (hive->log.fd >= 0)
        close(hive->log.fd);
}

static void free_store(struct hive_store *store)
{
    for (unsigned i = 0; i < HAL_HIVE_COUNT; i++)
        free_hive(&store->hive[i]);
    free_hive(&store->scratch);
    if (store->folder_fd >= 0)
        close(store->folder_fd);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    free(store);
}

struct hive_store *hive_store_open(const char *folder, hive_say *say, void *context)
{
    static const char *const name[HAL_HIVE_COUNT][2] = {
        [HAL_HIVE_SYSTEM] = {"SYSTEM", "SYSTEM.LOG1"},
        [HAL_HIVE_SOFTWARE] = {"SOFTWARE", "SOFTWARE.LOG1"},
        [HAL_HIVE_DEFAULT] = {"DEFAULT", "DEFAULT.LOG1"},
        [HAL_HIVE_BCD] = {"BCD", "BCD.LOG1"},
        [HAL_HIVE_SAM] = {"SAM", "SAM.LOG1"},
        [HAL_HIVE_SECURITY] = {"SECURITY", "SECURITY.LOG1"},
        [HAL_HIVE_USER] = {"NTUSER.DAT", "NTUSER.DAT.LOG1"}};
    struct hive_store *store = calloc(1, sizeof(*store));
    bool fine;
    int error;

    if (store == NULL) {
        say(context, strerror(ENOMEM));
        return NULL;
    }
    store->say = say;
    store->context = context;
    store->folder_fd = store->lock_fd = -1;
    for (unsigned i = 0; i < HAL_HIVE_COUNT; i++)
        store->hive[i] =
            (struct hive){.name = name[i][0], .log_name = name[i][1], .log = {.fd = -1}};
    store->scratch.log.fd = -1;
    if (folder == NULL)
        return store;
    error = open_folder(store, folder);
    fine = error == 0;
    if (error != 0)
        tell(store, "%s: %s", store->folder,
             error == -EBUSY ? "another machine runs with this registry" : strerror(-error));
    for (unsigned i = 0; i < HAL_HIVE_COUNT && fine; i++)
        fine = load_hive(store, &store->hive[i]);
    if (fine)
        return store;
    free_store(store);
    return NULL;
}

int hive_store_close(struct hive_store *store)
{
    int error = 0;

    if (store != NULL) {
        error = hive_store_checkpoint(store);
        free_store(store);
    }
    return error;
}

/* ---- requests ---- */

static uint32_t status_of(int error)
{
    switch (error) {
    case 0: return (uint32_t)NT_STATUS_SUCCESS;
    case -ENOMEM: return (uint32_t)NT_STATUS_NO_MEMORY;
    case -ENOSPC:
    case -EDQUOT:
    case -EFBIG: return (uint32_t)NT_STATUS_DISK_FULL;
    case -EBADMSG: return (uint32_t)NT_STATUS_NOT_REGISTRY_FILE;
    case -EINVAL:
    case -ENOENT:
    case -EEXIST:
    case -ENOTEMPTY: return (uint32_t)NT_STATUS_REGISTRY_CORRUPT;
    default: return (uint32_t)NT_STATUS_REGISTRY_IO_FAILED;
    }
}

/* A part of what was made for the guest at offset 0; it is gone when all of it was taken. */
static int serve_part(struct hive_buffer *made, HAL_HIVE_REQUEST *request, uint8_t *data)
{
    uint32_t wanted = request->length;

    if (made->failed || request->offset > made->bytes)
        return made->failed ? -ENOMEM : -EINVAL;
    if (wanted > made->bytes - request->offset)
        wanted = (uint32_t)(made->bytes - request->offset);
    if (wanted != 0)
        memcpy(data, made->data + request->offset, wanted);
    request->length = wanted;
    request->total = made->bytes;
    if (request->offset + wanted == made->bytes) {
        free(made->data);
        *made = (struct hive_buffer){0};
    }
    return 0;
}

static int serve_load(struct hive *hive, HAL_HIVE_REQUEST *request, uint8_t *data)
{
    if (hive->root == NULL) {
        request->length = 0;
        request->total = 0;
        return 0;
    }
    if (request->offset == 0) {
        hive->records.bytes = 0;
        hive_emit(hive->root, &hive->records);
    }
    return serve_part(&hive->records, request, data);
}

static int serve_image(struct hive *hive, HAL_HIVE_REQUEST *request, uint8_t *data)
{
    struct regf_header header = {1, now_100ns()};
    int error;

    if (hive->root == NULL)
        return -EINVAL;
    if (request->offset == 0) {
        error = regf_write(hive->root, &header, "", &hive->records);
        if (error != 0)
            return error;
    }
    return serve_part(&hive->records, request, data);
}

/* What the log has is what the tree has, whatever fails. */
static int change(struct hive_store *store, struct hive *hive, const void *record, uint32_t bytes)
{
    int error;

    if (hive->broken)
        return -EIO;
    if (hive->root == NULL && (hive->root = hive_create_root()) == NULL)
        return -ENOMEM;
    if (!hive->ready) /* the scratch hive never is */
        return hive_apply(hive->root, record, bytes);
    error = log_append(&hive->log, record, bytes);
    if (error == -EIO)
        hive->broken = true;
    if (error != 0)
        return error;
    error = hive_apply(hive->root, record, bytes);
    if (error != 0) {
        hive->broken = log_take_back(&hive->log, bytes) != 0;
        return error;
    }
    if (hive->log.bytes > LOG_BOUND + 2 * hive->log.base.bytes)
        write_hive(store, hive); /* if that fails, the log just grows on */
    return 0;
}

/* Gathers what comes in pieces; *whole: it is all there, in hive->pieces. */
static int gather(struct hive *hive, const HAL_HIVE_REQUEST *request, const uint8_t *data,
                  uint32_t limit, bool *whole)
{
    struct hive_buffer *pieces = &hive->pieces;

    *whole = false;
    if (request->offset == 0)
        pieces->bytes = 0;
    if (request->total > limit || request->offset != pieces->bytes ||
        request->length > request->total - request->offset)
        return -EINVAL;
    hive_append(pieces, data, request->length);
    if (pieces->failed) {
        *pieces = (struct hive_buffer){.data = pieces->data, .room = pieces->room};
        return -ENOMEM;
    }
    *whole = pieces->bytes == request->total;
    return 0;
}

static int serve_change(struct hive_store *store, struct hive *hive, HAL_HIVE_REQUEST *request,
                        const uint8_t *data)
{
    bool whole;
    int error = gather(hive, request, data, HAL_HIVE_RECORD_LIMIT, &whole);

    if (error != 0 || !whole)
        return error;
    error = change(store, hive, hive->pieces.data, (uint32_t)hive->pieces.bytes);
    hive->pieces.bytes = 0;
    return error;
}

static void clear_scratch(struct hive *hive)
{
    free_hive(hive);
    *hive = (struct hive){.log = {.fd = -1}};
}

static int serve_parse(struct hive *hive, HAL_HIVE_REQUEST *request, const uint8_t *data)
{
    const char *why;
    bool whole;
    int error = gather(hive, request, data, HAL_HIVE_IMAGE_LIMIT, &whole);

    if (error != 0 || !whole)
        return error;
    hive_free_key(hive->root);
    error = regf_read(hive->pieces.data, hive->pieces.bytes, &hive->root, &why);
    free(hive->pieces.data);
    hive->pieces = (struct hive_buffer){0};
    return error == -EINVAL ? -EBADMSG : error;
}

static int serve_scratch(struct hive_store *store, struct channel_hive *answer, const uint8_t *data)
{
    HAL_HIVE_REQUEST *request = &answer->request;
    uint8_t *out = (uint8_t *)(answer + 1);
    struct hive *hive = &store->scratch;
    int error;

    switch (request->operation) {
    case HAL_HIVE_CLEAR: clear_scratch(hive); return 0;
    case HAL_HIVE_CHANGE: return serve_change(store, hive, request, data);
    case HAL_HIVE_PARSE: return serve_parse(hive, request, data);
    case HAL_HIVE_LOAD: error = serve_load(hive, request, out); break;
    case HAL_HIVE_IMAGE: error = serve_image(hive, request, out); break;
    default: return -EINVAL;
    }
    answer->data_bytes = error == 0 ? request->length : 0;
    return error;
}

/* What the machine has made of hives that there were not. */
static int make_hives(struct hive_store *store)
{
    int error = 0;

    for (unsigned i = 0; i < HAL_HIVE_COUNT && error == 0; i++) {
        struct hive *hive = &store->hive[i];

        if (hive->root != NULL && !hive->ready)
            error = write_hive(store, hive);
        if (error != 0)
            tell(store, "%s/%s: not written: %s", store->folder, hive->name, strerror(-error));
    }
    return error;
}

static int flush(struct hive_store *store)
{
    int error = 0;

    for (unsigned i = 0; i < HAL_HIVE_COUNT; i++)
        if (store->hive[i].log.fd >= 0 && fdatasync(store->hive[i].log.fd) != 0)
            error = -errno;
    return error;
}

static int serve_request(struct hive_store *store, struct channel_hive *answer, const uint8_t *data)
{
    HAL_HIVE_REQUEST *request = &answer->request;
    struct hive *hive;
    int error;

    if (request->hive == HAL_HIVE_SCRATCH)
        return serve_scratch(store, answer, data);
    if (request->operation == HAL_HIVE_READY || request->operation == HAL_HIVE_FLUSH)
        return request->operation == HAL_HIVE_READY ? make_hives(store) : flush(store);
    if (request->hive >= HAL_HIVE_COUNT)
        return -EINVAL;
    hive = &store->hive[request->hive];
    if (request->operation == HAL_HIVE_CHANGE)
        return serve_change(store, hive, request, data);
    if (request->operation != HAL_HIVE_LOAD)
        return -EINVAL;
    error = serve_load(hive, request, (uint8_t *)(answer + 1));
    answer->data_bytes = error == 0 ? request->length : 0;
    return error;
}

long hive_store_serve(struct hive_store *store, const void *body, size_t body_bytes, void *reply,
                      size_t reply_limit)
{
    struct channel_hive *answer = reply;

    if (body_bytes < sizeof(*answer) || reply_limit < sizeof(*answer) + HAL_HIVE_CHUNK)
        return -EINVAL;
    memcpy(answer, body, sizeof(*answer));
    if (answer->request.length > HAL_HIVE_CHUNK)
        return -EINVAL;
    if ((answer->request.operation == HAL_HIVE_CHANGE ||
         answer->request.operation == HAL_HIVE_PARSE) &&
        (answer->data_bytes != answer->request.length ||
         answer->data_bytes != body_bytes - sizeof(*answer)))
        return -EINVAL;
    answer->data_bytes = 0;
    answer->request.status =
        status_of(serve_request(store, answer, (const uint8_t *)body + sizeof(*answer)));
    return (long)(sizeof(*answer) + answer->data_bytes);
}
