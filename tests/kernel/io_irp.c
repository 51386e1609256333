/* IRPs of a driver's own: allocation, stack locations, completion routines, reuse, associated and built IRPs. */
#include "iodev.h"

static PDRIVER_OBJECT Me;
static PDEVICE_OBJECT Upper;
static KEVENT Event;
static struct {
    ULONG Calls;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    BOOLEAN Pending;
    PIRP Pended;
    ULONG Order[8];
} Log;

/* ---- a stack of two devices of this driver ---- */

static NTSTATUS NTAPI dispatch_internal(PDEVICE_OBJECT Target, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    if (Target == Upper) {
        IoSkipCurrentIrpStackLocation(Irp);
        return IoCallDriver(Device, Irp);
    }
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case 1: /* pend */
        IoMarkIrpPending(Irp);
        Log.Pended = Irp;
        return STATUS_PENDING;
    case 2:
        return complete(Irp, STATUS_UNSUCCESSFUL, 0);
    default:
        return complete(Irp, STATUS_SUCCESS, 7);
    }
}

static NTSTATUS NTAPI routine(PDEVICE_OBJECT Target, PIRP Irp, PVOID Context)
{
    Log.Order[Log.Calls++ % 8] = (ULONG)(ULONG_PTR)Context;
    Log.Device = Target;
    Log.Status = Irp->IoStatus.Status;
    Log.Pending = Irp->PendingReturned;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS NTAPI passing_routine(PDEVICE_OBJECT Target, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Target);
    Log.Order[Log.Calls++ % 8] = (ULONG)(ULONG_PTR)Context;
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static VOID prepare(PIRP Irp, ULONG Code)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);

    RtlZeroMemory(&Log, sizeof(Log));
    Stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    Stack->Parameters.DeviceIoControl.IoControlCode = Code;
}

static VOID test_allocate(VOID)
{
    PIRP Irp = IoAllocateIrp(3, FALSE);
    UCHAR Raw[IoSizeOfIrp(2)];
    PIRP Own = (PIRP)Raw;

    ok(Irp != NULL, "IoAllocateIrp");
    is_long(Irp->Type, 6, "type");
    is_ulong(Irp->StackCount, 3, "three locations");
    is_ulong(Irp->CurrentLocation, 4, "none is current");
    is_ptr(Irp->Tail.Overlay.CurrentStackLocation, (PIO_STACK_LOCATION)(Irp + 1) + 3, "pointer behind the last");
    is_ptr(IoGetNextIrpStackLocation(Irp), (PIO_STACK_LOCATION)(Irp + 1) + 2, "next location");
    ok(tap_all_bytes(Irp + 1, 3 * sizeof(IO_STACK_LOCATION), 0), "locations are zeroed");
    is_ptr(Irp->CancelRoutine, NULL, "no cancel routine");
    IoFreeIrp(Irp);
    RtlFillMemory(Raw, sizeof(Raw), 0xA5);
    IoInitializeIrp(Own, sizeof(Raw), 2);
    is_ulong(Own->Size, sizeof(Raw), "IoInitializeIrp: size");
    is_ulong(Own->StackCount, 2, "stack count");
    is_ulong(Own->CurrentLocation, 3, "current location");
    ok(IsListEmpty(&Own->ThreadListEntry), "on no thread's list");
}

