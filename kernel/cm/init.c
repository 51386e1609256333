/*
 * The registry at start-up: \Registry as an object, and the keys that drivers expect to find. What
 * is here is what a Windows 10 22H2 machine says about itself in the values that drivers are known
 * to read; everything else is made by who needs it.
 */
#include "cmp.h"

typedef struct _CMP_ROW { /* Name == NULL: the key alone */
    PCWSTR Path;
    PCWSTR Name;
    ULONG Type;
    PCWSTR Text;
    ULONG Number;
} CMP_ROW;

#define CMP_CONTROL L"Machine\\System\\ControlSet001\\Control"
#define CMP_VERSION L"Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion"
#define CMP_KMDF L"Machine\\System\\ControlSet001\\Services\\Wdf01000"
#define CMP_EVENTS L"Machine\\System\\ControlSet001\\Services\\EventLog"
#define CMP_CPU L"Machine\\Hardware\\Description\\System\\CentralProcessor\\0"

static const CMP_ROW CmpRow[] = {
    {L"User\\.Default\\Software", NULL, 0, NULL, 0},
    {L"Machine\\System\\ControlSet001\\Services", NULL, 0, NULL, 0},
    {CMP_KMDF, L"ImagePath", REG_EXPAND_SZ, L"System32\\drivers\\Wdf01000.sys", 0},
    {CMP_KMDF, L"DisplayName", REG_SZ, L"Kernel Mode Driver Frameworks service", 0},
    {CMP_KMDF, L"Type", REG_DWORD, NULL, 1},
    {CMP_KMDF, L"Start", REG_DWORD, NULL, 0},
    {CMP_KMDF, L"ErrorControl", REG_DWORD, NULL, 1},
    {CMP_KMDF, L"Group", REG_SZ, L"WdfLoadGroup", 0},
    {CMP_EVENTS L"\\Application", NULL, 0, NULL, 0},
    {CMP_EVENTS L"\\System\\Service Control Manager", NULL, 0, NULL, 0},
    {L"Machine\\System\\ControlSet001\\Enum\\Root", NULL, 0, NULL, 0},
    {L"Machine\\System\\ControlSet001\\Hardware Profiles\\0001", NULL, 0, NULL, 0},
    {L"Machine\\System\\Select", L"Current", REG_DWORD, NULL, 1},
    {L"Machine\\System\\Select", L"Default", REG_DWORD, NULL, 1},
    {L"Machine\\System\\Select", L"LastKnownGood", REG_DWORD, NULL, 1},
    {L"Machine\\System\\Setup", L"SystemSetupInProgress", REG_DWORD, NULL, 0},
    {CMP_CONTROL L"\\Class", NULL, 0, NULL, 0},
    {CMP_CONTROL L"\\DeviceClasses", NULL, 0, NULL, 0},
    {CMP_CONTROL L"\\CrashControl", L"CrashDumpEnabled", REG_DWORD, NULL, 0},
    {CMP_CONTROL, L"SystemBootDevice", REG_SZ, L"multi(0)disk(0)rdisk(0)partition(1)", 0},
    {CMP_CONTROL L"\\ComputerName\\ComputerName", L"ComputerName", REG_SZ, L"DRYDOCK", 0},
    {CMP_CONTROL L"\\ComputerName\\ActiveComputerName", L"ComputerName", REG_SZ, L"DRYDOCK", 0},
    {CMP_CONTROL L"\\Nls\\CodePage", L"ACP", REG_SZ, L"1252", 0},
    {CMP_CONTROL L"\\Nls\\CodePage", L"OEMCP", REG_SZ, L"437", 0},
    {CMP_CONTROL L"\\ProductOptions", L"ProductType", REG_SZ, L"WinNT", 0},
    {CMP_CONTROL L"\\Session Manager\\Debug Print Filter", NULL, 0, NULL, 0},
    {CMP_CONTROL L"\\Session Manager\\DOS Devices", NULL, 0, NULL, 0},
    {CMP_CONTROL L"\\Session Manager\\Kernel", NULL, 0, NULL, 0},
    {CMP_CONTROL L"\\Session Manager\\Memory Management", L"VerifyDrivers", REG_SZ, L"", 0},
    {CMP_CONTROL L"\\Session Manager\\Environment", L"OS", REG_SZ, L"Windows_NT", 0},
    {CMP_CONTROL L"\\Session Manager\\Environment", L"PROCESSOR_ARCHITECTURE", REG_SZ, L"AMD64", 0},
    {CMP_CONTROL L"\\TimeZoneInformation", L"Bias", REG_DWORD, NULL, 0},
    {CMP_CONTROL L"\\TimeZoneInformation", L"ActiveTimeBias", REG_DWORD, NULL, 0},
    {CMP_CONTROL L"\\Windows", L"CSDVersion", REG_DWORD, NULL, 0},
    {CMP_VERSION, L"CurrentVersion", REG_SZ, L"6.3", 0},
    {CMP_VERSION, L"CurrentMajorVersionNumber", REG_DWORD, NULL, 10},
    {CMP_VERSION, L"CurrentMinorVersionNumber", REG_DWORD, NULL, 0},
    {CMP_VERSION, L"ProductName", REG_SZ, L"Drydock", 0},
    {CMP_VERSION, L"SystemRoot", REG_SZ, L"C:\\Windows", 0},
    {L"Machine\\Software\\Microsoft\\Windows\\CurrentVersion", L"ProgramFilesDir", REG_SZ,
     L"C:\\Program Files", 0},
    {CMP_CPU, L"Identifier", REG_SZ, L"AMD64 Family 6 Model 0 Stepping 0", 0},
    {CMP_CPU, L"ProcessorNameString", REG_SZ, L"Drydock virtual processor", 0},
};

