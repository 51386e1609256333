/* Drives the edu device: `edutool COMMAND ...`; each command says what it did, and ends the program
 * with 1 when the device gave a wrong answer or none. */
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../edu.h"

static const char usage[] =
    "usage: edutool COMMAND [COMMAND ...]\n"
    "  id              identification and liveness\n"
    "  factorial       of 0 to 12, each by interrupt\n"
    "  interrupts N    N interrupts, one after the other\n"
    "  dma BYTES       BYTES written and read back by DMA, in pieces, and compared\n"
    "  cancel          a transfer that waits is cancelled\n"
    "  refused         requests that the driver has to refuse\n"
    "  wait            transfers until the device is gone, then says so\n"
    "  statistics      what the driver counted\n";

static HANDLE device;

static int fail(const char *what)
{
    printf("edutool: %s: error %lu\n", what, GetLastError());
    return 1;
}

static BOOL control(DWORD code, void *in, DWORD in_bytes, void *out, DWORD out_bytes)
{
    DWORD moved = 0;

    return DeviceIoControl(device, code, in, in_bytes, out, out_bytes, &moved, NULL) &&
           moved == out_bytes;
}

static int do_id(void)
{
    ULONG id = 0, value = 0x12345678, answer = 0;

    if (!control(IOCTL_EDU_IDENTIFY, NULL, 0, &id, sizeof(id)))
        return fail("identify");
    if (!control(IOCTL_EDU_LIVENESS, &value, sizeof(value), &answer, sizeof(answer)))
        return fail("liveness");
    printf("edu %lu.%lu, liveness %s\n", id >> 24, id >> 16 & 0xFF,
           answer == ~value ? "right" : "WRONG");
    return answer != ~value;
}

static int do_factorial(void)
{
    ULONG expected = 1;

    for (ULONG n = 0; n <= 12; n++) {
        ULONG argument = n, answer = 0;

        expected *= n != 0 ? n : 1;
        if (!control(IOCTL_EDU_FACTORIAL, &argument, sizeof(argument), &answer, sizeof(answer)))
            return fail("factorial");
        printf("%lu! = %lu%s\n", n, answer, answer == expected ? "" : "  WRONG");
        if (answer != expected)
            return 1;
    }
    return 0;
}

static int do_interrupts(ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        ULONG bits = 2u << i % 7;

        if (!control(IOCTL_EDU_RAISE, &bits, sizeof(bits), NULL, 0))
            return fail("raise");
    }
    printf("%lu interrupts\n", count);
    return 0;
}

/* ---- transfers ---- */

static void fill(unsigned char *buffer, ULONG bytes, ULONG seed)
{
    for (ULONG i = 0; i < bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        buffer[i] = (unsigned char)(seed >> 24);
    }
}

static BOOL move(BOOL to_device, ULONG offset, void *buffer, ULONG bytes)
{
    OVERLAPPED at = {.Offset = offset};
    DWORD moved = 0;

    return (to_device ? WriteFile(device, buffer, bytes, &moved, &at)
                      : ReadFile(device, buffer, bytes, &moved, &at)) &&
           moved == bytes;
}

#define PIECE_BYTES 2048u

/* Pieces at various places, aligned and not: some buffers span two pages. */
static int do_dma(ULONG total)
{
    static unsigned char out[3 * PIECE_BYTES], in[3 * PIECE_BYTES];
    ULONG done = 0, piece, count = 0;

    for (; done < total; done += piece, count++) {
        ULONG shift = count * 193 % (2 * PIECE_BYTES);
        ULONG offset = count * 67 % (EDU_DEVICE_BYTES - PIECE_BYTES);

        piece = PIECE_BYTES < total - done ? PIECE_BYTES : total - done;
        fill(out + shift, piece, count);
        memset(in, 0xA5, sizeof(in));
        if (!move(TRUE, offset, out + shift, piece))
            return fail("write");
        if (!move(FALSE, offset, in + shift, piece))
            return fail("read");
        if (memcmp(out + shift, in + shift, piece) != 0) {
            printf("piece %lu came back DIFFERENT\n", count);
            return 1;
        }
    }
    printf("%lu bytes there and back, the same\n", done);
    return 0;
}

