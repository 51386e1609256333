/* The I/O manager's smaller services: MDLs, share access, threads and requestors, stack limits, error log, shutdown
 * registration, reinitialization, empty buses, file system registration, WMI registration, power settings. */
#include "iodev.h"

/* In ntddk.h, which cannot be included after ntifs.h. */
NTHALAPI ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                   ULONG Length);
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel,
                                           ULONG BusInterruptVector, PKIRQL Irql, PKAFFINITY Affinity);

static PDRIVER_OBJECT Me;
static ULONG Reinits, FsTold;
static KEVENT Setting;
static ULONG SettingValue = 99;

static VOID test_mdl(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPool, 3 * PAGE_SIZE, 'tseT');
    PIRP Irp = IoAllocateIrp(1, FALSE);
    PMDL Mdl = IoAllocateMdl(Block + 100, PAGE_SIZE, FALSE, FALSE, Irp), Part, Second;

    ok(Mdl != NULL, "IoAllocateMdl");
    is_ptr(Irp->MdlAddress, Mdl, "is the IRP's");
    is_ulong(MmGetMdlByteCount(Mdl), PAGE_SIZE, "byte count");
    is_ulong(MmGetMdlByteOffset(Mdl), BYTE_OFFSET(Block + 100), "byte offset");
    is_ptr(MmGetMdlVirtualAddress(Mdl), Block + 100, "address");
    Second = IoAllocateMdl(Block, 10, TRUE, FALSE, Irp);
    is_ptr(Mdl->Next, Second, "a secondary MDL goes behind it");
    MmBuildMdlForNonPagedPool(Mdl);
    Part = IoAllocateMdl(Block + 200, 50, FALSE, FALSE, NULL);
    IoBuildPartialMdl(Mdl, Part, Block + 200, 50);
    ok(Part->MdlFlags & MDL_PARTIAL, "IoBuildPartialMdl");
    is_ulong(MmGetMdlByteCount(Part), 50, "its length");
    is_ptr(MmGetSystemAddressForMdlSafe(Part, NormalPagePriority), Block + 200, "its system address");
    is_hex(MmGetMdlPfnArray(Part)[0], MmGetMdlPfnArray(Mdl)[BYTE_OFFSET(Block + 100) + 100 >= PAGE_SIZE],
           "the same page");
    IoFreeMdl(Part);
    IoFreeMdl(Second);
    IoFreeMdl(Mdl);
    IoFreeIrp(Irp);
    ExFreePoolWithTag(Block, 'tseT');
}

static VOID test_share(VOID)
{
    SHARE_ACCESS Share;
    FILE_OBJECT One, Two;

    tap_fill(&Share);
    RtlZeroMemory(&One, sizeof(One));
    RtlZeroMemory(&Two, sizeof(Two));
    IoSetShareAccess(FILE_READ_DATA, FILE_SHARE_READ, &One, &Share);
    is_ulong(Share.OpenCount, 1, "one opener");
    is_ulong(Share.Readers, 1, "one reader");
    is_ulong(Share.SharedRead, 1, "that shares reading");
    is_status(IoCheckShareAccess(FILE_WRITE_DATA, FILE_SHARE_READ, &Two, &Share, TRUE), STATUS_SHARING_VIOLATION,
              "no writer");
    is_ulong(Share.OpenCount, 1, "not counted");
    is_status(IoCheckShareAccess(FILE_READ_DATA, FILE_SHARE_READ, &Two, &Share, FALSE), STATUS_SUCCESS,
              "a second reader");
    IoUpdateShareAccess(&Two, &Share);
    is_ulong(Share.OpenCount, 2, "counted by IoUpdateShareAccess");
    IoRemoveShareAccess(&One, &Share);
    IoRemoveShareAccess(&Two, &Share);
    is_ulong(Share.OpenCount, 0, "nobody");
    is_status(IoCheckShareAccess(FILE_READ_ATTRIBUTES, 0, &One, &Share, TRUE), STATUS_SUCCESS, "attributes");
    is_ulong(Share.OpenCount, 0, "do not count");
}

