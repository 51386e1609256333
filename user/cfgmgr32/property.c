/*
 * Changing what the registry keeps of a device, and properties by key. Left out: properties of classes and interfaces,
 * properties of a driver's own, languages. [doc: CM_Set_DevNode_Registry_Property, Unified Device Property Model, devpkey.h]
 */
#include "cfgmgr.h"

typedef struct _PROPERTY_KEY {
    GUID Guid;
    ULONG Id;
} PROPERTY_KEY; /* DEVPROPKEY */

#define TYPE_UINT32 0x07
#define TYPE_GUID 0x0D
#define TYPE_FILETIME 0x10
#define TYPE_STRING 0x12
#define TYPE_STRING_LIST 0x2012
#define TYPE_NTSTATUS 0x18

CONFIGRET WINAPI CM_Set_DevNode_Registry_PropertyW(DEVINST Node, ULONG Property, const VOID *Buffer, ULONG Bytes, ULONG Flags)
{
    static const struct {
        ULONG Property, Type;
    } Settable[] = { /* [doc: SetupDiSetDeviceRegistryProperty: the others are set by the system] */
        {0x01, REG_SZ}, {0x02, REG_MULTI_SZ}, {0x03, REG_MULTI_SZ}, {0x05, REG_SZ}, {0x08, REG_SZ}, {0x09, REG_SZ}, {0x0A, REG_SZ},
        {0x0B, REG_DWORD}, {0x0C, REG_SZ}, {0x0D, REG_SZ}, {0x0E, REG_SZ}, {0x12, REG_MULTI_SZ}, {0x13, REG_MULTI_SZ},
        {0x18, REG_BINARY}, {0x1A, REG_DWORD}, {0x1B, REG_DWORD}, {0x1C, REG_DWORD},
    };
    const WCHAR *Id = CfgIdOf(Node), *Value = CfgPropertyValue(Property);
    HANDLE Key, Writable;
    CONFIGRET Result;
    ULONG i;

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Buffer == NULL && Bytes != 0)
        return CR_INVALID_POINTER;
    for (i = 0; i < COUNT_OF(Settable) && Settable[i].Property != Property; i++) {
    }
    if (i == COUNT_OF(Settable) || Value == NULL)
        return CR_INVALID_PROPERTY;
    if (Buffer != NULL && Settable[i].Type == REG_DWORD && Bytes != sizeof(ULONG))
        return CR_INVALID_DATA;
    Key = CfgOpenNode(Id);
    if (Key == NULL)
        return CR_NO_SUCH_DEVNODE;
    Writable = CfgOpenForWriting(Key, L"", FALSE);
    NtClose(Key);
    if (Writable == NULL)
        return CR_ACCESS_DENIED;
    Result = CfgWriteValue(Writable, Value, Settable[i].Type, Buffer, Bytes);
    NtClose(Writable);
    return Result;
}

/* ---- by key ---- */

static const GUID OfRegistry = {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}};
static const GUID OfTree = {0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}};
static const GUID OfDriver = {0xa8b865dd, 0x2e3d, 0x4094, {0xad, 0x97, 0xe5, 0x93, 0xa7, 0x0c, 0x75, 0xd6}};
static const GUID OfInstance = {0x78c34fc8, 0x104a, 0x4aca, {0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57}};

static BOOL IsOf(const PROPERTY_KEY *Key, const GUID *Guid)
{
    const ULONG *A = (const ULONG *)&Key->Guid, *B = (const ULONG *)Guid;

    return A[0] == B[0] && A[1] == B[1] && A[2] == B[2] && A[3] == B[3];
}

static CONFIGRET Give(const VOID *From, ULONG Size, VOID *Buffer, PULONG Bytes)
{
    ULONG Limit = *Bytes, i;

    *Bytes = Size;
    if (Size > Limit)
        return CR_BUFFER_SMALL;
    for (i = 0; i < Size; i++)
        ((BYTE *)Buffer)[i] = ((const BYTE *)From)[i];
    return CR_SUCCESS;
}

static CONFIGRET GiveText(const WCHAR *Text, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    *Type = TYPE_STRING;
    return Give(Text, (CfgLength(Text) + 1) * sizeof(WCHAR), Buffer, Bytes);
}

static ULONG TypeOfValue(ULONG RegistryType)
{
    return RegistryType == REG_DWORD ? TYPE_UINT32 : RegistryType == REG_MULTI_SZ ? TYPE_STRING_LIST
         : RegistryType == REG_BINARY ? TYPE_FILETIME : TYPE_STRING;
}

static CONFIGRET GiveValue(HANDLE Key, const WCHAR *Name, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    ULONG RegistryType = REG_NONE;
    CONFIGRET Result = CfgReadValue(Key, Name, Buffer, Bytes, &RegistryType);

    if (Result == CR_SUCCESS)
        *Type = TypeOfValue(RegistryType);
    return Result;
}

