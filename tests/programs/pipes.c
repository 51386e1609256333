/*
 * Pipes: anonymous ones between threads and to a child's standard handles, named ones by bytes and
 * by messages, connecting and disconnecting, what each end sees when the other is gone, requests
 * that wait and are cancelled.
 */
#include <ctype.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define NAME "\\\\.\\pipe\\pipes_test"

/* A child copies its input to its output, in capitals. */
static int child(void)
{
    char text[256];
    DWORD bytes, written;

    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, sizeof(text), &bytes, NULL) &&
           bytes != 0) {
        for (DWORD i = 0; i < bytes; i++)
            text[i] = (char)toupper(text[i]);
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, bytes, &written, NULL))
            return 1;
    }
    return GetLastError() == ERROR_BROKEN_PIPE ? 0 : 2;
}

static void test_anonymous(void)
{
    HANDLE read, write;
    char text[64] = "";
    DWORD bytes = 9, available = 9;

    OK(CreatePipe(&read, &write, NULL, 0), "CreatePipe");
    OK(GetFileType(read) == FILE_TYPE_PIPE, "its file type");
    OK(PeekNamedPipe(read, NULL, 0, NULL, &available, NULL) && available == 0, "it is empty");
    OK(WriteFile(write, "hello ", 6, &bytes, NULL) && bytes == 6 &&
           WriteFile(write, "world", 5, &bytes, NULL),
       "write twice");
    OK(PeekNamedPipe(read, text, 3, &bytes, &available, NULL) && bytes == 3 && available == 11 &&
           memcmp(text, "hel", 3) == 0,
       "look without taking");
    OK(ReadFile(read, text, 8, &bytes, NULL) && bytes == 8 && memcmp(text, "hello wo", 8) == 0,
       "read over the border");
    OK(!WriteFile(read, "x", 1, &bytes, NULL) && GetLastError() == ERROR_ACCESS_DENIED,
       "the reading end does not write");
    CloseHandle(write);
    OK(ReadFile(read, text, sizeof(text), &bytes, NULL) && bytes == 3,
       "what was written is there after the end is closed");
    OK(!ReadFile(read, text, sizeof(text), &bytes, NULL) && GetLastError() == ERROR_BROKEN_PIPE &&
           bytes == 0,
       "then it is broken");
    OK(!PeekNamedPipe(read, NULL, 0, NULL, &available, NULL) && GetLastError() == ERROR_BROKEN_PIPE,
       "for a look too");
    CloseHandle(read);
    CreatePipe(&read, &write, NULL, 0);
    CloseHandle(read);
    OK(!WriteFile(write, "x", 1, &bytes, NULL) && GetLastError() == ERROR_NO_DATA,
       "nobody is there to read");
    CloseHandle(write);
}

static DWORD WINAPI read_all(void *argument)
{
    static char text[1000];
    DWORD total = 0, bytes;

    while (ReadFile((HANDLE)argument, text, sizeof(text), &bytes, NULL) && bytes != 0) {
        for (DWORD i = 0; i < bytes; i++, total++)
            if ((BYTE)text[i] != (BYTE)(total * 7))
                return 0;
    }
    return total;
}

/* More than the pipe holds: the writer waits for the reader. */
static void test_much(void)
{
    static char text[30000];
    HANDLE read, write, thread;
    DWORD bytes, code = 0;
    int wrong = 0;

    for (DWORD i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    CreatePipe(&read, &write, NULL, 512);
    thread = CreateThread(NULL, 0, read_all, read, 0, NULL);
    for (DWORD at = 0, part = 1; at < sizeof(text); at += part, part = part * 3 % 2000 + 1) {
        if (part > sizeof(text) - at)
            part = sizeof(text) - at;
        wrong += !WriteFile(write, text + at, part, &bytes, NULL) || bytes != part;
    }
    OK(wrong == 0, "writes that have to wait");
    CloseHandle(write);
    OK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) &&
           code == sizeof(text),
       "all of it arrives, in order");
    CloseHandle(thread);
    CloseHandle(read);
}

static void test_child(const char *self)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION info;
    HANDLE to, from;
    char line[MAX_PATH + 20], text[64] = "";
    DWORD bytes = 0, code = 9;

    CreatePipe(&startup.hStdInput, &to, &inheritable, 0);
    CreatePipe(&from, &startup.hStdOutput, &inheritable, 0);
    SetHandleInformation(to, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
    snprintf(line, sizeof(line), "\"%s\" child", self);
    OK(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &info),
       "a child between two pipes");
    CloseHandle(startup.hStdInput);
    CloseHandle(startup.hStdOutput);
    WriteFile(to, "through a child", 15, &bytes, NULL);
    OK(ReadFile(from, text, sizeof(text), &bytes, NULL) && bytes == 15 &&
           memcmp(text, "THROUGH A CHILD", 15) == 0,
       "its answer");
    CloseHandle(to);
    OK(!ReadFile(from, text, sizeof(text), &bytes, NULL) && GetLastError() == ERROR_BROKEN_PIPE,
       "it ends with its input");
    WaitForSingleObject(info.hProcess, INFINITE);
    OK(GetExitCodeProcess(info.hProcess, &code) && code == 0, "exit code");
    CloseHandle(from);
    CloseHandle(info.hProcess);
    CloseHandle(info.hThread);
}