static VOID test_completion(VOID)
{
    PIRP Irp = IoAllocateIrp(Upper->StackSize, FALSE);

    prepare(Irp, 0);
    IoSetCompletionRoutine(Irp, routine, (PVOID)1, TRUE, FALSE, FALSE);
    is_status(IoCallDriver(Upper, Irp), STATUS_SUCCESS, "completed at once");
    is_ulong(Log.Calls, 1, "routine called on success");
    is_ptr(Log.Device, NULL, "the sender has no device");
    is_bool(Log.Pending, FALSE, "not pending");
    is_ulong64(Irp->IoStatus.Information, 7, "information");
    IoReuseIrp(Irp, STATUS_NOT_SUPPORTED);
    is_status(Irp->IoStatus.Status, STATUS_NOT_SUPPORTED, "IoReuseIrp sets the status");
    is_ulong(Irp->CurrentLocation, Irp->StackCount + 1, "and rewinds the stack");
    prepare(Irp, 2);
    IoSetCompletionRoutine(Irp, routine, (PVOID)2, FALSE, TRUE, FALSE);
    is_status(IoCallDriver(Upper, Irp), STATUS_UNSUCCESSFUL, "a failing request");
    is_ulong(Log.Calls, 1, "routine called on error");
    IoReuseIrp(Irp, STATUS_SUCCESS);
    prepare(Irp, 1);
    IoSetCompletionRoutine(Irp, routine, (PVOID)3, TRUE, TRUE, TRUE);
    is_status(IoCallDriver(Upper, Irp), STATUS_PENDING, "a pending request");
    is_ulong(Log.Calls, 0, "routine not called yet");
    is_ptr(Log.Pended, Irp, "the driver holds it");
    complete(Log.Pended, STATUS_SUCCESS, 0);
    is_ulong(Log.Calls, 1, "called at completion");
    is_bool(Log.Pending, TRUE, "pending is propagated through the skipped location");
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI dispatch_copy(PDEVICE_OBJECT Target, PIRP Irp)
{
    if (Target != Upper)
        return dispatch_internal(Target, Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, passing_routine, (PVOID)1, TRUE, TRUE, TRUE);
    return IoCallDriver(Device, Irp);
}

static VOID test_order(VOID)
{
    PIRP Irp = IoAllocateIrp(Upper->StackSize, FALSE);

    Me->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = dispatch_copy;
    prepare(Irp, 0);
    IoSetCompletionRoutine(Irp, routine, (PVOID)2, TRUE, TRUE, TRUE);
    IoCallDriver(Upper, Irp);
    is_ulong(Log.Calls, 2, "two routines");
    is_ulong(Log.Order[0], 1, "the lower driver's caller first");
    is_ulong(Log.Order[1], 2, "then the sender");
    IoReuseIrp(Irp, STATUS_SUCCESS);
    prepare(Irp, 0);
    is_status(IoSetCompletionRoutineEx(Device, Irp, routine, (PVOID)9, TRUE, TRUE, TRUE), STATUS_SUCCESS,
              "IoSetCompletionRoutineEx");
    IoCallDriver(Upper, Irp);
    is_ulong(Log.Order[1], 9, "its context reaches the routine");
    IoFreeIrp(Irp);
    Me->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = dispatch_internal;
}

static VOID test_forward(VOID)
{
    PIRP Irp = IoAllocateIrp(2, FALSE);

    prepare(Irp, 0);
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Upper;
    is_bool(IoForwardIrpSynchronously(Device, Irp), TRUE, "IoForwardIrpSynchronously");
    is_status(Irp->IoStatus.Status, STATUS_SUCCESS, "its status");
    IoFreeIrp(Irp);
}

static VOID test_associated(VOID)
{
    PIRP Master = IoAllocateIrp(1, FALSE), Part[2];
    ULONG i;

    prepare(Master, 0);
    IoSetCompletionRoutine(Master, routine, (PVOID)5, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Master);
    IoGetCurrentIrpStackLocation(Master)->DeviceObject = Device;
    Master->AssociatedIrp.IrpCount = 2;
    Master->IoStatus.Status = STATUS_SUCCESS;
    for (i = 0; i < 2; i++) {
        Part[i] = IoMakeAssociatedIrp(Master, 1);
        ok(Part[i] != NULL && (Part[i]->Flags & IRP_ASSOCIATED_IRP), "associated IRP %lu", i);
        is_ptr(Part[i]->AssociatedIrp.MasterIrp, Master, "knows its master");
        IoGetNextIrpStackLocation(Part[i])->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    }
    IoCallDriver(Device, Part[0]);
    is_ulong(Log.Calls, 0, "the master waits for both");
    IoCallDriver(Device, Part[1]);
    is_ulong(Log.Calls, 1, "and is completed with the last");
    IoFreeIrp(Master);
}

static VOID test_built(VOID)
{
    IO_STATUS_BLOCK Iosb;
    UCHAR In[8] = "in", Out[8];
    LARGE_INTEGER Offset = { .QuadPart = 512 };
    PIRP Irp;
    NTSTATUS Status;

    tap_fill(&Iosb);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), Device,
                                        In, sizeof(In), Out, sizeof(Out), TRUE, &Event, &Iosb);
    ok(Irp != NULL, "IoBuildDeviceIoControlRequest");
    is_ulong(IoGetNextIrpStackLocation(Irp)->MajorFunction, IRP_MJ_INTERNAL_DEVICE_CONTROL, "internal");
    is_bytes(Irp->AssociatedIrp.SystemBuffer, In, sizeof(In), "input is copied to the system buffer");
    ok(!IsListEmpty(&Irp->ThreadListEntry), "on the thread's list");
    Status = IoCallDriver(Device, Irp);
    is_status(Status, STATUS_SUCCESS, "sent");
    is_long(KeReadStateEvent(&Event), 1, "the event is set");
    is_status(Iosb.Status, STATUS_SUCCESS, "status block");
    is_ulong64(Iosb.Information, 7, "information");
    is_bytes(Out, In, 7, "output is copied back, as many bytes as Information says");

    KeClearEvent(&Event);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, Device, In, sizeof(In), &Offset, &Event, &Iosb);
    ok(Irp != NULL, "IoBuildSynchronousFsdRequest");
    is_ulong64(IoGetNextIrpStackLocation(Irp)->Parameters.Write.ByteOffset.QuadPart, 512, "offset");
    is_ulong(IoGetNextIrpStackLocation(Irp)->Parameters.Write.Length, sizeof(In), "length");
    is_ptr(Irp->UserBuffer, In, "neither buffered nor direct: the address itself");
    IoCallDriver(Device, Irp); /* IRP_MJ_WRITE is not handled */
    Irp = IoBuildAsynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device, NULL, 0, NULL, NULL);
    ok(Irp != NULL, "IoBuildAsynchronousFsdRequest");
    is_ulong(IoGetNextIrpStackLocation(Irp)->MajorFunction, IRP_MJ_FLUSH_BUFFERS, "its major function");
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI dispatch_cancel(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
}

