/* infverify.exe: main.c with Windows' files and console. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#include "../console.h"
#include "verify.h"

static WCHAR *Widen(const char *Text)
{
    int Count = MultiByteToWideChar(CP_UTF8, 0, Text, -1, NULL, 0);
    WCHAR *Wide = Count > 0 ? malloc((size_t)Count * sizeof(WCHAR)) : NULL;

    if (Wide != NULL)
        MultiByteToWideChar(CP_UTF8, 0, Text, -1, Wide, Count);
    return Wide;
}

static char *Narrow(const WCHAR *Text)
{
    int Count = WideCharToMultiByte(CP_UTF8, 0, Text, -1, NULL, 0, NULL, NULL);
    char *Bytes = Count > 0 ? malloc((size_t)Count) : NULL;

    if (Bytes != NULL)
        WideCharToMultiByte(CP_UTF8, 0, Text, -1, Bytes, Count, NULL, NULL);
    return Bytes;
}

static unsigned char *ReadBytes(const char *Path, unsigned *Count)
{
    WCHAR *Wide = Widen(Path);
    HANDLE File = Wide != NULL ? CreateFileW(Wide, GENERIC_READ, FILE_SHARE_READ, NULL,
                                             OPEN_EXISTING, 0, NULL)
                               : INVALID_HANDLE_VALUE;
    DWORD Size = File != INVALID_HANDLE_VALUE ? GetFileSize(File, NULL) : INVALID_FILE_SIZE,
          Got = 0;
    unsigned char *Bytes = Size != INVALID_FILE_SIZE ? malloc((size_t)Size + 1) : NULL;

    if (Bytes != NULL && !ReadFile(File, Bytes, Size, &Got, NULL)) {
        free(Bytes);
        Bytes = NULL;
    }
    if (File != INVALID_HANDLE_VALUE)
        CloseHandle(File);
    free(Wide);
    *Count = Got;
    return Bytes;
}

static void Expand(const char *Pattern, void (*Each)(void *Context, const char *Path),
                   void *Context)
{
    WCHAR *Wide = Widen(Pattern), Path[2 * MAX_PATH], *Slash;
    WIN32_FIND_DATAW Found;
    HANDLE Search = Wide != NULL ? FindFirstFileW(Wide, &Found) : INVALID_HANDLE_VALUE;
    char *Name;

    if (Search != INVALID_HANDLE_VALUE) {
        do {
            Slash = wcsrchr(Wide, L'\\');
            _snwprintf(Path, 2 * MAX_PATH - 1, L"%.*ls%ls",
                       Slash != NULL ? (int)(Slash + 1 - Wide) : 0, Wide, Found.cFileName);
            Path[2 * MAX_PATH - 1] = 0;
            Name = Narrow(Path);
            if (Name != NULL && !(Found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
                Each(Context, Name);
            free(Name);
        } while (FindNextFileW(Search, &Found));
        FindClose(Search);
    }
    free(Wide);
}

static void Write(const char *Text)
{
    WCHAR *Wide = Widen(Text);

    if (Wide != NULL)
        ConsolePrint(L"%ls", Wide);
    free(Wide);
}

int wmain(int Count, WCHAR **Wide)
{
    static const VERIFY_HOST Host = {ReadBytes, Expand, Write, false};
    char **Arguments = calloc((size_t)Count + 1, sizeof(*Arguments));
    int i, Exit = ERROR_NOT_ENOUGH_MEMORY;

    for (i = 0; Arguments != NULL && i < Count; i++) {
        Arguments[i] = Narrow(Wide[i]);
        if (Arguments[i] == NULL)
            break;
    }
    if (Arguments != NULL && i == Count)
        Exit = VerifyMain(Count, Arguments, &Host);
    return Exit;
}