static VOID test_thread(VOID)
{
    ULONG_PTR Low, High, Here = (ULONG_PTR)&Low;
    PIRP Irp = IoAllocateIrp(1, FALSE);
    ULONG Session;

    is_ptr(IoGetCurrentProcess(), PsGetCurrentProcess(), "IoGetCurrentProcess");
    is_ptr(IoThreadToProcess(PsGetCurrentThread()), PsInitialSystemProcess, "IoThreadToProcess");
    IoGetStackLimits(&Low, &High);
    ok(Low < Here && Here < High, "IoGetStackLimits");
    is_ulong((ULONG)(High - Low), 0x6000, "24 KiB");
    ok(IoWithinStackLimits(Here, 8), "IoWithinStackLimits");
    ok(!IoWithinStackLimits(High, 8), "not behind it");
    is_ptr(IoGetInitialStack(), (PVOID)High, "IoGetInitialStack");
    is_ptr(IoGetTopLevelIrp(), NULL, "no top-level IRP");
    IoSetTopLevelIrp(Irp);
    is_ptr(IoGetTopLevelIrp(), Irp, "one is set");
    IoSetTopLevelIrp(NULL);
    is_ptr(IoGetRequestorProcess(Irp), NULL, "a driver's IRP has no requestor");
    is_ulong(IoGetRequestorProcessId(Irp), 0, "nor its ID");
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    is_ptr(IoGetRequestorProcess(Irp), PsInitialSystemProcess, "IoGetRequestorProcess");
    is_ulong(IoGetRequestorProcessId(Irp), (ULONG)(ULONG_PTR)PsGetCurrentProcessId(), "IoGetRequestorProcessId");
    is_status(IoGetRequestorSessionId(Irp, &Session), STATUS_SUCCESS, "IoGetRequestorSessionId");
    is_bool(IoIs32bitProcess(NULL), FALSE, "IoIs32bitProcess");
    ok(IoIsSystemThread(PsGetCurrentThread()), "IoIsSystemThread");
    is_bool(IoSetThreadHardErrorMode(FALSE), TRUE, "hard errors were enabled");
    is_bool(IoSetThreadHardErrorMode(TRUE), FALSE, "were disabled");
    IoSetDeviceToVerify(PsGetCurrentThread(), Device);
    is_ptr(IoGetDeviceToVerify(PsGetCurrentThread()), Device, "device to verify");
    IoSetDeviceToVerify(PsGetCurrentThread(), NULL);
    IoSetHardErrorOrVerifyDevice(Irp, Device);
    is_ptr(IoGetDeviceToVerify(PsGetCurrentThread()), Device, "by an IRP");
    IoSetDeviceToVerify(PsGetCurrentThread(), NULL);
    IoSetNextIrpStackLocation(Irp);
    is_bool(IoIsOperationSynchronous(Irp), FALSE, "IoIsOperationSynchronous");
    is_ulong(IoGetIoPriorityHint(Irp), IoPriorityNormal, "IoGetIoPriorityHint");
    Irp->Tail.Overlay.Thread = NULL;
    IoFreeIrp(Irp);
}

static VOID test_log(VOID)
{
    PIO_ERROR_LOG_PACKET Packet;

    is_ptr(IoAllocateErrorLogEntry(Device, sizeof(IO_ERROR_LOG_PACKET) - 1), NULL, "too small an entry");
    is_ptr(IoAllocateErrorLogEntry(Device, (UCHAR)(ERROR_LOG_MAXIMUM_SIZE + 1)), NULL, "too large");
    Packet = IoAllocateErrorLogEntry(Device, sizeof(*Packet));
    ok(Packet != NULL, "IoAllocateErrorLogEntry");
    ok(tap_all_bytes(Packet, sizeof(*Packet), 0), "zeroed");
    IoFreeErrorLogEntry(Packet);
    Packet = IoAllocateErrorLogEntry(Me, sizeof(*Packet));
    Packet->ErrorCode = STATUS_DEVICE_NOT_READY;
    IoWriteErrorLogEntry(Packet);
    ok(TRUE, "IoWriteErrorLogEntry");
}

static VOID test_hardware(VOID)
{
    USHORT Vendor = 0;
    ULONG Space = 0, Registers = 5;
    PHYSICAL_ADDRESS Address = { .QuadPart = 0x1000 }, Translated;
    KIRQL Irql = 9;
    KAFFINITY Affinity = 9;
    PKINTERRUPT Interrupt;
    DEVICE_DESCRIPTION Description = { .Version = DEVICE_DESCRIPTION_VERSION };

    is_ulong(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &Vendor, 0, 2), 2, "PCI bus 0 exists");
    is_hex(Vendor, 0xFFFF, "with an empty slot");
    is_ulong(HalGetBusData(PCIConfiguration, 200, 0, &Vendor, 2), 0, "bus 200 does not");
    is_ulong(HalSetBusDataByOffset(PCIConfiguration, 0, 0, &Vendor, 0, 2), 0, "nothing to write to");
    is_bool(HalTranslateBusAddress(Isa, 0, Address, &Space, &Translated), TRUE, "ISA addresses are physical ones");
    is_hex(Translated.QuadPart, 0x1000, "one to one");
    is_bool(HalTranslateBusAddress(PCIBus, 200, Address, &Space, &Translated), FALSE, "not on a bus that is none");
    is_ulong(HalGetInterruptVector(Isa, 9, 5, 5, &Irql, &Affinity), 0, "no interrupt vector on bus 9");
    is_hex(Affinity, 0, "for no processor");
    is_status(IoConnectInterrupt(&Interrupt, NULL, NULL, NULL, 5, 5, 5, LevelSensitive, FALSE, 1, FALSE),
              STATUS_INVALID_PARAMETER, "vector 5 is no device's");
    is_ptr(IoGetDmaAdapter(NULL, &Description, &Registers), NULL, "no DMA adapter");
    ok(IoGetConfigurationInformation()->DiskCount >= 1, "IoGetConfigurationInformation");
}

