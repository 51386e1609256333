/*
 * Extra create parameters: contexts known by a GUID that travel with a create to the file system
 * and its filters. [doc: FsRtlAllocateExtraCreateParameter, FsRtlGetEcpListFromIrp, IoCreateFileEx]
 * A create's list hangs on the UserBuffer of its request, which a create has no other use for.
 * Lists that a filter made go with the create; IoCreateFileEx's stay its caller's. Left out: quota,
 * look-aside lists, prefixed lists (FsRtlPrepareToReuseEcp).
 */
#include "fsrtl.h"

#define FSRTLP_ECP_TAG 'ErsF'
#define FSRTLP_ECP_SIGNATURE 'pcE '

struct _ECP_LIST {
    ULONG Signature;
    BOOLEAN Lent; /* by the caller of IoCreateFileEx, who frees it */
    LIST_ENTRY Head;
};

struct _ECP_HEADER { /* the driver's context follows */
    ULONG Signature;
    ULONG Bytes;
    LIST_ENTRY Link; /* of the list; empty while in none */
    GUID Type;
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK Cleanup;
    ULONG Tag;
    BOOLEAN Acknowledged, FromUser;
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct _ECP_HEADER) % 16 == 0, "contexts are aligned as pool is");

static PECP_HEADER FsRtlpHeaderOf(PVOID Context)
{
    PECP_HEADER Header = (PECP_HEADER)Context - 1;

    if (Header->Signature != FSRTLP_ECP_SIGNATURE) {
        KeSetBugCheckText("%p is no extra create parameter", Context);
        KeBugCheckEx(FILE_SYSTEM, (ULONG_PTR)Context, 0, 0, 0);
    }
    return Header;
}

NT_PARTIAL(FsRtlAllocateExtraCreateParameterList, "quota is not charged");
NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAGS Flags,
                                                     PECP_LIST *EcpList)
{
    UNREFERENCED_PARAMETER(Flags);
    *EcpList = ExAllocatePoolWithTag(PagedPool, sizeof(**EcpList), FSRTLP_ECP_TAG);
    return *EcpList == NULL ? STATUS_INSUFFICIENT_RESOURCES
                            : FsRtlInitializeExtraCreateParameterList(*EcpList);
}

NT_EXPORT(FsRtlInitializeExtraCreateParameterList);
NTSTATUS NTAPI FsRtlInitializeExtraCreateParameterList(PECP_LIST EcpList)
{
    EcpList->Signature = FSRTLP_ECP_SIGNATURE;
    EcpList->Lent = FALSE;
    InitializeListHead(&EcpList->Head);
    return STATUS_SUCCESS;
}

NT_PARTIAL(FsRtlAllocateExtraCreateParameter, "quota is not charged");
NTSTATUS NTAPI FsRtlAllocateExtraCreateParameter(
    LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, ULONG PoolTag,
    PVOID *EcpContext)
{
    POOL_TYPE Pool = Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL ? NonPagedPoolNx : PagedPool;
    PECP_HEADER Header = NULL;

    *EcpContext = NULL;
    if (SizeOfContext <= MAXULONG - sizeof(*Header))
        Header = ExAllocatePoolWithTag(Pool, sizeof(*Header) + SizeOfContext, PoolTag);
    if (Header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Header, sizeof(*Header) + SizeOfContext);
    Header->Signature = FSRTLP_ECP_SIGNATURE;
    Header->Bytes = SizeOfContext;
    InitializeListHead(&Header->Link);
    Header->Type = *EcpType;
    Header->Cleanup = CleanupCallback;
    Header->Tag = PoolTag;
    *EcpContext = Header + 1;
    return STATUS_SUCCESS;
}

NT_EXPORT(FsRtlFreeExtraCreateParameter);
VOID NTAPI FsRtlFreeExtraCreateParameter(PVOID EcpContext)
{
    PECP_HEADER Header = FsRtlpHeaderOf(EcpContext);

    RemoveEntryList(&Header->Link);
    if (Header->Cleanup != NULL)
        Header->Cleanup(EcpContext, &Header->Type);
    Header->Signature = 0;
    ExFreePoolWithTag(Header, Header->Tag);
}

/* The list and what is on it. */
NT_EXPORT(FsRtlFreeExtraCreateParameterList);
VOID NTAPI FsRtlFreeExtraCreateParameterList(PECP_LIST EcpList)
{
    while (!IsListEmpty(&EcpList->Head))
        FsRtlFreeExtraCreateParameter(CONTAINING_RECORD(EcpList->Head.Flink, ECP_HEADER, Link) + 1);
    ExFreePoolWithTag(EcpList, FSRTLP_ECP_TAG);
}

static PECP_HEADER FsRtlpFindEcp(PECP_LIST EcpList, LPCGUID Type)
{
    for (PLIST_ENTRY Link = EcpList->Head.Flink; Link != &EcpList->Head; Link = Link->Flink) {
        PECP_HEADER Header = CONTAINING_RECORD(Link, ECP_HEADER, Link);

        if (IsEqualGUID(&Header->Type, Type))
            return Header;
    }
    return NULL;
}

