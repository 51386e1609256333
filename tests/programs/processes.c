/*
 * Processes that make processes: command lines, environments, directories, exit codes, handles
 * inherited and duplicated, named objects and sections between two, waits, ends, priorities, lists.
 * Run again as a child by its first argument.
 */
#include <windows.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#include "tap.h"

static char self[MAX_PATH];

/* ---- the children ---- */

static int child_echo(int argc, char **argv)
{
    char directory[MAX_PATH], value[64] = "";
    HANDLE map = OpenFileMappingA(FILE_MAP_WRITE, FALSE, "ProcessesText");
    char *text = map != NULL ? MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0) : NULL;

    if (text == NULL)
        return 99;
    GetCurrentDirectoryA(sizeof(directory), directory);
    GetEnvironmentVariableA("PROCESSES_TEST", value, sizeof(value));
    sprintf(text, "%d args, last [%s], in [%s], value [%s]", argc, argv[argc - 1], directory,
            value);
    return 40 + argc;
}

/* Writes to the handle whose number is its argument. */
static int child_write(char **argv)
{
    DWORD written;
    HANDLE file = (HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 10);

    return WriteFile(file, "from the child", 14, &written, NULL) ? 0 : (int)GetLastError();
}

static int child_events(void)
{
    HANDLE ping = OpenEventA(SYNCHRONIZE | EVENT_MODIFY_STATE, FALSE, "ProcessesPing");
    HANDLE pong = OpenEventA(EVENT_MODIFY_STATE, FALSE, "ProcessesPong");
    HANDLE mutex = OpenMutexA(SYNCHRONIZE, FALSE, "ProcessesMutex");

    if (ping == NULL || pong == NULL || mutex == NULL)
        return 1;
    for (int i = 0; i < 100; i++) {
        if (WaitForSingleObject(ping, 10000) != WAIT_OBJECT_0)
            return 2;
        SetEvent(pong);
    }
    return WaitForSingleObject(mutex, 10000) == WAIT_OBJECT_0
               ? 5
               : 3; /* ends with the mutex in its hands */
}

/* Reads from the address that is its argument: the parent's, which is not there in this process. */
static int child_peek(char **argv)
{
    volatile const int *address = (volatile const int *)strtoull(argv[2], NULL, 16);
    MEMORY_BASIC_INFORMATION info;

    if (VirtualQuery((PVOID)address, &info, sizeof(info)) == 0 || info.State != MEM_FREE)
        return 1;
    return *address;
}

/* The same address as the parent, other contents. */
static int child_same(char **argv)
{
    volatile int *address = VirtualAlloc((PVOID)strtoull(argv[2], NULL, 16), 4096,
                                         MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, "ProcessesReady");
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, "ProcessesGo");

    if (address == NULL || *address != 0)
        return 1;
    *address = 22;
    SetEvent(ready);
    WaitForSingleObject(go, INFINITE);
    return *address;
}

static int child(int argc, char **argv)
{
    if (strcmp(argv[1], "echo") == 0)
        return child_echo(argc, argv);
    if (strcmp(argv[1], "write") == 0)
        return child_write(argv);
    if (strcmp(argv[1], "events") == 0)
        return child_events();
    if (strcmp(argv[1], "peek") == 0)
        return child_peek(argv);
    if (strcmp(argv[1], "same") == 0)
        return child_same(argv);
    if (strcmp(argv[1], "detached") == 0)
        return GetStdHandle(STD_OUTPUT_HANDLE) != NULL ||
               GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0);
    if (strcmp(argv[1], "sleep") == 0)
        Sleep(INFINITE);
    if (strcmp(argv[1], "say") == 0)
        return printf("# a child says %s\n", argv[2]) > 0 ? 0 : 1;
    return 77;
}

/* ---- the parent ---- */

static BOOL start_with(const char *arguments, DWORD flags, BOOL inherit, void *environment,
                       const char *directory, STARTUPINFOA *startup, PROCESS_INFORMATION *info)
{
    STARTUPINFOA plain = {.cb = sizeof(plain)};
    char line[600];

    snprintf(line, sizeof(line), "\"%s\" %s", self, arguments);
    memset(info, 0xA5, sizeof(*info));
    return CreateProcessA(NULL, line, NULL, NULL, inherit, flags, environment, directory,
                          startup != NULL ? startup : &plain, info);
}

