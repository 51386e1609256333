/*
 * What can be said of a device, as text: for those who look at the tree. [doc: Device Manager's
 * page "Details" and "Resources"]
 */
#include "pnpp.h"

#include "resource.h"

typedef struct _PNP_DETAIL {
    PNP_DETAIL_VISIT *Visit;
    PVOID Context;
} PNP_DETAIL;

/* Text as it goes into a record: no control characters. */
static VOID PnpSay(const PNP_DETAIL *Detail, const char *Name, PCUNICODE_STRING Value)
{
    char Text[PNP_DETAIL_BYTES];
    ULONG i;

    if (Value->Length == 0)
        return;
    _snprintf(Text, sizeof(Text) - 1, "%wZ", Value);
    Text[sizeof(Text) - 1] = 0;
    for (i = 0; Text[i] != 0; i++)
        if ((UCHAR)Text[i] < ' ')
            Text[i] = '.';
    Detail->Visit(Detail->Context, Name, Text);
}

static VOID PnpSayEach(const PNP_DETAIL *Detail, const char *Name, PCUNICODE_STRING Multi)
{
    UNICODE_STRING One;
    PWCHAR At = NULL;

    while (Multi->Buffer != NULL && PnpNextString(Multi, &At, &One))
        PnpSay(Detail, Name, &One);
}

static VOID PnpSayValue(const PNP_DETAIL *Detail, const char *Name, HANDLE Key, PCWSTR Value)
{
    UNICODE_STRING Text = PnpQueryString(Key, Value);

    if (Text.Buffer != NULL)
        PnpSayEach(Detail, Name, &Text);
    PnpFree(&Text);
}

/* What the INF has written about the driver. */
static VOID PnpSayDriver(const PNP_DETAIL *Detail, HANDLE Enum)
{
    UNICODE_STRING Driver = PnpQueryString(Enum, L"Driver"), Path;
    HANDLE Key;

    if (Driver.Buffer == NULL)
        return;
    Path = PnpFormat(L"Control\\Class\\%wZ", &Driver);
    PnpFree(&Driver);
    if (Path.Buffer != NULL && NT_SUCCESS(PnpOpenExistingKey(&Path, KEY_READ, &Key))) {
        PnpSayValue(Detail, "driver", Key, L"DriverDesc");
        PnpSayValue(Detail, "provider", Key, L"ProviderName");
        PnpSayValue(Detail, "version", Key, L"DriverVersion");
        PnpSayValue(Detail, "inf", Key, L"InfPath");
        PnpSayValue(Detail, "section", Key, L"InfSection");
        PnpSayValue(Detail, "matching ID", Key, L"MatchingDeviceId");
        ZwClose(Key);
    }
    PnpFree(&Path);
}

static VOID PnpSayRegistry(const PNP_DETAIL *Detail, PNP_NODE *Node)
{
    HANDLE Key;

    if (!NT_SUCCESS(PnpOpenEnumKey(Node, KEY_READ, &Key)))
        return;
    PnpSayValue(Detail, "description", Key, L"DeviceDesc");
    PnpSayValue(Detail, "friendly name", Key, L"FriendlyName");
    PnpSayValue(Detail, "class", Key, L"Class");
    PnpSayValue(Detail, "manufacturer", Key, L"Mfg");
    PnpSayDriver(Detail, Key);
    PnpSayValue(Detail, "upper filter", Key, L"UpperFilters");
    PnpSayValue(Detail, "lower filter", Key, L"LowerFilters");
    ZwClose(Key);
}

static VOID PnpSayStack(const PNP_DETAIL *Detail, PNP_NODE *Node)
{
    ULONG Depth = 0, i;
    PDEVICE_OBJECT Device;

    for (Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice)
        Depth++;
    while (Depth-- != 0) {
        Device = Node->Pdo;
        for (i = 0; i < Depth && Device->AttachedDevice != NULL; i++)
            Device = Device->AttachedDevice;
        PnpSay(Detail, "stack", &Device->DriverObject->DriverName);
    }
}

