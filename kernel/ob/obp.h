/*
 * ob, private: the layout of objects, directories, links and handle tables, and what its sources share.
 */
#pragma once

#include "ob.h"
#include "../ps/ps.h"
#include "../se/se.h"

#ifndef POOL_FLAG_NON_PAGED /* until include/ddk has them */
typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_UNINITIALIZED 0x2ull
#define POOL_FLAG_NON_PAGED 0x40ull
#define POOL_FLAG_PAGED 0x100ull
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
#endif

#ifndef STATUS_REPARSE_POINT_ENCOUNTERED
#define STATUS_REPARSE_POINT_ENCOUNTERED ((NTSTATUS)0xC000050B)
#endif

#define OBP_TAG_NAME 'mNbO'
#define OBP_TAG_INFO 'iCbO'
#define OBP_TAG_TABLE 'btbO'
#define OBP_TAG_CALLBACK 'bCbO'
#define OBP_TAG_DESCRIPTOR 'cSbO'
#define OBP_TAG_QUERY 'uQbO'

/* Attributes that callers may give; the rest is STATUS_INVALID_PARAMETER. [doc InitializeObjectAttributes] */
#define OBP_VALID_ATTRIBUTES 0x1FF2
#define OBP_DONT_REPARSE 0x1000
#define OBP_PROTECT_CLOSE 0x1 /* handle attribute, as in NtDuplicateObject and ZwQueryObject */
#define OBP_AUDIT_CLOSE 0x4
#define OBP_HANDLE_ATTRIBUTES (OBP_PROTECT_CLOSE | OBJ_INHERIT | OBP_AUDIT_CLOSE)
#define OBP_HANDLE_FLAG_INFORMATION 4 /* ObjectHandleFlagInformation */

#define OBP_FLAG_NEW 0x01
#define OBP_FLAG_KERNEL 0x02
#define OBP_FLAG_EXCLUSIVE 0x08
#define OBP_FLAG_PERMANENT 0x10

#define OBP_BUCKETS 37

typedef struct _OBP_DIRECTORY {
    LIST_ENTRY Bucket[OBP_BUCKETS]; /* OBP_INFO.HashLinks; each entry holds one reference to its object */
    ULONG EntryCount;
} OBP_DIRECTORY, *POBP_DIRECTORY;

typedef struct _OBP_SYMBOLIC_LINK {
    UNICODE_STRING Target; /* allocated, OBP_TAG_NAME */
} OBP_SYMBOLIC_LINK, *POBP_SYMBOLIC_LINK;

/* What ObCreateObject captures for ObInsertObject. */
typedef struct _OBP_CREATE_INFO {
    ULONG Attributes;
    KPROCESSOR_MODE ProbeMode;
    HANDLE RootDirectory;
    UNICODE_STRING Name; /* allocated, OBP_TAG_NAME */
    PSECURITY_DESCRIPTOR SecurityDescriptor;
    PVOID ParseContext;
} OBP_CREATE_INFO, *POBP_CREATE_INFO;

/* Ours, in front of NT's header. Its size keeps the body 16-byte aligned. */
typedef struct _OBP_INFO {
    POBP_DIRECTORY Directory; /* where the name is, referenced; NULL: nowhere */
    LIST_ENTRY HashLinks;     /* OBP_DIRECTORY.Bucket */
    UNICODE_STRING Name;      /* allocated, OBP_TAG_NAME; kept until the object goes */
    PEPROCESS ExclusiveProcess;
    SINGLE_LIST_ENTRY DeleteLink; /* the list of the deletion worker */
    LIST_ENTRY TypeLinks;     /* OBP_TYPE_LIST */
    ULONG BodySize;
    ULONG Pad;
} OBP_INFO, *POBP_INFO;
_Static_assert(sizeof(OBP_INFO) % 16 == 0, "bodies are 16-byte aligned");

typedef struct _OBJECT_HEADER {
    LONG64 PointerCount;
    LONG64 HandleCount;
    ULONG64 Lock;
    UCHAR TypeIndex;
    UCHAR TraceFlags;
    UCHAR InfoMask;
    UCHAR Flags; /* OBP_FLAG_* */
    ULONG Reserved;
    POBP_CREATE_INFO CreateInfo; /* NULL once inserted */
    PSECURITY_DESCRIPTOR SecurityDescriptor; /* a cached one: ObDereferenceSecurityDescriptor */
    ULONG64 Body[];
} OBJECT_HEADER, *POBJECT_HEADER;
DD_STATIC_ASSERT_OFFSET(OBJECT_HEADER, HandleCount, 0x8);
DD_STATIC_ASSERT_OFFSET(OBJECT_HEADER, TypeIndex, 0x18);
DD_STATIC_ASSERT_OFFSET(OBJECT_HEADER, Flags, 0x1b);
DD_STATIC_ASSERT_OFFSET(OBJECT_HEADER, SecurityDescriptor, 0x28);
DD_STATIC_ASSERT_OFFSET(OBJECT_HEADER, Body, 0x30);

