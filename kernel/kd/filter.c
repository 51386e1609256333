/*
 * Which debug messages are shown: a mask a component, and one for all. [doc] "Reading and Filtering
 * Debugging Messages". A machine that was booted follows it to the letter: DbgPrint, which is
 * DEFAULT at information level, is not shown unless the registry says so. A run is there for its
 * output: DEFAULT starts with all levels on.
 */
#include "kd.h"

#include "../ex/ex.h"
#include "../ke/ke.h"

#define KDP_FILTER_KEY                                                                             \
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Debug Print Filter"
#define KDP_NAME_LIMIT 32 /* characters; no component has so long a name */

ULONG KdGlobalMask = 1u << DPFLTR_ERROR_LEVEL;
ULONG KdComponentMask[KD_COMPONENTS] = {[DPFLTR_DEFAULT_ID] = MAXULONG};

/* ---- the registry's masks ---- */

typedef struct _KDP_VALUE {
    KEY_VALUE_FULL_INFORMATION Info; /* Name overlaps what follows */
    UCHAR Rest[KDP_NAME_LIMIT * sizeof(WCHAR) + 16];
} KDP_VALUE;

/* Values of other types and of unknown names say nothing. */
static VOID KdpTakeValue(const KEY_VALUE_FULL_INFORMATION *Info)
{
    UNICODE_STRING Name = {(USHORT)Info->NameLength, (USHORT)Info->NameLength, (PWCH)Info->Name};
    UNICODE_STRING Everywhere = RTL_CONSTANT_STRING(L"WIN2000");
    ULONG Component = KdFindComponent(&Name), Mask;

    if (Info->Type != REG_DWORD || Info->DataLength != sizeof(Mask))
        return;
    RtlCopyMemory(&Mask, (const UCHAR *)Info + Info->DataOffset, sizeof(Mask));
    if (RtlEqualUnicodeString(&Name, &Everywhere, TRUE))
        KdGlobalMask = Mask;
    else if (Component < KD_COMPONENTS)
        KdComponentMask[Component] = Mask;
}

VOID KdInitFilter(VOID)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(KDP_FILTER_KEY);
    OBJECT_ATTRIBUTES Attributes;
    KDP_VALUE Value;
    ULONG Bytes;
    HANDLE Key;
    NTSTATUS Status;

    if (KiLoaderBlock->flags & HAL_FLAG_BOOTED)
        KdComponentMask[DPFLTR_DEFAULT_ID] = 0;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Key, KEY_QUERY_VALUE, &Attributes)))
        return; /* no mask was ever set */
    for (ULONG i = 0;; i++) {
        Status =
            ZwEnumerateValueKey(Key, i, KeyValueFullInformation, &Value, sizeof(Value), &Bytes);
        if (NT_SUCCESS(Status))
            KdpTakeValue(&Value.Info);
        else if (Status != STATUS_BUFFER_OVERFLOW && Status != STATUS_BUFFER_TOO_SMALL)
            break; /* one that is too long is no mask */
    }
    ZwClose(Key);
}

/* ---- the rule ---- */

/* A level below 32 is a bit number, else it is a mask itself. [doc] DbgPrintEx */
static ULONG KdpLevelMask(ULONG Level)
{
    return Level < 32 ? 1u << Level : Level;
}

BOOLEAN KdIsShown(ULONG ComponentId, ULONG Level)
{
    ULONG Component = ComponentId < KD_COMPONENTS ? ComponentId : DPFLTR_DEFAULT_ID;

    return ((KdGlobalMask | KdComponentMask[Component]) & KdpLevelMask(Level)) != 0;
}

NT_EXPORT(DbgQueryDebugFilterState);
NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level)
{
    if (ComponentId >= KD_COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    return KdIsShown(ComponentId, Level); /* TRUE is STATUS_WAIT_1: the routine's contract */
}

NT_EXPORT(DbgSetDebugFilterState);
NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State)
{
    ULONG Mask = KdpLevelMask(Level);

    if (ComponentId >= KD_COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    if (State)
        KdComponentMask[ComponentId] |= Mask;
    else
        KdComponentMask[ComponentId] &= ~Mask;
    return STATUS_SUCCESS;
}
