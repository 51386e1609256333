/*
 * Private to the I/O manager and to pnp and po: layouts that drivers do not see, and routines
 * shared by its sources.
 */
#pragma once

#include "io.h"
#include "../ex/ex.h"
#include "../ldr/ldr.h"
#include "../mm/mm.h"
#include "../ob/ob.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"
#include "../se/se.h"


/* Bug checks that mingw's bugcodes.h lacks. [bugchecks.tsv] */
#ifndef DRIVER_VERIFIER_DETECTED_VIOLATION
#define DRIVER_VERIFIER_DETECTED_VIOLATION ((ULONG)0xC4)
#endif
#ifndef DRIVER_VERIFIER_IOMANAGER_VIOLATION
#define DRIVER_VERIFIER_IOMANAGER_VIOLATION ((ULONG)0xC9)
#endif
#ifndef DRIVER_POWER_STATE_FAILURE
#define DRIVER_POWER_STATE_FAILURE ((ULONG)0x9F)
#endif
#ifndef DRIVER_RETURNED_HOLDING_CANCEL_LOCK
#define DRIVER_RETURNED_HOLDING_CANCEL_LOCK ((ULONG)0x11B)
#endif

#define IOP_TAG_IRP ' prI'
#define IOP_TAG_BUFFER 'BsoI'
#define IOP_TAG_DRIVER 'vDoI'
#define IOP_TAG_FILE 'iFoI'
#define IOP_TAG_GENERAL '  oI'

/* sizeof(DEVICE_OBJECT) in images built with the WDK; the extension starts right behind it.
 * [nt_structs.tsv] */
#define IOP_DEVICE_OBJECT_BYTES 0x150

/* NT's DEVOBJ_EXTENSION, whose public part ends at DeviceObject. */
typedef struct _IOP_DEVOBJ_EXTENSION {
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG PowerFlags;
    PVOID Dope;
    ULONG ExtensionFlags;      /* IOP_DOE_* */
    PVOID DeviceNode;          /* PNP_NODE of a physical device object; set once by pnp */
    PDEVICE_OBJECT AttachedTo; /* the device below; DISPATCH_LEVEL */
    LONG StartIoCount, StartIoKey;
    ULONG StartIoFlags;        /* IOP_STARTIO_* */
    PVPB Vpb;
    PVOID DependencyNode;
    PVOID InterruptContext;
    LONG InterruptCount;
    PVOID VerifierContext;
    /* ours */
    UCHAR SystemPowerState, DevicePowerState; /* last PoSetPowerState */
    UCHAR CurrentDevicePower; /* of a physical device: its stack's last successful request; 0: none
                                 yet */
    PVOID IdleDetection;      /* of PoRegisterDeviceForIdleDetection; po */
    PVOID PowerRequest; /* of a physical device: the device power request that its stack works on;
                           po */
    PVOID PowerQueue;         /* those that wait for it; po */
    PVOID SystemPowerRequest; /* po */
} IOP_DEVOBJ_EXTENSION;
DD_STATIC_ASSERT_OFFSET(IOP_DEVOBJ_EXTENSION, AttachedTo, 0x30);
DD_STATIC_ASSERT_OFFSET(IOP_DEVOBJ_EXTENSION, VerifierContext, 0x68);
#define IopDeviceExt(Device) ((IOP_DEVOBJ_EXTENSION *)(Device)->DeviceObjectExtension)

#define IOP_DOE_UNLOAD_PENDING 0x1
#define IOP_DOE_DELETE_PENDING 0x2
#define IOP_DOE_REMOVE_PENDING 0x4
#define IOP_DOE_REMOVE_PROCESSED 0x8
#define IOP_DOE_EXCLUSIVE_OPEN 0x100 /* ours: the one handle of an exclusive device exists */
#define IOP_DOE_GONE 0x200 /* ours: taken off the driver's list, waiting for its last reference */

