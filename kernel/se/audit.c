/*
 * What is left of auditing on a machine whose audit policy is empty: the routines that ask say no, those that report
 * have nothing to report. Also the file name of a process's image, which audit records name. Not modelled: audit
 * policies and the security event log.
 */
#include "sep.h"

#define SEP_TAG_NAME 'nPeS'

NT_EXPORT(SeAuditingFileEvents);
BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    UNREFERENCED_PARAMETER(AccessGranted);
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    return FALSE;
}

NT_EXPORT(SeAuditingFileOrGlobalEvents);
BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted,
                                           PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    UNREFERENCED_PARAMETER(AccessGranted);
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    UNREFERENCED_PARAMETER(SubjectContext);
    return FALSE;
}

NT_EXPORT(SeOpenObjectAuditAlarm);
VOID NTAPI SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                  PUNICODE_STRING AbsoluteObjectName,
                                  PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                                  BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                  KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose)
{
    UNREFERENCED_PARAMETER(ObjectTypeName);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(AbsoluteObjectName);
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    UNREFERENCED_PARAMETER(AccessState);
    UNREFERENCED_PARAMETER(ObjectCreated);
    UNREFERENCED_PARAMETER(AccessGranted);
    UNREFERENCED_PARAMETER(AccessMode);
    *GenerateOnClose = FALSE;
}

NT_EXPORT(SeOpenObjectForDeleteAuditAlarm);
VOID NTAPI SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                           PUNICODE_STRING AbsoluteObjectName,
                                           PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PACCESS_STATE AccessState, BOOLEAN ObjectCreated,
                                           BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                                           PBOOLEAN GenerateOnClose)
{
    SeOpenObjectAuditAlarm(ObjectTypeName, Object, AbsoluteObjectName, SecurityDescriptor, AccessState,
                           ObjectCreated, AccessGranted, AccessMode, GenerateOnClose);
}

NT_EXPORT(SeDeleteObjectAuditAlarm);
VOID NTAPI SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Handle);
}

/* [doc]: the structure and its text are one pool block, which the caller frees. */
NT_EXPORT(SeLocateProcessImageName);
NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *ImageFileName)
{
    USHORT Bytes = Process->ImagePath.Length;
    PUNICODE_STRING Name;

    *ImageFileName = NULL;
    Name = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Name) + Bytes + sizeof(WCHAR), SEP_TAG_NAME);
    if (Name == NULL)
        return STATUS_NO_MEMORY;
    Name->Buffer = (PWSTR)(Name + 1);
    Name->Length = Bytes;
    Name->MaximumLength = Bytes + sizeof(WCHAR);
    RtlCopyMemory(Name->Buffer, Process->ImagePath.Buffer, Bytes);
    *ImageFileName = Name;
    return STATUS_SUCCESS;
}