/* ---- resources ---- */

static VOID PnpSayResource(const PNP_DETAIL *Detail,
                           const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    static const struct {
        UCHAR Space;
        const char *Name;
    } Spaces[] = {
        {CmResourceTypePort, "port"},           {CmResourceTypeMemory, "memory"},
        {CmResourceTypeInterrupt, "interrupt"}, {CmResourceTypeDma, "DMA"},
        {CmResourceTypeBusNumber, "bus"},
    };
    const char *Name = NULL;
    char Text[80];
    PNP_RANGE Range;
    ULONG i;

    if (!PnpRangeOf(Descriptor, &Range))
        return;
    for (i = 0; i < RTL_NUMBER_OF(Spaces); i++)
        if (Spaces[i].Space == Range.Space)
            Name = Spaces[i].Name;
    if (Name == NULL)
        return;
    if (Range.Space == CmResourceTypeInterrupt &&
        (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
        _snprintf(Text, sizeof(Text) - 1, "%u interrupt message(s)",
                  Descriptor->u.MessageInterrupt.Raw.MessageCount);
    else if (Range.First == Range.Last)
        _snprintf(Text, sizeof(Text) - 1, "%s %I64u", Name, Range.First);
    else
        _snprintf(Text, sizeof(Text) - 1, "%s 0x%I64X-0x%I64X", Name, Range.First, Range.Last);
    Text[sizeof(Text) - 1] = 0;
    Detail->Visit(Detail->Context, "resource", Text);
}

/* ---- power ---- */

static VOID PnpSayPower(const PNP_DETAIL *Detail, PNP_NODE *Node)
{
    static const char *const States[] = { "?", "D0", "D1", "D2", "D3" };
    const DEVICE_CAPABILITIES *Capabilities = &Node->Capabilities;
    DEVICE_POWER_STATE Power = PnpDevicePower(Node);
    char Text[80] = "";
    ULONG State;

    if (Power == PowerDeviceUnspecified || Power >= PowerDeviceMaximum)
        return;
    Detail->Visit(Detail->Context, "power", States[Power]);
    for (State = PowerSystemSleeping1; State <= PowerSystemHibernate; State++) {
        DEVICE_POWER_STATE Mapped = Capabilities->DeviceState[State];

        _snprintf(Text + strlen(Text), sizeof(Text) - 1 - strlen(Text), "%sS%lu: %s",
                  Text[0] != 0 ? ", " : "", State - PowerSystemWorking,
                  Mapped < PowerDeviceMaximum ? States[Mapped] : "?");
    }
    Detail->Visit(Detail->Context, "power in sleep", Text);
    if (Capabilities->SystemWake > PowerSystemWorking &&
        Capabilities->SystemWake <= PowerSystemHibernate &&
        Capabilities->DeviceWake < PowerDeviceMaximum) {
        _snprintf(Text, sizeof(Text) - 1, "from S%u, in %s",
                  Capabilities->SystemWake - PowerSystemWorking, States[Capabilities->DeviceWake]);
        Detail->Visit(Detail->Context, "wakes", Text);
    }
}

VOID PnpVisitDetails(PCUNICODE_STRING InstancePath, PNP_DETAIL_VISIT *Visit, PVOID Context)
{
    PNP_DETAIL Detail = { Visit, Context };
    PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = NULL;
    PNP_NODE *Node;

    PnpLockTree();
    Node = PnpFindNode(InstancePath);
    if (Node != NULL) {
        PnpSayRegistry(&Detail, Node);
        PnpSayEach(&Detail, "hardware ID", &Node->HardwareIds);
        PnpSayEach(&Detail, "compatible ID", &Node->CompatibleIds);
        PnpSay(&Detail, "location", &Node->Location);
        PnpSayStack(&Detail, Node);
        while (Node->Resources != NULL &&
               (Descriptor = PnpNextDescriptor(Node->Resources, Descriptor)) != NULL)
            PnpSayResource(&Detail, Descriptor);
        PnpSayPower(&Detail, Node);
    }
    PnpUnlockTree();
}
