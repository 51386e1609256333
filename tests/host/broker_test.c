/* The file broker: NT's dispositions and statuses, names, lists, confinement, bounds, reproducible
 * answers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/name.h"
#include "broker/nt_status.h"
#include "hal/channel.h"
#include "tap.h"

#define BOOT_TIME 133000000000000000ull

static char g_folder[] = "/tmp/drydock-broker-XXXXXX";
static uint8_t g_data[HAL_FILE_CHUNK];

static broker *make_broker(uint64_t quota_bytes)
{
    char volume[64], inbox[64];
    struct broker_options options = {.volume_path = volume,
                                     .inbox_path = inbox,
                                     .boot_time_100ns = BOOT_TIME,
                                     .quota_bytes = quota_bytes};
    broker *self;

    snprintf(volume, sizeof(volume), "%s/C", g_folder);
    snprintf(inbox, sizeof(inbox), "%s/inbox", g_folder);
    if (broker_create(&options, &self) != 0)
        abort();
    return self;
}

static void put_file(const char *path, const char *text)
{
    char full[256];
    FILE *file;

    snprintf(full, sizeof(full), "%s/%s", g_folder, path);
    file = fopen(full, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static void put_folder(const char *path)
{
    char full[256];

    snprintf(full, sizeof(full), "%s/%s", g_folder, path);
    if (mkdir(full, 0755) != 0)
        abort();
}

static HAL_FILE_REQUEST request_of(uint32_t operation)
{
    HAL_FILE_REQUEST request;

    memset(&request, 0xA5, sizeof(request));
    request.operation = operation;
    request.length = 0;
    request.path_bytes = 0;
    request.drive = 0;
    memset(&request.info, 0, sizeof(request.info));
    return request;
}

static HAL_FILE_REQUEST open_full(broker *self, const char *path, uint32_t disposition,
                                  uint32_t options, uint32_t attributes)
{
    HAL_FILE_REQUEST request = request_of(HAL_FILE_OPEN);

    request.path_bytes = (uint32_t)strlen(path);
    request.disposition = disposition;
    request.options = options;
    request.attributes = attributes;
    broker_execute(self, &request, path, g_data, 1000);
    return request;
}

static uint64_t open_ok(broker *self, const char *path, uint32_t disposition, uint32_t options)
{
    HAL_FILE_REQUEST request = open_full(self, path, disposition, options, 0);

    if (request.status != NT_STATUS_SUCCESS)
        printf("# open %s: 0x%08x\n", path, request.status);
    return request.status == NT_STATUS_SUCCESS ? request.handle : 0;
}

static HAL_FILE_REQUEST do_handle(broker *self, uint32_t operation, uint64_t handle,
                                  uint64_t offset, uint32_t length)
{
    HAL_FILE_REQUEST request = request_of(operation);

    request.handle = handle;
    request.offset = offset;
    request.length = length;
    broker_execute(self, &request, "", g_data, 2000);
    return request;
}

static uint32_t close_file(broker *self, uint64_t handle)
{
    return do_handle(self, HAL_FILE_CLOSE, handle, 0, 0).status;
}

static uint32_t write_text(broker *self, uint64_t handle, uint64_t offset, const char *text)
{
    memcpy(g_data, text, strlen(text));
    return do_handle(self, HAL_FILE_WRITE, handle, offset, (uint32_t)strlen(text)).status;
}

static uint32_t rename_file(broker *self, uint64_t handle, const char *path, uint32_t disposition)
{
    HAL_FILE_REQUEST request = request_of(HAL_FILE_RENAME);

    request.handle = handle;
    request.disposition = disposition;
    request.path_bytes = (uint32_t)strlen(path);
    broker_execute(self, &request, path, g_data, 3000);
    return request.status;
}

static uint32_t open_status(broker *self, const char *path, uint32_t disposition, uint32_t options)
{
    HAL_FILE_REQUEST request = open_full(self, path, disposition, options, 0);

    if (request.status == NT_STATUS_SUCCESS)
        close_file(self, request.handle);
    return request.status;
}

/* Names in the folder, each followed by a bar. */
static void list_names(broker *self, const char *path, uint32_t chunk, char *names)
{
    uint64_t handle = open_ok(self, path, HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY), index = 0;
    HAL_FILE_REQUEST request;

    names[0] = '\0';
    while ((request = do_handle(self, HAL_FILE_LIST, handle, index, chunk)).status ==
           NT_STATUS_SUCCESS)
        for (uint32_t at = 0; at < request.length; index++) {
            HAL_DIR_ENTRY *entry = (HAL_DIR_ENTRY *)(g_data + at);
            strncat(names, (char *)(entry + 1), entry->name_bytes);
            strcat(names, "|");
            at += entry->record_bytes;
        }
    if (request.status != NT_STATUS_NO_MORE_FILES)
        strcat(names, "(error)");
    close_file(self, handle);
}

