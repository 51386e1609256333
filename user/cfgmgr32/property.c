/*
 * Properties of devices: changing what the registry keeps, and all of them by key. A value is one
 * of the device's key or of its driver's, is known to the kernel, or was set by somebody
 * (stored.c). Left out: languages. [doc: CM_Set_DevNode_Registry_Property, Unified Device Property
 * Model, devpkey.h]
 */
#include "cfgmgr.h"

CONFIGRET WINAPI CM_Set_DevNode_Registry_PropertyW(DEVINST Node, ULONG Property, const VOID *Buffer,
                                                   ULONG Bytes, ULONG Flags)
{
    static const struct {
        ULONG Property, Type;
    } Settable[] = {
        /* [doc: SetupDiSetDeviceRegistryProperty: the others are set by the system] */
        {0x01, REG_SZ},       {0x02, REG_MULTI_SZ}, {0x03, REG_MULTI_SZ}, {0x05, REG_SZ},
        {0x08, REG_SZ},       {0x09, REG_SZ},       {0x0A, REG_SZ},       {0x0B, REG_DWORD},
        {0x0C, REG_SZ},       {0x0D, REG_SZ},       {0x0E, REG_SZ},       {0x12, REG_MULTI_SZ},
        {0x13, REG_MULTI_SZ}, {0x18, REG_BINARY},   {0x1A, REG_DWORD},    {0x1B, REG_DWORD},
        {0x1C, REG_DWORD},
    };
    const WCHAR *Id = CfgIdOf(Node), *Value = CfgPropertyValue(Property);
    CONFIGRET Result;
    HANDLE Writable;
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
    Writable = CfgOpenNodeForWriting(Id);
    if (Writable == NULL)
        return CR_NO_SUCH_DEVNODE;
    Result = CfgWriteValue(Writable, Value, Settable[i].Type, Buffer, Bytes);
    NtClose(Writable);
    return Result;
}

/* ---- by key: values of the registry ---- */

static const GUID OfRegistry = {
    0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}};
static const GUID OfTree = {
    0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}};
static const GUID OfDriver = {
    0xa8b865dd, 0x2e3d, 0x4094, {0xad, 0x97, 0xe5, 0x93, 0xa7, 0x0c, 0x75, 0xd6}};
static const GUID OfInstance = {
    0x78c34fc8, 0x104a, 0x4aca, {0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57}};
static const GUID OfContainer = {
    0x8c7ed206, 0x3f8a, 0x4827, {0xb3, 0xab, 0xae, 0x9e, 0x1f, 0xae, 0xfc, 0x6c}};
static const GUID OfState = {
    0x540b947e, 0x8b40, 0x45bc, {0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}};
static const GUID OfRemoval = {
    0xafd97640, 0x86a3, 0x4210, {0xb6, 0x7c, 0x28, 0x9c, 0x41, 0xaa, 0xbe, 0x55}};

