/*
 * The routines of ntstrsafe.h on NUL-terminated strings, once for each character type; ntstrsafe.h includes this file twice.
 * DDK_CHAR_, DDK_NAME_(name), DDK_FORMAT_ (the v...printf that is used).
 */

/* Characters of Text before its NUL, or Limit when there is none. */
static __inline__ SIZE_T DDK_NAME_(DdkStringCount)(const DDK_CHAR_ *Text, SIZE_T Limit)
{
    SIZE_T Count = 0;

    while (Count < Limit && Text[Count] != 0)
        Count++;
    return Count;
}

/* Writes at most Most characters of Source behind Used characters of Dest, and a NUL. Size is not 0 and more than Used. */
static __inline__ NTSTATUS DDK_NAME_(DdkStringPut)(DDK_CHAR_ *Dest, SIZE_T Size, SIZE_T Used, const DDK_CHAR_ *Source,
                                                   SIZE_T Most, SIZE_T *NewUsed)
{
    NTSTATUS Status = STATUS_SUCCESS;

    while (Most != 0 && *Source != 0) {
        if (Used == Size - 1) {
            Status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        Dest[Used++] = *Source++;
        Most--;
    }
    Dest[Used] = 0;
    *NewUsed = Used;
    return Status;
}

static __inline__ NTSTATUS DDK_NAME_(DdkStringFormat)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Format,
                                                      va_list Arguments, SIZE_T *NewUsed)
{
    int Written = DDK_FORMAT_(Dest, Size - 1, Format, Arguments);

    if (Written >= 0 && (SIZE_T)Written < Size) {
        Dest[Written] = 0;
        *NewUsed = Written;
        return STATUS_SUCCESS;
    }
    Dest[Size - 1] = 0;
    *NewUsed = Size - 1;
    return STATUS_BUFFER_OVERFLOW;
}

/*
 * What the Ex forms do after the work: fills, empties on failure, and tells where the text ends. Kept: characters that were
 * there before and stay when the work must not be cut short.
 */
static __inline__ VOID DDK_NAME_(DdkStringFinish)(NTSTATUS Status, DDK_CHAR_ *Dest, SIZE_T SizeBytes, SIZE_T Kept, SIZE_T Used,
                                                  ULONG Flags, DDK_CHAR_ **End, SIZE_T *RemainingBytes)
{
    unsigned char *Bytes = (unsigned char *)Dest;
    SIZE_T Size = SizeBytes / sizeof(DDK_CHAR_);

    if (NT_SUCCESS(Status) && Status == STATUS_SUCCESS) {
        if (Flags & STRSAFE_FILL_BEHIND_NULL) {
            for (SIZE_T i = (Used + 1) * sizeof(DDK_CHAR_); i < SizeBytes; i++)
                Bytes[i] = (unsigned char)Flags;
        }
    } else if (Size != 0) {
        if (Flags & STRSAFE_FILL_ON_FAILURE) {
            for (SIZE_T i = 0; i < SizeBytes; i++)
                Bytes[i] = (unsigned char)Flags;
            Used = (unsigned char)Flags == 0 ? 0 : Size - 1;
            Dest[Used] = 0;
        }
        if (Flags & STRSAFE_NULL_ON_FAILURE) {
            Used = 0;
            Dest[0] = 0;
        } else if ((Flags & STRSAFE_NO_TRUNCATION) && !(Flags & STRSAFE_FILL_ON_FAILURE)) {
            Used = Kept;
            Dest[Used] = 0;
        }
    }
    if (End != NULL)
        *End = Dest + Used;
    if (RemainingBytes != NULL)
        *RemainingBytes = SizeBytes - Used * sizeof(DDK_CHAR_);
}

/* A destination of no characters: nothing fits. */
static __inline__ NTSTATUS DDK_NAME_(DdkStringNoRoom)(const DDK_CHAR_ *Dest, const DDK_CHAR_ *Source, SIZE_T Most)
{
    if (Most == 0 || *Source == 0)
        return STATUS_SUCCESS;
    return Dest == NULL ? STATUS_INVALID_PARAMETER : STATUS_BUFFER_OVERFLOW;
}

