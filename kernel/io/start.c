/*
 * Which drivers start by themselves, and in which order: boot-start (0), then system-start (1),
 * then auto-start (2). Within one kind by the place of their group in ServiceGroupOrder, within a
 * group by the place of their tag in GroupOrderList, then by name; what a driver depends on comes
 * before it. [doc: Specifying Driver Load Order; INF AddService Directive; CreateServiceW] Left
 * out: drivers in the group WdfLoadGroup, which come with who imports from them; the last known
 * good configuration, so that ErrorControl 2 is as 1; services that are programs.
 */
#include "iop.h"

#include "../ci/ci.h"
#include "../el/el.h"

#define IOP_TAG_START 'tSoI'
#define IOP_CONTROL L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\"
#define IOP_SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"
#define IOP_AUTO 2 /* Start */
#define IOP_DISABLED 4
#define IOP_CRITICAL 3                         /* ErrorControl */
#define IOP_NEED_FAILED ((NTSTATUS)0xC007042C) /* ERROR_SERVICE_DEPENDENCY_FAIL as a status */
#define IOP_NOWHERE MAXULONG                   /* the place of what no list has */

typedef enum _IOP_SERVICE_STATE {
    ServiceWaits,
    ServiceStarts,
    ServiceRuns,
    ServiceFailed
} IOP_SERVICE_STATE;

typedef struct _IOP_SERVICE {
    LIST_ENTRY Link; /* of IopServices, in the order of their keys' names */
    UNICODE_STRING Name;
    PKEY_VALUE_PARTIAL_INFORMATION Group, OnService,
        OnGroup; /* text, two lists of texts; NULL: none */
    ULONG Start, ErrorControl, Tag;
    ULONG GroupPlace, TagPlace;
    IOP_SERVICE_STATE State;
    NTSTATUS Status; /* why it failed */
} IOP_SERVICE;

static LIST_ENTRY IopServices; /* only while a round runs, in the thread that starts the system */

/* ---- the registry ---- */

static NTSTATUS IopOpenStartKey(HANDLE Parent, PUNICODE_STRING Name, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent,
                               NULL);
    return ZwOpenKey(Key, KEY_READ, &Attributes);
}

static VOID IopFreeValue(PKEY_VALUE_PARTIAL_INFORMATION Value)
{
    if (Value != NULL)
        ExFreePoolWithTag(Value, IOP_TAG_DRIVER);
}

/* A value of one of two types, to be freed by IopFreeValue; NULL: there is none such. */
static PKEY_VALUE_PARTIAL_INFORMATION IopTypedValue(HANDLE Key, PCWSTR Name, ULONG Type)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = IopQueryValue(Key, Name);

    if (Value == NULL || Value->Type == Type)
        return Value;
    IopFreeValue(Value);
    return NULL;
}

static ULONG IopNumberValue(HANDLE Key, PCWSTR Name, ULONG Default)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = IopTypedValue(Key, Name, REG_DWORD);
    ULONG Number =
        Value != NULL && Value->DataLength == sizeof(ULONG) ? *(PULONG)Value->Data : Default;

    IopFreeValue(Value);
    return Number;
}

static PKEY_VALUE_PARTIAL_INFORMATION IopControlValue(PCWSTR KeyName, PCWSTR ValueName, ULONG Type)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = NULL;
    UNICODE_STRING Name;
    HANDLE Key;

    RtlInitUnicodeString(&Name, KeyName);
    if (NT_SUCCESS(IopOpenStartKey(NULL, &Name, &Key))) {
        Value = IopTypedValue(Key, ValueName, Type);
        ZwClose(Key);
    }
    return Value;
}

/* Text number Index of a REG_MULTI_SZ or REG_SZ value; FALSE past its last. An end may be missing.
 */
static BOOLEAN IopTextOfList(PKEY_VALUE_PARTIAL_INFORMATION List, ULONG Index, PUNICODE_STRING Text)
{
    PWCHAR At, End;

    if (List == NULL)
        return FALSE;
    At = (PWCHAR)List->Data;
    End = At + List->DataLength / sizeof(WCHAR);
    for (;; Index--, At++) {
        Text->Buffer = At;
        while (At < End && *At != 0)
            At++;
        Text->Length = Text->MaximumLength =
            (USHORT)min((At - Text->Buffer) * sizeof(WCHAR), MAXUSHORT - 1);
        if (Text->Length == 0 || Index == 0)
            return Text->Length != 0;
    }
}

static BOOLEAN IopGroupOf(const IOP_SERVICE *Service, PUNICODE_STRING Group)
{
    return IopTextOfList(Service->Group, 0, Group);
}

/* ---- places ---- */

