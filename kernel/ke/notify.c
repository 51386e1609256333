/*
 * Callbacks for processors that are added and for nonmaskable interrupts. Neither ever comes by
 * itself: the number of processors is fixed at boot and no device raises an NMI. What is told is
 * the processors that are there. IRQL: registration at <= APC_LEVEL.
 */
#include "ki.h"

#define KI_CALLBACK_TAG 'lCeK'

typedef struct _KI_CALLBACK {
    LIST_ENTRY Link; /* of one of the lists; DISPATCH_LEVEL */
    union {
        PNMI_CALLBACK Nmi;
        PPROCESSOR_CALLBACK_FUNCTION Processor;
    };
    PVOID Context;
} KI_CALLBACK;

static LIST_ENTRY KiNmiCallbacks = {&KiNmiCallbacks, &KiNmiCallbacks};
static LIST_ENTRY KiProcessorCallbacks = {&KiProcessorCallbacks, &KiProcessorCallbacks};

static KI_CALLBACK *KiAddCallback(PLIST_ENTRY List, PVOID Context)
{
    KI_CALLBACK *Callback =
        ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Callback), KI_CALLBACK_TAG);
    KIRQL OldIrql;

    if (Callback == NULL)
        return NULL;
    Callback->Context = Context;
    OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    InsertHeadList(List, &Callback->Link);
    KeLowerIrql(OldIrql);
    return Callback;
}

/* FALSE: Handle is on no such list. */
static BOOLEAN KiDropCallback(PLIST_ENTRY List, PVOID Handle)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    PLIST_ENTRY Link = List->Flink;

    while (Link != List && Link != Handle)
        Link = Link->Flink;
    if (Link != List)
        RemoveEntryList(Link);
    KeLowerIrql(OldIrql);
    if (Link == List)
        return FALSE;
    ExFreePoolWithTag(Handle, KI_CALLBACK_TAG);
    return TRUE;
}

/* ---- nonmaskable interrupts ---- */

NT_EXPORT(KeRegisterNmiCallback);
PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context)
{
    KI_CALLBACK *Callback = KiAddCallback(&KiNmiCallbacks, Context);

    if (Callback != NULL)
        Callback->Nmi = CallbackRoutine;
    return Callback;
}

NT_EXPORT(KeDeregisterNmiCallback);
NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID Handle)
{
    return KiDropCallback(&KiNmiCallbacks, Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* ---- processors ---- */

static VOID KiTellProcessor(const KI_CALLBACK *Callback, ULONG Number,
                            KE_PROCESSOR_CHANGE_NOTIFY_STATE State, PNTSTATUS Status)
{
    KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change = {.State = State,
                                                 .NtNumber = Number,
                                                 .Status = *Status,
                                                 .ProcNumber = {.Number = (UCHAR)Number}};

    Callback->Processor(Callback->Context, &Change, Status);
}

/*
 * Each processor is announced, then confirmed; after a refusal those announced so far are told of
 * the failure. [doc: KeRegisterProcessorChangeCallback]
 */
static NTSTATUS KiTellProcessors(const KI_CALLBACK *Callback)
{
    NTSTATUS Status = STATUS_SUCCESS, Ignored;
    ULONG Count = 0;

    while (Count < KeProcessorCount && NT_SUCCESS(Status))
        KiTellProcessor(Callback, Count++, KeProcessorAddStartNotify, &Status);
    if (!NT_SUCCESS(Status))
        Count--; /* not the one that failed */
    for (ULONG Number = 0; Number < Count; Number++) {
        Ignored = Status;
        KiTellProcessor(Callback, Number,
                        NT_SUCCESS(Status) ? KeProcessorAddCompleteNotify
                                           : KeProcessorAddFailureNotify,
                        &Ignored);
    }
    return Status;
}

NT_EXPORT(KeRegisterProcessorChangeCallback);
PVOID KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction,
                                        PVOID CallbackContext, ULONG Flags)
{
    KI_CALLBACK *Callback = KiAddCallback(&KiProcessorCallbacks, CallbackContext);

    if (Callback == NULL)
        return NULL;
    Callback->Processor = CallbackFunction;
    if ((Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) && !NT_SUCCESS(KiTellProcessors(Callback))) {
        KiDropCallback(&KiProcessorCallbacks, Callback);
        return NULL;
    }
    return Callback;
}

NT_EXPORT(KeDeregisterProcessorChangeCallback);
VOID KeDeregisterProcessorChangeCallback(PVOID CallbackHandle)
{
    if (!KiDropCallback(&KiProcessorCallbacks, CallbackHandle)) {
        KeSetBugCheckText("KeDeregisterProcessorChangeCallback(%p): no such registration",
                          CallbackHandle);
        KeBugCheckEx(INVALID_KERNEL_HANDLE, (ULONG_PTR)CallbackHandle, 0, 0, 0);
    }
}

/* x64's cache lines. */
NT_EXPORT(KeGetRecommendedSharedDataAlignment);
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID)
{
    return 64;
}
