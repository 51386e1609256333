/* Files of C: by the Win32 calls and by the C library. */
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void test_volume(void)
{
    DWORD serial = 0, serial_of_current = 1, longest = 0, flags = 0, sectors = 0, bytes = 0,
          room = 0, all = 0;
    ULARGE_INTEGER total = {.QuadPart = 0};
    WCHAR label[MAX_PATH + 1], system[MAX_PATH + 1];
    char narrow[16];

    OK(GetVolumeInformationW(L"C:\\", label, MAX_PATH + 1, &serial, &longest, &flags, system,
                             MAX_PATH + 1),
       "GetVolumeInformationW");
    OK(longest == 255 && (flags & FILE_UNICODE_ON_DISK) && wcscmp(system, L"NTFS") == 0,
       "NTFS, names of 255, Unicode");
    OK(GetVolumeInformationW(NULL, NULL, 0, &serial_of_current, NULL, NULL, NULL, 0) &&
           serial == serial_of_current,
       "the current directory's volume");
    OK(GetVolumeInformationA("C:\\", NULL, 0, NULL, NULL, NULL, narrow, sizeof(narrow)) &&
           strcmp(narrow, "NTFS") == 0,
       "GetVolumeInformationA");
    OK(!GetVolumeInformationW(L"C:\\", NULL, 0, NULL, NULL, NULL, system, 4) &&
           GetLastError() == ERROR_BAD_LENGTH,
       "a buffer without room for the end");
    OK(!GetVolumeInformationW(L"C:", NULL, 0, NULL, NULL, NULL, NULL, 0) &&
           GetLastError() == ERROR_INVALID_NAME,
       "a root without its backslash");
    OK(!GetVolumeInformationW(L"C:\\Windows\\", NULL, 0, NULL, NULL, NULL, NULL, 0) &&
           GetLastError() == ERROR_DIR_NOT_ROOT, "a directory that is no root");
    OK(!GetVolumeInformationW(L"Q:\\", NULL, 0, NULL, NULL, NULL, NULL, 0) &&
           GetLastError() == ERROR_PATH_NOT_FOUND,
       "a drive that there is not");
    OK(GetDiskFreeSpaceW(L"C:\\", &sectors, &bytes, &room, &all) && room <= all,
       "GetDiskFreeSpaceW");
    OK(GetDiskFreeSpaceExW(L"C:\\", NULL, &total, NULL) &&
           (all == MAXDWORD || total.QuadPart == (ULONGLONG)all * sectors * bytes),
       "the same size by GetDiskFreeSpaceEx");
    OK(GetDiskFreeSpaceA(NULL, NULL, NULL, NULL, NULL),
       "GetDiskFreeSpaceA of the current directory's volume");
}

