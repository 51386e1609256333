/*
 * Counts in \Registry\Machine\Software\Drydock Test how often it was loaded, and leaves one key of
 * each kind: volatile, link, of a class, with a descriptor of its own.
 */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

#define TEST_PATH L"\\Registry\\Machine\\Software\\Drydock Test"

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static NTSTATUS Make(PCWSTR Path, PCWSTR Class, ULONG Options, PHANDLE Key, PULONG Disposition)
{
    UNICODE_STRING Name, ClassName;
    OBJECT_ATTRIBUTES Attributes;

    RtlInitUnicodeString(&Name, Path);
    RtlInitUnicodeString(&ClassName, Class);
    InitializeObjectAttributes(&Attributes, &Name,
                               OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE |
                                   (Options & REG_OPTION_CREATE_LINK ? OBJ_OPENLINK : 0),
                               NULL, NULL);
    return ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, Class != NULL ? &ClassName : NULL,
                       Options, Disposition);
}

/* Says whether the key was there, and its class. */
static VOID Show(PCWSTR Path, PCWSTR Class, ULONG Options)
{
    struct {
        KEY_FULL_INFORMATION Info;
        WCHAR More[32];
    } Full;
    UNICODE_STRING Found = {0, 0, Full.Info.Class};
    ULONG Disposition, Bytes;
    HANDLE Key;
    NTSTATUS Status = Make(Path, Class, Options, &Key, &Disposition);

    if (Status == STATUS_OBJECT_NAME_COLLISION) {
        DbgPrint("runs: %S: there\n", Path + 16);
        return;
    }
    if (!NT_SUCCESS(Status)) {
        DbgPrint("runs: %S: 0x%08x\n", Path + 16, Status);
        return;
    }
    if (NT_SUCCESS(ZwQueryKey(Key, KeyFullInformation, &Full, sizeof(Full), &Bytes)))
        Found.Length = Found.MaximumLength = (USHORT)Full.Info.ClassLength;
    DbgPrint("runs: %S: %s, class '%wZ'\n", Path + 16,
             Disposition == REG_CREATED_NEW_KEY ? "new" : "there", &Found);
    ZwClose(Key);
}

static VOID Count(HANDLE Key)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Runs");
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Info;
        ULONG More;
    } Value;
    ULONG Bytes, Runs = 0;
    NTSTATUS Status =
        ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Value, sizeof(Value), &Bytes);

    if (NT_SUCCESS(Status))
        RtlCopyMemory(&Runs, Value.Info.Data, sizeof(Runs));
    Runs++;
    Status = ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Runs, sizeof(Runs));
    DbgPrint("runs: %lu, status 0x%08x\n", Runs, Status);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Key;
    NTSTATUS Status = Make(TEST_PATH, NULL, 0, &Key, NULL);

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(Status)) {
        DbgPrint("runs: 0x%08x\n", Status);
        return STATUS_SUCCESS;
    }
    Count(Key);
    Show(TEST_PATH L"\\Plain", L"of a class", 0);
    Show(TEST_PATH L"\\Volatile", NULL, REG_OPTION_VOLATILE);
    Show(TEST_PATH L"\\Link", NULL, REG_OPTION_CREATE_LINK);
    ZwClose(Key);
    return STATUS_SUCCESS;
}