/* DEVPKEY_Device_DeviceDesc and the others whose numbers are CM_DRP_ numbers plus one; the class is a GUID, no text. */
static CONFIGRET GiveOfRegistry(const WCHAR *Id, ULONG Number, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    static const ULONG Numbers[] = {2, 3, 4, 6, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20};
    HANDLE Key = CfgOpenNode(Id);
    CONFIGRET Result = CR_NO_SUCH_VALUE;
    ULONG i;

    if (Key == NULL)
        return CR_NO_SUCH_DEVNODE;
    if (Number == 10) {
        WCHAR Text[40] = L"";
        ULONG Size = sizeof(Text) - sizeof(WCHAR), RegistryType;
        UNICODE_STRING String = {38 * sizeof(WCHAR), 38 * sizeof(WCHAR), Text};
        GUID Guid;

        if (CfgReadValue(Key, L"ClassGUID", Text, &Size, &RegistryType) == CR_SUCCESS &&
            NT_SUCCESS(RtlGUIDFromString(&String, &Guid))) {
            *Type = TYPE_GUID;
            Result = Give(&Guid, sizeof(Guid), Buffer, Bytes);
        }
    }
    for (i = 0; i < COUNT_OF(Numbers); i++)
        if (Numbers[i] == Number)
            Result = GiveValue(Key, CfgPropertyValue(Number - 1), Type, Buffer, Bytes);
    NtClose(Key);
    return Result;
}

static CONFIGRET GiveOfTree(const WCHAR *Id, ULONG Number, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    PNP_CONTROL_DATA Data = {.Relation = PNP_RELATION_PARENT};
    CONFIGRET Result;

    Result = CfgControl(Number == 8 ? PNP_CONTROL_RELATED : PNP_CONTROL_STATUS, Id, &Data);
    if (Result != CR_SUCCESS)
        return CR_NO_SUCH_VALUE;
    *Type = Number == 12 ? TYPE_NTSTATUS : TYPE_UINT32;
    switch (Number) {
    case 2:
        return Give(&Data.Status, sizeof(ULONG), Buffer, Bytes);
    case 3:
        return Give(&Data.Problem, sizeof(ULONG), Buffer, Bytes);
    case 8:
        return GiveText(Data.Text, Type, Buffer, Bytes);
    case 12:
        return Give(&Data.ProblemStatus, sizeof(ULONG), Buffer, Bytes);
    default:
        return CR_NO_SUCH_VALUE;
    }
}

/* The values of the driver's key. */
static CONFIGRET GiveOfDriver(const WCHAR *Id, ULONG Number, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    static const WCHAR *const Values[] = {L"DriverDateData", L"DriverVersion", L"DriverDesc", L"InfPath", L"InfSection",
                                          L"InfSectionExt", L"MatchingDeviceId", L"ProviderName"};
    WCHAR Path[128] = L"Control\\Class\\";
    ULONG At = 14, Size = sizeof(Path) - 15 * sizeof(WCHAR), RegistryType;
    HANDLE Key = CfgOpenNode(Id), Driver = NULL;
    CONFIGRET Result = CR_NO_SUCH_VALUE;

    if (Key == NULL)
        return CR_NO_SUCH_DEVNODE;
    if (Number >= 2 && Number < 2 + COUNT_OF(Values) &&
        CfgReadValue(Key, L"Driver", Path + At, &Size, &RegistryType) == CR_SUCCESS) {
        Path[At + Size / sizeof(WCHAR)] = 0;
        Driver = CfgOpenKey(NULL, Path);
    }
    if (Driver != NULL) {
        Result = GiveValue(Driver, Values[Number - 2], Type, Buffer, Bytes);
        NtClose(Driver);
    }
    NtClose(Key);
    return Result;
}

CONFIGRET WINAPI CM_Get_DevNode_PropertyW(DEVINST Node, const PROPERTY_KEY *Key, ULONG *Type, VOID *Buffer, PULONG Bytes,
                                          ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Key == NULL || Type == NULL || Bytes == NULL || (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    *Type = 0; /* DEVPROP_TYPE_EMPTY */
    if (IsOf(Key, &OfRegistry))
        return GiveOfRegistry(Id, Key->Id, Type, Buffer, Bytes);
    if (IsOf(Key, &OfTree))
        return GiveOfTree(Id, Key->Id, Type, Buffer, Bytes);
    if (IsOf(Key, &OfDriver))
        return GiveOfDriver(Id, Key->Id, Type, Buffer, Bytes);
    return IsOf(Key, &OfInstance) && Key->Id == 256 ? GiveText(Id, Type, Buffer, Bytes) : CR_NO_SUCH_VALUE;
}
