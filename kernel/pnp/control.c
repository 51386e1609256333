/*
 * NtPlugPlayControl (control.h): programs create root devices, start, stop and remove devices and
 * ask for their state. Left out: NT's own classes of control, which are not documented. [doc:
 * Configuration Manager functions, what they do]
 */
#include "pnpp.h"

#include "../se/se.h"
#include "control.h"

/* ---- each class ---- */

/* The values of the device's key that a root device is made of. */
static NTSTATUS PnpControlMakeRoot(PCUNICODE_STRING Path, HANDLE Key, PNP_NODE **Node)
{
    PNP_ROOT_DESCRIPTION Description = { .InstancePath = Path };
    UNICODE_STRING Text = PnpQueryString(Key, L"DeviceDesc");
    NTSTATUS Status;

    Description.Name = &Text;
    Description.HardwareIds = PnpQueryString(Key, L"HardwareID");
    Description.CompatibleIds = PnpQueryString(Key, L"CompatibleIDs");
    Status = PnpCreateRootDevice(&Description, Node);
    PnpFree(&Text);
    PnpFree(&Description.HardwareIds);
    PnpFree(&Description.CompatibleIds);
    return Status;
}

NTSTATUS PnpCreateRegisteredDevice(PCUNICODE_STRING InstancePath, PNP_NODE **Node)
{
    UNICODE_STRING Path = PnpFormat(L"Enum\\%wZ", InstancePath);
    static const UNICODE_STRING Root = RTL_CONSTANT_STRING(L"ROOT\\");
    HANDLE Key;
    NTSTATUS Status;

    if (!RtlPrefixUnicodeString(&Root, InstancePath, TRUE) || PnpFindNode(InstancePath) != NULL) {
        PnpFree(&Path);
        return STATUS_INVALID_PARAMETER;
    }
    Status = Path.Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES
                                 : PnpOpenExistingKey(&Path, KEY_READ, &Key);
    PnpFree(&Path);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PnpControlMakeRoot(InstancePath, Key, Node);
    ZwClose(Key);
    if (NT_SUCCESS(Status))
        PnpSetProblem(*Node, CM_PROB_FAILED_INSTALL, STATUS_PNP_NO_COMPAT_DRIVERS);
    return Status;
}

static NTSTATUS PnpControlRemove(PNP_NODE *Node, ULONG Problem, BOOLEAN NoRestart)
{
    BOOLEAN ForGood = Problem == 0 && (Node->Flags & PNP_NODE_ROOT_ENUMERATED);
    NTSTATUS Status;

    if (ForGood)
        Node->Flags |= PNP_NODE_MISSING;
    Status = PnpRemoveNode(Node, PnpRemoveQuery, Problem != 0 ? Problem : CM_PROB_WILL_BE_REMOVED);
    if (Status == STATUS_UNSUCCESSFUL) {
        if (ForGood)
            Node->Flags &= ~PNP_NODE_MISSING;
        return STATUS_PLUGPLAY_QUERY_VETOED;
    }
    if (!ForGood && NoRestart)
        Node->Flags |= PNP_NODE_NO_RESTART;
    return STATUS_SUCCESS;
}

/* A device that runs is stopped first; what it refuses keeps its old driver. */
static NTSTATUS PnpControlStart(PNP_NODE *Node)
{
    NTSTATUS Status;

    if (Node->State != DeviceNodeInitialized) {
        Status = PnpControlRemove(Node, CM_PROB_NEED_RESTART, FALSE);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Node->State != DeviceNodeInitialized)
        return STATUS_INVALID_DEVICE_STATE;
    return PnpStartNode(Node);
}

static NTSTATUS PnpControlStatus(PNP_NODE *Node, PNP_CONTROL_DATA *Data)
{
    Data->Status = PnpNodeStatus(Node);
    Data->Problem = Node->Problem;
    Data->ProblemStatus = Node->ProblemStatus;
    return STATUS_SUCCESS;
}

static NTSTATUS PnpControlGiveText(PNP_CONTROL_DATA *Data, ULONG At, PCUNICODE_STRING Text)
{
    ULONG Count = Text->Length / sizeof(WCHAR);

    if (At + Count + 2 > PNP_CONTROL_TEXT)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Data->Text + At, Text->Buffer, Text->Length);
    Data->Text[At + Count] = Data->Text[At + Count + 1] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PnpControlRelated(PNP_NODE *Node, PNP_CONTROL_DATA *Data)
{
    PNP_NODE *Related = Data->Relation == PNP_RELATION_PARENT ? Node->Parent
                      : Data->Relation == PNP_RELATION_CHILD ? Node->Child : Node->Sibling;

    if (Data->Relation > PNP_RELATION_SIBLING)
        return STATUS_INVALID_PARAMETER;
    return Related == NULL ? STATUS_NO_SUCH_DEVICE
                           : PnpControlGiveText(Data, 0, &Related->InstancePath);
}

