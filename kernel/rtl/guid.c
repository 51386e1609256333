/*
 * GUIDs as text: "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", capitals out, either case in. Left out:
 * nothing.
 */
#include "rtl.h"

#define RTLP_GUID_UNITS 38

/* *String gets a new terminated buffer, freed by RtlFreeUnicodeString. */
NT_EXPORT(RtlStringFromGUID);
NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING String)
{
    USHORT Bytes = RTLP_GUID_UNITS * sizeof(WCHAR);
    PWSTR Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), 'grtS');
    const UCHAR *Tail = Guid->Data4;

    if (Buffer == NULL)
        return STATUS_NO_MEMORY;
    _snwprintf(Buffer, RTLP_GUID_UNITS + 1, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
               (ULONG)Guid->Data1, Guid->Data2, Guid->Data3, Tail[0], Tail[1], Tail[2], Tail[3],
               Tail[4], Tail[5], Tail[6], Tail[7]);
    *String = (UNICODE_STRING){Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Buffer};
    return STATUS_SUCCESS;
}

static BOOLEAN RtlpHexByte(PCWCH Text, PUCHAR Value)
{
    ULONG Result = 0;

    for (ULONG At = 0; At < 2; At++) {
        WCHAR Char = Text[At];
        Result <<= 4;
        if (Char >= '0' && Char <= '9')
            Result |= Char - '0';
        else if ((Char | 0x20) >= 'a' && (Char | 0x20) <= 'f')
            Result |= (Char | 0x20) - 'a' + 10u;
        else
            return FALSE;
    }
    *Value = (UCHAR)Result;
    return TRUE;
}

NT_EXPORT(RtlGUIDFromString);
NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING String, GUID *Guid)
{
    /* Where each byte's digits stand, in the order of the text. */
    static const UCHAR Place[16] = {1, 3, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 29, 31, 33, 35};
    PCWCH Text = String->Buffer;
    UCHAR Byte[16];

    if (String->Length != RTLP_GUID_UNITS * sizeof(WCHAR) || Text[0] != '{' || Text[9] != '-' ||
        Text[14] != '-' || Text[19] != '-' || Text[24] != '-' || Text[37] != '}')
        return STATUS_INVALID_PARAMETER;
    for (ULONG At = 0; At < 16; At++)
        if (!RtlpHexByte(Text + Place[At], &Byte[At]))
            return STATUS_INVALID_PARAMETER;
    Guid->Data1 = (ULONG)Byte[0] << 24 | (ULONG)Byte[1] << 16 | (ULONG)Byte[2] << 8 | Byte[3];
    Guid->Data2 = (USHORT)(Byte[4] << 8 | Byte[5]);
    Guid->Data3 = (USHORT)(Byte[6] << 8 | Byte[7]);
    memcpy(Guid->Data4, Byte + 8, sizeof(Guid->Data4));
    return STATUS_SUCCESS;
}
