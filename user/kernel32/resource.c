/*
 * Resources of modules, loaded as programs are or as data files, and the message tables among them
 * [doc: FindResourceExW, LoadLibraryExW, PE Format ".rsrc", MESSAGE_RESOURCE_DATA]. A data file is
 * mapped as it lies on the disk; its handle has bit 0 set. Not modelled: resources of other
 * languages' satellite modules (MUI), updating.
 */
#include "message.h"

#define DATA_FILE 1 /* in a handle */
#define LANGUAGES 4

/* A module's bytes; Size is how many are there. */
typedef struct _MODULE_DATA {
    const BYTE *Base;
    SIZE_T Size;
    BOOL IsFile;
    const BYTE *Directory; /* its resources, DirectorySize bytes */
    DWORD DirectorySize;
} MODULE_DATA;

/* ---- where things are ---- */

/* Count bytes at an offset of the module; NULL: they are not all there. */
static const BYTE *BytesAt(const MODULE_DATA *Data, SIZE_T Offset, SIZE_T Count)
{
    return Offset <= Data->Size && Count <= Data->Size - Offset ? Data->Base + Offset : NULL;
}

/* As BytesAt, for an address relative to the image's base. */
static const BYTE *BytesAtRva(const MODULE_DATA *Data, const IMAGE_NT_HEADERS64 *Headers, DWORD Rva,
                              DWORD Count)
{
    const IMAGE_SECTION_HEADER *Section;
    SIZE_T Sections = (SIZE_T)((const BYTE *)&Headers->OptionalHeader - Data->Base) +
                      Headers->FileHeader.SizeOfOptionalHeader;

    if (!Data->IsFile)
        return BytesAt(Data, Rva, Count);
    for (WORD i = 0; i < Headers->FileHeader.NumberOfSections; i++) {
        Section = (const IMAGE_SECTION_HEADER *)BytesAt(Data, Sections + i * sizeof(*Section),
                                                        sizeof(*Section));
        if (Section == NULL)
            return NULL;
        if (Rva >= Section->VirtualAddress &&
            Rva - Section->VirtualAddress < Section->SizeOfRawData &&
            Count <= Section->SizeOfRawData - (Rva - Section->VirtualAddress))
            return BytesAt(
                Data, (SIZE_T)Section->PointerToRawData + (Rva - Section->VirtualAddress), Count);
    }
    return NULL;
}

static const IMAGE_NT_HEADERS64 *HeadersOf(const MODULE_DATA *Data)
{
    const IMAGE_DOS_HEADER *Dos = (const IMAGE_DOS_HEADER *)BytesAt(Data, 0, sizeof(*Dos));
    const IMAGE_NT_HEADERS64 *Headers = NULL;

    if (Dos != NULL && Dos->e_magic == IMAGE_DOS_SIGNATURE && Dos->e_lfanew > 0)
        Headers =
            (const IMAGE_NT_HEADERS64 *)BytesAt(Data, (SIZE_T)Dos->e_lfanew, sizeof(*Headers));
    if (Headers == NULL || Headers->Signature != IMAGE_NT_SIGNATURE ||
        Headers->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
        return NULL;
    return Headers;
}

/* The module's size: a data file's view, or what its headers say of an image that the loader took.
 */
static BOOL FindModuleData(HMODULE Module, MODULE_DATA *Data)
{
    const IMAGE_NT_HEADERS64 *Headers;
    const IMAGE_DATA_DIRECTORY *Entry;
    MEMORY_BASIC_INFORMATION Memory;

    if (Module == NULL)
        Module = GetModuleHandleW(NULL);
    Data->IsFile = ((ULONG_PTR)Module & DATA_FILE) != 0;
    Data->Base = (const BYTE *)((ULONG_PTR)Module & ~(ULONG_PTR)3);
    if (VirtualQuery(Data->Base, &Memory, sizeof(Memory)) == 0) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    Data->Size = Memory.RegionSize;
    Headers = HeadersOf(Data);
    if (Headers == NULL) {
        SetLastError(ERROR_BAD_EXE_FORMAT);
        return FALSE;
    }
    if (!Data->IsFile)
        Data->Size = Headers->OptionalHeader.SizeOfImage;
    Entry = &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE];
    Data->DirectorySize = Entry->Size;
    Data->Directory =
        Entry->Size != 0 ? BytesAtRva(Data, Headers, Entry->VirtualAddress, Entry->Size) : NULL;
    if (Data->Directory == NULL)
        SetLastError(ERROR_RESOURCE_DATA_NOT_FOUND);
    return Data->Directory != NULL;
}

/* ---- the directory ---- */

static BOOL IsNumber(LPCWSTR Name)
{
    return ((ULONG_PTR)Name >> 16) == 0;
}