static VOID NTAPI cancel_routine(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    complete(Irp, STATUS_CANCELLED, 0);
}

static VOID test_cancel(VOID)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    KIRQL Irql;

    IoAcquireCancelSpinLock(&Irql);
    is_irql(DISPATCH_LEVEL, "the cancel spin lock raises IRQL");
    IoReleaseCancelSpinLock(Irql);
    Me->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = dispatch_cancel;
    prepare(Irp, 0);
    IoSetCompletionRoutine(Irp, routine, NULL, FALSE, FALSE, TRUE);
    IoCallDriver(Device, Irp);
    is_bool(IoCancelIrp(Irp), FALSE, "no cancel routine");
    is_bool(Irp->Cancel, TRUE, "the flag is set");
    Irp->Cancel = FALSE;
    IoSetCancelRoutine(Irp, cancel_routine);
    is_bool(IoCancelIrp(Irp), TRUE, "with a cancel routine");
    is_ulong(Log.Calls, 1, "the completion routine asked for cancelled requests");
    is_status(Log.Status, STATUS_CANCELLED, "status");
    is_irql(PASSIVE_LEVEL, "IRQL is as before");
    IoFreeIrp(Irp);
    Me->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = dispatch_internal;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Me = Driver;
    leak_begin();
    Driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = dispatch_internal;
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "lower device");
    is_status(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper), STATUS_SUCCESS, "upper device");
    IoAttachDeviceToDeviceStack(Upper, Device);
    test_allocate();
    test_completion();
    test_order();
    test_forward();
    test_associated();
    test_built();
    test_cancel();
    IoDetachDevice(Device);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Device);
    leak_end();
    return done();
}
