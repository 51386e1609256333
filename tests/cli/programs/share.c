/*
 * Looks at the folder it is given as a Windows program does: lists it, reads its files; tries each
 * way to change it, and prints the error of each.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static void List(const char *Folder)
{
    WIN32_FIND_DATAA Data;
    char Pattern[MAX_PATH];
    HANDLE Find;

    snprintf(Pattern, sizeof(Pattern), "%s*", Folder);
    Find = FindFirstFileA(Pattern, &Data);
    if (Find == INVALID_HANDLE_VALUE) {
        printf("list: %lu\n", GetLastError());
        return;
    }
    do
        if (Data.cFileName[0] != '.')
            printf("%s%s %lu\n", Data.cFileName,
                   Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? "\\" : "", Data.nFileSizeLow);
    while (FindNextFileA(Find, &Data));
    FindClose(Find);
}

static void Read(const char *Path)
{
    char Text[100];
    FILE *File = fopen(Path, "rb");

    printf("read: %s\n", File == NULL                             ? "no"
                         : fgets(Text, sizeof(Text), File) == NULL ? "empty"
                                                                   : Text);
    if (File != NULL)
        fclose(File);
}

static DWORD Open(const char *Path, DWORD Access, DWORD Disposition)
{
    HANDLE File = CreateFileA(Path, Access, 7, NULL, Disposition, 0, NULL);

    if (File == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(File);
    return 0;
}

int main(int argc, char **argv)
{
    const char *Folder = argc > 1 ? argv[1] : "Z:\\";
    char Path[MAX_PATH], New[MAX_PATH], Link[MAX_PATH];
    ULARGE_INTEGER Free = {.QuadPart = 1};

    snprintf(Path, sizeof(Path), "%sReadMe.txt", Folder);
    snprintf(New, sizeof(New), "%snew", Folder);
    snprintf(Link, sizeof(Link), "%slink", Folder);
    List(Folder);
    Read(Path);
    printf("link: %lu\n", Open(Link, GENERIC_READ, OPEN_EXISTING));
    printf("open to read: %lu\n", Open(Path, GENERIC_READ, OPEN_EXISTING));
    printf("open to write: %lu\n", Open(Path, GENERIC_WRITE, OPEN_EXISTING));
    printf("overwrite: %lu\n", Open(Path, GENERIC_READ, CREATE_ALWAYS));
    printf("truncate: %lu\n", Open(Path, GENERIC_WRITE, TRUNCATE_EXISTING));
    printf("create: %lu\n", Open(New, GENERIC_READ, CREATE_NEW));
    printf("folder: %lu\n", CreateDirectoryA(New, NULL) ? 0 : GetLastError());
    printf("delete: %lu\n", DeleteFileA(Path) ? 0 : GetLastError());
    printf("rename: %lu\n", MoveFileA(Path, New) ? 0 : GetLastError());
    printf("attributes: %lu\n",
           SetFileAttributesA(Path, FILE_ATTRIBUTE_HIDDEN) ? 0 : GetLastError());
    printf("copy: %lu\n", CopyFileA(Path, "C:\\copy", TRUE) ? 0 : GetLastError());
    printf("type: %u, drives: %lx\n", GetDriveTypeA(Folder), GetLogicalDrives());
    GetDiskFreeSpaceExW(argc > 1 ? NULL : L"Z:\\", &Free, NULL, NULL);
    printf("free: %lu\n", Free.LowPart);
    return 0;
}
