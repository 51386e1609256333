/*
 * dma: DMA enablers (dmaenabler.c), transactions (dmatransaction.c: their life; dmatransfer.c: one
 * transfer after the other), common buffers (commonbuffer.c). Bus masters only: the machine has no
 * system DMA controller.
 */
#pragma once

#include "io.h"
#include "pnp.h"

typedef struct _FX_DMA_CHANNEL {
    PDMA_ADAPTER Adapter;
    ULONG MapRegisters;
} FX_DMA_CHANNEL;

typedef struct _FX_ENABLER {
    FX_OBJECT Object;
    FX_DEVICE *Device;
    FX_POWER_HOOK Hook;
    WDF_DMA_ENABLER_CONFIG Config;
    BOOLEAN IsScatter, IsDuplex, Is64, IsVersion3;
    FX_DMA_CHANNEL Channel[2]; /* by WDF_DMA_DIRECTION; the same one unless duplex */
    size_t MaximumLength;      /* of a transfer, as the device says */
    size_t MaximumElements;
    ULONG Alignment; /* mask: the device's when the enabler was made */
    PVOID Busy;      /* version 2, packet: the transaction under way; interlocked */
} FX_ENABLER;

typedef enum _FX_DMA_STATE {
    FxDmaIdle, /* created or released */
    FxDmaInitialized,
    FxDmaTransfer, /* between WdfDmaTransactionExecute and the last completion */
    FxDmaDone,
} FX_DMA_STATE;

typedef struct _FX_TRANSACTION {
    FX_OBJECT Object;
    FX_ENABLER *Enabler;
    FX_DMA_STATE State;
    WDF_DMA_DIRECTION Direction;
    PFN_WDF_PROGRAM_DMA EvtProgramDma;
    WDFCONTEXT Context;
    FX_OBJECT *Request; /* referenced between initialisation and release; or NULL */
    PMDL Mdl;           /* the chain */
    size_t Offset, Length;
    size_t MaximumLength; /* of a transfer of this transaction */
    size_t Transferred;   /* by transfers that are over */
    size_t Current;       /* bytes of the transfer under way */
    BOOLEAN Immediate, SingleTransfer;
    BOOLEAN CancelsNext;       /* no further transfer begins */
    LONG Waits;                /* for map registers; interlocked */
    PSCATTER_GATHER_LIST List; /* of the transfer under way: NT's, or Single */
    struct {
        SCATTER_GATHER_LIST Header;
        SCATTER_GATHER_ELEMENT Element;
    } Single;              /* a packet's */
    PVOID MapRegisterBase; /* a packet's, from its channel */
    BOOLEAN HasChannel;
    BOOLEAN IsReserved; /* the channel is kept between transactions */
    PFN_WDF_RESERVE_DMA EvtReserveDma;
    PVOID ReserveContext;
    NTSTATUS StageStatus;                                /* of a packet that could not be mapped */
    UCHAR TransferContext[DMA_TRANSFER_CONTEXT_SIZE_V1]; /* version 3 */
} FX_TRANSACTION;

static inline FX_ENABLER *FxEnablerFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals,
                                              WDFDMAENABLER Handle)
{
    return FX_OBJECT_OF(FX_ENABLER, FxGlobalsOf(DriverGlobals), Handle, FxTypeDmaEnabler);
}
/* The adapter for a direction; NULL when it is none. */
FX_DMA_CHANNEL *FxEnablerChannel(FX_ENABLER *Enabler, WDF_DMA_DIRECTION Direction);
/* What its map registers can hold of a buffer that begins anywhere, at most MaximumLength. */
size_t FxEnablerFragment(const FX_ENABLER *Enabler, const FX_DMA_CHANNEL *Channel);

/* ---- dmatransfer.c ---- */
typedef struct _FX_DMA_MEASURE {
    size_t Length;         /* that fits into the pages */
    ULONG Pages, Elements; /* pages touched; pieces that lie together in memory */
} FX_DMA_MEASURE;
/* Looks at Length bytes at Offset of the chain, as far as MaximumPages reach. */
FX_DMA_MEASURE FxDmaMeasure(PMDL Mdl, size_t Offset, size_t Length, ULONG MaximumPages);
/* Bytes of the chain. */
size_t FxDmaChainBytes(PMDL Mdl);
/* Begins the next transfer: EvtProgramDma is called, now or when there are map registers. */
NTSTATUS FxDmaStage(FX_TRANSACTION *Transaction);
/* Gives back what the transfer under way holds; with the channel unless it is reserved. */
VOID FxDmaEndTransfer(FX_TRANSACTION *Transaction);
VOID FxDmaFreeChannel(FX_TRANSACTION *Transaction);
/* Takes a request for map registers back. FALSE: there is none, or its routine is called all the
 * same. */
BOOLEAN FxDmaWaitCancel(FX_TRANSACTION *Transaction);
/* EvtReserveDma is called when the channel is the transaction's. */
NTSTATUS FxDmaReserve(FX_TRANSACTION *Transaction, ULONG Registers);