static BOOL IsEntry(const MODULE_DATA *Data, const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry,
                    LPCWSTR Name)
{
    const IMAGE_RESOURCE_DIR_STRING_U *Text;

    if (!Entry->NameIsString)
        return IsNumber(Name) && Entry->Id == (WORD)(ULONG_PTR)Name;
    if (IsNumber(Name) || Entry->NameOffset > Data->DirectorySize - sizeof(WORD))
        return FALSE;
    Text = (const IMAGE_RESOURCE_DIR_STRING_U *)(Data->Directory + Entry->NameOffset);
    if (Text->Length > (Data->DirectorySize - Entry->NameOffset - sizeof(WORD)) / sizeof(WCHAR))
        return FALSE;
    return CompareStringOrdinal(Text->NameString, Text->Length, Name, -1, TRUE) == CSTR_EQUAL;
}

/* The entry of that name in the directory at Offset; Name NULL: the first. NULL: there is none. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *FindEntryAt(const MODULE_DATA *Data, DWORD Offset,
                                                         LPCWSTR Name)
{
    const IMAGE_RESOURCE_DIRECTORY *Directory;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entries;
    DWORD Count, Room;

    if (Offset > Data->DirectorySize || Data->DirectorySize - Offset < sizeof(*Directory))
        return NULL;
    Directory = (const IMAGE_RESOURCE_DIRECTORY *)(Data->Directory + Offset);
    Entries = (const IMAGE_RESOURCE_DIRECTORY_ENTRY *)(Directory + 1);
    Room = (Data->DirectorySize - Offset - (DWORD)sizeof(*Directory)) / sizeof(*Entries);
    Count = (DWORD)Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries;
    for (DWORD i = 0; i < Count && i < Room; i++)
        if (Name == NULL || IsEntry(Data, &Entries[i], Name))
            return &Entries[i];
    return NULL;
}

/* Neutral asks for the thread's language, the user's, English, or what there is [doc:
 * FindResourceExW]. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *FindLanguage(const MODULE_DATA *Data, DWORD Offset,
                                                          LANGID Language)
{
    LANGID Order[LANGUAGES] = {Language, GetThreadUILanguage(), GetUserDefaultUILanguage(),
                               MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)};
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry = NULL;
    DWORD Tries = PRIMARYLANGID(Language) != LANG_NEUTRAL ? 1 : LANGUAGES;

    for (DWORD i = 0; i < Tries && Entry == NULL; i++)
        Entry = FindEntryAt(Data, Offset, MAKEINTRESOURCEW(Order[i]));
    return Entry == NULL && Tries != 1 ? FindEntryAt(Data, Offset, NULL) : Entry;
}

static const IMAGE_RESOURCE_DATA_ENTRY *FindDataEntry(const MODULE_DATA *Data, LPCWSTR Type,
                                                      LPCWSTR Name, LANGID Language)
{
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry = FindEntryAt(Data, 0, Type);
    DWORD Error = ERROR_RESOURCE_TYPE_NOT_FOUND;

    if (Entry != NULL && Entry->DataIsDirectory) {
        Error = ERROR_RESOURCE_NAME_NOT_FOUND;
        Entry = FindEntryAt(Data, Entry->OffsetToDirectory, Name);
    }
    if (Entry != NULL && Entry->DataIsDirectory) {
        Error = ERROR_RESOURCE_LANG_NOT_FOUND;
        Entry = FindLanguage(Data, Entry->OffsetToDirectory, Language);
    }
    if (Entry == NULL || Entry->DataIsDirectory ||
        Entry->OffsetToData > Data->DirectorySize - sizeof(IMAGE_RESOURCE_DATA_ENTRY)) {
        SetLastError(Error);
        return NULL;
    }
    return (const IMAGE_RESOURCE_DATA_ENTRY *)(Data->Directory + Entry->OffsetToData);
}

/* ---- resources ---- */

HRSRC WINAPI FindResourceExW(HMODULE Module, LPCWSTR Type, LPCWSTR Name, WORD Language)
{
    MODULE_DATA Data;

    if (!FindModuleData(Module, &Data))
        return NULL;
    return (HRSRC)FindDataEntry(&Data, Type, Name, Language);
}

HRSRC WINAPI FindResourceW(HMODULE Module, LPCWSTR Name, LPCWSTR Type)
{
    return FindResourceExW(Module, Type, Name, MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL));
}

DWORD WINAPI SizeofResource(HMODULE Module, HRSRC Resource)
{
    IGNORE_ARG(Module);
    return ((const IMAGE_RESOURCE_DATA_ENTRY *)Resource)->Size;
}

