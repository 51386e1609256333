/* Round trips to drivers/ioctl_echo by each transfer method; pending, releasing, cancelling. */
#include <windows.h>

#include "../../drivers/ioctl_echo/ioctl_echo.h"
#include "tap.h"

static HANDLE device;

static void test_method(DWORD code, const char *what)
{
    char in[] = "HAL", out[8] = {0};
    DWORD moved = 0;
    BOOL done = DeviceIoControl(device, code, in, 3, out, sizeof(out), &moved, NULL);

    OK(done && moved == 3, what);
    OK(memcmp(out, "IBM", 3) == 0 && out[3] == 0, "each byte came back plus one");
    OK(!DeviceIoControl(device, code, in, 3, out, 2, &moved, NULL),
       "an output that is too small is refused");
    OK(GetLastError() == ERROR_INSUFFICIENT_BUFFER, "with ERROR_INSUFFICIENT_BUFFER");
}

static void test_bad_addresses(void)
{
    char out[4];
    DWORD moved;

    OK(!DeviceIoControl(device, IOCTL_ECHO_NEITHER, (void *)0x10, 3, out, sizeof(out), &moved,
                        NULL) &&
           GetLastError() == ERROR_NOACCESS,
       "neither: an address that is not there gives ERROR_NOACCESS");
    OK(!DeviceIoControl(device, IOCTL_ECHO_BUFFERED, (void *)0x10, 3, out, sizeof(out), &moved,
                        NULL) &&
           GetLastError() == ERROR_NOACCESS,
       "buffered: likewise");
    OK(!DeviceIoControl(device, IOCTL_ECHO_OUT_DIRECT, "abc", 3, (void *)0x10, 4, &moved, NULL) &&
           GetLastError() == ERROR_NOACCESS, "direct: likewise");
    OK(!DeviceIoControl(device, ECHO_CODE(0x8FF, 0), NULL, 0, NULL, 0, &moved, NULL) &&
           GetLastError() == ERROR_INVALID_FUNCTION,
       "an unknown code gives ERROR_INVALID_FUNCTION");
}

static void test_pending(void)
{
    HANDLE asynchronous = CreateFileA("\\\\.\\IoctlEcho", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                      OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED overlapped = {0};
    char out[4] = {0};
    DWORD moved = 99;

    OK(asynchronous != INVALID_HANDLE_VALUE, "open for overlapped requests");
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    OK(!DeviceIoControl(asynchronous, IOCTL_ECHO_PEND, NULL, 0, out, 4, NULL, &overlapped) &&
           GetLastError() == ERROR_IO_PENDING, "a request pends");
    OK(!GetOverlappedResult(asynchronous, &overlapped, &moved, FALSE) &&
           GetLastError() == ERROR_IO_INCOMPLETE,
       "it is not complete");
    OK(DeviceIoControl(device, IOCTL_ECHO_RELEASE, NULL, 0, NULL, 0, &moved, NULL), "release it");
    OK(GetOverlappedResult(asynchronous, &overlapped, &moved, TRUE) && moved == 4 &&
           memcmp(out, "done", 4) == 0,
       "it completes with its data");

    OK(!DeviceIoControl(asynchronous, IOCTL_ECHO_PEND, NULL, 0, out, 4, NULL, &overlapped) &&
           GetLastError() == ERROR_IO_PENDING, "another pends");
    OK(CancelIoEx(asynchronous, &overlapped), "CancelIoEx");
    OK(!GetOverlappedResult(asynchronous, &overlapped, &moved, TRUE) &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "it ends with ERROR_OPERATION_ABORTED");
    OK(!CancelIoEx(asynchronous, &overlapped) && GetLastError() == ERROR_NOT_FOUND,
       "nothing is left to cancel");
    OK(!DeviceIoControl(device, IOCTL_ECHO_RELEASE, NULL, 0, NULL, 0, &moved, NULL),
       "nor to release");
    CloseHandle(overlapped.hEvent);
    CloseHandle(asynchronous);
}

static DWORD WINAPI release_pended(void *parameter)
{
    DWORD moved;

    (void)parameter;
    Sleep(10); /* of the machine's time: the other thread gets to its wait */
    return !DeviceIoControl(device, IOCTL_ECHO_RELEASE, NULL, 0, NULL, 0, &moved, NULL);
}

static void test_port(void)
{
    HANDLE asynchronous = CreateFileA("\\\\.\\IoctlEcho", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                      OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE port = CreateIoCompletionPort(asynchronous, NULL, 0x1234, 0);
    OVERLAPPED overlapped = {0}, *completed = NULL;
    ULONG_PTR key = 0;
    char out[4];
    DWORD moved = 0;

    OK(port != NULL, "a completion port");
    DeviceIoControl(asynchronous, IOCTL_ECHO_PEND, NULL, 0, out, 4, NULL, &overlapped);
    OK(!GetQueuedCompletionStatus(port, &moved, &key, &completed, 10) &&
           GetLastError() == WAIT_TIMEOUT && completed == NULL,
       "nothing comes out of it in 10 ms");
    DeviceIoControl(device, IOCTL_ECHO_RELEASE, NULL, 0, NULL, 0, &moved, NULL);
    OK(GetQueuedCompletionStatus(port, &moved, &key, &completed, INFINITE) && key == 0x1234 &&
           completed == &overlapped && moved == 4, "the request comes out of it");

    /* The thread that sent the request waits at the port while another lets it complete. */
    DeviceIoControl(asynchronous, IOCTL_ECHO_PEND, NULL, 0, out, 4, NULL, &overlapped);
    HANDLE other = CreateThread(NULL, 0, release_pended, NULL, 0, NULL);
    OK(GetQueuedCompletionStatus(port, &moved, &key, &completed, 60000) &&
           completed == &overlapped && moved == 4,
       "it comes out while its sender waits there");
    WaitForSingleObject(other, INFINITE);
    CloseHandle(other);
    CloseHandle(port);
    CloseHandle(asynchronous);
}

int main(void)
{
    device = CreateFileA("\\\\.\\IoctlEcho", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         0, NULL);
    if (!OK(device != INVALID_HANDLE_VALUE, "open \\\\.\\IoctlEcho"))
        return tap_end();
    test_method(IOCTL_ECHO_BUFFERED, "METHOD_BUFFERED");
    test_method(IOCTL_ECHO_OUT_DIRECT, "METHOD_OUT_DIRECT");
    test_method(IOCTL_ECHO_NEITHER, "METHOD_NEITHER");
    {
        char second[] = {1, 2, 3, 4};
        DWORD moved = 0;

        OK(DeviceIoControl(device, IOCTL_ECHO_IN_DIRECT, NULL, 0, second, sizeof(second), &moved,
                           NULL) &&
               moved == 10,
           "METHOD_IN_DIRECT");
    }
    test_bad_addresses();
    test_pending();
    test_port();
    OK(CloseHandle(device), "close");
    return tap_end();
}