typedef struct _OBJECT_TYPE_INITIALIZER {
    USHORT Length;
    USHORT ObjectTypeFlags; /* OBP_TYPE_* */
    ULONG ObjectTypeCode;
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    ULONG RetainAccess;
    POOL_TYPE PoolType;
    ULONG DefaultPagedPoolCharge;
    ULONG DefaultNonPagedPoolCharge;
    PVOID DumpProcedure;
    OB_OPEN_METHOD OpenProcedure;
    OB_CLOSE_METHOD CloseProcedure;
    OB_DELETE_METHOD DeleteProcedure;
    OB_PARSE_METHOD ParseProcedure;
    OB_SECURITY_METHOD SecurityProcedure;
    OB_QUERYNAME_METHOD QueryNameProcedure;
    OB_OKAYTOCLOSE_METHOD OkayToCloseProcedure;
    ULONG WaitObjectOffset; /* NT: WaitObjectFlagMask */
    USHORT WaitObjectFlagOffset;
    USHORT WaitObjectPointerOffset;
} OBJECT_TYPE_INITIALIZER;
DD_STATIC_ASSERT_SIZE(OBJECT_TYPE_INITIALIZER, 0x78);
#define OBP_TYPE_SECURITY_REQUIRED 0x08
#define OBP_TYPE_MAINTAIN_HANDLE_COUNT 0x10
#define OBP_TYPE_SUPPORTS_CALLBACKS 0x40

struct _OBJECT_TYPE {
    LIST_ENTRY TypeList; /* OBP_INFO.TypeLinks of every object of the type */
    UNICODE_STRING Name;
    PVOID DefaultObject;
    UCHAR Index;
    ULONG TotalNumberOfObjects;
    ULONG TotalNumberOfHandles;
    ULONG HighWaterNumberOfObjects;
    ULONG HighWaterNumberOfHandles;
    OBJECT_TYPE_INITIALIZER TypeInfo;
    ULONG64 TypeLock;
    ULONG Key; /* pool tag */
    LIST_ENTRY CallbackList; /* OBP_CALLBACK_ENTRY, highest altitude first */
};
DD_STATIC_ASSERT_OFFSET(struct _OBJECT_TYPE, Index, 0x28);
DD_STATIC_ASSERT_OFFSET(struct _OBJECT_TYPE, TypeInfo, 0x40);
DD_STATIC_ASSERT_OFFSET(struct _OBJECT_TYPE, Key, 0xc0);
DD_STATIC_ASSERT_OFFSET(struct _OBJECT_TYPE, CallbackList, 0xc8);
DD_STATIC_ASSERT_SIZE(struct _OBJECT_TYPE, 0xd8);

#define OBP_FIRST_TYPE 2 /* NT's first index too */
#define OBP_MAXIMUM_TYPES 64
extern POBJECT_TYPE ObpTypes[OBP_MAXIMUM_TYPES]; /* by index; grows only */
extern ULONG ObpTypeLimit;
extern POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
extern POBP_DIRECTORY ObpRootDirectory, ObpTypeDirectory;

#define OBP_HEADER(Object) CONTAINING_RECORD(Object, OBJECT_HEADER, Body)
#define OBP_INFO_OF(Object) ((POBP_INFO)OBP_HEADER(Object) - 1)
#define OBP_TYPE_OF(Object) (ObpTypes[OBP_HEADER(Object)->TypeIndex])

static inline PHANDLE_TABLE ObpTableOf(PEPROCESS Process)
{
    /* Start-up runs in the idle process. */
    if (Process == PsInitialSystemProcess || Process == (PEPROCESS)KiIdleProcess)
        return ObpKernelHandleTable;
    return Process->ObjectTable;
}

static inline BOOLEAN ObpIsKernelHandleValue(HANDLE Handle)
{
    return ((ULONG_PTR)Handle & 0xFFFFFFFF80000000ull) == 0xFFFFFFFF80000000ull;
}

/* ---- object.c ---- */
/* An object with one reference and no create information. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ObpAllocateObject(POBJECT_TYPE Type, ULONG BodySize, PVOID *Object);
VOID ObpFreeCreateInfo(POBJECT_HEADER Header);
NTSTATUS ObpDuplicateName(PCUNICODE_STRING Source, PUNICODE_STRING Copy);
VOID ObpFreeName(PUNICODE_STRING Name);
/* Captures Attributes as Mode's; Info is to be freed with ObpReleaseCapture. */
NTSTATUS ObpCaptureAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBP_CREATE_INFO Info);
VOID ObpReleaseCapture(POBP_CREATE_INFO Info);

