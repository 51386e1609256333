/*
 * cm, private: key nodes and values, key objects, callbacks. All of it runs at PASSIVE_LEVEL, and
 * nothing between a look-up and the change it leads to is a preemption point, so the tree has no
 * lock.
 */
#pragma once

#include "cm.h"
#include "../ex/exp.h"
#include "../ob/ob.h"
#include "../rtl/rtl.h"
#include "../se/se.h"

#define CMP_TAG 'yeKC'
#define CMP_MAX_KEY_NAME (255 * sizeof(WCHAR))
#define CMP_MAX_VALUE_NAME (16383 * sizeof(WCHAR))
#define CMP_MAX_LINKS 16

typedef struct _CMP_VALUE {
    LIST_ENTRY Link; /* CMP_NODE.Values, in the order of their making */
    UNICODE_STRING Name;
    ULONG Hash; /* of the name, in upper case */
    ULONG Type;
    ULONG Bytes;
    PVOID Data; /* NULL when empty */
} CMP_VALUE;

typedef struct _CMP_NODE {
    struct _CMP_NODE *Parent; /* NULL: \Registry, or deleted */
    LIST_ENTRY Link;          /* Parent->Children, sorted by name */
    LIST_ENTRY Children;
    LIST_ENTRY Values;
    LIST_ENTRY Waits; /* CMP_NOTIFY */
    UNICODE_STRING Name;
    UNICODE_STRING Class;
    UNICODE_STRING FullName; /* for CmCallbackGetKeyObjectID; made on demand */
    PSECURITY_DESCRIPTOR Descriptor;
    LARGE_INTEGER LastWriteTime;
    ULONG ChildCount, ValueCount;
    ULONG References; /* key objects */
    ULONG UserFlags;  /* KeyWow64FlagsInformation, KeyControlFlagsInformation */
    ULONG ControlFlags;
    BOOLEAN Volatile, SymbolicLink, Deleted;
    UCHAR Hive; /* of the key at the top of a hive that the host keeps: HAL_HIVE_* + 1 */
} CMP_NODE;

typedef struct _CM_KEY_BODY { /* the Key object: one an open */
    ULONG Signature;
    CMP_NODE *Node;
    LIST_ENTRY Contexts; /* CMP_CONTEXT */
} CM_KEY_BODY, *PCM_KEY_BODY;
#define CMP_SIGNATURE 'ydoB'

extern POBJECT_TYPE CmpKeyType;
extern CMP_NODE *CmpRoot;

/* ---- node.c ---- */
CMP_NODE *CmpFindChild(CMP_NODE *Parent, PCUNICODE_STRING Name);
CMP_NODE *CmpChildAt(CMP_NODE *Parent, ULONG Index);
/* Parent == NULL makes \Registry. Options: REG_OPTION_VOLATILE, REG_OPTION_CREATE_LINK. Explicit
 * may be NULL: inherits. */
NTSTATUS CmpCreateNode(CMP_NODE *Parent, PCUNICODE_STRING Name, PCUNICODE_STRING Class,
                       ULONG Options, PSECURITY_DESCRIPTOR Explicit,
                       PSECURITY_SUBJECT_CONTEXT Subject, CMP_NODE **Result);
NTSTATUS CmpDeleteNode(CMP_NODE *Node); /* STATUS_CANNOT_DELETE when it has subkeys */
NTSTATUS CmpRenameNode(CMP_NODE *Node, PCUNICODE_STRING Name);
VOID CmpDereferenceNode(CMP_NODE *Node); /* frees a deleted node with the last key object */
/* "\REGISTRY\MACHINE\...", CMP_TAG pool. */
NTSTATUS CmpFullName(CMP_NODE *Node, PUNICODE_STRING Name);
/*
 * Follows a path of components; links on the way and, if FollowLast, at its end. Rest gets the last
 * component when only that one is missing (STATUS_OBJECT_NAME_NOT_FOUND and *Node = its parent),
 * else it is empty.
 */
NTSTATUS CmpWalk(CMP_NODE *Start, PCUNICODE_STRING Path, BOOLEAN FollowLast, CMP_NODE **Node,
                 PUNICODE_STRING Rest);
CMP_VALUE *CmpFindValue(CMP_NODE *Node, PCUNICODE_STRING Name);
CMP_VALUE *CmpValueAt(CMP_NODE *Node, ULONG Index);
NTSTATUS CmpSetValue(CMP_NODE *Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data,
                     ULONG Bytes);
NTSTATUS CmpDeleteValue(CMP_NODE *Node, PCUNICODE_STRING Name);

/* ---- hive.c: what outlives the machine ---- */
typedef struct _CMP_CHANGE {
    ULONG Operation; /* HAL_CHANGE_* */
    ULONG Type;
    LARGE_INTEGER Time;
    PCUNICODE_STRING Child; /* of the node; NULL: the node itself */
    PCUNICODE_STRING Name;  /* NULL: none */
    const VOID *Data;
    ULONG Bytes;
} CMP_CHANGE;
/*
 * Before the change is made: whatever this returns but success, it is not. Of a key that the host
 * does not keep: success.
 */
