/* What an administrator's program may open of the driver "secured", and what services do with bad arguments. */
#include <stdio.h>
#include <windows.h>

typedef LONG(WINAPI *CLOSE)(HANDLE);
typedef LONG(WINAPI *SET_EVENT)(HANDLE, LONG *);
typedef LONG(WINAPI *OPEN_TOKEN)(HANDLE, ACCESS_MASK, ULONG, HANDLE *);
typedef LONG(WINAPI *QUERY_TOKEN)(HANDLE, ULONG, void *, ULONG, ULONG *);
typedef LONG(WINAPI *WAIT)(HANDLE, BOOLEAN, LARGE_INTEGER *);

static void *routine(const char *name)
{
    void *found = (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);

    if (found == NULL)
        printf("%s: absent\n", name);
    return found;
}

static void try_open(const char *name, DWORD access, const char *what)
{
    char path[64];
    HANDLE file;

    snprintf(path, sizeof(path), "\\\\.\\%s", name);
    file = CreateFileA(path, access, 0, NULL, OPEN_EXISTING, 0, NULL);
    printf("%s %s: %lu\n", name, what, file == INVALID_HANDLE_VALUE ? GetLastError() : 0);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
}

static void try_secret(void)
{
    HANDLE file = CreateFileW(L"\\\\.\\SecAdmins", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), secret = NULL;
    DWORD got = 0;

    ReadFile(file, &secret, sizeof(secret), &got, NULL);
    printf("secret: %lu bytes, kernel handle: %d\n", got, (LONG_PTR)secret < 0);
    printf("secret set: 0x%lx\n", ((SET_EVENT)routine("NtSetEvent"))(secret, NULL));
    printf("secret close: 0x%lx\n", ((CLOSE)routine("NtClose"))(secret));
    CloseHandle(file);
}

static void try_token(void)
{
    HANDLE token = NULL;
    ULONG length = 0, elevated = 7;
    LONG status = ((OPEN_TOKEN)routine("NtOpenProcessTokenEx"))(GetCurrentProcess(), 8, 0, &token);

    printf("token: 0x%lx\n", status);
    status = ((QUERY_TOKEN)routine("NtQueryInformationToken"))(token, 20, &elevated, sizeof(elevated), &length);
    printf("elevated: 0x%lx %lu\n", status, elevated);
    status = ((QUERY_TOKEN)routine("NtQueryInformationToken"))(token, 1, (void *)16, 4096, &length);
    printf("bad buffer: 0x%lx\n", status);
    status = ((OPEN_TOKEN)routine("NtOpenProcessTokenEx"))(GetCurrentProcess(), 8, 0, (HANDLE *)(ULONG_PTR)0x600000000000);
    printf("kernel address: 0x%lx\n", status);
    CloseHandle(token);
}

int main(void)
{
    LARGE_INTEGER zero = {.QuadPart = 0};
    HANDLE first, second;

    try_open("SecAdmins", GENERIC_READ | GENERIC_WRITE, "read and write");
    try_open("SecSystem", GENERIC_READ, "read");
    try_open("SecRead", GENERIC_READ, "read");
    try_open("SecRead", GENERIC_WRITE, "write");
    try_open("SecDeny", GENERIC_READ, "read");
    try_open("SecHigh", GENERIC_WRITE, "write");
    try_open("SecAbove", GENERIC_READ, "read");
    try_open("SecAbove", GENERIC_WRITE, "write");
    try_open("SecHidden", GENERIC_READ, "read");
    try_secret();
    try_token();
    first = CreateEventW(NULL, TRUE, FALSE, L"SecuredEvent");
    second = CreateEventW(NULL, TRUE, FALSE, L"SecuredEvent");
    printf("second event: %d %lu\n", second != NULL, GetLastError());
    second = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"SecuredEvent");
    printf("without the right to wait: 0x%lx\n", ((WAIT)routine("NtWaitForSingleObject"))(second, FALSE, &zero));
    printf("with it: 0x%lx\n", ((WAIT)routine("NtWaitForSingleObject"))(first, FALSE, &zero));
    return 0;
}
