/*
 * One interface by its path: its keys below Control\DeviceClasses, its properties, its aliases.
 * Left out: languages. [doc: CM_Get_Device_Interface_Property, CM_Get_Device_Interface_Alias,
 * devpkey.h]
 */
#include "cfgmgr.h"

#define PATH_LIMIT 700
#define LINK_LIMIT 300

static const GUID OfInterface = {
    0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}};
static const GUID OfInstance = {
    0x78c34fc8, 0x104a, 0x4aca, {0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57}};

enum { INTERFACE_FRIENDLY_NAME = 2, INTERFACE_ENABLED, INTERFACE_CLASS, INTERFACE_REFERENCE };

/* \\?\DEVICE#{class}[\reference] in its parts. */
typedef struct _INTERFACE_NAME {
    const WCHAR *Device;    /* DEVICE#{class}, Length characters */
    ULONG Length;
    const WCHAR *Class;     /* GUID_LENGTH characters at its end */
    const WCHAR *Reference; /* or an empty string */
} INTERFACE_NAME;

static BOOL SplitName(const WCHAR *Interface, INTERFACE_NAME *Name)
{
    ULONG Length = 0;

    if (Interface[0] != L'\\' || (Interface[1] != L'\\' && Interface[1] != L'?') ||
        Interface[2] != L'?' || Interface[3] != L'\\')
        return FALSE;
    Name->Device = Interface + 4;
    while (Name->Device[Length] != 0 && Name->Device[Length] != L'\\')
        Length++;
    if (Length <= GUID_LENGTH || Length >= LINK_LIMIT)
        return FALSE;
    Name->Length = Length;
    Name->Class = Name->Device + Length - GUID_LENGTH;
    Name->Reference = Name->Device[Length] != 0 ? Name->Device + Length + 1 : L"";
    return Name->Class[0] == L'{' && CfgLength(Name->Reference) < LINK_LIMIT;
}

static WCHAR *Append(WCHAR *At, const WCHAR *Text, ULONG Count)
{
    while (Count-- != 0)
        *At++ = *Text++;
    *At = 0;
    return At;
}

/* Control\DeviceClasses\{class}\##?#device#{deviceclass}\#reference: {class} in both places is
 * Class. */
static HANDLE OpenNamed(const INTERFACE_NAME *Name, const WCHAR *Class)
{
    WCHAR Path[PATH_LIMIT], *At = Path;

    At = Append(At, L"Control\\DeviceClasses\\", 22);
    At = Append(At, Class, GUID_LENGTH);
    At = Append(At, L"\\##?#", 5);
    At = Append(At, Name->Device, Name->Length - GUID_LENGTH);
    At = Append(At, Class, GUID_LENGTH);
    At = Append(At, L"\\#", 2);
    Append(At, Name->Reference, CfgLength(Name->Reference));
    return CfgOpenKey(NULL, Path);
}

HANDLE CfgOpenInterface(const WCHAR *Interface)
{
    INTERFACE_NAME Name;

    return SplitName(Interface, &Name) ? OpenNamed(&Name, Name.Class) : NULL;
}

static BYTE IsEnabled(HANDLE Interface)
{
    HANDLE Control = CfgOpenKey(Interface, L"Control");
    ULONG Linked = 0, Bytes = sizeof(Linked), Type;

    if (Control == NULL)
        return 0;
    CfgReadValue(Control, L"Linked", &Linked, &Bytes, &Type);
    NtClose(Control);
    return Linked != 0 ? 0xFF : 0; /* DEVPROP_TRUE, DEVPROP_FALSE */
}

static CONFIGRET GiveText(const WCHAR *Text, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    *Type = TYPE_STRING;
    return CfgGive(Text, (CfgLength(Text) + 1) * sizeof(WCHAR), Buffer, Bytes);
}

