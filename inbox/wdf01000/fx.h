/*
 * fx: the core of the framework that every part stands on: a client's globals, objects with their
 * contexts, references and order of deletion, callback locks, violations, the in-flight log.
 * Everything of a client lives below its FX_GLOBALS. The framework calls nothing but ntoskrnl's and
 * wdfldr's documented exports.
 *
 * A routine that clients reach through the function table is written as
 *     WDF_DDI(WdfObjectDelete);
 *     VOID NTAPI imp_WdfObjectDelete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
 * The mark, at column 0, enters it in the table and in the ledger (tools/gen_kmdf_table.awk);
 * WDF_DDI_PARTIAL(Name, "what is missing") likewise. A routine without a mark stops the client with
 * WDF_VIOLATION, WDF_API_UNAVAILABLE.
 */
#pragma once

#include <ntddk.h>
#include <usb.h>
#include "../pool.h"
#include <wdf.h>
#include <wdfusb.h>
#include <wdfminiport.h>
#include <wdfcx.h>
#include <wdfstatus.h>
#include <fxprotos.h>

#define WDF_DDI(Name) _Static_assert(1, #Name)
#define WDF_DDI_PARTIAL(Name, Missing) _Static_assert(1, #Name)

#ifndef WDF_VIOLATION
#define WDF_VIOLATION 0x10Du
#endif
#define FX_LIBRARY_MINOR 33u
#define FX_TAG 'rDxF' /* the framework's own blocks; a client's objects carry its DriverTag */

typedef struct _FX_GLOBALS FX_GLOBALS;
typedef struct _FX_OBJECT FX_OBJECT;
typedef struct _FX_DRIVER FX_DRIVER;
typedef struct _FX_DEVICE FX_DEVICE;
typedef struct _FX_QUEUE FX_QUEUE;
typedef struct _FX_REQUEST FX_REQUEST;
typedef struct _FX_FILE FX_FILE;
typedef struct _FX_TARGET FX_TARGET;
typedef struct _FX_MEMORY FX_MEMORY;

/* ---- the in-flight log: the last FX_LOG_LINES lines of what the framework did for a client ----
 */
#define FX_LOG_LINES 64
#define FX_LOG_LINE_BYTES 96
typedef struct _FX_LOG {
    LONG Next; /* lines written so far; line n is at n % FX_LOG_LINES */
    CHAR Line[FX_LOG_LINES][FX_LOG_LINE_BYTES];
} FX_LOG;

/* ---- a client ---- */
struct _FX_GLOBALS {
    WDF_DRIVER_GLOBALS Public;   /* first: the client holds its address */
    ULONG Minor;                 /* the client's KMDF minor version */
    PDRIVER_OBJECT
        DriverObject; /* of the client; not referenced: the client unbinds before it goes */
    UNICODE_STRING RegistryPath; /* pool */
    FX_DRIVER *Driver;           /* set by WdfDriverCreate, NULL again when it is destroyed */
    LIST_ENTRY Link;             /* of all clients; FxClientsLock */
    KSPIN_LOCK Lock; /* the tree of objects: Parent, Children, Sibling, State, Contexts */
    LONG ObjectCount;            /* objects not freed yet, for the check at unbind */
    LIST_ENTRY Deferred;         /* objects whose disposal waits for PASSIVE_LEVEL; Lock */
    BOOLEAN WorkerQueued;        /* Lock */
    WORK_QUEUE_ITEM Worker;
    KEVENT WorkerIdle;           /* signalled while the worker is not queued */
    BOOLEAN Verifier;            /* Parameters\Wdf: VerifierOn */
    BOOLEAN DebugBreakOnError;   /* Parameters\Wdf: DbgBreakOnError */
    FX_LOG Log;
    BOOLEAN WatchesBugChecks;
    KBUGCHECK_CALLBACK_RECORD BugCheckRecord; /* prints the log's tail */
};

static inline FX_GLOBALS *FxGlobalsOf(PWDF_DRIVER_GLOBALS DriverGlobals)
{
    return CONTAINING_RECORD(DriverGlobals, FX_GLOBALS, Public);
}

