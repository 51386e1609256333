/*
 * Events as text. What TraceLogging describes (a descriptor with the event's metadata, as TraceLoggingWrite makes it) is shown by
 * name and type; other data in hexadecimal. The metadata: a size, tags, the event's name, then for each field its name, its
 * type, how it is to be shown, how many. Left out: how a value is to be shown beyond its type, tags, custom serialisers (shown
 * in hexadecimal, as is all that follows something that cannot be read).
 */
#include "etwp.h"

#include "../rtl/rtl.h"

#define ETWP_LINE 4000u
#define ETWP_SHOWN_BYTES 512u

/* Types of fields, and what else the type's byte says. */
enum {
    ETWP_NULL, ETWP_UNICODE, ETWP_ANSI, ETWP_INT8, ETWP_UINT8, ETWP_INT16, ETWP_UINT16, ETWP_INT32, ETWP_UINT32, ETWP_INT64,
    ETWP_UINT64, ETWP_FLOAT, ETWP_DOUBLE, ETWP_BOOL32, ETWP_BINARY, ETWP_GUID, ETWP_POINTER, ETWP_FILETIME, ETWP_SYSTEMTIME,
    ETWP_SID, ETWP_HEX32, ETWP_HEX64, ETWP_COUNTED_UNICODE, ETWP_COUNTED_ANSI, ETWP_STRUCT, ETWP_COUNTED_BINARY,
    ETWP_TYPE_MASK = 0x1F, ETWP_COUNT_CONSTANT = 0x20, ETWP_COUNT_VARIABLE = 0x40, ETWP_COUNT_MASK = 0x60, ETWP_CHAIN = 0x80
};

/* One line at a time: nothing here is a preemption point. */
static struct {
    char Text[ETWP_LINE + 1];
    ULONG Used;
} EtwpLine;

static VOID EtwpPut(const char *Format, ...)
{
    ULONG Room = ETWP_LINE - EtwpLine.Used;
    va_list Arguments;
    int Bytes;

    va_start(Arguments, Format);
    Bytes = _vsnprintf(EtwpLine.Text + EtwpLine.Used, Room, Format, Arguments);
    va_end(Arguments);
    EtwpLine.Used += Bytes < 0 ? Room : (ULONG)Bytes;
}

/* One character of a name or a string: tabs and line ends would end a field. */
static VOID EtwpPutChar(ULONG Char)
{
    if (EtwpLine.Used >= ETWP_LINE - 3)
        return;
    if (Char < 0x20 || Char == 0x7F || (Char >= 0xD800 && Char < 0xE000)) {
        EtwpLine.Text[EtwpLine.Used++] = '.';
    } else if (Char < 0x80) {
        EtwpLine.Text[EtwpLine.Used++] = (char)Char;
    } else if (Char < 0x800) {
        EtwpLine.Text[EtwpLine.Used++] = (char)(0xC0 | Char >> 6);
        EtwpLine.Text[EtwpLine.Used++] = (char)(0x80 | (Char & 0x3F));
    } else {
        EtwpLine.Text[EtwpLine.Used++] = (char)(0xE0 | Char >> 12);
        EtwpLine.Text[EtwpLine.Used++] = (char)(0x80 | (Char >> 6 & 0x3F));
        EtwpLine.Text[EtwpLine.Used++] = (char)(0x80 | (Char & 0x3F));
    }
}

