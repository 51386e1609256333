/* Files by their names. */
#include "crt.h"

int __cdecl remove(const char *Name)
{
    if (DeleteFileA(Name))
        return 0;
    CrtSetErrno(GetLastError());
    return -1;
}

int __cdecl _unlink(const char *Name)
{
    return remove(Name);
}

int __cdecl rename(const char *From, const char *To)
{
    if (MoveFileExA(From, To, 0))
        return 0;
    CrtSetErrno(GetLastError());
    return -1;
}

int __cdecl _mkdir(const char *Name)
{
    if (CreateDirectoryA(Name, NULL))
        return 0;
    CrtSetErrno(GetLastError());
    return -1;
}

int __cdecl _access(const char *Name, int Mode)
{
    DWORD Attributes = GetFileAttributesA(Name);

    if (Attributes == INVALID_FILE_ATTRIBUTES) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    if ((Mode & 2) && (Attributes & FILE_ATTRIBUTE_READONLY) && !(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        errno = EACCES;
        return -1;
    }
    return 0;
}
