/*
 * CM_Register_Notification with the device of tests/cli/drivers/interface.c: what is told of
 * interfaces, of a device by a handle, of device instances, who can refuse a removal, and what
 * wrong arguments get. With the argument "leave" it ends while it is registered.
 */
#define UNICODE
#include <windows.h>
#include <winioctl.h>
#include <initguid.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <string.h>
#include "../../programs/tap.h"

CMAPI CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER, PVOID, PCM_NOTIFY_CALLBACK,
                                                PHCMNOTIFICATION);
CMAPI CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID, DEVINSTID_W, PWSTR, ULONG, ULONG);

DEFINE_GUID(InterfaceClass, 0x5f3a1c20, 0x7b1e, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33,
            0x44);
DEFINE_GUID(NoClass, 0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77);
#define INSTANCE L"ROOT\\INTERFACE\\0000"
#define ROOM 32

/* What came, as letters: A(rrival) R(emoval) q(uery) f(ailed) p(ending) c(omplete) x: custom,
 * e(numerated) s(tarted) g(one). */
typedef struct {
    char events[ROOM];
    volatile LONG count;
    HANDLE came;         /* a semaphore: one an event */
    HANDLE *close;       /* closed when the removal is asked for */
    DWORD answer;        /* to a query */
    DWORD thread;
    HCMNOTIFICATION handle;
    ULONG status;        /* of the device, as it is seen in a query; */
    int complete;        /* the data was as it should be */
    CM_NOTIFY_FILTER_TYPE type;
    WCHAR text[300];     /* of the last event */
} HEARD;

static WCHAR path[300];
static DEVINST node;

static int check_custom(const CM_NOTIFY_EVENT_DATA *data, DWORD bytes)
{
    return IsEqualGUID(&data->u.DeviceHandle.EventGuid, &InterfaceClass) &&
           data->u.DeviceHandle.NameOffset == 3 && data->u.DeviceHandle.DataSize == 13 &&
           memcmp(data->u.DeviceHandle.Data, "abc", 3) == 0 &&
           memcmp(data->u.DeviceHandle.Data + 3, L"name", 10) == 0 &&
           bytes == FIELD_OFFSET(CM_NOTIFY_EVENT_DATA, u.DeviceHandle.Data) + 13;
}

static int check_data(HEARD *heard, CM_NOTIFY_ACTION action, const CM_NOTIFY_EVENT_DATA *data,
                      DWORD bytes)
{
    const WCHAR *text = data->u.DeviceInstance.InstanceId;
    DWORD offset = FIELD_OFFSET(CM_NOTIFY_EVENT_DATA, u.DeviceInstance.InstanceId);

    if (data->FilterType != heard->type || data->Reserved != 0)
        return 0;
    if (action == CM_NOTIFY_ACTION_DEVICECUSTOMEVENT)
        return check_custom(data, bytes);
    if (data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE)
        return data->u.DeviceHandle.DataSize == 0;
    if (data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE) {
        text = data->u.DeviceInterface.SymbolicLink;
        offset = FIELD_OFFSET(CM_NOTIFY_EVENT_DATA, u.DeviceInterface.SymbolicLink);
    }
    wcscpy(heard->text, text);
    return bytes == offset + (wcslen(text) + 1) * sizeof(WCHAR);
}

static DWORD CALLBACK hear(HCMNOTIFICATION handle, PVOID context, CM_NOTIFY_ACTION action,
                           PCM_NOTIFY_EVENT_DATA data, DWORD bytes)
{
    HEARD *heard = context;
    LONG at = heard->count;
    ULONG problem;

    heard->complete &=
        check_data(heard, action, data, bytes) && (at == 0 || heard->handle == handle);
    heard->handle = handle;
    heard->thread = GetCurrentThreadId();
    if (at < ROOM - 1)
        heard->events[at] = "ARqfpcxesg"[action];
    heard->count = at + 1;
    if (action == CM_NOTIFY_ACTION_DEVICEQUERYREMOVE) {
        CM_Get_DevNode_Status(&heard->status, &problem, node, 0);
        if (heard->close != NULL)
            CloseHandle(*heard->close);
    }
    ReleaseSemaphore(heard->came, 1, NULL);
    return action == CM_NOTIFY_ACTION_DEVICEQUERYREMOVE ? heard->answer : ERROR_SUCCESS;
}

/* Waits until the events are those. */
static int hears(HEARD *heard, const char *events)
{
    while (heard->count < (LONG)strlen(events))
        if (WaitForSingleObject(heard->came, 60000) != WAIT_OBJECT_0)
            break;
    if (strcmp(heard->events, events) != 0)
        printf("# heard %s, not %s\n", heard->events, events);
    return strcmp(heard->events, events) == 0;
}

static void start_hearing(HEARD *heard, CM_NOTIFY_FILTER_TYPE type)
{
    memset(heard, 0, sizeof(*heard));
    heard->came = CreateSemaphoreA(NULL, 0, 1000, NULL);
    heard->complete = 1;
    heard->type = type;
}

