/*
 * Holds on to what belongs to a process in every way there is: requests that wait, waits in the
 * kernel, locked pages, mappings. All of it goes when its file is cleaned up; what is meant to
 * leak does not.
 */
#include <ntifs.h>

#include "holds.h"

#define HOLDS_TAG 'dloH'
#define HOLDS_PAGES 16
#define HOLDS_LIMIT 64

typedef struct _HOLD { /* of a file: a locked page, or pages of ours mapped to the process */
    PMDL Mdl;
    PVOID Mapping; /* NULL: the MDL is locked */
} HOLD;

typedef struct _HELD { /* FsContext */
    FAST_MUTEX Lock;
    ULONG Count;
    HOLD Hold[HOLDS_LIMIT];
} HELD;

typedef struct _LATE { /* a request that a timer completes */
    KTIMER Timer;
    KDPC Dpc;
    PIRP Irp;
} LATE;

static LIST_ENTRY Pending;
static KSPIN_LOCK PendingLock;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- requests that wait ---- */

static VOID NTAPI Cancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&PendingLock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&PendingLock, OldIrql);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Pend(PIRP Irp)
{
    BOOLEAN Cancelled = FALSE;
    KIRQL OldIrql;

    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&PendingLock, &OldIrql);
    InsertTailList(&Pending, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, Cancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        Cancelled = TRUE;
    }
    KeReleaseSpinLock(&PendingLock, OldIrql);
    if (Cancelled)
        Complete(Irp, STATUS_CANCELLED, 0);
    return STATUS_PENDING;
}

static VOID NTAPI LateDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    LATE *Late = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Complete(Late->Irp, STATUS_SUCCESS, 0);
    ExFreePoolWithTag(Late, HOLDS_TAG);
}

static NTSTATUS CompleteLate(PIRP Irp)
{
    LARGE_INTEGER Due = {.QuadPart = -200000};
    LATE *Late = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Late), HOLDS_TAG);

    if (Late == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoMarkIrpPending(Irp);
    Late->Irp = Irp;
    KeInitializeTimer(&Late->Timer);
    KeInitializeDpc(&Late->Dpc, LateDpc, Late);
    KeSetTimer(&Late->Timer, Due, &Late->Dpc);
    return STATUS_PENDING;
}

static NTSTATUS Wait(PIRP Irp, KPROCESSOR_MODE Mode, BOOLEAN ForEver)
{
    LARGE_INTEGER Timeout = {.QuadPart = -50000};
    KEVENT Never;
    NTSTATUS Status;

    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    Status = KeWaitForSingleObject(&Never, UserRequest, Mode, FALSE, ForEver ? NULL : &Timeout);
    return Complete(Irp, Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status, 0);
}

/* ---- memory ---- */

/* With the file's lock. */
static VOID Keep(HELD *Held, PMDL Mdl, PVOID Mapping)
{
    Held->Hold[Held->Count++] = (HOLD){Mdl, Mapping};
}

