/*
 * NT paths to the broker's, and whole files into memory. Only drives have files; symbolic
 * links of the object namespace are not followed here (io's own lookups are).
 */
#include "ldrp.h"

#include "../io/io.h"

static const struct {
    const WCHAR *Nt;
    BOOLEAN Drive;        /* "Z:\\" follows */
    const WCHAR *Folder; /* in the volume */
} LdrpPrefixes[] = {
    { L"\\SystemRoot\\", FALSE, L"Windows/" },
    { L"\\??\\", TRUE, L"" },
    { L"\\DosDevices\\", TRUE, L"" },
    { L"\\GLOBAL??\\", TRUE, L"" },
};

/* Length in characters of the prefix when Path begins with it, else 0. */
static ULONG LdrpMatchPrefix(PCUNICODE_STRING Path, const WCHAR *Prefix)
{
    UNICODE_STRING Wanted;

    RtlInitUnicodeString(&Wanted, Prefix);
    return RtlPrefixUnicodeString(&Wanted, Path, TRUE) ? Wanted.Length / sizeof(WCHAR) : 0;
}

/* "Z:\" at Skip: its length, and the letter as the host wants it; 0: there is no such drive. */
static ULONG LdrpTakeDrive(PCUNICODE_STRING Path, ULONG Skip, PULONG Drive)
{
    const WCHAR *At = Path->Buffer + Skip;
    WCHAR Letter;

    if (Path->Length / sizeof(WCHAR) < Skip + 3 || At[1] != L':' || At[2] != L'\\')
        return 0;
    Letter = RtlUpcaseUnicodeChar(At[0]);
    if (IoVolumeNumber(Letter) == 0)
        return 0;
    *Drive = Letter == L'C' ? 0 : Letter;
    return 3;
}

/* What of the path is before the names on the volume: its length, or 0; and the folder that it
 * stands for. */
static ULONG LdrpFindVolume(PCUNICODE_STRING Path, const WCHAR **Folder, PULONG Drive)
{
    ULONG Skip, Letter;

    *Drive = 0;
    for (ULONG i = 0; i < ARRAYSIZE(LdrpPrefixes); i++) {
        Skip = LdrpMatchPrefix(Path, LdrpPrefixes[i].Nt);
        if (Skip == 0)
            continue;
        *Folder = LdrpPrefixes[i].Folder;
        Letter = LdrpPrefixes[i].Drive ? LdrpTakeDrive(Path, Skip, Drive) : 0;
        return LdrpPrefixes[i].Drive && Letter == 0 ? 0 : Skip + Letter;
    }
    return 0;
}

/* No empty component, none that is "." or "..", no NUL, no '/'. */
static BOOLEAN LdrpIsPlainPath(const WCHAR *Text, ULONG Length)
{
    ULONG i, Start = 0;

    if (Length == 0)
        return FALSE;
    for (i = 0; i <= Length; i++) {
        if (i < Length && (Text[i] == 0 || Text[i] == L'/'))
            return FALSE;
        if (i < Length && Text[i] != L'\\')
            continue;
        if (i == Start || (i - Start == 1 && Text[Start] == L'.') ||
            (i - Start == 2 && Text[Start] == L'.' && Text[Start + 1] == L'.'))
            return FALSE;
        Start = i + 1;
    }
    return TRUE;
}

