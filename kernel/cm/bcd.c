/*
 * The boot configuration that a fresh machine starts with: the hive \Registry\Machine\BCD00000000,
 * with the objects and elements that have a meaning here, by their documented types. [doc: BCD
 * reference; bcdedit] What reads it is ci; what changes it is bcdedit. Left out: devices (there is
 * one disk), the resume and recovery entries.
 */
#include "cmp.h"

#define CMP_BCD L"Machine\\BCD00000000"
#define CMP_BCD_OBJECT(Guid) CMP_BCD L"\\Objects\\" Guid

#define CMP_BOOTMGR L"{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
/* Windows makes one up at its installation */
#define CMP_LOADER L"{d7d0c0de-0000-4000-8000-64727964636b}"
#define CMP_LOADER_SETTINGS L"{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define CMP_GLOBAL_SETTINGS L"{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
#define CMP_DEBUGGER_SETTINGS L"{4636856e-540f-4170-a130-a84776f4c654}"

typedef struct _CMP_BCD_ROW { /* Element == 0: the object, Number is its type */
    PCWSTR Object;
    ULONG Element;  /* top nibble but one: 2 text, 3 object, 4 objects, 5 integer */
    PCWSTR Text;
    ULONG64 Number;
} CMP_BCD_ROW;

static const CMP_BCD_ROW CmpBcdRow[] = {
    {CMP_BOOTMGR, 0, NULL, 0x10100002},
    {CMP_BOOTMGR, 0x12000002, L"\\EFI\\MICROSOFT\\BOOT\\BOOTMGFW.EFI", 0},
    {CMP_BOOTMGR, 0x12000004, L"Windows Boot Manager", 0},
    {CMP_BOOTMGR, 0x12000005, L"en-US", 0},
    {CMP_BOOTMGR, 0x14000006, CMP_GLOBAL_SETTINGS L"\0", 0},
    {CMP_BOOTMGR, 0x23000003, CMP_LOADER, 0},
    {CMP_BOOTMGR, 0x24000001, CMP_LOADER L"\0", 0},
    {CMP_BOOTMGR, 0x25000004, NULL, 30},
    {CMP_LOADER, 0, NULL, 0x10200003},
    {CMP_LOADER, 0x12000002, L"\\Windows\\system32\\winload.efi", 0},
    {CMP_LOADER, 0x12000004, L"Drydock", 0},
    {CMP_LOADER, 0x12000005, L"en-US", 0},
    {CMP_LOADER, 0x14000006, CMP_LOADER_SETTINGS L"\0", 0},
    {CMP_LOADER, 0x22000002, L"\\Windows", 0},
    {CMP_LOADER, 0x25000020, NULL, 0},
    {CMP_LOADER, 0x250000C2, NULL, 1},
    {CMP_LOADER_SETTINGS, 0, NULL, 0x20200003},
    {CMP_LOADER_SETTINGS, 0x14000006, CMP_GLOBAL_SETTINGS L"\0", 0},
    {CMP_GLOBAL_SETTINGS, 0, NULL, 0x20100000},
    {CMP_GLOBAL_SETTINGS, 0x14000006, CMP_DEBUGGER_SETTINGS L"\0", 0},
    {CMP_DEBUGGER_SETTINGS, 0, NULL, 0x20100000},
    {CMP_DEBUGGER_SETTINGS, 0x15000011, NULL, 4},
};

static NTSTATUS CmpSetBcdValue(PCWSTR Path, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING NameString;
    CMP_NODE *Node;
    NTSTATUS Status = CmpMakePath(Path, FALSE, &Node);

    RtlInitUnicodeString(&NameString, Name);
    return NT_SUCCESS(Status) ? CmpSetValue(Node, &NameString, Type, Data, Bytes) : Status;
}

static ULONG CmpTextBytes(PCWSTR Text, BOOLEAN IsList)
{
    return (ULONG)(wcslen(Text) + 1 + IsList) * sizeof(WCHAR);
}

static NTSTATUS CmpFillBcdRow(const CMP_BCD_ROW *Row)
{
    ULONG Format = Row->Element >> 24 & 15, ObjectType = (ULONG)Row->Number;
    WCHAR Path[128];

    if (Row->Element == 0) {
        _snwprintf(Path, RTL_NUMBER_OF(Path), CMP_BCD_OBJECT(L"%ws\\Description"), Row->Object);
        return CmpSetBcdValue(Path, L"Type", REG_DWORD, &ObjectType, sizeof(ObjectType));
    }
    _snwprintf(Path, RTL_NUMBER_OF(Path), CMP_BCD_OBJECT(L"%ws\\Elements\\%08x"), Row->Object,
               Row->Element);
    if (Format == 5)
        return CmpSetBcdValue(Path, L"Element", REG_BINARY, &Row->Number, sizeof(Row->Number));
    return CmpSetBcdValue(Path, L"Element", Format == 4 ? REG_MULTI_SZ : REG_SZ, Row->Text,
                          CmpTextBytes(Row->Text, Format == 4));
}

NTSTATUS CmpFillBootConfiguration(VOID)
{
    ULONG One = 1;
    NTSTATUS Status;

    if (CmpIsLoaded(CMP_BCD))
        return STATUS_SUCCESS;
    Status = CmpSetBcdValue(CMP_BCD L"\\Description", L"KeyName", REG_SZ, L"BCD00000000",
                            sizeof(L"BCD00000000"));
    if (NT_SUCCESS(Status))
        Status = CmpSetBcdValue(CMP_BCD L"\\Description", L"System", REG_DWORD, &One, sizeof(One));
    for (ULONG i = 0; i < RTL_NUMBER_OF(CmpBcdRow) && NT_SUCCESS(Status); i++)
        Status = CmpFillBcdRow(&CmpBcdRow[i]);
    return Status;
}
