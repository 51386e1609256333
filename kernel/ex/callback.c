/*
 * Callback objects: named lists of routines that a driver or the system notifies. \Callback holds
 * the system's own. Registrations are called in the order in which they were made; unregistering
 * waits until a running call is over.
 */
#include "exp.h"
#include "../ob/ob.h"

typedef struct _CALLBACK_OBJECT {
    ULONG Signature; /* 'Call' */
    BOOLEAN AllowMultiple;
    KSPIN_LOCK Lock; /* Registrations and what is in them */
    LIST_ENTRY Registrations;
} CALLBACK_OBJECT;

typedef struct _EXP_REGISTRATION {
    LIST_ENTRY Link;         /* CALLBACK_OBJECT.Registrations */
    PCALLBACK_OBJECT Object; /* referenced */
    PCALLBACK_FUNCTION Function;
    PVOID Context;
    ULONG Busy;     /* calls under way */
    BOOLEAN Doomed; /* being unregistered: not called any more */
    KEVENT NotBusy;
} EXP_REGISTRATION;

#define EXP_CALLBACK_SIGNATURE 'llaC'

static POBJECT_TYPE ExpCallbackObjectType;

static VOID ExpDeleteCallback(PVOID Object)
{
    DD_ASSERT(IsListEmpty(&((PCALLBACK_OBJECT)Object)->Registrations));
}

static NTSTATUS ExpCreateCallbackObject(POBJECT_ATTRIBUTES Attributes, BOOLEAN AllowMultiple,
                                        PCALLBACK_OBJECT *Result)
{
    PCALLBACK_OBJECT Object;
    HANDLE Handle;
    NTSTATUS Status = ObCreateObject(KernelMode, ExpCallbackObjectType, Attributes, KernelMode,
                                     NULL, sizeof(*Object), 0, 0, (PVOID *)&Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Object->Signature = EXP_CALLBACK_SIGNATURE;
    Object->AllowMultiple = AllowMultiple;
    KeInitializeSpinLock(&Object->Lock);
    InitializeListHead(&Object->Registrations);
    ObfReferenceObject(Object);
    Status = ObInsertObject(Object, NULL, 1, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Object);
        return Status;
    }
    ZwClose(Handle);
    *Result = Object;
    return Status;
}

NT_EXPORT(ExCreateCallback);
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject,
                                POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                                BOOLEAN AllowMultipleCallbacks)
{
    OBJECT_ATTRIBUTES Attributes = *ObjectAttributes;
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    HANDLE Handle;

    *CallbackObject = NULL;
    Attributes.Attributes |= OBJ_KERNEL_HANDLE;
    if (Attributes.ObjectName != NULL) {
        Status = ObOpenObjectByName(&Attributes, ExpCallbackObjectType, KernelMode, NULL, 0, NULL,
                                    &Handle);
        if (NT_SUCCESS(Status)) {
            Status = ObReferenceObjectByHandle(Handle, 0, ExpCallbackObjectType, KernelMode,
                                               (PVOID *)CallbackObject, NULL);
            ZwClose(Handle);
            return Status;
        }
    }
    if (!Create)
        return Status;
    Attributes.Attributes |= OBJ_OPENIF;
    return ExpCreateCallbackObject(&Attributes, AllowMultipleCallbacks, CallbackObject);
}

NT_EXPORT(ExRegisterCallback);
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext)
{
    EXP_REGISTRATION *Registration = ExpAllocatePool(NonPagedPoolNx, sizeof(*Registration), 'gRbC',
                                                     FALSE, NULL);
    KIRQL Irql;

    if (Registration == NULL)
        return NULL;
    RtlZeroMemory(Registration, sizeof(*Registration));
    Registration->Object = CallbackObject;
    Registration->Function = CallbackFunction;
    Registration->Context = CallbackContext;
    KeInitializeEvent(&Registration->NotBusy, NotificationEvent, FALSE);
    Irql = KeAcquireSpinLockRaiseToDpc(&CallbackObject->Lock);
    if (!CallbackObject->AllowMultiple && !IsListEmpty(&CallbackObject->Registrations)) {
        KeReleaseSpinLock(&CallbackObject->Lock, Irql);
        ExpFreePool(Registration, 'gRbC', NULL);
        return NULL;
    }
    InsertTailList(&CallbackObject->Registrations, &Registration->Link);
    KeReleaseSpinLock(&CallbackObject->Lock, Irql);
    ObfReferenceObject(CallbackObject);
    return Registration;
}

