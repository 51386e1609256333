/*
 * AddProperty and DelProperty of install sections: device properties by name or by key. Left aside,
 * and named in the log: properties of containers, of classes and of interfaces. [doc: INF
 * AddProperty Directive, INF DelProperty Directive]
 */
#include "driver.h"

#define TYPE_EMPTY 0x00 /* DEVPROP_TYPE_ */
#define TYPE_UINT32 0x07
#define TYPE_BOOLEAN 0x11
#define TYPE_STRING 0x12
#define TYPE_BINARY 0x1003
#define TYPE_STRING_LIST 0x2012

#define KEEP 0x01 /* FLG_ADDPROPERTY_NOCLOBBER, OVERWRITEONLY, APPEND, OR, AND */
#define ONLY_OVER 0x02
#define APPEND 0x04
#define BITS_OR 0x08
#define BITS_AND 0x10

/* DEVPKEY_DrvPkg_* [doc: devpkey.h] */
static const GUID OfPackage = {
    0xcf73bb51, 0x3abf, 0x44a2, {0x85, 0xe0, 0x9a, 0x3d, 0xc7, 0xa1, 0x21, 0x32}};
static const struct {
    const WCHAR *Name;
    ULONG Pid, Type;
} Named[] = {
    {L"DeviceModel", 2, TYPE_STRING}, {L"DeviceVendorWebsite", 3, TYPE_STRING},
    {L"DeviceDetailedDescription", 4, TYPE_STRING},
    {L"DeviceDocumentationLink", 5, TYPE_STRING}, {L"DeviceIcon", 6, TYPE_STRING_LIST},
    {L"DeviceBrandingIcon", 7, TYPE_STRING_LIST},
};

typedef struct _PROPERTY {
    DEVPROPKEY Key;
    ULONG Type;
} PROPERTY;

/* The key and the type of a line; FALSE: it names none that is here. */
static BOOL ReadKey(SETUP_INF *Inf, int Line, PROPERTY *Property)
{
    WCHAR Name[SETUP_FIELD];
    ULONG i;

    SetupField(Inf, Line, 1, Name);
    if (SetupParseGuid(Name, &Property->Key.fmtid)) {
        Property->Key.pid = SetupNumber(Inf, Line, 2, 0);
        Property->Type = SetupNumber(Inf, Line, 3, TYPE_EMPTY);
        return Property->Key.pid >= 2;
    }
    for (i = 0; i < COUNT_OF(Named); i++)
        if (SetupSame(Named[i].Name, Name)) {
            Property->Key.fmtid = OfPackage;
            Property->Key.pid = Named[i].Pid;
            Property->Type = Named[i].Type;
            return TRUE;
        }
    return FALSE;
}

/* The present value, to be freed, with its size; NULL: there is none. */
static PVOID ReadPresent(DWORD Node, const PROPERTY *Property, ULONG *Type, ULONG *Bytes)
{
    PVOID Value;

    *Bytes = 0;
    if (CM_Get_DevNode_PropertyW(Node, &Property->Key, Type, NULL, Bytes, 0) != CR_BUFFER_SMALL)
        return NULL;
    Value = SetupAllocate(*Bytes + 2 * sizeof(WCHAR));
    if (Value != NULL &&
        CM_Get_DevNode_PropertyW(Node, &Property->Key, Type, Value, Bytes, 0) == CR_SUCCESS)
        return Value;
    SetupFree(Value);
    return NULL;
}

/* ---- values ---- */

static BOOL Set(DWORD Node, const PROPERTY *Property, const VOID *Value, SIZE_T Bytes)
{
    CONFIGRET Result =
        CM_Set_DevNode_PropertyW(Node, &Property->Key, Property->Type, Value, (ULONG)Bytes, 0);

    return Result == CR_SUCCESS || SetupFail(CM_MapCrToWin32Err(Result, ERROR_INVALID_DATA));
}

static BOOL SetNumber(SETUP_INF *Inf, int Line, DWORD Node, const PROPERTY *Property, DWORD Flags,
                      const ULONG *Present)
{
    ULONG Value = SetupNumber(Inf, Line, 5, 0);
    CHAR Boolean = Value != 0 ? -1 : 0; /* DEVPROP_TRUE */

    if (Property->Type == TYPE_BOOLEAN)
        return Set(Node, Property, &Boolean, sizeof(Boolean));
    if ((Flags & BITS_OR) && Present != NULL)
        Value |= *Present;
    if ((Flags & BITS_AND) && Present != NULL)
        Value &= *Present;
    return Set(Node, Property, &Value, sizeof(Value));
}

/* Strings from the fifth field on, after those of Present unless they are there. */
static BOOL SetList(SETUP_INF *Inf, int Line, DWORD Node, const PROPERTY *Property,
                    const WCHAR *Present, ULONG PresentBytes)
{
    unsigned Count = SetupFields(Inf, Line), Field;
    SIZE_T Used = PresentBytes >= sizeof(WCHAR) ? PresentBytes / sizeof(WCHAR) - 1 : 0;
    WCHAR Text[SETUP_FIELD],
        *List = SetupAllocate(PresentBytes + ((SIZE_T)Count * SETUP_FIELD + 2) * sizeof(WCHAR));
    BOOL Fine;

    if (List == NULL)
        return FALSE;
    RtlCopyMemory(List, Present, Used * sizeof(WCHAR));
    for (Field = 5; SetupField(Inf, Line, Field, Text); Field++) {
        if (Text[0] == 0 || SetupListHas(List, Text))
            continue;
        lstrcpyW(List + Used, Text);
        Used += wcslen(Text) + 1;
    }
    Fine = Set(Node, Property, List, (Used + 1) * sizeof(WCHAR));
    SetupFree(List);
    return Fine;
}

