/*
 * Handle tables and what is done with handles: make, look up, close, duplicate. One table a process; the System
 * process's is the kernel's, whose handles carry the sign bits (OBJ_KERNEL_HANDLE). Free entries are reused in the
 * order they were freed, so that a stale handle stays stale for long. Not modelled: quotas, handle tracing, strict
 * handle checks.
 */
#include "obp.h"

#define OBP_CHUNK 256
#define OBP_MAXIMUM_HANDLES (1u << 24) /* as NT */

typedef struct _OBP_CHUNK_ENTRIES {
    OBP_HANDLE_ENTRY Entry[OBP_CHUNK];
} OBP_CHUNK_ENTRIES;

struct _HANDLE_TABLE {
    ULONG Limit; /* entries that exist: chunks * OBP_CHUNK; entry 0 is never used */
    ULONG Count; /* in use */
    OBP_CHUNK_ENTRIES **Chunk;
    ULONG ChunkRoom;
    ULONG FreeHead, FreeTail; /* indices; 0: empty */
    PEPROCESS Process;
};

PHANDLE_TABLE ObpKernelHandleTable;

static POBP_HANDLE_ENTRY ObpEntry(PHANDLE_TABLE Table, ULONG Index)
{
    return &Table->Chunk[Index / OBP_CHUNK]->Entry[Index % OBP_CHUNK];
}

/* ---- tables ---- */

NTSTATUS ObCreateHandleTable(PEPROCESS Process, PHANDLE_TABLE *Result)
{
    PHANDLE_TABLE Table = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Table), OBP_TAG_TABLE);

    if (Table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Table->Process = Process;
    *Result = Table;
    return STATUS_SUCCESS;
}

VOID ObDeleteHandleTable(PHANDLE_TABLE Table)
{
    ULONG i;

    DD_ASSERT(Table->Count == 0);
    for (i = 0; i < Table->Limit / OBP_CHUNK; i++)
        ExFreePoolWithTag(Table->Chunk[i], OBP_TAG_TABLE);
    if (Table->Chunk != NULL)
        ExFreePoolWithTag(Table->Chunk, OBP_TAG_TABLE);
    ExFreePoolWithTag(Table, OBP_TAG_TABLE);
}

ULONG ObHandleCount(PHANDLE_TABLE Table)
{
    return Table->Count;
}

VOID ObEnumerateHandles(PHANDLE_TABLE Table, VOID (*Visit)(PVOID Context, const OB_HANDLE_USE *Use), PVOID Context)
{
    for (ULONG i = 1; i < Table->Limit; i++) {
        POBP_HANDLE_ENTRY Entry = ObpEntry(Table, i);
        OB_HANDLE_USE Use;

        if (Entry->Object == NULL)
            continue;
        Use.Value = (ULONG_PTR)i << 2;
        Use.Object = Entry->Object;
        Use.GrantedAccess = Entry->Access;
        Use.Attributes = Entry->Attributes;
        Use.TypeIndex = OBP_HEADER(Entry->Object)->TypeIndex;
        Use.HandleCount = OBP_HEADER(Entry->Object)->HandleCount;
        Use.PointerCount = OBP_HEADER(Entry->Object)->PointerCount;
        Visit(Context, &Use);
    }
}

static BOOLEAN ObpGrowDirectory(PHANDLE_TABLE Table)
{
    ULONG Room = Table->ChunkRoom ? Table->ChunkRoom * 4 : 8;
    OBP_CHUNK_ENTRIES **Chunks = ExAllocatePool2(POOL_FLAG_NON_PAGED, Room * sizeof(*Chunks), OBP_TAG_TABLE);

    if (Chunks == NULL)
        return FALSE;
    if (Table->Chunk != NULL) {
        RtlCopyMemory(Chunks, Table->Chunk, Table->ChunkRoom * sizeof(*Chunks));
        ExFreePoolWithTag(Table->Chunk, OBP_TAG_TABLE);
    }
    Table->Chunk = Chunks;
    Table->ChunkRoom = Room;
    return TRUE;
}

static VOID ObpPushFree(PHANDLE_TABLE Table, ULONG Index)
{
    POBP_HANDLE_ENTRY Entry = ObpEntry(Table, Index);

    Entry->Object = NULL;
    Entry->Attributes = 0;
    if (Table->FreeTail != 0)
        ObpEntry(Table, Table->FreeTail)->Attributes = Index;
    else
        Table->FreeHead = Index;
    Table->FreeTail = Index;
}

