/*
 * UUIDs and locally unique identifiers. A UUID is of version 4, from the machine's seeded entropy,
 * so one seed makes the same ones. Left out: the time-based versions.
 */
#include "exp.h"

NT_EXPORT(ExUuidCreate);
NTSTATUS NTAPI ExUuidCreate(UUID *Uuid)
{
    ULONG64 *Half = (ULONG64 *)Uuid;

    Half[0] = KeRandom64();
    Half[1] = KeRandom64();
    Uuid->Data3 = (USHORT)((Uuid->Data3 & 0x0FFF) | 0x4000);
    Uuid->Data4[0] = (UCHAR)((Uuid->Data4[0] & 0x3F) | 0x80);
    return STATUS_SUCCESS;
}

static ULONG64 ExpNextLuid = 1000; /* NT keeps the first thousand for itself */

NT_EXPORT(ExAllocateLocallyUniqueId);
NTSTATUS NTAPI ExAllocateLocallyUniqueId(PLUID Luid)
{
    ULONG64 Next = ++ExpNextLuid;

    Luid->LowPart = (ULONG)Next;
    Luid->HighPart = (LONG)(Next >> 32);
    return STATUS_SUCCESS;
}

NT_SERVICE(AllocateLocallyUniqueId);
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid)
{
    LUID Next;
    NTSTATUS Status = ExpProbeOut(Luid, sizeof(*Luid), ExGetPreviousMode());

    if (!NT_SUCCESS(Status))
        return Status;
    ExAllocateLocallyUniqueId(&Next);
    return ExpCopyOut(Luid, &Next, sizeof(Next), ExGetPreviousMode());
}
