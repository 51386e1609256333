/* The services' Nt names, which NT exports beside the Zw ones; shared descriptors; what auditing is left. */
#include "security.h"

NTKERNELAPI NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR In, PSECURITY_DESCRIPTOR *Out, ULONG Count);
NTKERNELAPI VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count);
NTKERNELAPI VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count);
NTKERNELAPI NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION What,
                                                        PSECURITY_DESCRIPTOR Descriptor);
NTKERNELAPI NTSTATUS NTAPI ObDuplicateObject(PEPROCESS Source, HANDLE Handle, PEPROCESS Target, PHANDLE Copy,
                                             ACCESS_MASK Access, ULONG Attributes, ULONG Options, KPROCESSOR_MODE Mode);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationObject(HANDLE Handle, ULONG Class, PVOID Information, ULONG Length);
NTSYSCALLAPI NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSYSCALLAPI NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, HANDLE Handles[], WAIT_TYPE Type, BOOLEAN Alertable,
                                                     PLARGE_INTEGER Timeout);

/* The headers make a macro of it; NT exports the routine still. */
#undef ObDereferenceObject
NTKERNELAPI LONG_PTR NTAPI ObDereferenceObject(PVOID Object);

static HANDLE make_event(BOOLEAN Signaled)
{
    HANDLE Handle = NULL;
    NAMED Named;

    is_status(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, named(&Named, NULL, OBJ_KERNEL_HANDLE), NotificationEvent, Signaled),
              STATUS_SUCCESS, "an event");
    return Handle;
}

static VOID test_waits(VOID)
{
    HANDLE Handles[2] = {make_event(FALSE), make_event(TRUE)};
    LARGE_INTEGER Zero = {{0}};

    is_status(NtWaitForSingleObject(Handles[0], FALSE, &Zero), STATUS_TIMEOUT, "not signalled");
    is_status(NtWaitForSingleObject(Handles[1], FALSE, &Zero), STATUS_SUCCESS, "signalled");
    is_status(NtWaitForMultipleObjects(2, Handles, WaitAny, FALSE, &Zero), STATUS_WAIT_1, "one of two");
    is_status(NtClose(Handles[0]), STATUS_SUCCESS, "closed");
    is_status(NtClose(Handles[1]), STATUS_SUCCESS, "closed");
}

static VOID test_tokens(VOID)
{
    TOKEN_PRIVILEGES New = {.PrivilegeCount = 0};
    HANDLE Token = NULL;
    ULONG Length = 0, Type = 0;

    is_status(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Token), STATUS_SUCCESS, "a token");
    NtClose(Token);
    is_status(NtOpenProcessTokenEx(NtCurrentProcess(), TOKEN_ALL_ACCESS, OBJ_KERNEL_HANDLE, &Token), STATUS_SUCCESS,
              "with attributes");
    is_status(NtQueryInformationToken(Token, TokenType, &Type, sizeof(Type), &Length), STATUS_SUCCESS, "its type");
    is_ulong(Type, TokenPrimary, "primary");
    is_status(NtAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL), STATUS_SUCCESS, "no change");
    is_status(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Token), STATUS_NO_TOKEN, "no thread token");
    is_status(NtOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, 0, &Token), STATUS_NO_TOKEN, "nor so");
    NtClose(Token);
}

static VOID test_descriptors(VOID)
{
    SECURITY_DESCRIPTOR_RELATIVE Bare;
    PSECURITY_DESCRIPTOR A = NULL, B = NULL;

    RtlCreateSecurityDescriptorRelative(&Bare, SECURITY_DESCRIPTOR_REVISION);
    is_status(ObLogSecurityDescriptor(&Bare, &A, 1), STATUS_SUCCESS, "kept");
    is_status(ObLogSecurityDescriptor(&Bare, &B, 1), STATUS_SUCCESS, "kept once more");
    is_ptr(A, B, "once");
    is_bytes(A, &Bare, sizeof(Bare), "the same");
    ObReferenceSecurityDescriptor(A, 2);
    ObDereferenceSecurityDescriptor(A, 3);
    is_bytes(A, &Bare, sizeof(Bare), "still there");
    ObDereferenceSecurityDescriptor(A, 1);
}