static BOOLEAN ObpGrowTable(PHANDLE_TABLE Table)
{
    OBP_CHUNK_ENTRIES *Chunk;
    ULONG First = Table->Limit;
    ULONG i;

    if (First >= OBP_MAXIMUM_HANDLES)
        return FALSE;
    if (First / OBP_CHUNK == Table->ChunkRoom && !ObpGrowDirectory(Table))
        return FALSE;
    Chunk = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Chunk), OBP_TAG_TABLE);
    if (Chunk == NULL)
        return FALSE;
    Table->Chunk[First / OBP_CHUNK] = Chunk;
    Table->Limit = First + OBP_CHUNK;
    for (i = First == 0 ? 1 : First; i < Table->Limit; i++)
        ObpPushFree(Table, i);
    return TRUE;
}

/* An entry for Object (its reference and handle count are the caller's business); 0 when there is no room. */
static ULONG ObpAllocateEntry(PHANDLE_TABLE Table, PVOID Object, ACCESS_MASK Access, ULONG Attributes)
{
    POBP_HANDLE_ENTRY Entry;
    ULONG Index;

    if (Table->FreeHead == 0 && !ObpGrowTable(Table))
        return 0;
    Index = Table->FreeHead;
    Entry = ObpEntry(Table, Index);
    Table->FreeHead = Entry->Attributes;
    if (Table->FreeHead == 0)
        Table->FreeTail = 0;
    Entry->Object = Object;
    Entry->Access = Access;
    Entry->Attributes = Attributes & OBP_HANDLE_ATTRIBUTES;
    Table->Count++;
    return Index;
}

static inline POBP_HANDLE_ENTRY ObpLookupEntry(PHANDLE_TABLE Table, ULONG_PTR Value)
{
    ULONG_PTR Index = Value >> 2; /* the two low bits are the caller's */
    POBP_HANDLE_ENTRY Entry;

    if (Index >= Table->Limit)
        return NULL;
    Entry = ObpEntry(Table, (ULONG)Index);
    return Entry->Object != NULL ? Entry : NULL;
}

POBP_HANDLE_ENTRY ObpFindHandle(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, PHANDLE_TABLE *Table)
{
    PHANDLE_TABLE Found;

    if (ObpIsKernelHandleValue(Handle)) {
        if (Mode != KernelMode)
            return NULL;
        Found = ObpKernelHandleTable;
        Handle = (HANDLE)((ULONG_PTR)Handle & 0x7FFFFFFF);
    } else {
        Found = ObpTableOf(Process);
    }
    if (Table != NULL)
        *Table = Found;
    return Found != NULL ? ObpLookupEntry(Found, (ULONG_PTR)Handle) : NULL;
}

/* ---- looking up ---- */

static NTSTATUS ObpReferencePseudo(PVOID Object, ACCESS_MASK All, ACCESS_MASK Access, POBJECT_TYPE Type,
                                   KPROCESSOR_MODE Mode, PVOID *Result, POBJECT_HANDLE_INFORMATION Information)
{
    if (Type != NULL && Type != OBP_TYPE_OF(Object))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Mode != KernelMode && (Access & ~All) != 0)
        return STATUS_ACCESS_DENIED;
    if (Information != NULL) {
        Information->HandleAttributes = 0;
        Information->GrantedAccess = All;
    }
    ObReferenceObject(Object);
    *Result = Object;
    return STATUS_SUCCESS;
}

NT_EXPORT(ObReferenceObjectByHandle);
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                         PVOID *Object, POBJECT_HANDLE_INFORMATION Information)
{
    POBP_HANDLE_ENTRY Entry;

    *Object = NULL;
    if (__builtin_expect((LONG_PTR)Handle < 0, 0)) {
        if (Handle == NtCurrentProcess())
            return ObpReferencePseudo(PsCurrentProcess(), PROCESS_ALL_ACCESS, Access, Type, Mode, Object, Information);
        if (Handle == NtCurrentThread())
            return ObpReferencePseudo(KiGetPrcb()->CurrentThread, THREAD_ALL_ACCESS, Access, Type, Mode, Object,
                                      Information);
    }
    Entry = ObpFindHandle(PsCurrentProcess(), Handle, Mode, NULL);
    if (Entry == NULL)
        return STATUS_INVALID_HANDLE;
    if (Type != NULL && OBP_TYPE_OF(Entry->Object) != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Mode != KernelMode && (Access & ~Entry->Access) != 0)
        return STATUS_ACCESS_DENIED;
    if (Information != NULL) {
        Information->HandleAttributes = Entry->Attributes;
        Information->GrantedAccess = Entry->Access;
    }
    OBP_HEADER(Entry->Object)->PointerCount++; /* the entry holds one, so it is not zero */
    *Object = Entry->Object;
    return STATUS_SUCCESS;
}

