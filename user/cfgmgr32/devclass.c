/*
 * Setup classes: the keys below Control\Class and what they say. Left out: properties in other
 * languages, interface classes by the flag CM_CLASS_PROPERTY_INTERFACE. [doc:
 * CM_Get_Class_Property, CM_Enumerate_Classes, devpkey.h]
 */
#include "cfgmgr.h"

static const GUID OfClass = {
    0x259abffc, 0x50a7, 0x47ce, {0xaf, 0x08, 0x68, 0xc9, 0xa7, 0xd7, 0x33, 0x66}};
static const GUID OfClassDevices = {
    0x4321918b, 0xf69e, 0x470d, {0xa5, 0xde, 0x4d, 0x88, 0xc7, 0x5a, 0xd2, 0x4b}};

static const CFG_VALUE ClassValues[] = {
    {&OfClass, 2, L"", TYPE_STRING, TRUE},
    {&OfClass, 3, L"Class", TYPE_STRING, FALSE},
    {&OfClass, 4, L"Icon", TYPE_STRING, TRUE},
    {&OfClass, 5, L"Installer32", TYPE_STRING, TRUE},
    {&OfClass, 6, L"EnumPropPages32", TYPE_STRING, TRUE},
    {&OfClass, 7, L"NoInstallClass", TYPE_BOOLEAN, FALSE},
    {&OfClass, 8, L"NoDisplayClass", TYPE_BOOLEAN, FALSE},
    {&OfClass, 9, L"SilentInstall", TYPE_BOOLEAN, FALSE},
    {&OfClass, 10, L"NoUseClass", TYPE_BOOLEAN, FALSE},
    {&OfClass, 11, L"Default Service", TYPE_STRING, TRUE},
    {&OfClass, 12, L"IconPath", TYPE_STRING_LIST, TRUE},
    {&OfClassDevices, 19, L"UpperFilters", TYPE_STRING_LIST, TRUE},
    {&OfClassDevices, 20, L"LowerFilters", TYPE_STRING_LIST, TRUE},
};

#define CLASS_ROOT L"Control\\Class\\"
#define CLASS_ROOT_LENGTH 14

HANDLE CfgOpenClass(const GUID *Class)
{
    WCHAR Path[CLASS_ROOT_LENGTH + GUID_LENGTH + 1] = CLASS_ROOT;

    CfgFormatGuid(Class, Path + CLASS_ROOT_LENGTH);
    return CfgOpenKey(NULL, Path);
}

