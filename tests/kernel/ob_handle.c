/* Handles: kinds, lookups by type and access, attributes, duplicates, queries, counts. */
#include "objects.h"

static HANDLE make_event(PCWSTR Name, ULONG Attributes)
{
    HANDLE Handle = NULL;
    NAMED Named;

    is_status(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, named(&Named, Name, Attributes), NotificationEvent, FALSE),
              STATUS_SUCCESS, "an event, attributes 0x%x", Attributes);
    return Handle;
}

static VOID test_lookup(VOID)
{
    HANDLE Event = make_event(NULL, OBJ_KERNEL_HANDLE);
    OBJECT_HANDLE_INFORMATION Info;
    PVOID Object = (PVOID)1, Again;

    ok((LONG_PTR)Event < 0, "a kernel handle has the sign bits");
    is_bool(ObIsKernelHandle(Event), TRUE, "and is known as one");
    is_bool(ObIsKernelHandle(NtCurrentProcess()), FALSE, "a pseudo-handle is none");
    tap_fill(&Info);
    is_status(ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object, &Info),
              STATUS_SUCCESS, "reference by handle");
    is_hex(Info.GrantedAccess, EVENT_ALL_ACCESS, "granted access");
    is_hex(Info.HandleAttributes, 0, "handle attributes");
    is_ptr(ObGetObjectType(Object), *ExEventObjectType, "its type");
    is_status(ObReferenceObjectByHandleWithTag(Event, 0, NULL, KernelMode, 'tseT', &Again, NULL), STATUS_SUCCESS,
              "with a tag, any type");
    is_ptr(Again, Object, "the same object");
    ObDereferenceObjectWithTag(Again, 'tseT');
    is_status(ObReferenceObjectByHandle(Event, 0, *PsThreadType, KernelMode, &Again, NULL), STATUS_OBJECT_TYPE_MISMATCH,
              "wrong type");
    is_ptr(Again, NULL, "the result is NULL then");
    is_status(ObReferenceObjectByHandle(Event, 0, NULL, UserMode, &Again, NULL), STATUS_INVALID_HANDLE,
              "a kernel handle is none to user mode");
    is_status(ObReferenceObjectByHandle((HANDLE)0x123454, 0, NULL, KernelMode, &Again, NULL), STATUS_INVALID_HANDLE,
              "no such handle");
    is_status(ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &Again, NULL), STATUS_INVALID_HANDLE, "NULL");
    ZwClose(Event);
    is_status(KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &(LARGE_INTEGER){.QuadPart = 0}),
              STATUS_TIMEOUT, "a reference keeps the object after the last handle");
    ObDereferenceObject(Object);
}

static VOID test_pseudo(VOID)
{
    PVOID Object;

    is_status(ObReferenceObjectByHandle(NtCurrentProcess(), 0, *PsProcessType, KernelMode, &Object, NULL),
              STATUS_SUCCESS, "the current process");
    is_ptr(Object, PsGetCurrentProcess(), "is the current process");
    ObDereferenceObject(Object);
    is_status(ObReferenceObjectByHandle(NtCurrentThread(), 0, *PsThreadType, KernelMode, &Object, NULL), STATUS_SUCCESS,
              "the current thread");
    is_ptr(Object, KeGetCurrentThread(), "is the current thread");
    ObDereferenceObject(Object);
    is_status(ObReferenceObjectByHandle(NtCurrentThread(), 0, *PsProcessType, KernelMode, &Object, NULL),
              STATUS_OBJECT_TYPE_MISMATCH, "a thread is no process");
    is_status(ZwClose(NtCurrentProcess()), STATUS_SUCCESS, "closing a pseudo-handle does nothing");
}

/* User mode's rules, asked for by AccessMode: only a handle of the process's own, within its access. */
static VOID test_user_rules(VOID)
{
    HANDLE Process = NULL;
    PVOID Object;

    is_status(ObOpenObjectByPointer(PsGetCurrentProcess(), 0, NULL, PROCESS_QUERY_INFORMATION, *PsProcessType,
                                    KernelMode, &Process),
              STATUS_SUCCESS, "a handle by pointer");
    is_status(ObReferenceObjectByHandle(Process, PROCESS_QUERY_INFORMATION, *PsProcessType, UserMode, &Object, NULL),
              STATUS_SUCCESS, "access that it has");
    ObDereferenceObject(Object);
    is_status(ObReferenceObjectByHandle(Process, PROCESS_TERMINATE, *PsProcessType, UserMode, &Object, NULL),
              STATUS_ACCESS_DENIED, "access that it has not");
    is_status(ObReferenceObjectByHandle(Process, PROCESS_TERMINATE, *PsProcessType, KernelMode, &Object, NULL),
              STATUS_SUCCESS, "kernel mode asks for no access");
    ObDereferenceObject(Object);
    is_status(ObCloseHandle(Process, UserMode), STATUS_SUCCESS, "closed as user mode");
}