static VOID test_object_security(VOID)
{
    HANDLE Handle = make_directory(NULL), Copy = NULL;
    SECURITY_DESCRIPTOR Null;
    ULONG64 Room[40];
    ULONG Length = 0;
    BOOLEAN Present = FALSE, Defaulted;
    PACL Dacl = (PACL)1;
    PVOID Object;

    RtlCreateSecurityDescriptor(&Null, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Null, TRUE, NULL, FALSE);
    is_status(NtQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Room, sizeof(Room), &Length), STATUS_SUCCESS,
              "a list");
    RtlGetDaclSecurityDescriptor(Room, &Present, &Dacl, &Defaulted);
    ok(Present && Dacl != NULL, "is there");
    is_status(NtSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Null), STATUS_SUCCESS, "taken away");
    NtQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Room, sizeof(Room), &Length);
    RtlGetDaclSecurityDescriptor(Room, &Present, &Dacl, &Defaulted);
    ok(Present && Dacl == NULL, "no list");
    is_status(NtSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, NULL), STATUS_ACCESS_VIOLATION, "no descriptor");
    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL);
    is_status(ObSetSecurityObjectByPointer(Object, DACL_SECURITY_INFORMATION, &Null), STATUS_SUCCESS, "by pointer");
    ObDereferenceObject(Object);
    is_status(ObDuplicateObject(PsGetCurrentProcess(), Handle, PsGetCurrentProcess(), &Copy, 0, OBJ_KERNEL_HANDLE,
                                DUPLICATE_SAME_ACCESS, KernelMode),
              STATUS_SUCCESS, "a second handle");
    NtClose(Copy);
    NtClose(Handle);
}

static VOID test_flags(VOID)
{
    HANDLE Handle = make_directory(NULL);
    struct {
        BOOLEAN Inherit, Protect;
    } Flags = {TRUE, FALSE};
    BOOLEAN Audit = 7;

    is_status(ZwSetInformationObject(Handle, 4, &Flags, 1), STATUS_INFO_LENGTH_MISMATCH, "too short");
    is_status(ZwSetInformationObject(Handle, 99, &Flags, 2), STATUS_INVALID_INFO_CLASS, "no class");
    is_status(ZwSetInformationObject(Handle, 4, &Flags, 2), STATUS_SUCCESS, "flags of a handle");
    Flags.Inherit = FALSE;
    is_status(ZwQueryObject(Handle, 4, &Flags, 2, NULL), STATUS_SUCCESS, "read back");
    ok(Flags.Inherit && !Flags.Protect, "as set");
    is_status(ObQueryObjectAuditingByHandle(Handle, &Audit), STATUS_SUCCESS, "auditing");
    is_bool(Audit, FALSE, "is off");
    is_status(ObQueryObjectAuditingByHandle((HANDLE)0x123454, &Audit), STATUS_INVALID_HANDLE, "no handle");
    NtClose(Handle);
}

static VOID test_audit(VOID)
{
    UNICODE_STRING Type = RTL_CONSTANT_STRING(L"Event");
    SECURITY_SUBJECT_CONTEXT Subject;
    PUNICODE_STRING Name = NULL;
    ACCESS_STATE State;
    ULONG64 Aux[32];
    BOOLEAN OnClose = 7;

    SeCaptureSubjectContext(&Subject);
    is_bool(SeAuditingFileEvents(TRUE, NULL), FALSE, "no file event is audited");
    is_bool(SeAuditingFileOrGlobalEvents(TRUE, NULL, &Subject), FALSE, "nor any other");
    SeReleaseSubjectContext(&Subject);
    SeCreateAccessState(&State, Aux, 1, IoGetFileObjectGenericMapping());
    SeOpenObjectAuditAlarm(&Type, NULL, NULL, NULL, &State, FALSE, TRUE, KernelMode, &OnClose);
    is_bool(OnClose, FALSE, "nothing to write at close");
    OnClose = 7;
    SeOpenObjectForDeleteAuditAlarm(&Type, NULL, NULL, NULL, &State, FALSE, TRUE, KernelMode, &OnClose);
    is_bool(OnClose, FALSE, "nor after deletion");
    SeDeleteAccessState(&State);
    SeDeleteObjectAuditAlarm(PsGetCurrentProcess(), NULL);
    is_status(SeLocateProcessImageName(PsGetCurrentProcess(), &Name), STATUS_SUCCESS, "the image of a process");
    if (ok(Name != NULL, "has a name"))
        ExFreePool(Name);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_waits();
    test_tokens();
    test_descriptors();
    test_object_security();
    test_flags();
    test_audit();
    leak_end();
    return done();
}