NT_EXPORT(ObReferenceObjectByHandleWithTag);
NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK Access, POBJECT_TYPE Type,
                                                KPROCESSOR_MODE Mode, ULONG Tag, PVOID *Object,
                                                POBJECT_HANDLE_INFORMATION Information)
{
    UNREFERENCED_PARAMETER(Tag); /* only object reference tracing looks at it */
    return ObReferenceObjectByHandle(Handle, Access, Type, Mode, Object, Information);
}

NT_EXPORT(ObIsKernelHandle);
BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle)
{
    return ObpIsKernelHandleValue(Handle) && Handle != NtCurrentProcess() && Handle != NtCurrentThread();
}

/* ---- making ---- */

static NTSTATUS ObpCheckExclusive(PVOID Object, ULONG Attributes, PEPROCESS Process)
{
    BOOLEAN Exclusive = (OBP_HEADER(Object)->Flags & OBP_FLAG_EXCLUSIVE) != 0;

    if (Exclusive != ((Attributes & OBJ_EXCLUSIVE) != 0))
        return STATUS_INVALID_PARAMETER;
    if (!Exclusive)
        return STATUS_SUCCESS;
    if (OBP_HEADER(Object)->HandleCount != 0 && OBP_INFO_OF(Object)->ExclusiveProcess != Process)
        return STATUS_ACCESS_DENIED;
    OBP_INFO_OF(Object)->ExclusiveProcess = Process;
    return STATUS_SUCCESS;
}

static VOID ObpCountHandle(PVOID Object)
{
    POBJECT_TYPE Type = OBP_TYPE_OF(Object);

    ObReferenceObject(Object);
    OBP_HEADER(Object)->HandleCount++;
    Type->TotalNumberOfHandles++;
    if (Type->TotalNumberOfHandles > Type->HighWaterNumberOfHandles)
        Type->HighWaterNumberOfHandles = Type->TotalNumberOfHandles;
}

/* Handles to Object in Table, for types that keep count. */
static ULONG ObpHandlesOfProcess(PHANDLE_TABLE Table, PVOID Object)
{
    ULONG Count = 0, i;

    if ((OBP_TYPE_OF(Object)->TypeInfo.ObjectTypeFlags & OBP_TYPE_MAINTAIN_HANDLE_COUNT) == 0)
        return 0;
    for (i = 1; i < Table->Limit; i++)
        if (ObpEntry(Table, i)->Object == Object)
            Count++;
    return Count;
}

/* One handle less: the close method, the name of a temporary object, the handle's reference. */
static VOID ObpUncountHandle(PHANDLE_TABLE Table, PVOID Object, ULONG ProcessCount)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);
    POBJECT_TYPE Type = OBP_TYPE_OF(Object);
    ULONG_PTR SystemCount = (ULONG_PTR)Header->HandleCount;

    Header->HandleCount--;
    Type->TotalNumberOfHandles--;
    if (Type->TypeInfo.CloseProcedure != NULL)
        Type->TypeInfo.CloseProcedure(Table->Process != NULL ? Table->Process : PsInitialSystemProcess, Object,
                                      ProcessCount, SystemCount);
    if (Header->HandleCount == 0) {
        OBP_INFO_OF(Object)->ExclusiveProcess = NULL;
        if ((Header->Flags & OBP_FLAG_PERMANENT) == 0)
            ObpRemoveEntry(Object);
    }
    ObDereferenceObject(Object);
}