static NTSTATUS PnpControlStack(PNP_NODE *Node, PNP_CONTROL_DATA *Data)
{
    PDEVICE_OBJECT Device;
    ULONG At = 0, Depth = 0, i;
    NTSTATUS Status = STATUS_SUCCESS;

    Data->Text[0] = Data->Text[1] = 0;
    for (Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice)
        Depth++;
    while (Depth-- != 0 && NT_SUCCESS(Status)) {
        Device = Node->Pdo;
        for (i = 0; i < Depth; i++)
            Device = Device->AttachedDevice;
        Status = PnpControlGiveText(Data, At, &Device->DriverObject->DriverName);
        At += Device->DriverObject->DriverName.Length / sizeof(WCHAR) + 1;
    }
    return Status;
}

static VOID PnpControlEnumerate(PNP_NODE *Top)
{
    PNP_NODE *Node;

    if (Top == PnpRoot)
        PnpReviveRootDevices();
    for (Node = Top; Node != NULL; Node = PnpNextDown(Node, Top))
        if (Node->State == DeviceNodeStarted && Node != PnpRoot)
            PnpQueueAction(Node, PNP_ACTION_ENUMERATE);
}

/* Who refused: PNP_VETO_TYPE and its text. */
static NTSTATUS PnpControlVeto(NTSTATUS Status, PNP_CONTROL_DATA *Data)
{
    if (Status == STATUS_PLUGPLAY_QUERY_VETOED)
        Data->Relation = PnpLastVeto(Data->Text);
    return Status;
}

