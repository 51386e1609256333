/*
 * Registry callbacks: drivers that hear of, change or refuse registry operations. They are called
 * from the highest altitude down before an operation, and the other way round after it. Left out:
 * transactions; an operation is shown to at most CMP_MAX_CALLBACKS callbacks.
 */
#include "cmp.h"

typedef struct _CMP_CALLBACK {
    LIST_ENTRY Link; /* CmpCallbacks, highest altitude first */
    LARGE_INTEGER Cookie;
    PEX_CALLBACK_FUNCTION Function;
    PVOID Context;
    UNICODE_STRING Altitude;
    EX_RUNDOWN_REF Rundown; /* calls under way */
    LIST_ENTRY Contexts;
} CMP_CALLBACK;

typedef struct _CMP_CONTEXT { /* what a callback keeps with a key object */
    LIST_ENTRY Link;          /* CM_KEY_BODY.Contexts */
    LIST_ENTRY CallbackLink;  /* CMP_CALLBACK.Contexts */
    PCM_KEY_BODY Body;
    CMP_CALLBACK *Callback;
    PVOID Context;
} CMP_CONTEXT;

ULONG CmpCallbackCount;
static LIST_ENTRY CmpCallbacks = {&CmpCallbacks, &CmpCallbacks};
static LONG64 CmpNextCookie = 1;

/* ---- contexts ---- */

static CMP_CONTEXT *CmpFindContext(PCM_KEY_BODY Body, CMP_CALLBACK *Callback)
{
    for (PLIST_ENTRY Link = Body->Contexts.Flink; Link != &Body->Contexts; Link = Link->Flink) {
        CMP_CONTEXT *Context = CONTAINING_RECORD(Link, CMP_CONTEXT, Link);

        if (Context->Callback == Callback)
            return Context;
    }
    return NULL;
}

static VOID CmpFreeContext(CMP_CONTEXT *Context)
{
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Info = {.Object = Context->Body,
                                                     .ObjectContext = Context->Context};
    CMP_CALLBACK *Callback = Context->Callback;

    RemoveEntryList(&Context->Link);
    RemoveEntryList(&Context->CallbackLink);
    ExpFreePool(Context, CMP_TAG, NULL);
    Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)RegNtCallbackObjectContextCleanup,
                       &Info);
}

VOID CmpFreeContexts(PCM_KEY_BODY Body)
{
    while (!IsListEmpty(&Body->Contexts))
        CmpFreeContext(CONTAINING_RECORD(Body->Contexts.Flink, CMP_CONTEXT, Link));
}

/* ---- calls ---- */

NTSTATUS CmpPreCall(CMP_CALL *Call, REG_NOTIFY_CLASS Class, PVOID Info, PVOID *CallContext,
                    PVOID *ObjectContext, PCM_KEY_BODY Body)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (PLIST_ENTRY Link = CmpCallbacks.Flink;
         Link != &CmpCallbacks && Call->Count < CMP_MAX_CALLBACKS; Link = Link->Flink) {
        CMP_CALLBACK *Callback = CONTAINING_RECORD(Link, CMP_CALLBACK, Link);
        CMP_CONTEXT *Context;

        if (!ExAcquireRundownProtection(&Callback->Rundown))
            continue;
        Context = CmpFindContext(Body, Callback);
        *ObjectContext = Context == NULL ? NULL : Context->Context;
        *CallContext = NULL;
        Status = Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)Class, Info);
        if (!NT_SUCCESS(Status)) { /* it does not see the end of the operation */
            ExReleaseRundownProtection(&Callback->Rundown);
            break;
        }
        Call->Seen[Call->Count].Callback = Callback;
        Call->Seen[Call->Count++].CallContext = *CallContext;
    }
    Call->Bypassed = Status == STATUS_CALLBACK_BYPASS;
    return Call->Bypassed ? STATUS_SUCCESS : Status;
}

NTSTATUS CmpPostCall(CMP_CALL *Call, REG_NOTIFY_CLASS Class, PVOID Object, NTSTATUS Status,
                     PVOID Info, PCM_KEY_BODY Body)
{
    REG_POST_OPERATION_INFORMATION Post = {
        .Object = Object, .Status = Status, .PreInformation = Info, .ReturnStatus = Status};

    while (Call->Count != 0) {
        CMP_CALLBACK *Callback = Call->Seen[--Call->Count].Callback;
        CMP_CONTEXT *Context = Body == NULL ? NULL : CmpFindContext(Body, Callback);

        Post.CallContext = Call->Seen[Call->Count].CallContext;
        Post.ObjectContext = Context == NULL ? NULL : Context->Context;
        if (Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)Class, &Post) ==
            STATUS_CALLBACK_BYPASS)
            Post.Status = Post.ReturnStatus; /* the driver has undone or done it, and says how it
                                                ended [doc] */
        ExReleaseRundownProtection(&Callback->Rundown);
    }
    return Post.Status;
}

