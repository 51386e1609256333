/* Kernel-core declarations that mingw's wdm.h lacks or has as inlines of old kits. [doc: wdm.h] */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DDK_INLINE_IRQL
NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);
NTKERNELAPI VOID NTAPI KeLowerIrql(KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);
NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToSynchLevel(VOID);
#endif

/* Layout of Windows 10 and 11; the array passed to KeWaitForMultipleObjects. NextWaitBlock is mingw's name. */
typedef struct _KWAIT_BLOCK {
    LIST_ENTRY WaitListEntry;
    UCHAR WaitType;
    volatile UCHAR BlockState;
    USHORT WaitKey;
    LONG SpareLong;
    union {
        struct _KTHREAD *Thread;
        struct _KQUEUE *NotificationQueue;
        struct _KDPC *Dpc;
    };
    PVOID Object;
    union {
        PVOID SparePtr;
        struct _KWAIT_BLOCK *NextWaitBlock;
    };
} KWAIT_BLOCK, *PKWAIT_BLOCK, *PRKWAIT_BLOCK;

NTKERNELAPI NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
                                                    KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                                    BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                                    PKWAIT_BLOCK WaitBlockArray);

NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
NTKERNELAPI ULONGLONG NTAPI KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp);
NTKERNELAPI NTSTATUS NTAPI KeQueryAuxiliaryCounterFrequency(PULONG64 AuxiliaryCounterFrequency);
NTKERNELAPI NTSTATUS NTAPI KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64 AuxiliaryCounterValue,
                                                                         PULONG64 PerformanceCounterValue,
                                                                         PULONG64 ConversionError);
NTKERNELAPI NTSTATUS NTAPI KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64 PerformanceCounterValue,
                                                                         PULONG64 AuxiliaryCounterValue,
                                                                         PULONG64 ConversionError);
NTKERNELAPI ULONG NTAPI KeShouldYieldProcessor(VOID);
NTKERNELAPI LOGICAL NTAPI KeIsExecutingDpc(VOID);
NTKERNELAPI USHORT NTAPI KeQueryNodeActiveProcessorCount(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities,
                                                         USHORT GroupAffinitiesCount,
                                                         PUSHORT GroupAffinitiesRequired);

/* Bound exceptions. */
typedef enum _BOUND_CALLBACK_STATUS {
    BoundExceptionContinueSearch,
    BoundExceptionHandled,
    BoundExceptionError,
    BoundExceptionMaximum
} BOUND_CALLBACK_STATUS, *PBOUND_CALLBACK_STATUS;
typedef BOUND_CALLBACK_STATUS(NTAPI BOUND_CALLBACK)(VOID);
typedef BOUND_CALLBACK *PBOUND_CALLBACK;
NTKERNELAPI PVOID NTAPI KeRegisterBoundCallback(PBOUND_CALLBACK CallbackRoutine);
NTKERNELAPI NTSTATUS NTAPI KeDeregisterBoundCallback(PVOID Handle);

/* Triage dump data. */
typedef struct _KTRIAGE_DUMP_DATA_ARRAY {
    LIST_ENTRY List;
    ULONG NumBlocksUsed;
    ULONG NumBlocksTotal;
    ULONG DataSize;
    ULONG MaxDataSize;
    ULONG ComponentNameBufferLength;
    PUCHAR ComponentName;
    struct {
        PVOID Address;
        SIZE_T Length;
    } Blocks[ANYSIZE_ARRAY];
} KTRIAGE_DUMP_DATA_ARRAY, *PKTRIAGE_DUMP_DATA_ARRAY;

/* Kits since Windows 8 have the plain name for what was a macro on KeInitializeSpinLock's word. */
#ifndef KeTestSpinLock
NTKERNELAPI BOOLEAN FASTCALL KeTestSpinLock(PKSPIN_LOCK SpinLock);
#endif

#ifdef __cplusplus
}
#endif

/* wdm.h: a macro. Neither the compiler nor the processor moves an access to memory across it. */
#ifndef KeMemoryBarrier
#define KeMemoryBarrier() __sync_synchronize()
#endif