NTSTATUS CmpLogChange(CMP_NODE *Node, const CMP_CHANGE *Change);
/* The key itself, as it will be. */
NTSTATUS CmpLogKey(CMP_NODE *Node, PSECURITY_DESCRIPTOR Descriptor, LARGE_INTEGER Time);
NTSTATUS CmpFlushHives(VOID);
/* The change as a record for a hive of the host's, with the path from Root. */
NTSTATUS CmpSendChange(ULONG Hive, CMP_NODE *Root, CMP_NODE *Node, const CMP_CHANGE *Change);
/* What a hive of the host's has, below Root. *Any: it has something. On failure a part of it is
 * there. */
NTSTATUS CmpLoadRecords(ULONG Hive, CMP_NODE *Root, PBOOLEAN Any);
NTSTATUS CmpLoadHives(VOID);      /* at start-up, before anything else is in the registry */
BOOLEAN CmpIsLoaded(PCWSTR Path); /* its hive came from the host; Path below \Registry */
VOID CmpFinishHives(VOID);        /* those that did not come from there are complete */

/* ---- save.c: hives as files of the machine ---- */
VOID CmpInitFiles(VOID);
NTSTATUS CmpFlushLoaded(CMP_NODE *Node); /* if NtLoadKey has loaded a hive there */

/* ---- init.c ---- */
/* Makes each key of the path below \Registry that is missing. */
NTSTATUS CmpMakePath(PCWSTR Path, BOOLEAN Volatile, CMP_NODE **Node);

/* ---- bcd.c ---- */
NTSTATUS CmpFillBootConfiguration(VOID);

/* ---- object.c ---- */
NTSTATUS CmpInitKeyType(VOID);
NTSTATUS CmpCreateKeyBody(CMP_NODE *Node, PCM_KEY_BODY *Body);
/* References the body and checks that its key was not deleted. */
NTSTATUS CmpReferenceKey(HANDLE Handle, ACCESS_MASK Access, PCM_KEY_BODY *Body);
/* Copies a caller's string to CMP_TAG pool. */
NTSTATUS CmpCaptureString(PUNICODE_STRING Source, SIZE_T Limit, PUNICODE_STRING Result);
VOID CmpFreeString(PUNICODE_STRING String);
/*
 * Gives Image (Bytes of it, Fixed of which must fit) to a caller's buffer by the registry's rules:
 * too small for the fixed part: STATUS_BUFFER_TOO_SMALL; for the rest: what fits and
 * STATUS_BUFFER_OVERFLOW. *ResultLength = Bytes.
 */
NTSTATUS CmpReturnImage(const VOID *Image, ULONG Bytes, ULONG Fixed, PVOID Buffer, ULONG Length,
                        PULONG ResultLength);

/* ---- notify.c ---- */
VOID CmpReportChange(CMP_NODE *Node, ULONG Filter);                      /* REG_NOTIFY_CHANGE_* */
VOID CmpCancelWaits(CMP_NODE *Node, PCM_KEY_BODY Body, NTSTATUS Status); /* Body == NULL: all */

/* ---- callback.c: drivers that watch the registry ---- */
#define CMP_MAX_CALLBACKS 16
typedef struct _CMP_CALL { /* one operation under watch */
    ULONG Count;           /* callbacks that saw it begin */
    struct {
        struct _CMP_CALLBACK *Callback;
        PVOID CallContext;
    } Seen[CMP_MAX_CALLBACKS];
    BOOLEAN Bypassed; /* a callback did the operation itself */
} CMP_CALL;
extern ULONG CmpCallbackCount;
/*
 * Tells the callbacks that an operation begins. Info is its REG_xxx structure, in which
 * *CallContext and *ObjectContext (may be NULL) lie. Anything but STATUS_SUCCESS: do not do it;
 * Call.Bypassed: return success.
 */
NTSTATUS CmpPreCall(CMP_CALL *Call, REG_NOTIFY_CLASS Class, PVOID Info, PVOID *CallContext,
                    PVOID *ObjectContext, PCM_KEY_BODY Body);
/* Tells them that it is over; returns what the caller gets. */
NTSTATUS CmpPostCall(CMP_CALL *Call, REG_NOTIFY_CLASS Class, PVOID Object, NTSTATUS Status,
                     PVOID Info, PCM_KEY_BODY Body);
VOID CmpFreeContexts(PCM_KEY_BODY Body);
/* Pre, the operation, post: for operations on an open key. Info has CallContext and ObjectContext.
 */
#define CmpWatch(Call, Pre, Info, Body) \
    (CmpCallbackCount == 0              \
         ? STATUS_SUCCESS               \
         : CmpPreCall(Call, Pre, &(Info), &(Info).CallContext, &(Info).ObjectContext, Body))
#define CmpWatched(Call, Post, Info, Body, Status)                                              \
    ((Call)->Count == 0                                                                         \
         ? (Call)->Bypassed ? STATUS_SUCCESS : (Status)                                         \
         : CmpPostCall(Call, Post, Body, (Call)->Bypassed ? STATUS_SUCCESS : (Status), &(Info), \
                       Body))