/* ---- registering ---- */

/* Altitudes are decimal numbers of any length, with a fraction. */
static LONG CmpCompareAltitude(PCUNICODE_STRING A, PCUNICODE_STRING B)
{
    ULONG WholeA = 0, WholeB = 0;

    while (WholeA < A->Length / sizeof(WCHAR) && A->Buffer[WholeA] != L'.')
        WholeA++;
    while (WholeB < B->Length / sizeof(WCHAR) && B->Buffer[WholeB] != L'.')
        WholeB++;
    if (WholeA != WholeB)
        return WholeA < WholeB ? -1 : 1;
    return RtlCompareUnicodeString(A, B, FALSE);
}

static NTSTATUS CmpInsertCallback(CMP_CALLBACK *Callback)
{
    PLIST_ENTRY Link;

    for (Link = CmpCallbacks.Flink; Link != &CmpCallbacks; Link = Link->Flink) {
        LONG Order = CmpCompareAltitude(&CONTAINING_RECORD(Link, CMP_CALLBACK, Link)->Altitude,
                                        &Callback->Altitude);

        if (Order == 0)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (Order < 0)
            break;
    }
    InsertTailList(Link, &Callback->Link);
    CmpCallbackCount++;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpRegister(PEX_CALLBACK_FUNCTION Function, PVOID Context,
                            PCUNICODE_STRING Altitude, PLARGE_INTEGER Cookie)
{
    CMP_CALLBACK *Callback = ExpAllocatePool(PagedPool, sizeof(*Callback) + Altitude->Length,
                                             CMP_TAG, FALSE, NULL);
    NTSTATUS Status;

    if (Callback == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Callback, sizeof(*Callback));
    Callback->Function = Function;
    Callback->Context = Context;
    Callback->Altitude.Buffer = (PWCH)(Callback + 1);
    Callback->Altitude.Length = Callback->Altitude.MaximumLength = Altitude->Length;
    RtlCopyMemory(Callback->Altitude.Buffer, Altitude->Buffer, Altitude->Length);
    ExInitializeRundownProtection(&Callback->Rundown);
    InitializeListHead(&Callback->Contexts);
    Callback->Cookie.QuadPart = CmpNextCookie++;
    Status = CmpInsertCallback(Callback);
    if (!NT_SUCCESS(Status)) {
        ExpFreePool(Callback, CMP_TAG, NULL);
        return Status;
    }
    *Cookie = Callback->Cookie;
    return STATUS_SUCCESS;
}

NT_EXPORT(CmRegisterCallbackEx);
NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude,
                                    PVOID Driver, PVOID Context, PLARGE_INTEGER Cookie,
                                    PVOID Reserved)
{
    if (Altitude == NULL || Altitude->Length == 0 || Driver == NULL || Reserved != NULL)
        return STATUS_INVALID_PARAMETER;
    return CmpRegister(Function, Context, Altitude, Cookie);
}

/*
 * Without an altitude: below all that have one by being told apart by a fraction. [doc: obsolete
 * since Vista]
 */
NT_EXPORT(CmRegisterCallback);
NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context,
                                  PLARGE_INTEGER Cookie)
{
    WCHAR Digits[40] = L"425000.";
    UNICODE_STRING Altitude = {0, sizeof(Digits), Digits};
    ULONG64 Number = (ULONG64)CmpNextCookie;

    Altitude.Length = 7 * sizeof(WCHAR);
    for (ULONG i = 0; i < 16; i++, Altitude.Length += sizeof(WCHAR))
        Digits[7 + i] = L"0123456789ABCDEF"[(Number >> (60 - 4 * i)) & 15];
    return CmpRegister(Function, Context, &Altitude, Cookie);
}

static CMP_CALLBACK *CmpFindCallback(LONGLONG Cookie)
{
    for (PLIST_ENTRY Link = CmpCallbacks.Flink; Link != &CmpCallbacks; Link = Link->Flink) {
        CMP_CALLBACK *Callback = CONTAINING_RECORD(Link, CMP_CALLBACK, Link);

        if (Callback->Cookie.QuadPart == Cookie)
            return Callback;
    }
    return NULL;
}