static VOID test_by_pointer(VOID)
{
    PETHREAD Thread = (PETHREAD)KeGetCurrentThread();
    HANDLE Handle = (HANDLE)1;

    is_status(ObOpenObjectByPointer(Thread, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *PsProcessType, KernelMode, &Handle),
              STATUS_OBJECT_TYPE_MISMATCH, "wrong type");
    is_ptr(Handle, NULL, "no handle then");
    is_status(ObOpenObjectByPointerWithTag(Thread, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, NULL, KernelMode, 'tseT',
                                           &Handle),
              STATUS_SUCCESS, "with a tag");
    ZwClose(Handle);
    is_status(ObReferenceObjectByPointer(Thread, 0, *PsThreadType, UserMode), STATUS_SUCCESS, "reference by pointer");
    ObDereferenceObject(Thread);
    is_status(ObReferenceObjectByPointer(Thread, 0, *PsProcessType, UserMode), STATUS_OBJECT_TYPE_MISMATCH,
              "of another type");
    is_status(ObReferenceObjectByPointerWithTag(Thread, 0, *PsThreadType, KernelMode, 'tseT'), STATUS_SUCCESS,
              "with a tag");
    ObDereferenceObjectDeferDeleteWithTag(Thread, 'tseT');
    is_bool(ObReferenceObjectSafe(Thread), TRUE, "a live object can be referenced safely");
    ObDereferenceObjectDeferDelete(Thread);
}

static VOID references(PVOID Object)
{
    LONG_PTR Before = ObReferenceObject(Object);

    is_long(ObReferenceObjectWithTag(Object, 'tseT'), Before + 1, "one more");
    is_long(ObDereferenceObject(Object), Before, "one less");
    is_long(ObDereferenceObjectWithTag(Object, 'tseT'), Before - 1, "and as before");
}

static VOID test_duplicate(VOID)
{
    HANDLE Event = make_event(NULL, OBJ_KERNEL_HANDLE), Copy = NULL;
    OBJECT_HANDLE_INFORMATION Info;
    PVOID Object, Other;

    ObReferenceObjectByHandle(Event, 0, NULL, KernelMode, &Object, NULL);
    is_status(ZwDuplicateObject(NtCurrentProcess(), Event, NtCurrentProcess(), &Copy, EVENT_QUERY_STATE,
                                OBJ_KERNEL_HANDLE, 0),
              STATUS_SUCCESS, "duplicated with less access");
    is_status(ObReferenceObjectByHandle(Copy, 0, NULL, KernelMode, &Other, &Info), STATUS_SUCCESS, "the copy works");
    is_ptr(Other, Object, "same object");
    is_hex(Info.GrantedAccess, EVENT_QUERY_STATE, "less access");
    ObDereferenceObject(Other);
    ZwClose(Copy);
    is_status(ZwDuplicateObject(NtCurrentProcess(), Event, NtCurrentProcess(), &Copy, 0, OBJ_KERNEL_HANDLE,
                                DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
              STATUS_SUCCESS, "moved");
    is_status(ObReferenceObjectByHandle(Event, 0, NULL, KernelMode, &Other, NULL), STATUS_INVALID_HANDLE,
              "the source is closed");
    is_status(ObReferenceObjectByHandle(Copy, 0, NULL, KernelMode, &Other, &Info), STATUS_SUCCESS, "the new one works");
    is_hex(Info.GrantedAccess, EVENT_ALL_ACCESS, "same access");
    ObDereferenceObject(Other);
    is_status(ZwDuplicateObject(NtCurrentProcess(), (HANDLE)0x123454, NtCurrentProcess(), &Event, 0, 0, 0),
              STATUS_INVALID_HANDLE, "nothing to duplicate");
    is_status(ZwDuplicateObject(Copy, Copy, NtCurrentProcess(), &Event, 0, 0, 0), STATUS_OBJECT_TYPE_MISMATCH,
              "an event is no process");
    ZwClose(Copy);
    ObDereferenceObject(Object);
}

static VOID test_attributes(VOID)
{
    HANDLE Handle = NULL;
    struct {
        BOOLEAN Inherit, Protect;
    } Flags = {TRUE, TRUE};
    OBJECT_HANDLE_INFORMATION Info;
    PVOID Object;
    NAMED Named;

    is_status(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, named(&Named, NULL, OBJ_INHERIT | OBJ_KERNEL_HANDLE),
                            NotificationEvent, FALSE),
              STATUS_SUCCESS, "inheritable");
    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, &Info);
    is_hex(Info.HandleAttributes, OBJ_INHERIT, "and says so");
    ObDereferenceObject(Object);
    is_status(ObSetHandleAttributes(Handle, &Flags, KernelMode), STATUS_SUCCESS, "protected");
    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, &Info);
    is_hex(Info.HandleAttributes, OBJ_INHERIT | 1, "both flags");
    ObDereferenceObject(Object);
    Flags.Inherit = Flags.Protect = FALSE;
    is_status(ObSetHandleAttributes(Handle, &Flags, KernelMode), STATUS_SUCCESS, "neither");
    is_status(ObSetHandleAttributes((HANDLE)0x123454, &Flags, KernelMode), STATUS_INVALID_HANDLE, "no handle");
    is_status(ZwClose(Handle), STATUS_SUCCESS, "closed");
}

