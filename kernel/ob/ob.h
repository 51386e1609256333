/*
 * ob: object types, the namespace, handle tables, reference counts. What other components may call beyond the
 * documented Ob routines.
 */
#pragma once

#include "../ke/ke.h"

typedef enum _OB_OPEN_REASON { ObCreateHandle, ObOpenHandle, ObDuplicateHandle, ObInheritHandle, ObMaxOpenReason } OB_OPEN_REASON;

typedef NTSTATUS (*OB_OPEN_METHOD)(OB_OPEN_REASON Reason, KPROCESSOR_MODE Mode, PEPROCESS Process, PVOID Object,
                                   PACCESS_MASK GrantedAccess, ULONG HandleCount);
typedef VOID (*OB_CLOSE_METHOD)(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount,
                                ULONG_PTR SystemHandleCount); /* counts before this close; 1 = the last */
typedef VOID (*OB_DELETE_METHOD)(PVOID Object);
/*
 * Parses the rest of a name below ParseObject. RemainingName is what is left (may start with '\\' or be empty); Object
 * gets a referenced object. STATUS_REPARSE: CompleteName was replaced, start again at the root.
 */
typedef NTSTATUS (*OB_PARSE_METHOD)(PVOID ParseObject, POBJECT_TYPE ObjectType, PACCESS_STATE AccessState,
                                    KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                                    PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);
typedef NTSTATUS (*OB_SECURITY_METHOD)(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                       PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                       PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType,
                                       PGENERIC_MAPPING Mapping);
typedef NTSTATUS (*OB_QUERYNAME_METHOD)(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length,
                                        PULONG ReturnLength, KPROCESSOR_MODE Mode);
/* TRUE: the handle may be closed. */
typedef BOOLEAN (*OB_OKAYTOCLOSE_METHOD)(PEPROCESS Process, PVOID Object, HANDLE Handle, KPROCESSOR_MODE Mode);

typedef struct _OB_TYPE_INITIALIZER { /* ours; OBJECT_TYPE.TypeInfo in NT's layout is filled from it */
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    ULONG InvalidAttributes;
    POOL_TYPE PoolType;
    BOOLEAN SecurityRequired;
    BOOLEAN MaintainHandleCount; /* else the process count that Close gets is 0 */
    BOOLEAN SupportsCallbacks;   /* ObRegisterCallbacks accepts the type */
    OB_OPEN_METHOD Open;
    OB_CLOSE_METHOD Close;
    OB_DELETE_METHOD Delete;
    OB_PARSE_METHOD Parse;
    OB_SECURITY_METHOD Security;
    OB_QUERYNAME_METHOD QueryName;
    OB_OKAYTOCLOSE_METHOD OkayToClose;
    /* Offset in the object of what a wait on it waits for: 0 = the object starts with a DISPATCHER_HEADER;
     * MAXULONG = cannot be waited on. */
    ULONG WaitObjectOffset;
} OB_TYPE_INITIALIZER;

NTSTATUS ObInitSystem(VOID); /* needs the pools; before se, ps, ex, io */
/* Descriptors for the directories that ObInitSystem made; called by se once it can make them. */
NTSTATUS ObSecureNamespace(VOID);
NTSTATUS ObCreateType(PCWSTR Name, const OB_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type);
/*
 * Allocates an object with one reference, not yet named or in a handle table. Name and attributes are captured from
 * Attributes (may be NULL). BodySize bytes, zeroed. Failure: STATUS_INSUFFICIENT_RESOURCES, STATUS_OBJECT_NAME_INVALID.
 * Same contract as NT's ObCreateObject; ObInsertObject then names it and makes the handle. [doc: ObCreateObject is
 * exported but undocumented; used by drivers in import_frequency]
 */
NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes,
                              KPROCESSOR_MODE OwnershipMode, PVOID ParseContext, ULONG BodySize, ULONG PagedCharge,
                              ULONG NonPagedCharge, PVOID *Object);
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                  PACCESS_STATE AccessState, ACCESS_MASK Access, PVOID ParseContext, PHANDLE Handle);
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState,
                                       ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                       PVOID ParseContext, PVOID *Object);
/*
 * ObInsertObject, which the DDK declares, names the object and makes a handle; Handle NULL: none, and the creation
 * reference stays. With a handle the creation reference is dropped. ObjectPointerBias references are added for the
 * caller, and NewObject, if not NULL, gets the object: with OBJ_OPENIF that may be an older one
 * (STATUS_OBJECT_NAME_EXISTS). On failure the creation reference is dropped, so the object is gone. [guess: the
 * reference has no page on it]
 */
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
/* FALSE when the object is already being deleted. [doc: exported, undocumented] */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object);
/* The dispatcher object a wait on Object waits for, or NULL when its type cannot be waited on. */
PVOID ObGetWaitObject(PVOID Object);
/* Name without its directory, or an empty string. Valid while the object lives and is not renamed. */
PUNICODE_STRING ObGetObjectName(PVOID Object);
PSECURITY_DESCRIPTOR ObGetDescriptor(PVOID Object); /* the object's own, no reference taken; may be NULL */

/* ---- handle tables ---- */
typedef struct _HANDLE_TABLE HANDLE_TABLE, *PHANDLE_TABLE;
NTSTATUS ObCreateHandleTable(PEPROCESS Process, PHANDLE_TABLE *Table);
VOID ObCloseAllHandles(PHANDLE_TABLE Table); /* process exit: closes each as if by NtClose */
VOID ObDeleteHandleTable(PHANDLE_TABLE Table);
/* Handles of From that are to be inherited get the same values in To, which is empty; Count 0: all, else those in List. */
NTSTATUS ObInheritHandles(PHANDLE_TABLE From, PHANDLE_TABLE To, const HANDLE *List, ULONG Count);
ULONG ObHandleCount(PHANDLE_TABLE Table);
typedef struct _OB_HANDLE_USE { /* for system information */
    ULONG_PTR Value;
    PVOID Object;
    ACCESS_MASK GrantedAccess;
    ULONG Attributes, TypeIndex;
    LONG_PTR HandleCount, PointerCount;
} OB_HANDLE_USE;
/* Calls Visit, which may not wait, for each handle of the table, by value. */
VOID ObEnumerateHandles(PHANDLE_TABLE Table, VOID (*Visit)(PVOID Context, const OB_HANDLE_USE *Use), PVOID Context);
extern PHANDLE_TABLE ObpKernelHandleTable;   /* handles with bit 31..63 set: HANDLE | 0xFFFFFFFF80000000 */

/* For the summary: calls Visit for each type with its live objects and handles. */
VOID ObEnumerateTypes(VOID (*Visit)(PVOID Context, PCUNICODE_STRING Name, ULONG Objects, ULONG Handles), PVOID Context);

/* ---- documented routines that the DDK headers lack ---- */
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
NTSTATUS NTAPI ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess,
                                 PHANDLE TargetHandle, ACCESS_MASK Access, ULONG Attributes, ULONG Options,
                                 KPROCESSOR_MODE PreviousMode);
NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR Input, PSECURITY_DESCRIPTOR *Output, ULONG References);
VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count);
VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Count);
NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION Information,
                                            PSECURITY_DESCRIPTOR Descriptor);
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, PVOID HandleFlags, KPROCESSOR_MODE PreviousMode);
