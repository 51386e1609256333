/*
 * Device nodes by their instance IDs, and the properties that the registry keeps of them under
 * Enum. A DEVINST is the number of an ID that this process has asked for; it stays one until the
 * process ends. [doc: cfgmgr32.h]
 */
#include "cfgmgr.h"

#define LOCATE_PHANTOM 1
#define NODE_LIMIT 1024

NTSYSAPI VOID NTAPI RtlAcquireSRWLockExclusive(PVOID Lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockExclusive(PVOID Lock);

static struct {
    PVOID Lock;               /* an SRW lock */
    WCHAR *Ids[NODE_LIMIT];   /* Lock for writing; an entry never changes */
    volatile ULONG Count;     /* Lock for writing */
} Nodes;

/* CM_DRP_ numbers, from 1, and the values of the device's key. */
static const struct {
    ULONG Property;
    const WCHAR *Value;
} Properties[] = {
    {0x01, L"DeviceDesc"},
    {0x02, L"HardwareID"},
    {0x03, L"CompatibleIDs"},
    {0x05, L"Service"},
    {0x08, L"Class"},
    {0x09, L"ClassGUID"},
    {0x0A, L"Driver"},
    {0x0B, L"ConfigFlags"},
    {0x0C, L"Mfg"},
    {0x0D, L"FriendlyName"},
    {0x0E, L"LocationInformation"},
    {0x10, L"Capabilities"},
    {0x11, L"UINumber"},
    {0x12, L"UpperFilters"},
    {0x13, L"LowerFilters"},
    {0x18, L"Security"},
    {0x1A, L"DeviceType"},
    {0x1B, L"Exclusive"},
    {0x1C, L"DeviceCharacteristics"},
};

WCHAR CfgUpper(WCHAR c)
{
    return c >= L'a' && c <= L'z' ? c - 32 : c;
}

BOOL CfgSame(const WCHAR *Id, const WCHAR *Other)
{
    while (*Id != 0 && CfgUpper(*Id) == CfgUpper(*Other)) {
        Id++;
        Other++;
    }
    return CfgUpper(*Id) == CfgUpper(*Other);
}

HANDLE CfgOpenNode(const WCHAR *Id)
{
    WCHAR Path[DEVICE_ID_LIMIT + 8] = L"Enum\\";
    ULONG i;

    for (i = 0; Id[i] != 0; i++)
        Path[5 + i] = Id[i];
    Path[5 + i] = 0;
    return CfgOpenKey(NULL, Path);
}

DEVINST CfgNumberOf(const WCHAR *Id)
{
    DEVINST Number = 0;
    ULONG i, Length = CfgLength(Id) + 1;

    RtlAcquireSRWLockExclusive(&Nodes.Lock);
    for (i = 0; i < Nodes.Count && Number == 0; i++)
        if (CfgSame(Nodes.Ids[i], Id))
            Number = i + 1;
    if (Number == 0 && Nodes.Count < NODE_LIMIT) {
        WCHAR *Copy = HeapAlloc(ProcessHeap(), 0, Length * sizeof(WCHAR));

        for (i = 0; Copy != NULL && i < Length; i++)
            Copy[i] = CfgUpper(Id[i]);
        if (Copy != NULL) {
            Nodes.Ids[Nodes.Count] = Copy;
            Number = ++Nodes.Count;
        }
    }
    RtlReleaseSRWLockExclusive(&Nodes.Lock);
    return Number;
}

const WCHAR *CfgIdOf(DEVINST Node)
{
    return Node != 0 && Node <= Nodes.Count ? Nodes.Ids[Node - 1] : NULL;
}

/* The root of the tree is asked for with no ID, or an empty one. */
CONFIGRET WINAPI CM_Locate_DevNodeW(DEVINST *Node, WCHAR *Id, ULONG Flags)
{
    HANDLE Key;

    if (Node == NULL)
        return CR_INVALID_POINTER;
    *Node = 0;
    if (Flags & ~(ULONG)LOCATE_PHANTOM)
        return CR_INVALID_FLAG;
    if (Id == NULL || Id[0] == 0)
        Id = (WCHAR *)L"HTREE\\ROOT\\0";
    else {
        if (CfgLength(Id) > DEVICE_ID_LIMIT)
            return CR_INVALID_DEVICE_ID;
        Key = CfgOpenNode(Id);
        if (Key == NULL)
            return CR_NO_SUCH_DEVNODE;
        NtClose(Key);
        if (!(Flags & LOCATE_PHANTOM) && !CfgIsPresent(Id))
            return CR_NO_SUCH_DEVNODE;
    }
    *Node = CfgNumberOf(Id);
    return *Node != 0 ? CR_SUCCESS : CR_OUT_OF_MEMORY;
}

CONFIGRET WINAPI CM_Locate_DevNodeA(DEVINST *Node, CHAR *Id, ULONG Flags)
{
    WCHAR Wide[DEVICE_ID_LIMIT + 1];
    ULONG i = 0;

    if (Id == NULL)
        return CM_Locate_DevNodeW(Node, NULL, Flags);
    for (; i <= DEVICE_ID_LIMIT; i++) {
        Wide[i] = (BYTE)Id[i];
        if (Id[i] == 0)
            return CM_Locate_DevNodeW(Node, Wide, Flags);
    }
    return CR_INVALID_DEVICE_ID;
}

/* Without the terminator. */
CONFIGRET WINAPI CM_Get_Device_ID_Size(ULONG *Length, DEVINST Node, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);

    if (Length == NULL)
        return CR_INVALID_POINTER;
    *Length = 0;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    *Length = CfgLength(Id);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST Node, WCHAR *Buffer, ULONG Length, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);
    ULONG i;

    if (Buffer == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    /* A buffer without room for the terminator gets none. [doc] */
    for (i = 0; i < Length; i++) {
        Buffer[i] = Id[i];
        if (Id[i] == 0)
            return CR_SUCCESS;
    }
    return Id[i] == 0 ? CR_SUCCESS : CR_BUFFER_SMALL;
}

CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST Node, CHAR *Buffer, ULONG Length, ULONG Flags)
{
    WCHAR Id[DEVICE_ID_LIMIT + 1];
    CONFIGRET Result = CM_Get_Device_IDW(Node, Id, COUNT_OF(Id), Flags);
    ULONG Count;

    if (Result != CR_SUCCESS)
        return Result;
    if (Buffer == NULL)
        return CR_INVALID_POINTER;
    Count = CfgLength(Id) + 1;
    CfgNarrow(Id, Count < Length ? Count : Length, Buffer);
    return Count - 1 <= Length ? CR_SUCCESS : CR_BUFFER_SMALL;
}

const WCHAR *CfgPropertyValue(ULONG Property)
{
    ULONG i;

    for (i = 0; i < COUNT_OF(Properties); i++)
        if (Properties[i].Property == Property)
            return Properties[i].Value;
    return NULL;
}

/* Of a device that is there, the kernel knows more. */
static CONFIGRET ReadFromKernel(const WCHAR *Id, ULONG Property, ULONG *Type, PVOID Buffer,
                                PULONG Bytes)
{
    static const struct {
        ULONG Property, Kernel, Type; /* CM_DRP_, DEVICE_REGISTRY_PROPERTY */
    } Known[] = {
        {0x0F, 11, REG_SZ},    {0x15, 13, REG_DWORD}, {0x16, 14, REG_DWORD}, {0x17, 15, REG_SZ},
        {0x1D, 16, REG_DWORD}, {0x20, 19, REG_DWORD}, {0x23, 18, REG_DWORD},
    };
    static const GUID Fixed,
        OfRegistry = {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}};
    CONFIGRET Result;
    ULONG i, None;

    *Type = REG_BINARY;
    if (Property == 0x14 || Property == 0x1F) /* the bus type, a GUID; CM_POWER_DATA */
        return CfgAskKernel(Id, &OfRegistry, Property + 1, &None, Buffer, Bytes);
    for (i = 0; i < COUNT_OF(Known); i++)
        if (Known[i].Property == Property) {
            Result = CfgAskKernel(Id, &Fixed, Known[i].Kernel, &None, Buffer, Bytes);
            *Type = Known[i].Type;
            return Result;
        }
    return CR_INVALID_PROPERTY;
}

/* A buffer of no bytes asks for the size. */
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyW(DEVINST Node, ULONG Property, PULONG Type,
                                                   PVOID Buffer, PULONG Bytes, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node), *Value = CfgPropertyValue(Property);
    CONFIGRET Result;
    ULONG ValueType = 0;
    HANDLE Key;

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Bytes == NULL || (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Value == NULL) {
        Result = ReadFromKernel(Id, Property, &ValueType, Buffer, Bytes);
    } else {
        Key = CfgOpenNode(Id);
        if (Key == NULL)
            return CR_NO_SUCH_DEVNODE;
        Result = CfgReadValue(Key, Value, Buffer, Bytes, &ValueType);
        NtClose(Key);
    }
    if (Type != NULL)
        *Type = ValueType;
    return Result;
}

/* As code page 1252: text needs half the bytes. */
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyA(DEVINST Node, ULONG Property, PULONG Type,
                                                   PVOID Buffer, PULONG Bytes, ULONG Flags)
{
    ULONG Wide = 0, ValueType = 0, Size, i;
    CONFIGRET Result;
    BYTE *Data;

    if (Bytes == NULL || (*Bytes != 0 && Buffer == NULL))
        return CR_INVALID_POINTER;
    Result = CM_Get_DevNode_Registry_PropertyW(Node, Property, &ValueType, NULL, &Wide, Flags);
    if (Result != CR_BUFFER_SMALL && Result != CR_SUCCESS)
        return Result;
    Data = HeapAlloc(ProcessHeap(), 0, Wide);
    if (Data == NULL)
        return CR_OUT_OF_MEMORY;
    Result = CM_Get_DevNode_Registry_PropertyW(Node, Property, &ValueType, Data, &Wide, Flags);
    if (Result == CR_SUCCESS) {
        Size = ValueType == REG_SZ || ValueType == REG_MULTI_SZ ? Wide / sizeof(WCHAR) : Wide;
        if (Size > *Bytes)
            Result = CR_BUFFER_SMALL;
        else if (Size != Wide)
            CfgNarrow((const WCHAR *)Data, Size, Buffer);
        else
            for (i = 0; i < Size; i++)
                ((BYTE *)Buffer)[i] = Data[i];
        *Bytes = Size;
        if (Type != NULL)
            *Type = ValueType;
    }
    HeapFree(ProcessHeap(), 0, Data);
    return Result;
}

CONFIGRET WINAPI CM_Get_Device_ID_ExW(DEVINST Node, WCHAR *Buffer, ULONG Length, ULONG Flags,
                                      HANDLE Machine)
{
    return Machine == NULL ? CM_Get_Device_IDW(Node, Buffer, Length, Flags)
                           : CR_CALL_NOT_IMPLEMENTED;
}