static BOOL start(const char *arguments, PROCESS_INFORMATION *info)
{
    return start_with(arguments, 0, FALSE, NULL, NULL, NULL, info);
}

/* Waits for the end, closes both handles; the exit code. */
static DWORD finish(PROCESS_INFORMATION *info)
{
    DWORD code = 0xDEAD;

    if (WaitForSingleObject(info->hProcess, 20000) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess(info->hProcess, &code))
        return 0xDEAD;
    CloseHandle(info->hProcess);
    CloseHandle(info->hThread);
    return code;
}

static void test_parameters(void)
{
    static char block[] = "AAA=1\0PROCESSES_TEST=from the block\0SystemRoot=C:\\Windows\0";
    HANDLE map =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "ProcessesText");
    char *text = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    PROCESS_INFORMATION info;

    SetEnvironmentVariableA("PROCESSES_TEST", "inherited");
    OK(start("echo one \"two three\"", &info), "CreateProcess");
    OK(info.dwProcessId != GetCurrentProcessId() && info.dwProcessId != 0 && info.dwThreadId != 0 &&
           GetProcessId(info.hProcess) == info.dwProcessId &&
           GetThreadId(info.hThread) == info.dwThreadId &&
           GetProcessIdOfThread(info.hThread) == info.dwProcessId,
       "its IDs");
    OK(finish(&info) == 44, "its exit code");
    OK(strcmp(text, "4 args, last [two three], in [C:\\], value [inherited]") == 0,
       "arguments, directory, environment");
    CreateDirectoryA("C:\\sub", NULL);
    OK(start_with("echo x", 0, FALSE, block, "C:\\sub", NULL, &info) && finish(&info) == 43,
       "a block and a directory of its own");
    OK(strcmp(text, "3 args, last [x], in [C:\\sub], value [from the block]") == 0, "they arrive");
    OK(!start_with("echo x", 0, FALSE, NULL, "C:\\nowhere", NULL, &info) &&
           GetLastError() == ERROR_DIRECTORY,
       "a directory that is not there");
    UnmapViewOfFile(text);
    CloseHandle(map);
    OK(OpenFileMappingA(FILE_MAP_READ, FALSE, "ProcessesText") == NULL &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "the section goes with its last handle");
}

static void test_names(void)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION info;
    char line[] = "processes say found";
    char bad[] = "no_such_program 1";

    OK(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info) &&
           finish(&info) == 0,
       "a name without folder and extension is searched for");
    OK(!CreateProcessA(NULL, bad, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info) &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "a program that is not there");
    OK(!CreateProcessA("processes", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info) &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "an application name is taken as it is");
    OK(!CreateProcessA(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS | CREATE_NEW_CONSOLE, NULL,
                       NULL, &startup, &info) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "flags that exclude each other");
    OK(!CreateProcessA("C:\\Windows\\System32\\ntdll.dll", NULL, NULL, NULL, FALSE, 0, NULL, NULL,
                       &startup, &info) &&
           GetLastError() == ERROR_BAD_EXE_FORMAT,
       "a DLL is no program");
}

static void test_handles(void)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    HANDLE yes = CreateFileA("C:\\inherited.txt", GENERIC_READ | GENERIC_WRITE, 0, &inheritable,
                             CREATE_ALWAYS, 0, NULL);
    HANDLE no = CreateFileA("C:\\own.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL),
           copy = NULL;
    PROCESS_INFORMATION info;
    char words[64], text[32] = "";
    DWORD bytes = 0, flags = 9;

    OK(GetHandleInformation(yes, &flags) && flags == HANDLE_FLAG_INHERIT &&
           GetHandleInformation(no, &flags) && flags == 0,
       "what handles say of their inheritance");
    snprintf(words, sizeof(words), "write %llu", (unsigned long long)(ULONG_PTR)yes);
    OK(start_with(words, 0, TRUE, NULL, NULL, NULL, &info) && finish(&info) == 0,
       "an inherited handle has the same number");
    SetFilePointer(yes, 0, NULL, FILE_BEGIN);
    ReadFile(yes, text, sizeof(text) - 1, &bytes, NULL);
    OK(bytes == 14 && strcmp(text, "from the child") == 0, "and is the same file");
    OK(start_with(words, 0, FALSE, NULL, NULL, NULL, &info) &&
           finish(&info) == ERROR_INVALID_HANDLE,
       "without inheritance it is none");
    snprintf(words, sizeof(words), "write %llu", (unsigned long long)(ULONG_PTR)no);
    OK(start_with(words, 0, TRUE, NULL, NULL, NULL, &info) && finish(&info) == ERROR_INVALID_HANDLE,
       "one that is not inheritable is none");
    OK(SetHandleInformation(no, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) &&
           start_with(words, 0, TRUE, NULL, NULL, NULL, &info) && finish(&info) == 0,
       "until it is made so");

    OK(start_with("sleep", CREATE_SUSPENDED, FALSE, NULL, NULL, NULL, &info),
       "a suspended process");
    OK(DuplicateHandle(GetCurrentProcess(), no, info.hProcess, &copy, 0, FALSE,
                       DUPLICATE_SAME_ACCESS) &&
           copy != NULL,
       "a handle for another process");
    OK(DuplicateHandle(info.hProcess, copy, GetCurrentProcess(), &copy, 0, FALSE,
                       DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE) &&
           WriteFile(copy, "x", 1, &bytes, NULL),
       "and back");
    CloseHandle(copy);
    OK(TerminateProcess(info.hProcess, 12) && finish(&info) == 12,
       "it is terminated before it ran");
    CloseHandle(yes);
    CloseHandle(no);
}

