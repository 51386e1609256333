/*
 * Directory change notification: a driver plays the file system's part on one list. Records, depth,
 * filters, requests that wait and changes that nobody waited for, lost changes, renames,
 * cancelling, callbacks, cleanup; then C: itself.
 */
#include "tap.h"

#define ALL 0xFFF

static PNOTIFY_SYNC Sync;
static LIST_ENTRY List;
static FILE_OBJECT File;
static ULONG Done;
static UCHAR Records[512];
static BOOLEAN Traversable = TRUE;
static PVOID SeenTarget, SeenWatcher;

static NTSTATUS NTAPI finished(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    Done++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP request(ULONG Bytes)
{
    PIRP Irp = IoAllocateIrp(2, FALSE);
    PIO_STACK_LOCATION Stack;

    IoSetNextIrpStackLocation(Irp);
    IoSetCompletionRoutine(Irp, finished, NULL, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Irp);
    Stack = IoGetCurrentIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_DIRECTORY_CONTROL;
    Stack->MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
    Stack->FileObject = &File;
    Stack->Parameters.QueryDirectory.Length = Bytes; /* NotifyDirectory.Length */
    Irp->AssociatedIrp.SystemBuffer = Bytes != 0 ? Records : NULL;
    Irp->IoStatus.Status = STATUS_PENDING;
    Done = 0;
    RtlFillMemory(Records, sizeof(Records), 0xA5);
    return Irp;
}

static STRING name(PCWSTR Text)
{
    STRING Result;

    RtlInitUnicodeString((PUNICODE_STRING)&Result, Text);
    return Result;
}

static VOID watch(PVOID Owner, PSTRING Directory, BOOLEAN Tree, ULONG Filter, PIRP Irp)
{
    FsRtlNotifyFullChangeDirectory(Sync, &List, Owner, Directory, Tree, FALSE, Filter, Irp, NULL,
                                   NULL);
}

static VOID report(PCWSTR Path, ULONG Filter, ULONG Action)
{
    STRING Target = name(Path);
    USHORT Offset = Target.Length;

    while (Offset > 2 && ((PWCHAR)Target.Buffer)[Offset / 2 - 1] != L'\\')
        Offset -= 2;
    FsRtlNotifyFullReportChange(Sync, &List, &Target, Offset, NULL, NULL, Filter, Action, NULL);
}

/* The record at Offset, and the offset of the next one. */
static ULONG is_record(ULONG Offset, ULONG Action, PCWSTR Text)
{
    PFILE_NOTIFY_INFORMATION Record = (PFILE_NOTIFY_INFORMATION)(Records + Offset);
    UNICODE_STRING Name = {(USHORT)Record->FileNameLength, (USHORT)Record->FileNameLength,
                           Record->FileName};

    is_ulong(Record->Action, Action, "its action");
    if (Record->FileNameLength < 200)
        is_unicode(&Name, Text, "its name");
    return Record->NextEntryOffset == 0 ? 0 : Offset + Record->NextEntryOffset;
}

static VOID records(VOID)
{
    STRING Dir = name(L"\\dir"), Target, Stream = name(L"str");
    PIRP Irp = request(200), Second;
    ULONG Next;

    watch(&Dir, &Dir, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, Irp);
    is_ulong(Done, 0, "a request waits");
    report(L"\\dir\\a", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    report(L"\\dir\\sub\\a", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    report(L"\\dirt\\a", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    report(L"\\dir", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    is_ulong(Done, 0, "neither another filter nor another directory nor a deeper one ends it");
    report(L"\\dir\\file.txt", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    is_ulong(Done, 1, "a file in the directory does");
    is_status(Irp->IoStatus.Status, STATUS_SUCCESS, "with success");
    is_ulong64(Irp->IoStatus.Information, 12 + 16, "and one record");
    is_ulong(is_record(0, FILE_ACTION_ADDED, L"file.txt"), 0, "which is the last");
    IoFreeIrp(Irp);

    report(L"\\dir\\one", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_REMOVED);
    Target = name(L"\\dir\\two");
    FsRtlNotifyFullReportChange(Sync, &List, &Target, 10, &Stream, NULL,
                                FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED_STREAM, NULL);
    Irp = request(200);
    watch(&Dir, &Dir, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, Irp);
    is_ulong(Done, 1, "what came between requests ends the next one at once");
    Next = is_record(0, FILE_ACTION_REMOVED, L"one");
    is_ulong(Next, 20, "the next record begins at a multiple of four");
    is_ulong(is_record(Next, FILE_ACTION_ADDED_STREAM, L"two:str"), 0, "and is the last");
    IoFreeIrp(Irp);

    Irp = request(200);
    Second = request(200);
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    watch(&Dir, &Dir, FALSE, ALL, Second);
    report(L"\\dir\\old", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_RENAMED_OLD_NAME);
    is_ulong(Done, 0, "an old name waits for the new one");
    report(L"\\dir\\new", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_RENAMED_NEW_NAME);
    is_ulong(Done, 2, "which ends every request that waits");
    Next = is_record(0, FILE_ACTION_RENAMED_OLD_NAME, L"old");
    is_record(Next, FILE_ACTION_RENAMED_NEW_NAME, L"new");
    is_ulong64(Second->IoStatus.Information, Irp->IoStatus.Information, "both with the records");
    IoFreeIrp(Irp);
    IoFreeIrp(Second);
    FsRtlNotifyCleanup(Sync, &List, &Dir);
    ok(IsListEmpty(&List), "cleanup takes the watcher off");
}

static VOID lost(VOID)
{
    STRING Root = name(L"\\");
    PIRP Irp = request(40);

    watch(&Root, &Root, TRUE, ALL, Irp);
    report(L"\\a\\much\\too\\long\\name", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    is_status(Irp->IoStatus.Status, STATUS_NOTIFY_ENUM_DIR, "a record that is too long");
    is_ulong64(Irp->IoStatus.Information, 0, "gives none");
    IoFreeIrp(Irp);
    report(L"\\a\\b", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    report(L"\\a\\cc", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    report(L"\\a\\dd", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    Irp = request(400);
    watch(&Root, &Root, TRUE, ALL, Irp);
    is_status(Irp->IoStatus.Status, STATUS_NOTIFY_ENUM_DIR,
              "more than the first request's buffer holds");
    IoFreeIrp(Irp);
    Irp = request(400);
    watch(&Root, &Root, TRUE, ALL, Irp);
    report(L"\\a\\b", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    is_status(Irp->IoStatus.Status, STATUS_SUCCESS, "after which there are records again");
    is_record(0, FILE_ACTION_MODIFIED, L"a\\b");
    IoFreeIrp(Irp);
    Irp = request(0);
    watch(&Root, &Root, TRUE, ALL, Irp);
    report(L"\\x", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    is_status(Irp->IoStatus.Status, STATUS_NOTIFY_ENUM_DIR, "a request without a buffer");
    IoFreeIrp(Irp);
    FsRtlNotifyCleanupAll(Sync, &List);
    ok(IsListEmpty(&List), "FsRtlNotifyCleanupAll");
}

static BOOLEAN NTAPI may_traverse(PVOID Watcher, PVOID Target, PSECURITY_SUBJECT_CONTEXT Subject)
{
    SeenWatcher = Watcher;
    SeenTarget = Subject != NULL ? Target : NULL;
    return Traversable;
}

static BOOLEAN NTAPI may_report(PVOID Watcher, PVOID Filter)
{
    UNREFERENCED_PARAMETER(Watcher);
    return Filter != NULL;
}

static VOID callbacks(VOID)
{
    STRING Dir = name(L"\\Dir"), Below = name(L"\\Dir\\sub\\x"), Inside = name(L"\\Dir\\x");
    STRING Short = name(L"\\DIR~1\\x"), Long = name(L"\\Dir"), Folded = name(L"\\dir\\x"),
           Parent = name(L"\\dir");
    PSECURITY_SUBJECT_CONTEXT Subject = ExAllocatePoolWithTag(PagedPool, sizeof(*Subject), 'tseT');
    PIRP Irp = request(200);

    SeCaptureSubjectContext(Subject);
    FsRtlNotifyFilterChangeDirectory(Sync, &List, &Dir, &Dir, TRUE, FALSE, ALL, Irp, may_traverse,
                                     Subject, may_report);
    Traversable = FALSE;
    FsRtlNotifyFilterReportChange(Sync, &List, &Below, 18, NULL, NULL, 1, FILE_ACTION_ADDED, &Below,
                                  &Below);
    is_ulong(Done, 0, "a watcher that may not traverse is told nothing");
    ok(SeenWatcher == &Dir && SeenTarget == &Below, "the callback is asked");
    FsRtlNotifyFilterReportChange(Sync, &List, &Inside, 10, NULL, NULL, 1, FILE_ACTION_ADDED, NULL,
                                  NULL);
    is_ulong(Done, 0, "nor when the filter says no");
    FsRtlNotifyFilterReportChange(Sync, &List, &Inside, 10, NULL, NULL, 1, FILE_ACTION_ADDED, NULL,
                                  &Below);
    is_ulong(Done, 1, "in the directory itself nobody asks for traverse access");
    IoFreeIrp(Irp);
    FsRtlNotifyCleanup(Sync, &List, &Dir);

    Irp = request(200);
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    FsRtlNotifyFullReportChange(Sync, &List, &Short, 14, NULL, NULL, 1, FILE_ACTION_ADDED, NULL);
    is_ulong(Done, 0, "a parent's short name is another name");
    FsRtlNotifyFullReportChange(Sync, &List, &Short, 14, NULL, &Long, 1, FILE_ACTION_ADDED, NULL);
    is_ulong(Done, 1, "unless the normalized one is given");
    is_record(0, FILE_ACTION_ADDED, L"x");
    IoFreeIrp(Irp);
    Irp = request(200);
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    FsRtlNotifyFullReportChange(Sync, &List, &Folded, 10, NULL, NULL, 1, FILE_ACTION_ADDED, NULL);
    is_ulong(Done, 0, "names differ by case");
    FsRtlNotifyFullReportChange(Sync, &List, &Folded, 10, NULL, &Parent, 1, FILE_ACTION_ADDED,
                                NULL);
    is_ulong(Done, 1, "not once normalized");
    IoFreeIrp(Irp);
    FsRtlNotifyCleanup(Sync, &List, &Dir);
}

static VOID endings(VOID)
{
    STRING Dir = name(L"\\d"), Ansi = {2, 2, (PCHAR) "\\d"}, AnsiTarget = {4, 4, (PCHAR) "\\d\\f"};
    PIRP Irp = request(200), Other;

    watch(&Dir, &Dir, FALSE, ALL, Irp);
    ok(IoCancelIrp(Irp), "a waiting request can be cancelled");
    is_status(Irp->IoStatus.Status, STATUS_CANCELLED, "it ends");
    IoFreeIrp(Irp);
    Irp = request(200);
    Irp->Cancel = TRUE;
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    is_status(Irp->IoStatus.Status, STATUS_CANCELLED, "one that was cancelled before never waits");
    IoFreeIrp(Irp);
    Irp = request(200);
    File.FsContext = &File;
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    watch(&Sync, NULL, FALSE, 0, NULL);
    is_ulong(Done, 0, "another stream is being deleted");
    watch(&File, NULL, FALSE, 0, NULL);
    is_status(Irp->IoStatus.Status, STATUS_DELETE_PENDING, "the watched one is");
    IoFreeIrp(Irp);
    Irp = request(200);
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    FsRtlNotifyCleanup(Sync, &List, &Dir);
    is_status(Irp->IoStatus.Status, STATUS_NOTIFY_CLEANUP, "cleanup ends what waits");
    IoFreeIrp(Irp);
    Irp = request(200);
    File.Flags |= FO_CLEANUP_COMPLETE;
    watch(&Dir, &Dir, FALSE, ALL, Irp);
    is_status(Irp->IoStatus.Status, STATUS_NOTIFY_CLEANUP, "nothing waits after it");
    ok(IsListEmpty(&List), "nor is a watcher made");
    File.Flags = 0;
    IoFreeIrp(Irp);

    Irp = request(200);
    Other = request(200);
    Irp->AssociatedIrp.SystemBuffer = NULL;
    Irp->UserBuffer = Records;
    watch(&Ansi, &Ansi, FALSE, ALL, Irp);
    watch(&Ansi, &Ansi, FALSE, ALL, Other);
    FsRtlNotifyFullReportChange(Sync, &List, &AnsiTarget, 3, NULL, NULL, ALL, FILE_ACTION_ADDED,
                                NULL);
    is_record(0, FILE_ACTION_ADDED, L"f");
    ok(Irp->AssociatedIrp.SystemBuffer != NULL && (Irp->Flags & IRP_DEALLOCATE_BUFFER),
       "a request with a user's address alone gets a system buffer");
    ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    Irp->Flags = 0;
    IoFreeIrp(Irp);
    IoFreeIrp(Other);
    FsRtlNotifyCleanup(Sync, &List, &Ansi);
}

/* The volume's device is no device of PnP here, so that nobody can watch it. */
static VOID volume_events(VOID)
{
    TARGET_DEVICE_CUSTOM_NOTIFICATION Event = {
        .Version = 1, .Size = sizeof(Event), .NameBufferOffset = -1};
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    PFILE_OBJECT Root;
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenFile(&Handle, FILE_LIST_DIRECTORY, &Attributes, &Iosb, 7, 0)) ||
        !NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, (PVOID *)&Root, NULL)))
        return;
    is_status(FsRtlNotifyVolumeEvent(Root, 0), STATUS_INVALID_PARAMETER, "no event");
    is_status(FsRtlNotifyVolumeEvent(Root, FSRTL_VOLUME_LOCK), STATUS_INVALID_DEVICE_REQUEST,
              "an event of a volume that is no device of PnP");
    is_status(FsRtlNotifyVolumeEventEx(Root, FSRTL_VOLUME_MOUNT, &Event),
              STATUS_INVALID_DEVICE_REQUEST, "and one with data");
    ObDereferenceObject(Root);
    ZwClose(Handle);
}

NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID,
                                                    PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID,
                                                    PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN);

static HANDLE open_name(PCWSTR Text, ULONG Disposition, ULONG Options)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;

    RtlInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&Handle, FILE_LIST_DIRECTORY | SYNCHRONIZE | DELETE, &Attributes, &Iosb, NULL, 0,
                 7, Disposition, Options, NULL, 0);
    return Handle;
}

/* The services, on C:. */
static VOID services(VOID)
{
    HANDLE Root = open_name(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE), File;
    IO_STATUS_BLOCK Iosb;

    is_status(ZwNotifyChangeDirectoryFile(Root, NULL, NULL, NULL, &Iosb, Records, sizeof(Records),
                                          0, FALSE),
              STATUS_INVALID_PARAMETER, "a filter of nothing");
    is_status(ZwNotifyChangeDirectoryFile(Root, NULL, NULL, NULL, &Iosb, Records, sizeof(Records),
                                          1, FALSE),
              STATUS_PENDING, "ZwNotifyChangeDirectoryFile waits");
    File = open_name(L"\\??\\C:\\noticed", FILE_CREATE, FILE_DELETE_ON_CLOSE);
    is_status(ZwWaitForSingleObject(Root, FALSE, NULL), STATUS_SUCCESS, "until a file comes");
    ok(Iosb.Status == STATUS_SUCCESS && Iosb.Information == 12 + 14, "whose record it gives");
    is_record(0, FILE_ACTION_ADDED, L"noticed");
    ZwClose(File);
    is_status(NtNotifyChangeDirectoryFile(Root, NULL, NULL, NULL, &Iosb, Records, sizeof(Records),
                                          1, FALSE),
              STATUS_PENDING, "NtNotifyChangeDirectoryFile");
    ok(Iosb.Status == STATUS_SUCCESS, "has what happened meanwhile");
    is_record(0, FILE_ACTION_REMOVED, L"noticed");
    ZwClose(Root);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    InitializeListHead(&List);
    FsRtlNotifyInitializeSync(&Sync);
    ok(Sync != NULL, "FsRtlNotifyInitializeSync");
    records();
    lost();
    callbacks();
    endings();
    volume_events();
    services();
    FsRtlNotifyUninitializeSync(&Sync);
    ok(Sync == NULL, "FsRtlNotifyUninitializeSync");
    FsRtlNotifyUninitializeSync(&Sync);
    return done();
}