static __inline__ NTSTATUS DDK_NAME_(DdkStringPutEx)(DDK_CHAR_ *Dest, SIZE_T SizeBytes, BOOLEAN Append,
                                                     const DDK_CHAR_ *Source, SIZE_T Most, DDK_CHAR_ **End,
                                                     SIZE_T *RemainingBytes, ULONG Flags)
{
    static const DDK_CHAR_ Empty[1] = {0};
    SIZE_T Size = SizeBytes / sizeof(DDK_CHAR_), Used = 0, Kept = 0;
    NTSTATUS Status;

    if ((Flags & ~DDK_STRSAFE_VALID_FLAGS_) || Size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (Flags & STRSAFE_IGNORE_NULLS) {
        if (Dest == NULL && SizeBytes != 0)
            return STATUS_INVALID_PARAMETER;
        if (Source == NULL)
            Source = Empty;
    }
    if (Size == 0) {
        Status = DDK_NAME_(DdkStringNoRoom)(Dest, Source, Most);
    } else {
        if (Append) {
            Used = DDK_NAME_(DdkStringCount)(Dest, Size);
            if (Used == Size)
                return STATUS_INVALID_PARAMETER;
            Kept = Used;
        }
        Status = DDK_NAME_(DdkStringPut)(Dest, Size, Used, Source, Most, &Used);
    }
    if (Status != STATUS_INVALID_PARAMETER)
        DDK_NAME_(DdkStringFinish)(Status, Dest, SizeBytes, Kept, Used, Flags, End, RemainingBytes);
    return Status;
}

/* Without flags a buffer of no characters is an error whatever is copied. */
static __inline__ NTSTATUS DDK_NAME_(DdkStringPutPlain)(DDK_CHAR_ *Dest, SIZE_T SizeBytes, BOOLEAN Append,
                                                        const DDK_CHAR_ *Source, SIZE_T Most)
{
    if (SizeBytes < sizeof(DDK_CHAR_) || Most > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    return DDK_NAME_(DdkStringPutEx)(Dest, SizeBytes, Append, Source, Most, NULL, NULL, 0);
}

static __inline__ NTSTATUS DDK_NAME_(DdkStringFormatEx)(DDK_CHAR_ *Dest, SIZE_T SizeBytes, DDK_CHAR_ **End,
                                                        SIZE_T *RemainingBytes, ULONG Flags, const DDK_CHAR_ *Format,
                                                        va_list Arguments)
{
    static const DDK_CHAR_ Empty[1] = {0};
    SIZE_T Size = SizeBytes / sizeof(DDK_CHAR_), Used = 0;
    NTSTATUS Status;

    if ((Flags & ~DDK_STRSAFE_VALID_FLAGS_) || Size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (Flags & STRSAFE_IGNORE_NULLS) {
        if (Dest == NULL && SizeBytes != 0)
            return STATUS_INVALID_PARAMETER;
        if (Format == NULL)
            Format = Empty;
    }
    if (Size == 0)
        Status = DDK_NAME_(DdkStringNoRoom)(Dest, Format, NTSTRSAFE_MAX_CCH);
    else
        Status = DDK_NAME_(DdkStringFormat)(Dest, Size, Format, Arguments, &Used);
    if (Status != STATUS_INVALID_PARAMETER)
        DDK_NAME_(DdkStringFinish)(Status, Dest, SizeBytes, 0, Used, Flags, End, RemainingBytes);
    return Status;
}

/* ---- sizes in bytes ---- */
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCopy)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source)
{
    return DDK_NAME_(DdkStringPutPlain)(Dest, Bytes, FALSE, Source, NTSTRSAFE_MAX_CCH);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCopyN)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source, SIZE_T CopyBytes)
{
    return DDK_NAME_(DdkStringPutPlain)(Dest, Bytes, FALSE, Source, CopyBytes / sizeof(DDK_CHAR_));
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCopyEx)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source, DDK_CHAR_ **End,
                                              SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringPutEx)(Dest, Bytes, FALSE, Source, NTSTRSAFE_MAX_CCH, End, Remaining, Flags);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCopyNEx)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source, SIZE_T CopyBytes,
                                               DDK_CHAR_ **End, SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringPutEx)(Dest, Bytes, FALSE, Source, CopyBytes / sizeof(DDK_CHAR_), End, Remaining, Flags);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCat)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source)
{
    return DDK_NAME_(DdkStringPutPlain)(Dest, Bytes, TRUE, Source, NTSTRSAFE_MAX_CCH);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCatN)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source, SIZE_T CopyBytes)
{
    return DDK_NAME_(DdkStringPutPlain)(Dest, Bytes, TRUE, Source, CopyBytes / sizeof(DDK_CHAR_));
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCatEx)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source, DDK_CHAR_ **End,
                                             SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringPutEx)(Dest, Bytes, TRUE, Source, NTSTRSAFE_MAX_CCH, End, Remaining, Flags);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbCatNEx)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Source, SIZE_T CopyBytes,
                                              DDK_CHAR_ **End, SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringPutEx)(Dest, Bytes, TRUE, Source, CopyBytes / sizeof(DDK_CHAR_), End, Remaining, Flags);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbVPrintf)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Format, va_list Arguments)
{
    if (Bytes < sizeof(DDK_CHAR_))
        return STATUS_INVALID_PARAMETER;
    return DDK_NAME_(DdkStringFormatEx)(Dest, Bytes, NULL, NULL, 0, Format, Arguments);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbVPrintfEx)(DDK_CHAR_ *Dest, SIZE_T Bytes, DDK_CHAR_ **End, SIZE_T *Remaining,
                                                 ULONG Flags, const DDK_CHAR_ *Format, va_list Arguments)
{
    return DDK_NAME_(DdkStringFormatEx)(Dest, Bytes, End, Remaining, Flags, Format, Arguments);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbPrintf)(DDK_CHAR_ *Dest, SIZE_T Bytes, const DDK_CHAR_ *Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = DDK_NAME_(RtlStringCbVPrintf)(Dest, Bytes, Format, Arguments);
    va_end(Arguments);
    return Status;
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbPrintfEx)(DDK_CHAR_ *Dest, SIZE_T Bytes, DDK_CHAR_ **End, SIZE_T *Remaining,
                                                ULONG Flags, const DDK_CHAR_ *Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = DDK_NAME_(DdkStringFormatEx)(Dest, Bytes, End, Remaining, Flags, Format, Arguments);
    va_end(Arguments);
    return Status;
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCbLength)(const DDK_CHAR_ *Text, SIZE_T Most, SIZE_T *Length)
{
    SIZE_T Size = Most / sizeof(DDK_CHAR_), Count = 0;

    if (Text != NULL && Size <= NTSTRSAFE_MAX_CCH)
        Count = DDK_NAME_(DdkStringCount)(Text, Size);
    else
        Size = 0;
    if (Length != NULL)
        *Length = Count == Size ? 0 : Count * sizeof(DDK_CHAR_);
    return Count == Size ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* ---- sizes in characters ---- */
#define DDK_BYTES_(cch) ((cch) > NTSTRSAFE_MAX_CCH ? ~(SIZE_T)0 : (cch) * sizeof(DDK_CHAR_))

DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCopy)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source)
{
    return DDK_NAME_(RtlStringCbCopy)(Dest, DDK_BYTES_(Size), Source);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCopyN)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source, SIZE_T Most)
{
    return DDK_NAME_(RtlStringCbCopyN)(Dest, DDK_BYTES_(Size), Source, DDK_BYTES_(Most));
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCat)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source)
{
    return DDK_NAME_(RtlStringCbCat)(Dest, DDK_BYTES_(Size), Source);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCatN)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source, SIZE_T Most)
{
    return DDK_NAME_(RtlStringCbCatN)(Dest, DDK_BYTES_(Size), Source, DDK_BYTES_(Most));
}
static __inline__ NTSTATUS DDK_NAME_(DdkStringInCharacters)(NTSTATUS Status, SIZE_T *Remaining)
{
    if (Remaining != NULL && Status != STATUS_INVALID_PARAMETER)
        *Remaining /= sizeof(DDK_CHAR_);
    return Status;
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCopyEx)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source, DDK_CHAR_ **End,
                                               SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringInCharacters)(
        DDK_NAME_(RtlStringCbCopyEx)(Dest, DDK_BYTES_(Size), Source, End, Remaining, Flags), Remaining);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCopyNEx)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source, SIZE_T Most,
                                                DDK_CHAR_ **End, SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringInCharacters)(
        DDK_NAME_(RtlStringCbCopyNEx)(Dest, DDK_BYTES_(Size), Source, DDK_BYTES_(Most), End, Remaining, Flags), Remaining);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCatEx)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source, DDK_CHAR_ **End,
                                              SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringInCharacters)(
        DDK_NAME_(RtlStringCbCatEx)(Dest, DDK_BYTES_(Size), Source, End, Remaining, Flags), Remaining);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchCatNEx)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Source, SIZE_T Most,
                                               DDK_CHAR_ **End, SIZE_T *Remaining, ULONG Flags)
{
    return DDK_NAME_(DdkStringInCharacters)(
        DDK_NAME_(RtlStringCbCatNEx)(Dest, DDK_BYTES_(Size), Source, DDK_BYTES_(Most), End, Remaining, Flags), Remaining);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchVPrintf)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Format, va_list Arguments)
{
    return DDK_NAME_(RtlStringCbVPrintf)(Dest, DDK_BYTES_(Size), Format, Arguments);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchVPrintfEx)(DDK_CHAR_ *Dest, SIZE_T Size, DDK_CHAR_ **End, SIZE_T *Remaining,
                                                  ULONG Flags, const DDK_CHAR_ *Format, va_list Arguments)
{
    return DDK_NAME_(DdkStringInCharacters)(
        DDK_NAME_(DdkStringFormatEx)(Dest, DDK_BYTES_(Size), End, Remaining, Flags, Format, Arguments), Remaining);
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchPrintf)(DDK_CHAR_ *Dest, SIZE_T Size, const DDK_CHAR_ *Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = DDK_NAME_(RtlStringCbVPrintf)(Dest, DDK_BYTES_(Size), Format, Arguments);
    va_end(Arguments);
    return Status;
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchPrintfEx)(DDK_CHAR_ *Dest, SIZE_T Size, DDK_CHAR_ **End, SIZE_T *Remaining,
                                                 ULONG Flags, const DDK_CHAR_ *Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = DDK_NAME_(RtlStringCchVPrintfEx)(Dest, Size, End, Remaining, Flags, Format, Arguments);
    va_end(Arguments);
    return Status;
}
DDK_STRSAFE_API_ DDK_NAME_(RtlStringCchLength)(const DDK_CHAR_ *Text, SIZE_T Most, SIZE_T *Length)
{
    NTSTATUS Status = DDK_NAME_(RtlStringCbLength)(Text, DDK_BYTES_(Most), Length);

    if (Length != NULL)
        *Length /= sizeof(DDK_CHAR_);
    return Status;
}
#undef DDK_BYTES_