static void test_names(void)
{
    static const struct {
        const char *name;
        bool valid;
    } table[] = {
        {"a", true},
        {"Driver.sys", true},
        {"trailing.", true},
        {"trailing ", true},
        {"...", true},
        {"\xC3\xA4", true},
        {"\xF0\x9F\x98\x80", true},
        {"", false},
        {".", false},
        {"..", false},
        {"a/b", false},
        {"a\\b", false},
        {"a:b", false},
        {"a*", false},
        {"a?", false},
        {"\"", false},
        {"<", false},
        {">", false},
        {"|", false},
        {"\x01", false},
        {"\xC3", false},
        {"\xC0\x80", false},
        {"\xED\xA0\x80", false},
        {"\xF5\x80\x80\x80", false},
        {"\xE0\x80\xAF", false},
    };
    char longest[NAME_MAX_BYTES + 2];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        is(name_is_valid(table[i].name, strlen(table[i].name)), table[i].valid,
           "validity of a name");
    memset(longest, 'x', sizeof(longest));
    ok(name_is_valid(longest, NAME_MAX_BYTES), "255 bytes are a name");
    ok(!name_is_valid(longest, NAME_MAX_BYTES + 1), "256 bytes are not");
    ok(!name_is_valid("a\0b", 3), "a NUL is not in a name");
    ok(name_compare("straSSe", 7, "STRAsse", 7) == 0, "ASCII folds");
    ok(name_compare("\xC3\xA4\xC5\xBE\xCF\x82\xD1\x8F", 8, "\xC3\x84\xC5\xBD\xCE\xA3\xD0\xAF", 8) ==
           0,
       "Latin, Greek and Cyrillic fold");
    ok(name_compare("\xC3\xB7", 2, "\xC3\x97", 2) != 0,
       "the division sign is not a small multiplication sign");
    ok(name_compare("a", 1, "ab", 2) < 0 && name_compare("b", 1, "ab", 2) > 0, "names are ordered");
}

static void test_dispositions(broker *self)
{
    static const struct {
        uint32_t disposition, missing, existing, action_missing, action_existing;
    } table[] = {
        {HAL_OPEN_SUPERSEDE, 0, 0, NT_FILE_CREATED, NT_FILE_SUPERSEDED},
        {HAL_OPEN_EXISTING, NT_STATUS_OBJECT_NAME_NOT_FOUND, 0, 0, NT_FILE_OPENED},
        {HAL_OPEN_CREATE, 0, NT_STATUS_OBJECT_NAME_COLLISION, NT_FILE_CREATED, 0},
        {HAL_OPEN_IF, 0, 0, NT_FILE_CREATED, NT_FILE_OPENED},
        {HAL_OPEN_OVERWRITE, NT_STATUS_OBJECT_NAME_NOT_FOUND, 0, 0, NT_FILE_OVERWRITTEN},
        {HAL_OPEN_OVERWRITE_IF, 0, 0, NT_FILE_CREATED, NT_FILE_OVERWRITTEN},
    };

    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char missing[32], existing[32], full[64];
        HAL_FILE_REQUEST request;

        snprintf(missing, sizeof(missing), "missing%u", i);
        snprintf(existing, sizeof(existing), "EXISTING%u", i);
        snprintf(full, sizeof(full), "C/existing%u", i);
        put_file(full, "text");
        request = open_full(self, missing, table[i].disposition, HAL_OPEN_WRITE, 0);
        is(request.status, table[i].missing, "disposition on a missing file: status");
        if (request.status == 0) {
            is(request.action, table[i].action_missing, "action");
            is(request.info.created, BOOT_TIME + 1000,
               "a created file has the time of its request");
            close_file(self, request.handle);
        }
        request = open_full(self, existing, table[i].disposition, HAL_OPEN_WRITE, 0);
        is(request.status, table[i].existing, "disposition on an existing file: status");
        if (request.status == 0) {
            is(request.action, table[i].action_existing, "action");
            is(request.info.size, table[i].action_existing == NT_FILE_OPENED ? 4 : 0, "size");
            close_file(self, request.handle);
        }
    }
    is(open_status(self, "missing0", 6, 0), NT_STATUS_INVALID_PARAMETER,
       "disposition 6 is invalid");
}

