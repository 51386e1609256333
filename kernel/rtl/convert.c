/*
 * Whole strings between UNICODE_STRING and the ANSI, OEM and UTF-8 forms, into the caller's buffer
 * or a new one. Allocated buffers are paged pool and freed by RtlFreeUnicodeString,
 * RtlFreeAnsiString, RtlFreeOemString. Left out: nothing.
 */
#include "rtl.h"

#define RTLP_STRING_TAG 'grtS'

typedef NTSTATUS NTAPI RTLP_TO_UNICODE(PWCH, ULONG, PULONG, PCCH, ULONG);
typedef NTSTATUS NTAPI RTLP_FROM_UNICODE(PCHAR, ULONG, PULONG, PCWCH, ULONG);

static NTSTATUS RtlpTakeBuffer(PVOID *Buffer, USHORT *MaximumLength, ULONG Bytes, BOOLEAN Allocate)
{
    if (Allocate) {
        *Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, RTLP_STRING_TAG);
        if (*Buffer == NULL)
            return STATUS_NO_MEMORY;
        *MaximumLength = (USHORT)Bytes;
    } else if (Bytes > *MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    return STATUS_SUCCESS;
}

/* Terminate: 1 when the result gets a terminator, else 0. */
static NTSTATUS RtlpToUnicode(PUNICODE_STRING Destination, const STRING *Source, ULONG Terminate,
                              BOOLEAN Allocate, RTLP_TO_UNICODE *Convert)
{
    ULONG Bytes = (Source->Length + Terminate) * sizeof(WCHAR);
    NTSTATUS Status;

    if (Bytes > 0xFFFE)
        return STATUS_INVALID_PARAMETER_2;
    Status =
        RtlpTakeBuffer((PVOID *)&Destination->Buffer, &Destination->MaximumLength, Bytes, Allocate);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Convert(Destination->Buffer, Destination->MaximumLength, &Bytes, Source->Buffer,
                     Source->Length);
    Destination->Length = (USHORT)Bytes;
    if (Terminate != 0)
        Destination->Buffer[Bytes / sizeof(WCHAR)] = 0;
    return Status;
}

NT_EXPORT(RtlAnsiStringToUnicodeString);
NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING Destination, PCANSI_STRING Source,
                                            BOOLEAN Allocate)
{
    return RtlpToUnicode(Destination, Source, 1, Allocate, RtlMultiByteToUnicodeN);
}

NT_EXPORT(RtlOemStringToUnicodeString);
NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING Destination, PCOEM_STRING Source,
                                           BOOLEAN Allocate)
{
    return RtlpToUnicode(Destination, Source, 1, Allocate, RtlOemToUnicodeN);
}

NT_EXPORT(RtlOemStringToCountedUnicodeString);
NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING Destination, PCOEM_STRING Source,
                                                  BOOLEAN Allocate)
{
    if (Source->Length == 0) { /* nothing is allocated for nothing */
        *Destination = (UNICODE_STRING){0, Allocate ? 0 : Destination->MaximumLength,
                                        Allocate ? NULL : Destination->Buffer};
        return STATUS_SUCCESS;
    }
    return RtlpToUnicode(Destination, Source, 0, Allocate, RtlOemToUnicodeN);
}

static NTSTATUS RtlpFromUnicode(PSTRING Destination, PCUNICODE_STRING Source, ULONG Terminate,
                                BOOLEAN Allocate, RTLP_FROM_UNICODE *Convert)
{
    ULONG Bytes = Source->Length / sizeof(WCHAR) + Terminate;
    NTSTATUS Status;

    if (Bytes > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    Status =
        RtlpTakeBuffer((PVOID *)&Destination->Buffer, &Destination->MaximumLength, Bytes, Allocate);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Convert(Destination->Buffer, Destination->MaximumLength, &Bytes, Source->Buffer,
                     Source->Length);
    Destination->Length = (USHORT)Bytes;
    if (Terminate != 0)
        Destination->Buffer[Bytes] = 0;
    return Status;
}

NT_EXPORT(RtlUnicodeStringToAnsiString);
NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source,
                                            BOOLEAN Allocate)
{
    return RtlpFromUnicode(Destination, Source, 1, Allocate, RtlUnicodeToMultiByteN);
}

