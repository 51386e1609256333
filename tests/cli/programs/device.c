/*
 * device properties|set|rollback INSTANCE-ID: prints the properties of a device whose category is
 * not Windows', by setupapi; sets one, reads it back and takes it away; goes back to the driver
 * before.
 */
#define UNICODE
#include <windows.h>
#include <setupapi.h>
#include <stdio.h>
#include <string.h>

WINSETUPAPI BOOL WINAPI SetupDiGetDevicePropertyKeys(HDEVINFO, PSP_DEVINFO_DATA, DEVPROPKEY *,
                                                     DWORD, PDWORD, DWORD);
WINSETUPAPI BOOL WINAPI SetupDiSetDevicePropertyW(HDEVINFO, PSP_DEVINFO_DATA, const DEVPROPKEY *,
                                                  DEVPROPTYPE, const BYTE *, DWORD, DWORD);
BOOL WINAPI DiRollbackDriver(HDEVINFO, PSP_DEVINFO_DATA, HWND, DWORD, PBOOL);

enum { KEYS = 128 };

static HDEVINFO set;
static SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};

/* Of drivers, not of the system: the test's own and DEVPKEY_DrvPkg_. */
static int is_shown(const DEVPROPKEY *key)
{
    return key->fmtid.Data1 == 0xcf73bb51 || key->fmtid.Data1 == 0x11223344;
}

static void show(const DEVPROPKEY *key)
{
    union {
        BYTE bytes[1024];
        WCHAR text[512];
        ULONG number;
    } value;
    DEVPROPTYPE type;
    DWORD bytes = 0, i;

    memset(&value, 0, sizeof(value));
    if (!SetupDiGetDevicePropertyW(set, &device, key, &type, value.bytes, sizeof(value) - 4, &bytes,
                                   0)) {
        printf("%lx %lu: error %lu\n", key->fmtid.Data1, key->pid, GetLastError());
        return;
    }
    printf("%lx %lu type %lx:", key->fmtid.Data1, key->pid, type);
    if (type == DEVPROP_TYPE_STRING || type == DEVPROP_TYPE_STRING_LIST)
        for (WCHAR *at = value.text; *at != 0 && at < value.text + bytes / 2; at += wcslen(at) + 1)
            printf(" %ls", at);
    else
        for (i = 0; i < bytes; i++)
            printf(" %02x", value.bytes[i]);
    printf("\n");
}

static int properties(void)
{
    DEVPROPKEY keys[KEYS];
    DWORD count = 0, again = 0;

    if (SetupDiGetDevicePropertyKeys(set, &device, NULL, 0, &count, 0) ||
        GetLastError() != ERROR_INSUFFICIENT_BUFFER || count > KEYS)
        return 2;
    if (!SetupDiGetDevicePropertyKeys(set, &device, keys, KEYS, &again, 0) || again != count)
        return 3;
    for (DWORD i = 0; i < count; i++)
        if (is_shown(&keys[i]))
            show(&keys[i]);
    return 0;
}

static int change(void)
{
    static const DEVPROPKEY key = {{0x11223344, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, 99};
    static const WCHAR text[] = L"set by a program";

    if (!SetupDiSetDevicePropertyW(set, &device, &key, DEVPROP_TYPE_STRING, (const BYTE *)text,
                                   sizeof(text), 0))
        return 2;
    show(&key);
    if (SetupDiSetDevicePropertyW(set, &device, &key, DEVPROP_TYPE_STRING, (const BYTE *)text,
                                  sizeof(text), 1) ||
        GetLastError() != ERROR_INVALID_FLAGS)
        return 3;
    if (!SetupDiSetDevicePropertyW(set, &device, &key, DEVPROP_TYPE_EMPTY, NULL, 0, 0))
        return 4;
    show(&key);
    return 0;
}

static int rollback(void)
{
    BOOL reboot = TRUE;

    if (!DiRollbackDriver(set, &device, NULL, 1, &reboot)) {
        printf("rollback: error %lu\n", GetLastError());
        return 1;
    }
    printf("rolled back%s\n", reboot ? ", reboot" : "");
    return 0;
}

int main(int argc, char **argv)
{
    WCHAR id[200];

    if (argc != 3 || MultiByteToWideChar(CP_ACP, 0, argv[2], -1, id, 200) == 0)
        return 1;
    set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (set == INVALID_HANDLE_VALUE || !SetupDiOpenDeviceInfoW(set, id, NULL, 0, &device)) {
        printf("%s: error %lu\n", argv[2], GetLastError());
        return 1;
    }
    return strcmp(argv[1], "properties") == 0 ? properties()
           : strcmp(argv[1], "set") == 0      ? change()
                                              : rollback();
}