static CONFIGRET GiveParameter(HANDLE Interface, const WCHAR *Name, ULONG *Type, VOID *Buffer,
                               PULONG Bytes)
{
    HANDLE Parameters = CfgOpenKey(Interface, L"Device Parameters");
    CONFIGRET Result = CR_NO_SUCH_VALUE;
    ULONG RegistryType;

    if (Parameters == NULL)
        return Result;
    Result = CfgReadValue(Parameters, Name, Buffer, Bytes, &RegistryType);
    NtClose(Parameters);
    *Type = TYPE_STRING;
    return Result;
}

static CONFIGRET GetProperty(HANDLE Key, const WCHAR *Interface, const PROPERTY_KEY *Which,
                             ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    static const CFG_VALUE Instance = {&OfInstance, 256, L"DeviceInstance", TYPE_STRING, FALSE};
    INTERFACE_NAME Name;
    UNICODE_STRING Text = {GUID_LENGTH * sizeof(WCHAR), GUID_LENGTH * sizeof(WCHAR), NULL};
    BYTE Enabled;
    GUID Class;

    if (CfgFindValue(&Instance, 1, Which) != NULL)
        return CfgGetValueOf(Key, &Instance, Type, Buffer, Bytes);
    if (!CfgSameGuid(&Which->Guid, &OfInterface) || !SplitName(Interface, &Name))
        return CfgGetStored(Key, Which, Type, Buffer, Bytes);
    switch (Which->Id) {
    case INTERFACE_FRIENDLY_NAME:
        return GiveParameter(Key, L"FriendlyName", Type, Buffer, Bytes);
    case INTERFACE_ENABLED:
        *Type = TYPE_BOOLEAN;
        Enabled = IsEnabled(Key);
        return CfgGive(&Enabled, sizeof(Enabled), Buffer, Bytes);
    case INTERFACE_CLASS:
        *Type = TYPE_GUID;
        Text.Buffer = (PWSTR)Name.Class;
        return NT_SUCCESS(RtlGUIDFromString(&Text, &Class))
                   ? CfgGive(&Class, sizeof(Class), Buffer, Bytes)
                   : CR_NO_SUCH_VALUE;
    case INTERFACE_REFERENCE:
        return Name.Reference[0] != 0 ? GiveText(Name.Reference, Type, Buffer, Bytes)
                                      : CR_NO_SUCH_VALUE;
    default:
        return CfgGetStored(Key, Which, Type, Buffer, Bytes);
    }
}

