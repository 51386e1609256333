/* The routines of ntstrsafe.h on UNICODE_STRINGs, which need no NUL. Included by ntstrsafe.h. */

/* Validates a string: even lengths, Length <= MaximumLength, a buffer where there is a length. */
DDK_STRSAFE_API_ RtlUnicodeStringValidateEx(PCUNICODE_STRING SourceString, ULONG Flags)
{
    if (Flags & ~DDK_STRSAFE_VALID_FLAGS_)
        return STATUS_INVALID_PARAMETER;
    if (SourceString == NULL)
        return (Flags & STRSAFE_IGNORE_NULLS) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (SourceString->Length % sizeof(wchar_t) != 0 || SourceString->MaximumLength % sizeof(wchar_t) != 0 ||
        SourceString->Length > SourceString->MaximumLength ||
        (SourceString->Buffer == NULL && (SourceString->Length != 0 || SourceString->MaximumLength != 0)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}
DDK_STRSAFE_API_ RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
    return RtlUnicodeStringValidateEx(SourceString, 0);
}

DDK_STRSAFE_API_ RtlUnicodeStringInitEx(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR Source, ULONG Flags)
{
    SIZE_T Count = 0;

    if (Flags & ~DDK_STRSAFE_VALID_FLAGS_)
        return STATUS_INVALID_PARAMETER;
    if (Source != NULL) {
        Count = DdkStringCountW(Source, NTSTRSAFE_UNICODE_STRING_MAX_CCH);
        if (Count == NTSTRSAFE_UNICODE_STRING_MAX_CCH)
            return STATUS_INVALID_PARAMETER;
    }
    DestinationString->Length = (USHORT)(Count * sizeof(wchar_t));
    DestinationString->MaximumLength = (USHORT)(Source != NULL ? (Count + 1) * sizeof(wchar_t) : 0);
    DestinationString->Buffer = (PWSTR)Source;
    return STATUS_SUCCESS;
}
DDK_STRSAFE_API_ RtlUnicodeStringInit(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR Source)
{
    return RtlUnicodeStringInitEx(DestinationString, Source, 0);
}

/* What the Ex forms do after the work; Kept as in DdkStringFinish. All in characters. */
static __inline__ VOID DdkUnicodeFinish(NTSTATUS Status, PUNICODE_STRING Dest, SIZE_T Kept, SIZE_T Used, ULONG Flags,
                                        PUNICODE_STRING Remaining)
{
    unsigned char *Bytes = (unsigned char *)Dest->Buffer;

    if (Status == STATUS_SUCCESS) {
        if (Flags & STRSAFE_FILL_BEHIND) {
            for (SIZE_T i = Used * sizeof(wchar_t); i < Dest->MaximumLength; i++)
                Bytes[i] = (unsigned char)Flags;
        }
    } else {
        if (Flags & STRSAFE_FILL_ON_FAILURE) {
            for (SIZE_T i = 0; i < Dest->MaximumLength; i++)
                Bytes[i] = (unsigned char)Flags;
            Used = 0;
        }
        if (Flags & STRSAFE_ZERO_LENGTH_ON_FAILURE)
            Used = 0;
        else if ((Flags & STRSAFE_NO_TRUNCATION) && !(Flags & STRSAFE_FILL_ON_FAILURE))
            Used = Kept;
    }
    Dest->Length = (USHORT)(Used * sizeof(wchar_t));
    if (Remaining != NULL) {
        Remaining->Buffer = Dest->Buffer + Used;
        Remaining->Length = 0;
        Remaining->MaximumLength = (USHORT)(Dest->MaximumLength - Dest->Length);
    }
}

/* Puts at most Most characters of Source (Count of them, or up to a NUL when Count is ~0) behind Used ones. */
static __inline__ NTSTATUS DdkUnicodePut(PUNICODE_STRING Dest, BOOLEAN Append, NTSTRSAFE_PCWSTR Source, SIZE_T Count,
                                         PUNICODE_STRING Remaining, ULONG Flags)
{
    NTSTATUS Status = RtlUnicodeStringValidateEx(Dest, Flags & ~STRSAFE_IGNORE_NULLS);
    SIZE_T Size, Used, Kept;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Source == NULL) {
        if (Count != 0 && !(Flags & STRSAFE_IGNORE_NULLS))
            return STATUS_INVALID_PARAMETER;
        Count = 0;
    }
    Size = Dest->MaximumLength / sizeof(wchar_t);
    Kept = Append ? Dest->Length / sizeof(wchar_t) : 0;
    for (Used = Kept; Count != 0; Count--) {
        if (Count > NTSTRSAFE_MAX_CCH && *Source == 0)
            break;
        if (Used == Size) {
            Status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        Dest->Buffer[Used++] = *Source++;
    }
    DdkUnicodeFinish(Status, Dest, Kept, Used, Flags, Remaining);
    return Status;
}

static __inline__ NTSTATUS DdkUnicodePutString(PUNICODE_STRING Dest, BOOLEAN Append, PCUNICODE_STRING Source, SIZE_T Most,
                                               PUNICODE_STRING Remaining, ULONG Flags)
{
    NTSTATUS Status = RtlUnicodeStringValidateEx(Source, Flags);
    SIZE_T Count = 0;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Source != NULL)
        Count = Source->Length / sizeof(wchar_t);
    return DdkUnicodePut(Dest, Append, Source != NULL ? Source->Buffer : NULL, Count < Most ? Count : Most, Remaining, Flags);
}