/* ---- objects ---- */
typedef enum _FX_TYPE { /* also what a violation shows as the type of an object */
    FxTypeAny = 0,
    FxTypeObject = 0x1000, /* WdfObjectCreate */
    FxTypeDriver,
    FxTypeDevice,
    FxTypeQueue,
    FxTypeRequest,
    FxTypeFile,
    FxTypeTarget,
    FxTypeTimer,
    FxTypeDpc,
    FxTypeWorkItem,
    FxTypeInterrupt,
    FxTypeSpinLock,
    FxTypeWaitLock,
    FxTypeMemory,
    FxTypeLookaside,
    FxTypeString,
    FxTypeCollection,
    FxTypeKey,
    FxTypeChildList,
    FxTypeCmResourceList,
    FxTypeIoResourceList,
    FxTypeIoRequirementsList,
    FxTypeDmaEnabler,
    FxTypeDmaTransaction,
    FxTypeCommonBuffer,
    FxTypeWmiProvider,
    FxTypeWmiInstance,
    FxTypeUsbDevice,
    FxTypeUsbInterface,
    FxTypeUsbPipe,
} FX_TYPE;

typedef struct _FX_CLASS { /* what the objects of a type have in common; static const */
    FX_TYPE Type;
    FX_TYPE Base;     /* its handles are good as this type's too: a USB pipe is an I/O target;
                         FxTypeAny: none */
    const char *Name; /* "WDFQUEUE" */
    ULONG Size;       /* bytes of the structure that starts with an FX_OBJECT */
    /*
     * Called once when the object is deleted, after its children were and after its
     * EvtCleanupCallbacks: stop what it does, wait for what is under way, leave lists. May be NULL.
     * PASSIVE_LEVEL when PassiveDispose, else <= DISPATCH_LEVEL.
     */
    VOID (*Dispose)(FX_OBJECT *Object);
    /* Called when the last reference is gone, after the EvtDestroyCallbacks, before the memory
     * goes. May be NULL. */
    VOID (*Destroy)(FX_OBJECT *Object);
    BOOLEAN PassiveDispose; /* deletion above PASSIVE_LEVEL is handed to a work item */
    BOOLEAN ClientMayDelete; /* WdfObjectDelete by the client is allowed */
    BOOLEAN ClientMaySetParent; /* WDF_OBJECT_ATTRIBUTES.ParentObject may be given */
    BOOLEAN
        HasExecutionLevel; /* ExecutionLevel and SynchronizationScope may be given: driver, device,
                              queue, file, timer, DPC, work item, general objects as documented */
} FX_CLASS;

typedef struct _FX_CONTEXT { /* header of a context; the client's bytes follow at FX_CONTEXT_BODY */
    FX_OBJECT *Object;
    struct _FX_CONTEXT *Next; /* written once, under Globals->Lock; read without */
    PFN_WDF_OBJECT_CONTEXT_CLEANUP Cleanup;
    PFN_WDF_OBJECT_CONTEXT_DESTROY Destroy;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO Type; /* UniqueType; NULL: callbacks without a context */
    BOOLEAN IsInBlock; /* of the object; else a block of its own */
} FX_CONTEXT;
#define FX_CONTEXT_BODY 0x30u

typedef enum _FX_STATE { FxAlive = 1, FxDisposing, FxDisposed } FX_STATE;
#define FX_SIGNATURE 0x58461000u

typedef struct _FX_CALLBACK_LOCK { /* what serialises the callbacks of a device or a queue; spin
                                      lock or mutex */
    BOOLEAN IsPassive; /* execution level passive: a mutex */
    PKTHREAD Owner;    /* for recursion checks */
    ULONG Depth;
    KIRQL OldIrql;
    KSPIN_LOCK Spin;
    KMUTEX Mutex;
} FX_CALLBACK_LOCK;

struct _FX_OBJECT {
    ULONG Signature;
    UCHAR State;          /* FX_STATE; Globals->Lock */
    USHORT ExtraOffset;   /* of the extra bytes from the object */
    const FX_CLASS *Class;
    FX_GLOBALS *Globals;
    LONG References;      /* one for being alive */
    ULONG Flags;          /* FX_FLAG_* */
    FX_OBJECT *Parent;    /* Globals->Lock; NULL once this one is deleted */
    LIST_ENTRY Children;  /* Globals->Lock */
    LIST_ENTRY Sibling;   /* Globals->Lock */
    FX_CONTEXT *Contexts; /* the first one lies in the object's own block */
    FX_DEVICE *Device;    /* the device it belongs to, or NULL */
    WDF_EXECUTION_LEVEL ExecutionLevel;       /* never Inherit */
    WDF_SYNCHRONIZATION_SCOPE Scope;          /* never Inherit */
    FX_CALLBACK_LOCK *CallbackLock; /* of the device or queue that owns the scope; NULL: none */
    LIST_ENTRY DeferLink;           /* while its disposal waits for the worker; Globals->Lock */
};
#define FX_OBJECT_FREE_LINK FIELD_OFFSET(FX_OBJECT, Parent)
#define FX_FLAG_NO_CLIENT_DELETE 1u /* this one is the framework's to delete */
#define FX_FLAG_EMBEDDED 2u         /* memory is the owner's: not freed with the last reference */
#define FX_FLAG_CACHED 8u /* its cache counts it in ObjectCount, used or not */
#define FX_FLAG_COMMITTED 4u        /* creation is complete: its client callbacks run at deletion */

