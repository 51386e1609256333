/*
 * Changes the registry and services for ever, and tells of each change after it is done: C:\ack.txt
 * has the number of the last one that was acknowledged. "show" prints what there is instead.
 * tools/kill_test kills the machine under it.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#define ROOT "Software\\Kill Test"

static HKEY root;
static SC_HANDLE manager;

static void must(LSTATUS error, const char *what, DWORD number)
{
    if (error == ERROR_SUCCESS)
        return;
    printf("%s of change %lu failed: %ld\n", what, number, error);
    exit(1);
}

/* ---- changes: what number N does is known to tools/kill_test ---- */

static void set_number(DWORD number)
{
    char key[16], value[16];

    sprintf(key, "k%lu", number / 8 % 5);
    sprintf(value, "value %lu", number / 8 % 40);
    must(RegSetKeyValueA(root, key, value, REG_DWORD, &number, sizeof(number)), "setting", number);
}

static void set_bytes(DWORD number)
{
    static BYTE data[3000];
    char value[16];

    for (DWORD i = 0; i < sizeof(data); i++)
        data[i] = (BYTE)(number + i);
    sprintf(value, "bytes %lu", number / 8 % 7);
    must(RegSetValueExA(root, value, 0, REG_BINARY, data, number * 13 % sizeof(data)), "setting",
         number);
}

static void make_key(DWORD number)
{
    char key[32];
    HKEY made;

    sprintf(key, "c%lu\\deep", number / 8 % 30);
    must(RegCreateKeyExA(root, key, 0, NULL, 0, KEY_WRITE, NULL, &made, NULL), "making", number);
    RegCloseKey(made);
}

static void delete_key(DWORD number)
{
    char key[16];
    LSTATUS error;

    sprintf(key, "c%lu", number * 7 / 8 % 30);
    error = RegDeleteTreeA(root, key);
    must(error == ERROR_FILE_NOT_FOUND ? 0 : error, "deleting", number);
}

static void delete_value(DWORD number)
{
    char key[16], value[16];
    LSTATUS error;

    sprintf(key, "k%lu", number * 3 / 8 % 5);
    sprintf(value, "value %lu", number * 3 / 8 % 40);
    error = RegDeleteKeyValueA(root, key, value);
    must(error == ERROR_FILE_NOT_FOUND ? 0 : error, "deleting", number);
}

static SC_HANDLE open_service(DWORD number)
{
    char name[16];

    sprintf(name, "kill%lu", number % 6);
    return OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
}

/* Makes it, or gives it the start type and the path that it would be made with. */
static void set_service(DWORD number)
{
    DWORD start = number / 8 % 2 ? SERVICE_DEMAND_START : SERVICE_DISABLED;
    char name[16], path[40];
    SC_HANDLE service = open_service(number / 8);

    sprintf(name, "kill%lu", number / 8 % 6);
    sprintf(path, "C:\\kill%lu.sys", number);
    if (service == NULL)
        service = CreateServiceA(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                                 start, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
    else if (!ChangeServiceConfigA(service, SERVICE_KERNEL_DRIVER, start, SERVICE_ERROR_NORMAL,
                                   path, NULL, NULL, NULL, NULL, NULL, name))
        must((LSTATUS)GetLastError(), "configuring", number);
    if (service == NULL)
        must((LSTATUS)GetLastError(), "creating", number);
    CloseServiceHandle(service);
}

static void delete_service(DWORD number)
{
    SC_HANDLE service = open_service(number * 5 / 8);

    if (service == NULL)
        return;
    if (!DeleteService(service))
        must((LSTATUS)GetLastError(), "deleting", number);
    CloseServiceHandle(service);
}

static void change(DWORD number)
{
    switch (number % 8) {
    case 0: set_number(number); break;
    case 1: set_bytes(number); break;
    case 2: make_key(number); break;
    case 3: set_service(number); break;
    case 4: set_number(number); break;
    case 5: delete_value(number); break;
    case 6: delete_key(number); break;
    case 7: delete_service(number); break;
    }
}

/* ---- showing ---- */

static void show_key(HKEY key, const char *path)
{
    char name[256], below[1024];
    DWORD size = sizeof(name), type, bytes;
    static BYTE data[4096];
    HKEY child;

    printf("key %s\n", path);
    bytes = sizeof(data);
    for (DWORD i = 0; RegEnumValueA(key, i, name, &size, NULL, &type, data, &bytes) == 0; i++) {
        printf("value %s|%s|%lu|", path, name, type);
        for (DWORD at = 0; at < bytes; at++)
            printf("%02x", data[at]);
        printf("\n");
        size = sizeof(name);
        bytes = sizeof(data);
    }
    for (DWORD i = 0; RegEnumKeyA(key, i, name, sizeof(name)) == 0; i++) {
        snprintf(below, sizeof(below), "%s\\%s", path, name);
        if (RegOpenKeyExA(key, name, 0, KEY_READ, &child) == 0) {
            show_key(child, below);
            RegCloseKey(child);
        }
    }
}

static void show_services(void)
{
    static BYTE buffer[8192];
    QUERY_SERVICE_CONFIGA *config = (QUERY_SERVICE_CONFIGA *)buffer;
    DWORD needed;

    for (DWORD i = 0; i < 6; i++) {
        SC_HANDLE service = open_service(i);

        if (service == NULL)
            continue;
        if (QueryServiceConfigA(service, config, sizeof(buffer), &needed))
            printf("service kill%lu|%lu|%s\n", i, config->dwStartType, config->lpBinaryPathName);
        else
            printf("service kill%lu|error %lu\n", i, GetLastError());
        CloseServiceHandle(service);
    }
}

/* ---- the course ---- */

static void write_for_ever(void)
{
    HANDLE file =
        CreateFileA("C:\\ack.txt", GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_ALWAYS, 0, NULL);
    DWORD last = 0, size = sizeof(last), written;
    char text[16];

    RegQueryValueExA(root, "Last", NULL, NULL, (BYTE *)&last, &size);
    for (;;) {
        change(++last);
        must(RegSetValueExA(root, "Last", 0, REG_DWORD, (BYTE *)&last, sizeof(last)), "counting",
             last);
        sprintf(text, "%010lu\n", last);
        SetFilePointer(file, 0, NULL, FILE_BEGIN);
        if (!WriteFile(file, text, 11, &written, NULL))
            must((LSTATUS)GetLastError(), "telling", last);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    must(RegCreateKeyExA(HKEY_LOCAL_MACHINE, ROOT, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &root, NULL),
         "the key", 0);
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (manager == NULL)
        must((LSTATUS)GetLastError(), "the manager", 0);
    if (argc < 2)
        write_for_ever();
    show_key(root, "");
    show_services();
    printf("all is shown\n");
    return 0;
}