/* Characters of a NUL-terminated source, at most Most. */
static __inline__ NTSTATUS DdkUnicodePutText(PUNICODE_STRING Dest, BOOLEAN Append, NTSTRSAFE_PCWSTR Source, SIZE_T Most,
                                             PUNICODE_STRING Remaining, ULONG Flags)
{
    if (Source == NULL)
        return DdkUnicodePut(Dest, Append, Source, Most, Remaining, Flags);
    return DdkUnicodePut(Dest, Append, Source, DdkStringCountW(Source, Most), Remaining, Flags);
}

#define DDK_UNICODE_PAIR_(Name, Append)                                                                                      \
    DDK_STRSAFE_API_ RtlUnicodeString##Name(PUNICODE_STRING Dest, PCUNICODE_STRING Source)                                   \
    {                                                                                                                        \
        return DdkUnicodePutString(Dest, Append, Source, NTSTRSAFE_MAX_CCH, NULL, 0);                                        \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeString##Name##Ex(PUNICODE_STRING Dest, PCUNICODE_STRING Source, PUNICODE_STRING Remaining,    \
                                                ULONG Flags)                                                                 \
    {                                                                                                                        \
        return DdkUnicodePutString(Dest, Append, Source, NTSTRSAFE_MAX_CCH, Remaining, Flags);                               \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeString##Name##String(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source)                           \
    {                                                                                                                        \
        return DdkUnicodePutText(Dest, Append, Source, NTSTRSAFE_MAX_CCH, NULL, 0);                                          \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeString##Name##StringEx(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source,                         \
                                                      PUNICODE_STRING Remaining, ULONG Flags)                                \
    {                                                                                                                        \
        return DdkUnicodePutText(Dest, Append, Source, NTSTRSAFE_MAX_CCH, Remaining, Flags);                                 \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCch##Name##N(PUNICODE_STRING Dest, PCUNICODE_STRING Source, SIZE_T Most)                \
    {                                                                                                                        \
        return DdkUnicodePutString(Dest, Append, Source, Most, NULL, 0);                                                     \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCch##Name##NEx(PUNICODE_STRING Dest, PCUNICODE_STRING Source, SIZE_T Most,              \
                                                    PUNICODE_STRING Remaining, ULONG Flags)                                  \
    {                                                                                                                        \
        return DdkUnicodePutString(Dest, Append, Source, Most, Remaining, Flags);                                            \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCb##Name##N(PUNICODE_STRING Dest, PCUNICODE_STRING Source, SIZE_T Bytes)                \
    {                                                                                                                        \
        return DdkUnicodePutString(Dest, Append, Source, Bytes / sizeof(wchar_t), NULL, 0);                                  \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCb##Name##NEx(PUNICODE_STRING Dest, PCUNICODE_STRING Source, SIZE_T Bytes,              \
                                                   PUNICODE_STRING Remaining, ULONG Flags)                                   \
    {                                                                                                                        \
        return DdkUnicodePutString(Dest, Append, Source, Bytes / sizeof(wchar_t), Remaining, Flags);                         \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCch##Name##StringN(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, SIZE_T Most)          \
    {                                                                                                                        \
        return DdkUnicodePutText(Dest, Append, Source, Most, NULL, 0);                                                       \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCch##Name##StringNEx(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, SIZE_T Most,        \
                                                          PUNICODE_STRING Remaining, ULONG Flags)                            \
    {                                                                                                                        \
        return DdkUnicodePutText(Dest, Append, Source, Most, Remaining, Flags);                                              \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCb##Name##StringN(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, SIZE_T Bytes)          \
    {                                                                                                                        \
        return DdkUnicodePutText(Dest, Append, Source, Bytes / sizeof(wchar_t), NULL, 0);                                    \
    }                                                                                                                        \
    DDK_STRSAFE_API_ RtlUnicodeStringCb##Name##StringNEx(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, SIZE_T Bytes,        \
                                                         PUNICODE_STRING Remaining, ULONG Flags)                             \
    {                                                                                                                        \
        return DdkUnicodePutText(Dest, Append, Source, Bytes / sizeof(wchar_t), Remaining, Flags);                           \
    }
DDK_UNICODE_PAIR_(Copy, FALSE)
DDK_UNICODE_PAIR_(Cat, TRUE)

DDK_STRSAFE_API_ RtlUnicodeStringVPrintfEx(PUNICODE_STRING Dest, PUNICODE_STRING Remaining, ULONG Flags,
                                           NTSTRSAFE_PCWSTR Format, va_list Arguments)
{
    NTSTATUS Status = RtlUnicodeStringValidateEx(Dest, Flags & ~STRSAFE_IGNORE_NULLS);
    SIZE_T Size, Used = 0;
    int Written;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Format == NULL) {
        if (!(Flags & STRSAFE_IGNORE_NULLS))
            return STATUS_INVALID_PARAMETER;
        Format = L"";
    }
    Size = Dest->MaximumLength / sizeof(wchar_t);
    Written = Size == 0 && *Format == 0 ? 0 : _vsnwprintf(Dest->Buffer, Size, Format, Arguments);
    Used = Written;
    if (Written < 0 || Used > Size) {
        Status = STATUS_BUFFER_OVERFLOW;
        Used = Size;
    }
    DdkUnicodeFinish(Status, Dest, 0, Used, Flags, Remaining);
    return Status;
}
DDK_STRSAFE_API_ RtlUnicodeStringVPrintf(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Format, va_list Arguments)
{
    return RtlUnicodeStringVPrintfEx(Dest, NULL, 0, Format, Arguments);
}
DDK_STRSAFE_API_ RtlUnicodeStringPrintfEx(PUNICODE_STRING Dest, PUNICODE_STRING Remaining, ULONG Flags,
                                          NTSTRSAFE_PCWSTR Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = RtlUnicodeStringVPrintfEx(Dest, Remaining, Flags, Format, Arguments);
    va_end(Arguments);
    return Status;
}
DDK_STRSAFE_API_ RtlUnicodeStringPrintf(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = RtlUnicodeStringVPrintfEx(Dest, NULL, 0, Format, Arguments);
    va_end(Arguments);
    return Status;
}

/* NUL-terminated destinations, UNICODE_STRING sources. */
DDK_STRSAFE_API_ RtlStringCbCopyUnicodeStringEx(wchar_t *Dest, SIZE_T Bytes, PCUNICODE_STRING Source, wchar_t **End,
                                                SIZE_T *Remaining, ULONG Flags)
{
    SIZE_T Size = Bytes / sizeof(wchar_t), Count, Used;
    NTSTATUS Status = RtlUnicodeStringValidateEx(Source, Flags);

    if (!NT_SUCCESS(Status))
        return Status;
    Count = Source != NULL ? Source->Length / sizeof(wchar_t) : 0;
    if (Size == 0 || Size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    for (Used = 0; Used < Count && Used < Size - 1; Used++)
        Dest[Used] = Source->Buffer[Used];
    Dest[Used] = 0;
    if (Used != Count)
        Status = STATUS_BUFFER_OVERFLOW;
    DdkStringFinishW(Status, Dest, Bytes, 0, Used, Flags, End, Remaining);
    return Status;
}
DDK_STRSAFE_API_ RtlStringCbCopyUnicodeString(wchar_t *Dest, SIZE_T Bytes, PCUNICODE_STRING Source)
{
    return RtlStringCbCopyUnicodeStringEx(Dest, Bytes, Source, NULL, NULL, 0);
}
DDK_STRSAFE_API_ RtlStringCchCopyUnicodeStringEx(wchar_t *Dest, SIZE_T Size, PCUNICODE_STRING Source, wchar_t **End,
                                                 SIZE_T *Remaining, ULONG Flags)
{
    return DdkStringInCharactersW(
        RtlStringCbCopyUnicodeStringEx(Dest, Size > NTSTRSAFE_MAX_CCH ? 0 : Size * sizeof(wchar_t), Source, End, Remaining,
                                       Flags),
        Remaining);
}
DDK_STRSAFE_API_ RtlStringCchCopyUnicodeString(wchar_t *Dest, SIZE_T Size, PCUNICODE_STRING Source)
{
    return RtlStringCchCopyUnicodeStringEx(Dest, Size, Source, NULL, NULL, 0);
}
