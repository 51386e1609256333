/*
 * Contexts that filters hang on a file system's streams (FSRTL_ADVANCED_FCB_HEADER.FilterContexts),
 * guarded by the header's fast mutex; and the pool routines that raise instead of failing. IRQL <=
 * APC_LEVEL. Left out: contexts of files and of file objects.
 */
#include "rtl.h"

static BOOLEAN RtlpHoldsContexts(PFSRTL_ADVANCED_FCB_HEADER Header)
{
    return Header != NULL && (Header->Flags2 & FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS) != 0;
}

NT_EXPORT(FsRtlInsertPerStreamContext);
NTSTATUS NTAPI FsRtlInsertPerStreamContext(PFSRTL_ADVANCED_FCB_HEADER Header,
                                           PFSRTL_PER_STREAM_CONTEXT Context)
{
    if (!RtlpHoldsContexts(Header))
        return STATUS_INVALID_DEVICE_REQUEST;
    ExAcquireFastMutex(Header->FastMutex);
    InsertHeadList(&Header->FilterContexts, &Context->Links);
    ExReleaseFastMutex(Header->FastMutex);
    return STATUS_SUCCESS;
}

/* Both IDs, or the owner's alone, or, with neither, any. [doc] FsRtlLookupPerStreamContext */
static BOOLEAN RtlpIsContextOf(const FSRTL_PER_STREAM_CONTEXT *Context, PVOID Owner, PVOID Instance)
{
    return (Owner == NULL || Context->OwnerId == Owner) &&
           (Instance == NULL || Context->InstanceId == Instance);
}

static PFSRTL_PER_STREAM_CONTEXT RtlpFindContext(PFSRTL_ADVANCED_FCB_HEADER Header, PVOID Owner,
                                                 PVOID Instance, BOOLEAN Remove)
{
    PFSRTL_PER_STREAM_CONTEXT Found = NULL;
    PLIST_ENTRY Head = &Header->FilterContexts;

    ExAcquireFastMutex(Header->FastMutex);
    for (PLIST_ENTRY Link = Head->Flink; Link != Head && Found == NULL; Link = Link->Flink) {
        PFSRTL_PER_STREAM_CONTEXT Here = CONTAINING_RECORD(Link, FSRTL_PER_STREAM_CONTEXT, Links);
        if (RtlpIsContextOf(Here, Owner, Instance))
            Found = Here;
    }
    if (Found != NULL && Remove)
        RemoveEntryList(&Found->Links);
    ExReleaseFastMutex(Header->FastMutex);
    return Found;
}

NT_EXPORT(FsRtlLookupPerStreamContextInternal);
PFSRTL_PER_STREAM_CONTEXT NTAPI FsRtlLookupPerStreamContextInternal(
    PFSRTL_ADVANCED_FCB_HEADER Header, PVOID OwnerId, PVOID InstanceId)
{
    return RtlpFindContext(Header, OwnerId, InstanceId, FALSE);
}

NT_EXPORT(FsRtlRemovePerStreamContext);
PFSRTL_PER_STREAM_CONTEXT NTAPI FsRtlRemovePerStreamContext(PFSRTL_ADVANCED_FCB_HEADER Header,
                                                            PVOID OwnerId, PVOID InstanceId)
{
    if (!RtlpHoldsContexts(Header))
        return NULL;
    return RtlpFindContext(Header, OwnerId, InstanceId, TRUE);
}

/* The stream goes away: each context's owner frees it, called without the mutex. */
NT_EXPORT(FsRtlTeardownPerStreamContexts);
VOID NTAPI FsRtlTeardownPerStreamContexts(PFSRTL_ADVANCED_FCB_HEADER Header)
{
    PFSRTL_PER_STREAM_CONTEXT Context;

    while ((Context = RtlpFindContext(Header, NULL, NULL, TRUE)) != NULL)
        Context->FreeCallback(Context);
}

static PVOID RtlpNotNull(PVOID Block)
{
    if (Block == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Block;
}

#undef FsRtlAllocatePoolWithTag
NT_EXPORT(FsRtlAllocatePoolWithTag);
PVOID NTAPI FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    return RtlpNotNull(ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag));
}
