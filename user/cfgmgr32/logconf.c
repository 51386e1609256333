/*
 * The resources that a device has been given: CM_Get_First_Log_Conf and what goes with it, for
 * programs that look. Left out: configurations that a device could have (basic, filtered, forced,
 * override), changing any, ranges, class-specific descriptors. [doc: cfgmgr32.h]
 */
#include "cfgmgr.h"

#define CR_INVALID_LOG_CONF 0x07
#define CR_NO_MORE_LOG_CONF 0x0E
#define CR_INVALID_RES_DES 0x06
#define CR_NO_MORE_RES_DES 0x0F
#define CR_INVALID_RESOURCEID 0x0B

#define ALLOC_LOG_CONF 2
#define ALLOCATED_RESOURCES 21 /* DevicePropertyAllocatedResources [doc: wdm.h] */
#define CONFIG_SIGNATURE 0x666E6F43

enum { OF_ALL, OF_MEMORY, OF_PORTS, OF_DMA, OF_INTERRUPTS }; /* ResType_ */

/* CM_PARTIAL_RESOURCE_DESCRIPTOR, CM_RESOURCE_LIST [doc: wdm.h] */
#pragma pack(push, 4)
typedef struct _DESCRIPTOR {
    UCHAR Type, Share;
    USHORT Flags;
    union {
        struct {
            LONGLONG Start;
            ULONG Length;
        } Range;
        struct {
            USHORT Group, MessageCount;
            ULONG Vector;
            ULONG64 Affinity;
        } Interrupt;
        struct {
            ULONG Channel, Port, Reserved;
        } Dma;
    } u;
} DESCRIPTOR;
typedef struct _RESOURCES { /* of one bus: there is no other */
    ULONG ListCount, Interface, Bus;
    USHORT Version, Revision;
    ULONG Count;
    DESCRIPTOR Descriptor[1];
} RESOURCES;
#pragma pack(pop)
C_ASSERT(sizeof(DESCRIPTOR) == 20);

/* What programs get. [doc: MEM_DES, IO_DES, DMA_DES, IRQ_DES] */
#pragma pack(push, 1)
typedef struct _RANGE_DES { /* of memory; of ports without the last */
    DWORD Count, Type;
    ULONG64 Base, End;
    DWORD Flags, Reserved;
} RANGE_DES;
typedef struct _DMA_DES {
    DWORD Count, Type, Flags;
    ULONG Channel;
} DMA_DES;
typedef struct _IRQ_DES {
    DWORD Count, Type, Flags;
    ULONG Number;
    ULONG64 Affinity;
} IRQ_DES;
#pragma pack(pop)

typedef union _ANY_DES {
    RANGE_DES Range;
    DMA_DES Dma;
    IRQ_DES Interrupt;
} ANY_DES;

typedef struct _CONFIG { /* a LOG_CONF, and a RES_DES: Index counts from 1 */
    ULONG Signature, Index;
    RESOURCES *Resources;
} CONFIG;

static CONFIG *ConfigOf(ULONG_PTR Handle)
{
    CONFIG *Config = (CONFIG *)Handle;

    return Config != NULL && Config->Signature == CONFIG_SIGNATURE ? Config : NULL;
}

/* ---- what the kernel says ---- */

static BOOL IsWhole(const RESOURCES *Resources, ULONG Bytes)
{
    return Bytes >= FIELD_OFFSET(RESOURCES, Descriptor) && Resources->ListCount == 1 &&
           Resources->Count <= (Bytes - FIELD_OFFSET(RESOURCES, Descriptor)) / sizeof(DESCRIPTOR);
}

static RESOURCES *ReadResources(const WCHAR *Id)
{
    static const GUID Fixed;
    ULONG Type, Bytes = 0;
    RESOURCES *Resources;

    if (CfgAskKernel(Id, &Fixed, ALLOCATED_RESOURCES, &Type, NULL, &Bytes) != CR_BUFFER_SMALL ||
        Bytes == 0)
        return NULL;
    Resources = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Bytes);
    if (Resources != NULL &&
        (CfgAskKernel(Id, &Fixed, ALLOCATED_RESOURCES, &Type, Resources, &Bytes) != CR_SUCCESS ||
         !IsWhole(Resources, Bytes))) {
        HeapFree(ProcessHeap(), 0, Resources);
        Resources = NULL;
    }
    return Resources;
}

static ULONG KindOf(const DESCRIPTOR *Descriptor)
{
    switch (Descriptor->Type) { /* CmResourceType */
    case 1:
        return OF_PORTS;
    case 2:
        return OF_INTERRUPTS;
    case 3:
        return OF_MEMORY;
    case 4:
        return OF_DMA;
    default: /* device-private and others: programs see none of them */
        return OF_ALL;
    }
}

