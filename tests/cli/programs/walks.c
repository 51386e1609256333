/* Asks tests/cli/drivers/walker.c who called it: the answer must lead from ntdll through inner and
 * outer to main. */
#include <windows.h>
#include <stdio.h>

static void *frames[32];
static DWORD bytes;

static __attribute__((noinline)) void inner(HANDLE device)
{
    DeviceIoControl(device, 0x222000, NULL, 0, frames, sizeof(frames), &bytes, NULL);
    printf("walks: %s\n", bytes != 0 ? "frames" : "none");
}

static __attribute__((noinline)) void outer(HANDLE device)
{
    inner(device);
    printf("walks: back\n");
}

/* The first frame from Start on within 200 bytes of Function; 32 when there is none. */
static unsigned find(unsigned start, void *function)
{
    unsigned i;

    for (i = start; i < bytes / sizeof(frames[0]); i++)
        if ((ULONG_PTR)frames[i] - (ULONG_PTR)function < 200)
            return i;
    return 32;
}

int main(void)
{
    HANDLE device =
        CreateFileA("\\\\.\\Walker", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    unsigned in_inner, in_outer;

    if (device == INVALID_HANDLE_VALUE)
        return 1;
    outer(device);
    CloseHandle(device);
    in_inner = find(0, (void *)inner);
    in_outer = find(in_inner + 1, (void *)outer);
    printf("walks: inner %s, outer %s, main %s\n",
           in_inner > 0 && in_inner < 32 ? "found" : "missing",
           in_outer == in_inner + 1 ? "next" : "missing",
           find(in_outer + 1, (void *)main) == in_outer + 1 ? "next" : "missing");
    return 0;
}
