/*
 * The device itself: registers, interrupt (a message where the system gives one, else the line),
 * DMA adapter. [doc: IoConnectInterruptEx, IoGetDmaAdapter]
 */
#include "driver.h"

/* ---- interrupt ---- */

/*
 * DIRQL, with the interrupt spin lock. A device that is gone reads as ones: not ours.
 */
static BOOLEAN NTAPI EduIsr(PKINTERRUPT Interrupt, PVOID Context)
{
    EDU *Edu = Context;
    ULONG Bits = EduRead(Edu, EDU_INTERRUPT_STATUS);

    UNREFERENCED_PARAMETER(Interrupt);
    if (Bits == 0 || Bits == MAXULONG)
        return FALSE;
    EduWrite(Edu, EDU_INTERRUPT_ACKNOWLEDGE, Bits);
    Edu->IsrBits |= Bits;
    Edu->Interrupts++;
    KeInsertQueueDpc(&Edu->Dpc, NULL, NULL);
    return TRUE;
}

static BOOLEAN NTAPI EduMessageIsr(PKINTERRUPT Interrupt, PVOID Context, ULONG MessageId)
{
    UNREFERENCED_PARAMETER(MessageId);
    return EduIsr(Interrupt, Context);
}

typedef struct _EDU_TAKE {
    EDU *Edu;
    ULONG Bits;
} EDU_TAKE;

/* DIRQL: the ISR cannot come in between. */
static BOOLEAN NTAPI EduTakeSynchronized(PVOID Context)
{
    EDU_TAKE *Take = Context;

    Take->Bits = Take->Edu->IsrBits;
    Take->Edu->IsrBits = 0;
    return TRUE;
}

ULONG EduTakeBits(EDU *Edu)
{
    EDU_TAKE Take = {Edu, 0};

    KeSynchronizeExecution(Edu->Interrupt, EduTakeSynchronized, &Take);
    return Take.Bits;
}

VOID NTAPI EduDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    EDU *Edu = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    EduService(Edu, EduTakeBits(Edu));
}

static NTSTATUS EduConnect(EDU *Edu)
{
    IO_CONNECT_INTERRUPT_PARAMETERS Connect = {.Version = CONNECT_MESSAGE_BASED};
    PVOID Table = NULL;
    NTSTATUS Status;

    Connect.MessageBased.PhysicalDeviceObject = Edu->Pdo;
    Connect.MessageBased.ConnectionContext.Generic = &Table;
    Connect.MessageBased.MessageServiceRoutine = EduMessageIsr;
    Connect.MessageBased.ServiceContext = Edu;
    Connect.MessageBased.FallBackServiceRoutine = EduIsr;
    Status = IoConnectInterruptEx(&Connect);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Connect.Version == CONNECT_MESSAGE_BASED) {
        Edu->Table = Table;
        Edu->Interrupt = Edu->Table->MessageInfo[0].InterruptObject;
    } else {
        Edu->Table = NULL;
        Edu->Interrupt = Table;
    }
    Edu->Statistics.MessageBased = Edu->Table != NULL;
    return STATUS_SUCCESS;
}

static VOID EduDisconnect(EDU *Edu)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS Disconnect = {
        .Version = Edu->Table != NULL ? CONNECT_MESSAGE_BASED : CONNECT_LINE_BASED};

    if (Edu->Table != NULL)
        Disconnect.ConnectionContext.InterruptMessageTable = Edu->Table;
    else
        Disconnect.ConnectionContext.InterruptObject = Edu->Interrupt;
    IoDisconnectInterruptEx(&Disconnect);
    Edu->Interrupt = NULL;
    Edu->Table = NULL;
    KeFlushQueuedDpcs(); /* the last DPC may still run */
}

/* ---- start and stop ---- */

static NTSTATUS EduMapRegisters(EDU *Edu, PCM_RESOURCE_LIST Translated)
{
    PCM_PARTIAL_RESOURCE_LIST List;

    if (Translated == NULL || Translated->Count == 0)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    List = &Translated->List[0].PartialResourceList;
    for (ULONG i = 0; i < List->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = &List->PartialDescriptors[i];

        if (Descriptor->Type != CmResourceTypeMemory ||
            Descriptor->u.Memory.Length < EDU_DMA_COMMAND + sizeof(ULONG))
            continue;
        Edu->RegisterBytes = Descriptor->u.Memory.Length;
        Edu->Registers =
            MmMapIoSpace(Descriptor->u.Memory.Start, Edu->RegisterBytes, MmNonCached);
        return Edu->Registers != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}

static NTSTATUS EduGetAdapter(EDU *Edu)
{
    DEVICE_DESCRIPTION Description;
    ULONG MapRegisters;

    RtlZeroMemory(&Description, sizeof(Description));
    Description.Version = DEVICE_DESCRIPTION_VERSION3;
    Description.Master = TRUE;
    Description.ScatterGather = TRUE;
    Description.InterfaceType = PCIBus;
    Description.MaximumLength = EDU_BUFFER_BYTES;
    Description.DmaAddressWidth = EDU_ADDRESS_BITS;
    Edu->Adapter = IoGetDmaAdapter(Edu->Pdo, &Description, &MapRegisters);
    return Edu->Adapter != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID EduEnableHardware(EDU *Edu)
{
    EduWrite(Edu, EDU_INTERRUPT_ACKNOWLEDGE, MAXULONG);
    EduWrite(Edu, EDU_STATUS, EDU_STATUS_INTERRUPT);
}

VOID EduInitHardware(EDU *Edu)
{
    KeInitializeDpc(&Edu->Dpc, EduDpc, Edu);
}

NTSTATUS EduStartHardware(EDU *Edu, PCM_RESOURCE_LIST Translated)
{
    NTSTATUS Status = EduMapRegisters(Edu, Translated);

    if (!NT_SUCCESS(Status))
        return Status;
    if ((EduRead(Edu, EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE) {
        Status = STATUS_DEVICE_CONFIGURATION_ERROR;
        goto Unmap;
    }
    Status = EduGetAdapter(Edu);
    if (!NT_SUCCESS(Status))
        goto Unmap;
    EduWrite(Edu, EDU_STATUS, 0); /* quiet until the ISR is there */
    EduWrite(Edu, EDU_INTERRUPT_ACKNOWLEDGE, MAXULONG);
    Edu->IsrBits = 0;
    Status = EduConnect(Edu);
    if (!NT_SUCCESS(Status))
        goto PutAdapter;
    EduEnableHardware(Edu);
    return STATUS_SUCCESS;

PutAdapter:
    Edu->Adapter->DmaOperations->PutDmaAdapter(Edu->Adapter);
    Edu->Adapter = NULL;
Unmap:
    MmUnmapIoSpace(Edu->Registers, Edu->RegisterBytes);
    Edu->Registers = NULL;
    return Status;
}

VOID EduStopHardware(EDU *Edu)
{
    if (Edu->Registers == NULL)
        return;
    EduWrite(Edu, EDU_STATUS, 0);
    EduDisconnect(Edu);
    Edu->Adapter->DmaOperations->PutDmaAdapter(Edu->Adapter);
    Edu->Adapter = NULL;
    MmUnmapIoSpace(Edu->Registers, Edu->RegisterBytes);
    Edu->Registers = NULL;
}
