/*
 * Descriptors: numbers for handles, and text mode for those who read and write by them. Not
 * modelled: inheritance of descriptors.
 */
#include "crt.h"

#define CRT_DESCRIPTORS 256

static DESCRIPTOR Descriptor[CRT_DESCRIPTORS];

int CrtNewDescriptor(HANDLE Handle, int Flags)
{
    for (int i = 0; i < CRT_DESCRIPTORS; i++)
        if (Descriptor[i].Flags == 0) {
            if (GetFileType(Handle) == FILE_TYPE_CHAR)
                Flags |= FD_DEVICE;
            Descriptor[i].Handle = Handle;
            Descriptor[i].Flags = Flags | FD_OPEN;
            return i;
        }
    errno = EMFILE;
    return -1;
}

DESCRIPTOR *CrtGetDescriptor(int Number)
{
    if (Number >= 0 && Number < CRT_DESCRIPTORS && Descriptor[Number].Flags != 0)
        return &Descriptor[Number];
    errno = EBADF;
    return NULL;
}

/* _O_ flags: RDONLY 0, WRONLY 1, RDWR 2, APPEND 8, CREAT 0x100, TRUNC 0x200, EXCL 0x400, TEXT 0x4000, BINARY 0x8000 */
int CrtOpenWide(const WCHAR *Name, int Mode)
{
    DWORD Access = (Mode & 3) == 0 ? GENERIC_READ : (Mode & 3) == 1 ? GENERIC_WRITE : GENERIC_READ | GENERIC_WRITE;
    DWORD Creation = OPEN_EXISTING;
    HANDLE Handle;
    int Number;

    if (Mode & 0x100)
        Creation = Mode & 0x400 ? CREATE_NEW : Mode & 0x200 ? CREATE_ALWAYS : OPEN_ALWAYS;
    else if (Mode & 0x200)
        Creation = TRUNCATE_EXISTING;
    if ((Mode & 0xC000) == 0)
        Mode |= _fmode & 0x8000 ? 0x8000 : 0x4000; /* text unless the program says binary */
    Handle = CreateFileW(Name, Access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, Creation, FILE_ATTRIBUTE_NORMAL, NULL);
    if (Handle == INVALID_HANDLE_VALUE) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    Number = CrtNewDescriptor(Handle, (Mode & 0x4000 ? FD_TEXT : 0) | (Mode & 8 ? FD_APPEND : 0));
    if (Number < 0)
        CloseHandle(Handle);
    return Number;
}

int CrtOpenAnsi(const char *Name, int Mode)
{
    WCHAR Wide[1024];

    if (MultiByteToWideChar(CP_ACP, 0, Name, -1, Wide, COUNT_OF(Wide)) == 0) {
        errno = EINVAL;
        return -1;
    }
    return CrtOpenWide(Wide, Mode);
}

int __cdecl _open(const char *Name, int Mode, ...)
{
    return CrtOpenAnsi(Name, Mode);
}

int __cdecl _wopen(const WCHAR *Name, int Mode, ...)
{
    return CrtOpenWide(Name, Mode);
}

int __cdecl _close(int Number)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);

    if (Entry == NULL)
        return -1;
    Entry->Flags = 0;
    CloseHandle(Entry->Handle);
    return 0;
}

int CrtWriteRaw(DESCRIPTOR *Entry, const char *Data, unsigned Bytes)
{
    DWORD Written = 0;

    if (Bytes != 0 && !WriteFile(Entry->Handle, Data, Bytes, &Written, NULL)) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    return (int)Written;
}

int __cdecl _write(int Number, const void *Data, unsigned Bytes)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);
    const char *From = Data;
    char Buffer[1024];
    unsigned Length = 0;

    if (Entry == NULL)
        return -1;
    if (Entry->Flags & FD_APPEND)
        SetFilePointer(Entry->Handle, 0, NULL, FILE_END);
    if (!(Entry->Flags & FD_TEXT))
        return CrtWriteRaw(Entry, Data, Bytes);
    for (unsigned i = 0; i < Bytes; i++) {
        if (From[i] == '\n')
            Buffer[Length++] = '\r';
        Buffer[Length++] = From[i];
        if (Length + 2 > sizeof(Buffer)) {
            if (CrtWriteRaw(Entry, Buffer, Length) < 0)
                return -1;
            Length = 0;
        }
    }
    return CrtWriteRaw(Entry, Buffer, Length) < 0 ? -1 : (int)Bytes;
}

/* Takes CR before LF out; a CR at the very end looks one byte further. */
static int TranslateRead(DESCRIPTOR *Entry, char *Data, int Bytes)
{
    int Out = 0;

    for (int i = 0; i < Bytes; i++) {
        char Next = '\n';
        DWORD Got = 0;

        if (Data[i] == 0x1A && !(Entry->Flags & FD_DEVICE)) {
            Entry->Flags |= FD_EOF;
            break;
        }
        if (Data[i] == '\r') {
            if (i + 1 < Bytes)
                Next = Data[i + 1];
            else if (ReadFile(Entry->Handle, &Next, 1, &Got, NULL) && Got == 1)
                SetFilePointer(Entry->Handle, -1, NULL, FILE_CURRENT);
            if (Next == '\n' && (i + 1 < Bytes || Got == 1))
                continue;
        }
        Data[Out++] = Data[i];
    }
    return Out;
}

int __cdecl _read(int Number, void *Data, unsigned Bytes)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);
    DWORD Got;
    int Kept;

    if (Entry == NULL)
        return -1;
    do {
        if ((Entry->Flags & FD_EOF) || Bytes == 0)
            return 0;
        if (!ReadFile(Entry->Handle, Data, Bytes, &Got, NULL)) {
            if (GetLastError() == ERROR_BROKEN_PIPE)
                return 0;
            CrtSetErrno(GetLastError());
            return -1;
        }
        Kept = Entry->Flags & FD_TEXT ? TranslateRead(Entry, Data, (int)Got) : (int)Got;
    } while (Kept == 0 && Got != 0);
    return Kept;
}

long long __cdecl _lseeki64(int Number, long long Offset, int Origin)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);
    LARGE_INTEGER Move = {.QuadPart = Offset}, New;

    if (Entry == NULL)
        return -1;
    Entry->Flags &= ~FD_EOF;
    if (!SetFilePointerEx(Entry->Handle, Move, &New, (DWORD)Origin)) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    return New.QuadPart;
}

long __cdecl _lseek(int Number, long Offset, int Origin)
{
    return (long)_lseeki64(Number, Offset, Origin);
}

int __cdecl _isatty(int Number)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);

    return Entry != NULL && (Entry->Flags & FD_DEVICE) != 0;
}

int __cdecl _setmode(int Number, int Mode)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);
    int Old;

    if (Entry == NULL)
        return -1;
    Old = Entry->Flags & FD_TEXT ? 0x4000 : 0x8000;
    Entry->Flags = Mode & 0x8000 ? Entry->Flags & ~FD_TEXT : Entry->Flags | FD_TEXT;
    return Old;
}

intptr_t __cdecl _get_osfhandle(int Number)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(Number);

    return Entry != NULL ? (intptr_t)Entry->Handle : -1;
}

int __cdecl _open_osfhandle(intptr_t Handle, int Mode)
{
    return CrtNewDescriptor((HANDLE)Handle, (Mode & 0x4000 ? FD_TEXT : 0) | (Mode & 8 ? FD_APPEND : 0));
}
