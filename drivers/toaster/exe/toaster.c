/*
 * toaster: plugs toasters in and out of the toaster bus, and uses them. Both are found by their
 * interface class. For Windows, Wine and Drydock; documented interfaces only.
 */
#include <windows.h>
#include <winioctl.h>
#include <initguid.h>
#include <setupapi.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/toaster.h"

#define PATH_BYTES 1024
#define LIST_ROOM 256
#define WAIT_MS 5000 /* so long a toaster may take to come up after it was plugged in */
#define WAIT_STEP_MS 50

static int fails(const char *what)
{
    fprintf(stderr, "toaster: %s: error %lu\n", what, GetLastError());
    return 1;
}

/* ---- finding ---- */

typedef union {
    SP_DEVICE_INTERFACE_DETAIL_DATA_A detail;
    char room[PATH_BYTES];
} DETAIL;

/* The path of the class's interface with that index; 0: there is none. */
static int interface_path(const GUID *class, DWORD index, DETAIL *path)
{
    HDEVINFO set = SetupDiGetClassDevsA(class, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVICE_INTERFACE_DATA data = {.cbSize = sizeof(data)};
    int found;

    if (set == INVALID_HANDLE_VALUE)
        return 0;
    path->detail.cbSize = sizeof(path->detail);
    found = SetupDiEnumDeviceInterfaces(set, NULL, class, index, &data) &&
            SetupDiGetDeviceInterfaceDetailA(set, &data, &path->detail, sizeof(*path), NULL, NULL);
    SetupDiDestroyDeviceInfoList(set);
    return found;
}

static HANDLE open_interface(const GUID *class, DWORD index, DWORD access, DWORD flags)
{
    DETAIL path;

    if (!interface_path(class, index, &path)) {
        SetLastError(ERROR_NO_MORE_ITEMS);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileA(path.detail.DevicePath, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING, flags, NULL);
}

static HANDLE open_bus(DWORD access)
{
    HANDLE bus = open_interface(&GUID_DEVINTERFACE_TOASTER_BUS, 0, access, 0);

    if (bus == INVALID_HANDLE_VALUE)
        fails("the toaster bus cannot be opened");
    return bus;
}

/* Requests end one way for handles with and without FILE_FLAG_OVERLAPPED: when they are done. */
static BOOL control(HANDLE device, DWORD code, void *in, DWORD in_bytes, void *out, DWORD out_bytes,
                    DWORD *used)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    BOOL fine = DeviceIoControl(device, code, in, in_bytes, out, out_bytes, used, &overlapped);
    DWORD error;

    if (!fine && GetLastError() == ERROR_IO_PENDING)
        fine = GetOverlappedResult(device, &overlapped, used, TRUE);
    error = GetLastError();
    CloseHandle(overlapped.hEvent);
    SetLastError(error);
    return fine;
}

static int is_toaster(HANDLE toaster, DWORD serial)
{
    TOASTER_STATUS status;
    DWORD used;

    return control(toaster, IOCTL_TOASTER_GET_STATUS, NULL, 0, &status, sizeof(status), &used) &&
           used == sizeof(status) && status.Serial == serial;
}

static HANDLE find_toaster(DWORD serial)
{
    for (DWORD waited = 0;; waited += WAIT_STEP_MS) {
        for (DWORD index = 0;; index++) {
            HANDLE toaster = open_interface(&GUID_DEVINTERFACE_TOASTER, index,
                                            GENERIC_READ | GENERIC_WRITE, FILE_FLAG_OVERLAPPED);

            if (toaster == INVALID_HANDLE_VALUE && GetLastError() == ERROR_NO_MORE_ITEMS)
                break;
            if (toaster != INVALID_HANDLE_VALUE && is_toaster(toaster, serial))
                return toaster;
            if (toaster != INVALID_HANDLE_VALUE)
                CloseHandle(toaster);
        }
        if (waited >= WAIT_MS)
            break;
        Sleep(WAIT_STEP_MS);
    }
    fprintf(stderr, "toaster: there is no toaster %lu\n", serial);
    return INVALID_HANDLE_VALUE;
}

/* ---- the bus ---- */

static int change_bus(DWORD code, const char *what, const char *number)
{
    TOASTER_SERIAL serial = {.Size = sizeof(serial), .Serial = strtoul(number, NULL, 10)};
    HANDLE bus = open_bus(GENERIC_READ | GENERIC_WRITE);
    DWORD used;
    int failed = 0;

    if (bus == INVALID_HANDLE_VALUE)
        return 1;
    if (!DeviceIoControl(bus, code, &serial, sizeof(serial), NULL, 0, &used, NULL))
        failed = fails(what);
    else
        printf("toaster %s: %s\n", number, what);
    CloseHandle(bus);
    return failed;
}

static int list(void)
{
    static union {
        TOASTER_LIST list;
        char room[sizeof(TOASTER_LIST) + LIST_ROOM * sizeof(TOASTER_ENTRY)];
    } answer;
    HANDLE bus = open_bus(GENERIC_READ);
    DWORD used = 0, entries;

    if (bus == INVALID_HANDLE_VALUE)
        return 1;
    if (!DeviceIoControl(bus, IOCTL_BUSENUM_LIST, NULL, 0, &answer, sizeof(answer), &used, NULL)) {
        CloseHandle(bus);
        return fails("list");
    }
    printf("%lu on the bus\n", answer.list.Count);
    entries = (used - offsetof(TOASTER_LIST, Entry)) / sizeof(TOASTER_ENTRY);
    for (DWORD i = 0; i < entries; i++) {
        const TOASTER_ENTRY *entry = &answer.list.Entry[i];

        printf("toaster %lu: D%ld%s%s%s\n", entry->Serial, (long)entry->DevicePower - 1,
               entry->Flags & TOASTER_ENTRY_STARTED ? ", started" : "",
               entry->Flags & TOASTER_ENTRY_ARMED ? ", may wake" : "",
               entry->Flags & TOASTER_ENTRY_LOCKED ? ", locked" : "");
    }
    CloseHandle(bus);
    return 0;
}

/* ---- toasters ---- */

static int tell_status(HANDLE toaster)
{
    TOASTER_STATUS status;
    DWORD used;

    if (!control(toaster, IOCTL_TOASTER_GET_STATUS, NULL, 0, &status, sizeof(status), &used))
        return fails("status");
    printf("toaster %lu: browning %lu, toasted %lu, %lu reads and %lu writes wait, %lu starts, %lu "
           "power downs, %lu wakes\n",
           status.Serial, status.Browning, status.Toasted, status.ReadsWaiting,
           status.WritesWaiting, status.Starts, status.PowerDowns, status.Wakes);
    return 0;
}

static int set_number(HANDLE toaster, DWORD code, const char *what, const char *number)
{
    ULONG value = strtoul(number, NULL, 10);
    DWORD used;

    if (!control(toaster, code, &value, sizeof(value), NULL, 0, &used))
        return fails(what);
    printf("%s %lu\n", what, value);
    return 0;
}

static BOOL transfer(HANDLE toaster, BOOL write, void *data, DWORD bytes, DWORD *used)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    BOOL fine = write ? WriteFile(toaster, data, bytes, NULL, &overlapped)
                      : ReadFile(toaster, data, bytes, NULL, &overlapped);
    DWORD error;

    if (fine || GetLastError() == ERROR_IO_PENDING)
        fine = GetOverlappedResult(toaster, &overlapped, used, TRUE);
    error = GetLastError();
    CloseHandle(overlapped.hEvent);
    SetLastError(error);
    return fine;
}

