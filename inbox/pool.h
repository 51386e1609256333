/*
 * Pool for inbox drivers: ExAllocatePool2 by the routine that every kernel has, so that the same image loads where
 * ExAllocatePool2 is missing (Windows before version 2004, Wine).
 */
#pragma once

static inline PVOID InboxAllocatePool(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag)
{
    PVOID Block = ExAllocatePoolWithTag((Flags & POOL_FLAG_PAGED) ? PagedPool : NonPagedPoolNx, Bytes, Tag);

    if (Block != NULL && !(Flags & POOL_FLAG_UNINITIALIZED))
        RtlZeroMemory(Block, Bytes);
    return Block;
}
#define ExAllocatePool2 InboxAllocatePool
