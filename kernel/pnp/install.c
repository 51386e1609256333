/*
 * Devices that come while their driver is in the driver store, and root devices of an earlier run.
 * For a new device without driver, one of whose IDs the store has
 * (System\DriverDatabase\DeviceIds), System32\drvinst.exe is run with its instance path, one device
 * after the other, as the device installation service runs it. [doc: How Windows Installs Devices]
 */
#include "pnpp.h"

#include "../ps/ps.h"

typedef struct _PNP_INSTALL {
    LIST_ENTRY Entry; /* PnpInstalls; tree lock */
    UNICODE_STRING InstancePath;
} PNP_INSTALL;

static LIST_ENTRY PnpInstalls = { &PnpInstalls, &PnpInstalls };
static BOOLEAN PnpInstallerRuns; /* tree lock */
static KEVENT PnpInstallsDone;   /* set while there is nothing to install */

VOID PnpInitInstall(VOID)
{
    KeInitializeEvent(&PnpInstallsDone, NotificationEvent, TRUE);
}

/* ---- the thread that runs drvinst ---- */

static VOID PnpRunInstaller(PCUNICODE_STRING InstancePath)
{
    UNICODE_STRING Program = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows\\System32\\drvinst.exe");
    UNICODE_STRING CommandLine = PnpFormat(L"drvinst.exe \"%wZ\"", InstancePath);
    PEPROCESS Process;
    NTSTATUS Exit;

    if (CommandLine.Buffer != NULL &&
        NT_SUCCESS(PsStartProgram(&Program, &CommandLine, &Process))) {
        PsWaitForProgram(Process, &Exit);
        ObDereferenceObject(Process);
    }
    PnpFree(&CommandLine);
}

/* NULL: none is left, and the installer ends. */
static PNP_INSTALL *PnpNextInstall(VOID)
{
    PNP_INSTALL *Install = NULL;

    PnpLockTree();
    if (!IsListEmpty(&PnpInstalls)) {
        Install = CONTAINING_RECORD(RemoveHeadList(&PnpInstalls), PNP_INSTALL, Entry);
    } else {
        PnpInstallerRuns = FALSE;
        KeSetEvent(&PnpInstallsDone, IO_NO_INCREMENT, FALSE);
    }
    PnpUnlockTree();
    return Install;
}

static VOID NTAPI PnpInstaller(PVOID Context)
{
    PNP_INSTALL *Install;

    UNREFERENCED_PARAMETER(Context);
    while ((Install = PnpNextInstall()) != NULL) {
        PnpRunInstaller(&Install->InstancePath);
        PnpFree(&Install->InstancePath);
        ExFreePoolWithTag(Install, PNP_TAG);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID PnpStartInstaller(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;

    if (PnpInstallerRuns)
        return;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL,
                                         PnpInstaller, NULL)))
        return; /* the next device has another try */
    PnpInstallerRuns = TRUE;
    KeClearEvent(&PnpInstallsDone);
    ZwClose(Thread);
}

VOID PnpWaitForInstalls(VOID)
{
    KeWaitForSingleObject(&PnpInstallsDone, Executive, KernelMode, FALSE, NULL);
}

/* ---- whether the store has a driver ---- */

static BOOLEAN PnpStoreHasId(PCUNICODE_STRING Id)
{
    UNICODE_STRING Path =
        PnpFormat(L"\\Registry\\Machine\\System\\DriverDatabase\\DeviceIds\\%wZ", Id);
    KEY_FULL_INFORMATION Info;
    OBJECT_ATTRIBUTES Attributes;
    BOOLEAN Found = FALSE;
    ULONG Bytes;
    HANDLE Key;

    if (Path.Buffer == NULL)
        return FALSE;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        Found = NT_SUCCESS(ZwQueryKey(Key, KeyFullInformation, &Info, sizeof(Info), &Bytes)) &&
                Info.Values != 0;
        ZwClose(Key);
    }
    PnpFree(&Path);
    return Found;
}