static void test_list(void)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    HANDLE listed =
        CreateFileA("C:\\listed.txt", GENERIC_WRITE, 0, &inheritable, CREATE_ALWAYS, 0, NULL);
    HANDLE other =
        CreateFileA("C:\\other.txt", GENERIC_WRITE, 0, &inheritable, CREATE_ALWAYS, 0, NULL);
    STARTUPINFOEXA startup = {.StartupInfo.cb = sizeof(startup)};
    PROCESS_INFORMATION info;
    char room[256], words[64];
    SIZE_T size = 0;

    OK(!InitializeProcThreadAttributeList(NULL, 1, 0, &size) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && size != 0,
       "the size of an attribute list");
    size = sizeof(room);
    startup.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)room;
    OK(InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size) &&
           UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                     &listed, sizeof(listed), NULL, NULL),
       "a list of handles to inherit");
    snprintf(words, sizeof(words), "write %llu", (unsigned long long)(ULONG_PTR)listed);
    OK(start_with(words, EXTENDED_STARTUPINFO_PRESENT, TRUE, NULL, NULL, &startup.StartupInfo,
                  &info) &&
           finish(&info) == 0,
       "one in the list is inherited");
    snprintf(words, sizeof(words), "write %llu", (unsigned long long)(ULONG_PTR)other);
    OK(start_with(words, EXTENDED_STARTUPINFO_PRESENT, TRUE, NULL, NULL, &startup.StartupInfo,
                  &info) &&
           finish(&info) == ERROR_INVALID_HANDLE,
       "one that is not in it is not");
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    CloseHandle(listed);
    CloseHandle(other);
}

static void test_output(void)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    HANDLE file = CreateFileA("C:\\output.txt", GENERIC_READ | GENERIC_WRITE, 0, &inheritable,
                              CREATE_ALWAYS, 0, NULL);
    STARTUPINFOA startup = {
        .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = file};
    PROCESS_INFORMATION info;
    char text[64] = "";
    DWORD bytes;

    OK(start_with("say redirected", 0, TRUE, NULL, NULL, &startup, &info) && finish(&info) == 0,
       "standard output of one's choice");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ReadFile(file, text, sizeof(text) - 1, &bytes, NULL);
    OK(strstr(text, "a child says redirected") != NULL, "what it says is in the file");
    CloseHandle(file);
    OK(start("say on the console", &info) && finish(&info) == 0, "a child on the same console");
    OK(start_with("detached", DETACHED_PROCESS, FALSE, NULL, NULL, NULL, &info) &&
           finish(&info) == 0,
       "a detached one is on no console");
}