static ULONG Describe(const DESCRIPTOR *Descriptor, ANY_DES *Out)
{
    ULONG Kind = KindOf(Descriptor);

    RtlZeroMemory(Out, sizeof(*Out));
    switch (Kind) {
    case OF_DMA:
        Out->Dma.Channel = Descriptor->u.Dma.Channel;
        return sizeof(Out->Dma);
    case OF_INTERRUPTS: /* bit 0 shared, bit 1 edge-triggered */
        Out->Interrupt.Flags = (Descriptor->Share == 3) | (Descriptor->Flags & 1) << 1;
        Out->Interrupt.Number = Descriptor->u.Interrupt.Vector;
        Out->Interrupt.Affinity = Descriptor->u.Interrupt.Affinity;
        return sizeof(Out->Interrupt);
    default:
        Out->Range.Base = (ULONG64)Descriptor->u.Range.Start;
        Out->Range.End = Out->Range.Base + Descriptor->u.Range.Length - 1;
        Out->Range.Flags = Kind == OF_PORTS && (Descriptor->Flags & 1) ? 1 : 0; /* fIOD_IO */
        return Kind == OF_MEMORY ? sizeof(RANGE_DES) : FIELD_OFFSET(RANGE_DES, Reserved);
    }
}

/* ---- for programs ---- */

static CONFIGRET MakeConfig(RESOURCES *Resources, ULONG Index, ULONG_PTR *Handle)
{
    CONFIG *Config = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Config));

    if (Config == NULL) {
        HeapFree(ProcessHeap(), 0, Resources);
        return CR_OUT_OF_MEMORY;
    }
    *Config = (CONFIG){CONFIG_SIGNATURE, Index, Resources};
    *Handle = (ULONG_PTR)Config;
    return CR_SUCCESS;
}

static CONFIGRET FreeConfig(ULONG_PTR Handle, CONFIGRET Invalid)
{
    CONFIG *Config = ConfigOf(Handle);

    if (Config == NULL)
        return Invalid;
    Config->Signature = 0;
    HeapFree(ProcessHeap(), 0, Config->Resources);
    HeapFree(ProcessHeap(), 0, Config);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_First_Log_Conf(ULONG_PTR *Handle, DEVINST Node, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);
    RESOURCES *Resources;

    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if (Flags != ALLOC_LOG_CONF)
        return Flags < 6 ? CR_CALL_NOT_IMPLEMENTED : CR_INVALID_FLAG;
    Resources = ReadResources(Id);
    if (Resources == NULL)
        return CR_NO_MORE_LOG_CONF;
    if (Handle != NULL)
        return MakeConfig(Resources, 0, Handle);
    HeapFree(ProcessHeap(), 0, Resources); /* whether there is one was asked */
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Free_Log_Conf_Handle(ULONG_PTR Handle)
{
    return FreeConfig(Handle, CR_INVALID_LOG_CONF);
}

CONFIGRET WINAPI CM_Free_Res_Des_Handle(ULONG_PTR Handle)
{
    return FreeConfig(Handle, CR_INVALID_RES_DES);
}

/* The next descriptor of a kind, or of any, after a LOG_CONF or a RES_DES. */
CONFIGRET WINAPI CM_Get_Next_Res_Des(ULONG_PTR *Next, ULONG_PTR Handle, ULONG Kind, PULONG Found,
                                     ULONG Flags)
{
    const CONFIG *Config = ConfigOf(Handle);
    RESOURCES *Copy;
    SIZE_T Bytes;
    ULONG i;

    if (Next == NULL || (Kind == OF_ALL && Found == NULL))
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Config == NULL)
        return CR_INVALID_RES_DES;
    if (Kind > OF_INTERRUPTS)
        return CR_INVALID_RESOURCEID;
    for (i = Config->Index; i < Config->Resources->Count; i++) {
        ULONG Own = KindOf(&Config->Resources->Descriptor[i]);

        if (Own == OF_ALL || (Kind != OF_ALL && Own != Kind))
            continue;
        if (Found != NULL)
            *Found = Own;
        Bytes = FIELD_OFFSET(RESOURCES, Descriptor) + Config->Resources->Count * sizeof(DESCRIPTOR);
        Copy = HeapAlloc(ProcessHeap(), 0, Bytes);
        if (Copy == NULL)
            return CR_OUT_OF_MEMORY;
        RtlCopyMemory(Copy, Config->Resources, Bytes);
        return MakeConfig(Copy, i + 1, Next);
    }
    return CR_NO_MORE_RES_DES;
}

CONFIGRET WINAPI CM_Get_Res_Des_Data_Size(PULONG Size, ULONG_PTR Handle, ULONG Flags)
{
    const CONFIG *Config = ConfigOf(Handle);
    ANY_DES Data;

    if (Size == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Config == NULL || Config->Index == 0)
        return CR_INVALID_RES_DES;
    *Size = Describe(&Config->Resources->Descriptor[Config->Index - 1], &Data);
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Res_Des_Data(ULONG_PTR Handle, PVOID Buffer, ULONG Bytes, ULONG Flags)
{
    const CONFIG *Config = ConfigOf(Handle);
    ANY_DES Data;
    ULONG Size;

    if (Buffer == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Config == NULL || Config->Index == 0)
        return CR_INVALID_RES_DES;
    Size = Describe(&Config->Resources->Descriptor[Config->Index - 1], &Data);
    if (Bytes < Size)
        return CR_BUFFER_SMALL;
    RtlCopyMemory(Buffer, &Data, Size);
    return CR_SUCCESS;
}