static VOID test_query(VOID)
{
    HANDLE Event = make_event(L"\\BaseNamedObjects\\ObQuery", KERNEL_NAME);
    ULONG64 Room[40];
    POBJECT_NAME_INFORMATION Name = (POBJECT_NAME_INFORMATION)Room;
    PPUBLIC_OBJECT_TYPE_INFORMATION Type = (PPUBLIC_OBJECT_TYPE_INFORMATION)Room;
    PUBLIC_OBJECT_BASIC_INFORMATION Basic;
    ULONG Length = 0;

    tap_fill(&Basic);
    is_status(ZwQueryObject(Event, ObjectBasicInformation, &Basic, sizeof(Basic), &Length), STATUS_SUCCESS, "basic");
    is_hex(Basic.GrantedAccess, EVENT_ALL_ACCESS, "access");
    is_ulong(Basic.HandleCount, 1, "one handle");
    is_ulong(Length, sizeof(Basic), "length");
    is_status(ZwQueryObject(Event, ObjectBasicInformation, &Basic, 4, &Length), STATUS_INFO_LENGTH_MISMATCH, "too short");
    is_status(ZwQueryObject(Event, ObjectTypeInformation, Room, sizeof(Room), &Length), STATUS_SUCCESS, "type");
    is_unicode(&Type->TypeName, L"Event", "its name");
    is_status(ZwQueryObject(Event, 1 /* ObjectNameInformation */, Room, sizeof(Room), &Length), STATUS_SUCCESS, "name");
    is_unicode(&Name->Name, L"\\BaseNamedObjects\\ObQuery", "the full name");
    is_status(ZwQueryObject(Event, 1, Room, 8, &Length), STATUS_INFO_LENGTH_MISMATCH, "no room for it");
    is_ulong(Length, sizeof(*Name) + sizeof(L"\\BaseNamedObjects\\ObQuery"), "room it takes");
    is_status(ZwQueryObject(Event, 77, Room, sizeof(Room), &Length), STATUS_INVALID_INFO_CLASS, "no such class");
    is_status(ZwQueryObject((HANDLE)0x123454, ObjectBasicInformation, &Basic, sizeof(Basic), &Length),
              STATUS_INVALID_HANDLE, "no such handle");
    ZwClose(Event);
}

/* Hundreds at once: each value its own, all closed again. */
static VOID test_many(VOID)
{
    static HANDLE Handles[1000];
    BOOLEAN Good = TRUE, Apart = TRUE;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Handles); i++) {
        Good &= NT_SUCCESS(ObOpenObjectByPointer(KeGetCurrentThread(), OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, NULL,
                                                 KernelMode, &Handles[i]));
        Apart &= i == 0 || Handles[i] != Handles[i - 1];
    }
    ok(Good, "a thousand handles");
    ok(Apart, "all different");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Handles); i++)
        Good &= NT_SUCCESS(ZwClose(Handles[i]));
    ok(Good, "closed");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_lookup();
    test_pseudo();
    test_user_rules();
    test_by_pointer();
    tap_at_levels(TAP_ALL_LEVELS, references, KeGetCurrentThread(), "references");
    test_duplicate();
    test_attributes();
    test_query();
    test_many();
    leak_end();
    return done();
}
