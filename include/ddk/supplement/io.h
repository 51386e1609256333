/* I/O manager, object manager and registry declarations that mingw's wdm.h lacks. [doc: wdm.h] */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Object types: the name is the import's slot, so *IoDeviceObjectType is the type. No dllimport, as in the kits. */
extern POBJECT_TYPE *IoDeviceObjectType;
extern POBJECT_TYPE *IoDriverObjectType;
extern POBJECT_TYPE *MmSectionObjectType;
extern POBJECT_TYPE *PsJobType;

/* The types of cancel-safe queues' routines; mingw has the pointers only. */
typedef VOID (NTAPI DRIVER_REINITIALIZE)(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count);
typedef VOID (NTAPI IO_CSQ_INSERT_IRP)(PIO_CSQ Csq, PIRP Irp);
typedef VOID (NTAPI IO_CSQ_REMOVE_IRP)(PIO_CSQ Csq, PIRP Irp);
typedef PIRP (NTAPI IO_CSQ_PEEK_NEXT_IRP)(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext);
typedef VOID (NTAPI IO_CSQ_ACQUIRE_LOCK)(PIO_CSQ Csq, PKIRQL Irql);
typedef VOID (NTAPI IO_CSQ_RELEASE_LOCK)(PIO_CSQ Csq, KIRQL Irql);
typedef VOID (NTAPI IO_CSQ_COMPLETE_CANCELED_IRP)(PIO_CSQ Csq, PIRP Irp);

/* 64-bit registers: inlines in the kits too. */
FORCEINLINE ULONG64 READ_REGISTER_ULONG64(volatile ULONG64 *Register) { return *Register; }
FORCEINLINE VOID WRITE_REGISTER_ULONG64(volatile ULONG64 *Register, ULONG64 Value)
{
    *Register = Value;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
FORCEINLINE VOID READ_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer, ULONG Count)
{
    while (Count-- != 0)
        *Buffer++ = *Register++;
}
FORCEINLINE VOID WRITE_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer, ULONG Count)
{
    while (Count-- != 0)
        *Register++ = *Buffer++;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* mingw's read from the buffer and write to the device. */
#define READ_REGISTER_BUFFER_UCHAR DdkReadRegisterBufferUchar
#define READ_REGISTER_BUFFER_USHORT DdkReadRegisterBufferUshort
#define READ_REGISTER_BUFFER_ULONG DdkReadRegisterBufferUlong
FORCEINLINE VOID DdkReadRegisterBufferUchar(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count)
{
    __movsb(Buffer, (const UCHAR *)Register, Count);
}
FORCEINLINE VOID DdkReadRegisterBufferUshort(volatile USHORT *Register, PUSHORT Buffer, ULONG Count)
{
    __movsw(Buffer, (const USHORT *)Register, Count);
}
FORCEINLINE VOID DdkReadRegisterBufferUlong(volatile ULONG *Register, PULONG Buffer, ULONG Count)
{
    __movsd((unsigned long *)Buffer, (const unsigned long *)Register, Count);
}

NTKERNELAPI NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
NTKERNELAPI BOOLEAN FASTCALL ObReferenceObjectSafe(PVOID Object);

typedef enum _DRIVER_REGKEY_TYPE {
    DriverRegKeyParameters,
    DriverRegKeyPersistentState,
    DriverRegKeySharedPersistentState
} DRIVER_REGKEY_TYPE, *PDRIVER_REGKEY_TYPE;
NTKERNELAPI NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                                   ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey);

typedef enum _DRIVER_DIRECTORY_TYPE {
    DriverDirectoryImage,
    DriverDirectoryData,
    DriverDirectorySharedData
} DRIVER_DIRECTORY_TYPE, *PDRIVER_DIRECTORY_TYPE;
NTKERNELAPI NTSTATUS NTAPI IoGetDriverDirectory(PDRIVER_OBJECT DriverObject, DRIVER_DIRECTORY_TYPE DirectoryType,
                                                ULONG Flags, PHANDLE DriverDirectoryHandle);
typedef enum _DEVICE_DIRECTORY_TYPE { DeviceDirectoryData } DEVICE_DIRECTORY_TYPE, *PDEVICE_DIRECTORY_TYPE;
NTKERNELAPI NTSTATUS NTAPI IoGetDeviceDirectory(PDEVICE_OBJECT PhysicalDeviceObject,
                                                DEVICE_DIRECTORY_TYPE DirectoryType, ULONG Flags, PVOID Reserved,
                                                PHANDLE DeviceDirectoryHandle);