#define IOP_STARTIO_DEFER 1
#define IOP_STARTIO_NO_CANCEL 2
#define IOP_STARTIO_ACTIVE 4         /* ours: StartIo is running with deferral on */

typedef struct _IOP_CLIENT_EXTENSION {
    struct _IOP_CLIENT_EXTENSION *Next;
    PVOID ClientIdentificationAddress;
} IOP_CLIENT_EXTENSION; /* the driver's bytes follow */

/* Follows the DRIVER_OBJECT in one allocation. The public DRIVER_EXTENSION comes first. */
typedef struct _IOP_DRIVER_EXTENSION {
    DRIVER_EXTENSION Public;
    IOP_CLIENT_EXTENSION *ClientDriverExtension; /* 0x28; DISPATCH_LEVEL */
    PVOID FsFilterCallbacks;
    PVOID KseCallbacks, DvCallbacks, VerifierContext;
    /* ours */
    LIST_ENTRY Reinit;      /* of IOP_REINIT, in order of registration */
    PLDR_MODULE Module;
    ULONG DevicesCreated, DevicesDeleted;
    BOOLEAN Unloading;
    ULONG PnpDevices;       /* devices whose stack the driver is in; tree lock of pnp */
    BOOLEAN LoadedForDevice; /* by pnp: it goes with its last device */
} IOP_DRIVER_EXTENSION;
DD_STATIC_ASSERT_OFFSET(IOP_DRIVER_EXTENSION, ClientDriverExtension, 0x28);
#define IopDriverExt(Driver) ((IOP_DRIVER_EXTENSION *)(Driver)->DriverExtension)

/* Parse context of the device type: what NtCreateFile asked for and got. */
typedef struct _IOP_OPEN_PACKET {
    CSHORT Type; /* IO_TYPE_OPEN_PACKET */
    USHORT Size;
    PFILE_OBJECT FileObject;        /* result */
    NTSTATUS FinalStatus;
    ULONG_PTR Information;
    BOOLEAN ParseCheck;             /* the device parse routine ran */
    PFILE_OBJECT RelatedFileObject;
    LARGE_INTEGER AllocationSize;
    ULONG CreateOptions;
    USHORT FileAttributes, ShareAccess;
    PVOID EaBuffer;                 /* system memory or NULL */
    ULONG EaLength;
    ULONG Options;                  /* IO_* flags of IoCreateFile */
    ULONG Disposition;
    CREATE_FILE_TYPE CreateFileType;
    PVOID ExtraCreateParameters;    /* of a pipe or a mailslot */
    PECP_LIST EcpList;              /* or NULL */
    PDEVICE_OBJECT TopDeviceObjectHint;
} IOP_OPEN_PACKET;

#ifndef IO_COMPLETION_MODIFY_STATE
#define IO_COMPLETION_MODIFY_STATE 0x0002
#define IO_COMPLETION_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x3)
#endif

extern POBJECT_TYPE IopDriverType, IopDeviceType, IopFileType, IopControllerType, IopAdapterType,
    IopCompletionType;

/* ---- irp.c ---- */
PIRP IopAllocateIrp(CCHAR StackSize);
/* Never fails: falls back on a reserve, and waits for it. PASSIVE_LEVEL. For requests that cannot
 * be left out. */
PIRP IopAllocateIrpForSure(CCHAR StackSize);
NTSTATUS IopInitIrps(VOID); /* fills the reserve */
/* Gives Irp a nonpaged system buffer, not zeroed; FALSE when out of memory. A plain pool block:
 * drivers may free it. */
BOOLEAN IopAllocateSystemBuffer(PIRP Irp, SIZE_T Bytes);
VOID IopFreeSystemBuffer(PIRP Irp);
DECLSPEC_NORETURN VOID IopBugCheckIrp(ULONG Code, PIRP Irp, ULONG_PTR P2, ULONG_PTR P3,
                                      ULONG_PTR P4, const char *What);
/* Puts an IRP on the current thread's list; IopDequeueThreadIrp undoes it. */
VOID IopQueueThreadIrp(PIRP Irp);
VOID IopDequeueThreadIrp(PIRP Irp);

