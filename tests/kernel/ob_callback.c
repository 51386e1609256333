/* ObRegisterCallbacks: rules of registration, order by altitude, what pre callbacks may do to a handle's access. */
#include "objects.h"

#ifndef PROCESS_VM_READ
#define PROCESS_VM_READ 0x0010
#endif
#ifndef STATUS_FLT_INSTANCE_ALTITUDE_COLLISION
#define STATUS_FLT_INSTANCE_ALTITUDE_COLLISION ((NTSTATUS)0xC01C0011)
#endif

typedef struct _SEEN { /* what the callbacks of one registration were told */
    ULONG Pre, Post, Order;
    OB_OPERATION Operation;
    BOOLEAN Kernel;
    PVOID Object, Context;
    POBJECT_TYPE Type;
    ACCESS_MASK Desired, Original, Granted;
    NTSTATUS Status;
    PVOID Source, Target;
    ACCESS_MASK Take; /* rights to take away */
} SEEN;

static ULONG Sequence;

static OB_PREOP_CALLBACK_STATUS NTAPI pre(PVOID Context, POB_PRE_OPERATION_INFORMATION Info)
{
    SEEN *Seen = Context;

    Seen->Pre++;
    Seen->Order = ++Sequence;
    Seen->Operation = Info->Operation;
    Seen->Kernel = Info->KernelHandle;
    Seen->Object = Info->Object;
    Seen->Type = Info->ObjectType;
    if (Info->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
        Seen->Source = Info->Parameters->DuplicateHandleInformation.SourceProcess;
        Seen->Target = Info->Parameters->DuplicateHandleInformation.TargetProcess;
    }
    Seen->Original = Info->Parameters->CreateHandleInformation.OriginalDesiredAccess;
    Seen->Desired = Info->Parameters->CreateHandleInformation.DesiredAccess;
    Info->Parameters->CreateHandleInformation.DesiredAccess &= ~Seen->Take;
    Info->CallContext = Seen;
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI post(PVOID Context, POB_POST_OPERATION_INFORMATION Info)
{
    SEEN *Seen = Context;

    Seen->Post++;
    Seen->Context = Info->CallContext;
    Seen->Granted = Info->Parameters->CreateHandleInformation.GrantedAccess;
    Seen->Status = Info->ReturnStatus;
}

static NTSTATUS watch(PCWSTR Altitude, SEEN *Seen, POBJECT_TYPE *Type, PVOID *Handle)
{
    OB_OPERATION_REGISTRATION Operation = {Type, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, pre, post};
    OB_CALLBACK_REGISTRATION Registration = {OB_FLT_REGISTRATION_VERSION, 1, {0, 0, NULL}, Seen, &Operation};

    RtlInitUnicodeString(&Registration.Altitude, Altitude);
    return ObRegisterCallbacks(&Registration, Handle);
}

static VOID test_rules(VOID)
{
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, pre, NULL};
    OB_CALLBACK_REGISTRATION Registration = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"1000"), NULL,
                                             &Operation};
    PVOID Handle, Second;
    SEEN Seen = {0};

    is_ulong(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION, "version");
    Registration.Version = 0x0200;
    is_status(ObRegisterCallbacks(&Registration, &Handle), STATUS_INVALID_PARAMETER, "unknown version");
    Registration.Version = OB_FLT_REGISTRATION_VERSION;
    Operation.ObjectType = IoFileObjectType;
    is_status(ObRegisterCallbacks(&Registration, &Handle), STATUS_INVALID_PARAMETER, "files have no callbacks");
    Operation.ObjectType = PsProcessType;
    Operation.Operations = 0;
    is_status(ObRegisterCallbacks(&Registration, &Handle), STATUS_INVALID_PARAMETER, "no operation");
    Operation.Operations = OB_OPERATION_HANDLE_CREATE;
    Operation.PreOperation = NULL;
    is_status(ObRegisterCallbacks(&Registration, &Handle), STATUS_INVALID_PARAMETER, "no callback");
    is_status(watch(L"1000", &Seen, PsThreadType, &Handle), STATUS_SUCCESS, "threads can be watched");
    is_status(watch(L"1000", &Seen, PsThreadType, &Second), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "same altitude");
    is_status(watch(L"01000.0", &Seen, PsThreadType, &Second), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION,
              "same altitude, spelled otherwise");
    is_status(watch(L"1000.5", &Seen, PsThreadType, &Second), STATUS_SUCCESS, "one a little higher");
    ObUnRegisterCallbacks(Second);
    ObUnRegisterCallbacks(Handle);
}