static VOID EtwpPutGuid(const GUID *Guid)
{
    EtwpPut("{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1, Guid->Data2, Guid->Data3, Guid->Data4[0],
            Guid->Data4[1], Guid->Data4[2], Guid->Data4[3], Guid->Data4[4], Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
}

/* ---- the data of an event: its descriptors end to end ---- */

typedef struct _ETWP_READER {
    const ETWP_EVENT *Event;
    ULONG Item, At; /* descriptor, and place in it */
} ETWP_READER;

static BOOLEAN EtwpSkipEmpty(ETWP_READER *Reader)
{
    for (; Reader->Item < Reader->Event->Count; Reader->Item++, Reader->At = 0)
        if ((UCHAR)Reader->Event->Data[Reader->Item].Reserved == ETWP_DATA &&
            Reader->At < Reader->Event->Data[Reader->Item].Size)
            return TRUE;
    return FALSE;
}

static BOOLEAN EtwpRead(ETWP_READER *Reader, PVOID Buffer, ULONG Bytes)
{
    for (PUCHAR To = Buffer; Bytes != 0; Bytes--) {
        if (!EtwpSkipEmpty(Reader))
            return FALSE;
        *To++ = ((const UCHAR *)(ULONG_PTR)Reader->Event->Data[Reader->Item].Ptr)[Reader->At++];
    }
    return TRUE;
}

/* ---- the metadata of an event ---- */

typedef struct _ETWP_META {
    const UCHAR *At, *End;
} ETWP_META;

static BOOLEAN EtwpMetaByte(ETWP_META *Meta, PUCHAR Byte)
{
    if (Meta->At >= Meta->End)
        return FALSE;
    *Byte = *Meta->At++;
    return TRUE;
}

/* A name with its terminator. */
static BOOLEAN EtwpMetaName(ETWP_META *Meta, const char **Name)
{
    *Name = (const char *)Meta->At;
    while (Meta->At < Meta->End)
        if (*Meta->At++ == 0)
            return TRUE;
    return FALSE;
}

/* Bytes with their high bit set, and one without. */
static BOOLEAN EtwpMetaTags(ETWP_META *Meta)
{
    UCHAR Byte;

    do {
        if (!EtwpMetaByte(Meta, &Byte))
            return FALSE;
    } while (Byte & 0x80);
    return TRUE;
}

static VOID EtwpPutName(const char *Name)
{
    for (; *Name != 0; Name++)
        if ((UCHAR)*Name < 0x80)
            EtwpPutChar((UCHAR)*Name);
        else if (EtwpLine.Used < ETWP_LINE)
            EtwpLine.Text[EtwpLine.Used++] = *Name; /* UTF-8 as it is */
}

/* ---- values ---- */

static BOOLEAN EtwpPutString(ETWP_READER *Reader, ULONG CharBytes, BOOLEAN Counted)
{
    USHORT Bytes = 0, Char;

    if (Counted && !EtwpRead(Reader, &Bytes, sizeof(Bytes)))
        return FALSE;
    EtwpPut("\"");
    for (ULONG i = 0; !Counted || i < Bytes / CharBytes; i++) {
        Char = 0;
        if (!EtwpRead(Reader, &Char, CharBytes)) {
            EtwpPut("\"..."); /* the data end before the string does */
            return FALSE;
        }
        if (Char == 0 && !Counted)
            break;
        EtwpPutChar(Char);
    }
    EtwpPut("\"");
    return TRUE;
}

static BOOLEAN EtwpPutBinary(ETWP_READER *Reader)
{
    USHORT Bytes;
    UCHAR Byte;

    if (!EtwpRead(Reader, &Bytes, sizeof(Bytes)))
        return FALSE;
    EtwpPut("0x");
    for (ULONG i = 0; i < Bytes; i++) {
        if (!EtwpRead(Reader, &Byte, 1))
            return FALSE;
        if (i < ETWP_SHOWN_BYTES)
            EtwpPut("%02x", Byte);
    }
    return TRUE;
}

/* S-1-authority-sub... */
static BOOLEAN EtwpPutSid(ETWP_READER *Reader)
{
    UCHAR Head[8];
    ULONG Sub;

    if (!EtwpRead(Reader, Head, sizeof(Head)) || Head[1] > SID_MAX_SUB_AUTHORITIES)
        return FALSE;
    EtwpPut("S-%u-%u", Head[0], (ULONG)Head[7] | (ULONG)Head[6] << 8 | (ULONG)Head[5] << 16 | (ULONG)Head[4] << 24);
    for (ULONG i = 0; i < Head[1]; i++) {
        if (!EtwpRead(Reader, &Sub, sizeof(Sub)))
            return FALSE;
        EtwpPut("-%lu", Sub);
    }
    return TRUE;
}

/* A value of one, two, four or eight bytes as the type shows it; floating point as bits, as the kernel computes none. */
static VOID EtwpPutNumber(UCHAR Type, LONG64 Signed, ULONG64 Plain)
{
    switch (Type) {
    case ETWP_INT8: case ETWP_INT16: case ETWP_INT32: case ETWP_INT64: EtwpPut("%I64d", Signed); break;
    case ETWP_BOOL32: EtwpPut(Plain != 0 ? "true" : "false"); break;
    case ETWP_FLOAT: EtwpPut("float:0x%08I64x", Plain); break;
    case ETWP_DOUBLE: EtwpPut("double:0x%016I64x", Plain); break;
    case ETWP_POINTER: case ETWP_HEX32: case ETWP_HEX64: EtwpPut("0x%I64x", Plain); break;
    default: EtwpPut("%I64u", Plain); break;
    }
}

static ULONG EtwpNumberBytes(UCHAR Type)
{
    switch (Type) {
    case ETWP_INT8: case ETWP_UINT8: return 1;
    case ETWP_INT16: case ETWP_UINT16: return 2;
    case ETWP_INT32: case ETWP_UINT32: case ETWP_FLOAT: case ETWP_BOOL32: case ETWP_HEX32: return 4;
    case ETWP_INT64: case ETWP_UINT64: case ETWP_DOUBLE: case ETWP_POINTER: case ETWP_FILETIME: case ETWP_HEX64: return 8;
    }
    return 0;
}

static BOOLEAN EtwpPutValue(ETWP_READER *Reader, UCHAR Type)
{
    ULONG Bytes = EtwpNumberBytes(Type), Shift = 64 - 8 * Bytes;
    ULONG64 Plain = 0;
    USHORT Time[8];
    GUID Guid;

    if (Bytes != 0) {
        if (!EtwpRead(Reader, &Plain, Bytes))
            return FALSE;
        EtwpPutNumber(Type, (LONG64)(Plain << Shift) >> Shift, Plain);
        return TRUE;
    }
    switch (Type) {
    case ETWP_NULL: return TRUE;
    case ETWP_UNICODE: return EtwpPutString(Reader, 2, FALSE);
    case ETWP_ANSI: return EtwpPutString(Reader, 1, FALSE);
    case ETWP_COUNTED_UNICODE: return EtwpPutString(Reader, 2, TRUE);
    case ETWP_COUNTED_ANSI: return EtwpPutString(Reader, 1, TRUE);
    case ETWP_BINARY: case ETWP_COUNTED_BINARY: return EtwpPutBinary(Reader);
    case ETWP_SID: return EtwpPutSid(Reader);
    case ETWP_GUID:
        if (!EtwpRead(Reader, &Guid, sizeof(Guid)))
            return FALSE;
        EtwpPutGuid(&Guid);
        return TRUE;
    case ETWP_SYSTEMTIME: /* year, month, weekday, day, hour, minute, second, millisecond */
        if (!EtwpRead(Reader, Time, sizeof(Time)))
            return FALSE;
        EtwpPut("%04u-%02u-%02uT%02u:%02u:%02u.%03u", Time[0], Time[1], Time[3], Time[4], Time[5], Time[6], Time[7]);
        return TRUE;
    }
    return FALSE;
}

/* How many values a field has; TRUE for an array. Of a variable one the count comes with the data. */
static BOOLEAN EtwpCount(UCHAR Type, ETWP_META *Meta, ETWP_READER *Reader, PUSHORT Count, PBOOLEAN Array)
{
    UCHAR Low, High;

    *Count = 1;
    *Array = (Type & ETWP_COUNT_MASK) != 0;
    if ((Type & ETWP_COUNT_MASK) == ETWP_COUNT_VARIABLE)
        return EtwpRead(Reader, Count, sizeof(*Count));
    if ((Type & ETWP_COUNT_MASK) != ETWP_COUNT_CONSTANT)
        return (Type & ETWP_COUNT_MASK) == 0; /* a custom serialiser's data cannot be read */
    if (!EtwpMetaByte(Meta, &Low) || !EtwpMetaByte(Meta, &High))
        return FALSE;
    *Count = (USHORT)(Low | High << 8);
    return TRUE;
}

/* One field. A structure has no value of its own: its fields follow, under its name. */
static BOOLEAN EtwpPutField(ETWP_META *Meta, ETWP_READER *Reader)
{
    UCHAR Type, Out = 0;
    const char *Name;
    BOOLEAN Array;
    USHORT Count;

    if (!EtwpMetaName(Meta, &Name) || !EtwpMetaByte(Meta, &Type))
        return FALSE;
    if ((Type & ETWP_CHAIN) && !EtwpMetaByte(Meta, &Out))
        return FALSE;
    if ((Out & ETWP_CHAIN) && !EtwpMetaTags(Meta))
        return FALSE;
    if (!EtwpCount(Type, Meta, Reader, &Count, &Array))
        return FALSE;
    EtwpPut("\t");
    EtwpPutName(Name);
    if ((Type & ETWP_TYPE_MASK) == ETWP_STRUCT) {
        EtwpPut("={%u fields}", Out & 0x7F);
        return !Array; /* an array of structures repeats fields that are described once: not shown */
    }
    EtwpPut(Array ? "=[" : "=");
    for (ULONG i = 0; i < Count; i++) {
        if (i != 0)
            EtwpPut(",");
        if (!EtwpPutValue(Reader, Type & ETWP_TYPE_MASK))
            return FALSE;
    }
    EtwpPut(Array ? "]" : "");
    return TRUE;
}

/* ---- the line ---- */

/* The descriptor that holds metadata of a kind, or NULL; its own size must be what it says. */
static const EVENT_DATA_DESCRIPTOR *EtwpFindMeta(const ETWP_EVENT *Event, UCHAR Kind)
{
    for (ULONG i = 0; i < Event->Count; i++)
        if ((UCHAR)Event->Data[i].Reserved == Kind && Event->Data[i].Size > sizeof(USHORT) &&
            *(const USHORT *)(ULONG_PTR)Event->Data[i].Ptr == Event->Data[i].Size)
            return &Event->Data[i];
    return NULL;
}

/* The provider's name: of the event's own metadata, or of EtwSetInformation. */
static VOID EtwpPutProvider(const ETWP_EVENT *Event)
{
    const EVENT_DATA_DESCRIPTOR *Found = EtwpFindMeta(Event, ETWP_PROVIDER_METADATA);
    const UCHAR *Blob = Found != NULL ? (const UCHAR *)(ULONG_PTR)Found->Ptr : Event->Provider->Traits;
    ETWP_META Meta = {Blob + sizeof(USHORT), Blob + (Found != NULL ? Found->Size : Event->Provider->TraitsBytes)};
    const char *Name;

    if (EtwpMetaName(&Meta, &Name))
        EtwpPutName(Name);
}

static VOID EtwpPutRest(ETWP_READER *Reader)
{
    UCHAR Byte;

    if (!EtwpSkipEmpty(Reader))
        return;
    EtwpPut("\tdata=0x");
    for (ULONG i = 0; i < ETWP_SHOWN_BYTES && EtwpRead(Reader, &Byte, 1); i++)
        EtwpPut("%02x", Byte);
    if (EtwpSkipEmpty(Reader))
        EtwpPut("...");
}

static VOID EtwpPutBody(const ETWP_EVENT *Event)
{
    const EVENT_DATA_DESCRIPTOR *Found = EtwpFindMeta(Event, ETWP_EVENT_METADATA);
    ETWP_READER Reader = {Event, 0, 0};
    ETWP_META Meta;
    const char *Name;

    if (Event->String != NULL) {
        EtwpPut("\t\tstring=\"");
        for (PCWSTR At = Event->String; *At != 0 && EtwpLine.Used < ETWP_LINE - 8; At++)
            EtwpPutChar(*At);
        EtwpPut("\"");
        return;
    }
    EtwpPut("\t");
    if (Found != NULL) {
        Meta.At = (const UCHAR *)(ULONG_PTR)Found->Ptr + sizeof(USHORT);
        Meta.End = (const UCHAR *)(ULONG_PTR)Found->Ptr + Found->Size;
        if (EtwpMetaTags(&Meta) && EtwpMetaName(&Meta, &Name)) {
            EtwpPutName(Name);
            while (Meta.At < Meta.End && EtwpPutField(&Meta, &Reader))
                ;
        }
    }
    EtwpPutRest(&Reader);
}

VOID EtwpLog(const ETWP_EVENT *Event)
{
    PCEVENT_DESCRIPTOR Descriptor = Event->Descriptor;

    EtwpLine.Used = 0;
    EtwpPutGuid(&Event->Provider->Guid);
    EtwpPut("\t");
    EtwpPutProvider(Event);
    EtwpPut("\t%u\t%u\t%u\t%u\t%u\t0x%I64x\t", Descriptor->Id, Descriptor->Version, Descriptor->Level, Descriptor->Opcode,
            Descriptor->Task, Descriptor->Keyword);
    if (Event->Activity != NULL)
        EtwpPutGuid(Event->Activity);
    if (Event->Related != NULL) {
        EtwpPut(">");
        EtwpPutGuid(Event->Related);
    }
    EtwpPutBody(Event);
    EtwpLine.Text[EtwpLine.Used++] = '\n';
    HAL->write(HAL_STREAM_EVENT, (ULONG64)EtwpLine.Text, EtwpLine.Used, KeVirtualTime());
}