NTSTATUS LdrTranslatePath(PCUNICODE_STRING Path, char *HostPath, ULONG Bytes, PULONG Length,
                          PULONG Drive)
{
    const WCHAR *Folder;
    ULONG i, Skip = LdrpFindVolume(Path, &Folder, Drive), Used = 0, Written;
    NTSTATUS Status;

    if (Skip == 0)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (*Folder == 0 && Skip < Path->Length / sizeof(WCHAR) && Path->Buffer[Skip] == L'\\')
        Skip++; /* "C:\\" and "\name": file systems take the first backslash doubled */
    if (!LdrpIsPlainPath(Path->Buffer + Skip, Path->Length / sizeof(WCHAR) - Skip))
        return STATUS_OBJECT_NAME_INVALID;
    for (; *Folder != 0 && Used < Bytes; Folder++)
        HostPath[Used++] = (char)*Folder;
    Status = RtlUnicodeToUTF8N(HostPath + Used, Bytes - Used, &Written, Path->Buffer + Skip,
                               Path->Length - Skip * sizeof(WCHAR));
    if (Status != STATUS_SUCCESS || Used + Written >= Bytes)
        return STATUS_OBJECT_NAME_INVALID;
    for (i = Used; i < Used + Written; i++)
        if (HostPath[i] == '\\')
            HostPath[i] = '/';
    HostPath[Used + Written] = 0;
    *Length = Used + Written;
    return STATUS_SUCCESS;
}

/* ---- whole files ---- */

#define LDRP_FILE_LIMIT 0x10000000ull /* 256 MiB */

static NTSTATUS LdrpOpen(PCUNICODE_STRING Path, HAL_FILE_REQUEST *Request)
{
    char HostPath[520];
    ULONG Length, Drive;
    NTSTATUS Status = LdrTranslatePath(Path, HostPath, sizeof(HostPath), &Length, &Drive);

    if (!NT_SUCCESS(Status))
        return Status;
    *Request = (HAL_FILE_REQUEST){ .operation = HAL_FILE_OPEN,
                                   .path = (ULONG64)HostPath,
                                   .path_bytes = Length,
                                   .drive = Drive,
                                   .disposition = HAL_OPEN_EXISTING,
                                   .options = HAL_OPEN_NON_DIRECTORY | HAL_OPEN_READ };
    HAL->file(Request);
    return (NTSTATUS)Request->status;
}

static VOID LdrpClose(ULONG64 Handle)
{
    HAL_FILE_REQUEST Request = { .operation = HAL_FILE_CLOSE, .handle = Handle };

    HAL->file(&Request);
}

static NTSTATUS LdrpReadAll(ULONG64 Handle, LDR_FILE *File)
{
    HAL_FILE_REQUEST Request;
    ULONG64 Done = 0;

    while (Done < File->Length) {
        Request =
            (HAL_FILE_REQUEST){ .operation = HAL_FILE_READ,
                                .handle = Handle,
                                .offset = Done,
                                .buffer = (ULONG64)(File->Bytes + Done),
                                .length = (uint32_t)min(File->Length - Done, HAL_FILE_CHUNK) };
        HAL->file(&Request);
        if (!NT_SUCCESS((NTSTATUS)Request.status))
            return (NTSTATUS)Request.status;
        if (Request.length == 0)
            return STATUS_END_OF_FILE;
        Done += Request.length;
    }
    return STATUS_SUCCESS;
}

NTSTATUS LdrReadFile(PCUNICODE_STRING Path, LDR_FILE *File)
{
    HAL_FILE_REQUEST Request;
    NTSTATUS Status = LdrpOpen(Path, &Request);

    File->Bytes = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    File->Length = Request.info.size;
    File->Pages = (SIZE_T)((File->Length + PAGE_SIZE - 1) >> PAGE_SHIFT);
    Status = File->Length <= LDRP_FILE_LIMIT ? STATUS_SUCCESS : STATUS_FILE_TOO_LARGE;
    if (NT_SUCCESS(Status) && File->Pages != 0) {
        File->Bytes = MmAllocateSystemPages(MmRegionSystemPtes, File->Pages, MM_PROT_READWRITE);
        Status =
            File->Bytes != NULL ? LdrpReadAll(Request.handle, File) : STATUS_INSUFFICIENT_RESOURCES;
        if (!NT_SUCCESS(Status))
            LdrFreeFile(File);
    }
    LdrpClose(Request.handle);
    return Status;
}

VOID LdrFreeFile(LDR_FILE *File)
{
    if (File->Bytes != NULL)
        MmFreeSystemPages(MmRegionSystemPtes, File->Bytes, File->Pages);
    File->Bytes = NULL;
}
