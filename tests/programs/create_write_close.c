/* The three calls of a file write: CreateFile, WriteFile, CloseHandle; then a look at what was written. */
#include <windows.h>

#include "tap.h"

static const WCHAR directory[] = L"C:\\Users", name[] = L"C:\\Users\\test.txt";

int main(void)
{
    char text[] = {0x41, 0x42, 0x43}, back[8];
    DWORD written = 0, got = 0;
    HANDLE file;

    CreateDirectoryW(directory, NULL);
    file = CreateFileW(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "CreateFile with CREATE_ALWAYS");
    OK(WriteFile(file, text, sizeof(text), &written, NULL), "WriteFile");
    OK(written == sizeof(text), "all bytes were written");
    OK(CloseHandle(file), "CloseHandle");

    file = CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "the file is there");
    OK(ReadFile(file, back, sizeof(back), &got, NULL) && got == 3, "it has three bytes");
    OK(back[0] == 'A' && back[1] == 'B' && back[2] == 'C', "they are ABC");
    OK(CloseHandle(file), "close again");
    OK(!CloseHandle(file) && GetLastError() == ERROR_INVALID_HANDLE, "a closed handle is no handle");
    return tap_end();
}
