/*
 * CM_Get_Device_Interface_List: the interfaces of a class, as the registry records them under Control\DeviceClasses. Left
 * out: other machines, interfaces that programs register. [doc: cfgmgr32.h, "Using a device interface"]
 */
#include "cfgmgr.h"

#define LIST_PRESENT 0
#define LIST_ALL_DEVICES 1
#define NAME_LIMIT 300 /* a key's name has at most 255 characters, a link some more */

typedef struct _LIST {
    WCHAR *Buffer; /* NULL: measure only */
    ULONG Limit, Length; /* in characters, with each string's terminator */
    const WCHAR *Device; /* the only device that is asked for, or NULL */
    ULONG Flags;
} LIST;

/* Link is \\?\ENUMERATOR#DEVICE#INSTANCE#{guid}...: whether its device is Device, ENUMERATOR\DEVICE\INSTANCE. */
static BOOL IsOfDevice(const WCHAR *Link, const WCHAR *Device)
{
    const WCHAR *At = Link + 4;

    for (; *Device != 0; At++, Device++)
        if (CfgUpper(*At) != CfgUpper(*Device) && !(*At == L'#' && *Device == L'\\'))
            return FALSE;
    return At[0] == L'#' && At[1] == L'{';
}

static BOOL IsLinked(HANDLE Interface)
{
    HANDLE Control = CfgOpenKey(Interface, L"Control");
    ULONG Linked = 0, Bytes = sizeof(Linked), Type;
    BOOL Result;

    if (Control == NULL)
        return FALSE;
    Result = CfgReadValue(Control, L"Linked", &Linked, &Bytes, &Type) == CR_SUCCESS && Linked != 0;
    NtClose(Control);
    return Result;
}

static VOID AddText(LIST *List, const WCHAR *Text)
{
    ULONG Count = CfgLength(Text) + 1, i;

    if (List->Buffer != NULL && List->Length + Count <= List->Limit)
        for (i = 0; i < Count; i++)
            List->Buffer[List->Length + i] = Text[i];
    List->Length += Count;
}

/* One reference string of one device: the key that holds SymbolicLink. */
static VOID AddInterface(LIST *List, HANDLE Key)
{
    WCHAR Link[NAME_LIMIT];
    ULONG Bytes = sizeof(Link) - sizeof(WCHAR), Type;

    if (CfgReadValue(Key, L"SymbolicLink", Link, &Bytes, &Type) != CR_SUCCESS || Bytes < 4 * sizeof(WCHAR))
        return;
    Link[Bytes / sizeof(WCHAR)] = 0;
    Link[1] = L'\\'; /* the kernel's \??\ is programs' \\?\ */
    if (List->Flags == LIST_PRESENT && !IsLinked(Key))
        return;
    if (List->Device == NULL || IsOfDevice(Link, List->Device))
        AddText(List, Link);
}

static VOID AddDevice(LIST *List, HANDLE Device)
{
    WCHAR Name[NAME_LIMIT];
    ULONG Index;

    for (Index = 0; CfgSubkeyName(Device, Index, Name, NAME_LIMIT); Index++) {
        HANDLE Key = Name[0] == L'#' ? CfgOpenKey(Device, Name) : NULL;

        if (Key == NULL)
            continue;
        AddInterface(List, Key);
        NtClose(Key);
    }
}

static CONFIGRET CollectInterfaces(const GUID *Class, LIST *List)
{
    WCHAR Path[] = L"Control\\DeviceClasses\\{00000000-0000-0000-0000-000000000000}", Name[NAME_LIMIT];
    HANDLE Key;
    ULONG Index;

    if (List->Flags > LIST_ALL_DEVICES)
        return CR_INVALID_FLAG;
    CfgFormatGuid(Class, Path + COUNT_OF(Path) - 1 - GUID_LENGTH);
    Key = CfgOpenKey(NULL, Path);
    for (Index = 0; Key != NULL && CfgSubkeyName(Key, Index, Name, NAME_LIMIT); Index++) {
        HANDLE Device = CfgOpenKey(Key, Name);

        if (Device == NULL)
            continue;
        AddDevice(List, Device);
        NtClose(Device);
    }
    if (Key != NULL)
        NtClose(Key);
    AddText(List, L""); /* the list's own end; a class that nobody registered is an empty list */
    return CR_SUCCESS;
}

/* The list in new memory. */
static CONFIGRET MakeList(const GUID *Class, const WCHAR *Device, ULONG Flags, LIST *List)
{
    LIST Measure = {NULL, 0, 0, Device, Flags};
    CONFIGRET Result = CollectInterfaces(Class, &Measure);

    if (Result != CR_SUCCESS)
        return Result;
    *List = Measure;
    List->Buffer = HeapAlloc(ProcessHeap(), 0, Measure.Length * sizeof(WCHAR));
    if (List->Buffer == NULL)
        return CR_OUT_OF_MEMORY;
    List->Limit = Measure.Length;
    List->Length = 0;
    return CollectInterfaces(Class, List);
}

/* The device's name as wide text into Wide; FALSE: too long. */
static BOOL WidenDevice(const CHAR *Device, WCHAR *Wide)
{
    ULONG i;

    for (i = 0; i < NAME_LIMIT; i++) {
        Wide[i] = (BYTE)Device[i];
        if (Device[i] == 0)
            return TRUE;
    }
    return FALSE;
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG Length, GUID *Class, WCHAR *Device, ULONG Flags)
{
    LIST List = {NULL, 0, 0, Device, Flags};
    CONFIGRET Result;

    if (Length == NULL || Class == NULL)
        return CR_INVALID_POINTER;
    *Length = 0;
    Result = CollectInterfaces(Class, &List);
    if (Result == CR_SUCCESS)
        *Length = List.Length;
    return Result;
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG Length, GUID *Class, CHAR *Device, ULONG Flags)
{
    WCHAR Wide[NAME_LIMIT];

    if (Device != NULL && !WidenDevice(Device, Wide))
        return CR_INVALID_DEVICE_ID;
    return CM_Get_Device_Interface_List_SizeW(Length, Class, Device != NULL ? Wide : NULL, Flags);
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListW(GUID *Class, WCHAR *Device, WCHAR *Buffer, ULONG Length, ULONG Flags)
{
    LIST List = {Buffer, Length, 0, Device, Flags};
    CONFIGRET Result;

    if (Class == NULL || Buffer == NULL || Length == 0)
        return CR_INVALID_POINTER;
    Result = CollectInterfaces(Class, &List);
    if (Result == CR_SUCCESS && List.Length > Length)
        Result = CR_BUFFER_SMALL;
    if (Result != CR_SUCCESS)
        Buffer[0] = 0;
    return Result;
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListA(GUID *Class, CHAR *Device, CHAR *Buffer, ULONG Length, ULONG Flags)
{
    WCHAR Wide[NAME_LIMIT];
    LIST List = {NULL, 0, 0, NULL, 0};
    CONFIGRET Result;

    if (Class == NULL || Buffer == NULL || Length == 0)
        return CR_INVALID_POINTER;
    Buffer[0] = 0;
    if (Device != NULL && !WidenDevice(Device, Wide))
        return CR_INVALID_DEVICE_ID;
    Result = MakeList(Class, Device != NULL ? Wide : NULL, Flags, &List);
    if (Result == CR_SUCCESS && List.Length > Length)
        Result = CR_BUFFER_SMALL;
    if (Result == CR_SUCCESS)
        CfgNarrow(List.Buffer, List.Length, Buffer);
    if (List.Buffer != NULL)
        HeapFree(ProcessHeap(), 0, List.Buffer);
    return Result;
}