static void test_open_errors(broker *self)
{
    static const struct {
        const char *path;
        uint32_t disposition, options, status;
    } table[] = {
        {"", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY, 0},
        {"folder", HAL_OPEN_EXISTING, HAL_OPEN_NON_DIRECTORY, NT_STATUS_FILE_IS_A_DIRECTORY},
        {"folder", HAL_OPEN_EXISTING, 0, 0},
        {"FOLDER/", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY, 0},
        {"folder", HAL_OPEN_CREATE, HAL_OPEN_DIRECTORY, NT_STATUS_OBJECT_NAME_COLLISION},
        {"folder", HAL_OPEN_OVERWRITE, 0, NT_STATUS_OBJECT_NAME_COLLISION},
        {"folder", HAL_OPEN_OVERWRITE_IF, HAL_OPEN_DIRECTORY, NT_STATUS_INVALID_PARAMETER},
        {"folder", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY | HAL_OPEN_NON_DIRECTORY,
         NT_STATUS_INVALID_PARAMETER},
        {"file", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY, NT_STATUS_NOT_A_DIRECTORY},
        {"file/", HAL_OPEN_EXISTING, 0, NT_STATUS_OBJECT_NAME_INVALID},
        {"file/x", HAL_OPEN_EXISTING, 0, NT_STATUS_OBJECT_PATH_NOT_FOUND},
        {"nowhere/x", HAL_OPEN_CREATE, 0, NT_STATUS_OBJECT_PATH_NOT_FOUND},
        {"a//b", HAL_OPEN_EXISTING, 0, NT_STATUS_OBJECT_NAME_INVALID},
        {"/file", HAL_OPEN_EXISTING, 0, NT_STATUS_OBJECT_NAME_INVALID},
        {"../inbox/hal.dll", HAL_OPEN_EXISTING, 0, NT_STATUS_OBJECT_NAME_INVALID},
        {"folder/../file", HAL_OPEN_EXISTING, 0, NT_STATUS_OBJECT_NAME_INVALID},
        {"file:stream", HAL_OPEN_CREATE, 0, NT_STATUS_OBJECT_NAME_INVALID},
        {"link", HAL_OPEN_EXISTING, 0, NT_STATUS_ACCESS_DENIED},
        {"link", HAL_OPEN_OVERWRITE_IF, HAL_OPEN_WRITE, NT_STATUS_ACCESS_DENIED},
        {"folderlink/passwd", HAL_OPEN_EXISTING, 0, NT_STATUS_ACCESS_DENIED},
        {"pipe", HAL_OPEN_EXISTING, 0, NT_STATUS_ACCESS_DENIED},
        {"socket", HAL_OPEN_EXISTING, 0, NT_STATUS_ACCESS_DENIED},
        {"null", HAL_OPEN_EXISTING, 0, NT_STATUS_ACCESS_DENIED},
        {"readonly", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0},
        {"readonly", HAL_OPEN_EXISTING, HAL_OPEN_WRITE, NT_STATUS_ACCESS_DENIED},
        {"readonly", HAL_OPEN_OVERWRITE, 0, NT_STATUS_ACCESS_DENIED},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        is(open_status(self, table[i].path, table[i].disposition, table[i].options),
           table[i].status, table[i].path);
}

static void test_io(broker *self)
{
    uint64_t handle = open_ok(self, "io.bin", HAL_OPEN_CREATE, HAL_OPEN_WRITE | HAL_OPEN_READ),
             reader;
    HAL_FILE_REQUEST request;

    is(write_text(self, handle, 0, "hello"), 0, "write");
    is(write_text(self, handle, 10, "world"), 0, "write past the end");
    request = do_handle(self, HAL_FILE_READ, handle, 0, 100);
    is(request.status, 0, "read");
    is(request.length, 15, "bytes read");
    ok(memcmp(g_data, "hello\0\0\0\0\0world", 15) == 0, "the gap reads as zeros");
    is(do_handle(self, HAL_FILE_READ, handle, 15, 1).status, NT_STATUS_END_OF_FILE,
       "read at the end");
    is(do_handle(self, HAL_FILE_READ, handle, 15, 0).status, 0, "read of nothing at the end");
    is(do_handle(self, HAL_FILE_READ, handle, UINT64_MAX, 1).status, NT_STATUS_INVALID_PARAMETER,
       "read at -1");
    is(do_handle(self, HAL_FILE_WRITE, handle, INT64_MAX, 1).status, NT_STATUS_INVALID_PARAMETER,
       "write at the end of the world");
    is(do_handle(self, HAL_FILE_READ, handle, 0, HAL_FILE_CHUNK + 1).status,
       NT_STATUS_INVALID_PARAMETER, "read of more than a chunk");
    request = request_of(HAL_FILE_SET_SIZE);
    request.handle = handle;
    request.info.size = 3;
    broker_execute(self, &request, "", g_data, 4000);
    is(request.status, 0, "set size");
    request = do_handle(self, HAL_FILE_STAT, handle, 0, 0);
    is(request.info.size, 3, "size");
    is(request.info.allocation, 4096, "allocation");
    is(request.info.created, BOOT_TIME + 1000, "created");
    is(request.info.written, BOOT_TIME + 4000, "written");
    is(do_handle(self, HAL_FILE_FLUSH, handle, 0, 0).status, 0, "flush");
    reader = open_ok(self, "IO.BIN", HAL_OPEN_EXISTING, HAL_OPEN_READ);
    is(write_text(self, reader, 0, "x"), NT_STATUS_ACCESS_DENIED,
       "write through a reader's handle");
    close_file(self, reader);
    is(close_file(self, handle), 0, "close");
    is(close_file(self, handle), NT_STATUS_INVALID_HANDLE, "second close");
    is(do_handle(self, HAL_FILE_READ, 0, 0, 1).status, NT_STATUS_INVALID_HANDLE, "handle 0");
    is(do_handle(self, HAL_FILE_READ, UINT64_MAX, 0, 1).status, NT_STATUS_INVALID_HANDLE,
       "handle -1");
    is(do_handle(self, 99, handle, 0, 1).status, NT_STATUS_INVALID_HANDLE,
       "operation 99, no handle");
    handle = open_ok(self, "folder", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY);
    is(do_handle(self, 99, handle, 0, 1).status, NT_STATUS_NOT_IMPLEMENTED, "operation 99");
    is(do_handle(self, HAL_FILE_READ, handle, 0, 1).status, NT_STATUS_INVALID_DEVICE_REQUEST,
       "read a folder");
    close_file(self, handle);
}

static void test_times_and_attributes(broker *self)
{
    HAL_FILE_REQUEST request = open_full(self, "attr", HAL_OPEN_CREATE, HAL_OPEN_WRITE,
                                         NT_ATTRIBUTE_HIDDEN | NT_ATTRIBUTE_READONLY | 0x800);
    uint64_t handle = request.handle;

    is(request.info.attributes, NT_ATTRIBUTE_HIDDEN | NT_ATTRIBUTE_READONLY | NT_ATTRIBUTE_ARCHIVE,
       "attributes of a new file");
    is(write_text(self, handle, 0, "x"), 0, "the creator of a read-only file may write it");
    is(do_handle(self, HAL_FILE_DELETE, handle, 0, 0).status, NT_STATUS_CANNOT_DELETE,
       "a read-only file stays");
    request = request_of(HAL_FILE_SET_TIMES);
    request.handle = handle;
    request.info.written = 77;
    request.info.attributes = NT_ATTRIBUTE_NORMAL;
    broker_execute(self, &request, "", g_data, 0);
    is(request.status, 0, "set times");
    close_file(self, handle);
    request = open_full(self, "ATTR", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0);
    is(request.info.written, 77, "the time set is kept after close");
    is(request.info.created, BOOT_TIME + 1000, "a time of 0 leaves the old one");
    is(request.info.attributes, NT_ATTRIBUTE_NORMAL, "attributes");
    close_file(self, request.handle);
    request = open_full(self, "file", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0);
    is(request.info.written, BOOT_TIME, "an untouched file has the boot time");
    is(request.info.attributes, NT_ATTRIBUTE_ARCHIVE, "and the archive attribute");
    close_file(self, request.handle);
}

static void test_rename(broker *self)
{
    uint64_t a = open_ok(self, "ren-a", HAL_OPEN_CREATE, HAL_OPEN_WRITE), b, folder;

    close_file(self, open_ok(self, "ren-b", HAL_OPEN_CREATE, HAL_OPEN_WRITE));
    is(rename_file(self, a, "REN-B", HAL_OPEN_CREATE), NT_STATUS_OBJECT_NAME_COLLISION,
       "target exists");
    b = open_ok(self, "ren-b", HAL_OPEN_EXISTING, HAL_OPEN_READ);
    is(rename_file(self, a, "ren-b", HAL_OPEN_OVERWRITE_IF), NT_STATUS_ACCESS_DENIED,
       "target is open");
    close_file(self, b);
    is(rename_file(self, a, "folder", HAL_OPEN_OVERWRITE_IF), NT_STATUS_ACCESS_DENIED,
       "target is a folder");
    is(rename_file(self, a, "no/where", HAL_OPEN_CREATE), NT_STATUS_OBJECT_PATH_NOT_FOUND,
       "no such folder");
    is(rename_file(self, a, "../out", HAL_OPEN_CREATE), NT_STATUS_OBJECT_NAME_INVALID,
       "out of the volume");
    is(rename_file(self, a, "ren-b", HAL_OPEN_OVERWRITE_IF), 0, "replace");
    is(open_status(self, "ren-a", HAL_OPEN_EXISTING, 0), NT_STATUS_OBJECT_NAME_NOT_FOUND,
       "the old name is gone");
    is(rename_file(self, a, "Ren-B", HAL_OPEN_CREATE), 0, "another spelling of its own name");
    is(rename_file(self, a, "folder/inner", HAL_OPEN_CREATE), 0, "into a folder");
    folder = open_ok(self, "folder", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY);
    is(rename_file(self, folder, "moved", HAL_OPEN_CREATE), NT_STATUS_ACCESS_DENIED,
       "a folder with an open file");
    close_file(self, a);
    is(rename_file(self, folder, "moved", HAL_OPEN_CREATE), 0, "a folder");
    is(rename_file(self, folder, "moved/below", HAL_OPEN_CREATE) != 0, 1, "a folder into itself");
    is(open_status(self, "moved/INNER", HAL_OPEN_EXISTING, 0), 0, "its file moved with it");
    is(rename_file(self, folder, "folder", HAL_OPEN_CREATE), 0, "and back");
    close_file(self, folder);
}

static void test_delete(broker *self)
{
    uint64_t handle = open_ok(self, "del", HAL_OPEN_CREATE, HAL_OPEN_WRITE);
    uint64_t root = open_ok(self, "", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY);
    uint64_t folder = open_ok(self, "folder", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY);

    is(do_handle(self, HAL_FILE_DELETE, handle, 0, 0).status, 0, "delete");
    is(do_handle(self, HAL_FILE_DELETE, handle, 0, 0).status, NT_STATUS_FILE_DELETED,
       "delete again");
    is(write_text(self, handle, 0, "still"), 0, "an open file outlives its name");
    is(do_handle(self, HAL_FILE_STAT, handle, 0, 0).info.links, 0, "no links");
    is(open_status(self, "del", HAL_OPEN_EXISTING, 0), NT_STATUS_OBJECT_NAME_NOT_FOUND,
       "the name is gone");
    is(do_handle(self, HAL_FILE_DELETE, root, 0, 0).status, NT_STATUS_CANNOT_DELETE,
       "the root stays");
    is(do_handle(self, HAL_FILE_DELETE, folder, 0, 0).status, NT_STATUS_DIRECTORY_NOT_EMPTY,
       "a full folder");
    close_file(self, handle);
    close_file(self, root);
    close_file(self, folder);
}

static void test_list(broker *self)
{
    char names[1024], again[1024];
    uint64_t folder;

    list_names(self, "list", HAL_FILE_CHUNK, names);
    is_text(names, "a|B|c|D|\xC3\xA4|", "sorted, without links, devices and names NT cannot have");
    list_names(self, "list", sizeof(HAL_DIR_ENTRY) + 8, again);
    is_text(again, names, "the same, an entry at a time");
    folder = open_ok(self, "list", HAL_OPEN_EXISTING, HAL_OPEN_DIRECTORY);
    is(do_handle(self, HAL_FILE_LIST, folder, 0, 8).status, NT_STATUS_BUFFER_TOO_SMALL,
       "no room for one");
    close_file(self, folder);
    list_names(self, "windows/SYSTEM32", HAL_FILE_CHUNK, names);
    is_text(names, "drivers|hal.dll|ntdll.dll|ntoskrnl.exe|own.dll|", "System32 shows the inbox");
}

static void test_inbox(broker *self)
{
    HAL_FILE_REQUEST request =
        open_full(self, "Windows/System32/HAL.DLL", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0);
    char text[16] = "";

    is(request.status, 0, "an inbox image opens");
    is(do_handle(self, HAL_FILE_DELETE, request.handle, 0, 0).status, NT_STATUS_CANNOT_DELETE,
       "and stays");
    is(rename_file(self, request.handle, "mine.dll", HAL_OPEN_CREATE), NT_STATUS_ACCESS_DENIED,
       "in its place");
    is(open_status(self, "Windows/System32/hal.dll", HAL_OPEN_EXISTING, HAL_OPEN_WRITE),
       NT_STATUS_ACCESS_DENIED, "read-only");
    is(open_status(self, "Windows/System32/secret", HAL_OPEN_EXISTING, HAL_OPEN_READ),
       NT_STATUS_OBJECT_NAME_NOT_FOUND, "only images are shown of the build folder");
    close_file(self, request.handle);
    request = open_full(self, "Windows/System32/own.dll", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0);
    request = do_handle(self, HAL_FILE_READ, request.handle, 0, sizeof(text) - 1);
    memcpy(text, g_data, request.length);
    is_text(text, "volume", "the volume's file goes before the inbox's");
    close_file(self, request.handle);
}

static void test_bounds(void)
{
    broker *self = make_broker(1 << 20);
    uint64_t handle = open_ok(self, "quota", HAL_OPEN_CREATE, HAL_OPEN_WRITE);
    HAL_FILE_REQUEST request = request_of(HAL_FILE_SET_SIZE);
    unsigned opened = 0;

    request.handle = handle;
    request.info.size = 1 << 20;
    broker_execute(self, &request, "", g_data, 0);
    is(request.status, 0, "the quota can be used");
    is(write_text(self, handle, 1 << 20, "x"), NT_STATUS_DISK_FULL, "and no more");
    is(do_handle(self, HAL_FILE_SPACE, 0, 0, 0).info.allocation, 0, "no space is left");
    is(do_handle(self, HAL_FILE_DELETE, handle, 0, 0).status, 0, "deleted");
    is(do_handle(self, HAL_FILE_SPACE, 0, 0, 0).info.allocation, 0,
       "its space is kept while it is open");
    close_file(self, handle);
    is(do_handle(self, HAL_FILE_SPACE, 0, 0, 0).info.allocation, 1 << 20,
       "and given back at the last close");
    while (opened <= BROKER_MAX_HANDLES &&
           open_full(self, "file", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0).status == 0)
        opened++;
    is(opened, BROKER_MAX_HANDLES, "as many handles as there are");
    is(open_status(self, "file", HAL_OPEN_EXISTING, 0), NT_STATUS_TOO_MANY_OPENED_FILES,
       "and no more");
    is(open_status(self, "unborn", HAL_OPEN_CREATE, 0), NT_STATUS_TOO_MANY_OPENED_FILES,
       "nothing is created then");
    broker_destroy(self);
    self = make_broker(0);
    is(open_status(self, "unborn", HAL_OPEN_EXISTING, 0), NT_STATUS_OBJECT_NAME_NOT_FOUND,
       "really nothing");
    broker_destroy(self);
}

static void test_serve(broker *self)
{
    struct channel_file file = {.request = request_of(HAL_FILE_OPEN), .path_bytes = 4};
    uint8_t body[sizeof(file) + 64];
    static uint8_t reply[BROKER_MAX_REPLY];

    file.request.path_bytes = 4;
    file.request.disposition = HAL_OPEN_EXISTING;
    file.request.options = HAL_OPEN_READ;
    memcpy(body, &file, sizeof(file));
    memcpy(body + sizeof(file), "file", 4);
    is((uint64_t)broker_serve(self, body, sizeof(file) + 4, reply, sizeof(reply)), sizeof(file),
       "a packet");
    memcpy(&file, reply, sizeof(file));
    is(file.request.status, 0, "its status");
    close_file(self, file.request.handle);
    for (size_t bytes = 0; bytes < sizeof(file) + 8; bytes++)
        if (bytes != sizeof(file) + 4 && broker_serve(self, body, bytes, reply, sizeof(reply)) >= 0)
            ok(false, "a packet of the wrong length %zu is refused", bytes);
    file.path_bytes = CHANNEL_MAX_PATH + 1;
    memcpy(body, &file, sizeof(file));
    ok(broker_serve(self, body, sizeof(body), reply, sizeof(reply)) < 0,
       "too long a path is refused");
    is(broker_open_handles(self), 0, "every handle of these tests was closed");
}

/* The guest tells files apart by their ids. */
static void test_ids(broker *self)
{
    HAL_FILE_REQUEST moved = open_full(self, "id-a", HAL_OPEN_CREATE, HAL_OPEN_WRITE, 0), fresh,
                     again;

    rename_file(self, moved.handle, "id-b", HAL_OPEN_CREATE);
    fresh = open_full(self, "ID-A", HAL_OPEN_CREATE, HAL_OPEN_WRITE, 0);
    ok(fresh.info.file_id != moved.info.file_id,
       "a new file with the old name of another has its own id");
    again = open_full(self, "id-B", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0);
    is(again.info.file_id, moved.info.file_id, "a renamed file keeps its id");
    close_file(self, again.handle);
    do_handle(self, HAL_FILE_DELETE, moved.handle, 0, 0);
    do_handle(self, HAL_FILE_DELETE, fresh.handle, 0, 0);
    again = open_full(self, "id-a", HAL_OPEN_CREATE, HAL_OPEN_WRITE, 0);
    ok(again.info.file_id != fresh.info.file_id && again.info.file_id != moved.info.file_id,
       "a new file is told from a deleted one that is still open");
    close_file(self, again.handle);
    close_file(self, fresh.handle);
    close_file(self, moved.handle);
}

static void test_save(void)
{
    broker *self = make_broker(0), *again = make_broker(0);
    uint64_t kept = open_ok(self, "saved", HAL_OPEN_CREATE, HAL_OPEN_WRITE | HAL_OPEN_READ);
    uint64_t closed = open_ok(self, "file", HAL_OPEN_EXISTING, HAL_OPEN_READ), doomed;
    FILE *state = tmpfile();

    write_text(self, kept, 0, "abc");
    close_file(self, closed);
    is((uint64_t)broker_save(self, state), 0, "save");
    rewind(state);
    is((uint64_t)broker_restore(again, state), 0, "restore");
    is(do_handle(again, HAL_FILE_READ, kept, 0, 10).length, 3, "an open handle goes on");
    is(do_handle(again, HAL_FILE_STAT, kept, 0, 0).info.written, BOOT_TIME + 2000,
       "with its file's times");
    is(do_handle(again, HAL_FILE_SPACE, 0, 0, 0).info.allocation,
       do_handle(self, HAL_FILE_SPACE, 0, 0, 0).info.allocation, "and the space that is left");
    is(close_file(again, closed), NT_STATUS_INVALID_HANDLE, "a closed handle stays closed");
    is(open_ok(self, "file", HAL_OPEN_EXISTING, HAL_OPEN_READ),
       open_ok(again, "file", HAL_OPEN_EXISTING, HAL_OPEN_READ),
       "the next handle is the same in both");
    rewind(state);
    fputs("something else", state);
    rewind(state);
    broker_destroy(again);
    again = make_broker(0);
    ok(broker_restore(again, state) < 0, "no state is refused");
    doomed = open_ok(self, "doomed", HAL_OPEN_CREATE, HAL_OPEN_WRITE);
    do_handle(self, HAL_FILE_DELETE, doomed, 0, 0);
    ok(broker_save(self, state) < 0, "a file that is open and deleted cannot be saved");
    fclose(state);
    broker_destroy(self);
    broker_destroy(again);
}

static void make_folder(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (mkdtemp(g_folder) == NULL)
        abort();
    put_folder("C"), put_folder("inbox"), put_folder("inbox/system32");
    put_folder("C/folder"), put_folder("C/list"), put_folder("C/Windows"),
        put_folder("C/Windows/System32");
    put_folder("C/Windows/System32/drivers");
    put_file("C/file", "text"), put_file("C/readonly", "text"),
        put_file("C/Windows/System32/own.dll", "volume");
    put_file("inbox/hal.dll", ""), put_file("inbox/ntoskrnl.exe", ""), put_file("inbox/secret", "");
    put_file("inbox/system32/ntdll.dll", ""), put_file("inbox/system32/OWN.dll", "inbox");
    put_file("C/list/D", ""), put_file("C/list/a", ""), put_file("C/list/c", ""),
        put_file("C/list/B", "");
    put_file("C/list/\xC3\xA4", ""), put_file("C/list/a:b", ""), put_file("C/list/\xFF", "");
    if (chdir(g_folder) != 0 || chmod("C/readonly", 0444) != 0 ||
        symlink("/etc/passwd", "C/link") != 0 || symlink("/etc", "C/folderlink") != 0 ||
        symlink("a", "C/list/link") != 0 || mkfifo("C/pipe", 0666) != 0)
        abort();
    /* Who is not root cannot make a device; a link to one does for the test. */
    if (mknod("C/null", S_IFCHR | 0666, 1 << 8 | 3) != 0 && symlink("/dev/null", "C/null") != 0)
        abort();
    snprintf(address.sun_path, sizeof(address.sun_path), "C/socket");
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        abort();
    close(fd);
}

static HAL_FILE_REQUEST open_on_drive(broker *self, char letter, const char *path,
                                      uint32_t disposition, uint32_t options)
{
    HAL_FILE_REQUEST request = request_of(HAL_FILE_OPEN);

    request.drive = (uint32_t)letter;
    request.path_bytes = (uint32_t)strlen(path);
    request.disposition = disposition;
    request.options = options;
    broker_execute(self, &request, path, g_data, 1000);
    return request;
}

static void test_drives(void)
{
    broker *self = make_broker(0);
    HAL_FILE_REQUEST request, space = request_of(HAL_FILE_SPACE);
    uint64_t own, other;

    put_folder("D");
    put_file("D/a", "on the drive");
    put_file("C/a", "on C:");
    is(broker_add_drive(self, 'C', g_folder), -EINVAL, "C: is taken");
    is(broker_add_drive(self, 'z', g_folder), -EINVAL, "letters are in upper case");
    is(broker_add_drive(self, 'Z', "/none/at/all"), -ENOENT, "a folder that there is not");
    is(broker_add_drive(self, 'Z', "D"), 0, "a drive");
    is(broker_add_drive(self, 'Z', "D"), -EEXIST, "once each");
    is(broker_drives(self), 1u << 25, "broker_drives");
    own = open_full(self, "a", HAL_OPEN_EXISTING, HAL_OPEN_READ, 0).handle;
    other = open_on_drive(self, 'Z', "A", HAL_OPEN_EXISTING, HAL_OPEN_READ).handle;
    is(broker_open_handles(self), 2, "handles of both count");
    request = do_handle(self, HAL_FILE_READ, other, 0, 100);
    ok(request.length == 12 && memcmp(g_data, "on the drive", 12) == 0, "its file");
    request = do_handle(self, HAL_FILE_READ, own, 0, 100);
    ok(request.length == 5 && memcmp(g_data, "on C:", 5) == 0, "C:'s of the same name");
    is(write_text(self, other, 0, "x"), NT_STATUS_MEDIA_WRITE_PROTECTED, "write");
    is(rename_file(self, other, "b", HAL_OPEN_CREATE), NT_STATUS_MEDIA_WRITE_PROTECTED, "rename");
    is(do_handle(self, HAL_FILE_DELETE, other, 0, 0).status, NT_STATUS_MEDIA_WRITE_PROTECTED,
       "delete");
    is(do_handle(self, HAL_FILE_SET_SIZE, other, 0, 0).status, NT_STATUS_MEDIA_WRITE_PROTECTED,
       "size");
    is(do_handle(self, HAL_FILE_SET_TIMES, other, 0, 0).status, NT_STATUS_MEDIA_WRITE_PROTECTED,
       "times");
    is(open_on_drive(self, 'Z', "a", HAL_OPEN_EXISTING, HAL_OPEN_READ | HAL_OPEN_WRITE).status,
       NT_STATUS_MEDIA_WRITE_PROTECTED, "open to write");
    for (uint32_t disposition = HAL_OPEN_CREATE; disposition <= HAL_OPEN_OVERWRITE_IF;
         disposition++)
        if (disposition != HAL_OPEN_OVERWRITE)
            is(open_on_drive(self, 'Z', "new", disposition, HAL_OPEN_READ).status,
               NT_STATUS_MEDIA_WRITE_PROTECTED, "create");
    is(open_on_drive(self, 'Z', "a", HAL_OPEN_IF, HAL_OPEN_READ).status, 0, "open what is there");
    is(open_on_drive(self, 'Z', "../C/a", HAL_OPEN_EXISTING, HAL_OPEN_READ).status,
       NT_STATUS_OBJECT_NAME_INVALID, "no way out of it");
    is(open_on_drive(self, 'Y', "a", HAL_OPEN_EXISTING, HAL_OPEN_READ).status,
       NT_STATUS_OBJECT_PATH_NOT_FOUND, "a drive that there is not");
    is(do_handle(self, HAL_FILE_READ, other | 0xF000, 0, 1).status, NT_STATUS_INVALID_HANDLE,
       "a handle of no drive");
    is(do_handle(self, HAL_FILE_READ, other & ~0xF000ull, 0, 5).length, 5,
       "without the drive's number it is C:'s");
    space.drive = 'Z';
    broker_execute(self, &space, "", g_data, 0);
    is(space.info.allocation, 0, "nothing is free on it");
    is(close_file(self, other), 0, "close");
    is(do_handle(self, HAL_FILE_READ, other, 0, 1).status, NT_STATUS_INVALID_HANDLE, "is closed");
    broker_destroy(self);
}

int main(void)
{
    char command[128];
    broker *self;

    make_folder();
    self = make_broker(0);
    test_names();
    test_dispositions(self);
    test_open_errors(self);
    test_io(self);
    test_times_and_attributes(self);
    test_rename(self);
    test_delete(self);
    test_ids(self);
    test_list(self);
    test_inbox(self);
    test_serve(self);
    broker_destroy(self);
    test_save();
    test_bounds();
    test_drives();
    snprintf(command, sizeof(command), "rm -rf %s", g_folder);
    return system(command) != 0 || done_testing();
}