static NTSTATUS ObpEnterHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK Granted, ULONG Attributes,
                               KPROCESSOR_MODE Mode, PEPROCESS Process, BOOLEAN Kernel, PHANDLE Handle)
{
    PHANDLE_TABLE Table = Kernel ? ObpKernelHandleTable : ObpTableOf(Process);
    OB_OPEN_METHOD Open = OBP_TYPE_OF(Object)->TypeInfo.OpenProcedure;
    ULONG Index;
    NTSTATUS Status;

    if (Table == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    Status = ObpCheckExclusive(Object, Attributes, Process);
    if (!NT_SUCCESS(Status))
        return Status;
    ObpCountHandle(Object);
    if (Open != NULL)
        Status = Open(Reason, Mode, Process, Object, &Granted,
                      ObpHandlesOfProcess(Table, Object) + 1);
    if (!NT_SUCCESS(Status)) {
        OBP_HEADER(Object)->HandleCount--;
        OBP_TYPE_OF(Object)->TotalNumberOfHandles--;
        ObDereferenceObject(Object);
        return Status;
    }
    Index = ObpAllocateEntry(Table, Object, Granted, Attributes);
    if (Index == 0) {
        ObpUncountHandle(Table, Object, ObpHandlesOfProcess(Table, Object) + 1);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Handle = (HANDLE)((ULONG_PTR)Index * 4 | (Kernel ? 0xFFFFFFFF80000000ull : 0));
    return STATUS_SUCCESS;
}

NTSTATUS ObpCreateHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK Granted, ULONG Attributes,
                         KPROCESSOR_MODE Mode, PEPROCESS SourceProcess, PEPROCESS TargetProcess, PHANDLE Handle)
{
    BOOLEAN Kernel = Mode == KernelMode && (Attributes & OBJ_KERNEL_HANDLE) != 0;
    POBJECT_TYPE Type = OBP_TYPE_OF(Object);
    PEPROCESS Process = TargetProcess != NULL ? TargetProcess : PsCurrentProcess();
    OBP_OPERATION Operation;
    NTSTATUS Status;

    if (IsListEmpty(&Type->CallbackList))
        return ObpEnterHandle(Reason, Object, Granted, Attributes, Mode, Process, Kernel, Handle);
    Operation.Operation = Reason == ObDuplicateHandle ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE;
    Operation.KernelHandle = Kernel;
    Operation.Object = Object;
    Operation.Type = Type;
    ObpPreOperation(&Operation, SourceProcess, Process, &Granted);
    Status = ObpEnterHandle(Reason, Object, Granted, Attributes, Mode, Process, Kernel, Handle);
    ObpPostOperation(&Operation, Granted, Status);
    return Status;
}

NT_EXPORT(ObOpenObjectByPointer);
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE AccessState,
                                     ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    ACCESS_STATE LocalState;
    SE_AUX_DATA Aux;
    PACCESS_STATE State = AccessState;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    *Handle = NULL;
    if (Type != NULL && OBP_TYPE_OF(Object) != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    Type = OBP_TYPE_OF(Object);
    if ((HandleAttributes & Type->TypeInfo.InvalidAttributes) != 0)
        return STATUS_INVALID_PARAMETER;
    if (State == NULL) {
        State = &LocalState;
        Status = SeCreateAccessState(State, &Aux, Access, &Type->TypeInfo.GenericMapping);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    Status = ObpCheckAccess(Object, State, Mode, HandleAttributes, &Granted);
    if (NT_SUCCESS(Status))
        Status = ObpCreateHandle(ObOpenHandle, Object, Granted, HandleAttributes, Mode, NULL, NULL, Handle);
    if (State == &LocalState)
        SeDeleteAccessState(State);
    return Status;
}

NT_EXPORT(ObOpenObjectByPointerWithTag);
NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, PACCESS_STATE AccessState,
                                            ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, ULONG Tag,
                                            PHANDLE Handle)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObOpenObjectByPointer(Object, HandleAttributes, AccessState, Access, Type, Mode, Handle);
}

/* ---- closing ---- */

static VOID ObpCloseEntry(PHANDLE_TABLE Table, ULONG Index)
{
    POBP_HANDLE_ENTRY Entry = ObpEntry(Table, Index);
    PVOID Object = Entry->Object;
    ULONG ProcessCount = ObpHandlesOfProcess(Table, Object);

    ObpPushFree(Table, Index);
    Table->Count--;
    ObpUncountHandle(Table, Object, ProcessCount);
}

/*
 * [doc bug check 0x93]: kernel code that closes a handle of the kernel's table that is none (1), or is protected (0).
 * A handle of a program's own table only gives a status.
 */