static void test_win32(void)
{
    HANDLE file, find;
    WIN32_FIND_DATAA data;
    DWORD moved;
    char text[32];
    int found = 0;

    OK(CreateDirectoryA("C:\\files", NULL), "CreateDirectory");
    OK(!CreateDirectoryA("C:\\files", NULL) && GetLastError() == ERROR_ALREADY_EXISTS, "once");
    OK(SetCurrentDirectoryA("C:\\files"), "SetCurrentDirectory");
    file = CreateFileA("a.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW,
                       FILE_ATTRIBUTE_NORMAL, NULL);
    OK(file != INVALID_HANDLE_VALUE, "a relative name");
    OK(WriteFile(file, "0123456789", 10, &moved, NULL) && moved == 10, "write ten bytes");
    OK(GetFileSize(file, NULL) == 10, "GetFileSize");
    OK(SetFilePointer(file, -4, NULL, FILE_END) == 6, "SetFilePointer from the end");
    OK(ReadFile(file, text, sizeof(text), &moved, NULL) && moved == 4 &&
           memcmp(text, "6789", 4) == 0,
       "read the rest");
    OK(ReadFile(file, text, sizeof(text), &moved, NULL) && moved == 0,
       "the end reads nothing, without an error");
    OK(SetFilePointer(file, 3, NULL, FILE_BEGIN) == 3 && SetEndOfFile(file) &&
           GetFileSize(file, NULL) == 3,
       "SetEndOfFile");
    OK(CreateFileA("a.txt", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL) ==
               INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_SHARING_VIOLATION,
       "an exclusive file cannot be opened again");
    CloseHandle(file);
    OK(CreateFileA("a.txt", GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_FILE_EXISTS, "CREATE_NEW wants none");
    OK(CreateFileA("none.txt", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) ==
               INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "OPEN_EXISTING wants one");
    OK(MoveFileA("a.txt", "C:\\moved.txt"), "MoveFile to the root");
    OK(MoveFileA("C:\\moved.txt", "b.txt"), "MoveFile");
    OK(GetFileAttributesA("a.txt") == INVALID_FILE_ATTRIBUTES &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "it moved");
    OK((GetFileAttributesA("b.txt") & FILE_ATTRIBUTE_DIRECTORY) == 0, "GetFileAttributes");
    find = FindFirstFileA("*.txt", &data);
    while (find != INVALID_HANDLE_VALUE) {
        found += strcmp(data.cFileName, "b.txt") == 0 && data.nFileSizeLow == 3;
        if (!FindNextFileA(find, &data)) {
            OK(GetLastError() == ERROR_NO_MORE_FILES, "FindNextFile ends with ERROR_NO_MORE_FILES");
            FindClose(find);
            break;
        }
    }
    OK(found == 1, "FindFirstFile finds it");
    OK(!RemoveDirectoryA("C:\\files") && GetLastError() == ERROR_DIR_NOT_EMPTY,
       "a directory in use stays");
    OK(DeleteFileA("b.txt"), "DeleteFile");
    OK(SetCurrentDirectoryA("C:\\") && RemoveDirectoryA("C:\\files"), "RemoveDirectory");
}

static void test_paths(void)
{
    char path[MAX_PATH], *part = NULL;

    SetCurrentDirectoryA("C:\\Windows");
    OK(GetFullPathNameA("..\\a\\.\\b.txt", sizeof(path), path, &part) == 10 &&
           strcmp(path, "C:\\a\\b.txt") == 0 && part == path + 5,
       "GetFullPathName takes dots out");
    OK(GetFullPathNameA("x", 4, path, NULL) == 13, "and says what it needs");
    OK(GetCurrentDirectoryA(sizeof(path), path) == 10 && strcmp(path, "C:\\Windows") == 0,
       "GetCurrentDirectory");
    OK(GetTempPathA(sizeof(path), path) != 0 && path[strlen(path) - 1] == '\\',
       "GetTempPath ends in a backslash");
    OK(GetModuleFileNameA(NULL, path, sizeof(path)) != 0 && strstr(path, "files") != NULL,
       "GetModuleFileName");
}

static void test_stdio(void)
{
    char line[64];
    FILE *file = fopen("C:\\stdio.txt", "w");
    size_t got;

    OK(file != NULL, "fopen for writing");
    OK(fprintf(file, "%d %s %.2f\n", 42, "text", 2.5) == 13, "fprintf");
    OK(fputs("second\n", file) >= 0 && fclose(file) == 0, "fputs, fclose");
    file = fopen("C:\\stdio.txt", "rb");
    got = fread(line, 1, sizeof(line), file);
    OK(got == 22 && memcmp(line + 12, "\r\nsecond\r\n", 10) == 0, "text mode wrote CR LF");
    fclose(file);
    file = fopen("C:\\stdio.txt", "r");
    OK(fgets(line, sizeof(line), file) != NULL && strcmp(line, "42 text 2.50\n") == 0,
       "fgets gives LF");
    OK(fgets(line, sizeof(line), file) != NULL && fgets(line, sizeof(line), file) == NULL &&
           feof(file),
       "to the end");
    OK(fseek(file, 3, SEEK_SET) == 0 && fgetc(file) == 't' && ftell(file) == 4,
       "fseek, fgetc, ftell");
    fclose(file);
    OK(remove("C:\\stdio.txt") == 0 && fopen("C:\\stdio.txt", "r") == NULL, "remove");
    file = fopen("C:\\append.txt", "w+b");
    fputs("one", file);
    rewind(file);
    OK(fgetc(file) == 'o' && fseek(file, 0, SEEK_END) == 0 && fputs("two", file) >= 0,
       "w+ reads and writes");
    rewind(file);
    OK(fread(line, 1, 6, file) == 6 && memcmp(line, "onetwo", 6) == 0, "in order");
    fclose(file);
    remove("C:\\append.txt");
}

static void test_copy(void)
{
    static char data[100000], back[sizeof(data)];
    HANDLE file = CreateFileA("C:\\from.bin", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_HIDDEN, NULL);
    FILETIME then = {0x10000000, 0x1D00000}, now;
    DWORD moved;

    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * 7 + i / 256);
    OK(WriteFile(file, data, sizeof(data), &moved, NULL) && SetFileTime(file, NULL, NULL, &then),
       "a file to copy");
    CloseHandle(file);
    OK(CopyFileA("C:\\from.bin", "C:\\to.bin", TRUE), "CopyFile");
    OK(!CopyFileA("C:\\from.bin", "C:\\to.bin", TRUE) && GetLastError() == ERROR_FILE_EXISTS,
       "not over a file");
    OK(!CopyFileA("C:\\none.bin", "C:\\to.bin", FALSE) && GetLastError() == ERROR_FILE_NOT_FOUND,
       "not from none");
    OK(CopyFileA("C:\\from.bin", "C:\\to.bin", FALSE), "over a file when asked to");
    file = CreateFileA("C:\\to.bin", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(ReadFile(file, back, sizeof(back), &moved, NULL) && moved == sizeof(back) &&
           GetFileSize(file, NULL) == moved && memcmp(data, back, sizeof(back)) == 0,
       "its data");
    OK(GetFileTime(file, NULL, NULL, &now) && CompareFileTime(&then, &now) == 0,
       "the time of its last write");
    CloseHandle(file);
    OK(GetFileAttributesA("C:\\to.bin") & FILE_ATTRIBUTE_HIDDEN, "its attributes");
    SetFileAttributesA("C:\\to.bin", FILE_ATTRIBUTE_NORMAL);
    SetFileAttributesA("C:\\from.bin", FILE_ATTRIBUTE_NORMAL);
    OK(DeleteFileA("C:\\from.bin") && DeleteFileA("C:\\to.bin"), "both are deleted");
}

int main(void)
{
    test_copy();
    test_volume();
    test_win32();
    test_paths();
    test_stdio();
    return tap_end();
}