NT_EXPORT(FsRtlInsertExtraCreateParameter);
NTSTATUS NTAPI FsRtlInsertExtraCreateParameter(PECP_LIST EcpList, PVOID EcpContext)
{
    PECP_HEADER Header = FsRtlpHeaderOf(EcpContext);

    if (FsRtlpFindEcp(EcpList, &Header->Type) != NULL)
        return STATUS_INVALID_PARAMETER;
    InsertTailList(&EcpList->Head, &Header->Link);
    return STATUS_SUCCESS;
}

static NTSTATUS FsRtlpTellEcp(PECP_HEADER Header, PVOID *EcpContext, ULONG *EcpContextSize)
{
    if (EcpContext != NULL)
        *EcpContext = Header == NULL ? NULL : Header + 1;
    if (EcpContextSize != NULL)
        *EcpContextSize = Header == NULL ? 0 : Header->Bytes;
    return Header == NULL ? STATUS_NOT_FOUND : STATUS_SUCCESS;
}

NT_EXPORT(FsRtlFindExtraCreateParameter);
NTSTATUS NTAPI FsRtlFindExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext,
                                             ULONG *EcpContextSize)
{
    return FsRtlpTellEcp(FsRtlpFindEcp(EcpList, EcpType), EcpContext, EcpContextSize);
}

/* Off the list: it is the caller's to free. */
NT_EXPORT(FsRtlRemoveExtraCreateParameter);
NTSTATUS NTAPI FsRtlRemoveExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType,
                                               PVOID *EcpContext, ULONG *EcpContextSize)
{
    PECP_HEADER Header = FsRtlpFindEcp(EcpList, EcpType);

    if (Header != NULL) {
        RemoveEntryList(&Header->Link);
        InitializeListHead(&Header->Link);
    }
    return FsRtlpTellEcp(Header, EcpContext, EcpContextSize);
}

NT_EXPORT(FsRtlGetNextExtraCreateParameter);
NTSTATUS NTAPI FsRtlGetNextExtraCreateParameter(PECP_LIST EcpList, PVOID CurrentEcpContext,
                                                LPGUID NextEcpType, PVOID *NextEcpContext,
                                                ULONG *NextEcpContextSize)
{
    PLIST_ENTRY Link = CurrentEcpContext == NULL ? EcpList->Head.Flink
                                                 : FsRtlpHeaderOf(CurrentEcpContext)->Link.Flink;
    PECP_HEADER Next = Link == &EcpList->Head ? NULL : CONTAINING_RECORD(Link, ECP_HEADER, Link);

    if (Next != NULL && NextEcpType != NULL)
        *NextEcpType = Next->Type;
    return FsRtlpTellEcp(Next, NextEcpContext, NextEcpContextSize);
}

NT_EXPORT(FsRtlAcknowledgeEcp);
VOID NTAPI FsRtlAcknowledgeEcp(PVOID EcpContext)
{
    FsRtlpHeaderOf(EcpContext)->Acknowledged = TRUE;
}

NT_EXPORT(FsRtlIsEcpAcknowledged);
BOOLEAN NTAPI FsRtlIsEcpAcknowledged(PVOID EcpContext)
{
    return FsRtlpHeaderOf(EcpContext)->Acknowledged;
}

/* Programs cannot give any here: NtCreateUserFile is not modelled. */
NT_EXPORT(FsRtlIsEcpFromUserMode);
BOOLEAN NTAPI FsRtlIsEcpFromUserMode(PVOID EcpContext)
{
    return FsRtlpHeaderOf(EcpContext)->FromUser;
}

/* ---- a create's list ---- */

static BOOLEAN FsRtlpIsCreate(PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;
}

NT_EXPORT(FsRtlGetEcpListFromIrp);
NTSTATUS NTAPI FsRtlGetEcpListFromIrp(PIRP Irp, PECP_LIST *EcpList)
{
    if (!FsRtlpIsCreate(Irp))
        return STATUS_INVALID_PARAMETER;
    *EcpList = Irp->UserBuffer;
    return STATUS_SUCCESS;
}

NT_EXPORT(FsRtlSetEcpListIntoIrp);
NTSTATUS NTAPI FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList)
{
    if (!FsRtlpIsCreate(Irp))
        return STATUS_INVALID_PARAMETER_2;
    if (Irp->UserBuffer != NULL)
        return STATUS_INVALID_PARAMETER_3;
    Irp->UserBuffer = EcpList;
    return STATUS_SUCCESS;
}

NTSTATUS FsRtlLendEcpList(PECP_LIST EcpList)
{
    if (EcpList->Signature != FSRTLP_ECP_SIGNATURE)
        return STATUS_INVALID_PARAMETER;
    EcpList->Lent = TRUE;
    return STATUS_SUCCESS;
}

VOID FsRtlEndCreate(PIRP Irp)
{
    PECP_LIST EcpList = Irp->UserBuffer;

    if (EcpList != NULL && !EcpList->Lent)
        FsRtlFreeExtraCreateParameterList(EcpList);
}