/* A slice in, the toast out. */
static int toast_once(HANDLE toaster, DWORD round)
{
    char bread[TOASTER_SLOTS], toast[TOASTER_SLOTS], expected[TOASTER_SLOTS];
    DWORD bytes = (DWORD)snprintf(bread, sizeof(bread), "slice %lu", round), used = 0;

    snprintf(expected, sizeof(expected), "SLICE %lu", round);
    if (!transfer(toaster, TRUE, bread, bytes, &used) || used != bytes)
        return fails("write");
    if (!transfer(toaster, FALSE, toast, sizeof(toast), &used))
        return fails("read");
    if (used != bytes || memcmp(toast, expected, bytes) != 0) {
        fprintf(stderr, "toaster: wrong toast: %.*s\n", (int)used, toast);
        return 1;
    }
    return 0;
}

static int use(HANDLE toaster, const char *number, DWORD rounds)
{
    for (DWORD round = 0; round < rounds; round++) {
        if (toast_once(toaster, round) != 0)
            return 1;
    }
    printf("toaster %s: %lu slices\n", number, rounds);
    return 0;
}

/* A read that no toast ends: the toaster's end does, or the program's. */
static int hold(HANDLE toaster, const char *number)
{
    char toast[TOASTER_SLOTS];
    DWORD used;

    printf("toaster %s: waits for toast\n", number);
    fflush(stdout);
    if (transfer(toaster, FALSE, toast, sizeof(toast), &used))
        printf("toaster %s: there is toast\n", number);
    else
        printf("toaster %s: error %lu\n", number, GetLastError());
    return 0;
}