static const CFG_VALUE DeviceValues[] = {
    /* [doc: devpkey.h: the numbers are CM_DRP_ numbers and one] */
    {&OfRegistry, 2, L"DeviceDesc", TYPE_STRING, TRUE},
    {&OfRegistry, 3, L"HardwareID", TYPE_STRING_LIST, FALSE},
    {&OfRegistry, 4, L"CompatibleIDs", TYPE_STRING_LIST, FALSE},
    {&OfRegistry, 6, L"Service", TYPE_STRING, FALSE},
    {&OfRegistry, 9, L"Class", TYPE_STRING, FALSE},
    {&OfRegistry, 10, L"ClassGUID", TYPE_GUID, FALSE},
    {&OfRegistry, 11, L"Driver", TYPE_STRING, FALSE},
    {&OfRegistry, 12, L"ConfigFlags", TYPE_UINT32, FALSE},
    {&OfRegistry, 13, L"Mfg", TYPE_STRING, TRUE},
    {&OfRegistry, 14, L"FriendlyName", TYPE_STRING, TRUE},
    {&OfRegistry, 15, L"LocationInformation", TYPE_STRING, TRUE},
    {&OfRegistry, 17, L"Capabilities", TYPE_UINT32, FALSE},
    {&OfRegistry, 18, L"UINumber", TYPE_UINT32, FALSE},
    {&OfRegistry, 19, L"UpperFilters", TYPE_STRING_LIST, TRUE},
    {&OfRegistry, 20, L"LowerFilters", TYPE_STRING_LIST, TRUE},
    {&OfRegistry, 25, L"Security", TYPE_SECURITY, FALSE},
    {&OfRegistry, 27, L"DeviceType", TYPE_UINT32, FALSE},
    {&OfRegistry, 28, L"Exclusive", TYPE_UINT32, FALSE},
    {&OfRegistry, 29, L"DeviceCharacteristics", TYPE_UINT32, FALSE},
    {&OfContainer, 2, L"ContainerID", TYPE_GUID, FALSE},
};
static const CFG_VALUE DriverValues[] = {
    {&OfDriver, 2, L"DriverDateData", TYPE_FILETIME, FALSE},
    {&OfDriver, 3, L"DriverVersion", TYPE_STRING, FALSE},
    {&OfDriver, 4, L"DriverDesc", TYPE_STRING, FALSE},
    {&OfDriver, 5, L"InfPath", TYPE_STRING, FALSE},
    {&OfDriver, 6, L"InfSection", TYPE_STRING, FALSE},
    {&OfDriver, 7, L"InfSectionExt", TYPE_STRING, FALSE},
    {&OfDriver, 8, L"MatchingDeviceId", TYPE_STRING, FALSE},
    {&OfDriver, 9, L"ProviderName", TYPE_STRING, FALSE},
};

/* What the kernel is asked for: it may know nothing. */
static const struct {
    const GUID *Category;
    ULONG Id;
} SystemKeys[] = {
    {&OfInstance, 256}, {&OfRegistry, 16}, {&OfRegistry, 21}, {&OfRegistry, 22}, {&OfRegistry, 23},
    {&OfRegistry, 24},  {&OfRegistry, 30}, {&OfRegistry, 32}, {&OfRegistry, 33}, {&OfRegistry, 34},
    {&OfRegistry, 36},  {&OfTree, 2},      {&OfTree, 3},      {&OfTree, 8},      {&OfTree, 9},
    {&OfTree, 10},      {&OfTree, 12},     {&OfState, 4},     {&OfState, 5},     {&OfState, 6},
    {&OfState, 14},     {&OfRemoval, 2},
};

BOOL CfgSameGuid(const GUID *Guid, const GUID *Other)
{
    const ULONG *A = (const ULONG *)Guid, *B = (const ULONG *)Other;

    return A[0] == B[0] && A[1] == B[1] && A[2] == B[2] && A[3] == B[3];
}

CONFIGRET CfgGive(const VOID *From, ULONG Size, VOID *Buffer, PULONG Bytes)
{
    ULONG Limit = *Bytes, i;

    *Bytes = Size;
    if (Size > Limit)
        return CR_BUFFER_SMALL;
    for (i = 0; i < Size; i++)
        ((BYTE *)Buffer)[i] = ((const BYTE *)From)[i];
    return CR_SUCCESS;
}

/* A GUID that the registry has as text. */
static CONFIGRET GiveGuid(HANDLE Key, const WCHAR *Name, VOID *Buffer, PULONG Bytes)
{
    WCHAR Text[40] = L"";
    ULONG Size = sizeof(Text) - sizeof(WCHAR), RegistryType;
    UNICODE_STRING String = {38 * sizeof(WCHAR), 38 * sizeof(WCHAR), Text};
    GUID Guid;

    if (CfgReadValue(Key, Name, Text, &Size, &RegistryType) != CR_SUCCESS ||
        !NT_SUCCESS(RtlGUIDFromString(&String, &Guid)))
        return CR_NO_SUCH_VALUE;
    return CfgGive(&Guid, sizeof(Guid), Buffer, Bytes);
}