static NTSTATUS LockPage(HELD *Held, PVOID Address, BOOLEAN Leak)
{
    PMDL Mdl = IoAllocateMdl(Address, PAGE_SIZE, FALSE, FALSE, NULL);

    if (Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(Mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(Mdl);
        return GetExceptionCode();
    }
    if (!Leak)
        Keep(Held, Mdl, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS MapPages(HELD *Held, PVOID *Address, BOOLEAN Leak)
{
    PHYSICAL_ADDRESS Low = {.QuadPart = 0}, High = {.QuadPart = -1}, Skip = {.QuadPart = 0};
    PMDL Mdl = MmAllocatePagesForMdlEx(Low, High, Skip, HOLDS_PAGES * PAGE_SIZE, MmCached,
                                       MM_ALLOCATE_FULLY_REQUIRED);

    if (Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        *Address =
            MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        MmFreePagesFromMdl(Mdl);
        ExFreePool(Mdl);
        return GetExceptionCode();
    }
    if (!Leak) {
        Keep(Held, Mdl, *Address);
    } else { /* the pages live on in the mapping */
        MmFreePagesFromMdl(Mdl);
        ExFreePool(Mdl);
    }
    return STATUS_SUCCESS;
}

static VOID LetGo(HOLD *Hold)
{
    if (Hold->Mapping != NULL) {
        MmUnmapLockedPages(Hold->Mapping, Hold->Mdl);
        MmFreePagesFromMdl(Hold->Mdl);
        ExFreePool(Hold->Mdl);
    } else {
        MmUnlockPages(Hold->Mdl);
        IoFreeMdl(Hold->Mdl);
    }
}

/* ---- a look from a system thread ---- */

static VOID NTAPI ReadAlien(PVOID Context)
{
    PVOID *Address = Context;
    volatile UCHAR Byte = 0;

    __try {
        Byte = *(volatile UCHAR *)*Address;
        DbgPrint("holds: a worker reads %u\n", Byte);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("holds: a worker cannot read, 0x%X\n", GetExceptionCode());
    }
    *Address = NULL;
}

static NTSTATUS ReadInSystem(PVOID Address)
{
    HANDLE Handle;
    PVOID Thread, Context = Address;
    NTSTATUS Status =
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ReadAlien, &Context);

    if (!NT_SUCCESS(Status))
        return Status;
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    ZwClose(Handle);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    return STATUS_SUCCESS;
}

/* ---- dispatch ---- */

static NTSTATUS Hold(HELD *Held, PIRP Irp, ULONG Code)
{
    PVOID *Address = Irp->AssociatedIrp.SystemBuffer;
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    ExAcquireFastMutex(&Held->Lock);
    if (Held->Count == HOLDS_LIMIT)
        Status = STATUS_TOO_MANY_NAMES;
    else if (Code == HOLDS_LOCK || Code == HOLDS_LEAK_LOCK)
        Status = LockPage(Held, *Address, Code == HOLDS_LEAK_LOCK);
    else {
        Status = MapPages(Held, Address, Code == HOLDS_LEAK_MAP);
        Information = sizeof(PVOID);
    }
    ExReleaseFastMutex(&Held->Lock);
    return Complete(Irp, Status, NT_SUCCESS(Status) ? Information : 0);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;

    UNREFERENCED_PARAMETER(Device);
    switch (Code) {
    case HOLDS_PEND: return Pend(Irp);
    case HOLDS_LATE: return CompleteLate(Irp);
    case HOLDS_WAIT: return Wait(Irp, KernelMode, FALSE);
    case HOLDS_SLEEP: return Wait(Irp, UserMode, TRUE);
    }
    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(PVOID) ||
        Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(PVOID))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    if (Code == HOLDS_READ_ALIEN)
        return Complete(Irp, ReadInSystem(*(PVOID *)Irp->AssociatedIrp.SystemBuffer), 0);
    return Hold(Stack->FileObject->FsContext, Irp, Code);
}

static NTSTATUS NTAPI Create(PDEVICE_OBJECT Device, PIRP Irp)
{
    HELD *Held = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Held), HOLDS_TAG);

    UNREFERENCED_PARAMETER(Device);
    if (Held == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    ExInitializeFastMutex(&Held->Lock);
    Held->Count = 0;
    IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext = Held;
    return Complete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

/* In the process whose file it is: mappings are there, locked pages are let go before it ends. */
static NTSTATUS NTAPI Cleanup(PDEVICE_OBJECT Device, PIRP Irp)
{
    HELD *Held = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    UNREFERENCED_PARAMETER(Device);
    while (Held->Count != 0)
        LetGo(&Held->Hold[--Held->Count]);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Close(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    ExFreePoolWithTag(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext, HOLDS_TAG);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Holds");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Holds");

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    DbgPrint("holds: %s\n", IsListEmpty(&Pending) ? "nothing is held" : "requests are held");
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    InitializeListHead(&Pending);
    KeInitializeSpinLock(&PendingLock);
    Driver->MajorFunction[IRP_MJ_CREATE] = Create;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = Close;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    Status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Device);
    return Status;
}
