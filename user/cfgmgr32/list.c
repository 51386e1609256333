/*
 * CM_Get_Device_ID_List: the instance IDs that the registry has below Enum, all or by enumerator,
 * service, setup class or presence. Left out: relations but bus relations. [doc:
 * CM_Get_Device_ID_ListW]
 */
#include "cfgmgr.h"

enum {
    FILTER_ENUMERATOR = 1,
    FILTER_SERVICE = 2,
    FILTER_BUS = 0x20,
    FILTER_PRESENT = 0x100,
    FILTER_CLASS = 0x200
};
#define NAME_LIMIT 256

typedef struct _ID_LIST {
    WCHAR *Buffer; /* NULL: measure only */
    ULONG Limit, Length; /* in characters, with each string's terminator */
    const WCHAR *Filter;
    ULONG Flags;
} ID_LIST;

static VOID AddId(ID_LIST *List, const WCHAR *Id)
{
    ULONG Count = CfgLength(Id) + 1, i;

    if (List->Buffer != NULL && List->Length + Count <= List->Limit)
        for (i = 0; i < Count; i++)
            List->Buffer[List->Length + i] = Id[i];
    List->Length += Count;
}

static BOOL HasText(HANDLE Key, const WCHAR *Name, const WCHAR *Text)
{
    WCHAR Value[NAME_LIMIT];
    ULONG Bytes = sizeof(Value) - sizeof(WCHAR), Type;

    if (CfgReadValue(Key, Name, Value, &Bytes, &Type) != CR_SUCCESS)
        return FALSE;
    Value[Bytes / sizeof(WCHAR)] = 0;
    return CfgSame(Value, Text);
}

static VOID AddInstance(ID_LIST *List, HANDLE Key, const WCHAR *Id)
{
    if ((List->Flags & FILTER_SERVICE) && !HasText(Key, L"Service", List->Filter))
        return;
    if ((List->Flags & FILTER_CLASS) && !HasText(Key, L"ClassGUID", List->Filter))
        return;
    if ((List->Flags & FILTER_PRESENT) && !CfgIsPresent(Id))
        return;
    AddId(List, Id);
}

/* Id is the path to Key; Depth levels of keys are left to an instance. FALSE: the filter's own path
 * ended above. */
static VOID AddBelow(ID_LIST *List, HANDLE Key, WCHAR *Id, ULONG Used, ULONG Depth)
{
    WCHAR Name[NAME_LIMIT];
    ULONG Index, i;

    if (Depth == 0) {
        AddInstance(List, Key, Id);
        return;
    }
    for (Index = 0; CfgSubkeyName(Key, Index, Name, NAME_LIMIT); Index++) {
        HANDLE Subkey = CfgOpenKey(Key, Name);
        ULONG Length = CfgLength(Name), At = Used;

        if (Subkey != NULL && Used + Length + 1 < DEVICE_ID_LIMIT) {
            if (At != 0)
                Id[At++] = L'\\';
            for (i = 0; i <= Length; i++)
                Id[At + i] = Name[i];
            AddBelow(List, Subkey, Id, At + Length, Depth - 1);
        }
        if (Subkey != NULL)
            NtClose(Subkey);
    }
    Id[Used] = 0;
}

/* ENUMERATOR or ENUMERATOR\DEVICE */
static CONFIGRET CollectEnumerator(ID_LIST *List)
{
    WCHAR Id[DEVICE_ID_LIMIT + 1];
    ULONG Length = CfgLength(List->Filter), Depth = 2, i;
    HANDLE Key;

    if (Length >= DEVICE_ID_LIMIT)
        return CR_INVALID_DATA;
    for (i = 0; i <= Length; i++) {
        Id[i] = List->Filter[i];
        Depth -= Id[i] == L'\\' && Depth != 0;
    }
    if (Depth == 0)
        return CR_INVALID_DATA;
    Key = CfgOpenNode(Id);
    if (Key != NULL) {
        AddBelow(List, Key, Id, Length, Depth);
        NtClose(Key);
    }
    return CR_SUCCESS;
}

static CONFIGRET CollectChildren(ID_LIST *List)
{
    PNP_CONTROL_DATA Data = {.Relation = PNP_RELATION_CHILD};
    CONFIGRET Result = CfgControl(PNP_CONTROL_RELATED, List->Filter, &Data);

    while (Result == CR_SUCCESS) {
        WCHAR Id[PNP_CONTROL_PATH];
        ULONG i;

        for (i = 0; Data.Text[i] != 0 && i < PNP_CONTROL_PATH - 1; i++)
            Id[i] = Data.Text[i];
        Id[i] = 0;
        AddId(List, Id);
        Data.Relation = PNP_RELATION_SIBLING;
        Result = CfgControl(PNP_CONTROL_RELATED, Id, &Data);
    }
    return Result == CR_NO_SUCH_DEVNODE ? CR_SUCCESS : Result;
}

static CONFIGRET CollectIds(ID_LIST *List)
{
    WCHAR Id[DEVICE_ID_LIMIT + 1] = L"";
    CONFIGRET Result = CR_SUCCESS;
    HANDLE Key;

    if (List->Flags &
        ~(ULONG)(FILTER_ENUMERATOR | FILTER_SERVICE | FILTER_BUS | FILTER_PRESENT | FILTER_CLASS))
        return CR_INVALID_FLAG;
    if ((List->Flags & ~(ULONG)FILTER_PRESENT) != 0 && List->Filter == NULL)
        return CR_INVALID_POINTER;
    if (List->Flags & FILTER_ENUMERATOR) {
        Result = CollectEnumerator(List);
    } else if (List->Flags & FILTER_BUS) {
        Result = CollectChildren(List);
    } else {
        Key = CfgOpenKey(NULL, L"Enum");
        if (Key != NULL) {
            AddBelow(List, Key, Id, 0, 3);
            NtClose(Key);
        }
    }
    AddId(List, L""); /* the list's own end */
    return Result;
}

CONFIGRET WINAPI CM_Get_Device_ID_List_SizeW(PULONG Length, const WCHAR *Filter, ULONG Flags)
{
    ID_LIST List = {NULL, 0, 0, Filter, Flags};
    CONFIGRET Result;

    if (Length == NULL)
        return CR_INVALID_POINTER;
    *Length = 0;
    Result = CollectIds(&List);
    if (Result == CR_SUCCESS)
        *Length = List.Length;
    return Result;
}

CONFIGRET WINAPI CM_Get_Device_ID_ListW(const WCHAR *Filter, WCHAR *Buffer, ULONG Length,
                                        ULONG Flags)
{
    ID_LIST List = {Buffer, Length, 0, Filter, Flags};
    CONFIGRET Result;

    if (Buffer == NULL || Length == 0)
        return CR_INVALID_POINTER;
    Result = CollectIds(&List);
    if (Result == CR_SUCCESS && List.Length > Length)
        Result = CR_BUFFER_SMALL;
    if (Result != CR_SUCCESS)
        Buffer[0] = 0;
    return Result;
}