static ULONG IopPlaceOfGroup(PKEY_VALUE_PARTIAL_INFORMATION Order, PUNICODE_STRING Group)
{
    UNICODE_STRING Text;

    for (ULONG i = 0; IopTextOfList(Order, i, &Text); i++)
        if (RtlEqualUnicodeString(&Text, Group, TRUE))
            return i;
    return IOP_NOWHERE - 1; /* after the groups of the list, before drivers of no group */
}

/* The list of a group: a count, then tags in their order. */
static ULONG IopPlaceOfTag(PUNICODE_STRING Group, ULONG Tag)
{
    WCHAR Name[256];
    PKEY_VALUE_PARTIAL_INFORMATION List;
    ULONG Place = IOP_NOWHERE;

    if (Tag == 0 || Group->Length >= sizeof(Name))
        return IOP_NOWHERE;
    RtlCopyMemory(Name, Group->Buffer, Group->Length);
    Name[Group->Length / sizeof(WCHAR)] = 0;
    List = IopControlValue(IOP_CONTROL L"GroupOrderList", Name, REG_BINARY);
    if (List == NULL)
        return IOP_NOWHERE - 1;
    for (ULONG i = 1; i < List->DataLength / sizeof(ULONG) && Place == IOP_NOWHERE; i++)
        if (((PULONG)List->Data)[i] == Tag)
            Place = i;
    IopFreeValue(List);
    return Place != IOP_NOWHERE ? Place : IOP_NOWHERE - 1; /* before drivers without a tag */
}

static BOOLEAN IopComesFirst(const IOP_SERVICE *One, const IOP_SERVICE *Other)
{
    if (One->GroupPlace != Other->GroupPlace)
        return One->GroupPlace < Other->GroupPlace;
    return One->TagPlace < Other->TagPlace;
}

/* ---- the services there are ---- */

static VOID IopFreeService(IOP_SERVICE *Service)
{
    IopFreeValue(Service->Group);
    IopFreeValue(Service->OnService);
    IopFreeValue(Service->OnGroup);
    ExFreePoolWithTag(Service, IOP_TAG_START);
}

static VOID IopReadService(HANDLE Services, PUNICODE_STRING Name,
                           PKEY_VALUE_PARTIAL_INFORMATION Order)
{
    UNICODE_STRING Group;
    IOP_SERVICE *Service;
    ULONG Type;
    HANDLE Key;

    if (!NT_SUCCESS(IopOpenStartKey(Services, Name, &Key)))
        return;
    Type = IopNumberValue(Key, L"Type", 0);
    Service = Type == 1 || Type == 2 || Type == 8
                  ? ExAllocatePoolWithTag(PagedPool, sizeof(*Service) + Name->Length, IOP_TAG_START)
                  : NULL;
    if (Service != NULL) {
        RtlZeroMemory(Service, sizeof(*Service));
        Service->Name.Buffer = (PWCHAR)(Service + 1);
        Service->Name.Length = Service->Name.MaximumLength = Name->Length;
        RtlCopyMemory(Service->Name.Buffer, Name->Buffer, Name->Length);
        Service->Start = IopNumberValue(Key, L"Start", 3);
        Service->ErrorControl = IopNumberValue(Key, L"ErrorControl", 0);
        Service->Tag = IopNumberValue(Key, L"Tag", 0);
        Service->Group = IopTypedValue(Key, L"Group", REG_SZ);
        Service->OnService = IopTypedValue(Key, L"DependOnService", REG_MULTI_SZ);
        Service->OnGroup = IopTypedValue(Key, L"DependOnGroup", REG_MULTI_SZ);
        Service->GroupPlace = Service->TagPlace = IOP_NOWHERE;
        if (IopGroupOf(Service, &Group)) {
            Service->GroupPlace = IopPlaceOfGroup(Order, &Group);
            Service->TagPlace = IopPlaceOfTag(&Group, Service->Tag);
        }
        InsertTailList(&IopServices, &Service->Link);
    }
    ZwClose(Key);
}

static VOID IopReadServices(VOID)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(IOP_SERVICES), Name;
    PKEY_VALUE_PARTIAL_INFORMATION Order =
        IopControlValue(IOP_CONTROL L"ServiceGroupOrder", L"List", REG_MULTI_SZ);
    struct {
        KEY_BASIC_INFORMATION Basic;
        WCHAR Name[256];
    } *Record = ExAllocatePoolWithTag(PagedPool, sizeof(*Record), IOP_TAG_START);
    ULONG Bytes;
    HANDLE Services;

    InitializeListHead(&IopServices);
    if (Record != NULL && NT_SUCCESS(IopOpenStartKey(NULL, &Path, &Services))) {
        for (ULONG i = 0; NT_SUCCESS(
                 ZwEnumerateKey(Services, i, KeyBasicInformation, Record, sizeof(*Record), &Bytes));
             i++) {
            Name.Buffer = Record->Basic.Name;
            Name.Length = Name.MaximumLength = (USHORT)Record->Basic.NameLength;
            IopReadService(Services, &Name, Order);
        }
        ZwClose(Services);
    }
    if (Record != NULL)
        ExFreePoolWithTag(Record, IOP_TAG_START);
    IopFreeValue(Order);
}