NTSTATUS CmpMakePath(PCWSTR Path, BOOLEAN Volatile, CMP_NODE **Node)
{
    UNICODE_STRING Component;
    NTSTATUS Status = STATUS_SUCCESS;
    CMP_NODE *Here = CmpRoot, *Child;

    while (*Path != 0 && NT_SUCCESS(Status)) {
        PCWSTR End = Path;

        while (*End != 0 && *End != L'\\')
            End++;
        Component.Buffer = (PWSTR)Path;
        Component.Length = Component.MaximumLength = (USHORT)((End - Path) * sizeof(WCHAR));
        Child = CmpFindChild(Here, &Component);
        if (Child == NULL)
            Status = CmpCreateNode(Here, &Component, NULL,
                                   Volatile && Here != CmpRoot ? REG_OPTION_VOLATILE : 0, NULL,
                                   NULL, &Child);
        Here = Child;
        Path = *End == 0 ? End : End + 1;
    }
    *Node = Here;
    return Status;
}

static NTSTATUS CmpSetText(CMP_NODE *Node, PCWSTR Name, ULONG Type, PCWSTR Text)
{
    UNICODE_STRING NameString, TextString;

    RtlInitUnicodeString(&NameString, Name);
    RtlInitUnicodeString(&TextString, Text);
    return CmpSetValue(Node, &NameString, Type, Text,
                       TextString.Length + (Type == REG_LINK ? 0 : sizeof(WCHAR)));
}

static NTSTATUS CmpSetNumber(CMP_NODE *Node, PCWSTR Name, ULONG Number)
{
    UNICODE_STRING NameString;

    RtlInitUnicodeString(&NameString, Name);
    return CmpSetValue(Node, &NameString, REG_DWORD, &Number, sizeof(Number));
}

/* Hardware and what is below it are volatile. */
static BOOLEAN CmpIsHardware(PCWSTR Path)
{
    UNICODE_STRING Hardware = RTL_CONSTANT_STRING(L"Machine\\Hardware"), String;

    RtlInitUnicodeString(&String, Path);
    return RtlPrefixUnicodeString(&Hardware, &String, TRUE);
}

static NTSTATUS CmpFillRow(const CMP_ROW *Row)
{
    CMP_NODE *Node;
    NTSTATUS Status;

    if (CmpIsLoaded(Row->Path))
        return STATUS_SUCCESS;
    Status = CmpMakePath(Row->Path, CmpIsHardware(Row->Path), &Node);
    if (!NT_SUCCESS(Status) || Row->Name == NULL)
        return Status;
    return Row->Type == REG_DWORD ? CmpSetNumber(Node, Row->Name, Row->Number)
                                  : CmpSetText(Node, Row->Name, Row->Type, Row->Text);
}

/* The build number stands in one place, NtBuildNumber. */
static NTSTATUS CmpFillBuild(VOID)
{
    WCHAR Text[12];
    UNICODE_STRING Build = {0, sizeof(Text), Text};
    CMP_NODE *Node;
    NTSTATUS Status;

    if (CmpIsLoaded(CMP_VERSION))
        return STATUS_SUCCESS;
    Status = CmpMakePath(CMP_VERSION, FALSE, &Node);
    if (NT_SUCCESS(Status))
        Status = RtlIntegerToUnicodeString((ULONG)NtBuildNumber & 0xFFFF, 10, &Build);
    if (NT_SUCCESS(Status))
        Status = CmpSetText(Node, L"CurrentBuild", REG_SZ, Text);
    if (NT_SUCCESS(Status))
        Status = CmpSetText(Node, L"CurrentBuildNumber", REG_SZ, Text);
    return Status;
}

