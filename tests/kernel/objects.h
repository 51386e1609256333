/* What the tests of objects share: names, object attributes, routines that the DDK headers do not declare. */
#pragma once

#include "tap.h"

NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                              PACCESS_STATE State, ACCESS_MASK Access, PVOID Context, PHANDLE Handle);
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
NTKERNELAPI NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, PVOID Flags, KPROCESSOR_MODE Mode);
NTSYSAPI NTSTATUS NTAPI ZwSignalAndWaitForSingleObject(HANDLE Signal, HANDLE Wait, BOOLEAN Alertable,
                                                       PLARGE_INTEGER Timeout);

#ifndef PROCESS_TERMINATE
#define PROCESS_TERMINATE 0x0001
#define PROCESS_QUERY_INFORMATION 0x0400
#endif
#define KERNEL_NAME (OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE)

typedef struct _NAMED { /* attributes with their name */
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
} NAMED;

static TAP_UNUSED POBJECT_ATTRIBUTES named_at(NAMED *Named, HANDLE Root, PCWSTR Name, ULONG Attributes)
{
    RtlInitUnicodeString(&Named->Name, Name);
    InitializeObjectAttributes(&Named->Attributes, Name != NULL ? &Named->Name : NULL, Attributes, Root, NULL);
    return &Named->Attributes;
}

static TAP_UNUSED POBJECT_ATTRIBUTES named(NAMED *Named, PCWSTR Name, ULONG Attributes)
{
    return named_at(Named, NULL, Name, Attributes);
}

/* A directory handle of the kernel, or NULL. */
static TAP_UNUSED HANDLE make_directory(PCWSTR Name)
{
    HANDLE Handle = NULL;
    NAMED Named;

    is_status(ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, named(&Named, Name, KERNEL_NAME)), STATUS_SUCCESS,
              "directory %ws is made", Name != NULL ? Name : L"without a name");
    return Handle;
}
