/*
 * The pools' exported routines: ExAllocatePool and its kin. Each records its caller's return
 * address, so that a driver's leaks can be named. Allocations that drivers make may be failed by
 * the one choice function. Left out: secure pools (ExAllocatePool3 fails unless the parameter is
 * optional), ExCreatePool.
 */
#include "exp.h"

#define ExpCaller() __builtin_return_address(0)

/* Fault injection: a driver's allocation, or one that the kernel makes for it, is to fail. */
static BOOLEAN ExpFailOnPurpose(VOID)
{
    return KiChoose(KI_CHOICE_FAIL_ALLOCATION, 2) != 0;
}

static PVOID ExpAllocateForCaller(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, BOOLEAN Quota,
                                  PVOID Caller)
{
    if (ExpFailOnPurpose())
        return NULL;
    return ExpAllocatePool(Type, Bytes, Tag, Quota, Caller);
}

/* The older routines: flags in the type decide whether failure raises. */
static PVOID ExpAllocateTyped(ULONG Type, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    PVOID Block = ExpAllocateForCaller(
        Type & ~(ULONG)(POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE), Bytes,
        Tag, FALSE, Caller);

    if (Block == NULL && (Type & POOL_RAISE_IF_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Block;
}

static PVOID ExpAllocateQuota(ULONG Type, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    PVOID Block = ExpAllocateForCaller(
        Type & ~(ULONG)(POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE), Bytes,
        Tag, TRUE, Caller);

    if (Block == NULL && !(Type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Block;
}

PVOID ExAllocatePoolForCaller(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    return ExpAllocateTyped(Type, Bytes, Tag, Caller);
}

NT_EXPORT(ExAllocatePool);
PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExpAllocateTyped(PoolType, NumberOfBytes, 'enoN', ExpCaller());
}

NT_EXPORT(ExAllocatePoolWithTag);
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateTyped(PoolType, NumberOfBytes, Tag, ExpCaller());
}

NT_EXPORT(ExAllocatePoolWithTagPriority);
PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY Priority)
{
    /*
     * Low priority requests fail first, when memory is nearly gone. [doc:
     * ExAllocatePoolWithTagPriority]
     */
    if (Priority < NormalPoolPriority && MmFreePageCount() < MmTotalPageCount() / 16)
        return NULL;
    return ExpAllocateTyped(PoolType, NumberOfBytes, Tag, ExpCaller());
}

NT_EXPORT(ExAllocatePoolWithQuota);
PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExpAllocateQuota(PoolType, NumberOfBytes, 'enoN', ExpCaller());
}

NT_EXPORT(ExAllocatePoolWithQuotaTag);
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateQuota(PoolType, NumberOfBytes, Tag, ExpCaller());
}

#define EXP_KNOWN_FLAGS                                                                            \
    (POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED | \
     POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE |              \
     POOL_FLAG_PAGED)
#define EXP_KIND_FLAGS (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)

/* FALSE: a required flag that nobody knows, or not exactly one kind of pool. [doc: POOL_FLAGS] */
static BOOLEAN ExpTypeFromFlags(POOL_FLAGS Flags, ULONG *Type)
{
    switch (Flags & EXP_KIND_FLAGS) {
    case POOL_FLAG_NON_PAGED: *Type = NonPagedPoolNx; break;
    case POOL_FLAG_NON_PAGED_EXECUTE: *Type = NonPagedPoolExecute; break;
    case POOL_FLAG_PAGED: *Type = PagedPool; break;
    default: return FALSE;
    }
    if (Flags & POOL_FLAG_CACHE_ALIGNED)
        *Type |= NonPagedPoolCacheAligned;
    return (Flags & 0xFFFFFFFFull & ~(ULONG64)EXP_KNOWN_FLAGS) == 0;
}

static PVOID ExpAllocateFlags(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    PVOID Block = NULL;
    ULONG Type;

    if (Tag != 0 && ExpTypeFromFlags(Flags, &Type))
        Block = ExpAllocateForCaller(Type, Bytes, Tag, (Flags & POOL_FLAG_USE_QUOTA) != 0, Caller);
    if (Block == NULL) {
        if (Flags & POOL_FLAG_RAISE_ON_FAILURE)
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        return NULL;
    }
    if (!(Flags & POOL_FLAG_UNINITIALIZED))
        RtlZeroMemory(Block, Bytes);
    return Block;
}

NT_EXPORT(ExAllocatePool2);
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExpAllocateFlags(Flags, NumberOfBytes, Tag, ExpCaller());
}

/* Priority and node are hints; a secure pool is a promise that cannot be kept. */
static BOOLEAN ExpAcceptParameters(const POOL_EXTENDED_PARAMETER *Parameter, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++) {
        if (Parameter[i].Optional || Parameter[i].Type == PoolExtendedParameterPriority ||
            Parameter[i].Type == PoolExtendedParameterNumaNode)
            continue;
        return FALSE;
    }
    return TRUE;
}

NT_PARTIAL(ExAllocatePool3, "secure pools: the allocation fails");
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            const POOL_EXTENDED_PARAMETER *ExtendedParameters,
                            ULONG ExtendedParametersCount)
{
    if (!ExpAcceptParameters(ExtendedParameters, ExtendedParametersCount)) {
        if (Flags & POOL_FLAG_RAISE_ON_FAILURE)
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        return NULL;
    }
    return ExpAllocateFlags(Flags, NumberOfBytes, Tag, ExpCaller());
}

NT_EXPORT(ExFreePool);
VOID NTAPI ExFreePool(PVOID P)
{
    ExpFreePool(P, 0, ExpCaller());
}

NT_EXPORT(ExFreePoolWithTag);
VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    ExpFreePool(P, Tag, ExpCaller());
}

NT_PARTIAL(ExFreePool2, "secure pools: no parameter is accepted");
VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, const POOL_EXTENDED_PARAMETER *ExtendedParameters,
                       ULONG ExtendedParametersCount)
{
    if (!ExpAcceptParameters(ExtendedParameters, ExtendedParametersCount))
        ExpPoolStop(BAD_POOL_CALLER, 0x46, (ULONG64)P, 0, 0, P,
                    "freed with the parameters of a secure pool");
    ExpFreePool(P, Tag, ExpCaller());
}
