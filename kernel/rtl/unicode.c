/*
 * UNICODE_STRING: init, copy, append, compare, upcase, hash, duplicate, free. Lengths are in bytes,
 * Buffer need not be terminated. Case is the generated table's (nls.h), never a locale's. Left out:
 * nothing.
 */
#include "rtl.h"
#include "nls.h"

#define RTLP_STRING_TAG 'grtS'
#define RTLP_UNITS(s) ((ULONG)(s)->Length / sizeof(WCHAR))

/* Appends the terminator when there is room for it. */
static VOID RtlpTerminateUnicode(PUNICODE_STRING String)
{
    if ((ULONG)String->Length + sizeof(WCHAR) <= String->MaximumLength)
        String->Buffer[RTLP_UNITS(String)] = 0;
}

/* [doc] A source that is too long for USHORT lengths is cut. */
NT_EXPORT(RtlInitUnicodeString);
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source)
{
    SIZE_T Bytes;

    *Destination = (UNICODE_STRING){0, 0, (PWSTR)Source};
    if (Source == NULL)
        return;
    Bytes = wcslen(Source) * sizeof(WCHAR);
    if (Bytes > 0xFFFC)
        Bytes = 0xFFFC;
    Destination->Length = (USHORT)Bytes;
    Destination->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
}

NT_EXPORT(RtlInitUnicodeStringEx);
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING Destination, PCWSTR Source)
{
    *Destination = (UNICODE_STRING){0};
    if (Source != NULL && wcslen(Source) * sizeof(WCHAR) > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(Destination, Source);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlCopyUnicodeString);
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    USHORT Bytes;

    if (Source == NULL) {
        Destination->Length = 0;
        return;
    }
    Bytes = Source->Length;
    if (Bytes > Destination->MaximumLength)
        Bytes = Destination->MaximumLength;
    memmove(Destination->Buffer, Source->Buffer, Bytes);
    Destination->Length = Bytes;
    RtlpTerminateUnicode(Destination);
}

static NTSTATUS RtlpAppendUnicode(PUNICODE_STRING Destination, PCWSTR Source, SIZE_T Bytes)
{
    if (Bytes > (SIZE_T)Destination->MaximumLength ||
        Destination->Length + Bytes > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove((PUCHAR)Destination->Buffer + Destination->Length, Source, Bytes);
    Destination->Length = (USHORT)(Destination->Length + Bytes);
    RtlpTerminateUnicode(Destination);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlAppendUnicodeStringToString);
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    if (Source->Length == 0)
        return STATUS_SUCCESS;
    return RtlpAppendUnicode(Destination, Source->Buffer, Source->Length);
}

NT_EXPORT(RtlAppendUnicodeToString);
NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    if (Source == NULL)
        return STATUS_SUCCESS;
    return RtlpAppendUnicode(Destination, Source, wcslen(Source) * sizeof(WCHAR));
}

NT_EXPORT(RtlCompareUnicodeStrings);
LONG NTAPI RtlCompareUnicodeStrings(PCWCH First, SIZE_T FirstUnits, PCWCH Second,
                                    SIZE_T SecondUnits, BOOLEAN CaseInsensitive)
{
    SIZE_T Units = FirstUnits < SecondUnits ? FirstUnits : SecondUnits;

    for (SIZE_T Index = 0; Index < Units; Index++) {
        WCHAR A = First[Index], B = Second[Index];
        if (A != B && CaseInsensitive) {
            A = RtlpUpcase(A);
            B = RtlpUpcase(B);
        }
        if (A != B)
            return (LONG)A - (LONG)B;
    }
    return FirstUnits == SecondUnits ? 0 : FirstUnits < SecondUnits ? -1 : 1;
}

NT_EXPORT(RtlCompareUnicodeString);
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING First, PCUNICODE_STRING Second,
                                   BOOLEAN CaseInsensitive)
{
    return RtlCompareUnicodeStrings(First->Buffer, RTLP_UNITS(First), Second->Buffer,
                                    RTLP_UNITS(Second), CaseInsensitive);
}

NT_EXPORT(RtlEqualUnicodeString);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING First, PCUNICODE_STRING Second,
                                    BOOLEAN CaseInsensitive)
{
    return First->Length == Second->Length &&
           RtlCompareUnicodeString(First, Second, CaseInsensitive) == 0;
}

NT_EXPORT(RtlPrefixUnicodeString);
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING Prefix, PCUNICODE_STRING String,
                                     BOOLEAN CaseInsensitive)
{
    return Prefix->Length <= String->Length &&
           RtlCompareUnicodeStrings(Prefix->Buffer, RTLP_UNITS(Prefix), String->Buffer,
                                    RTLP_UNITS(Prefix), CaseInsensitive) == 0;
}

