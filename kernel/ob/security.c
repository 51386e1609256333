/*
 * Descriptors of objects: the shared cache, what the access checks at open read, and the routines that read and change
 * them. The rules themselves are se's. Not modelled: audit alarms.
 */
#include "obp.h"

/* ---- the cache: equal descriptors are kept once ---- */

#define OBP_DESCRIPTOR_BUCKETS 61

typedef struct _OBP_DESCRIPTOR {
    LIST_ENTRY Links; /* ObpDescriptors */
    LONG64 References;
    ULONG Bytes;
    ULONG Hash;
    ULONG64 Descriptor[]; /* self-relative */
} OBP_DESCRIPTOR, *POBP_DESCRIPTOR;

static LIST_ENTRY ObpDescriptors[OBP_DESCRIPTOR_BUCKETS];

#define OBP_DESCRIPTOR_OF(p) CONTAINING_RECORD(p, OBP_DESCRIPTOR, Descriptor)

static ULONG ObpHashBytes(const UCHAR *Bytes, ULONG Count)
{
    ULONG Hash = 2166136261u;

    while (Count-- > 0)
        Hash = (Hash ^ *Bytes++) * 16777619u;
    return Hash;
}

static PLIST_ENTRY ObpDescriptorBucket(ULONG Hash)
{
    PLIST_ENTRY Head = &ObpDescriptors[Hash % OBP_DESCRIPTOR_BUCKETS];

    if (Head->Flink == NULL)
        InitializeListHead(Head);
    return Head;
}

static POBP_DESCRIPTOR ObpFindDescriptor(PSECURITY_DESCRIPTOR Input, ULONG Bytes, ULONG Hash)
{
    PLIST_ENTRY Head = ObpDescriptorBucket(Hash), Link;

    for (Link = Head->Flink; Link != Head; Link = Link->Flink) {
        POBP_DESCRIPTOR Entry = CONTAINING_RECORD(Link, OBP_DESCRIPTOR, Links);

        if (Entry->Hash == Hash && Entry->Bytes == Bytes &&
            RtlCompareMemory(Entry->Descriptor, Input, Bytes) == Bytes)
            return Entry;
    }
    return NULL;
}

/* [doc]: Input is self-relative; Output is shared and has References references. */
NT_EXPORT(ObLogSecurityDescriptor);
NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR Input, PSECURITY_DESCRIPTOR *Output, ULONG References)
{
    ULONG Bytes = RtlLengthSecurityDescriptor(Input);
    ULONG Hash = ObpHashBytes(Input, Bytes);
    POBP_DESCRIPTOR Entry = ObpFindDescriptor(Input, Bytes, Hash);

    if (Entry == NULL) {
        Entry = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Entry) + Bytes, OBP_TAG_DESCRIPTOR);
        if (Entry == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Entry->Bytes = Bytes;
        Entry->Hash = Hash;
        RtlCopyMemory(Entry->Descriptor, Input, Bytes);
        InsertTailList(ObpDescriptorBucket(Hash), &Entry->Links);
    }
    Entry->References += References;
    *Output = Entry->Descriptor;
    return STATUS_SUCCESS;
}

NT_EXPORT(ObReferenceSecurityDescriptor);
VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count)
{
    OBP_DESCRIPTOR_OF(Descriptor)->References += Count;
}

NT_EXPORT(ObDereferenceSecurityDescriptor);
VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count)
{
    POBP_DESCRIPTOR Entry = OBP_DESCRIPTOR_OF(Descriptor);

    Entry->References -= Count;
    if (Entry->References > 0)
        return;
    RemoveEntryList(&Entry->Links);
    ExFreePoolWithTag(Entry, OBP_TAG_DESCRIPTOR);
}

/* ---- the default security method ---- */

static NTSTATUS ObpDefaultSet(PVOID Object, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);
    OBJECT_TYPE_INITIALIZER *TypeInfo = &OBP_TYPE_OF(Object)->TypeInfo;
    PSECURITY_DESCRIPTOR Old = Header->SecurityDescriptor, New = Old, Shared;
    NTSTATUS Status;

    if (Old == NULL)
        return STATUS_NO_SECURITY_ON_OBJECT;
    Status = SeSetSecurityDescriptorInfo(Object, Information, Descriptor, &New, PagedPool, &TypeInfo->GenericMapping);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObLogSecurityDescriptor(New, &Shared, 1);
    ExFreePool(New);
    if (!NT_SUCCESS(Status))
        return Status;
    Header->SecurityDescriptor = Shared;
    ObDereferenceSecurityDescriptor(Old, 1);
    return STATUS_SUCCESS;
}