/* Handles are the inverted address, so that a handle is never taken for a pointer, nor the other
 * way. */
static inline WDFOBJECT FxHandleOf(const VOID *Object)
{
    return (WDFOBJECT)~(ULONG_PTR)Object;
}
#define FX_HANDLE(Type, Object) ((Type)FxHandleOf(Object))

/* The object of a handle. A wrong one is WDF_VIOLATION, WDF_INVALID_HANDLE; does not return then.
 * Any IRQL. */
FX_OBJECT *FxObjectSlow(FX_GLOBALS *Globals, const VOID *Handle, FX_TYPE Type);
static inline FX_OBJECT *FxObjectFromHandle(FX_GLOBALS *Globals, const VOID *Handle, FX_TYPE Type)
{
    FX_OBJECT *Object = (FX_OBJECT *)~(ULONG_PTR)Handle;

    if (Handle != NULL && ((ULONG_PTR)Object & 15) == 0 && Object->Signature == FX_SIGNATURE &&
        (Type == FxTypeAny || Object->Class->Type == Type))
        return Object;
    return FxObjectSlow(Globals, Handle, Type);
}
#define FX_OBJECT_OF(Structure, Globals, Handle, Type)                                             \
    ((Structure *)FxObjectFromHandle(Globals, Handle, Type))

/*
 * Makes an object of Class with the contexts that Attributes (may be NULL) ask for, as a child of
 * the attributes' parent, else of DefaultParent (NULL only for the driver). Zeroed, one reference,
 * PASSIVE to DISPATCH_LEVEL. The attributes are checked: size, context type, parent, levels;
 * STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED and the like as documented. The object is not visible to
 * its children's or parent's deletion until FxObjectCommit.
 */
NTSTATUS FxObjectCreate(FX_GLOBALS *Globals, const FX_CLASS *Class,
                        PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *DefaultParent,
                        SIZE_T ExtraBytes, FX_OBJECT **Object);
/*
 * The same in memory of the caller's, for caches: FxObjectBytes bytes, 16-aligned, not zeroed
 * before. Attributes must be checked already (FxCheckAttributes) and have no parent; Class->Destroy
 * gives the memory back (FX_FLAG_EMBEDDED is set).
 */
SIZE_T FxObjectBytes(const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes, SIZE_T ExtraBytes);
VOID FxObjectInit(FX_OBJECT *Object, FX_GLOBALS *Globals, const FX_CLASS *Class,
                  PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent, SIZE_T ExtraBytes);
/* Undoes FxObjectCreate of an object that nobody saw: no callback of the client runs.
 * Class->Destroy runs. */
VOID FxObjectAbandon(FX_OBJECT *Object);
/*
 * Puts the object below its parent. STATUS_DELETE_PENDING when the parent is being deleted: then
 * abandon it. After it the client may get the handle.
 */
NTSTATUS FxObjectCommit(FX_OBJECT *Object);
/* The bytes asked for as ExtraBytes, after the class's structure, 16-aligned. */
PVOID FxObjectExtra(FX_OBJECT *Object);

VOID FxObjectReference(FX_OBJECT *Object);   /* any IRQL */
VOID FxObjectDereference(FX_OBJECT *Object); /* <= DISPATCH_LEVEL */
/* Deletes: children, cleanup callbacks, Dispose, the creation's reference. Twice is harmless (the
 * second does nothing). */
VOID FxObjectDelete(FX_OBJECT *Object);
/*
 * For caches. Revive: makes an object again of memory that FxObjectInit made one of with the same
 * Attributes and no parent, and that was destroyed since; 16 bytes at FX_OBJECT_FREE_LINK may have
 * been overwritten. What follows the FX_OBJECT is the caller's to initialise, contexts are zeroed.
 * Dispose: deletes one that is in no parent's list but keeps the creation's reference.
 * LastDereference: destroys a disposed one whose references are all the caller's.
 */