static NTSTATUS ObpCloseFailed(HANDLE Handle, KPROCESSOR_MODE Mode, PHANDLE_TABLE Table, ULONG Invalid)
{
    if (Mode == KernelMode && Table == ObpKernelHandleTable) {
        KeSetBugCheckText("handle %p, which the kernel closes, %s", Handle,
                          Invalid ? "is not open" : "is protected from close");
        KeBugCheckEx(INVALID_KERNEL_HANDLE, (ULONG_PTR)Handle, Invalid, 0, 0);
    }
    return Invalid ? STATUS_INVALID_HANDLE : STATUS_HANDLE_NOT_CLOSABLE;
}

NTSTATUS ObpCloseHandle(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode)
{
    PHANDLE_TABLE Table = NULL;
    POBP_HANDLE_ENTRY Entry;
    OB_OKAYTOCLOSE_METHOD OkayToClose;

    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread())
        return STATUS_SUCCESS; /* pseudo-handles: nothing is closed */
    Entry = ObpFindHandle(Process, Handle, Mode, &Table);
    if (Entry == NULL)
        return ObpCloseFailed(Handle, Mode, Table, 1);
    OkayToClose = OBP_TYPE_OF(Entry->Object)->TypeInfo.OkayToCloseProcedure;
    if ((Entry->Attributes & OBP_PROTECT_CLOSE) != 0 ||
        (OkayToClose != NULL && !OkayToClose(Process, Entry->Object, Handle, Mode)))
        return ObpCloseFailed(Handle, Mode, Table, 0);
    ObpCloseEntry(Table, (ULONG)(((ULONG_PTR)Handle & 0x7FFFFFFF) >> 2));
    return STATUS_SUCCESS;
}

VOID ObCloseAllHandles(PHANDLE_TABLE Table)
{
    ULONG i;

    for (i = 1; i < Table->Limit; i++)
        if (ObpEntry(Table, i)->Object != NULL)
            ObpCloseEntry(Table, i);
}

NT_SERVICE(Close);
NT_EXPORT(NtClose);
NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    return ObpCloseHandle(PsCurrentProcess(), Handle, ExGetPreviousMode());
}

NT_EXPORT(ObCloseHandle);
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    return ObpCloseHandle(PsCurrentProcess(), Handle, PreviousMode);
}

/* ---- handle attributes ---- */

typedef struct _OBP_HANDLE_FLAGS { /* OBJECT_HANDLE_FLAG_INFORMATION */
    BOOLEAN Inherit;
    BOOLEAN ProtectFromClose;
} OBP_HANDLE_FLAGS;

NT_EXPORT(ObSetHandleAttributes);
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, PVOID HandleFlags, KPROCESSOR_MODE PreviousMode)
{
    OBP_HANDLE_FLAGS *Flags = HandleFlags;
    POBP_HANDLE_ENTRY Entry = ObpFindHandle(PsCurrentProcess(), Handle, PreviousMode, NULL);

    if (Entry == NULL)
        return STATUS_INVALID_HANDLE;
    Entry->Attributes &= ~(OBJ_INHERIT | OBP_PROTECT_CLOSE);
    if (Flags->Inherit)
        Entry->Attributes |= OBJ_INHERIT;
    if (Flags->ProtectFromClose)
        Entry->Attributes |= OBP_PROTECT_CLOSE;
    return STATUS_SUCCESS;
}

NT_EXPORT(ObQueryObjectAuditingByHandle);
NTSTATUS NTAPI ObQueryObjectAuditingByHandle(HANDLE Handle, PBOOLEAN GenerateOnClose)
{
    POBP_HANDLE_ENTRY Entry = ObpFindHandle(PsCurrentProcess(), Handle, KernelMode, NULL);

    if (Entry == NULL)
        return STATUS_INVALID_HANDLE;
    *GenerateOnClose = (Entry->Attributes & OBP_AUDIT_CLOSE) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS ObpCaptureFlags(PVOID Information, KPROCESSOR_MODE Mode, OBP_HANDLE_FLAGS *Flags)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode)
            ProbeForRead(Information, sizeof(*Flags), sizeof(UCHAR));
        *Flags = *(OBP_HANDLE_FLAGS *)Information;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, ULONG Class, PVOID Information, ULONG Length);
NT_SERVICE_PARTIAL(SetInformationObject, "session information: STATUS_INVALID_INFO_CLASS");
NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, ULONG Class, PVOID Information, ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBP_HANDLE_FLAGS Flags;
    NTSTATUS Status;

    if (Class != OBP_HANDLE_FLAG_INFORMATION)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(Flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ObpCaptureFlags(Information, Mode, &Flags);
    return NT_SUCCESS(Status) ? ObSetHandleAttributes(Handle, &Flags, Mode) : Status;
}

