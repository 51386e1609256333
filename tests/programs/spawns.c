/*
 * spawns [up] COMMAND...: starts each command line and waits for its end; says which process it is
 * itself, its child's ID, and the child's exit code or why it did not start. After "up" the parent
 * of the commands is our own parent.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

static HANDLE parent;

static int run(char *command)
{
    STARTUPINFOEXA startup = {.StartupInfo.cb = sizeof(startup)};
    PROCESS_INFORMATION info;
    SIZE_T size = 0;
    DWORD code = 0;

    if (parent != NULL) {
        InitializeProcThreadAttributeList(NULL, 1, 0, &size);
        startup.lpAttributeList = malloc(size);
        InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size);
        UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS,
                                  &parent, sizeof(parent), NULL, NULL);
    }
    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                        &startup.StartupInfo, &info)) {
        printf("%s: error %lu\n", command, GetLastError());
        return 1;
    }
    printf("child %lu of %lu\n", info.dwProcessId, GetCurrentProcessId());
    fflush(stdout);
    WaitForSingleObject(info.hProcess, INFINITE);
    GetExitCodeProcess(info.hProcess, &code);
    printf("%s: exit code %lu\n", command, code);
    fflush(stdout);
    CloseHandle(info.hProcess);
    CloseHandle(info.hThread);
    return 0;
}

static HANDLE own_parent(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32 entry = {.dwSize = sizeof(entry)};
    DWORD id = 0;

    for (BOOL more = Process32First(snapshot, &entry); more; more = Process32Next(snapshot, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            id = entry.th32ParentProcessID;
    CloseHandle(snapshot);
    return OpenProcess(PROCESS_CREATE_PROCESS | PROCESS_DUP_HANDLE, FALSE, id);
}

int main(int argc, char **argv)
{
    int failed = 0;

    printf("spawns: %lu, thread %lu\n", GetCurrentProcessId(), GetCurrentThreadId());
    fflush(stdout);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "up") == 0)
            parent = own_parent();
        else
            failed |= run(argv[i]);
    return failed;
}
