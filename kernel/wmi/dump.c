/*
 * What `drydock run --wmi` and `drydock wmi` show: each registered block, then the data of each of
 * its instances. wmi      GUID  device  instances ("dynamic": named by the provider)  flags wmidata
 * GUID  instance name  bytes  hexadecimal data wmierror GUID  device  NTSTATUS
 */
#include "wmip.h"

#include "../init/summary.h"
#include "../rtl/rtl.h"

#define WMIP_LINE 4096u
#define WMIP_SHOWN_BYTES 1024u

static VOID WmipPrint(const char *Format, ...)
{
    char *Line = ExAllocatePoolWithTag(PagedPool, WMIP_LINE, WMIP_TAG);
    va_list Arguments;
    int Bytes;

    if (Line == NULL)
        return;
    va_start(Arguments, Format);
    Bytes = _vsnprintf(Line, WMIP_LINE, Format, Arguments);
    va_end(Arguments);
    if (Bytes > 0)
        HAL->write(SummaryStream, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
    ExFreePoolWithTag(Line, WMIP_TAG);
}

static const char *WmipGuidText(const GUID *Guid, char Text[40])
{
    _snprintf(Text, 40, "{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1,
              Guid->Data2, Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2],
              Guid->Data4[3], Guid->Data4[4], Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
    return Text;
}

/* The name of the provider's device, or its driver's. */
static PCUNICODE_STRING WmipProviderName(const WMIP_PROVIDER *Provider)
{
    static const UNICODE_STRING Callback = RTL_CONSTANT_STRING(L"(callback)");
    PUNICODE_STRING Name;

    if (Provider->Callback)
        return &Callback;
    Name = ObGetObjectName(Provider->Device);
    return Name->Length != 0 ? Name : &Provider->Device->DriverObject->DriverName;
}

static VOID WmipPrintInstance(const GUID *Guid, PCUNICODE_STRING Name, const UCHAR *Data,
                              ULONG Bytes)
{
    static const char Digit[] = "0123456789abcdef";
    char *Hex = ExAllocatePoolWithTag(PagedPool, 2 * WMIP_SHOWN_BYTES + 4, WMIP_TAG), Text[40];
    ULONG Shown = min(Bytes, WMIP_SHOWN_BYTES);

    if (Hex == NULL)
        return;
    for (ULONG i = 0; i < Shown; i++) {
        Hex[2 * i] = Digit[Data[i] >> 4];
        Hex[2 * i + 1] = Digit[Data[i] & 15];
    }
    RtlCopyMemory(Hex + 2 * Shown, Shown < Bytes ? "..." : "", Shown < Bytes ? 4 : 1);
    WmipPrint("wmidata\t%s\t%wZ\t%lu\t%s\n", WmipGuidText(Guid, Text), Name, Bytes, Hex);
    ExFreePoolWithTag(Hex, WMIP_TAG);
}

static VOID WmipPrintAll(PWNODE_ALL_DATA All)
{
    PUCHAR Base = (PUCHAR)All;

    for (ULONG i = 0; i < All->InstanceCount; i++) {
        PUSHORT Name = (PUSHORT)(Base + ((PULONG)(Base + All->OffsetInstanceNameOffsets))[i]);
        UNICODE_STRING Text = {*Name, *Name, (PWSTR)(Name + 1)};

        if (All->WnodeHeader.Flags & WNODE_FLAG_FIXED_INSTANCE_SIZE)
            WmipPrintInstance(&All->WnodeHeader.Guid, &Text,
                              Base + All->DataBlockOffset +
                                  i * ((All->FixedInstanceSize + 7) & ~7u),
                              All->FixedInstanceSize);
        else
            WmipPrintInstance(&All->WnodeHeader.Guid, &Text,
                              Base + All->OffsetInstanceDataAndLength[i].OffsetInstanceData,
                              All->OffsetInstanceDataAndLength[i].LengthInstanceData);
    }
}

static VOID WmipDumpBlock(WMIP_BLOCK *Block)
{
    PCUNICODE_STRING Name = WmipProviderName(Block->Provider);
    char Text[40], Count[16] = "dynamic";
    PWNODE_ALL_DATA All;
    NTSTATUS Status;

    if (WmipIsStatic(Block))
        _snprintf(Count, sizeof(Count), "%lu", Block->InstanceCount);
    WmipPrint("wmi\t%s\t%wZ\t%s\t%#lx\n", WmipGuidText(&Block->Guid, Text), Name, Count,
              Block->Flags);
    if (Block->Flags & (WMIREG_FLAG_EVENT_ONLY_GUID | WMIREG_FLAG_TRACED_GUID))
        return;
    Status = WmipQueryAll(Block, &All);
    if (!NT_SUCCESS(Status)) {
        WmipPrint("wmierror\t%s\t%wZ\t%#lx\n", WmipGuidText(&Block->Guid, Text), Name, Status);
        return;
    }
    WmipPrintAll(All);
    ExFreePoolWithTag(All, WMIP_TAG);
}

VOID WmiDump(const GUID *Guid)
{
    WMIP_SNAPSHOT *Snapshot = WmipTakeSnapshot(Guid);

    if (Snapshot == NULL)
        return;
    for (ULONG i = 0; i < Snapshot->Count; i++)
        WmipDumpBlock(Snapshot->Block[i]);
    WmipReleaseSnapshot(Snapshot);
}