/* ---- duplicating ---- */

typedef struct _OBP_DUPLICATE {
    PEPROCESS Source, Target; /* Target may be NULL: only close the source */
    HANDLE SourceHandle;
    ACCESS_MASK Access;
    ULONG Attributes, Options;
    KPROCESSOR_MODE Mode;
} OBP_DUPLICATE, *POBP_DUPLICATE;

static PVOID ObpReferenceIn(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, PACCESS_MASK Access,
                            PULONG Attributes)
{
    POBP_HANDLE_ENTRY Entry;
    PVOID Object;

    *Attributes = 0;
    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread()) {
        BOOLEAN IsProcess = Handle == NtCurrentProcess();

        /* A pseudo-handle means the caller's own. */
        Object = IsProcess ? (PVOID)PsCurrentProcess() : (PVOID)KiGetPrcb()->CurrentThread;
        *Access = IsProcess ? PROCESS_ALL_ACCESS : THREAD_ALL_ACCESS;
    } else {
        Entry = ObpFindHandle(Process, Handle, Mode, NULL);
        if (Entry == NULL)
            return NULL;
        Object = Entry->Object;
        *Access = Entry->Access;
        *Attributes = Entry->Attributes;
    }
    ObReferenceObject(Object);
    return Object;
}

/* Rights that the source handle has are copied; more than that takes a check against the object. */
static NTSTATUS ObpDuplicateAccess(PVOID Object, ACCESS_MASK Have, POBP_DUPLICATE Request, PACCESS_MASK Granted)
{
    GENERIC_MAPPING *Mapping = &OBP_TYPE_OF(Object)->TypeInfo.GenericMapping;
    ACCESS_MASK Want = Request->Access;
    ACCESS_STATE State;
    SE_AUX_DATA Aux;
    NTSTATUS Status;

    *Granted = Have;
    if ((Request->Options & DUPLICATE_SAME_ACCESS) != 0)
        return STATUS_SUCCESS;
    RtlMapGenericMask(&Want, Mapping);
    *Granted = Want;
    if ((Want & ~Have) == 0)
        return STATUS_SUCCESS;
    Status = SeCreateAccessState(&State, &Aux, Want, Mapping);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpCheckAccess(Object, &State, Request->Mode, 0, Granted);
    SeDeleteAccessState(&State);
    return Status;
}

static NTSTATUS ObpDuplicate(POBP_DUPLICATE Request, PHANDLE Result)
{
    ACCESS_MASK Access;
    ULONG Attributes;
    PVOID Object = ObpReferenceIn(Request->Source, Request->SourceHandle, Request->Mode, &Access, &Attributes);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Object == NULL)
        return STATUS_INVALID_HANDLE;
    if (Request->Target != NULL && Request->Target->Exiting)
        Status = STATUS_PROCESS_IS_TERMINATING;
    else if (Request->Target != NULL) {
        if ((Request->Options & DUPLICATE_SAME_ATTRIBUTES) != 0)
            Request->Attributes = Attributes | (Request->Attributes & OBJ_KERNEL_HANDLE);
        Status = ObpDuplicateAccess(Object, Access, Request, &Access);
        if (NT_SUCCESS(Status))
            Status = ObpCreateHandle(ObDuplicateHandle, Object, Access, Request->Attributes, Request->Mode,
                                     Request->Source, Request->Target, Result);
    }
    /* [doc ZwDuplicateObject]: the source is closed whatever the outcome */
    if ((Request->Options & DUPLICATE_CLOSE_SOURCE) != 0)
        ObpCloseHandle(Request->Source, Request->SourceHandle, Request->Mode);
    ObDereferenceObject(Object);
    return Status;
}

NT_EXPORT(ObDuplicateObject);
NTSTATUS NTAPI ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess,
                                 PHANDLE TargetHandle, ACCESS_MASK Access, ULONG Attributes,
                                 ULONG Options, KPROCESSOR_MODE PreviousMode)
{
    OBP_DUPLICATE Request = {SourceProcess, TargetProcess, SourceHandle, Access, Attributes, Options, PreviousMode};

    return ObpDuplicate(&Request, TargetHandle);
}

