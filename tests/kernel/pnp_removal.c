/* Removal of devices: ejection with its refusal, open handles, removal relations, the flags of the device's state. */
#include "pnpbus.h"

static VOID setup(VOID)
{
    static const char *const Names[] = { "a", "b", "c" };
    static const PCWSTR Instances[] = { L"1", L"2", L"3" };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Names); i++)
        Child[i] = (CHILD){ .Name = Names[i], .DeviceId = L"DDTEST\\Thing", .Instance = Instances[i], .UniqueId = TRUE,
                            .HardwareIds = L"DDTEST\\Thing\0", .Present = TRUE, .Ejectable = i != 2, .Removable = TRUE };
}

/* What is asked for below is done by a worker before this returns. */
static VOID wait_for_worker(VOID)
{
    enumerate();
}

static VOID eject(CHILD *This)
{
    log_clear();
    IoRequestDeviceEject(This->Pdo);
    wait_for_worker();
}

static VOID bring_back(CHILD *This)
{
    This->Present = TRUE;
    enumerate();
    ok(This->Fdo != NULL, "%s is back", This->Name);
}

static PFILE_OBJECT open_device(CHILD *This, NTSTATUS Expected, const char *What)
{
    union { OBJECT_NAME_INFORMATION Info; WCHAR Room[128]; } Name;
    PFILE_OBJECT File = NULL;
    PDEVICE_OBJECT Top;
    ULONG Length;

    ObQueryNameString(This->Pdo, &Name.Info, sizeof(Name), &Length);
    is_status(IoGetDeviceObjectPointer(&Name.Info.Name, FILE_READ_DATA, &File, &Top), Expected, "%s", What);
    return File;
}

/* ---- ejection ---- */

static VOID test_eject(VOID)
{
    eject(&Child[0]);
    is_string(Log, "a.query_remove a.remove a.eject a.remove ", "an orderly removal, then the bus lets go");
    is_ptr(Child[0].Pdo, NULL, "the device is gone");
    Child[0].Lockable = TRUE;
    bring_back(&Child[0]);
    eject(&Child[0]);
    is_string(Log, "a.query_remove a.remove a.lock a.eject a.remove ", "one that can be locked is unlocked first");
    Child[0].Lockable = FALSE;
    bring_back(&Child[0]);
    Child[0].QueryRemoveStatus = STATUS_DEVICE_BUSY;
    eject(&Child[0]);
    is_string(Log, "a.query_remove a.cancel_remove ", "its driver refuses");
    ok(Child[0].Fdo != NULL, "and it stays");
    Child[0].QueryRemoveStatus = STATUS_SUCCESS;
    eject(&Child[2]);
    is_string(Log, "c.query_remove c.remove ", "removable, but the bus cannot eject: no IRP_MN_EJECT");
    Child[2].Present = FALSE;
    enumerate();
    bring_back(&Child[2]);
}

static VOID test_open_handle(VOID)
{
    PFILE_OBJECT File = open_device(&Child[0], STATUS_SUCCESS, "open the device");

    eject(&Child[0]);
    is_string(Log, "a.query_remove a.cancel_remove ", "an open handle is in the way");
    ObDereferenceObject(File);
    File = open_device(&Child[0], STATUS_SUCCESS, "it can be opened again");
    ObDereferenceObject(File);
}

/* ---- relations ---- */

static VOID test_relations(VOID)
{
    Child[0].Removal = Child[1].Pdo;
    eject(&Child[0]);
    is_string(Log, "a.query_remove b.query_remove a.remove b.remove a.eject a.remove ",
              "a removal relation goes along, but is not ejected");
    Child[0].Removal = NULL;
    ok(Child[1].Pdo != NULL && Child[1].Fdo == NULL, "it is there, without drivers");
    Child[1].Present = FALSE;
    enumerate();
    bring_back(&Child[1]);
    bring_back(&Child[0]);
    Child[1].QueryRemoveStatus = STATUS_DEVICE_BUSY;
    Child[0].Removal = Child[1].Pdo;
    eject(&Child[0]);
    is_string(Log, "a.query_remove b.query_remove b.cancel_remove a.cancel_remove ", "one refuses: all are told");
    Child[0].Removal = NULL;
    Child[1].QueryRemoveStatus = STATUS_SUCCESS;
}

