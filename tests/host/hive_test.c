/*
 * The registry on disk: what is written is read again, by another store and after damage. Every
 * byte of a hive and of its log is changed and every length of both is tried: the hive is whole
 * then, or there is none.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hive/file.h"
#include "hive/regf.h"
#include "hive_records.h"
#include "tap.h"

#define FIRST_VALUES 5u  /* in the hive file */
#define SECOND_VALUES 6u /* in its log */

static char g_folder[64];
static char g_said[8192];
static uint8_t g_record[HAL_HIVE_RECORD_LIMIT];

static void say(void *context, const char *text)
{
    (void)context;
    if (strlen(g_said) + strlen(text) + 2 < sizeof(g_said))
        strcat(strcat(g_said, text), "\n");
}

static struct hive_store *open_store(void)
{
    g_said[0] = '\0';
    return hive_store_open(g_folder, say, NULL);
}

static uint32_t change(struct hive_store *store, uint32_t operation, const char *path,
                       const char *name, uint32_t type, const void *data, uint32_t bytes)
{
    if (record_make(g_record, sizeof(g_record), operation, path, name, type, data, bytes) == 0)
        return UINT32_MAX;
    return request_change(store, HAL_HIVE_SYSTEM, g_record);
}

static uint32_t set_number(struct hive_store *store, const char *path, uint32_t number)
{
    char name[32];

    snprintf(name, sizeof(name), "value %u", number);
    return change(store, HAL_CHANGE_SET_VALUE, path, name, 4, &number, sizeof(number));
}

/* A folder with nothing in it. */
static void make_folder(void)
{
    char command[256];

    snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", g_folder, g_folder);
    if (system(command) != 0)
        exit(1);
}

static int folder_fd(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/registry", g_folder);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct file {
    uint8_t *data;
    size_t bytes;
};

static struct file read_file(const char *name)
{
    struct file file;
    int fd = folder_fd();

    if (file_read(fd, name, 1 << 28, &file.data, &file.bytes) != 0)
        exit(1);
    close(fd);
    return file;
}

static void write_file(const char *name, const uint8_t *data, size_t bytes)
{
    struct iovec part = {(void *)data, bytes};
    int at = folder_fd(), fd;

    fd = file_replace(at, name, &part, 1);
    if (fd < 0)
        exit(1);
    close(fd);
    close(at);
}

static struct file load(struct hive_store *store)
{
    struct file file;

    file.data = request_load(store, HAL_HIVE_SYSTEM, &file.bytes);
    return file;
}

static bool same(const struct file *a, const struct file *b)
{
    return a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0;
}

/* ---- what a hive can hold ---- */

static const char *const key_path[] = {"Alpha", "alpha beta", "Alpha\\One", "Alpha\\One\\Two",
                                       "zulu \xe9"};

static void fill(struct hive_store *store)
{
    static uint8_t big[300000];
    uint8_t descriptor[20] = {1, 0, 0, 0x80};
    uint32_t failed = change(store, HAL_CHANGE_KEY, "", "", 0, descriptor, sizeof(descriptor));

    for (size_t i = 0; i < sizeof(key_path) / sizeof(key_path[0]); i++) {
        descriptor[16] = (uint8_t)(i / 2);
        failed |= change(store, HAL_CHANGE_KEY, key_path[i], i % 2 ? "a class" : "", 0, descriptor,
                         sizeof(descriptor));
    }
    failed |= change(store, HAL_CHANGE_KEY, "Link", "", HAL_KEY_LINK, descriptor, 20);
    failed |= change(store, HAL_CHANGE_SET_VALUE, "Link", "SymbolicLinkValue", 6, "\\\0x", 4);
    for (uint32_t bytes = 0; bytes < 10; bytes++) {
        char name[2] = {(char)('a' + bytes), '\0'};

        failed |= change(store, HAL_CHANGE_SET_VALUE, "Alpha", bytes == 0 ? "" : name, 3,
                         "0123456789", bytes);
    }
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (uint8_t)(i * 7 + (i >> 8));
    failed |= change(store, HAL_CHANGE_SET_VALUE, "zulu \xe9", "big", 3, big, sizeof(big));
    failed |=
        change(store, HAL_CHANGE_SET_VALUE, "zulu \xe9", "of no known type", 0xABCDEF01, big, 5);
    is(failed, 0, "keys, a class, a link, values of each length, a big one");
}

static void add_many(struct hive_store *store)
{
    uint32_t failed = change(store, HAL_CHANGE_KEY, "many", "", 0, NULL, 0);
    char path[32];

    for (unsigned i = 0; i < 1500; i++) {
        snprintf(path, sizeof(path), "many\\key %u", i);
        failed |= change(store, HAL_CHANGE_KEY, path, "", 0, NULL, 0);
    }
    is(failed, 0, "more subkeys than a list of them holds");
}