VOID FxObjectRevive(FX_OBJECT *Object, PWDF_OBJECT_ATTRIBUTES Attributes);
VOID FxObjectDispose(FX_OBJECT *Object);
VOID FxObjectLastDereference(FX_OBJECT *Object);
/* FxObjectDelete for one that is in no parent's list and that only the caller deletes: without a
 * lock. <= DISPATCH_LEVEL. */
VOID FxObjectDeleteUnlisted(FX_OBJECT *Object);
VOID FxObjectSetParent(FX_OBJECT *Object,
                       FX_OBJECT *Parent); /* e.g. a request that moves; both alive */
/* The nearest object of Type at or above Object, or NULL. */
FX_OBJECT *FxObjectAncestor(FX_OBJECT *Object, FX_TYPE Type);
/* The context of a type, or NULL. Any IRQL. */
PVOID FxObjectContext(FX_OBJECT *Object, PCWDF_OBJECT_CONTEXT_TYPE_INFO Type);

/* Attributes' Size, or STATUS_INFO_LENGTH_MISMATCH; NULL is fine. */
NTSTATUS FxCheckAttributes(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes);
/* Attributes where a parent may not be given: STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED. */
NTSTATUS FxCheckNoParent(PWDF_OBJECT_ATTRIBUTES Attributes);

/* ---- callback locks ---- */
VOID FxCallbackLockInit(FX_CALLBACK_LOCK *Lock, BOOLEAN IsPassive);
/* Lock may be NULL: nothing then. A mutex is taken in a critical region. WDF_RECURSIVE_LOCK when
 * the thread has it. */
VOID FxCallbackLockAcquire(FX_GLOBALS *Globals, FX_CALLBACK_LOCK *Lock);
VOID FxCallbackLockRelease(FX_CALLBACK_LOCK *Lock);
BOOLEAN FxCallbackLockIsOwned(const FX_CALLBACK_LOCK *Lock);

/* The lock that serialises with the callbacks of the nearest queue or device at or above Object;
 * NULL: none. */
FX_CALLBACK_LOCK *FxSerializationLock(FX_OBJECT *Object);

/* ---- blame ---- */
/* WDF_VIOLATION (0x10D). Parameters as documented for the code. Does not return. Any IRQL. */
DECLSPEC_NORETURN VOID FxViolation(FX_GLOBALS *Globals, WDF_BUGCHECK_CODES Code, ULONG_PTR P2,
                                   ULONG_PTR P3, ULONG_PTR P4);
/* A required pointer of a DDI was NULL: WDF_REQUIRED_PARAMETER_IS_NULL. */
DECLSPEC_NORETURN VOID FxNullParameter(FX_GLOBALS *Globals, PVOID Caller);
#define FX_REQUIRE(Globals, Pointer)                                  \
    do {                                                              \
        if ((Pointer) == NULL)                                        \
            FxNullParameter(Globals, __builtin_return_address(0));    \
    } while (0)
/* The client calls above Highest: with the verifier WDF_VERIFIER_IRQL_MISMATCH, else
 * STATUS_INVALID_DEVICE_REQUEST. */
NTSTATUS FxCheckIrql(FX_GLOBALS *Globals, KIRQL Highest);
/*
 * A call of an event callback. With the verifier one that returns at another IRQL is
 * WDF_VERIFIER_IRQL_MISMATCH, one that leaves a critical region entered
 * WDF_VERIFIER_CRITICAL_REGION_MISMATCH [doc: Bug Check 0x10D].
 */
typedef struct _FX_GUARD {
    KIRQL Irql;
    BOOLEAN ApcsDisabled;
} FX_GUARD;
VOID FxGuardCheck(FX_GLOBALS *Globals, FX_GUARD Before, PVOID Callback);
static inline FX_GUARD FxGuardBegin(const FX_GLOBALS *Globals)
{
    FX_GUARD Guard = { 0 };

    if (Globals->Verifier)
        Guard = (FX_GUARD){ KeGetCurrentIrql(), KeAreApcsDisabled() };
    return Guard;
}
static inline VOID FxGuardEnd(FX_GLOBALS *Globals, FX_GUARD Before, PVOID Callback)
{
    if (Globals->Verifier)
        FxGuardCheck(Globals, Before, Callback);
}
#define FX_GUARDED(Globals, Callback, ...)                      \
    ({                                                          \
        FX_GUARD Before_ = FxGuardBegin(Globals);               \
        NTSTATUS Status_ = (Callback)(__VA_ARGS__);             \
        FxGuardEnd(Globals, Before_, (PVOID)(Callback));        \
        Status_;                                                \
    })