NT_EXPORT(ExUnregisterCallback);
VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration)
{
    EXP_REGISTRATION *Registration = CallbackRegistration;
    PCALLBACK_OBJECT Object = Registration->Object;
    KIRQL Irql = KeAcquireSpinLockRaiseToDpc(&Object->Lock);

    Registration->Doomed = TRUE;
    while (Registration->Busy != 0) {
        KeClearEvent(&Registration->NotBusy);
        KeReleaseSpinLock(&Object->Lock, Irql);
        KeWaitForSingleObject(&Registration->NotBusy, Executive, KernelMode, FALSE, NULL);
        Irql = KeAcquireSpinLockRaiseToDpc(&Object->Lock);
    }
    RemoveEntryList(&Registration->Link);
    KeReleaseSpinLock(&Object->Lock, Irql);
    ExpFreePool(Registration, 'gRbC', NULL);
    ObfDereferenceObject(Object);
}

NT_EXPORT(ExNotifyCallback);
VOID NTAPI ExNotifyCallback(PCALLBACK_OBJECT CallbackObject, PVOID Argument1, PVOID Argument2)
{
    KIRQL Irql;

    if (CallbackObject == NULL)
        return;
    Irql = KeAcquireSpinLockRaiseToDpc(&CallbackObject->Lock);
    for (PLIST_ENTRY Link = CallbackObject->Registrations.Flink;
         Link != &CallbackObject->Registrations; Link = Link->Flink) {
        EXP_REGISTRATION *Registration = CONTAINING_RECORD(Link, EXP_REGISTRATION, Link);

        if (Registration->Doomed)
            continue;
        Registration->Busy++; /* keeps it on the list while the lock is let go */
        KeReleaseSpinLock(&CallbackObject->Lock, Irql);
        Registration->Function(Registration->Context, Argument1, Argument2);
        Irql = KeAcquireSpinLockRaiseToDpc(&CallbackObject->Lock);
        if (--Registration->Busy == 0 && Registration->Doomed)
            KeSetEvent(&Registration->NotBusy, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&CallbackObject->Lock, Irql);
}

static NTSTATUS ExpCreateSystemCallback(PCWSTR Name)
{
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Object; /* its reference is kept: it lives as long as the machine */
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL,
                               NULL);
    return ExCreateCallback(&Object, &Attributes, TRUE, TRUE);
}

NTSTATUS ExpInitCallbacks(VOID)
{
    static const PCWSTR Name[] = {L"\\Callback\\SetSystemTime", L"\\Callback\\PowerState",
                                  L"\\Callback\\ProcessorAdd", L"\\Callback\\EnlightenmentState"};
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | 1, STANDARD_RIGHTS_EXECUTE,
                           STANDARD_RIGHTS_ALL | 1},
        .ValidAccessMask = STANDARD_RIGHTS_ALL | 1,
        .PoolType = NonPagedPoolNx,
        .Delete = ExpDeleteCallback,
        .WaitObjectOffset = MAXULONG,
    };
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Directory;
    HANDLE Handle;
    NTSTATUS Status = ObCreateType(L"Callback", &Type, &ExpCallbackObjectType);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Directory, L"\\Callback");
    InitializeObjectAttributes(&Attributes, &Directory,
                               OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    Status = ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, &Attributes);
    if (NT_SUCCESS(Status))
        ZwClose(Handle);
    else if (Status != STATUS_OBJECT_NAME_COLLISION)
        return Status;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Name); i++) {
        Status = ExpCreateSystemCallback(Name[i]);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}