static void change_things(struct hive_store *store)
{
    is(change(store, HAL_CHANGE_RENAME_KEY, "Alpha\\One", "Uno", 0, NULL, 0), 0, "rename a key");
    is(change(store, HAL_CHANGE_SET_VALUE, "Alpha\\Uno\\Two", "x", 1, "x\0\0", 4), 0,
       "a value below the new name");
    is(change(store, HAL_CHANGE_DELETE_VALUE, "Alpha", "c", 0, NULL, 0), 0, "delete a value");
    is(change(store, HAL_CHANGE_DELETE_KEY, "alpha beta", "", 0, NULL, 0), 0, "delete a key");
    is(change(store, HAL_CHANGE_DELETE_KEY, "Alpha", "", 0, NULL, 0), 0xC000014C,
       "a key with subkeys is not deleted");
    is(change(store, HAL_CHANGE_SET_VALUE, "Nowhere", "x", 1, "x", 1), 0xC000014C,
       "a key that is not there gets no value");
    is(change(store, HAL_CHANGE_KEY, "Nowhere\\Below", "", 0, NULL, 0), 0xC000014C, "nor a subkey");
    is(change(store, 77, "Alpha", "", 0, NULL, 0), 0xC000014C, "what is no change is refused");
}

static void test_store(void)
{
    struct hive_store *store;
    struct file before, after;

    make_folder();
    store = open_store();
    ok(store != NULL, "a store in an empty folder");
    fill(store);
    add_many(store);
    is(request_plain(store, HAL_HIVE_READY), 0, "the hive is complete");
    change_things(store);
    is(request_plain(store, HAL_HIVE_FLUSH), 0, "flushed");
    before = load(store);
    is((uint64_t)hive_store_close(store), 0, "written");
    store = open_store();
    ok(store != NULL && g_said[0] == '\0', "opened again, with nothing to say");
    after = load(store);
    ok(same(&before, &after), "and all of it is there");
    hive_store_close(store);
    free(before.data);
    free(after.data);
}

/* ---- damage ---- */

static struct file g_hive, g_log;              /* as a machine that was killed leaves them */
static struct file g_state[SECOND_VALUES + 1]; /* the hive with so many of the log's changes */

static void make_small(void)
{
    struct hive_store *store;
    uint8_t descriptor[20] = {1, 0, 0, 0x80};

    make_folder();
    store = open_store();
    change(store, HAL_CHANGE_KEY, "", "", 0, descriptor, sizeof(descriptor));
    change(store, HAL_CHANGE_KEY, "Select", "", 0, descriptor, sizeof(descriptor));
    for (uint32_t i = 0; i < FIRST_VALUES; i++)
        set_number(store, "Select", i);
    is(request_plain(store, HAL_HIVE_READY), 0, "a small hive");
    g_state[0] = load(store);
    for (uint32_t i = 0; i < SECOND_VALUES; i++) {
        set_number(store, "Select", 1000 + i);
        g_state[i + 1] = load(store);
    }
    g_hive = read_file("SYSTEM");
    g_log = read_file("SYSTEM.LOG1");
    hive_store_close(store);
}

/* How many of the log's changes a damaged hive has; -1: it was refused, -2: it is nothing of the
 * kind. */
static int try(const struct file *hive, const struct file *log)
{
    struct hive_store *store;
    struct file now;
    int found = -2;

    write_file("SYSTEM", hive->data, hive->bytes);
    write_file("SYSTEM.LOG1", log->data, log->bytes);
    store = open_store();
    if (store == NULL)
        return g_said[0] != '\0' ? -1 : -2;
    now = load(store);
    for (int i = 0; i <= (int)SECOND_VALUES; i++)
        if (same(&now, &g_state[i]))
            found = i;
    free(now.data);
    hive_store_close(store);
    return found;
}

struct tally {
    unsigned whole, refused, shorter, wrong;
};

static void count(struct tally *tally, int result)
{
    tally->whole += result == (int)SECOND_VALUES;
    tally->refused += result == -1;
    tally->shorter += result >= 0 && result < (int)SECOND_VALUES;
    tally->wrong += result == -2;
}

static void test_flips(bool of_log, uint8_t flip)
{
    struct file hive = g_hive, log = g_log, *file = of_log ? &log : &hive;
    struct tally tally = {0};

    for (size_t i = 0; i < file->bytes; i++) {
        file->data[i] ^= flip;
        count(&tally, try(&hive, &log));
        file->data[i] ^= flip;
    }
    printf("# %zu bytes changed by 0x%x: %u whole, %u refused\n", file->bytes, flip, tally.whole,
           tally.refused);
    is(tally.wrong + tally.shorter, 0,
       of_log ? "a byte of the log is changed: whole or refused"
              : "a byte of the hive is changed: whole or refused");
    if (!of_log)
        is(tally.refused, 0, "the log recovers each such hive");
}