static VOID IopForgetServices(VOID)
{
    while (!IsListEmpty(&IopServices))
        IopFreeService(CONTAINING_RECORD(RemoveHeadList(&IopServices), IOP_SERVICE, Link));
}

/* ---- starting ---- */

static VOID IopStartService(IOP_SERVICE *Service);

static IOP_SERVICE *IopNextService(IOP_SERVICE *Service)
{
    PLIST_ENTRY Link = Service != NULL ? Service->Link.Flink : IopServices.Flink;

    return Link != &IopServices ? CONTAINING_RECORD(Link, IOP_SERVICE, Link) : NULL;
}

static IOP_SERVICE *IopFindService(PUNICODE_STRING Name)
{
    IOP_SERVICE *Service = NULL;

    while ((Service = IopNextService(Service)) != NULL &&
           !RtlEqualUnicodeString(&Service->Name, Name, TRUE))
        ;
    return Service;
}

static BOOLEAN IopIsRunning(IOP_SERVICE *Service)
{
    PDRIVER_OBJECT Driver;

    if (Service->State == ServiceRuns)
        return TRUE;
    Driver = IopFindDriver(&Service->Name); /* a device may have brought it in */
    if (Driver == NULL)
        return FALSE;
    ObDereferenceObject(Driver);
    return TRUE;
}

/* One member of the group runs. */
static BOOLEAN IopGroupRuns(PUNICODE_STRING Group)
{
    UNICODE_STRING Text;

    for (IOP_SERVICE *Member = NULL; (Member = IopNextService(Member)) != NULL;)
        if (IopGroupOf(Member, &Text) && RtlEqualUnicodeString(&Text, Group, TRUE) &&
            IopIsRunning(Member))
            return TRUE;
    return FALSE;
}

/* Starts what the service depends on; FALSE when one of these does not run then. */
static BOOLEAN IopStartNeeds(IOP_SERVICE *Service)
{
    UNICODE_STRING Text;
    IOP_SERVICE *Needed;

    for (ULONG i = 0; IopTextOfList(Service->OnService, i, &Text); i++) {
        Needed = IopFindService(&Text);
        if (Needed == NULL)
            return FALSE;
        IopStartService(Needed);
        if (!IopIsRunning(Needed))
            return FALSE;
    }
    for (ULONG i = 0; IopTextOfList(Service->OnGroup, i, &Text); i++)
        if (!IopGroupRuns(&Text))
            return FALSE;
    return TRUE;
}

/* A service that is being started needs itself by way of another: that other then fails. */
static VOID IopStartService(IOP_SERVICE *Service)
{
    PDRIVER_OBJECT Driver;

    if (Service->State != ServiceWaits || Service->Start == IOP_DISABLED || IopIsRunning(Service))
        return;
    Service->State = ServiceStarts;
    Service->Status =
        IopStartNeeds(Service) ? IopLoadDriver(&Service->Name, &Driver) : IOP_NEED_FAILED;
    Service->State = NT_SUCCESS(Service->Status) ? ServiceRuns : ServiceFailed;
}

/* What the service control manager answers to who asks why the driver does not run: its volatile
 * key of services' states. */
static VOID IopNoteFailure(const IOP_SERVICE *Service)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(IOP_CONTROL L"ServiceCurrent"), Name = Service->Name;
    UNICODE_STRING State = RTL_CONSTANT_STRING(L"State"),
                   ExitCode = RTL_CONSTANT_STRING(L"ExitCode");
    ULONG Stopped = 1, Error = RtlNtStatusToDosError(Service->Status);
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Parent, Key;

    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(
            ZwCreateKey(&Parent, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL)))
        return;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent,
                               NULL);
    if (NT_SUCCESS(
            ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL))) {
        ZwSetValueKey(Key, &State, 0, REG_DWORD, &Stopped, sizeof(Stopped));
        ZwSetValueKey(Key, &ExitCode, 0, REG_DWORD, &Error, sizeof(Error));
        ZwClose(Key);
    }
    ZwClose(Parent);
}