static CONFIGRET CheckRead(const GUID *Class, const PROPERTY_KEY *Key, const ULONG *Type,
                           const VOID *Buffer, const ULONG *Bytes, ULONG Flags)
{
    if (Class == NULL || Key == NULL || Type == NULL || Bytes == NULL ||
        (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    return Flags != 0 ? CR_INVALID_FLAG : CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Class_PropertyW(const GUID *Class, const PROPERTY_KEY *Key, ULONG *Type,
                                        VOID *Buffer, PULONG Bytes, ULONG Flags)
{
    CONFIGRET Result = CheckRead(Class, Key, Type, Buffer, Bytes, Flags);
    const CFG_VALUE *Value;
    HANDLE Handle;

    if (Result != CR_SUCCESS)
        return Result;
    Handle = CfgOpenClass(Class);
    if (Handle == NULL)
        return CfgFinishProperty(CR_NO_SUCH_REGISTRY_KEY, Type, Bytes);
    Value = CfgFindValue(ClassValues, COUNT_OF(ClassValues), Key);
    Result = Value != NULL ? CfgGetValueOf(Handle, Value, Type, Buffer, Bytes)
                           : CfgGetStored(Handle, Key, Type, Buffer, Bytes);
    NtClose(Handle);
    return CfgFinishProperty(Result, Type, Bytes);
}

CONFIGRET WINAPI CM_Set_Class_PropertyW(const GUID *Class, const PROPERTY_KEY *Key, ULONG Type,
                                        const VOID *Buffer, ULONG Bytes, ULONG Flags)
{
    const CFG_VALUE *Value;
    HANDLE Handle, Writable;
    CONFIGRET Result;

    if (Class == NULL || Key == NULL || (Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Handle = CfgOpenClass(Class);
    if (Handle == NULL)
        return CR_NO_SUCH_REGISTRY_KEY;
    Writable = CfgOpenForWriting(Handle, L"", FALSE);
    NtClose(Handle);
    if (Writable == NULL)
        return CR_ACCESS_DENIED;
    Value = CfgFindValue(ClassValues, COUNT_OF(ClassValues), Key);
    if (Type == TYPE_EMPTY)
        Buffer = NULL;
    Result = Value != NULL ? CfgSetValueOf(Writable, Value, Type, Buffer, Bytes)
                           : CfgSetStored(Writable, Key, Type, Buffer, Bytes);
    NtClose(Writable);
    return Result;
}

CONFIGRET WINAPI CM_Get_Class_Property_Keys(const GUID *Class, PROPERTY_KEY *Keys, PULONG Count,
                                            ULONG Flags)
{
    KEY_LIST List = {Keys, Count != NULL ? *Count : 0, 0};
    HANDLE Handle;

    if (Class == NULL || Count == NULL || (*Count != 0 && Keys == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Handle = CfgOpenClass(Class);
    if (Handle == NULL)
        return CR_NO_SUCH_REGISTRY_KEY;
    CfgAddValues(&List, Handle, ClassValues, COUNT_OF(ClassValues));
    CfgAddStored(&List, Handle);
    NtClose(Handle);
    return CfgFinishKeys(&List, Count);
}

/* CM_CRP_ numbers: those of CM_DRP_ that classes have. */
CONFIGRET WINAPI CM_Get_Class_Registry_PropertyW(GUID *Class, ULONG Property, PULONG Type,
                                                 PVOID Buffer, PULONG Bytes, ULONG Flags,
                                                 HANDLE Machine)
{
    static const ULONG Allowed[] = {
        0x12, 0x13, 0x18,
        0x1A, 0x1B, 0x1C}; /* filters, security, type, exclusive, characteristics */
    CONFIGRET Result = CR_NO_SUCH_REGISTRY_KEY;
    ULONG i, ValueType = 0;
    HANDLE Handle;

    if (Class == NULL || Bytes == NULL || (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Machine != NULL)
        return CR_CALL_NOT_IMPLEMENTED;
    for (i = 0; i < COUNT_OF(Allowed) && Allowed[i] != Property; i++) {
    }
    if (i == COUNT_OF(Allowed))
        return CR_INVALID_PROPERTY;
    Handle = CfgOpenClass(Class);
    if (Handle != NULL) {
        Result = CfgReadValue(Handle, CfgPropertyValue(Property), Buffer, Bytes, &ValueType);
        NtClose(Handle);
    }
    if (Type != NULL)
        *Type = ValueType;
    return Result;
}

/* Text and its terminator; *Length is in characters. */
static CONFIGRET GiveName(const WCHAR *Text, WCHAR *Buffer, PULONG Length)
{
    ULONG Bytes = *Length * sizeof(WCHAR);
    CONFIGRET Result = CfgGive(Text, (CfgLength(Text) + 1) * sizeof(WCHAR), Buffer, &Bytes);

    *Length = Bytes / sizeof(WCHAR);
    return Result;
}

CONFIGRET WINAPI CM_Get_Class_NameW(GUID *Class, WCHAR *Buffer, PULONG Length, ULONG Flags)
{
    WCHAR Name[64] = L"";
    ULONG Bytes = sizeof(Name) - sizeof(WCHAR), Type;
    CONFIGRET Result;
    HANDLE Handle;

    if (Class == NULL || Length == NULL || (*Length != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Handle = CfgOpenClass(Class);
    if (Handle == NULL)
        return CR_NO_SUCH_REGISTRY_KEY;
    Result = CfgReadValue(Handle, L"Class", Name, &Bytes, &Type);
    NtClose(Handle);
    return Result == CR_SUCCESS ? GiveName(Name, Buffer, Length) : Result;
}

CONFIGRET WINAPI CM_Get_Class_Key_NameW(GUID *Class, WCHAR *Buffer, PULONG Length, ULONG Flags)
{
    WCHAR Name[GUID_LENGTH + 1];

    if (Class == NULL || Length == NULL || (*Length != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    CfgFormatGuid(Class, Name);
    return GiveName(Name, Buffer, Length);
}

/* CM_ENUMERATE_CLASSES_INSTALLER 0, CM_ENUMERATE_CLASSES_INTERFACE 1 */
CONFIGRET WINAPI CM_Enumerate_Classes(ULONG Index, GUID *Class, ULONG Flags)
{
    UNICODE_STRING Text = {GUID_LENGTH * sizeof(WCHAR), GUID_LENGTH * sizeof(WCHAR), NULL};
    WCHAR Name[GUID_LENGTH + 2];
    HANDLE Classes;
    BOOL Found;

    if (Class == NULL)
        return CR_INVALID_POINTER;
    if (Flags > 1)
        return CR_INVALID_FLAG;
    Classes = CfgOpenKey(NULL, Flags == 0 ? L"Control\\Class" : L"Control\\DeviceClasses");
    Found = Classes != NULL && CfgSubkeyName(Classes, Index, Name, COUNT_OF(Name));
    if (Classes != NULL)
        NtClose(Classes);
    if (!Found)
        return CR_NO_SUCH_VALUE;
    Text.Buffer = Name;
    return CfgLength(Name) == GUID_LENGTH && NT_SUCCESS(RtlGUIDFromString(&Text, Class))
               ? CR_SUCCESS
               : CR_INVALID_DATA;
}

/* Of the keys below Enum. */
CONFIGRET WINAPI CM_Enumerate_EnumeratorsW(ULONG Index, WCHAR *Buffer, PULONG Length, ULONG Flags)
{
    WCHAR Name[256];
    HANDLE Enum;
    BOOL Found;

    if (Length == NULL || (*Length != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Enum = CfgOpenKey(NULL, L"Enum");
    Found = Enum != NULL && CfgSubkeyName(Enum, Index, Name, COUNT_OF(Name));
    if (Enum != NULL)
        NtClose(Enum);
    return Found ? GiveName(Name, Buffer, Length) : CR_NO_SUCH_VALUE;
}
