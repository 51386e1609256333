/* Names of objects, opening by name, objects of a driver's own, descriptors of objects, waits on handles. */
#include "objects.h"

static HANDLE named_event(PCWSTR Name, BOOLEAN Signaled)
{
    HANDLE Handle = NULL;
    NAMED Named;

    is_status(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, named(&Named, Name, KERNEL_NAME), SynchronizationEvent, Signaled),
              STATUS_SUCCESS, "event %ws", Name != NULL ? Name : L"without a name");
    return Handle;
}

static VOID test_query_name(VOID)
{
    HANDLE Handle = named_event(L"\\BaseNamedObjects\\ObName", FALSE), Plain = named_event(NULL, FALSE), Root;
    ULONG64 Room[32];
    POBJECT_NAME_INFORMATION Info = (POBJECT_NAME_INFORMATION)Room;
    ULONG Length = 0;
    PVOID Object;
    NAMED Named;

    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL);
    is_status(ObQueryNameString(Object, Info, sizeof(Room), &Length), STATUS_SUCCESS, "a name");
    is_unicode(&Info->Name, L"\\BaseNamedObjects\\ObName", "with its path");
    is_ulong(Length, sizeof(*Info) + sizeof(L"\\BaseNamedObjects\\ObName"), "its room");
    is_status(ObQueryNameString(Object, Info, sizeof(*Info), &Length), STATUS_INFO_LENGTH_MISMATCH, "too little room");
    is_status(ObQueryNameString(Object, NULL, 0, &Length), STATUS_INFO_LENGTH_MISMATCH, "none at all");
    ObDereferenceObject(Object);
    ObReferenceObjectByHandle(Plain, 0, NULL, KernelMode, &Object, NULL);
    is_status(ObQueryNameString(Object, Info, sizeof(Room), &Length), STATUS_SUCCESS, "no name");
    is_ulong(Info->Name.Length, 0, "is empty");
    is_ptr(Info->Name.Buffer, NULL, "without text");
    ObDereferenceObject(Object);
    ZwOpenDirectoryObject(&Root, DIRECTORY_QUERY, named(&Named, L"\\", KERNEL_NAME));
    ObReferenceObjectByHandle(Root, 0, NULL, KernelMode, &Object, NULL);
    is_status(ObQueryNameString(Object, Info, sizeof(Room), &Length), STATUS_SUCCESS, "the root");
    is_unicode(&Info->Name, L"\\", "is a backslash");
    ObDereferenceObject(Object);
    ZwClose(Root);
    ZwClose(Plain);
    ZwClose(Handle);
}

static VOID test_by_name(VOID)
{
    HANDLE Handle = named_event(L"\\BaseNamedObjects\\ObFind", FALSE), Second = NULL;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\basenamedobjects\\OBFIND"), Empty = {0, 0, NULL};
    PVOID Object = NULL, ByHandle;
    NAMED Named;

    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &ByHandle, NULL);
    is_status(ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, *ExEventObjectType, KernelMode, NULL,
                                      &Object),
              STATUS_SUCCESS, "reference by name");
    is_ptr(Object, ByHandle, "the same object");
    ObDereferenceObject(Object);
    ObDereferenceObject(ByHandle);
    is_status(ObReferenceObjectByName(&Name, 0, NULL, 0, *ExEventObjectType, KernelMode, NULL, &Object),
              STATUS_OBJECT_PATH_NOT_FOUND, "case counts");
    is_status(ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, *PsProcessType, KernelMode, NULL, &Object),
              STATUS_OBJECT_TYPE_MISMATCH, "another type");
    is_status(ObReferenceObjectByName(&Empty, OBJ_CASE_INSENSITIVE, NULL, 0, *PsProcessType, KernelMode, NULL, &Object),
              STATUS_OBJECT_NAME_INVALID, "no name");
    is_status(ObOpenObjectByName(named(&Named, L"\\BaseNamedObjects\\ObFind", KERNEL_NAME), *ExEventObjectType,
                                 KernelMode, NULL, EVENT_QUERY_STATE, NULL, &Second),
              STATUS_SUCCESS, "open by name");
    ZwClose(Second);
    is_status(ObOpenObjectByName(named(&Named, L"\\BaseNamedObjects\\ObLost", KERNEL_NAME), *ExEventObjectType,
                                 KernelMode, NULL, EVENT_QUERY_STATE, NULL, &Second),
              STATUS_OBJECT_NAME_NOT_FOUND, "nothing there");
    is_ptr(Second, NULL, "no handle then");
    ZwClose(Handle);
    is_status(ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, *ExEventObjectType, KernelMode, NULL,
                                      &Object),
              STATUS_OBJECT_NAME_NOT_FOUND, "gone with its handle");
}