static HANDLE connect_to(DWORD access)
{
    return CreateFileA(NAME, access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void test_messages(void)
{
    DWORD mode = PIPE_READMODE_MESSAGE, bytes = 0, left = 0, flags = 0;
    HANDLE server, client;
    char text[64];

    OK(connect_to(GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND,
       "no pipe of this name");
    server = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                              1, 100, 200, 0, NULL);
    OK(server != INVALID_HANDLE_VALUE, "CreateNamedPipe");
    OK(!ReadFile(server, text, 1, &bytes, NULL) && GetLastError() == ERROR_PIPE_LISTENING,
       "nobody is connected");
    client = connect_to(GENERIC_READ | GENERIC_WRITE);
    OK(client != INVALID_HANDLE_VALUE, "a client");
    OK(!ConnectNamedPipe(server, NULL) && GetLastError() == ERROR_PIPE_CONNECTED,
       "is connected already");
    OK(connect_to(GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY,
       "there is room for one only");
    OK(CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1, 0, 0, 0, NULL) ==
               INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_PIPE_BUSY,
       "and for one instance");
    WriteFile(client, "one", 3, &bytes, NULL);
    WriteFile(client, "second", 6, &bytes, NULL);
    OK(ReadFile(server, text, sizeof(text), &bytes, NULL) && bytes == 3,
       "a message is read by itself");
    OK(PeekNamedPipe(server, text, 2, &bytes, NULL, &left) && bytes == 2 && left == 4,
       "what a look leaves of the next");
    OK(!ReadFile(server, text, 4, &bytes, NULL) && GetLastError() == ERROR_MORE_DATA && bytes == 4,
       "a part of a message");
    OK(ReadFile(server, text, 4, &bytes, NULL) && bytes == 2, "and its rest");
    WriteFile(server, "abc", 3, &bytes, NULL);
    WriteFile(server, "def", 3, &bytes, NULL);
    OK(ReadFile(client, text, sizeof(text), &bytes, NULL) && bytes == 6, "a client reads bytes");
    OK(SetNamedPipeHandleState(client, &mode, NULL, NULL) &&
           WriteFile(server, "abc", 3, &bytes, NULL) && WriteFile(server, "def", 3, &bytes, NULL) &&
           ReadFile(client, text, sizeof(text), &bytes, NULL) && bytes == 3,
       "until it asks for messages");
    OK(GetNamedPipeInfo(client, &flags, NULL, NULL, &left) &&
           flags == (PIPE_CLIENT_END | PIPE_TYPE_MESSAGE) && left == 1,
       "what it knows of the pipe");
    OK(DisconnectNamedPipe(server), "DisconnectNamedPipe");
    OK(!ReadFile(client, text, 1, &bytes, NULL) && GetLastError() == ERROR_PIPE_NOT_CONNECTED,
       "the client is not connected");
    OK(connect_to(GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY,
       "nobody listens");
    CloseHandle(client);
    CloseHandle(server);
    OK(connect_to(GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND,
       "the pipe goes with its server");
}

static void test_overlapped(void)
{
    HANDLE server = CreateNamedPipeA(NAME, PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED,
                                     PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES, 0, 0, 0, NULL);
    OVERLAPPED request = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE client;
    DWORD bytes = 9;
    char text[16];

    OK(!ConnectNamedPipe(server, &request) && GetLastError() == ERROR_IO_PENDING,
       "a server waits for a client");
    OK(connect_to(GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED,
       "one that wants to read is refused");
    client = connect_to(GENERIC_WRITE);
    OK(client != INVALID_HANDLE_VALUE && GetOverlappedResult(server, &request, &bytes, TRUE),
       "one comes");
    ResetEvent(request.hEvent);
    OK(!ReadFile(server, text, sizeof(text), NULL, &request) && GetLastError() == ERROR_IO_PENDING,
       "a read waits");
    WriteFile(client, "data", 4, &bytes, NULL);
    OK(GetOverlappedResult(server, &request, &bytes, TRUE) && bytes == 4,
       "until something is written");
    ReadFile(server, text, sizeof(text), NULL, &request);
    OK(CancelIo(server) && !GetOverlappedResult(server, &request, &bytes, TRUE) &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "a read is cancelled");
    ReadFile(server, text, sizeof(text), NULL, &request);
    CloseHandle(client);
    OK(!GetOverlappedResult(server, &request, &bytes, TRUE) && GetLastError() == ERROR_BROKEN_PIPE,
       "a read ends with the client");
    OK(DisconnectNamedPipe(server) && !ConnectNamedPipe(server, &request) &&
           GetLastError() == ERROR_IO_PENDING,
       "the server waits for the next");
    CloseHandle(server);
    CloseHandle(request.hEvent);
}

int main(int argc, char **argv)
{
    DWORD before = 0, after = 0;

    if (argc > 1)
        return child();
    GetProcessHandleCount(GetCurrentProcess(), &before);
    test_anonymous();
    test_much();
    test_child(argv[0]);
    test_messages();
    test_overlapped();
    GetProcessHandleCount(GetCurrentProcess(), &after);
    OK(before == after, "no handle is left");
    return tap_end();
}