/* ---- directory.c ---- */
/* Reports an object of that name in Directory; no reference is taken. NULL: none. */
PVOID ObpFindEntry(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN IgnoreCase);
/* Enters Object under its OBP_INFO.Name, with a reference. FALSE: the name is taken. */
BOOLEAN ObpInsertEntry(POBP_DIRECTORY Directory, PVOID Object, BOOLEAN IgnoreCase);
/* Takes Object out of its directory, if it is in one, and drops that reference. */
VOID ObpRemoveEntry(PVOID Object);
NTSTATUS ObpCreateDirectory(PCWSTR Path, POBP_DIRECTORY *Directory);
NTSTATUS ObpInitDirectoryType(VOID);

/* ---- symlink.c ---- */
NTSTATUS ObpInitLinkType(VOID);
NTSTATUS ObpCreateLink(PCWSTR Path, PCWSTR Target);

/* ---- name.c ---- */
typedef struct _OBP_LOOKUP {
    PVOID Object;             /* found, referenced; or NULL and */
    POBP_DIRECTORY Directory; /* where it is to be inserted, referenced */
    UNICODE_STRING Leaf;      /* inside CompleteName */
    UNICODE_STRING CompleteName;
} OBP_LOOKUP, *POBP_LOOKUP;
/*
 * Resolves Name. Insert: a missing last component is no failure, Lookup tells where it belongs. ObpReleaseLookup in
 * any case. PASSIVE_LEVEL; parse methods may block.
 */
NTSTATUS ObpLookupName(HANDLE Root, PCUNICODE_STRING Name, ULONG Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                       PACCESS_STATE AccessState, PVOID ParseContext, BOOLEAN Insert, POBP_LOOKUP Lookup);
VOID ObpReleaseLookup(POBP_LOOKUP Lookup);
/* Parse method of symbolic links, used by the lookup itself. */
NTSTATUS ObpParseLink(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                      ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context,
                      PVOID *Object);

/* ---- handle.c ---- */
typedef struct _OBP_HANDLE_ENTRY {
    PVOID Object; /* NULL: free */
    ACCESS_MASK Access;
    ULONG Attributes; /* OBP_HANDLE_ATTRIBUTES; of a free entry the next free index */
} OBP_HANDLE_ENTRY, *POBP_HANDLE_ENTRY;

/*
 * Makes a handle with Granted access (already checked) in the current process, or for the kernel when Attributes say
 * OBJ_KERNEL_HANDLE and Mode is KernelMode. Takes its own reference. Runs callbacks and the open method.
 */
NTSTATUS ObpCreateHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK Granted, ULONG Attributes,
                         KPROCESSOR_MODE Mode, PEPROCESS SourceProcess, PEPROCESS TargetProcess, PHANDLE Handle);
/* The entry of Handle as Mode sees it, or NULL. Valid until the next call that may block. */
POBP_HANDLE_ENTRY ObpFindHandle(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, PHANDLE_TABLE *Table);
NTSTATUS ObpCloseHandle(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode);

/* For services: a bad PHANDLE is found before anything is made, and again when the handle is handed out. */
NTSTATUS ObpProbeHandle(PHANDLE Handle, KPROCESSOR_MODE Mode);
NTSTATUS ObpReturnHandle(PHANDLE Result, HANDLE Handle, NTSTATUS Status);
/* The whole of an NtOpenXxx service. */
NTSTATUS ObpOpenService(PHANDLE Result, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type);

/* ---- callback.c ---- */
/* What one handle operation keeps between its pre and post callbacks. */
#define OBP_MAXIMUM_CALLBACKS 64
typedef struct _OBP_OPERATION {
    OB_OPERATION Operation;
    BOOLEAN KernelHandle;
    PVOID Object;
    POBJECT_TYPE Type;
    ULONG Count;
    struct _OBP_CALLBACK_ENTRY *Entry[OBP_MAXIMUM_CALLBACKS];
    PVOID CallContext[OBP_MAXIMUM_CALLBACKS];
} OBP_OPERATION, *POBP_OPERATION;
/* Runs the pre callbacks; *Access may lose rights. */
VOID ObpPreOperation(POBP_OPERATION Operation, PEPROCESS Source, PEPROCESS Target, PACCESS_MASK Access);
VOID ObpPostOperation(POBP_OPERATION Operation, ACCESS_MASK Granted, NTSTATUS Status);

/* ---- security.c ---- */
/* Full access check of an open by AccessState's subject. Granted gets the access of the handle. */
NTSTATUS ObpCheckAccess(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ULONG Attributes,
                        PACCESS_MASK Granted);
/* The same for the maker of an object, who gets what he asks for. */
NTSTATUS ObpGrantCreator(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PACCESS_MASK Granted);
/* Gives a new object its descriptor, from AccessState's explicit one, Parent's and the subject's token. */
NTSTATUS ObpAssignSecurity(PVOID Object, POBP_DIRECTORY Parent, PACCESS_STATE AccessState);
NTSTATUS ObpCallSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information,
                               PSECURITY_DESCRIPTOR Descriptor, PULONG Length);