/* A driver that makes an object of an existing type itself. */
static VOID test_own_object(VOID)
{
    NAMED Named;
    PKEVENT Event = NULL, New = NULL;
    HANDLE Handle = NULL;

    is_status(ObCreateObject(KernelMode, *ExEventObjectType,
                             named(&Named, L"\\BaseNamedObjects\\ObOwn", KERNEL_NAME | OBJ_PERMANENT), KernelMode, NULL,
                             sizeof(KEVENT), 0, 0, (PVOID *)&Event),
              STATUS_SUCCESS, "created");
    ok(tap_all_bytes(Event, sizeof(*Event), 0), "zeroed");
    KeInitializeEvent(Event, NotificationEvent, TRUE);
    is_ulong(ObGetObjectPointerCount(Event), 1, "one reference");
    is_status(ObInsertObject(Event, NULL, EVENT_ALL_ACCESS, 1, (PVOID *)&New, &Handle), STATUS_SUCCESS, "inserted");
    is_ptr(New, Event, "the new object is the one");
    is_status(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS, "its handle works");
    ZwClose(Handle);
    is_status(ObReferenceObjectByName(&Named.Name, OBJ_CASE_INSENSITIVE, NULL, 0, *ExEventObjectType, KernelMode, NULL,
                                      (PVOID *)&New),
              STATUS_SUCCESS, "the name of a permanent object stays");
    ObDereferenceObject(New);
    ObMakeTemporaryObject(Event);
    is_status(ObReferenceObjectByName(&Named.Name, OBJ_CASE_INSENSITIVE, NULL, 0, *ExEventObjectType, KernelMode, NULL,
                                      (PVOID *)&New),
              STATUS_OBJECT_NAME_NOT_FOUND, "ObMakeTemporaryObject takes it");
    is_ulong(ObGetObjectPointerCount(Event), 1, "the caller's reference is left");
    ObDereferenceObject(Event);
}

static VOID test_security(VOID)
{
    HANDLE Handle = named_event(L"\\BaseNamedObjects\\ObSecure", FALSE);
    PSECURITY_DESCRIPTOR Descriptor = NULL, Second = NULL;
    BOOLEAN Allocated = 7, Present = FALSE, Defaulted;
    SECURITY_DESCRIPTOR Change;
    ULONG64 Room[64];
    ULONG Length = 0;
    PVOID Object;
    PACL Dacl = NULL;

    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL);
    is_status(ObGetObjectSecurity(Object, &Descriptor, &Allocated), STATUS_SUCCESS, "descriptor");
    is_bool(Descriptor != NULL && RtlValidSecurityDescriptor(Descriptor), TRUE, "a valid one");
    ObReleaseObjectSecurity(Descriptor, Allocated);
    is_status(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, NULL, 0, &Length), STATUS_BUFFER_TOO_SMALL,
              "its length");
    ok(Length > 20 && Length <= sizeof(Room), "is told: %u", Length);
    is_status(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Room, sizeof(Room), &Length), STATUS_SUCCESS,
              "its DACL");
    RtlGetDaclSecurityDescriptor(Room, &Present, &Dacl, &Defaulted);
    ok(Present && Dacl != NULL && Dacl->AceCount != 0, "with entries");
    RtlCreateSecurityDescriptor(&Change, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Change, TRUE, NULL, FALSE);
    is_status(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Change), STATUS_SUCCESS, "a null DACL is set");
    is_status(ObGetObjectSecurity(Object, &Second, &Allocated), STATUS_SUCCESS, "descriptor again");
    RtlGetDaclSecurityDescriptor(Second, &Present, &Dacl, &Defaulted);
    ok(Present && Dacl == NULL, "now without a list");
    ObReleaseObjectSecurity(Second, Allocated);
    ObDereferenceObject(Object);
    ZwClose(Handle);
}

static VOID test_wait(VOID)
{
    HANDLE Handles[2] = {named_event(NULL, FALSE), named_event(NULL, TRUE)}, Directory = make_directory(NULL);
    LARGE_INTEGER Zero = {{0}};

    is_status(ZwWaitForSingleObject(Handles[1], FALSE, &Zero), STATUS_SUCCESS, "signalled");
    is_status(ZwWaitForSingleObject(Handles[1], FALSE, &Zero), STATUS_TIMEOUT, "only once");
    ZwSetEvent(Handles[1], NULL);
    is_status(ZwWaitForMultipleObjects(2, Handles, WaitAny, FALSE, &Zero), STATUS_WAIT_1, "any: the second");
    ZwSetEvent(Handles[0], NULL);
    is_status(ZwWaitForMultipleObjects(2, Handles, WaitAll, FALSE, &Zero), STATUS_TIMEOUT, "all: not both");
    ZwSetEvent(Handles[1], NULL);
    is_status(ZwWaitForMultipleObjects(2, Handles, WaitAll, FALSE, &Zero), STATUS_SUCCESS, "all: both");
    is_status(ZwWaitForMultipleObjects(0, Handles, WaitAll, FALSE, &Zero), STATUS_INVALID_PARAMETER_1, "none");
    is_status(ZwWaitForMultipleObjects(65, Handles, WaitAll, FALSE, &Zero), STATUS_INVALID_PARAMETER_1, "too many");
    is_status(ZwWaitForSingleObject(Directory, FALSE, &Zero), STATUS_OBJECT_TYPE_MISMATCH, "nothing to wait for");
    is_status(ZwWaitForSingleObject((HANDLE)0x123454, FALSE, &Zero), STATUS_INVALID_HANDLE, "no handle");
    is_status(ZwSignalAndWaitForSingleObject(Handles[0], Handles[0], FALSE, &Zero), STATUS_SUCCESS, "signal and wait");
    is_status(ZwSignalAndWaitForSingleObject(Handles[0], Handles[1], FALSE, &Zero), STATUS_TIMEOUT, "for another");
    is_status(ZwSignalAndWaitForSingleObject(Directory, Handles[1], FALSE, &Zero), STATUS_OBJECT_TYPE_MISMATCH,
              "nothing to signal");
    ZwClose(Directory);
    ZwClose(Handles[0]);
    ZwClose(Handles[1]);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_query_name();
    test_by_name();
    test_own_object();
    test_security();
    test_wait();
    leak_end();
    return done();
}