static NTSTATUS ObpReferenceProcess(HANDLE Handle, KPROCESSOR_MODE Mode, PEPROCESS *Process)
{
    return ObReferenceObjectByHandle(Handle, PROCESS_DUP_HANDLE, OBP_TYPE_OF(PsCurrentProcess()), Mode,
                                     (PVOID *)Process, NULL);
}

NT_SERVICE(DuplicateObject);
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                                 PHANDLE TargetHandle, ACCESS_MASK Access, ULONG Attributes, ULONG Options)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBP_DUPLICATE Request = {NULL, NULL, SourceHandle, Access, Attributes, Options, Mode};
    HANDLE Handle = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    if (TargetHandle != NULL)
        Status = ObpProbeHandle(TargetHandle, Mode);
    if (NT_SUCCESS(Status))
        Status = ObpReferenceProcess(SourceProcessHandle, Mode, &Request.Source);
    if (!NT_SUCCESS(Status))
        return Status;
    if (TargetProcessHandle != NULL)
        Status = ObpReferenceProcess(TargetProcessHandle, Mode, &Request.Target);
    if (NT_SUCCESS(Status))
        Status = ObpDuplicate(&Request, &Handle);
    if (NT_SUCCESS(Status) && TargetHandle != NULL && Handle != NULL)
        *TargetHandle = Handle;
    if (Request.Target != NULL)
        ObDereferenceObject(Request.Target);
    ObDereferenceObject(Request.Source);
    return Status;
}

/* ---- inheriting ---- */

static BOOLEAN ObpIsListed(ULONG Index, const HANDLE *List, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++)
        if ((ULONG_PTR)List[i] >> 2 == Index)
            return TRUE;
    return Count == 0;
}

static NTSTATUS ObpInheritEntry(PHANDLE_TABLE To, ULONG Index, POBP_HANDLE_ENTRY Entry)
{
    OB_OPEN_METHOD Open = OBP_TYPE_OF(Entry->Object)->TypeInfo.OpenProcedure;
    ACCESS_MASK Access = Entry->Access;
    NTSTATUS Status = STATUS_SUCCESS;

    ObpCountHandle(Entry->Object);
    if (Open != NULL)
        Status = Open(ObInheritHandle, KernelMode, To->Process, Entry->Object, &Access,
                      ObpHandlesOfProcess(To, Entry->Object) + 1);
    if (!NT_SUCCESS(Status)) {
        OBP_HEADER(Entry->Object)->HandleCount--;
        OBP_TYPE_OF(Entry->Object)->TotalNumberOfHandles--;
        ObDereferenceObject(Entry->Object);
        return Status;
    }
    *ObpEntry(To, Index) = (OBP_HANDLE_ENTRY){Entry->Object, Access, Entry->Attributes};
    To->Count++;
    return STATUS_SUCCESS;
}

NTSTATUS ObInheritHandles(PHANDLE_TABLE From, PHANDLE_TABLE To, const HANDLE *List, ULONG Count)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Limit = From->Limit;

    DD_ASSERT(To->Count == 0);
    while (To->Limit < Limit)
        if (!ObpGrowTable(To))
            return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 1; NT_SUCCESS(Status) && i < Limit; i++) {
        POBP_HANDLE_ENTRY Entry = ObpEntry(From, i);

        if (Entry->Object != NULL && (Entry->Attributes & OBJ_INHERIT) != 0 && ObpIsListed(i, List, Count))
            Status = ObpInheritEntry(To, i, Entry);
    }
    To->FreeHead = To->FreeTail = 0;
    for (ULONG i = 1; i < To->Limit; i++)
        if (ObpEntry(To, i)->Object == NULL)
            ObpPushFree(To, i);
    return Status;
}

/* ---- handing handles to callers ---- */

NTSTATUS ObpProbeHandle(PHANDLE Handle, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode)
            ProbeForWrite(Handle, sizeof(*Handle), sizeof(ULONG));
        *Handle = NULL;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS ObpReturnHandle(PHANDLE Result, HANDLE Handle, NTSTATUS Status)
{
    __try {
        *Result = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode(); /* [guess] NT leaves the handle open */
    }
    return Status;
}

NTSTATUS ObpOpenService(PHANDLE Result, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status = ObpProbeHandle(Result, Mode);

    if (NT_SUCCESS(Status))
        Status = ObOpenObjectByName(Attributes, Type, Mode, NULL, Access, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Result, Handle, Status) : Status;
}