/* A number that the registry has as text: yes or no. */
static CONFIGRET GiveBoolean(HANDLE Key, const WCHAR *Name, VOID *Buffer, PULONG Bytes)
{
    WCHAR Text[16] = L"";
    ULONG Size = sizeof(Text) - sizeof(WCHAR), RegistryType;
    BYTE True;

    if (CfgReadValue(Key, Name, Text, &Size, &RegistryType) != CR_SUCCESS)
        return CR_NO_SUCH_VALUE;
    True = RegistryType == REG_DWORD ? *(ULONG *)Text != 0 : Text[0] != 0 && Text[0] != L'0';
    True = True ? 0xFF : 0; /* DEVPROP_TRUE, DEVPROP_FALSE */
    return CfgGive(&True, sizeof(True), Buffer, Bytes);
}

CONFIGRET CfgGetValueOf(HANDLE Key, const CFG_VALUE *Value, ULONG *Type, VOID *Buffer, PULONG Bytes)
{
    ULONG RegistryType;
    CONFIGRET Result;

    if (Value->Type == TYPE_GUID)
        Result = GiveGuid(Key, Value->Name, Buffer, Bytes);
    else if (Value->Type == TYPE_BOOLEAN)
        Result = GiveBoolean(Key, Value->Name, Buffer, Bytes);
    else
        Result = CfgReadValue(Key, Value->Name, Buffer, Bytes, &RegistryType);
    if (Result == CR_SUCCESS || Result == CR_BUFFER_SMALL)
        *Type = Value->Type;
    return Result;
}

const CFG_VALUE *CfgFindValue(const CFG_VALUE *Values, ULONG Count, const PROPERTY_KEY *Key)
{
    ULONG i;

    for (i = 0; i < Count; i++)
        if (Values[i].Id == Key->Id && CfgSameGuid(Values[i].Category, &Key->Guid))
            return Values + i;
    return NULL;
}

CONFIGRET CfgSetValueOf(HANDLE Key, const CFG_VALUE *Value, ULONG Type, const VOID *Buffer,
                        ULONG Bytes)
{
    if (!Value->Settable)
        return CR_ACCESS_DENIED;
    if (Buffer != NULL && Type != Value->Type)
        return CR_INVALID_DATA;
    return CfgWriteValue(Key, Value->Name, Value->Type == TYPE_STRING_LIST ? REG_MULTI_SZ : REG_SZ,
                         Buffer, Bytes);
}

/* The key of the device's driver; NULL: it has none. */
static HANDLE OpenDriver(HANDLE Device)
{
    WCHAR Path[128] = L"Control\\Class\\";
    ULONG At = 14, Size = sizeof(Path) - 15 * sizeof(WCHAR), RegistryType;

    if (CfgReadValue(Device, L"Driver", Path + At, &Size, &RegistryType) != CR_SUCCESS)
        return NULL;
    Path[At + Size / sizeof(WCHAR)] = 0;
    return CfgOpenKey(NULL, Path);
}

static CONFIGRET GetOfDriver(HANDLE Device, const CFG_VALUE *Value, ULONG *Type, VOID *Buffer,
                             PULONG Bytes)
{
    HANDLE Driver = OpenDriver(Device);
    CONFIGRET Result = CR_NO_SUCH_VALUE;

    if (Driver != NULL) {
        Result = CfgGetValueOf(Driver, Value, Type, Buffer, Bytes);
        NtClose(Driver);
    }
    return Result;
}

/* ---- what the kernel knows ---- */