NT_EXPORT(RtlUpcaseUnicodeStringToAnsiString);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source,
                                                  BOOLEAN Allocate)
{
    return RtlpFromUnicode(Destination, Source, 1, Allocate, RtlUpcaseUnicodeToMultiByteN);
}

NT_EXPORT(RtlUnicodeStringToOemString);
NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING Destination, PCUNICODE_STRING Source,
                                           BOOLEAN Allocate)
{
    return RtlpFromUnicode(Destination, Source, 1, Allocate, RtlUnicodeToOemN);
}

NT_EXPORT(RtlUpcaseUnicodeStringToOemString);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(POEM_STRING Destination, PCUNICODE_STRING Source,
                                                 BOOLEAN Allocate)
{
    return RtlpFromUnicode(Destination, Source, 1, Allocate, RtlUpcaseUnicodeToOemN);
}

static NTSTATUS RtlpToCountedOem(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate,
                                 RTLP_FROM_UNICODE *Convert)
{
    if (Source->Length == 0) {
        *Destination = (OEM_STRING){0, Allocate ? 0 : Destination->MaximumLength,
                                    Allocate ? NULL : Destination->Buffer};
        return STATUS_SUCCESS;
    }
    return RtlpFromUnicode(Destination, Source, 0, Allocate, Convert);
}

NT_EXPORT(RtlUnicodeStringToCountedOemString);
NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING Destination, PCUNICODE_STRING Source,
                                                  BOOLEAN Allocate)
{
    return RtlpToCountedOem(Destination, Source, Allocate, RtlUnicodeToOemN);
}

NT_EXPORT(RtlUpcaseUnicodeStringToCountedOemString);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING Destination,
                                                        PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return RtlpToCountedOem(Destination, Source, Allocate, RtlUpcaseUnicodeToOemN);
}

NT_EXPORT(RtlUnicodeStringToUTF8String);
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PSTRING Destination, PCUNICODE_STRING Source,
                                            BOOLEAN Allocate)
{
    ULONG Bytes;
    NTSTATUS Status = RtlUnicodeToUTF8N(NULL, 0, &Bytes, Source->Buffer, Source->Length);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Bytes + 1 > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    Status = RtlpTakeBuffer((PVOID *)&Destination->Buffer, &Destination->MaximumLength, Bytes + 1,
                            Allocate);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RtlUnicodeToUTF8N(Destination->Buffer, Destination->MaximumLength, &Bytes,
                               Source->Buffer, Source->Length);
    Destination->Length = (USHORT)Bytes;
    Destination->Buffer[Bytes] = 0;
    return Status;
}

NT_EXPORT(RtlUTF8StringToUnicodeString);
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING Destination, const STRING *Source,
                                            BOOLEAN Allocate)
{
    ULONG Bytes;
    NTSTATUS Status = RtlUTF8ToUnicodeN(NULL, 0, &Bytes, Source->Buffer, Source->Length);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Bytes + sizeof(WCHAR) > 0xFFFE)
        return STATUS_INVALID_PARAMETER_2;
    Status = RtlpTakeBuffer((PVOID *)&Destination->Buffer, &Destination->MaximumLength,
                            Bytes + sizeof(WCHAR), Allocate);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RtlUTF8ToUnicodeN(Destination->Buffer, Destination->MaximumLength, &Bytes,
                               Source->Buffer, Source->Length);
    Destination->Length = (USHORT)Bytes;
    Destination->Buffer[Bytes / sizeof(WCHAR)] = 0;
    return Status;
}

/* Sizes in bytes with the terminator: what the macros of the DDK call when a code page has lead
 * bytes. */
NT_EXPORT(RtlxAnsiStringToUnicodeSize);
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING String)
{
    return (String->Length + 1u) * sizeof(WCHAR);
}

NT_EXPORT(RtlxOemStringToUnicodeSize);
ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING String)
{
    return (String->Length + 1u) * sizeof(WCHAR);
}

NT_EXPORT(RtlxUnicodeStringToAnsiSize);
ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING String)
{
    return String->Length / sizeof(WCHAR) + 1;
}

NT_EXPORT(RtlxUnicodeStringToOemSize);
ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING String)
{
    return String->Length / sizeof(WCHAR) + 1;
}