NT_EXPORT(CmUnRegisterCallback);
NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie)
{
    CMP_CALLBACK *Callback = CmpFindCallback(Cookie.QuadPart);

    if (Callback == NULL)
        return STATUS_INVALID_PARAMETER;
    ExWaitForRundownProtectionRelease(&Callback->Rundown);
    RemoveEntryList(&Callback->Link);
    CmpCallbackCount--;
    while (!IsListEmpty(&Callback->Contexts))
        CmpFreeContext(CONTAINING_RECORD(Callback->Contexts.Flink, CMP_CONTEXT, CallbackLink));
    ExpFreePool(Callback, CMP_TAG, NULL);
    return STATUS_SUCCESS;
}

/* ---- what callbacks may ask ---- */

NT_EXPORT(CmGetCallbackVersion);
VOID NTAPI CmGetCallbackVersion(PULONG Major, PULONG Minor)
{
    if (Major != NULL)
        *Major = 1;
    if (Minor != NULL)
        *Minor = 0;
}

NT_EXPORT(CmSetCallbackObjectContext);
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext,
                                          PVOID *OldContext)
{
    CMP_CALLBACK *Callback = CmpFindCallback(Cookie->QuadPart);
    PCM_KEY_BODY Body = Object;
    CMP_CONTEXT *Context;

    if (Callback == NULL || Body == NULL || Body->Signature != CMP_SIGNATURE)
        return STATUS_INVALID_PARAMETER;
    Context = CmpFindContext(Body, Callback);
    if (OldContext != NULL)
        *OldContext = Context == NULL ? NULL : Context->Context;
    if (Context == NULL) {
        Context = ExpAllocatePool(PagedPool, sizeof(*Context), CMP_TAG, FALSE, NULL);
        if (Context == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Context->Body = Body;
        Context->Callback = Callback;
        InsertTailList(&Body->Contexts, &Context->Link);
        InsertTailList(&Callback->Contexts, &Context->CallbackLink);
    }
    Context->Context = NewContext;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpGetObjectId(LARGE_INTEGER *Cookie, PVOID Object, PULONG_PTR ObjectId,
                               PCM_KEY_BODY *Body)
{
    *Body = Object;
    if (CmpFindCallback(Cookie->QuadPart) == NULL || Object == NULL ||
        (*Body)->Signature != CMP_SIGNATURE)
        return STATUS_INVALID_PARAMETER;
    if ((*Body)->Node->Deleted)
        return STATUS_KEY_DELETED;
    if (ObjectId != NULL)
        *ObjectId = (ULONG_PTR)(*Body)->Node;
    return STATUS_SUCCESS;
}

/* The name lives with the key, so it is not freed by the caller. */
NT_EXPORT(CmCallbackGetKeyObjectID);
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                        PCUNICODE_STRING *ObjectName)
{
    PCM_KEY_BODY Body;
    NTSTATUS Status = CmpGetObjectId(Cookie, Object, ObjectID, &Body);

    if (!NT_SUCCESS(Status) || ObjectName == NULL)
        return Status;
    if (Body->Node->FullName.Buffer == NULL)
        Status = CmpFullName(Body->Node, &Body->Node->FullName);
    if (NT_SUCCESS(Status))
        *ObjectName = &Body->Node->FullName;
    return Status;
}

NT_EXPORT(CmCallbackGetKeyObjectIDEx);
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                          PCUNICODE_STRING *ObjectName, ULONG Flags)
{
    PCM_KEY_BODY Body;
    PUNICODE_STRING Copy;
    NTSTATUS Status;

    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    Status = CmpGetObjectId(Cookie, Object, ObjectID, &Body);
    if (!NT_SUCCESS(Status) || ObjectName == NULL)
        return Status;
    Copy = ExpAllocatePool(PagedPool, sizeof(*Copy), CMP_TAG, FALSE, NULL);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = CmpFullName(Body->Node, Copy);
    if (NT_SUCCESS(Status))
        *ObjectName = Copy;
    else
        ExpFreePool(Copy, CMP_TAG, NULL);
    return Status;
}

NT_EXPORT(CmCallbackReleaseKeyObjectIDEx);
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName)
{
    if (ObjectName == NULL)
        return;
    CmpFreeString((PUNICODE_STRING)ObjectName);
    ExpFreePool((PVOID)ObjectName, CMP_TAG, NULL);
}

/* No key is ever part of a transaction here. */
NT_EXPORT(CmGetBoundTransaction);
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object)
{
    UNREFERENCED_PARAMETER(Cookie);
    UNREFERENCED_PARAMETER(Object);
    return NULL;
}
