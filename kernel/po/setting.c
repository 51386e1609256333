/*
 * Power settings: values that drivers and programs are told of. The machine is on mains power; the display goes off with
 * the system. [doc: PoRegisterPowerSettingCallback, Power Setting GUIDs] Left out: settings of power plans.
 */
#include "pop.h"

const GUID PopConsoleDisplayState = {
    0x6FE69556, 0x704A, 0x47A0, { 0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47 }
};

typedef struct _PO_SETTING {
    GUID Guid;
    ULONG Value;
} PO_SETTING;

/* Mains power, display on, lid open. */
static PO_SETTING PopSettings[] = {
    { { 0x5D3E9A59, 0xE9D5, 0x4B00, { 0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48 } }, 0 },   /* ACDC_POWER_SOURCE */
    { { 0xA7AD8041, 0xB45A, 0x4CAE, { 0x87, 0xA3, 0xEE, 0xCB, 0xB4, 0x68, 0xA9, 0xE1 } }, 100 }, /* BATTERY_PERCENTAGE */
    { { 0x02731015, 0x4510, 0x4526, { 0x99, 0xE6, 0xE5, 0xA1, 0x7E, 0xBD, 0x1A, 0xEA } }, 1 },   /* MONITOR_POWER_ON */
    { { 0x6FE69556, 0x704A, 0x47A0, { 0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47 } }, 1 },   /* CONSOLE_DISPLAY_STATE */
    { { 0xBA3E0F4D, 0xB817, 0x4094, { 0xA2, 0xD1, 0xD5, 0x63, 0x79, 0xE6, 0xA0, 0xF3 } }, 1 },   /* LIDSWITCH_STATE_CHANGE */
    { { 0x98A7F580, 0x01F7, 0x48AA, { 0x9C, 0x0F, 0x44, 0x35, 0x2C, 0x29, 0xE5, 0xC0 } }, 0 },   /* SYSTEM_AWAYMODE */
};

typedef struct _PO_CALLBACK {
    LIST_ENTRY Entry;      /* PopCallbacks; PASSIVE_LEVEL */
    GUID Guid;
    PPOWER_SETTING_CALLBACK Routine;
    PVOID Context;
    PDEVICE_OBJECT Device; /* referenced, or NULL */
    WORK_QUEUE_ITEM Item;
    KEVENT Idle;           /* set while the first call is not on its way */
    ULONG Value;
} PO_CALLBACK;

static LIST_ENTRY PopCallbacks = { &PopCallbacks, &PopCallbacks };

static VOID NTAPI PopFirstCall(PVOID Parameter)
{
    PO_CALLBACK *Callback = Parameter;

    Callback->Routine(&Callback->Guid, &Callback->Value, sizeof(Callback->Value), Callback->Context);
    KeSetEvent(&Callback->Idle, IO_NO_INCREMENT, FALSE);
}

/* [doc: PoRegisterPowerSettingCallback] the routine is called once with the present value, then at each change. */
NT_EXPORT(PoRegisterPowerSettingCallback);
NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid,
                                              PPOWER_SETTING_CALLBACK Callback, PVOID Context, PVOID *Handle)
{
    PO_CALLBACK *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), PO_TAG);
    ULONG i;

    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Entry->Guid = *SettingGuid;
    Entry->Routine = Callback;
    Entry->Context = Context;
    Entry->Device = DeviceObject;
    if (DeviceObject != NULL)
        ObReferenceObject(DeviceObject);
    KeInitializeEvent(&Entry->Idle, NotificationEvent, TRUE);
    for (i = 0; i < RTL_NUMBER_OF(PopSettings); i++) {
        if (!IsEqualGUID(&PopSettings[i].Guid, SettingGuid))
            continue;
        Entry->Value = PopSettings[i].Value;
        KeClearEvent(&Entry->Idle);
        ExInitializeWorkItem(&Entry->Item, PopFirstCall, Entry);
        ExQueueWorkItem(&Entry->Item, DelayedWorkQueue);
    }
    InsertTailList(&PopCallbacks, &Entry->Entry);
    if (Handle != NULL)
        *Handle = Entry;
    return STATUS_SUCCESS;
}

NT_EXPORT(PoUnregisterPowerSettingCallback);
NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID Handle)
{
    PO_CALLBACK *Entry = Handle;

    RemoveEntryList(&Entry->Entry);
    KeWaitForSingleObject(&Entry->Idle, Executive, KernelMode, FALSE, NULL);
    if (Entry->Device != NULL)
        ObDereferenceObject(Entry->Device);
    ExFreePoolWithTag(Entry, PO_TAG);
    return STATUS_SUCCESS;
}

/* Each callback is marked while it runs, so that it cannot be freed under it. */
VOID PopChangeSetting(const GUID *Setting, ULONG Value)
{
    PLIST_ENTRY Link = PopCallbacks.Flink;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(PopSettings); i++)
        if (IsEqualGUID(&PopSettings[i].Guid, Setting))
            PopSettings[i].Value = Value;
    while (Link != &PopCallbacks) {
        PO_CALLBACK *Entry = CONTAINING_RECORD(Link, PO_CALLBACK, Entry);

        if (IsEqualGUID(&Entry->Guid, Setting)) {
            KeWaitForSingleObject(&Entry->Idle, Executive, KernelMode, FALSE, NULL);
            KeClearEvent(&Entry->Idle);
            Entry->Value = Value;
            Entry->Routine(&Entry->Guid, &Entry->Value, sizeof(Entry->Value), Entry->Context);
            Link = Link->Flink;
            KeSetEvent(&Entry->Idle, IO_NO_INCREMENT, FALSE);
        } else {
            Link = Link->Flink;
        }
    }
}