/* The language that a new machine is installed in: the host says it; English otherwise. */
static NTSTATUS CmpFillLanguage(VOID)
{
    static const WCHAR Path[] = CMP_CONTROL L"\\Nls\\Language";
    ULONG Language = KiLoaderBlock->language != 0 ? KiLoaderBlock->language : 0x409;
    WCHAR Text[5];
    CMP_NODE *Node;
    NTSTATUS Status;

    if (CmpIsLoaded(Path))
        return STATUS_SUCCESS;
    for (ULONG i = 0; i < 4; i++)
        Text[i] = L"0123456789ABCDEF"[(Language >> (12 - 4 * i)) & 0xF];
    Text[4] = 0;
    Status = CmpMakePath(Path, FALSE, &Node);
    if (NT_SUCCESS(Status))
        Status = CmpSetText(Node, L"Default", REG_SZ, Text);
    if (NT_SUCCESS(Status))
        Status = CmpSetText(Node, L"InstallLanguage", REG_SZ, Text);
    return Status;
}

/* A volatile link, made at each start, as on Windows: no hive has it. */
static NTSTATUS CmpLink(PCWSTR Path, PCWSTR Name, PCWSTR Target)
{
    const ULONG Options = REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE;
    UNICODE_STRING NameString;
    CMP_NODE *Parent, *Node;
    NTSTATUS Status = CmpMakePath(Path, FALSE, &Parent);

    RtlInitUnicodeString(&NameString, Name);
    if (!NT_SUCCESS(Status) || CmpFindChild(Parent, &NameString) != NULL)
        return Status;
    Status = CmpCreateNode(Parent, &NameString, NULL, Options, NULL, NULL, &Node);
    return NT_SUCCESS(Status) ? CmpSetText(Node, L"SymbolicLinkValue", REG_LINK, Target) : Status;
}

/* What Select\Current says; 1 where it says nothing of use. */
static ULONG CmpCurrentControlSet(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Current");
    ULONG Number = 0;
    CMP_VALUE *Value;
    CMP_NODE *Node;

    if (!NT_SUCCESS(CmpMakePath(L"Machine\\System\\Select", FALSE, &Node)))
        return 1;
    Value = CmpFindValue(Node, &Name);
    if (Value != NULL && Value->Type == REG_DWORD && Value->Bytes == sizeof(Number))
        RtlCopyMemory(&Number, Value->Data, sizeof(Number));
    return Number >= 1 && Number <= 999 ? Number : 1;
}

static NTSTATUS CmpLinkControlSet(VOID)
{
    WCHAR Target[] = L"\\Registry\\Machine\\System\\ControlSet000";
    PWSTR Digit = Target + RTL_NUMBER_OF(Target) - 2;

    for (ULONG Number = CmpCurrentControlSet(); Number != 0; Number /= 10)
        *Digit-- = (WCHAR)(L'0' + Number % 10);
    return CmpLink(L"Machine\\System", L"CurrentControlSet", Target);
}

/* \Registry in the object namespace. */
static NTSTATUS CmpPublishRoot(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\REGISTRY");
    OBJECT_ATTRIBUTES Attributes;
    PCM_KEY_BODY Body;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(
        &Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ObCreateObject(KernelMode, CmpKeyType, &Attributes, KernelMode, NULL, sizeof(*Body), 0,
                            0, (PVOID *)&Body);
    if (!NT_SUCCESS(Status))
        return Status;
    Body->Signature = CMP_SIGNATURE;
    Body->Node = CmpRoot;
    InitializeListHead(&Body->Contexts);
    CmpRoot->References++;
    Status = ObInsertObject(Body, NULL, KEY_ALL_ACCESS, 0, NULL, &Handle);
    if (NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

NTSTATUS CmInitSystem(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"REGISTRY");
    NTSTATUS Status = CmpInitKeyType();

    if (NT_SUCCESS(Status))
        Status = CmpCreateNode(NULL, &Name, NULL, FALSE, NULL, NULL, &CmpRoot);
    if (NT_SUCCESS(Status))
        Status = CmpPublishRoot();
    CmpInitFiles();
    if (NT_SUCCESS(Status))
        Status = CmpLoadHives();
    for (ULONG i = 0; i < RTL_NUMBER_OF(CmpRow) && NT_SUCCESS(Status); i++)
        Status = CmpFillRow(&CmpRow[i]);
    if (NT_SUCCESS(Status))
        Status = CmpFillBuild();
    if (NT_SUCCESS(Status))
        Status = CmpFillLanguage();
    if (NT_SUCCESS(Status))
        Status = CmpLinkControlSet();
    if (NT_SUCCESS(Status))
        Status = CmpFillBootConfiguration();
    if (NT_SUCCESS(Status))
        Status = CmpLink(L"Machine\\System\\ControlSet001\\Hardware Profiles", L"Current",
                         L"\\Registry\\Machine\\System\\ControlSet001\\Hardware Profiles\\0001");
    if (NT_SUCCESS(Status))
        Status = CmpLink(L"User", L"S-1-5-18", L"\\Registry\\User\\.Default");
    if (NT_SUCCESS(Status))
        CmpFinishHives();
    return Status;
}