NTSTATUS ObpCallSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information,
                               PSECURITY_DESCRIPTOR Descriptor, PULONG Length)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);
    OBJECT_TYPE_INITIALIZER *TypeInfo = &OBP_TYPE_OF(Object)->TypeInfo;

    if (TypeInfo->SecurityProcedure != NULL)
        return TypeInfo->SecurityProcedure(Object, Operation, Information, Descriptor, Length,
                                           &Header->SecurityDescriptor, TypeInfo->PoolType,
                                           &TypeInfo->GenericMapping);
    switch (Operation) {
    case SetSecurityDescriptor:
        return ObpDefaultSet(Object, Information, Descriptor);
    case QuerySecurityDescriptor:
        return SeQuerySecurityDescriptorInfo(Information, Descriptor, Length, &Header->SecurityDescriptor);
    case AssignSecurityDescriptor:
        return ObLogSecurityDescriptor(Descriptor, &Header->SecurityDescriptor, 1);
    default:
        return STATUS_INVALID_PARAMETER; /* deletion is ob's own business */
    }
}

/* ---- access to objects ---- */

static ACCESS_MASK ObpWanted(PACCESS_STATE State, PGENERIC_MAPPING Mapping)
{
    ACCESS_MASK Access = State->RemainingDesiredAccess;

    RtlMapGenericMask(&Access, Mapping);
    return Access;
}

/* What a caller without a check gets. */
static ACCESS_MASK ObpGrantAll(PACCESS_STATE State, PGENERIC_MAPPING Mapping)
{
    ACCESS_MASK Access = ObpWanted(State, Mapping) | State->PreviouslyGrantedAccess;

    if ((Access & MAXIMUM_ALLOWED) != 0)
        Access = (Access & ~MAXIMUM_ALLOWED) | Mapping->GenericAll;
    return Access;
}

NTSTATUS ObpGrantCreator(PVOID Object, PACCESS_STATE State, KPROCESSOR_MODE Mode, PACCESS_MASK Granted)
{
    OBJECT_TYPE_INITIALIZER *TypeInfo = &OBP_TYPE_OF(Object)->TypeInfo;
    ACCESS_MASK Access = ObpGrantAll(State, &TypeInfo->GenericMapping);

    if ((Access & ACCESS_SYSTEM_SECURITY) != 0 && Mode != KernelMode &&
        !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE), Mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    *Granted = Access & (TypeInfo->ValidAccessMask | ACCESS_SYSTEM_SECURITY);
    return STATUS_SUCCESS;
}

static NTSTATUS ObpRunCheck(PVOID Object, PSECURITY_DESCRIPTOR Descriptor, PACCESS_STATE State, PACCESS_MASK Granted)
{
    PGENERIC_MAPPING Mapping = &OBP_TYPE_OF(Object)->TypeInfo.GenericMapping;
    PPRIVILEGE_SET Privileges = NULL;
    NTSTATUS Status;

    if (!SeAccessCheck(Descriptor, &State->SubjectSecurityContext, FALSE, ObpWanted(State, Mapping),
                       State->PreviouslyGrantedAccess, &Privileges, Mapping, UserMode, Granted, &Status))
        return Status;
    if (Privileges != NULL) {
        Status = SeAppendPrivileges(State, Privileges);
        SeFreePrivileges(Privileges);
    }
    State->PreviouslyGrantedAccess |= *Granted;
    State->RemainingDesiredAccess = 0;
    return Status;
}

NTSTATUS ObpCheckAccess(PVOID Object, PACCESS_STATE State, KPROCESSOR_MODE Mode, ULONG Attributes,
                        PACCESS_MASK Granted)
{
    OBJECT_TYPE_INITIALIZER *TypeInfo = &OBP_TYPE_OF(Object)->TypeInfo;
    PSECURITY_DESCRIPTOR Descriptor = NULL;
    BOOLEAN Allocated;
    NTSTATUS Status;

    if (Mode == KernelMode && (Attributes & OBJ_FORCE_ACCESS_CHECK) == 0) {
        *Granted = ObpGrantAll(State, &TypeInfo->GenericMapping) & (TypeInfo->ValidAccessMask | ACCESS_SYSTEM_SECURITY);
        return STATUS_SUCCESS;
    }
    Status = ObGetObjectSecurity(Object, &Descriptor, &Allocated);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Descriptor == NULL)
        return ObpGrantCreator(Object, State, UserMode, Granted);
    Status = ObpRunCheck(Object, Descriptor, State, Granted);
    ObReleaseObjectSecurity(Descriptor, Allocated);
    if (NT_SUCCESS(Status))
        *Granted &= TypeInfo->ValidAccessMask | ACCESS_SYSTEM_SECURITY;
    return Status;
}