static NTSTATUS PnpControlNode(ULONG Class, PNP_NODE *Node, PNP_CONTROL_DATA *Data)
{
    switch (Class) {
    case PNP_CONTROL_START:
        return Node == PnpRoot ? STATUS_INVALID_PARAMETER : PnpControlStart(Node);
    case PNP_CONTROL_REMOVE:
        if (Node == PnpRoot)
            return STATUS_INVALID_PARAMETER;
        return PnpControlVeto(
            PnpControlRemove(Node, Data->Problem, Data->Relation == PNP_REMOVE_NO_RESTART), Data);
    case PNP_CONTROL_STATUS:
        return PnpControlStatus(Node, Data);
    case PNP_CONTROL_RELATED:
        return PnpControlRelated(Node, Data);
    case PNP_CONTROL_ENUMERATE:
        PnpControlEnumerate(Node);
        return STATUS_SUCCESS;
    case PNP_CONTROL_STACK:
        return PnpControlStack(Node, Data);
    case PNP_CONTROL_EJECT:
        if (Node == PnpRoot)
            return STATUS_INVALID_PARAMETER;
        return PnpControlVeto(PnpEjectNode(Node), Data);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static BOOLEAN PnpControlReads(ULONG Class)
{
    return Class == PNP_CONTROL_STATUS || Class == PNP_CONTROL_RELATED ||
           Class == PNP_CONTROL_STACK;
}

/* While the tree is lent to programs that are asked about a removal, things are as they were before
 * it. */
static NTSTATUS PnpControlRead(ULONG Class, PNP_CONTROL_DATA *Data)
{
    NTSTATUS Status = STATUS_NO_SUCH_DEVICE;
    UNICODE_STRING Path;
    PNP_NODE *Node;
    BOOLEAN Lent = PnpLockTreeToRead();

    if (!Lent)
        PnpDrain();
    RtlInitUnicodeString(&Path, Data->Device);
    Node = Path.Length == 0 ? PnpRoot : PnpFindNode(&Path);
    if (Node != NULL)
        Status = PnpControlNode(Class, Node, Data);
    PnpUnlockTreeToRead(Lent);
    return Status;
}

static NTSTATUS PnpControl(ULONG Class, PNP_CONTROL_DATA *Data)
{
    UNICODE_STRING Path;
    PNP_NODE *Node;
    NTSTATUS Status = STATUS_NO_SUCH_DEVICE;

    RtlInitUnicodeString(&Path, Data->Device);
    PnpLockTree();
    PnpDrain();
    Node = Path.Length == 0 ? PnpRoot : PnpFindNode(&Path);
    if (Class == PNP_CONTROL_CREATE)
        Status = PnpCreateRegisteredDevice(&Path, &Node);
    else if (Node != NULL)
        Status = PnpControlNode(Class, Node, Data);
    PnpDrain();
    PnpUnlockTree();
    return Status;
}

/* ---- properties ---- */

static NTSTATUS PnpFindPropertyOf(PNP_NODE *Node, PNP_PROPERTY_DATA *Data, ULONG Room)
{
    static const GUID Fixed;
    DEVPROPKEY Key = { Data->Category, Data->Id };

    if (IsEqualGUID(&Data->Category, &Fixed))
        return PnpGetFixedProperty(Node, Data->Id, Room, Data + 1, &Data->Bytes, &Data->Type);
    return PnpGetSystemProperty(Node, &Key, Room, Data + 1, &Data->Bytes, &Data->Type);
}

static NTSTATUS PnpReadProperty(PNP_PROPERTY_DATA *Data, ULONG Room)
{
    NTSTATUS Status = STATUS_NO_SUCH_DEVICE;
    BOOLEAN Lent = PnpLockTreeToRead();
    UNICODE_STRING Path;
    PNP_NODE *Node;

    RtlInitUnicodeString(&Path, Data->Device);
    Node = Path.Length == 0 ? PnpRoot : PnpFindNode(&Path);
    if (Node != NULL)
        Status = PnpFindPropertyOf(Node, Data, Room);
    PnpUnlockTreeToRead(Lent);
    return Status;
}

static NTSTATUS PnpControlProperty(PVOID User, ULONG Bytes)
{
    PNP_PROPERTY_DATA *Data;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Bytes < sizeof(*Data) || Bytes > 0x100000)
        return STATUS_INFO_LENGTH_MISMATCH;
    Data = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
    if (Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        ProbeForWrite(User, Bytes, sizeof(ULONG));
        RtlCopyMemory(Data, User, sizeof(*Data));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    Data->Device[PNP_CONTROL_PATH - 1] = 0;
    Data->Bytes = 0;
    if (NT_SUCCESS(Status)) {
        Status = PnpReadProperty(Data, Bytes - sizeof(*Data));
        __try {
            RtlCopyMemory(User, Data, sizeof(*Data) + (NT_SUCCESS(Status) ? Data->Bytes : 0));
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    ExFreePoolWithTag(Data, PNP_TAG);
    return Status;
}

/* ---- the service ---- */

static NTSTATUS PnpCaptureControl(PVOID User, ULONG Bytes, PNP_CONTROL_DATA *Data)
{
    if (Bytes != sizeof(*Data))
        return STATUS_INFO_LENGTH_MISMATCH;
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForWrite(User, Bytes, sizeof(ULONG));
        RtlCopyMemory(Data, User, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    Data->Device[PNP_CONTROL_PATH - 1] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PnpReturnControl(PVOID User, const PNP_CONTROL_DATA *Data)
{
    __try {
        RtlCopyMemory(User, Data, sizeof(*Data));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NT_SERVICE_PARTIAL(PlugPlayControl, "NT's classes: those of control.h are Drydock's own");
NTSTATUS NTAPI NtPlugPlayControl(ULONG Class, PVOID Buffer, ULONG Bytes)
{
    static const LUID LoadDriver = { SE_LOAD_DRIVER_PRIVILEGE, 0 };
    PNP_CONTROL_DATA *Data;
    NTSTATUS Status, Returned;

    if (Class >= PNP_CONTROL_WATCH)
        return PnpControlWatch(Class, Buffer, Bytes);
    if (Class == PNP_CONTROL_PROPERTY)
        return PnpControlProperty(Buffer, Bytes);
    if (!PnpControlReads(Class) && !SeSinglePrivilegeCheck(LoadDriver, ExGetPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    if (Class == PNP_CONTROL_SETTLE) {
        PnpWaitForInstalls();
        return STATUS_SUCCESS;
    }
    Data = ExAllocatePoolWithTag(PagedPool, sizeof(*Data), PNP_TAG);
    if (Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpCaptureControl(Buffer, Bytes, Data);
    if (NT_SUCCESS(Status)) {
        Status = PnpControlReads(Class) ? PnpControlRead(Class, Data) : PnpControl(Class, Data);
        Returned = PnpReturnControl(Buffer, Data);
        if (NT_SUCCESS(Status))
            Status = Returned;
    }
    ExFreePoolWithTag(Data, PNP_TAG);
    return Status;
}