static CONFIGRET watch(HEARD *heard, CM_NOTIFY_FILTER_TYPE type, DWORD flags, const void *what,
                       HCMNOTIFICATION *handle)
{
    CM_NOTIFY_FILTER filter = {.cbSize = sizeof(filter), .Flags = flags, .FilterType = type};

    if (type == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE && what != NULL)
        filter.u.DeviceInterface.ClassGuid = *(const GUID *)what;
    if (type == CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE)
        filter.u.DeviceHandle.hTarget = (HANDLE)what;
    if (type == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE && what != NULL)
        wcscpy(filter.u.DeviceInstance.InstanceId, what);
    start_hearing(heard, type);
    return CM_Register_Notification(&filter, heard, hear, handle);
}

static HANDLE open_device(void)
{
    return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
}

static BOOL control(HANDLE device, DWORD function)
{
    DWORD used;

    return DeviceIoControl(
        device, CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0,
        NULL, 0, &used, NULL);
}

static CONFIGRET remove_device(PNP_VETO_TYPE *veto, WCHAR *name)
{
    return CM_Query_And_Remove_SubTreeW(node, veto, name, MAX_PATH, CM_REMOVE_UI_NOT_OK);
}

static void test_wrong(void)
{
    CM_NOTIFY_FILTER filter = {.cbSize = sizeof(filter),
                               .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE};
    HCMNOTIFICATION handle = (HCMNOTIFICATION)1;
    HEARD heard;

    OK(CM_Register_Notification(NULL, NULL, hear, &handle) == CR_INVALID_POINTER && handle == NULL,
       "no filter");
    OK(CM_Register_Notification(&filter, NULL, NULL, &handle) == CR_INVALID_POINTER, "no callback");
    OK(CM_Register_Notification(&filter, NULL, hear, NULL) == CR_INVALID_POINTER,
       "nowhere to put the handle");
    filter.cbSize = 8;
    OK(CM_Register_Notification(&filter, NULL, hear, &handle) == CR_INVALID_DATA,
       "a filter of a wrong size");
    filter.cbSize = sizeof(filter);
    filter.FilterType = CM_NOTIFY_FILTER_TYPE_MAX;
    OK(CM_Register_Notification(&filter, NULL, hear, &handle) == CR_INVALID_DATA,
       "of an unknown type");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 2, NULL, &handle) == CR_INVALID_FLAG,
       "all devices, with a class");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE, 1, NULL, &handle) == CR_INVALID_FLAG,
       "all classes, with a device");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 1, &NoClass, &handle) ==
           CR_INVALID_DATA,
       "all classes and one");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE, 2, INSTANCE, &handle) == CR_INVALID_DATA,
       "all devices and one");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE, 0, NULL, &handle) == CR_INVALID_DATA,
       "no device");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE, 0, NULL, &handle) == CR_INVALID_DATA,
       "no handle");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE, 0, heard.came, &handle) == CR_INVALID_DATA,
       "a handle of no file");
    OK(handle == NULL, "and no registration is left");
    OK(CM_Unregister_Notification(NULL) == CR_INVALID_DATA, "unregister nothing");
    OK(CM_Unregister_Notification((HCMNOTIFICATION)&filter) == CR_INVALID_DATA,
       "and what is no registration");
}

static void test_interfaces(void)
{
    HEARD mine, all, none;
    HCMNOTIFICATION a, b, c;
    HANDLE device = open_device();

    OK(watch(&mine, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 0, &InterfaceClass, &a) == CR_SUCCESS &&
           a != NULL,
       "one class");
    OK(watch(&all, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 1, NULL, &b) == CR_SUCCESS,
       "all classes");
    OK(watch(&none, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 0, &NoClass, &c) == CR_SUCCESS,
       "another class");
    OK(control(device, 0x800), "the driver enables its second interface");
    OK(hears(&mine, "A") && hears(&all, "A"),
       "who watches its class or all hears that it is there");
    OK(_wcsnicmp(mine.text, L"\\\\?\\ROOT#INTERFACE#0000#{5f3a1c20-", 34) == 0 &&
           wcsstr(mine.text, L"\\second") != NULL,
       "by its name");
    OK(mine.handle == a && mine.thread != GetCurrentThreadId(),
       "with its registration, in another thread");
    OK(control(device, 0x801) && hears(&mine, "AR") && hears(&all, "AR"),
       "disabled: it is not there any more");
    OK(CM_Unregister_Notification(b) == CR_SUCCESS &&
           CM_Unregister_Notification(b) == CR_INVALID_DATA,
       "unregistered once");
    OK(control(device, 0x800) && control(device, 0x801) && hears(&mine, "ARAR"),
       "enabled and disabled");
    OK(CM_Unregister_Notification(a) == CR_SUCCESS && CM_Unregister_Notification(c) == CR_SUCCESS,
       "unregister");
    OK(strcmp(all.events, "AR") == 0 && none.count == 0, "the others have heard nothing of it");
    OK(mine.complete && all.complete, "all data was complete");
    CloseHandle(device);
}