/* ---- complete.c ---- */
/* Second half of completion, in the issuing thread at APC_LEVEL or below: copies back, signals,
 * frees the IRP. */
VOID IopFinishIrp(PIRP Irp, PFILE_OBJECT File);
/*
 * Sends a request that the caller built for File, waits if it is synchronous, and gives the status
 * of the service. Consumes Irp and the reference to File; releases the file lock when Synchronous.
 */
NTSTATUS IopSendFileIrp(PDEVICE_OBJECT Device, PIRP Irp, PFILE_OBJECT File, BOOLEAN Synchronous);
/* Sends a kernel request with no file bookkeeping and waits for it; IRP is freed. */
NTSTATUS IopSendKernelIrp(PDEVICE_OBJECT Device, PIRP Irp, PIO_STATUS_BLOCK Iosb);

/* ---- file.c ---- */
NTSTATUS IopParseDevice(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                        KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                        PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);
NTSTATUS IopParseFile(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                      KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                      PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);
VOID IopCloseFile(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandles,
                  ULONG_PTR SystemHandles);
VOID IopDeleteFile(PVOID Object);
/*
 * NtCreateFile and IoCreateFile. Options: IO_*; Mode is the caller's. A system buffer for extended
 * attributes is copied from EaBuffer.
 */
NTSTATUS IopCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                       POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                       PLARGE_INTEGER AllocationSize, IOP_OPEN_PACKET *Packet, PVOID EaBuffer,
                       KPROCESSOR_MODE Mode);
/* As above for a service that opens, asks and closes: the handle stays in the kernel. */
NTSTATUS IopOpenForService(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES ObjectAttributes,
                           PIO_STATUS_BLOCK Iosb, IOP_OPEN_PACKET *Packet);
/* The lock of a file opened for synchronous I/O. Not STATUS_SUCCESS: an alert or APC ended an
 * alertable wait. */
NTSTATUS IopAcquireFileLock(PFILE_OBJECT File);
VOID IopReleaseFileLock(PFILE_OBJECT File);

/* ---- request.c: what each file service does before and after its own part ---- */
typedef struct _IOP_REQUEST {
    PFILE_OBJECT File;       /* referenced */
    PDEVICE_OBJECT Device;   /* top of the stack */
    PKEVENT Event;           /* referenced, or NULL */
    PIO_STATUS_BLOCK Iosb;
    PIO_APC_ROUTINE Apc;
    PVOID ApcContext;
    ACCESS_MASK Granted;
    BOOLEAN AppendOnly; /* the handle may append, not write: whoever uses it */
    KPROCESSOR_MODE Mode;
    BOOLEAN Synchronous;     /* the file lock is held */
    PIRP Irp;
    PIO_STACK_LOCATION Stack; /* of Irp: the next one */
} IOP_REQUEST;
/*
 * Checks the handle for one of the rights in Access (0: none needed) and the status block,
 * references file and event, and takes the file lock. Fails with nothing held.
 */
NTSTATUS IopBeginRequest(IOP_REQUEST *Request, HANDLE FileHandle, ACCESS_MASK Access, HANDLE Event,
                         PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb);
/* As above for services that are always synchronous: no event, no APC. */
NTSTATUS IopBeginSynchronous(IOP_REQUEST *Request, HANDLE FileHandle, ACCESS_MASK Access,
                             PIO_STATUS_BLOCK Iosb);
NTSTATUS IopMakeRequestIrp(IOP_REQUEST *Request, ULONG Major, ULONG Minor);
VOID IopAbandonRequest(IOP_REQUEST *Request); /* undoes Begin and MakeRequestIrp */
NTSTATUS IopSendRequest(IOP_REQUEST *Request); /* consumes it */
/* Sends, and waits also when the file is asynchronous; the result goes to the status block. */
NTSTATUS IopSendRequestAndWait(IOP_REQUEST *Request);
/* A user range is user memory and may be read or written. Raises. Kernel callers are trusted. */
VOID IopProbe(const IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN Write);
/* Buffers for a transfer between the caller and the device, by the device's flags. Raises; FALSE:
 * out of memory. */