HGLOBAL WINAPI LoadResource(HMODULE Module, HRSRC Resource)
{
    const IMAGE_RESOURCE_DATA_ENTRY *Entry = (const IMAGE_RESOURCE_DATA_ENTRY *)Resource;
    MODULE_DATA Data;
    const BYTE *Bytes;

    if (Resource == NULL || !FindModuleData(Module, &Data))
        return NULL;
    Bytes = BytesAtRva(&Data, HeadersOf(&Data), Entry->OffsetToData, Entry->Size);
    if (Bytes == NULL)
        SetLastError(ERROR_RESOURCE_DATA_NOT_FOUND);
    return (HGLOBAL)Bytes;
}

LPVOID WINAPI LockResource(HGLOBAL Resource)
{
    return Resource;
}

/* ---- message tables ---- */

/* The text of the entry number Index of a block; NULL: the table ends before it. */
static const MESSAGE_RESOURCE_ENTRY *EntryOfBlock(const BYTE *Table, DWORD Size, DWORD Offset,
                                                  DWORD Index)
{
    const MESSAGE_RESOURCE_ENTRY *Entry;

    for (;; Index--, Offset += Entry->Length) {
        if (Offset > Size || Size - Offset < sizeof(*Entry))
            return NULL;
        Entry = (const MESSAGE_RESOURCE_ENTRY *)(Table + Offset);
        if (Entry->Length < sizeof(*Entry) || Entry->Length > Size - Offset)
            return NULL;
        if (Index == 0)
            return Entry;
    }
}

static const MESSAGE_RESOURCE_ENTRY *FindMessage(const BYTE *Bytes, DWORD Size, DWORD Code)
{
    const MESSAGE_RESOURCE_DATA *Table = (const MESSAGE_RESOURCE_DATA *)Bytes;

    if (Size < sizeof(*Table))
        return NULL;
    for (DWORD i = 0; i < Table->NumberOfBlocks; i++) {
        const MESSAGE_RESOURCE_BLOCK *Block = &Table->Blocks[i];

        if (Size / sizeof(*Block) <= i || (DWORD)((const BYTE *)(Block + 1) - Bytes) > Size)
            return NULL;
        if (Code >= Block->LowId && Code <= Block->HighId)
            return EntryOfBlock(Bytes, Size, Block->OffsetToEntries, Code - Block->LowId);
    }
    return NULL;
}

/* An entry's text on the heap, up to its end or the entry's. */
static WCHAR *CopyMessage(const MESSAGE_RESOURCE_ENTRY *Entry)
{
    BOOL IsWide = (Entry->Flags & MESSAGE_RESOURCE_UNICODE) != 0;
    DWORD Count =
        (Entry->Length - FIELD_OFFSET(MESSAGE_RESOURCE_ENTRY, Text)) / (IsWide ? sizeof(WCHAR) : 1);
    WCHAR *Text = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, (Count + 1) * sizeof(WCHAR));

    if (Text == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else if (IsWide)
        CopyMemory(Text, Entry->Text, Count * sizeof(WCHAR));
    else
        MultiByteToWideChar(CP_ACP, 0, (LPCSTR)Entry->Text, (int)Count, Text, (int)Count);
    return Text;
}

WCHAR *ModuleMessageText(HMODULE Module, DWORD Code, LANGID Language)
{
    HRSRC Resource =
        FindResourceExW(Module, (LPCWSTR)RT_MESSAGETABLE, MAKEINTRESOURCEW(1), Language);
    const BYTE *Table = Resource != NULL ? LoadResource(Module, Resource) : NULL;
    const MESSAGE_RESOURCE_ENTRY *Entry;

    if (Table == NULL)
        return NULL;
    Entry = FindMessage(Table, SizeofResource(Module, Resource), Code);
    if (Entry == NULL)
        SetLastError(ERROR_MR_MID_NOT_FOUND);
    return Entry != NULL ? CopyMessage(Entry) : NULL;
}

/* ---- modules as data ---- */

HMODULE LoadDataFile(LPCWSTR Path)
{
    HANDLE File = CreateFileW(Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL),
           Section;
    MODULE_DATA Data;
    HMODULE Module;
    PVOID View;

    if (File == INVALID_HANDLE_VALUE)
        return NULL;
    Section = CreateFileMappingW(File, NULL, PAGE_READONLY, 0, 0, NULL);
    CloseHandle(File);
    if (Section == NULL)
        return NULL;
    View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(Section);
    if (View == NULL)
        return NULL;
    Module = (HMODULE)((ULONG_PTR)View | DATA_FILE);
    if (FindModuleData(Module, &Data) || GetLastError() == ERROR_RESOURCE_DATA_NOT_FOUND)
        return Module;
    UnmapViewOfFile(View);
    SetLastError(ERROR_BAD_EXE_FORMAT);
    return NULL;
}

BOOL FreeDataFile(HMODULE Module)
{
    return UnmapViewOfFile((PVOID)((ULONG_PTR)Module & ~(ULONG_PTR)3));
}
