/*
 * WMI: registration only. Providers register and unregister; nobody asks them yet.
 * [doc: IoWMIRegistrationControl]
 */
#include "iop.h"
#include <wmistr.h>

typedef struct _IOP_PROVIDER {
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device; /* referenced; with WMIREG_FLAG_CALLBACK an address in the driver */
    BOOLEAN Callback;
} IOP_PROVIDER;

static LIST_ENTRY IopProviders = { &IopProviders, &IopProviders }; /* PASSIVE_LEVEL */

static IOP_PROVIDER *IopFindProvider(PVOID Device)
{
    PLIST_ENTRY Link;

    for (Link = IopProviders.Flink; Link != &IopProviders; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, IOP_PROVIDER, Link)->Device == Device)
            return CONTAINING_RECORD(Link, IOP_PROVIDER, Link);
    return NULL;
}

static NTSTATUS IopRegisterProvider(PDEVICE_OBJECT Device, BOOLEAN Callback)
{
    IOP_PROVIDER *Provider;

    if (IopFindProvider(Device) != NULL)
        return STATUS_OBJECT_NAME_EXISTS;
    Provider = ExAllocatePoolWithTag(PagedPool, sizeof(*Provider), IOP_TAG_GENERAL);
    if (Provider == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Provider->Device = Device;
    Provider->Callback = Callback;
    if (!Callback)
        ObReferenceObject(Device);
    InsertTailList(&IopProviders, &Provider->Link);
    return STATUS_SUCCESS;
}

static NTSTATUS IopForgetProvider(PDEVICE_OBJECT Device)
{
    IOP_PROVIDER *Provider = IopFindProvider(Device);

    if (Provider == NULL)
        return STATUS_INVALID_PARAMETER;
    RemoveEntryList(&Provider->Link);
    if (!Provider->Callback)
        ObDereferenceObject(Device);
    ExFreePoolWithTag(Provider, IOP_TAG_GENERAL);
    return STATUS_SUCCESS;
}

NT_PARTIAL(IoWMIRegistrationControl, "queries: registered providers are never asked for their data");
NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action)
{
    const ULONG Callback = 0x80000000; /* WMIREG_FLAG_CALLBACK */

    switch (Action & 0xFFFF) {
    case WMIREG_ACTION_REGISTER:
        return IopRegisterProvider(DeviceObject, (Action & Callback) != 0);
    case WMIREG_ACTION_DEREGISTER:
        return IopForgetProvider(DeviceObject);
    case WMIREG_ACTION_REREGISTER:
    case WMIREG_ACTION_UPDATE_GUIDS:
    case WMIREG_ACTION_BLOCK_IRPS:
        return IopFindProvider(DeviceObject) != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

#undef IoWMIDeviceObjectToProviderId
NT_EXPORT(IoWMIDeviceObjectToProviderId);
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject);
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject)
{
    return (ULONG)(ULONG_PTR)DeviceObject;
}