NTSTATUS ObpAssignSecurity(PVOID Object, POBP_DIRECTORY Parent, PACCESS_STATE State)
{
    POBJECT_TYPE Type = OBP_TYPE_OF(Object);
    PSECURITY_DESCRIPTOR New = NULL;
    SECURITY_INFORMATION All = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                               SACL_SECURITY_INFORMATION;
    NTSTATUS Status;

    Status = SeAssignSecurity(Parent != NULL ? ObGetDescriptor(Parent) : NULL, State->SecurityDescriptor, &New,
                              Type == ObpDirectoryObjectType, &State->SubjectSecurityContext,
                              &Type->TypeInfo.GenericMapping, PagedPool);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpCallSecurityMethod(Object, AssignSecurityDescriptor, &All, New, NULL);
    SeDeassignSecurity(&New);
    return Status;
}

/* ---- exported ---- */

/* [doc]: descriptors that the type itself keeps are copied, others are shared. */
NT_EXPORT(ObGetObjectSecurity);
NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor, PBOOLEAN MemoryAllocated)
{
    SECURITY_INFORMATION All = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                               SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
    ULONG Length = 0;
    NTSTATUS Status;

    *SecurityDescriptor = NULL;
    *MemoryAllocated = FALSE;
    if (OBP_TYPE_OF(Object)->TypeInfo.SecurityProcedure == NULL) {
        *SecurityDescriptor = ObGetDescriptor(Object);
        if (*SecurityDescriptor != NULL)
            ObReferenceSecurityDescriptor(*SecurityDescriptor, 1);
        return STATUS_SUCCESS;
    }
    Status = ObpCallSecurityMethod(Object, QuerySecurityDescriptor, &All, NULL, &Length);
    if (Status != STATUS_BUFFER_TOO_SMALL)
        return Status; /* with success: the object has none */
    *SecurityDescriptor = ExAllocatePool2(POOL_FLAG_PAGED, Length, OBP_TAG_DESCRIPTOR);
    if (*SecurityDescriptor == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *MemoryAllocated = TRUE;
    Status = ObpCallSecurityMethod(Object, QuerySecurityDescriptor, &All, *SecurityDescriptor, &Length);
    if (!NT_SUCCESS(Status)) {
        ObReleaseObjectSecurity(*SecurityDescriptor, TRUE);
        *SecurityDescriptor = NULL;
        *MemoryAllocated = FALSE;
    }
    return Status;
}

NT_EXPORT(ObReleaseObjectSecurity);
VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated)
{
    if (SecurityDescriptor == NULL)
        return;
    if (MemoryAllocated)
        ExFreePoolWithTag(SecurityDescriptor, OBP_TAG_DESCRIPTOR);
    else
        ObDereferenceSecurityDescriptor(SecurityDescriptor, 1);
}

NT_EXPORT(ObSetSecurityObjectByPointer);
NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION Information,
                                            PSECURITY_DESCRIPTOR Descriptor)
{
    return ObpCallSecurityMethod(Object, SetSecurityDescriptor, &Information, Descriptor, NULL);
}

/* ---- services ---- */

/* The rights a handle needs. [doc SECURITY_INFORMATION] */
static ACCESS_MASK ObpQueryAccess(SECURITY_INFORMATION Information)
{
    ACCESS_MASK Access = 0;

    if ((Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                        LABEL_SECURITY_INFORMATION)) != 0)
        Access |= READ_CONTROL;
    if ((Information & SACL_SECURITY_INFORMATION) != 0)
        Access |= ACCESS_SYSTEM_SECURITY;
    return Access;
}

static ACCESS_MASK ObpSetAccess(SECURITY_INFORMATION Information)
{
    ACCESS_MASK Access = 0;

    if ((Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) != 0)
        Access |= WRITE_OWNER;
    if ((Information & DACL_SECURITY_INFORMATION) != 0)
        Access |= WRITE_DAC;
    if ((Information & SACL_SECURITY_INFORMATION) != 0)
        Access |= ACCESS_SYSTEM_SECURITY;
    return Access;
}