static VOID test_create(VOID)
{
    SEEN Low = {0}, High = {0};
    PVOID LowHandle, HighHandle, Object;
    OBJECT_HANDLE_INFORMATION Info;
    HANDLE Handle = NULL;

    watch(L"9", &Low, PsProcessType, &LowHandle);
    watch(L"10", &High, PsProcessType, &HighHandle);
    High.Take = PROCESS_TERMINATE;
    Sequence = 0;
    is_status(ObOpenObjectByPointer(PsGetCurrentProcess(), 0, NULL, PROCESS_TERMINATE | PROCESS_VM_READ, *PsProcessType,
                                    KernelMode, &Handle),
              STATUS_SUCCESS, "a handle to a process");
    is_ulong(High.Order, 1, "the higher altitude comes first");
    is_ulong(Low.Order, 2, "then the lower");
    is_hex(High.Original, PROCESS_TERMINATE | PROCESS_VM_READ, "what was asked for");
    is_hex(Low.Original, PROCESS_TERMINATE | PROCESS_VM_READ, "stays known");
    is_hex(Low.Desired, PROCESS_VM_READ, "what the higher one left");
    is_hex(Low.Granted, PROCESS_VM_READ, "and that is granted");
    is_status(Low.Status, STATUS_SUCCESS, "outcome");
    is_ptr(Low.Context, &Low, "the call context goes from pre to post");
    is_ptr(High.Object, PsGetCurrentProcess(), "object");
    is_ptr(High.Type, *PsProcessType, "type");
    is_ulong(High.Operation, OB_OPERATION_HANDLE_CREATE, "operation");
    is_bool(High.Kernel, FALSE, "not a kernel handle");
    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, &Info);
    is_hex(Info.GrantedAccess, PROCESS_VM_READ, "the handle's access");
    ObDereferenceObject(Object);
    ZwClose(Handle);
    is_status(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL, PROCESS_TERMINATE, *PsProcessType,
                                    KernelMode, &Handle),
              STATUS_SUCCESS, "a kernel handle");
    is_bool(High.Kernel, TRUE, "is told as one");
    is_hex(High.Granted, PROCESS_TERMINATE, "and keeps its access");
    is_ulong(High.Pre, 2, "two operations");
    is_ulong(High.Post, 2, "both finished");
    ZwClose(Handle);
    ObUnRegisterCallbacks(LowHandle);
    ObUnRegisterCallbacks(HighHandle);
    ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL, PROCESS_VM_READ, NULL, KernelMode, &Handle);
    is_ulong(High.Pre, 2, "none after ObUnRegisterCallbacks");
    ZwClose(Handle);
}

static VOID test_duplicate(VOID)
{
    SEEN Seen = {0};
    PVOID Registration;
    HANDLE Handle = NULL, Copy = NULL;

    ObOpenObjectByPointer(KeGetCurrentThread(), 0, NULL, SYNCHRONIZE, *PsThreadType, KernelMode, &Handle);
    watch(L"1000", &Seen, PsThreadType, &Registration);
    is_status(ZwDuplicateObject(NtCurrentProcess(), Handle, NtCurrentProcess(), &Copy, 0, 0, DUPLICATE_SAME_ACCESS),
              STATUS_SUCCESS, "a duplicate");
    is_ulong(Seen.Operation, OB_OPERATION_HANDLE_DUPLICATE, "is told as one");
    is_ptr(Seen.Source, PsGetCurrentProcess(), "source process");
    is_ptr(Seen.Target, PsGetCurrentProcess(), "target process");
    is_hex(Seen.Granted, SYNCHRONIZE, "access");
    ObUnRegisterCallbacks(Registration);
    ZwClose(Copy);
    ZwClose(Handle);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_rules();
    test_create();
    test_duplicate();
    leak_end();
    return done();
}
