/* Private to the I/O manager's DMA: adapters, map registers, requests. */
#pragma once

#include "iop.h"

#define IOP_TAG_DMA 'aDoI'
#define IOP_DMA_LIMIT 1024u /* map registers of one adapter */

/*
 * A run of map registers, held by one request: what MapRegisterBase points to. Each register is a
 * page of the adapter's bounce memory; a page that the device reaches by itself leaves its register
 * unused.
 */
typedef struct _IOP_DMA_MAPPING {
    LIST_ENTRY Entry; /* IOP_DMA_REGISTERS.Mappings */
    PMDL Mdl;
    PUCHAR Va; /* as given to MapTransfer */
    ULONG Length;
    ULONG64 Bounce; /* physical address of the copy */
    BOOLEAN WriteToDevice;
} IOP_DMA_MAPPING;

typedef struct _IOP_DMA_REGISTERS {
    struct _IOP_DMA_ADAPTER *Adapter;
    ULONG Count;         /* registers held */
    ULONG First;         /* their place in the adapter's bounce memory */
    ULONG Used;          /* of them, by mappings that are not flushed */
    LIST_ENTRY Mappings; /* copies that are not flushed */
    BOOLEAN HasChannel;
    IOP_DMA_MAPPING Mapping[ANYSIZE_ARRAY]; /* one a register: of the mapping that begins there */
} IOP_DMA_REGISTERS;

/* Somebody who waits for registers, or for the channel too. */
typedef struct _IOP_DMA_REQUEST {
    LIST_ENTRY Entry; /* IOP_DMA_ADAPTER.Waiting */
    BOOLEAN NeedsChannel;
    PDEVICE_OBJECT Device;
    PVOID Context;
    PDRIVER_CONTROL Control;          /* with the channel */
    PDRIVER_LIST_CONTROL ListControl; /* scatter/gather */
    PSCATTER_GATHER_LIST List;
    PMDL Mdl;
    PUCHAR Va;
    ULONG Length;
    BOOLEAN WriteToDevice, OwnList; /* the list is ours to free */
    IOP_DMA_REGISTERS *Registers;
    struct _IOP_DMA_CONTEXT
        *Transfer;  /* version 3: the driver's, for cancelling; NULL without one */
    PVOID *BaseOut; /* version 3, no routine: where the registers go */
    PMDL Target;    /* that BuildMdlFromScatterGatherList made */
} IOP_DMA_REQUEST;

typedef struct _IOP_DMA_ADAPTER {
    DMA_ADAPTER Public;
    DMA_OPERATIONS Operations;
    PDEVICE_OBJECT Pdo; /* of whom it is, may be NULL; not referenced */
    BOOLEAN ScatterGather;
    BOOLEAN Bounces;     /* has bounce memory */
    ULONG64 HighestPage; /* that the device can address */
    ULONG Limit;         /* map registers */
    KSPIN_LOCK Lock;     /* what follows */
    ULONG InUse;         /* registers */
    ULONG CommonBuffers, Lists;
    BOOLEAN ChannelBusy;
    struct _IOP_DMA_REGISTERS *Holder; /* of the channel */
    LIST_ENTRY Waiting;                /* IOP_DMA_REQUEST */
    PFN_NUMBER BounceFirst;
    RTL_BITMAP BounceMap; /* a bit a register; set: taken */
    ULONG BounceBits[IOP_DMA_LIMIT / 32];
} IOP_DMA_ADAPTER;

/* In the driver's buffer of DMA_TRANSFER_CONTEXT_SIZE_V1 bytes. */
typedef struct _IOP_DMA_CONTEXT {
    ULONG Magic;
    BOOLEAN Cancelled;
    BOOLEAN Started;          /* the request has its registers */
    IOP_DMA_REQUEST *Waiting; /* the request that may still be cancelled; the adapter's lock */
} IOP_DMA_CONTEXT;
#define IOP_DMA_CONTEXT_MAGIC 'xCaD'

/* ---- dma.c ---- */
PVOID IopMakeCommonBuffer(IOP_DMA_ADAPTER *Adapter, ULONG64 Highest, ULONG Length,
                          PPHYSICAL_ADDRESS Logical);
/* DRIVER_VERIFIER_DMA_VIOLATION with the documented parameters of Kind. */
DECLSPEC_NORETURN VOID IopDmaViolation(ULONG Kind, PVOID Adapter, ULONG64 P2, ULONG64 P3,
                                       const char *What);