NT_SERVICE(SetSecurityObject);
NT_EXPORT(NtSetSecurityObject);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSECURITY_DESCRIPTOR Captured;
    PVOID Object;
    NTSTATUS Status;

    if (SecurityDescriptor == NULL)
        return STATUS_ACCESS_VIOLATION;
    Status = ObReferenceObjectByHandle(Handle, ObpSetAccess(SecurityInformation), NULL, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SeCaptureSecurityDescriptor(SecurityDescriptor, Mode, PagedPool, TRUE, &Captured);
    if (NT_SUCCESS(Status)) {
        Status = ObSetSecurityObjectByPointer(Object, SecurityInformation, Captured);
        SeReleaseSecurityDescriptor(Captured, Mode, TRUE);
    }
    ObDereferenceObject(Object);
    return Status;
}

static NTSTATUS ObpQueryToCaller(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Buffer,
                                 ULONG Length, PULONG LengthNeeded)
{
    PVOID Local = NULL;
    NTSTATUS Status;

    *LengthNeeded = Length;
    if (Length != 0) {
        Local = ExAllocatePool2(POOL_FLAG_PAGED, Length, OBP_TAG_QUERY);
        if (Local == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpCallSecurityMethod(Object, QuerySecurityDescriptor, &Information, Local, LengthNeeded);
    if (NT_SUCCESS(Status) && Local != NULL) {
        __try {
            RtlCopyMemory(Buffer, Local, *LengthNeeded);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (Local != NULL)
        ExFreePoolWithTag(Local, OBP_TAG_QUERY);
    return Status;
}

static NTSTATUS ObpProbeDescriptorBuffer(PVOID Buffer, ULONG Length, PULONG LengthNeeded, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(LengthNeeded, sizeof(ULONG), sizeof(ULONG));
        if (Length != 0)
            ProbeForWrite(Buffer, Length, sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(QuerySecurityObject);
NT_EXPORT(NtQuerySecurityObject);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length, PULONG LengthNeeded)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Needed = 0;
    PVOID Object;
    NTSTATUS Status;

    Status = ObpProbeDescriptorBuffer(SecurityDescriptor, Length, LengthNeeded, Mode);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(Handle, ObpQueryAccess(SecurityInformation), NULL, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpQueryToCaller(Object, SecurityInformation, SecurityDescriptor, Length, &Needed);
    ObDereferenceObject(Object);
    __try {
        *LengthNeeded = Needed;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

/* ---- start-up ---- */

NTSTATUS ObSecureNamespace(VOID)
{
    static const struct {
        PCWSTR Name; /* in the root; empty: the root itself */
        PCWSTR Sddl;
    } Rows[] = {
        {L"", L"O:BAG:SYD:(A;;CCDCRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"Device", L"O:BAG:SYD:(A;;CCDCRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"Driver", L"O:BAG:SYD:(A;;CCDCRC;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"FileSystem", L"O:BAG:SYD:(A;;CCDCRC;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"GLOBAL??", L"O:BAG:SYD:(A;;CCDCRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"Callback", L"O:BAG:SYD:(A;;CCDCRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"BaseNamedObjects", L"O:BAG:SYD:(A;;CCDCLCSWRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"KernelObjects", L"O:BAG:SYD:(A;;CCDCRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
        {L"ObjectTypes", L"O:BAG:SYD:(A;;CCDCRC;;;WD)(A;;CCDCLCSWSDRCWDWO;;;BA)(A;;CCDCLCSWSDRCWDWO;;;SY)"},
    };
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i, Bytes;

    for (i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Rows); i++) {
        UNICODE_STRING Name, Sddl;
        PSECURITY_DESCRIPTOR Descriptor;
        PVOID Directory = ObpRootDirectory;

        RtlInitUnicodeString(&Name, Rows[i].Name);
        RtlInitUnicodeString(&Sddl, Rows[i].Sddl);
        if (Name.Length != 0)
            Directory = ObpFindEntry(ObpRootDirectory, &Name, FALSE);
        Status = SeConvertSddl(&Sddl, &Descriptor, &Bytes);
        if (!NT_SUCCESS(Status))
            break;
        Status = ObLogSecurityDescriptor(Descriptor, &OBP_HEADER(Directory)->SecurityDescriptor, 1);
        ExFreePool(Descriptor);
    }
    return Status;
}