/* A read that this program gives up again. */
static int give_up(HANDLE toaster, const char *number)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char toast[TOASTER_SLOTS];
    DWORD used;

    if (ReadFile(toaster, toast, sizeof(toast), NULL, &overlapped) ||
        GetLastError() != ERROR_IO_PENDING)
        return fails("a read that waits");
    if (!CancelIoEx(toaster, &overlapped))
        return fails("cancel");
    if (GetOverlappedResult(toaster, &overlapped, &used, TRUE) ||
        GetLastError() != ERROR_OPERATION_ABORTED)
        return fails("a cancelled read");
    CloseHandle(overlapped.hEvent);
    printf("toaster %s: given up\n", number);
    return 0;
}

static int with_toaster(int argc, char **argv)
{
    HANDLE toaster = find_toaster(strtoul(argv[2], NULL, 10));
    const char *more = argc > 3 ? argv[3] : "1";
    int failed = 2;

    if (toaster == INVALID_HANDLE_VALUE)
        return 1;
    if (strcmp(argv[1], "status") == 0)
        failed = tell_status(toaster);
    else if (strcmp(argv[1], "use") == 0)
        failed = use(toaster, argv[2], strtoul(more, NULL, 10));
    else if (strcmp(argv[1], "hold") == 0)
        failed = hold(toaster, argv[2]);
    else if (strcmp(argv[1], "giveup") == 0)
        failed = give_up(toaster, argv[2]);
    else if (strcmp(argv[1], "brown") == 0)
        failed = set_number(toaster, IOCTL_TOASTER_SET_BROWNING, "browning", more);
    else if (strcmp(argv[1], "pop") == 0)
        failed = set_number(toaster, IOCTL_TOASTER_POP_AFTER, "pops in ms:", more);
    CloseHandle(toaster);
    return failed;
}

static int usage(void)
{
    fprintf(
        stderr,
        "usage: toaster list | wait MS | plug N... | unplug N... | eject N... | press N...      "
        "(unplug, eject 0: all)\n"
        "       toaster status N | use N [ROUNDS] | hold N | giveup N | brown N 1..6 | pop N MS\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *word, *what;
        DWORD code;
    } change[] = {
        {"plug", "plugged in", IOCTL_BUSENUM_PLUG_IN},
        {"unplug", "unplugged", IOCTL_BUSENUM_UNPLUG},
        {"eject", "asked to be ejected", IOCTL_BUSENUM_EJECT},
        {"press", "lever pressed", IOCTL_BUSENUM_PRESS},
    };
    int failed = 0;

    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc < 3)
        return usage();
    if (strcmp(argv[1], "wait") == 0) {
        Sleep(strtoul(argv[2], NULL, 10));
        return 0;
    }
    for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
        if (strcmp(argv[1], change[i].word) != 0)
            continue;
        for (int n = 2; n < argc; n++)
            failed |= change_bus(change[i].code, change[i].what, argv[n]);
        return failed;
    }
    failed = with_toaster(argc, argv);
    return failed == 2 ? usage() : failed;
}
