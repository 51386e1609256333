/* Extra create parameters: lists, contexts, and what reaches a driver with IoCreateFileEx. */
#include "iodev.h"

NTKERNELAPI NTSTATUS NTAPI FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsEcpAcknowledged(PVOID Context);

static const GUID One = {1, 2, 3, {4}}, Two = {2, 2, 3, {4}};
static ULONG Cleaned;
static PECP_LIST Seen_list;
static PVOID SeenContext;
static BOOLEAN Attach;
static NTSTATUS AttachStatus[2];

static VOID cleanup(PVOID Context, LPCGUID Type)
{
    Cleaned += IsEqualGUID(Type, &One) ? *(PULONG)Context : 100;
}

static PVOID make(LPCGUID Type, ULONG Value)
{
    PVOID Context;

    is_status(FsRtlAllocateExtraCreateParameter(Type, 12, 0, cleanup, 'tseT', &Context),
              STATUS_SUCCESS, "a context");
    ok(tap_all_bytes(Context, 12, 0), "is zeroed");
    *(PULONG)Context = Value;
    return Context;
}

static VOID test_lists(VOID)
{
    PVOID First = make(&One, 5), Same = make(&One, 7), Other = make(&Two, 0), Found;
    PECP_LIST List;
    ULONG Bytes;
    GUID Type;

    is_status(FsRtlAllocateExtraCreateParameterList(0, &List), STATUS_SUCCESS, "a list");
    is_status(FsRtlInitializeExtraCreateParameterList(List), STATUS_SUCCESS, "made empty");
    is_status(FsRtlFindExtraCreateParameter(List, &One, &Found, &Bytes), STATUS_NOT_FOUND,
              "is empty");
    ok(Found == NULL && Bytes == 0, "and says so");
    is_status(FsRtlInitializeExtraCreateParameterList(List), STATUS_SUCCESS, "it is made anew");
    is_status(FsRtlFindExtraCreateParameter(List, &One, &Found, &Bytes), STATUS_NOT_FOUND,
              "and is empty again");
    is_status(FsRtlInsertExtraCreateParameter(List, First), STATUS_SUCCESS, "one goes in");
    is_status(FsRtlInsertExtraCreateParameter(List, Same), STATUS_INVALID_PARAMETER,
              "another of its type does not");
    is_status(FsRtlInsertExtraCreateParameter(List, Other), STATUS_SUCCESS,
              "one of another type does");
    is_status(FsRtlFindExtraCreateParameter(List, &One, &Found, &Bytes), STATUS_SUCCESS,
              "it is found");
    ok(Found == First && Bytes == 12, "with its size");
    is_status(FsRtlGetNextExtraCreateParameter(List, NULL, &Type, &Found, &Bytes), STATUS_SUCCESS,
              "the first");
    ok(Found == First && IsEqualGUID(&Type, &One), "is that one");
    is_status(FsRtlGetNextExtraCreateParameter(List, Found, &Type, &Found, NULL), STATUS_SUCCESS,
              "the next");
    ok(Found == Other && IsEqualGUID(&Type, &Two), "is the other");
    is_status(FsRtlGetNextExtraCreateParameter(List, Found, NULL, &Found, NULL), STATUS_NOT_FOUND,
              "the last");
    ok(!FsRtlIsEcpAcknowledged(First) && !FsRtlIsEcpFromUserMode(First),
       "not acknowledged, not a program's");
    FsRtlAcknowledgeEcp(First);
    ok(FsRtlIsEcpAcknowledged(First), "FsRtlAcknowledgeEcp");
    is_status(FsRtlRemoveExtraCreateParameter(List, &Two, &Found, NULL), STATUS_SUCCESS, "removed");
    is_ulong(Cleaned, 0, "and alive");
    FsRtlFreeExtraCreateParameter(Other);
    is_ulong(Cleaned, 100, "until it is freed");
    FsRtlFreeExtraCreateParameter(Same);
    is_ulong(Cleaned, 107, "as is one that was in no list");
    FsRtlFreeExtraCreateParameterList(List);
    is_ulong(Cleaned, 112, "a list frees what is in it");
}

static NTSTATUS NTAPI dispatch_create(PDEVICE_OBJECT Target, PIRP Irp)
{
    PECP_LIST List;

    UNREFERENCED_PARAMETER(Target);
    FsRtlGetEcpListFromIrp(Irp, &Seen_list);
    if (Seen_list != NULL &&
        NT_SUCCESS(FsRtlFindExtraCreateParameter(Seen_list, &One, &SeenContext, NULL)))
        FsRtlAcknowledgeEcp(SeenContext);
    if (Attach && NT_SUCCESS(FsRtlAllocateExtraCreateParameterList(0, &List))) {
        FsRtlInsertExtraCreateParameter(List, make(&One, 1));
        AttachStatus[0] = FsRtlSetEcpListIntoIrp(Irp, List);
        AttachStatus[1] = FsRtlSetEcpListIntoIrp(Irp, List);
    }
    return complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS create(PIO_DRIVER_CREATE_CONTEXT Context)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    NTSTATUS Status;

    Seen_list = SeenContext = NULL;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)&DeviceName, OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    Status = IoCreateFileEx(&Handle, GENERIC_READ, &Attributes, &Iosb, NULL, 0, 7, FILE_OPEN, 0,
                            NULL, 0, CreateFileTypeNone, NULL, 0, Context);
    if (NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

static VOID test_create(PDRIVER_OBJECT Driver)
{
    IO_DRIVER_CREATE_CONTEXT Context = {.Size = sizeof(Context)};
    PVOID Mine = make(&One, 3);
    PIRP Irp = IoAllocateIrp(1, FALSE);
    PECP_LIST List;

    make_device(Driver, 0);
    Driver->MajorFunction[IRP_MJ_CREATE] = dispatch_create;
    FsRtlAllocateExtraCreateParameterList(0, &Context.ExtraCreateParameter);
    FsRtlInsertExtraCreateParameter(Context.ExtraCreateParameter, Mine);
    Cleaned = 0;
    is_status(create(&Context), STATUS_SUCCESS, "IoCreateFileEx");
    ok(Seen_list == Context.ExtraCreateParameter && SeenContext == Mine,
       "the driver sees the list");
    ok(FsRtlIsEcpAcknowledged(Mine), "and tells the caller");
    is_status(create(&Context), STATUS_SUCCESS, "the list can be used again");
    is_ulong(Cleaned, 0, "it stays the caller's");
    FsRtlFreeExtraCreateParameterList(Context.ExtraCreateParameter);
    Context.ExtraCreateParameter = NULL;
    Attach = TRUE;
    Cleaned = 0;
    is_status(create(&Context), STATUS_SUCCESS, "a create without one");
    is_ptr(Seen_list, NULL, "has none");
    is_status(AttachStatus[0], STATUS_SUCCESS, "a driver gives it one");
    is_status(AttachStatus[1], STATUS_INVALID_PARAMETER_3, "once");
    is_ulong(Cleaned, 1, "which goes with the create");
    Context.Size = 1;
    is_status(create(&Context), STATUS_INVALID_PARAMETER, "a context of a wrong size");
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    is_status(FsRtlGetEcpListFromIrp(Irp, &List), STATUS_INVALID_PARAMETER, "a read has none");
    is_status(FsRtlSetEcpListIntoIrp(Irp, NULL), STATUS_INVALID_PARAMETER_2, "nor takes one");
    IoFreeIrp(Irp);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_lists();
    test_create(Driver);
    return done();
}