static VOID NTAPI reinit(PDRIVER_OBJECT Driver, PVOID Context, ULONG Count)
{
    Reinits++;
    is_ulong(Count, Reinits, "reinitialization %lu", Count);
    if (Reinits == 1) {
        IoRegisterDriverReinitialization(Driver, reinit, Context);
        return;
    }
    is_ulong(Reinits, 2, "registered again from its own routine");
    IoDeleteDevice(Device);
    done();
}

static VOID NTAPI fs_told(PDEVICE_OBJECT Target, BOOLEAN Active)
{
    if (Target == Device)
        FsTold += Active ? 1 : 10;
}

static VOID test_registrations(VOID)
{
    KIRQL Irql;

    is_status(IoRegisterShutdownNotification(Device), STATUS_SUCCESS, "shutdown notification");
    ok(Device->Flags & DO_SHUTDOWN_REGISTERED, "is marked in the device");
    IoUnregisterShutdownNotification(Device);
    ok(!(Device->Flags & DO_SHUTDOWN_REGISTERED), "and taken back");
    is_status(IoRegisterLastChanceShutdownNotification(Device), STATUS_SUCCESS, "last chance");
    IoUnregisterShutdownNotification(Device);
    is_status(IoRegisterFsRegistrationChange(Me, fs_told), STATUS_SUCCESS, "watch file systems");
    IoRegisterFileSystem(Device);
    is_ulong(FsTold, 1, "one registers");
    IoUnregisterFileSystem(Device);
    is_ulong(FsTold, 11, "and unregisters");
    IoUnregisterFsRegistrationChange(Me, fs_told);
    IoAcquireVpbSpinLock(&Irql);
    is_irql(DISPATCH_LEVEL, "the VPB lock raises IRQL");
    IoReleaseVpbSpinLock(Irql);
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS, "register with WMI");
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS, "and unregister");
    is_status(IoWMIRegistrationControl(Device, 999), STATUS_INVALID_PARAMETER, "no such action");
}

static NTSTATUS NTAPI setting(LPCGUID Guid, PVOID Value, ULONG Length, PVOID Context)
{
    UNREFERENCED_PARAMETER(Guid);
    UNREFERENCED_PARAMETER(Context);
    if (Length == sizeof(ULONG))
        SettingValue = *(PULONG)Value;
    KeSetEvent(&Setting, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static VOID test_power(VOID)
{
    static const GUID PowerSource = { 0x5D3E9A59, 0xE9D5, 0x4B00,
                                      { 0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48 } };
    PVOID Handle, State;
    ULONG Seconds;

    KeInitializeEvent(&Setting, NotificationEvent, FALSE);
    is_status(PoRegisterPowerSettingCallback(Device, &PowerSource, setting, NULL, &Handle), STATUS_SUCCESS,
              "watch the power source");
    KeWaitForSingleObject(&Setting, Executive, KernelMode, FALSE, NULL);
    is_ulong(SettingValue, 0, "mains");
    is_status(PoUnregisterPowerSettingCallback(Handle), STATUS_SUCCESS, "no more");
    State = PoRegisterSystemState(NULL, ES_SYSTEM_REQUIRED);
    ok(State != NULL, "PoRegisterSystemState");
    PoUnregisterSystemState(State);
    PoSetSystemState(ES_SYSTEM_REQUIRED);
    is_bool(PoQueryWatchdogTime(Device, &Seconds), FALSE, "no watchdog");
}

static VOID test_ea(VOID)
{
    UCHAR Raw[32] = { 0 };
    PFILE_FULL_EA_INFORMATION Ea = (PVOID)Raw;
    ULONG Error = 99;

    Ea->EaNameLength = 2;
    Ea->EaValueLength = 3;
    RtlCopyMemory(Ea->EaName, "AB\0xyz", 6);
    is_status(IoCheckEaBufferValidity(Ea, 14, &Error), STATUS_SUCCESS, "a valid EA list");
    is_status(IoCheckEaBufferValidity(Ea, 13, &Error), STATUS_EA_LIST_INCONSISTENT, "cut short");
    ok(IoGetFileObjectGenericMapping()->GenericRead == FILE_GENERIC_READ, "IoGetFileObjectGenericMapping");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Me = Driver;
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    test_mdl();
    test_share();
    test_thread();
    test_log();
    test_hardware();
    test_registrations();
    test_power();
    test_ea();
    IoRegisterDriverReinitialization(Driver, reinit, NULL);
    return STATUS_SUCCESS;
}