NTKERNELAPI NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                                            const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                            DEVPROPTYPE Type, ULONG Size, PVOID Data);
NTKERNELAPI NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                                            const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                            ULONG Size, PVOID Data, PULONG RequiredSize,
                                                            PDEVPROPTYPE Type);

NTKERNELAPI PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota);
NTKERNELAPI NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess,
                                                POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                                PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                                                PVOID StartContext);
NTKERNELAPI NTSTATUS NTAPI IoSetActivityIdIrp(PIRP Irp, LPCGUID Guid);
NTKERNELAPI NTSTATUS NTAPI IoGetActivityIdIrp(PIRP Irp, LPGUID Guid);
NTKERNELAPI LPCGUID NTAPI IoSetActivityIdThread(LPCGUID ActivityId);
NTKERNELAPI LPCGUID NTAPI IoGetActivityIdThread(VOID);
NTKERNELAPI VOID NTAPI IoClearActivityIdThread(LPCGUID OriginalId);
NTKERNELAPI NTSTATUS NTAPI IoPropagateActivityIdToThread(PIRP Irp, LPGUID PropagatedId, LPCGUID *OriginalId);
NTKERNELAPI VOID NTAPI IoTransferActivityId(LPCGUID ActivityId, LPCGUID RelatedActivityId);
NTKERNELAPI PEPROCESS NTAPI IoGetInitiatorProcess(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS NTAPI IoIncrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI IoDecrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI IoIsValidIrpStatus(NTSTATUS Status);
typedef struct _IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
    ULONG Version;
    union {
        PVOID Generic;
        PKINTERRUPT InterruptObject;
        PIO_INTERRUPT_MESSAGE_INFO InterruptMessageTable;
    } ConnectionContext;
} IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS, *PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS;
NTKERNELAPI VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters);
NTKERNELAPI VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters);

#ifndef IRP_MN_DEVICE_ENUMERATED
#define IRP_MN_DEVICE_ENUMERATED 0x19
#endif
#ifndef FILE_DEVICE_SECURE_OPEN
#define FILE_DEVICE_SECURE_OPEN 0x00000100
#endif
#ifndef DO_FORCE_NEITHER_IO
#define DO_FORCE_NEITHER_IO 0x00080000
#endif
#ifndef DEVICE_DESCRIPTION_VERSION3
#define DEVICE_DESCRIPTION_VERSION3 3
#endif

/* DMA, version 3. */
#define DMA_ADAPTER_INFO_VERSION1 1
#define DMA_TRANSFER_INFO_VERSION1 1
#define DMA_TRANSFER_INFO_VERSION2 2
#define DMA_TRANSFER_CONTEXT_VERSION1 1
#define DMA_TRANSFER_CONTEXT_SIZE_V1 128
#define DMA_SYNCHRONOUS_CALLBACK 0x1
typedef struct _DMA_ADAPTER_INFO_V1 {
    ULONG ReadDmaCounterAvailable;
    ULONG ScatterGatherLimit;
    ULONG DmaAddressWidth;
    ULONG Flags;
    ULONG MinimumTransferUnit;
} DMA_ADAPTER_INFO_V1, *PDMA_ADAPTER_INFO_V1;
typedef struct _DMA_ADAPTER_INFO {
    ULONG Version;
    __extension__ union {
        DMA_ADAPTER_INFO_V1 V1;
    };
} DMA_ADAPTER_INFO, *PDMA_ADAPTER_INFO;
typedef struct _DMA_TRANSFER_INFO_V1 {
    ULONG MapRegisterCount;
    ULONG ScatterGatherElementCount;
    ULONG ScatterGatherListSize;
} DMA_TRANSFER_INFO_V1, *PDMA_TRANSFER_INFO_V1;
typedef struct _DMA_TRANSFER_INFO_V2 {
    ULONG MapRegisterCount;
    ULONG ScatterGatherElementCount;
    ULONG ScatterGatherListSize;
    ULONG LogicalPageCount;
} DMA_TRANSFER_INFO_V2, *PDMA_TRANSFER_INFO_V2;
typedef struct _DMA_TRANSFER_INFO {
    ULONG Version;
    __extension__ union {
        DMA_TRANSFER_INFO_V1 V1;
        DMA_TRANSFER_INFO_V2 V2;
    };
} DMA_TRANSFER_INFO, *PDMA_TRANSFER_INFO;

/* Plug and Play. */
NTKERNELAPI NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject,
                                                                  DEVICE_RELATION_TYPE Type);

/* Registry callbacks' object names. */
NTKERNELAPI NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                                      PCUNICODE_STRING *ObjectName, ULONG Flags);
NTKERNELAPI VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName);

#ifdef __cplusplus
}
#endif