static void test_vetoes(void)
{
    HEARD heard, other;
    HCMNOTIFICATION a, b;
    HANDLE device = open_device();
    PNP_VETO_TYPE veto = PNP_VetoTypeUnknown;
    WCHAR name[MAX_PATH] = L"";

    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE, 0, device, &a) == CR_SUCCESS,
       "register by a handle");
    OK(watch(&other, CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE, 0, device, &b) == CR_SUCCESS, "twice");
    heard.answer = ERROR_CANCELLED;
    OK(remove_device(&veto, name) == CR_REMOVE_VETOED && veto == PNP_VetoWindowsApp,
       "a program refuses the removal");
    OK(wcsstr(name, L"notify.exe") != NULL, "and is named");
    OK(hears(&heard, "qf"), "it was asked, and heard that the device stays");
    OK(hears(&other, "f"), "so has the other, which was not asked any more");
    OK(heard.status & DN_STARTED, "the device ran while it was asked");
    heard.answer = ERROR_SUCCESS;
    OK(remove_device(&veto, name) == CR_REMOVE_VETOED && veto == PNP_VetoOutstandingOpen &&
           wcscmp(name, INSTANCE) == 0,
       "all agree, but a handle is open");
    OK(hears(&heard, "qfqf"), "they hear that too");
    OK(control(device, 0x803), "now the driver refuses");
    CloseHandle(device);
    OK(remove_device(&veto, name) == CR_REMOVE_VETOED && veto == PNP_VetoDevice &&
           wcscmp(name, INSTANCE) == 0,
       "it is asked last");
    OK(hears(&heard, "qfqfqf"), "and programs hear that the device stays");
    device = open_device();
    OK(control(device, 0x802) && hears(&heard, "qfqfqfx"),
       "a custom event reaches who has closed the handle meanwhile");
    OK(control(device, 0x803), "the driver would agree again");
    CloseHandle(device);
    OK(CM_Unregister_Notification(a) == CR_SUCCESS && CM_Unregister_Notification(b) == CR_SUCCESS,
       "unregister");
    OK(heard.complete && other.complete, "all data was complete");
}

static void test_removal(void)
{
    HEARD heard, instance, all, class;
    HCMNOTIFICATION a, b, c, d;
    HANDLE device = open_device();
    PNP_VETO_TYPE veto;
    WCHAR name[MAX_PATH];
    ULONG status, problem;

    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE, 0, device, &a) == CR_SUCCESS,
       "register by a handle");
    OK(watch(&instance, CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE, 0, L"root\\Interface\\0000", &b) ==
           CR_SUCCESS,
       "and by instance");
    OK(watch(&all, CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE, 2, NULL, &c) == CR_SUCCESS,
       "and all instances");
    OK(watch(&class, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 0, &InterfaceClass, &d) == CR_SUCCESS,
       "and the class");
    heard.close = &device;
    OK(remove_device(&veto, name) == CR_SUCCESS && veto == PNP_VetoTypeUnknown && name[0] == 0,
       "removed, as the handle is closed when it is asked for");
    OK(hears(&heard, "qpc"), "asked, pending, complete");
    OK(CM_Get_DevNode_Status(&status, &problem, node, 0) == CR_SUCCESS &&
           problem == CM_PROB_WILL_BE_REMOVED,
       "it is stopped");
    OK(hears(&class, "R"), "its interface is gone");
    OK(CM_Setup_DevNode(node, CM_SETUP_DEVNODE_READY) == CR_SUCCESS, "it is started again");
    OK(hears(&instance, "s") && hears(&all, "s") && hears(&class, "RA"),
       "which is told of it and of its interface");
    OK(_wcsicmp(instance.text, INSTANCE) == 0, "by its instance path");
    OK(heard.count == 3, "who watched the removed device hears no more");
    OK(CM_Unregister_Notification(a) == CR_SUCCESS && CM_Unregister_Notification(b) == CR_SUCCESS &&
           CM_Unregister_Notification(c) == CR_SUCCESS &&
           CM_Unregister_Notification(d) == CR_SUCCESS,
       "unregister");
    OK(heard.complete && instance.complete && all.complete && class.complete,
       "all data was complete");
}

/* One that watches ends, and is asked no more. */
static int leave(void)
{
    HEARD heard;
    HCMNOTIFICATION a, b, c;

    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE, 0, open_device(), &a) == CR_SUCCESS,
       "registered, and leaving: device");
    heard.answer = ERROR_CANCELLED;
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE, 1, NULL, &b) == CR_SUCCESS,
       "registered, and leaving: interfaces");
    OK(watch(&heard, CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE, 2, NULL, &c) == CR_SUCCESS,
       "registered, and leaving: instances");
    return tap_end();
}

int main(int argc, char **argv)
{
    GUID class = InterfaceClass;
    WCHAR id[] = INSTANCE;

    OK(CM_Locate_DevNodeW(&node, id, 0) == CR_SUCCESS, "the device");
    OK(CM_Get_Device_Interface_ListW(&class, NULL, path, 300, 0) == CR_SUCCESS && path[0] != 0,
       "its interface");
    if (argc > 1 && strcmp(argv[1], "leave") == 0)
        return leave();
    test_wrong();
    test_interfaces();
    test_vetoes();
    test_removal();
    return tap_end();
}