CONFIGRET CfgAskKernel(const WCHAR *Id, const GUID *Category, ULONG Number, ULONG *Type,
                       VOID *Buffer, PULONG Bytes)
{
    static const WCHAR Root[] = L"HTREE\\ROOT\\0";
    PNP_PROPERTY_DATA *Data = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Data) + *Bytes);
    CONFIGRET Result = CR_NO_SUCH_VALUE;
    NTSTATUS Status;
    ULONG i;

    if (Data == NULL)
        return CR_OUT_OF_MEMORY;
    for (i = 0; !CfgSame(Id, Root) && i < PNP_CONTROL_PATH - 1 && Id[i] != 0; i++)
        Data->Device[i] = Id[i];
    Data->Category = *Category;
    Data->Id = Number;
    Status = NtPlugPlayControl(PNP_CONTROL_PROPERTY, Data, sizeof(*Data) + *Bytes);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) {
        *Type = Data->Type;
        if (NT_SUCCESS(Status)) {
            Result = CfgGive(Data + 1, Data->Bytes, Buffer, Bytes);
        } else {
            *Bytes = Data->Bytes;
            Result = CR_BUFFER_SMALL;
        }
    }
    HeapFree(ProcessHeap(), 0, Data);
    return Result;
}

/* Of a device that is not there, its ID and that. */
static CONFIGRET GetOfSystem(const WCHAR *Id, const PROPERTY_KEY *Key, ULONG *Type, VOID *Buffer,
                             PULONG Bytes)
{
    static const BYTE False;
    CONFIGRET Result = CfgAskKernel(Id, &Key->Guid, Key->Id, Type, Buffer, Bytes);

    if (Result != CR_NO_SUCH_VALUE)
        return Result;
    if (CfgSameGuid(&Key->Guid, &OfInstance) && Key->Id == 256) {
        *Type = TYPE_STRING;
        return CfgGive(Id, (CfgLength(Id) + 1) * sizeof(WCHAR), Buffer, Bytes);
    }
    if (CfgSameGuid(&Key->Guid, &OfState) && Key->Id == 5) {
        *Type = TYPE_BOOLEAN;
        return CfgGive(&False, sizeof(False), Buffer, Bytes);
    }
    return CR_NO_SUCH_VALUE;
}

static BOOL IsSystemKey(const PROPERTY_KEY *Key)
{
    ULONG i;

    for (i = 0; i < COUNT_OF(SystemKeys); i++)
        if (SystemKeys[i].Id == Key->Id && CfgSameGuid(SystemKeys[i].Category, &Key->Guid))
            return TRUE;
    return FALSE;
}

/* ---- the routines ---- */

static CONFIGRET GetProperty(HANDLE Device, const WCHAR *Id, const PROPERTY_KEY *Key, ULONG *Type,
                             VOID *Buffer, PULONG Bytes)
{
    const CFG_VALUE *Value = CfgFindValue(DeviceValues, COUNT_OF(DeviceValues), Key);

    if (Value != NULL)
        return CfgGetValueOf(Device, Value, Type, Buffer, Bytes);
    Value = CfgFindValue(DriverValues, COUNT_OF(DriverValues), Key);
    if (Value != NULL)
        return GetOfDriver(Device, Value, Type, Buffer, Bytes);
    if (IsSystemKey(Key))
        return GetOfSystem(Id, Key, Type, Buffer, Bytes);
    return CfgGetStored(Device, Key, Type, Buffer, Bytes);
}

/* What a failure leaves: no type, and no size but a needed one. */
CONFIGRET CfgFinishProperty(CONFIGRET Result, ULONG *Type, PULONG Bytes)
{
    if (Result != CR_SUCCESS && Result != CR_BUFFER_SMALL) {
        *Type = 0; /* DEVPROP_TYPE_EMPTY */
        *Bytes = 0;
    }
    return Result;
}