/* ---- surprise ---- */

static VOID test_surprise(VOID)
{
    PFILE_OBJECT File = open_device(&Child[1], STATUS_SUCCESS, "open a device");
    PDEVICE_OBJECT Old = Child[1].Pdo;

    Child[1].Present = FALSE;
    log_clear();
    enumerate();
    is_string(Log, "b.surprise ", "pulled out while it is open: not removed yet");
    is_ptr(Child[1].Pdo, Old, "its object is there");
    open_device(&Child[1], STATUS_NO_SUCH_DEVICE, "it cannot be opened any more");
    log_clear();
    ObDereferenceObject(File);
    wait_for_worker();
    is_string(Log, "b.remove ", "removed when the last handle is closed");
    bring_back(&Child[1]);
}

/* Plugged in again, under the same name, before the old one is gone. */
static VOID test_replug(VOID)
{
    PFILE_OBJECT File = open_device(&Child[1], STATUS_SUCCESS, "open a device");

    Child[1].Present = FALSE;
    enumerate();
    Child[3] = Child[1];
    Child[3].Name = "d";
    Child[3].Pdo = Child[3].Fdo = NULL;
    Child[3].Present = TRUE;
    log_clear();
    enumerate();
    is_string(Log, "", "its name is taken: it waits");
    ObDereferenceObject(File);
    wait_for_worker();
    is_string(Log, "b.remove d.add d.start ", "then it is started");
}

/* ---- what a device says of itself ---- */

static VOID change_state(CHILD *This, PNP_DEVICE_STATE State)
{
    This->State = State;
    log_clear();
    IoInvalidateDeviceState(This->Pdo);
    wait_for_worker();
    This->State = 0;
}

static VOID replug(CHILD *This)
{
    This->Present = FALSE;
    enumerate();
    bring_back(This);
}

static VOID test_state(VOID)
{
    change_state(&Child[0], PNP_DEVICE_DONT_DISPLAY_IN_UI);
    is_string(Log, "", "not to be displayed: nothing happens to it");
    change_state(&Child[0], PNP_DEVICE_FAILED);
    is_string(Log, "a.surprise a.remove ", "failed: its drivers go");
    replug(&Child[0]);
    change_state(&Child[0], PNP_DEVICE_DISABLED);
    is_string(Log, "a.query_remove a.remove ", "disabled by its hardware: an orderly removal");
    replug(&Child[0]);
    change_state(&Child[0], PNP_DEVICE_REMOVED);
    is_string(Log, "a.surprise a.remove ", "removed");
    replug(&Child[0]);
    change_state(&Child[0], PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED | PNP_DEVICE_FAILED);
    is_string(Log, "a.query_stop a.stop a.start ", "other resources, after a stop");
    change_state(&Child[0], PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    is_string(Log, "a.start ", "other resources, without");
}

static VOID test_bus(VOID)
{
    setup();
    drive_id(L"Thing");
    log_clear();
    enumerate();
    is_string(Log, "a.add a.start b.add b.start c.add c.start ", "three devices");
    test_eject();
    test_open_handle();
    test_relations();
    test_surprise();
    test_replug();
    test_state();
    Child[2].QueryRemoveStatus = STATUS_DEVICE_BUSY;
    log_clear();
}

static VOID last_checks(VOID)
{
    if (BusPdo != NULL)
        is_string(Log, "c.query_remove c.cancel_remove c.surprise d.surprise a.surprise bus.surprise c.remove d.remove "
                       "a.remove bus.remove ", "one refuses when the driver is unloaded: the bus goes by surprise");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UnloadHook = last_checks;
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
