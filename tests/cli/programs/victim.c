/*
 * victim SEED [FIRST [THREADS]]: threads that send holds.sys one request after the other, chosen by
 * the seed, with files, memory, events and threads of their own coming and going, until somebody
 * ends the process. FIRST is sent first by the first thread, and then nothing more (a number, as in
 * holds.h).
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../drivers/holds.h"

static HANDLE shared; /* a file that all threads use */

static unsigned next(unsigned *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

static DWORD ask(HANDLE file, DWORD code, void *address)
{
    void *out = address;
    DWORD bytes;

    return DeviceIoControl(file, code, &out, sizeof(out), &out, sizeof(out), &bytes, NULL)
               ? 0
               : GetLastError();
}

static void send_and_leave(HANDLE file, DWORD code)
{
    static OVERLAPPED requests[64];
    static LONG used;
    OVERLAPPED *request = &requests[(unsigned)InterlockedIncrement(&used) % 64];

    if (request->Internal != STATUS_PENDING)
        DeviceIoControl(file, code, NULL, 0, NULL, 0, NULL, request);
}

static DWORD WINAPI ends(void *argument)
{
    Sleep((DWORD)(ULONG_PTR)argument);
    return 0;
}

static DWORD WINAPI work(void *argument)
{
    unsigned state = (unsigned)(ULONG_PTR)argument;
    HANDLE file =
        CreateFileA("\\\\.\\Holds", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    for (;;) {
        void *memory;

        switch (next(&state) % 12) {
        case 0: send_and_leave(shared, HOLDS_PEND); break;
        case 1: ask(file, HOLDS_LATE, NULL); break;
        case 2: ask(file, HOLDS_WAIT, NULL); break;
        case 3: ask(next(&state) % 2 ? file : shared, HOLDS_MAP, NULL); break;
        case 4:
            memory = VirtualAlloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
            ask(next(&state) % 2 ? file : shared, HOLDS_LOCK, memory);
            if (next(&state) % 2)
                VirtualFree(memory, 0, MEM_RELEASE);
            break;
        case 5:
            CloseHandle(file);
            file = CreateFileA("\\\\.\\Holds", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                               0, NULL);
            break;
        case 6:
            CloseHandle(
                CreateThread(NULL, 0, ends, (void *)(ULONG_PTR)(next(&state) % 3), 0, NULL));
            break;
        case 7: CreateEventA(NULL, FALSE, FALSE, NULL); break;
        case 8: Sleep(next(&state) % 4); break;
        case 9:
            CloseHandle(
                CreateFileA("C:\\victim.txt", GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL));
            break;
        case 10: SwitchToThread(); break;
        case 11:
            if (next(&state) % 16 == 0)
                ask(file, HOLDS_SLEEP, NULL);
            break;
        }
    }
}

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    int threads = argc > 3 ? atoi(argv[3]) : 4;

    shared = CreateFileA("\\\\.\\Holds", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         FILE_FLAG_OVERLAPPED, NULL);
    if (shared == INVALID_HANDLE_VALUE)
        return 2;
    if (argc > 2 && atoi(argv[2]) >= 0) {
        void *memory = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

        *(char *)memory = 77;
        printf("sent: %lu\n", ask(shared, HOLDS_CODE(atoi(argv[2])), memory));
        return 0;
    }
    for (int i = 1; i < threads; i++)
        CloseHandle(
            CreateThread(NULL, 0, work, (void *)(ULONG_PTR)(seed * 100 + (unsigned)i), 0, NULL));
    work((void *)(ULONG_PTR)(seed * 100));
    return 0;
}