static BOOL SetBytes(SETUP_INF *Inf, int Line, DWORD Node, const PROPERTY *Property)
{
    BYTE Bytes[512];
    WCHAR Text[SETUP_FIELD], Hex[8];
    unsigned Field;
    DWORD Value;

    for (Field = 5; SetupField(Inf, Line, Field, Text) && Field - 5 < sizeof(Bytes); Field++) {
        SetupPrint(Hex, COUNT_OF(Hex), L"0x%.2s",
                   Text[0] == L'0' && (Text[1] | 0x20) == L'x' ? Text + 2 : Text);
        Bytes[Field - 5] = SetupParseNumber(Hex, &Value) ? (BYTE)Value : 0;
    }
    return Set(Node, Property, Bytes, Field - 5);
}

static BOOL SetValue(SETUP_INF *Inf, int Line, DWORD Node, const PROPERTY *Property, DWORD Flags,
                     PVOID Present, ULONG Bytes)
{
    WCHAR Text[SETUP_FIELD];

    switch (Property->Type) {
    case TYPE_STRING:
        SetupField(Inf, Line, 5, Text);
        return Set(Node, Property, Text, (wcslen(Text) + 1) * sizeof(WCHAR));
    case TYPE_STRING_LIST:
        return SetList(Inf, Line, Node, Property, Present,
                       Present != NULL && (Flags & APPEND) ? Bytes : 0);
    case TYPE_UINT32:
    case TYPE_BOOLEAN:
        return SetNumber(Inf, Line, Node, Property, Flags, Bytes == sizeof(ULONG) ? Present : NULL);
    case TYPE_BINARY:
        return SetBytes(Inf, Line, Node, Property);
    default:
        SetupLog(L"!    inf: %s(%u): AddProperty of type %#lx: ignored", Inf->Path,
                 Inf->File.Line[Line].Number, Property->Type);
        return TRUE;
    }
}

/* ---- sections ---- */

static BOOL AddLine(SETUP_INF *Inf, int Line, DWORD Node)
{
    DWORD Flags = SetupNumber(Inf, Line, 4, 0);
    ULONG Bytes, Type;
    PROPERTY Property;
    PVOID Present;
    BOOL Fine = TRUE;

    if (!ReadKey(Inf, Line, &Property)) {
        SetupLog(L"!    inf: %s(%u): AddProperty of no property of devices: ignored", Inf->Path,
                 Inf->File.Line[Line].Number);
        return TRUE;
    }
    Present = ReadPresent(Node, &Property, &Type, &Bytes);
    if (Present != NULL ? !(Flags & KEEP) : !(Flags & ONLY_OVER))
        Fine = SetValue(Inf, Line, Node, &Property, Flags, Present, Bytes);
    SetupFree(Present);
    return Fine;
}

static BOOL DeleteLine(SETUP_INF *Inf, int Line, DWORD Node)
{
    PROPERTY Property;

    if (ReadKey(Inf, Line, &Property)) {
        Property.Type = TYPE_EMPTY;
        Set(Node, &Property, NULL, 0); /* one that is not there need not go */
    }
    return TRUE;
}

static BOOL RunDirective(SETUP_INF *Inf, int Section, const WCHAR *Directive,
                         BOOL (*Each)(SETUP_INF *, int, DWORD), DWORD Node)
{
    WCHAR Name[SETUP_FIELD];
    unsigned Field;
    int Line, Entry, Properties;

    for (Line = SetupLine(Inf, Section, INF_NONE, Directive); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, Directive))
        for (Field = 1; SetupField(Inf, Line, Field, Name); Field++) {
            Properties = SetupSection(Inf, Name);
            if (Properties == INF_NONE) {
                SetupLog(L"!!!  inf: %s: %s names [%s], which is not there", Inf->Path, Directive,
                         Name);
                return SetupFail(ERROR_SECTION_NOT_FOUND);
            }
            for (Entry = SetupLine(Inf, Properties, INF_NONE, NULL); Entry != INF_NONE;
                 Entry = SetupLine(Inf, Properties, Entry, NULL))
                if (!Each(Inf, Entry, Node))
                    return FALSE;
        }
    return TRUE;
}

static BOOL RunOne(SETUP_INF *Inf, int Section, PVOID Context)
{
    const DWORD *Node = Context;

    return RunDirective(Inf, Section, L"DelProperty", DeleteLine, *Node) &&
           RunDirective(Inf, Section, L"AddProperty", AddLine, *Node);
}

BOOL SetupRunProperties(SETUP_INF *Inf, int Section, const WCHAR *InstanceId)
{
    DWORD Node;

    if (CM_Locate_DevNodeW(&Node, (WCHAR *)InstanceId, LOCATE_PHANTOM) != CR_SUCCESS)
        return SetupFail(ERROR_NO_SUCH_DEVINST);
    return SetupWithNeeds(Inf, Section, L"", RunOne, &Node);
}
