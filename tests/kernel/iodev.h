/* A device of the test's own that other threads and handles can talk to, and what its dispatch routine saw. */
#pragma once

#include "tap.h"

static PDEVICE_OBJECT Device;
static const UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\DrydockTest");
static struct {
    ULONG Creates, Cleanups, Closes;
} Seen TAP_UNUSED;

static TAP_UNUSED NTSTATUS complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static TAP_UNUSED NTSTATUS NTAPI dispatch_open(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction) {
    case IRP_MJ_CREATE: Seen.Creates++; break;
    case IRP_MJ_CLEANUP: Seen.Cleanups++; break;
    case IRP_MJ_CLOSE: Seen.Closes++; break;
    }
    return complete(Irp, STATUS_SUCCESS, 0);
}

/* Makes Device with the given transfer flag; opens and closes succeed. */
static TAP_UNUSED NTSTATUS make_device(PDRIVER_OBJECT Driver, ULONG Flags)
{
    NTSTATUS Status = IoCreateDevice(Driver, 0, (PUNICODE_STRING)&DeviceName, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Driver->MajorFunction[IRP_MJ_CREATE] = dispatch_open;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = dispatch_open;
    Driver->MajorFunction[IRP_MJ_CLOSE] = dispatch_open;
    Device->Flags |= Flags;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return Status;
}

static TAP_UNUSED NTSTATUS open_device(PHANDLE Handle, ULONG Options)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)&DeviceName, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                               NULL, NULL);
    return ZwCreateFile(Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, Options, NULL, 0);
}
