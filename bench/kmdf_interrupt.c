/*
 * What interrupt_bench.c does as a WDM driver, as a KMDF one: each read arms the timer device (MSI)
 * and is forwarded to a queue; EvtInterruptIsr stamps, EvtInterruptDpc completes it. Needs
 * `--device timer,msi=1` and the real clock.
 */
#include <ntddk.h>
#include <wdf.h>

#include "../devices/timer/timer_registers.h"

typedef struct _BENCH {
    PUCHAR Registers;
    WDFQUEUE Waiting;
    LARGE_INTEGER Stamp;
} BENCH;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BENCH, GetBench)

DRIVER_INITIALIZE DriverEntry;

static VOID Set(BENCH *Bench, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Bench->Registers + Offset), Value);
}

static EVT_WDF_INTERRUPT_ISR EvtIsr;
static BOOLEAN NTAPI EvtIsr(WDFINTERRUPT Interrupt, ULONG Message)
{
    BENCH *Bench = GetBench(WdfInterruptGetDevice(Interrupt));

    UNREFERENCED_PARAMETER(Message);
    Bench->Stamp = KeQueryPerformanceCounter(NULL);
    WdfInterruptQueueDpcForIsr(Interrupt);
    return TRUE;
}

static EVT_WDF_INTERRUPT_DPC EvtDpc;
static VOID NTAPI EvtDpc(WDFINTERRUPT Interrupt, WDFOBJECT Associated)
{
    BENCH *Bench = GetBench(Associated);
    PLARGE_INTEGER Buffer;
    WDFREQUEST Request;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Interrupt);
    if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Bench->Waiting, &Request)))
        return;
    Status = WdfRequestRetrieveOutputBuffer(Request, sizeof(*Buffer), (PVOID *)&Buffer, NULL);
    if (NT_SUCCESS(Status))
        *Buffer = Bench->Stamp;
    WdfRequestCompleteWithInformation(Request, Status, sizeof(*Buffer));
}

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID NTAPI EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    BENCH *Bench = GetBench(WdfIoQueueGetDevice(Queue));
    NTSTATUS Status = WdfRequestForwardToIoQueue(Request, Bench->Waiting);

    UNREFERENCED_PARAMETER(Length);
    if (!NT_SUCCESS(Status)) {
        WdfRequestComplete(Request, Status);
        return;
    }
    Set(Bench, TIMER_CONTROL,
        TIMER_CONTROL_ENABLE | TIMER_CONTROL_INTERRUPT | TIMER_CONTROL_ONE_SHOT);
}

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    BENCH *Bench = GetBench(Device);

    UNREFERENCED_PARAMETER(Raw);
    for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR D = WdfCmResourceListGetDescriptor(Translated, i);

        if (D->Type == CmResourceTypeMemory)
            Bench->Registers = MmMapIoSpace(D->u.Memory.Start, 4096, MmNonCached);
    }
    if (Bench->Registers == NULL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    Set(Bench, TIMER_PERIOD_US, 1);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Translated);
    if (GetBench(Device)->Registers != NULL)
        MmUnmapIoSpace(GetBench(Device)->Registers, 4096);
    return STATUS_SUCCESS;
}

static NTSTATUS MakeObjects(WDFDEVICE Device)
{
    DECLARE_CONST_UNICODE_STRING(Link, L"\\DosDevices\\InterruptBench");
    WDF_INTERRUPT_CONFIG Interrupt;
    WDF_IO_QUEUE_CONFIG Config;
    WDFINTERRUPT Unused;
    NTSTATUS Status;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoRead = EvtRead;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    Status =
        WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &GetBench(Device)->Waiting);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_INTERRUPT_CONFIG_INIT(&Interrupt, EvtIsr, EvtDpc);
    Status = WdfInterruptCreate(Device, &Interrupt, WDF_NO_OBJECT_ATTRIBUTES, &Unused);
    return NT_SUCCESS(Status) ? WdfDeviceCreateSymbolicLink(Device, &Link) : Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\InterruptBench");
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    Status = WdfDeviceInitAssignName(Init, &Name);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, BENCH);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    return NT_SUCCESS(Status) ? MakeObjects(Device) : Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;

    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config,
                           WDF_NO_HANDLE);
}