static void test_cuts(bool of_log)
{
    struct file hive = g_hive, log = g_log, *file = of_log ? &log : &hive;
    size_t bytes = file->bytes;
    struct tally tally = {0};

    for (file->bytes = 0; file->bytes < bytes; file->bytes++)
        count(&tally, try(&hive, &log));
    printf("# %zu lengths: %u whole, %u refused, %u without the changes cut off\n", bytes,
           tally.whole, tally.refused, tally.shorter);
    is(tally.wrong, 0,
       of_log ? "the log is cut: whole as far as it goes, or refused"
              : "the hive is cut: whole or refused");
    if (!of_log)
        is(tally.refused + tally.shorter, 0, "the log recovers each such hive");
}

/* Without its log a hive is all there is: each damage that shows is refused. */
static void test_alone(void)
{
    struct hive_key *root;
    const char *why;
    unsigned taken = 0;

    for (size_t i = 0; i < g_hive.bytes; i++) {
        uint8_t *copy = malloc(i + 1); /* so that the sanitizer sees a byte too far */

        memcpy(copy, g_hive.data, i);
        taken += regf_read(copy, i, &root, &why) == 0;
        free(copy);
    }
    is(taken, 0, "no hive that is cut is taken");
    for (size_t i = 0; i < g_hive.bytes; i++) {
        g_hive.data[i] ^= 0xFF;
        if (regf_read(g_hive.data, g_hive.bytes, &root, &why) == 0)
            hive_free_key(root);
        g_hive.data[i] ^= 0xFF;
    }
}

static void test_missing(void)
{
    struct hive_store *store;
    char path[128];

    is((uint64_t)try(&g_hive, &g_log), SECOND_VALUES, "undamaged: whole");
    snprintf(path, sizeof(path), "%s/registry/SYSTEM", g_folder);
    unlink(path);
    store = open_store();
    ok(store != NULL, "without the hive: recovered from the log");
    hive_store_close(store);
    ok(strstr(g_said, "recovered") != NULL, "which is told");
}

/* Another program that has written the hive is right, unless the log has changes too. */
static void test_another(void)
{
    struct regf_header header;
    struct hive_buffer image = {0};
    struct hive_key *root;
    struct file hive, log;
    const char *why;

    make_folder();
    hive_store_close(open_store());
    write_file("SYSTEM", g_hive.data, g_hive.bytes);
    regf_read_header(g_hive.data, g_hive.bytes, &header);
    is((uint64_t)regf_read(g_hive.data, g_hive.bytes, &root, &why), 0, "read");
    header.sequence++;
    is((uint64_t)regf_write(root, &header, "SYSTEM", &image), 0, "written by another program");
    hive_free_key(root);
    hive = (struct file){image.data, image.bytes};
    log = (struct file){g_log.data, g_log.bytes};
    is((uint64_t)(int64_t)try(&hive, &log), (uint64_t)-1, "with changes in the log: refused");
    log.bytes = 40 + g_hive.bytes; /* its header and its copy of the hive */
    is((uint64_t)try(&hive, &log), 0, "without: taken as it is");
    free(image.data);
}

static void test_full(void)
{
    struct rlimit old, limit;
    struct hive_store *store;
    struct file before, after;
    unsigned written = 0;
    uint32_t status;

    make_folder();
    store = open_store();
    change(store, HAL_CHANGE_KEY, "", "", 0, NULL, 0);
    request_plain(store, HAL_HIVE_READY);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 20000;
    setrlimit(RLIMIT_FSIZE, &limit);
    while ((status = set_number(store, "", written)) == 0 && written < 10000)
        written++;
    is(status, 0xC000007F, "a full disk: STATUS_DISK_FULL");
    before = load(store);
    is(set_number(store, "", 99999), 0xC000007F, "and again");
    setrlimit(RLIMIT_FSIZE, &old);
    hive_store_close(store);
    store = open_store();
    after = load(store);
    ok(written != 0 && same(&before, &after), "the %u changes before are there, no other", written);
    is(set_number(store, "", written), 0, "with room, the next one succeeds");
    hive_store_close(store);
    free(before.data);
    free(after.data);
}

int main(void)
{
    snprintf(g_folder, sizeof(g_folder), "%s/drydock-hive-%d",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    test_store();
    make_small();
    test_missing();
    test_flips(false, 0x01);
    test_flips(false, 0xFF);
    test_flips(true, 0x80);
    test_cuts(false);
    test_cuts(true);
    test_alone();
    test_another();
    test_full();
    make_folder();
    rmdir(g_folder);
    for (size_t i = 0; i <= SECOND_VALUES; i++)
        free(g_state[i].data);
    free(g_hive.data);
    free(g_log.data);
    return done_testing();
}