static VOID IopReportAutoFailure(const IOP_SERVICE *Service)
{
    WCHAR Text[16] = L"%%"; /* the text of that error */
    UNICODE_STRING Error = {0, sizeof(Text) - 2 * sizeof(WCHAR), Text + 2};
    PCUNICODE_STRING Strings[2] = {&Service->Name, &Error};

    RtlIntegerToUnicodeString(RtlNtStatusToDosError(Service->Status), 10, &Error);
    Error.Buffer = Text;
    Error.Length += 2 * sizeof(WCHAR);
    ElReportStrings(EL_SCM_SOURCE, EL_SCM_START_FAILED, 1 /* EVENTLOG_ERROR_TYPE */, Strings,
                    RTL_NUMBER_OF(Strings));
}

/* One event for all boot- and system-start drivers that are missing, a name a line. */
static VOID IopReportBootFailures(VOID)
{
    UNICODE_STRING Names = {0, 0x2000, NULL};
    PCUNICODE_STRING Strings[1] = {&Names};

    Names.Buffer = ExAllocatePoolWithTag(PagedPool, Names.MaximumLength, IOP_TAG_START);
    if (Names.Buffer == NULL)
        return;
    for (IOP_SERVICE *Service = NULL; (Service = IopNextService(Service)) != NULL;) {
        if (Service->State != ServiceFailed || Service->Start > 1 || Service->ErrorControl == 0)
            continue;
        RtlAppendUnicodeToString(&Names, L"\r\n");
        RtlAppendUnicodeStringToString(&Names, &Service->Name); /* what has no room is left out */
    }
    if (Names.Length != 0)
        ElReportStrings(EL_SCM_SOURCE, EL_SCM_BOOT_FAILED, 1 /* EVENTLOG_ERROR_TYPE */, Strings,
                        RTL_NUMBER_OF(Strings));
    ExFreePoolWithTag(Names.Buffer, IOP_TAG_START);
}

/* Whom to tell, and what must not go on. [doc: CreateServiceW, dwErrorControl] */
static VOID IopJudgeFailure(const IOP_SERVICE *Service)
{
    char Line[200];

    IopNoteFailure(Service);
    if (Service->ErrorControl == 0)
        return;
    _snprintf(Line, sizeof(Line) - 1, "%wZ did not start by itself (Start %lu): status %#lx\n",
              &Service->Name, Service->Start, Service->Status);
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
    if (Service->Start == IOP_AUTO)
        IopReportAutoFailure(Service);
    if (Service->ErrorControl < IOP_CRITICAL)
        return;
    KeSetBugCheckText("%wZ, whose ErrorControl is 3, did not start: status 0x%08lX", &Service->Name,
                      Service->Status);
    KeBugCheckEx(CRITICAL_SERVICE_FAILED, 0, 0, 0, 0);
}

static IOP_SERVICE *IopFirstWaiting(ULONG Start)
{
    UNICODE_STRING OnDemand = RTL_CONSTANT_STRING(L"WdfLoadGroup"), Group;
    IOP_SERVICE *First = NULL;

    for (IOP_SERVICE *Service = NULL; (Service = IopNextService(Service)) != NULL;) {
        if (Service->Start != Start || Service->State != ServiceWaits || IopIsRunning(Service))
            continue;
        if (IopGroupOf(Service, &Group) && RtlEqualUnicodeString(&Group, &OnDemand, TRUE))
            continue;
        if (First == NULL || IopComesFirst(Service, First))
            First = Service;
    }
    return First;
}

/* Each round starts the drivers of one kind; those that asked for it are called again when all of
 * them are there. */
static VOID IopStartKind(ULONG Start)
{
    IOP_SERVICE *Service;

    while ((Service = IopFirstWaiting(Start)) != NULL)
        IopStartService(Service);
    for (Service = NULL; (Service = IopNextService(Service)) != NULL;)
        if (Service->State == ServiceFailed && Service->Start == Start)
            IopJudgeFailure(Service);
}

static VOID IopReinitializeServices(BOOLEAN Boot)
{
    for (IOP_SERVICE *Service = NULL; (Service = IopNextService(Service)) != NULL;) {
        PDRIVER_OBJECT Driver = IopFindDriver(&Service->Name);

        if (Driver == NULL)
            continue;
        IopRunReinit(Driver, Boot);
        ObDereferenceObject(Driver);
    }
}

VOID IopStartBootDrivers(VOID)
{
    IopReadServices();
    IopDelaysReinit = TRUE;
    CiRequireEmbedded(TRUE);
    IopStartKind(0);
    CiRequireEmbedded(FALSE);
    IopReinitializeServices(TRUE);
    IopStartKind(1);
    IopDelaysReinit = FALSE;
    IopReinitializeServices(FALSE);
    IopReportBootFailures();
    IopForgetServices();
}

VOID IopStartAutoDrivers(VOID)
{
    IopReadServices();
    IopStartKind(IOP_AUTO);
    IopForgetServices();
}
