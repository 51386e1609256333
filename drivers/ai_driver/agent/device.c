/*
 * The agent's handle to ai_driver's device. An open handle holds up the removal of a device, so the
 * agent lets go when Windows asks whether the device may be removed, and tries again when it was
 * not, or when the device is back. Where there is no CM_Register_Notification (before Windows 8,
 * Wine) the next sample that is refused closes the handle. [doc: CM_Register_Notification,
 * CM_NOTIFY_ACTION, CM_Unregister_Notification (cfgmgr32.h)]
 */
#include "agent.h"

/* What the agent uses of cfgmgr32.dll. */
static struct {
    bool Looked;
    CONFIGRET(WINAPI *Register)(PCM_NOTIFY_FILTER, PVOID, PCM_NOTIFY_CALLBACK, PHCMNOTIFICATION);
    CONFIGRET(WINAPI *Unregister)(HCMNOTIFICATION);
} Library;

static bool FindLibrary(void)
{
    HMODULE Module = Library.Looked ? NULL : LoadLibraryW(L"cfgmgr32.dll");

    if (Module != NULL && (!AgentBind(Module, "CM_Register_Notification", &Library.Register) ||
                           !AgentBind(Module, "CM_Unregister_Notification", &Library.Unregister)))
        Library.Register = NULL;
    Library.Looked = true;
    return Library.Register != NULL;
}

/*
 * A refusal that concerns this sample alone leaves the handle open; any other may mean that the
 * device has gone, and an open handle would keep its driver loaded.
 */
bool AgentKeepsDevice(DWORD Error)
{
    return Error == 0 || Error == ERROR_SHARING_VIOLATION || Error == ERROR_INVALID_PARAMETER ||
           Error == ERROR_NO_SYSTEM_RESOURCES;
}

/* The caller has the lock. */
static void Close(AGENT_DEVICE *Device)
{
    AiClose(Device->Handle);
    Device->Handle = NULL;
}

static DWORD CALLBACK OnEvent(HCMNOTIFICATION Watch, PVOID Context, CM_NOTIFY_ACTION Action,
                              PCM_NOTIFY_EVENT_DATA Data, DWORD Bytes)
{
    AGENT_DEVICE *Device = Context;

    (void)Watch;
    (void)Data;
    (void)Bytes;
    EnterCriticalSection(&Device->Lock);
    switch (Action) {
    case CM_NOTIFY_ACTION_DEVICEQUERYREMOVE:
    case CM_NOTIFY_ACTION_DEVICEREMOVEPENDING:
        Device->Leaving = true;
        Close(Device);
        break;
    case CM_NOTIFY_ACTION_DEVICEQUERYREMOVEFAILED:
    case CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE: Device->Leaving = false; break;
    default: break;
    }
    LeaveCriticalSection(&Device->Lock);
    return ERROR_SUCCESS;
}

/* Without the lock, for which the callback may wait while this waits for the callback. */
static void Forget(AGENT_DEVICE *Device)
{
    if (Device->Watch != NULL)
        Library.Unregister(Device->Watch);
    Device->Watch = NULL;
}

static void WatchHandle(AGENT_DEVICE *Device)
{
    CM_NOTIFY_FILTER Filter = {.cbSize = sizeof(Filter),
                               .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE};

    Filter.u.DeviceHandle.hTarget = Device->Handle;
    if (!FindLibrary() ||
        Library.Register(&Filter, Device, OnEvent, &Device->Watch) != CR_SUCCESS)
        Device->Watch = NULL;
}

/* Only this thread opens, so between the two locks the handle can but be closed. */
static DWORD Open(AGENT_DEVICE *Device)
{
    bool Leaving, There;
    DWORD Error;

    EnterCriticalSection(&Device->Lock);
    Leaving = Device->Leaving;
    There = Device->Handle != NULL;
    LeaveCriticalSection(&Device->Lock);
    if (There)
        return 0;
    if (Leaving)
        return ERROR_DEV_NOT_EXIST;
    Forget(Device);
    Error = AiOpen(TRUE, &Device->Handle);
    if (Error == 0)
        WatchHandle(Device);
    return Error;
}

DWORD AgentDevicePublish(AGENT_DEVICE *Device, AI_GPU_SAMPLE *Sample)
{
    DWORD Error = Open(Device);

    if (Error != 0)
        return Error;
    EnterCriticalSection(&Device->Lock);
    Error = Device->Handle == NULL ? ERROR_DEV_NOT_EXIST
                                   : AiPublishSample(Device->Handle, Sample, NULL);
    if (!AgentKeepsDevice(Error))
        Close(Device);
    LeaveCriticalSection(&Device->Lock);
    return Error;
}

void AgentDeviceStart(AGENT_DEVICE *Device)
{
    memset(Device, 0, sizeof(*Device));
    InitializeCriticalSection(&Device->Lock);
}

void AgentDeviceEnd(AGENT_DEVICE *Device)
{
    Forget(Device);
    Close(Device);
    DeleteCriticalSection(&Device->Lock);
}