static void test_objects(void)
{
    HANDLE ping = CreateEventA(NULL, FALSE, FALSE, "ProcessesPing"),
           pong = CreateEventA(NULL, FALSE, FALSE, "ProcessesPong");
    HANDLE mutex = CreateMutexA(NULL, FALSE, "ProcessesMutex");
    PROCESS_INFORMATION info;
    HANDLE all[2];
    int rounds = 0;

    OK(start("events", &info), "a child that waits for events");
    while (rounds < 100 && SetEvent(ping) && WaitForSingleObject(pong, 10000) == WAIT_OBJECT_0)
        rounds++;
    OK(rounds == 100, "100 times there and back");
    all[0] = info.hProcess;
    all[1] = info.hThread;
    OK(WaitForMultipleObjects(2, all, TRUE, 10000) == WAIT_OBJECT_0,
       "process and thread are signalled");
    OK(WaitForSingleObject(mutex, 0) == WAIT_ABANDONED_0, "the mutex that it had is abandoned");
    ReleaseMutex(mutex);
    OK(finish(&info) == 5, "exit code");
    CloseHandle(ping);
    CloseHandle(pong);
    CloseHandle(mutex);
}

static void test_memory(void)
{
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, "ProcessesReady"),
           go = CreateEventA(NULL, FALSE, FALSE, "ProcessesGo");
    volatile int *own = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PROCESS_INFORMATION info;
    SIZE_T moved = 0;
    char words[64];
    int value = 0;
    PVOID theirs;

    *own = 11;
    snprintf(words, sizeof(words), "same %llx", (unsigned long long)(ULONG_PTR)own);
    OK(start(words, &info) && WaitForSingleObject(ready, 10000) == WAIT_OBJECT_0,
       "a child with memory at the same address");
    OK(*own == 11, "ours is as it was");
    OK(ReadProcessMemory(info.hProcess, (PVOID)own, &value, sizeof(value), &moved) && moved == 4 &&
           value == 22,
       "ReadProcessMemory reads theirs");
    value = 33;
    OK(WriteProcessMemory(info.hProcess, (PVOID)own, &value, sizeof(value), &moved) && moved == 4 &&
           *own == 11,
       "WriteProcessMemory writes theirs");
    theirs = VirtualAllocEx(info.hProcess, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    OK(theirs != NULL && WriteProcessMemory(info.hProcess, theirs, words, 8, NULL),
       "memory given to another process");
    OK(!ReadProcessMemory(info.hProcess, (PVOID)0x12340000, &value, sizeof(value), &moved) &&
           moved == 0 && GetLastError() == ERROR_PARTIAL_COPY,
       "memory that is not there");
    SetEvent(go);
    OK(finish(&info) == 33 && *own == 11, "it reads what we have written");
    snprintf(words, sizeof(words), "peek %llx",
             (unsigned long long)(ULONG_PTR)VirtualAlloc((PVOID)0x5550000000, 4096,
                                                         MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    OK(start(words, &info) && finish(&info) == 0xC0000005, "ours is not there in a child");
    VirtualFree((PVOID)own, 0, MEM_RELEASE);
    CloseHandle(ready);
    CloseHandle(go);
}

static void test_ends(void)
{
    PROCESS_INFORMATION info;
    FILETIME created, ended, kernel, user;
    DWORD code = 0;
    HANDLE opened;

    OK(start("sleep", &info), "a child that sleeps");
    OK(WaitForSingleObject(info.hProcess, 10) == WAIT_TIMEOUT &&
           GetExitCodeProcess(info.hProcess, &code) && code == STILL_ACTIVE,
       "it is still active");
    opened = OpenProcess(PROCESS_TERMINATE, FALSE, info.dwProcessId);
    OK(opened != NULL && !GetExitCodeProcess(opened, &code) &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "a handle that may only terminate");
    OK(TerminateProcess(opened, 123), "TerminateProcess");
    CloseHandle(opened);
    OK(WaitForSingleObject(info.hProcess, 10000) == WAIT_OBJECT_0 &&
           GetExitCodeProcess(info.hProcess, &code) && code == 123,
       "its exit code");
    OK(GetProcessTimes(info.hProcess, &created, &ended, &kernel, &user) &&
           CompareFileTime(&created, &ended) < 0,
       "it has begun before it has ended");
    OK(!TerminateProcess(info.hProcess, 1) && GetLastError() == ERROR_ACCESS_DENIED,
       "it does not end twice");
    CloseHandle(info.hThread);
    CloseHandle(info.hProcess);
    for (int i = 0;
         i < 1000 && (opened = OpenProcess(PROCESS_TERMINATE, FALSE, info.dwProcessId)) != NULL;
         i++) {
        CloseHandle(opened); /* the object is there while its last thread is cleared away */
        Sleep(1);
    }
    OK(opened == NULL && GetLastError() == ERROR_INVALID_PARAMETER,
       "its ID means nothing any more");
}

static void test_suspension(void)
{
    PROCESS_INFORMATION info;

    OK(start_with("say resumed", CREATE_SUSPENDED, FALSE, NULL, NULL, NULL, &info),
       "a suspended child");
    OK(WaitForSingleObject(info.hProcess, 50) == WAIT_TIMEOUT, "it does not run");
    OK(SuspendThread(info.hThread) == 1 && ResumeThread(info.hThread) == 2 &&
           ResumeThread(info.hThread) == 1 && finish(&info) == 0,
       "until it is resumed as often");
}

static void test_priorities(void)
{
    PROCESS_INFORMATION info;

    OK(start_with("sleep", CREATE_SUSPENDED | BELOW_NORMAL_PRIORITY_CLASS, FALSE, NULL, NULL, NULL,
                  &info) &&
           GetPriorityClass(info.hProcess) == BELOW_NORMAL_PRIORITY_CLASS,
       "a priority class from the start");
    OK(SetThreadPriority(info.hThread, THREAD_PRIORITY_ABOVE_NORMAL) &&
           SetPriorityClass(info.hProcess, HIGH_PRIORITY_CLASS) &&
           GetPriorityClass(info.hProcess) == HIGH_PRIORITY_CLASS &&
           GetThreadPriority(info.hThread) == THREAD_PRIORITY_ABOVE_NORMAL,
       "a thread keeps its priority in another class");
    OK(SetThreadPriority(info.hThread, THREAD_PRIORITY_TIME_CRITICAL) &&
           GetThreadPriority(info.hThread) == THREAD_PRIORITY_TIME_CRITICAL &&
           SetThreadPriority(info.hThread, THREAD_PRIORITY_IDLE) &&
           GetThreadPriority(info.hThread) == THREAD_PRIORITY_IDLE,
       "the ends of the range");
    OK(!SetPriorityClass(info.hProcess, 3) && GetLastError() == ERROR_INVALID_PARAMETER,
       "a class that is none");
    TerminateProcess(info.hProcess, 0);
    finish(&info);
}

static void test_lists(void)
{
    HANDLE snapshot;
    PROCESSENTRY32 entry = {.dwSize = sizeof(entry)};
    THREADENTRY32 thread = {.dwSize = sizeof(thread)};
    PROCESS_INFORMATION info;
    DWORD ids[64], used = 0, size = MAX_PATH, found = 0, threads = 0;
    char name[MAX_PATH] = "";
    BOOL parent = FALSE;

    OK(start("sleep", &info), "a child to look for");
    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    for (BOOL more = Process32First(snapshot, &entry); more; more = Process32Next(snapshot, &entry))
        if (entry.th32ProcessID == info.dwProcessId)
            parent = entry.th32ParentProcessID == GetCurrentProcessId() &&
                     strcmp(entry.szExeFile, "processes.exe") == 0;
    OK(parent && GetLastError() == ERROR_NO_MORE_FILES, "it is in a snapshot, with its parent");
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread))
        threads += thread.th32OwnerProcessID == GetCurrentProcessId();
    OK(threads == 1, "and our one thread");
    CloseHandle(snapshot);
    OK(EnumProcesses(ids, sizeof(ids), &used), "EnumProcesses");
    for (DWORD i = 0; i < used / sizeof(ids[0]); i++)
        found += ids[i] == info.dwProcessId || ids[i] == GetCurrentProcessId();
    OK(found == 2, "has both");
    OK(QueryFullProcessImageNameA(info.hProcess, 0, name, &size) && _stricmp(name, self) == 0 &&
           size == strlen(self),
       "the path of its program");
    TerminateProcess(info.hProcess, 0);
    finish(&info);
}

int main(int argc, char **argv)
{
    DWORD before = 0, after = 0;

    if (argc > 1)
        return child(argc, argv);
    GetModuleFileNameA(NULL, self, sizeof(self));
    GetProcessHandleCount(GetCurrentProcess(), &before);
    test_parameters();
    test_names();
    test_handles();
    test_list();
    test_output();
    test_objects();
    test_memory();
    test_ends();
    test_suspension();
    test_priorities();
    test_lists();
    GetProcessHandleCount(GetCurrentProcess(), &after);
    OK(before == after, "no handle is left");
    return tap_end();
}