#define FX_GUARDED_VOID(Globals, Callback, ...)                 \
    do {                                                        \
        FX_GUARD Before_ = FxGuardBegin(Globals);               \
        (Callback)(__VA_ARGS__);                                \
        FxGuardEnd(Globals, Before_, (PVOID)(Callback));        \
    } while (0)
/* A mistake that KMDF answers with a status: a line in the log and on the debug output; returns
 * Status. */
NTSTATUS FxMistake(FX_GLOBALS *Globals, NTSTATUS Status, const char *Format, ...);
VOID FxLogPrintTail(FX_GLOBALS *Globals); /* on the debug output; for a bug check */
VOID FxLog(FX_GLOBALS *Globals, const char *Format,
           ...); /* any IRQL; cheap formats on hot paths only */
/* One that the framework's own code broke: bug check with its address, blame on the framework. */
#define FX_ASSERT(Fact)                                                                            \
    do {                                                                                           \
        if (!(Fact))                                                                               \
            KeBugCheckEx(0x10Du, 0xFFFFFFFFu, (ULONG_PTR)__LINE__, (ULONG_PTR)__FILE__,            \
                         (ULONG_PTR) #Fact);                                                       \
    } while (0)

/* Is Size one that some KMDF version up to the client's gave the structure? Name as in
 * abi/kmdf/structs.tsv. */
BOOLEAN FxSizeIsKnown(const FX_GLOBALS *Globals, const char *Structure, ULONG Size);
/*
 * Copies a versioned structure of the client, whose first field is its Size, into one of the newest
 * form: what is beyond the client's Size is zero. STATUS_INFO_LENGTH_MISMATCH when no version had
 * that size.
 */
NTSTATUS FxCaptureConfig(FX_GLOBALS *Globals, const char *Structure, PVOID Copy, ULONG CopyBytes,
                         const VOID *Config);

/* ---- library.c: clients ---- */
FX_GLOBALS *FxFindClient(
    PDRIVER_OBJECT DriverObject);     /* bound and not unbound; NULL: none. <= DISPATCH_LEVEL */
extern const PVOID FxFunctionTable[]; /* generated: WDF_FUNCTIONS entries */
extern const ULONG FxFunctionCount;
extern const char *const FxFunctionName[];
DECLSPEC_NORETURN VOID FxAbsent(PWDF_DRIVER_GLOBALS DriverGlobals, ULONG Index);

/* ---- driver.c ---- */
struct _FX_DRIVER {
    FX_OBJECT Object;
    PDRIVER_OBJECT DriverObject;
    WDF_DRIVER_CONFIG Config;
    FX_CALLBACK_LOCK AddDeviceLock; /* scope device at driver level serialises EvtDriverDeviceAdd */
};

/* The client's, or NULL when the driver object is no framework driver's. */
FX_DRIVER *FxDriverOf(PDRIVER_OBJECT DriverObject);
/* ---- string.c ---- */
/* Gives a WDFSTRING another value. PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES leaves the old one.
 */
NTSTATUS FxStringAssign(FX_OBJECT *String, PCUNICODE_STRING Value);
/* A string object with the value; a child of the attributes' parent, else of Parent. */
NTSTATUS FxStringCreate(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent,
                        PCUNICODE_STRING Value, FX_OBJECT **String);
const UNICODE_STRING *FxStringValue(const FX_OBJECT *String);

/* ---- registry.c ---- */
/* A WDFKEY for an open kernel handle, which it takes over; on failure the handle stays the
 * caller's. PASSIVE_LEVEL. */
NTSTATUS FxKeyCreate(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes, HANDLE Handle,
                     WDFKEY *Key);
/* ---- collection.c ---- */
NTSTATUS FxCollectionAdd(FX_OBJECT *Collection,
                         FX_OBJECT *Item); /* STATUS_INSUFFICIENT_RESOURCES. <= DISPATCH_LEVEL */
ULONG FxCollectionCount(FX_OBJECT *Collection);
FX_OBJECT *FxCollectionItem(FX_OBJECT *Collection,
                            ULONG Index); /* not referenced; NULL: no such item */

/* ---- blocks ---- */
/* Pool of the client: its tag. NULL when out of memory; zeroed; freed by ExFreePool. */
PVOID FxAllocate(FX_GLOBALS *Globals, SIZE_T Bytes);
VOID FxFree(PVOID Block);