/* The device works on the first; the second waits and is taken back. */
static int do_cancel(void)
{
    static unsigned char first[EDU_DEVICE_BYTES], second[EDU_DEVICE_BYTES];
    HANDLE file = CreateFileA(EDU_WIN32_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED a = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    OVERLAPPED b = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD moved_a = 0, moved_b = 0;
    BOOL done_a, done_b;

    if (file == INVALID_HANDLE_VALUE)
        return fail("open");
    WriteFile(file, first, sizeof(first), NULL, &a);
    WriteFile(file, second, sizeof(second), NULL, &b);
    if (!CancelIoEx(file, &b))
        return fail("cancel");
    done_b = GetOverlappedResult(file, &b, &moved_b, TRUE);
    printf("the second: %s\n", !done_b && GetLastError() == ERROR_OPERATION_ABORTED
                                   ? "cancelled" : "NOT cancelled");
    done_a = GetOverlappedResult(file, &a, &moved_a, TRUE);
    printf("the first: %s\n", done_a && moved_a == sizeof(first) ? "done" : "NOT done");
    CloseHandle(a.hEvent);
    CloseHandle(b.hEvent);
    CloseHandle(file);
    return !done_a || done_b;
}

static int expect_refusal(const char *what, BOOL done, DWORD expected)
{
    DWORD error = done ? 0 : GetLastError();

    printf("%s: %s (error %lu)\n", what, error == expected ? "refused" : "WRONG", error);
    return error != expected;
}

static int do_refused(void)
{
    unsigned char byte = 0;
    ULONG large = 13, bits = 1, answer;
    int failed = 0;

    failed |= expect_refusal("a write past the end", move(TRUE, EDU_DEVICE_BYTES, &byte, 1),
                             ERROR_INVALID_PARAMETER);
    failed |= expect_refusal("a factorial of 13",
                             control(IOCTL_EDU_FACTORIAL, &large, 4, &answer, 4),
                             ERROR_INVALID_PARAMETER);
    failed |= expect_refusal("an interrupt that is not for raising",
                             control(IOCTL_EDU_RAISE, &bits, 4, NULL, 0), ERROR_INVALID_PARAMETER);
    failed |= expect_refusal("a buffer that is too small",
                             control(IOCTL_EDU_FACTORIAL, &bits, 4, &answer, 2),
                             ERROR_INSUFFICIENT_BUFFER);
    failed |= expect_refusal("an unknown code", control(EDU_IOCTL(99, 0), NULL, 0, NULL, 0),
                             ERROR_INVALID_FUNCTION);
    return failed;
}

static int do_wait(void)
{
    static unsigned char buffer[EDU_DEVICE_BYTES];
    ULONG count = 0;

    while (move(count % 2 == 0, 0, buffer, sizeof(buffer)))
        count++;
    if (GetLastError() != ERROR_DEVICE_NOT_CONNECTED)
        return fail("transfer");
    printf("gone after %lu transfers\n", count);
    return 0;
}

static int do_statistics(void)
{
    EDU_STATISTICS s;

    if (!control(IOCTL_EDU_STATISTICS, NULL, 0, &s, sizeof(s)))
        return fail("statistics");
    printf("interrupts %lu by %s, factorials %lu, raises %lu, transfers %lu of %llu bytes, "
           "recovered %lu\n",
           s.Interrupts, s.MessageBased ? "message" : "line", s.Factorials, s.Raises, s.Transfers,
           (unsigned long long)s.Bytes, s.Recovered);
    return 0;
}

static int run_command(char **word, int *used)
{
    *used = 1;
    if (strcmp(word[0], "id") == 0)
        return do_id();
    if (strcmp(word[0], "factorial") == 0)
        return do_factorial();
    if (strcmp(word[0], "cancel") == 0)
        return do_cancel();
    if (strcmp(word[0], "refused") == 0)
        return do_refused();
    if (strcmp(word[0], "wait") == 0)
        return do_wait();
    if (strcmp(word[0], "statistics") == 0)
        return do_statistics();
    *used = 2;
    if (strcmp(word[0], "interrupts") == 0 && word[1] != NULL)
        return do_interrupts(strtoul(word[1], NULL, 0));
    if (strcmp(word[0], "dma") == 0 && word[1] != NULL)
        return do_dma(strtoul(word[1], NULL, 0));
    fputs(usage, stderr);
    return 2;
}

int main(int argc, char **argv)
{
    int status = 0, used;

    if (argc < 2) {
        fputs(usage, stderr);
        return 2;
    }
    device = CreateFileA(EDU_WIN32_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
                         NULL);
    if (device == INVALID_HANDLE_VALUE)
        return fail("open");
    for (int i = 1; i < argc && status == 0; i += used)
        status = run_command(argv + i, &used);
    CloseHandle(device);
    return status;
}