CONFIGRET WINAPI CM_Get_Device_Interface_PropertyW(const WCHAR *Interface,
                                                   const PROPERTY_KEY *Which, ULONG *Type,
                                                   VOID *Buffer, PULONG Bytes, ULONG Flags)
{
    CONFIGRET Result;
    HANDLE Key;

    if (Interface == NULL || Which == NULL || Type == NULL || Bytes == NULL ||
        (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Key = CfgOpenInterface(Interface);
    if (Key == NULL)
        return CfgFinishProperty(CR_NO_SUCH_DEVICE_INTERFACE, Type, Bytes);
    Result = GetProperty(Key, Interface, Which, Type, Buffer, Bytes);
    NtClose(Key);
    return CfgFinishProperty(Result, Type, Bytes);
}

static CONFIGRET SetFriendlyName(HANDLE Interface, ULONG Type, const VOID *Buffer, ULONG Bytes)
{
    HANDLE Parameters;
    CONFIGRET Result;

    if (Buffer != NULL && Type != TYPE_STRING)
        return CR_INVALID_DATA;
    Parameters = CfgOpenForWriting(Interface, L"Device Parameters", TRUE);
    if (Parameters == NULL)
        return CR_ACCESS_DENIED;
    Result = CfgWriteValue(Parameters, L"FriendlyName", REG_SZ, Buffer, Bytes);
    NtClose(Parameters);
    return Result;
}

CONFIGRET WINAPI CM_Set_Device_Interface_PropertyW(const WCHAR *Interface,
                                                   const PROPERTY_KEY *Which, ULONG Type,
                                                   const VOID *Buffer, ULONG Bytes, ULONG Flags)
{
    CONFIGRET Result = CR_ACCESS_DENIED; /* the system's own [guess] */
    HANDLE Key, Writable;

    if (Interface == NULL || Which == NULL || (Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Key = CfgOpenInterface(Interface);
    if (Key == NULL)
        return CR_NO_SUCH_DEVICE_INTERFACE;
    Writable = CfgOpenForWriting(Key, L"", FALSE);
    NtClose(Key);
    if (Writable == NULL)
        return CR_ACCESS_DENIED;
    if (Type == TYPE_EMPTY)
        Buffer = NULL;
    if (CfgSameGuid(&Which->Guid, &OfInterface) && Which->Id == INTERFACE_FRIENDLY_NAME)
        Result = SetFriendlyName(Writable, Type, Buffer, Bytes);
    else if (!CfgSameGuid(&Which->Guid, &OfInterface) && !CfgSameGuid(&Which->Guid, &OfInstance))
        Result = CfgSetStored(Writable, Which, Type, Buffer, Bytes);
    NtClose(Writable);
    return Result;
}

CONFIGRET WINAPI CM_Get_Device_Interface_Property_KeysW(const WCHAR *Interface, PROPERTY_KEY *Keys,
                                                        PULONG Count, ULONG Flags)
{
    KEY_LIST List = {Keys, Count != NULL ? *Count : 0, 0};
    ULONG Id, Type, None;
    HANDLE Key;

    if (Interface == NULL || Count == NULL || (*Count != 0 && Keys == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Key = CfgOpenInterface(Interface);
    if (Key == NULL)
        return CR_NO_SUCH_DEVICE_INTERFACE;
    CfgAddKey(&List, &OfInstance, 256);
    for (Id = INTERFACE_FRIENDLY_NAME; Id <= INTERFACE_REFERENCE; Id++) {
        PROPERTY_KEY Which = {OfInterface, Id};

        None = 0;
        if (GetProperty(Key, Interface, &Which, &Type, NULL, &None) != CR_NO_SUCH_VALUE)
            CfgAddKey(&List, &OfInterface, Id);
    }
    CfgAddStored(&List, Key);
    NtClose(Key);
    return CfgFinishKeys(&List, Count);
}

/* The same device's interface of another class, with the same reference string. *Length: characters
 * with the terminator. */
CONFIGRET WINAPI CM_Get_Device_Interface_AliasW(const WCHAR *Interface, GUID *Class, WCHAR *Buffer,
                                                PULONG Length, ULONG Flags)
{
    WCHAR Text[GUID_LENGTH + 1], Link[LINK_LIMIT + 1];
    ULONG Bytes = sizeof(Link) - sizeof(WCHAR), Type, Room;
    INTERFACE_NAME Name;
    CONFIGRET Result;
    HANDLE Key;

    if (Interface == NULL || Class == NULL || Length == NULL || (*Length != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (!SplitName(Interface, &Name))
        return CR_INVALID_DATA;
    CfgFormatGuid(Class, Text);
    Key = OpenNamed(&Name, Text);
    if (Key == NULL)
        return CR_NO_SUCH_DEVICE_INTERFACE;
    Result = CfgReadValue(Key, L"SymbolicLink", Link, &Bytes, &Type);
    NtClose(Key);
    if (Result != CR_SUCCESS || Bytes < 4 * sizeof(WCHAR))
        return CR_NO_SUCH_DEVICE_INTERFACE;
    Link[Bytes / sizeof(WCHAR)] = 0;
    Link[1] = L'\\'; /* the kernel's \??\ is programs' \\?\ */
    Room = *Length * sizeof(WCHAR);
    Result = CfgGive(Link, (CfgLength(Link) + 1) * sizeof(WCHAR), Buffer, &Room);
    *Length = Room / sizeof(WCHAR);
    return Result;
}