static BOOLEAN PnpStoreHas(PNP_NODE *Node)
{
    PCUNICODE_STRING Lists[] = { &Node->HardwareIds, &Node->CompatibleIds };
    UNICODE_STRING Id;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Lists); i++) {
        PWCHAR At = NULL;

        while (PnpNextString(Lists[i], &At, &Id))
            if (PnpStoreHasId(&Id))
                return TRUE;
    }
    return FALSE;
}

VOID PnpInstallDevice(PNP_NODE *Node)
{
    PNP_INSTALL *Install;

    if (!PnpStoreHas(Node))
        return;
    Install = ExAllocatePoolWithTag(PagedPool, sizeof(*Install), PNP_TAG);
    if (Install == NULL)
        return;
    Install->InstancePath = PnpCopy(&Node->InstancePath);
    if (Install->InstancePath.Buffer == NULL) {
        ExFreePoolWithTag(Install, PNP_TAG);
        return;
    }
    InsertTailList(&PnpInstalls, &Install->Entry);
    PnpStartInstaller();
}

/* ---- root devices of an earlier run ---- */

/* Those that setup has installed: a device that was made for a driver of a run has no Driver value.
 */
static BOOLEAN PnpIsInstalled(HANDLE Key)
{
    UNICODE_STRING Driver = PnpQueryString(Key, L"Driver");
    BOOLEAN Installed = Driver.Buffer != NULL;

    PnpFree(&Driver);
    return Installed;
}

static VOID PnpStartInstance(HANDLE Key, PCUNICODE_STRING InstancePath)
{
    PNP_NODE *Node;

    if (PnpIsInstalled(Key) && NT_SUCCESS(PnpCreateRegisteredDevice(InstancePath, &Node)))
        PnpStartNode(Node);
}

typedef VOID PNP_KEY_VISIT(HANDLE Key, PCUNICODE_STRING Path);

/* Visit for each subkey of Key, whose name is appended to Path. */
static VOID PnpVisitSubkeys(HANDLE Key, PCUNICODE_STRING Path, PNP_KEY_VISIT *Visit)
{
    enum { BYTES = 544 };
    PKEY_BASIC_INFORMATION Info = ExAllocatePoolWithTag(PagedPool, BYTES, PNP_TAG);
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name, Full;
    ULONG Index, Bytes;
    HANDLE Subkey;

    if (Info == NULL)
        return;
    for (Index = 0;
         NT_SUCCESS(ZwEnumerateKey(Key, Index, KeyBasicInformation, Info, BYTES, &Bytes));
         Index++) {
        Name.Buffer = Info->Name;
        Name.Length = Name.MaximumLength = (USHORT)Info->NameLength;
        InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                                   Key, NULL);
        Full = PnpFormat(L"%wZ\\%wZ", Path, &Name);
        if (Full.Buffer != NULL && NT_SUCCESS(ZwOpenKey(&Subkey, KEY_READ, &Attributes))) {
            Visit(Subkey, &Full);
            ZwClose(Subkey);
        }
        PnpFree(&Full);
    }
    ExFreePoolWithTag(Info, PNP_TAG);
}

static VOID PnpStartInstances(HANDLE Key, PCUNICODE_STRING Path)
{
    PnpVisitSubkeys(Key, Path, PnpStartInstance);
}

VOID PnpStartRegisteredDevices(VOID)
{
    static const UNICODE_STRING Enum = RTL_CONSTANT_STRING(L"Enum\\ROOT"),
                                Root = RTL_CONSTANT_STRING(L"ROOT");
    HANDLE Key;

    PnpLockTree();
    if (NT_SUCCESS(PnpOpenExistingKey(&Enum, KEY_READ, &Key))) {
        PnpVisitSubkeys(Key, &Root, PnpStartInstances);
        ZwClose(Key);
    }
    PnpDrain();
    PnpUnlockTree();
}