/* With the gate on: bug check 0xE6 when a routine is called at another IRQL than its page says. */
VOID IopCheckDmaIrql(PDMA_ADAPTER Adapter, KIRQL Lowest, KIRQL Highest);
/* Takes an adapter that a driver passes; one that was released is a bug check. */
IOP_DMA_ADAPTER *IopDmaAdapter(PDMA_ADAPTER Adapter);

/* ---- dmamap.c ---- */
/* Runs the request now or when its registers (and channel) are free. DISPATCH_LEVEL. */
NTSTATUS IopStartDmaRequest(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request, ULONG Registers,
                            BOOLEAN NoWait);
/* Bytes from Va on, at most Length, that one call of MapTransfer can map with the registers that
 * are left. */
ULONG IopMappableBytes(const IOP_DMA_REGISTERS *Registers, PUCHAR Va, ULONG Length);
VOID IopReleaseDmaChannel(IOP_DMA_ADAPTER *Adapter);       /* its holder keeps its registers */
VOID IopReleaseDmaRegisters(IOP_DMA_REGISTERS *Registers); /* and lets the next one go */
PHYSICAL_ADDRESS NTAPI IopMapTransfer(PDMA_ADAPTER Adapter, PMDL Mdl, PVOID MapRegisterBase,
                                      PVOID CurrentVa, PULONG Length, BOOLEAN WriteToDevice);
BOOLEAN NTAPI IopFlushAdapterBuffers(PDMA_ADAPTER Adapter, PMDL Mdl, PVOID MapRegisterBase,
                                     PVOID CurrentVa, ULONG Length, BOOLEAN WriteToDevice);
NTSTATUS NTAPI IopAllocateAdapterChannel(PDMA_ADAPTER Adapter, PDEVICE_OBJECT Device,
                                         ULONG Registers, PDRIVER_CONTROL Routine, PVOID Context);
VOID NTAPI IopFreeAdapterChannel(PDMA_ADAPTER Adapter);
VOID NTAPI IopFreeMapRegisters(PDMA_ADAPTER Adapter, PVOID MapRegisterBase, ULONG Count);
/* Bytes from CurrentVa to the end of the MDL chain; 0 when CurrentVa is not in the first. */
ULONG IopBytesInMdl(PMDL Mdl, PUCHAR CurrentVa);

/* ---- dmalist.c ---- */
VOID IopRunDmaList(IOP_DMA_ADAPTER *Adapter,
                   IOP_DMA_REQUEST *Request); /* its registers are there */
NTSTATUS NTAPI IopGetScatterGatherList(PDMA_ADAPTER Adapter, PDEVICE_OBJECT Device, PMDL Mdl,
                                       PVOID CurrentVa, ULONG Length, PDRIVER_LIST_CONTROL Routine,
                                       PVOID Context, BOOLEAN WriteToDevice);
VOID NTAPI IopPutScatterGatherList(PDMA_ADAPTER Adapter, PSCATTER_GATHER_LIST List,
                                   BOOLEAN WriteToDevice);
NTSTATUS NTAPI IopCalculateScatterGatherList(PDMA_ADAPTER Adapter, PMDL Mdl, PVOID CurrentVa,
                                             ULONG Length, PULONG ListSize, PULONG Registers);
NTSTATUS NTAPI IopBuildScatterGatherList(PDMA_ADAPTER Adapter, PDEVICE_OBJECT Device, PMDL Mdl,
                                         PVOID CurrentVa, ULONG Length,
                                         PDRIVER_LIST_CONTROL Routine, PVOID Context,
                                         BOOLEAN WriteToDevice, PVOID Buffer, ULONG BufferLength);
NTSTATUS NTAPI IopBuildMdlFromScatterGatherList(PDMA_ADAPTER Adapter, PSCATTER_GATHER_LIST List,
                                                PMDL OriginalMdl, PMDL *TargetMdl);
/* Va and Length lie in the chain that begins with Mdl. */
VOID IopFlushChain(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PUCHAR Va, ULONG Length,
                   IOP_DMA_REGISTERS *Registers, BOOLEAN WriteToDevice);
VOID IopAddElement(PSCATTER_GATHER_LIST List, ULONG64 Address, ULONG Length);
/* Makes the request for a list and runs or queues it; Request's fields of the caller are taken
 * over. */
NTSTATUS IopRequestList(IOP_DMA_ADAPTER *Adapter, const IOP_DMA_REQUEST *Wanted, PVOID Buffer,
                        ULONG BufferLength, BOOLEAN NoWait, PSCATTER_GATHER_LIST *List);

/* ---- dmaex.c: version 3 of the operations ---- */
extern const DMA_OPERATIONS IopDmaOperations3; /* its fields behind version 2's */