BOOLEAN IopAttachBuffer(IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN ToCaller);
/* A system buffer of Length bytes that comes back to Buffer. FALSE: out of memory. */
BOOLEAN IopAttachSystemBuffer(IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN ToCaller);

/* ---- security.c ---- */
NTSTATUS IopSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                           PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                           PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                           POOL_TYPE PoolType, PGENERIC_MAPPING Mapping);
NTSTATUS IopQueryFileName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info,
                          ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);
/* SDDL of a device without one of its own: by type and characteristics. */
NTSTATUS IopSetDefaultDeviceSecurity(PDEVICE_OBJECT Device);

/* ---- device.c ---- */
VOID IopDeleteDeviceObject(PVOID Object); /* the device type's delete method */
VOID IopDereferenceDeviceHandle(
    PDEVICE_OBJECT Device); /* drops ReferenceCount; deletes a pending device */

/* ---- driver.c ---- */
VOID IopDeleteDriver(PVOID Object);
/* A driver's routine returned: 0xC8 or 0x1 unless IRQL and APCs are as they were [doc: bug checks].
 */
VOID IopCheckReturn(PVOID Routine, const char *What, ULONG ApcDisable);
/* To be freed with IOP_TAG_DRIVER; NULL: the value is not there, or there is no memory. */
PKEY_VALUE_PARTIAL_INFORMATION IopQueryValue(HANDLE Key, PCWSTR ValueName);

/* ---- reinit.c ---- */
extern BOOLEAN IopDelaysReinit; /* the drivers that start with the machine are not all there yet */
/* Calls what the driver has registered, for the boot phase or else. PASSIVE_LEVEL, System process.
 */
VOID IopRunReinit(PDRIVER_OBJECT Driver, BOOLEAN Boot);
VOID IopFreeReinit(PDRIVER_OBJECT Driver);

/* Goes on with an unload that waited for the devices of Driver. PASSIVE_LEVEL. */
VOID IopTryDeferredUnload(PDRIVER_OBJECT Driver);
NTSTATUS IopInvalidDeviceRequest(PDEVICE_OBJECT Device, PIRP Irp);
/* Makes a driver object that no image file stands behind (the kernel's own drivers); Init runs as
 * DriverEntry. */
NTSTATUS IopCreateBuiltinDriver(PCWSTR Name, PDRIVER_INITIALIZE Init, PDRIVER_OBJECT *Driver);

/* ---- iocompletion.c ---- */
NTSTATUS IopInitCompletionType(VOID);
/* Queues a request that has ended as its own packet, which cannot fail; the IRP is freed when it is
 * taken out. */
VOID IopPostIrp(PVOID Port, PVOID Key, PIRP Irp);
/* Posts a packet; FALSE when out of memory. */
BOOLEAN IopPostCompletion(PVOID Port, PVOID Key, PVOID ApcContext, NTSTATUS Status,
                          ULONG_PTR Information);

/* ---- volume (volume*.c): the file system of C: ---- */
NTSTATUS IopInitVolume(VOID);

/* ---- shutdown.c ---- */
VOID IopForgetShutdown(PDEVICE_OBJECT Device);

/* ---- iotimer.c ---- */
VOID IopDeleteTimer(PDEVICE_OBJECT Device);

/* ---- pnp ---- */
NTSTATUS PnpInitSystem(VOID);

/* The caller's mode; KernelMode for Zw callers. */
#define IopPreviousMode() ((KPROCESSOR_MODE)KiGetPrcb()->CurrentThread->PreviousMode)

/* ---- minor.c ---- */
/* A PnP, power or WMI request is about to reach Device, which its stack location does not name yet.
 * Any IRQL. */
VOID IopCountMinor(PDEVICE_OBJECT Device, PIRP Irp);