CONFIGRET WINAPI CM_Get_DevNode_PropertyW(DEVINST Node, const PROPERTY_KEY *Key, ULONG *Type,
                                          VOID *Buffer, PULONG Bytes, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result;
    HANDLE Device;

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Key == NULL || Type == NULL || Bytes == NULL || (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Device = CfgOpenNode(Id);
    if (Device == NULL)
        return CfgFinishProperty(GetOfSystem(Id, Key, Type, Buffer, Bytes), Type,
                                 Bytes); /* the root of the tree */
    Result = GetProperty(Device, Id, Key, Type, Buffer, Bytes);
    NtClose(Device);
    return CfgFinishProperty(Result, Type, Bytes);
}

CONFIGRET WINAPI CM_Get_DevNode_Property_ExW(DEVINST Node, const PROPERTY_KEY *Key, ULONG *Type,
                                             VOID *Buffer, PULONG Bytes, ULONG Flags,
                                             HANDLE Machine)
{
    return Machine == NULL ? CM_Get_DevNode_PropertyW(Node, Key, Type, Buffer, Bytes, Flags)
                           : CR_CALL_NOT_IMPLEMENTED;
}

/* A NULL buffer, or the empty type, deletes. */
CONFIGRET WINAPI CM_Set_DevNode_PropertyW(DEVINST Node, const PROPERTY_KEY *Key, ULONG Type,
                                          const VOID *Buffer, ULONG Bytes, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);
    const CFG_VALUE *Value;
    CONFIGRET Result;
    HANDLE Device;

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Key == NULL || (Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (IsSystemKey(Key) || CfgFindValue(DriverValues, COUNT_OF(DriverValues), Key) != NULL)
        return CR_ACCESS_DENIED; /* the system's own [guess] */
    Device = CfgOpenNodeForWriting(Id);
    if (Device == NULL)
        return CR_NO_SUCH_DEVNODE;
    Value = CfgFindValue(DeviceValues, COUNT_OF(DeviceValues), Key);
    if (Type == TYPE_EMPTY)
        Buffer = NULL;
    Result = Value != NULL ? CfgSetValueOf(Device, Value, Type, Buffer, Bytes)
                           : CfgSetStored(Device, Key, Type, Buffer, Bytes);
    NtClose(Device);
    return Result;
}

VOID CfgAddKey(KEY_LIST *List, const GUID *Category, ULONG Id)
{
    if (List->Count < List->Limit) {
        List->Keys[List->Count].Guid = *Category;
        List->Keys[List->Count].Id = Id;
    }
    List->Count++;
}

VOID CfgAddValues(KEY_LIST *List, HANDLE Key, const CFG_VALUE *Values, ULONG Count)
{
    ULONG i, Type, None;

    for (i = 0; i < Count; i++) {
        CONFIGRET Result;

        None = 0;
        Result = CfgGetValueOf(Key, Values + i, &Type, NULL, &None);
        if (Result == CR_SUCCESS || Result == CR_BUFFER_SMALL)
            CfgAddKey(List, Values[i].Category, Values[i].Id);
    }
}

CONFIGRET CfgFinishKeys(const KEY_LIST *List, PULONG Count)
{
    *Count = List->Count;
    return List->Count > List->Limit ? CR_BUFFER_SMALL : CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_DevNode_Property_Keys(DEVINST Node, PROPERTY_KEY *Keys, PULONG Count,
                                              ULONG Flags)
{
    KEY_LIST List = {Keys, Count != NULL ? *Count : 0, 0};
    const WCHAR *Id = CfgIdOf(Node);
    HANDLE Device, Driver;
    ULONG i;

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Count == NULL || (*Count != 0 && Keys == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Device = CfgOpenNode(Id);
    if (Device == NULL)
        return CR_NO_SUCH_DEVNODE;
    CfgAddValues(&List, Device, DeviceValues, COUNT_OF(DeviceValues));
    Driver = OpenDriver(Device);
    if (Driver != NULL) {
        CfgAddValues(&List, Driver, DriverValues, COUNT_OF(DriverValues));
        NtClose(Driver);
    }
    for (i = 0; i < COUNT_OF(SystemKeys); i++) {
        PROPERTY_KEY Key = {*SystemKeys[i].Category, SystemKeys[i].Id};
        ULONG Type, None = 0;

        if (GetOfSystem(Id, &Key, &Type, NULL, &None) != CR_NO_SUCH_VALUE)
            CfgAddKey(&List, SystemKeys[i].Category, SystemKeys[i].Id);
    }
    CfgAddStored(&List, Device);
    NtClose(Device);
    return CfgFinishKeys(&List, Count);
}
