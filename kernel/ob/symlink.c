/*
 * Symbolic link objects: a name that stands for another name. The lookup starts again with the target in place of the
 * link. Not modelled: sandbox and session link callbacks.
 */
#include "obp.h"

POBJECT_TYPE ObpSymbolicLinkObjectType;

static VOID ObpDeleteLink(PVOID Object)
{
    ObpFreeName(&((POBP_SYMBOLIC_LINK)Object)->Target);
}

NTSTATUS ObpParseLink(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                      ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context,
                      PVOID *Object)
{
    POBP_SYMBOLIC_LINK Link = ParseObject;
    ULONG Bytes = (ULONG)Link->Target.Length + RemainingName->Length;
    PUCHAR Buffer;

    UNREFERENCED_PARAMETER(AccessState);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Context);
    if (RemainingName->Length == 0 && (Type == ObpSymbolicLinkObjectType || (Attributes & OBJ_OPENLINK) != 0)) {
        ObReferenceObject(Link);
        *Object = Link;
        return STATUS_SUCCESS;
    }
    if ((Attributes & OBP_DONT_REPARSE) != 0)
        return STATUS_REPARSE_POINT_ENCOUNTERED;
    if (Bytes > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Bytes + sizeof(WCHAR), OBP_TAG_NAME);
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Buffer, Link->Target.Buffer, Link->Target.Length);
    RtlCopyMemory(Buffer + Link->Target.Length, RemainingName->Buffer, RemainingName->Length);
    ObpFreeName(CompleteName);
    CompleteName->Buffer = (PWSTR)Buffer;
    CompleteName->Length = (USHORT)Bytes;
    CompleteName->MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    return STATUS_REPARSE;
}

NTSTATUS ObpInitLinkType(VOID)
{
    OB_TYPE_INITIALIZER Initializer = {
        .GenericMapping = {STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY, STANDARD_RIGHTS_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY, SYMBOLIC_LINK_ALL_ACCESS},
        .ValidAccessMask = SYMBOLIC_LINK_ALL_ACCESS,
        .PoolType = PagedPool,
        .SecurityRequired = TRUE,
        .Delete = ObpDeleteLink,
        .Parse = ObpParseLink,
        .WaitObjectOffset = MAXULONG};

    return ObCreateType(L"SymbolicLink", &Initializer, &ObpSymbolicLinkObjectType);
}

/* A permanent link of the kernel's own. Its directory exists. */
NTSTATUS ObpCreateLink(PCWSTR Path, PCWSTR Target)
{
    PCWSTR Leaf = Path + 1;
    UNICODE_STRING Text, Parent = {0};
    POBP_SYMBOLIC_LINK Link;
    PCWSTR At;
    NTSTATUS Status;

    for (At = Leaf; *At != 0; At++) {
        if (*At != L'\\')
            continue;
        Parent.Buffer = (PWSTR)Leaf;
        Parent.Length = (USHORT)((At - Leaf) * sizeof(WCHAR));
        Leaf = At + 1;
    }
    Status = ObpAllocateObject(ObpSymbolicLinkObjectType, sizeof(*Link), (PVOID *)&Link);
    if (!NT_SUCCESS(Status))
        return Status;
    OBP_HEADER(Link)->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL;
    RtlInitUnicodeString(&Text, Leaf);
    Status = ObpDuplicateName(&Text, &OBP_INFO_OF(Link)->Name);
    RtlInitUnicodeString(&Text, Target);
    if (NT_SUCCESS(Status))
        Status = ObpDuplicateName(&Text, &Link->Target);
    if (NT_SUCCESS(Status))
        ObpInsertEntry(Parent.Length ? ObpFindEntry(ObpRootDirectory, &Parent, TRUE) : ObpRootDirectory, Link, TRUE);
    ObDereferenceObject(Link);
    return Status;
}

/* ---- services ---- */

static NTSTATUS ObpCaptureTarget(PUNICODE_STRING Target, KPROCESSOR_MODE Mode, PUNICODE_STRING Copy)
{
    UNICODE_STRING Text;
    NTSTATUS Status;

    RtlZeroMemory(Copy, sizeof(*Copy));
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Target, sizeof(*Target), sizeof(ULONG));
        Text = *Target;
        if (Text.Length == 0 || Text.Length % sizeof(WCHAR) != 0 || Text.Length > 0xFFFC)
            return STATUS_INVALID_PARAMETER;
        if (Mode != KernelMode)
            ProbeForRead(Text.Buffer, Text.Length, sizeof(WCHAR));
        Status = ObpDuplicateName(&Text, Copy);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObpFreeName(Copy);
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(CreateSymbolicLinkObject);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes,
                                          PUNICODE_STRING LinkTarget)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    POBP_SYMBOLIC_LINK Link;
    UNICODE_STRING Target;
    HANDLE Handle;
    NTSTATUS Status;

    Status = ObpProbeHandle(LinkHandle, Mode);
    if (NT_SUCCESS(Status))
        Status = ObpCaptureTarget(LinkTarget, Mode, &Target);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObCreateObject(Mode, ObpSymbolicLinkObjectType, Attributes, Mode, NULL, sizeof(*Link), 0, 0,
                            (PVOID *)&Link);
    if (!NT_SUCCESS(Status)) {
        ObpFreeName(&Target);
        return Status;
    }
    Link->Target = Target;
    Status = ObInsertObject(Link, NULL, Access, 0, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(LinkHandle, Handle, Status) : Status;
}

NT_SERVICE(OpenSymbolicLinkObject);
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes)
{
    return ObpOpenService(LinkHandle, Access, Attributes, ObpSymbolicLinkObjectType);
}

/* [doc ZwQuerySymbolicLinkObject]: ReturnedLength counts the terminator, Length does not. */
static NTSTATUS ObpReturnTarget(PCUNICODE_STRING Target, PUNICODE_STRING LinkTarget, PULONG ReturnedLength,
                                KPROCESSOR_MODE Mode)
{
    ULONG Needed = Target->Length + (ULONG)sizeof(WCHAR);
    UNICODE_STRING Out;
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(LinkTarget, sizeof(*LinkTarget), sizeof(ULONG));
            if (ReturnedLength != NULL)
                ProbeForWrite(ReturnedLength, sizeof(ULONG), sizeof(ULONG));
        }
        Out = *LinkTarget;
        if (Mode != KernelMode)
            ProbeForWrite(Out.Buffer, Out.MaximumLength, sizeof(WCHAR));
        if (ReturnedLength != NULL)
            *ReturnedLength = Needed;
        if (Out.MaximumLength < (ReturnedLength != NULL ? Needed : Target->Length))
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(Out.Buffer, Target->Buffer, Target->Length);
        if (Out.MaximumLength >= Needed)
            Out.Buffer[Target->Length / sizeof(WCHAR)] = 0;
        LinkTarget->Length = Target->Length;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(QuerySymbolicLinkObject);
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    POBP_SYMBOLIC_LINK Link;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(LinkHandle, SYMBOLIC_LINK_QUERY, ObpSymbolicLinkObjectType, Mode,
                                       (PVOID *)&Link, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpReturnTarget(&Link->Target, LinkTarget, ReturnedLength, Mode);
    ObDereferenceObject(Link);
    return Status;
}
