/*
 * Starting a device: its drivers, its resources, IRP_MN_START_DEVICE, and what is asked of a started stack.
 * [doc: Adding a PnP Device to a Running System, Starting a Device]
 */
#include "pnpp.h"

#include "control.h"

#include <regstr.h>

/* ---- which driver ---- */

/* Sets Service; STATUS_SUCCESS also for a raw device, which does without. */
static NTSTATUS PnpChooseDriver(PNP_NODE *Node)
{
    UNICODE_STRING Service = PnpFindService(Node);
    HANDLE Key;

    Node->Flags &= ~PNP_NODE_RAW;
    PnpFree(&Node->Service);
    if (Service.Buffer != NULL) {
        Node->Service = Service;
        if (NT_SUCCESS(PnpOpenEnumKey(Node, KEY_ALL_ACCESS, &Key))) {
            PnpSetString(Key, L"Service", REG_SZ, &Service);
            ZwClose(Key);
        }
        return STATUS_SUCCESS;
    }
    if (Node->Capabilities.RawDeviceOK) {
        Node->Flags |= PNP_NODE_RAW;
        return STATUS_SUCCESS;
    }
    PnpSetProblem(Node, CM_PROB_FAILED_INSTALL, STATUS_PNP_NO_COMPAT_DRIVERS); /* code 28: no driver is installed */
    PnpInstallDevice(Node);
    return STATUS_PNP_NO_COMPAT_DRIVERS;
}

/* ---- IRP_MN_START_DEVICE ---- */

static NTSTATUS PnpSendStart(PNP_NODE *Node)
{
    IO_STACK_LOCATION Parameters;
    NTSTATUS Status;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.StartDevice.AllocatedResources = Node->Resources;
    Parameters.Parameters.StartDevice.AllocatedResourcesTranslated = Node->Translated;
    Status = PnpSend(Node->Pdo, IRP_MN_START_DEVICE, &Parameters, NULL);
    if (NT_SUCCESS(Status)) {
        Node->State = DeviceNodeStarted;
        return Status;
    }
    PnpSetProblem(Node, CM_PROB_FAILED_START, Status);
    PnpLog(Node, "IRP_MN_START_DEVICE failed", Status);
    return Status;
}

/* ---- state ---- */

static VOID PnpCountNotDisableable(PNP_NODE *Node, LONG By)
{
    for (; Node != NULL; Node = Node->Parent)
        Node->DisableableDepends += (ULONG)By;
}

VOID PnpAskDeviceState(PNP_NODE *Node)
{
    PNP_DEVICE_STATE Old = Node->DeviceState;
    ULONG_PTR State = 0;

    if (Node->State != DeviceNodeStarted
        || !NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &State)))
        return;
    Node->DeviceState = (PNP_DEVICE_STATE)State;
    if ((Old ^ State) & PNP_DEVICE_NOT_DISABLEABLE)
        PnpCountNotDisableable(Node, State & PNP_DEVICE_NOT_DISABLEABLE ? 1 : -1);
    if (State & PNP_DEVICE_REMOVED)
        PnpRemoveNode(Node, PnpRemoveSurprise, CM_PROB_DEVICE_NOT_THERE);
    else if (State & PNP_DEVICE_DISABLED)
        PnpRemoveNode(Node, PnpRemoveForced, CM_PROB_HARDWARE_DISABLED);
    else if (State & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED)
        PnpRestartForResources(Node, (State & PNP_DEVICE_FAILED) != 0);
    else if (State & PNP_DEVICE_FAILED)
        PnpRemoveNode(Node, PnpRemoveSurprise, CM_PROB_FAILED_POST_START);
}

/* ---- all of it ---- */

static BOOLEAN PnpIsDisabled(PNP_NODE *Node)
{
    ULONG Flags = 0;
    HANDLE Key;

    if (NT_SUCCESS(PnpOpenEnumKey(Node, KEY_READ, &Key))) {
        Flags = PnpQueryNumber(Key, L"ConfigFlags");
        ZwClose(Key);
    }
    return (Flags & CONFIGFLAG_DISABLED) != 0;
}

NTSTATUS PnpStartNode(PNP_NODE *Node)
{
    NTSTATUS Status;

    DD_ASSERT(Node->State == DeviceNodeInitialized);
    PnpSetProblem(Node, 0, STATUS_SUCCESS);
    Node->Flags &= ~(PNP_NODE_SURPRISED | PNP_NODE_QUERIED | PNP_NODE_NO_RESTART);
    if (PnpIsDisabled(Node)) {
        PnpSetProblem(Node, CM_PROB_DISABLED, STATUS_SUCCESS);
        return STATUS_DEVICE_NOT_READY;
    }
    Status = PnpChooseDriver(Node);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PnpAddDrivers(Node);
    if (NT_SUCCESS(Status))
        Status = PnpAssignResources(Node);
    if (NT_SUCCESS(Status))
        Status = PnpSendStart(Node);
    if (!NT_SUCCESS(Status)) {
        PnpRemoveNode(Node, PnpRemoveFailed, Node->Problem);
        PnpSetProblem(Node, Node->Problem, Status);
        return Status;
    }
    PnpTellProgramsOfInstance(Node, PNP_EVENT_STARTED);
    PnpQueryCapabilities(Node);
    PnpAskDeviceState(Node);
    if (Node->State == DeviceNodeStarted)
        PnpQueueAction(Node, PNP_ACTION_ENUMERATE);
    return STATUS_SUCCESS;
}
