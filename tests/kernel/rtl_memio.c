/* Ranges in resource descriptors: RtlCmEncodeMemIoResource, RtlCmDecodeMemIoResource,
 * RtlIoEncodeMemIoResource, RtlIoDecodeMemIoResource. */
#include <ntddk.h>

#include "tap.h"

#define GIB (1ull << 30)

typedef struct _RANGE {
    const char *Name;
    UCHAR Type;
    ULONGLONG Length, Alignment;
    NTSTATUS Status; /* of both encoders, the first with alignment 0 */
    UCHAR EncodedType;
    USHORT Flag;
    ULONG EncodedLength;
} RANGE;

static const RANGE Ranges[] = {
    {"a page", CmResourceTypeMemory, 4096, 4096, STATUS_SUCCESS, CmResourceTypeMemory, 0, 4096},
    {"ports", CmResourceTypePort, 64, 64, STATUS_SUCCESS, CmResourceTypePort, 0, 64},
    {"any length below 4 GiB", CmResourceTypeMemory, 0xFFFFFFFF, 1, STATUS_SUCCESS,
     CmResourceTypeMemory, 0, MAXULONG},
    {"4 GiB", CmResourceTypeMemoryLarge, 4 * GIB, 4096, STATUS_SUCCESS, CmResourceTypeMemoryLarge,
     CM_RESOURCE_MEMORY_LARGE_40, 0x1000000},
    {"16 GiB", CmResourceTypeMemoryLarge, 16 * GIB, 16 * GIB, STATUS_SUCCESS,
     CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_40, 0x4000000},
    {"the most of 40 bits", CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_40_MAXLEN, 256,
     STATUS_SUCCESS, CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_40, MAXULONG},
    {"1 TiB", CmResourceTypeMemoryLarge, 1024 * GIB, 65536, STATUS_SUCCESS,
     CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_48, 0x1000000},
    {"256 TiB", CmResourceTypeMemoryLarge, 1ull << 48, 4 * GIB, STATUS_SUCCESS,
     CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_64, 65536},
    {"4 GiB and a byte", CmResourceTypeMemoryLarge, 4 * GIB + 1, 1, STATUS_UNSUCCESSFUL, 0, 0, 0},
    {"1 TiB and a page", CmResourceTypeMemoryLarge, 1024 * GIB + 4096, 4096, STATUS_UNSUCCESSFUL, 0,
     0, 0},
    {"4 GiB of ports", CmResourceTypePort, 4 * GIB, 256, STATUS_UNSUCCESSFUL, 0, 0, 0},
    {"an interrupt", CmResourceTypeInterrupt, 1, 1, STATUS_INVALID_PARAMETER, 0, 0, 0},
};

static VOID check_cm(const RANGE *Range)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR D, Before;
    ULONGLONG Start = 1;

    tap_fill(&D);
    D.Flags = CM_RESOURCE_MEMORY_PREFETCHABLE | CM_RESOURCE_MEMORY_LARGE_48;
    if (Range->Type == CmResourceTypePort)
        D.Flags = CM_RESOURCE_PORT_IO;
    Before = D;
    is_status(RtlCmEncodeMemIoResource(&D, Range->Type, Range->Length, 64 * GIB), Range->Status,
              "%s", Range->Name);
    if (!NT_SUCCESS(Range->Status)) {
        ok(RtlEqualMemory(&D, &Before, sizeof(D)), "%s: nothing is changed", Range->Name);
        return;
    }
    is_ulong(D.Type, Range->EncodedType, "%s: its type", Range->Name);
    is_hex(D.Flags,
           Range->Type == CmResourceTypePort ? CM_RESOURCE_PORT_IO
                                             : CM_RESOURCE_MEMORY_PREFETCHABLE | Range->Flag,
           "%s: its flags", Range->Name);
    is_hex(D.u.Memory.Length, Range->EncodedLength, "%s: its length in its unit", Range->Name);
    ok(RtlCmDecodeMemIoResource(&D, &Start) == Range->Length && Start == 64 * GIB, "%s: read back",
       Range->Name);
    ok(RtlCmDecodeMemIoResource(&D, NULL) == Range->Length, "%s: without its start", Range->Name);
}

static VOID check_io(const RANGE *Range)
{
    IO_RESOURCE_DESCRIPTOR D;
    ULONGLONG Alignment = 0, Minimum = 0, Maximum = 0;

    tap_fill(&D);
    D.Flags = 0;
    is_status(RtlIoEncodeMemIoResource(&D, Range->Type, Range->Length, Range->Alignment, 3 * GIB,
                                       1024 * GIB - 1),
              Range->Status, "%s required", Range->Name);
    if (!NT_SUCCESS(Range->Status))
        return;
    is_ulong(D.Type, Range->EncodedType, "%s required: its type", Range->Name);
    ok(RtlIoDecodeMemIoResource(&D, &Alignment, &Minimum, &Maximum) == Range->Length,
       "%s required: read back", Range->Name);
    ok(Alignment == Range->Alignment && Minimum == 3 * GIB && Maximum == 1024 * GIB - 1,
       "%s required: where", Range->Name);
    ok(RtlIoDecodeMemIoResource(&D, NULL, NULL, NULL) == Range->Length,
       "%s required: its length alone", Range->Name);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    IO_RESOURCE_DESCRIPTOR D;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Ranges); i++) {
        check_cm(&Ranges[i]);
        check_io(&Ranges[i]);
    }
    is_status(RtlIoEncodeMemIoResource(&D, CmResourceTypeMemoryLarge, 4 * GIB, 1, 0, MAXULONGLONG),
              STATUS_UNSUCCESSFUL, "an alignment that the unit does not divide");
    return done();
}