NT_EXPORT(RtlSuffixUnicodeString);
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING Suffix, PCUNICODE_STRING String,
                                     BOOLEAN CaseInsensitive)
{
    return Suffix->Length <= String->Length &&
           RtlCompareUnicodeStrings(Suffix->Buffer, RTLP_UNITS(Suffix),
                                    String->Buffer + RTLP_UNITS(String) - RTLP_UNITS(Suffix),
                                    RTLP_UNITS(Suffix), CaseInsensitive) == 0;
}

static NTSTATUS RtlpMapCase(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate,
                            BOOLEAN Upper)
{
    if (Allocate) {
        Destination->MaximumLength = Source->Length;
        Destination->Buffer = ExAllocatePoolWithTag(PagedPool, Source->Length, RTLP_STRING_TAG);
        if (Destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
    } else if (Source->Length > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < RTLP_UNITS(Source); Index++) {
        WCHAR Unit = Source->Buffer[Index];
        Destination->Buffer[Index] = Upper ? RtlpUpcase(Unit) : RtlpDowncase(Unit);
    }
    Destination->Length = Source->Length;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlUpcaseUnicodeString);
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source,
                                      BOOLEAN Allocate)
{
    return RtlpMapCase(Destination, Source, Allocate, TRUE);
}

NT_EXPORT(RtlDowncaseUnicodeString);
NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source,
                                        BOOLEAN Allocate)
{
    return RtlpMapCase(Destination, Source, Allocate, FALSE);
}

/* The x65599 hash: hash = hash * 65599 + character, over capitals when case does not matter. */
NT_EXPORT(RtlHashUnicodeString);
NTSTATUS NTAPI RtlHashUnicodeString(const UNICODE_STRING *String, BOOLEAN CaseInsensitive,
                                    ULONG Algorithm, PULONG Hash)
{
    ULONG Value = 0;

    if (String == NULL || Hash == NULL ||
        (Algorithm != HASH_STRING_ALGORITHM_DEFAULT && Algorithm != HASH_STRING_ALGORITHM_X65599))
        return STATUS_INVALID_PARAMETER;
    for (ULONG Index = 0; Index < RTLP_UNITS(String); Index++) {
        WCHAR Unit = String->Buffer[Index];
        Value = Value * 65599 + (CaseInsensitive ? RtlpUpcase(Unit) : Unit);
    }
    *Hash = Value;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlCreateUnicodeString);
BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING Destination, PCWSTR Source)
{
    SIZE_T Bytes = (wcslen(Source) + 1) * sizeof(WCHAR);
    PWSTR Buffer;

    if (Bytes > 0xFFFE)
        return FALSE;
    Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, RTLP_STRING_TAG);
    if (Buffer == NULL)
        return FALSE;
    memcpy(Buffer, Source, Bytes);
    *Destination = (UNICODE_STRING){(USHORT)(Bytes - sizeof(WCHAR)), (USHORT)Bytes, Buffer};
    return TRUE;
}

NT_EXPORT(RtlFreeUnicodeString);
VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING String)
{
    if (String->Buffer == NULL)
        return;
    ExFreePoolWithTag(String->Buffer, 0);
    *String = (UNICODE_STRING){0};
}

NT_EXPORT(RtlValidateUnicodeString);
NTSTATUS NTAPI RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (String == NULL)
        return STATUS_SUCCESS;
    if (String->Length % 2 != 0 || String->MaximumLength % 2 != 0 ||
        String->Length > String->MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (String->Buffer == NULL && String->MaximumLength != 0)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

#define RTLP_DUPLICATE_FLAGS                                                                       \
    (RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE |                                                 \
     RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING)

NT_EXPORT(RtlDuplicateUnicodeString);
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source,
                                         PUNICODE_STRING Destination)
{
    BOOLEAN Terminate = (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) != 0;
    BOOLEAN AllocateEmpty = (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING) != 0;
    USHORT Length = Source != NULL ? Source->Length : 0;
    ULONG Bytes = Length + (Terminate ? sizeof(WCHAR) : 0u);
    PWSTR Buffer = NULL;

    if ((Flags & ~RTLP_DUPLICATE_FLAGS) != 0 || (AllocateEmpty && !Terminate) ||
        Destination == NULL || !NT_SUCCESS(RtlValidateUnicodeString(0, Source)))
        return STATUS_INVALID_PARAMETER;
    if (Bytes > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    if (Length == 0 && !AllocateEmpty)
        Bytes = 0;
    if (Bytes != 0) {
        Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, RTLP_STRING_TAG);
        if (Buffer == NULL)
            return STATUS_NO_MEMORY;
        memcpy(Buffer, Source != NULL ? Source->Buffer : NULL, Length);
        if (Terminate)
            Buffer[Length / sizeof(WCHAR)] = 0;
    }
    *Destination = (UNICODE_STRING){Length, (USHORT)Bytes, Buffer};
    return STATUS_SUCCESS;
}
