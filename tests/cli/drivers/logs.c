/* Logs errors: about its device with two strings and data, about itself, at DISPATCH_LEVEL. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
}

static VOID Log(PVOID Object, NTSTATUS Code, PCWSTR First, PCWSTR Second, USHORT DumpBytes)
{
    ULONG FirstBytes = (ULONG)(wcslen(First) + 1) * sizeof(WCHAR),
          SecondBytes = (ULONG)(wcslen(Second) + 1) * sizeof(WCHAR);
    ULONG Offset = sizeof(IO_ERROR_LOG_PACKET) + DumpBytes;
    PIO_ERROR_LOG_PACKET Packet =
        IoAllocateErrorLogEntry(Object, (UCHAR)(Offset + FirstBytes + SecondBytes));

    if (Packet == NULL)
        return;
    Packet->ErrorCode = Code;
    Packet->MajorFunctionCode = IRP_MJ_READ;
    Packet->UniqueErrorValue = 0x1234;
    Packet->FinalStatus = STATUS_DEVICE_NOT_READY;
    Packet->DumpDataSize = DumpBytes;
    RtlFillMemory(Packet->DumpData, DumpBytes, 0xAB);
    Packet->NumberOfStrings = 2;
    Packet->StringOffset = (USHORT)Offset;
    RtlCopyMemory((PUCHAR)Packet + Offset, First, FirstBytes);
    RtlCopyMemory((PUCHAR)Packet + Offset + FirstBytes, Second, SecondBytes);
    IoWriteErrorLogEntry(Packet);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Logs0");
    PDEVICE_OBJECT Device;
    NTSTATUS Status =
        IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    DriverObject->DriverUnload = Unload;
    Log(Device, (NTSTATUS)0xC0040009 /* IO_ERR_TIMEOUT */, L"one", L"two & <three>", 4);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Log(DriverObject, (NTSTATUS)0x80070123, L"of its own", L"", 0);
    KeLowerIrql(Irql);
    return STATUS_SUCCESS;
}
