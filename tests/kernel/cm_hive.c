/*
 * Keys as hive files: saving, loading, changing what was loaded, unloading, restoring; files that
 * are no hives.
 */
#include "threads.h"

NTSYSAPI NTSTATUS NTAPI ZwSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format);

#define ROOT L"\\Registry\\Machine\\Software\\CmHive"
#define LOADED L"\\Registry\\Machine\\CmHiveLoaded"
#define FILE_NAME L"\\??\\C:\\cm_hive.dat"
#define COPY_NAME L"\\??\\C:\\cm_hive_copy.dat"

static OBJECT_ATTRIBUTES *named(PCWSTR Name)
{
    static OBJECT_ATTRIBUTES Attributes[2];
    static UNICODE_STRING String[2];
    static ULONG Next;
    ULONG i = Next++ % 2;

    RtlInitUnicodeString(&String[i], Name);
    InitializeObjectAttributes(&Attributes[i], &String[i], OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    return &Attributes[i];
}

static HANDLE key(PCWSTR Name, ULONG Options)
{
    HANDLE Key = NULL;

    is_status(ZwCreateKey(&Key, KEY_ALL_ACCESS, named(Name), 0, NULL, Options, NULL),
              STATUS_SUCCESS, "%S", Name);
    return Key;
}

static HANDLE file(PCWSTR Name, ULONG Disposition)
{
    IO_STATUS_BLOCK IoStatus;
    HANDLE File = NULL;

    is_status(ZwCreateFile(&File, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, named(Name),
                           &IoStatus, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, Disposition,
                           FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
              STATUS_SUCCESS, "%S", Name);
    return File;
}

static NTSTATUS set(HANDLE Key, PCWSTR Name, ULONG Number)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return ZwSetValueKey(Key, &String, 0, REG_DWORD, &Number, sizeof(Number));
}

/* The number, or MAXULONG. */
static ULONG get(HANDLE Key, PCWSTR Name)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Info;
        ULONG More;
    } Value;
    UNICODE_STRING String;
    ULONG Bytes, Number;

    RtlInitUnicodeString(&String, Name);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &String, KeyValuePartialInformation, &Value, sizeof(Value),
                                    &Bytes)))
        return MAXULONG;
    RtlCopyMemory(&Number, Value.Info.Data, sizeof(Number));
    return Number;
}

static VOID make_keys(VOID)
{
    HANDLE Key = key(ROOT, 0), Child = key(ROOT L"\\Child", 0);
    HANDLE Volatile = key(ROOT L"\\Volatile", REG_OPTION_VOLATILE);

    is_status(set(Key, L"one", 1), STATUS_SUCCESS, "a value");
    is_status(set(Child, L"two", 2), STATUS_SUCCESS, "a value of the child");
    ZwClose(Volatile);
    ZwClose(Child);
    ZwClose(Key);
}

static VOID save(VOID)
{
    HANDLE Key = key(ROOT, 0), File = file(FILE_NAME, FILE_OVERWRITE_IF);
    HANDLE Copy = file(COPY_NAME, FILE_OVERWRITE_IF);
    CHAR Magic[4] = "";
    LARGE_INTEGER Offset = {.QuadPart = 0};
    IO_STATUS_BLOCK IoStatus;

    is_status(ZwSaveKey(Key, File), STATUS_SUCCESS, "ZwSaveKey");
    is_status(ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Magic, sizeof(Magic), &Offset, NULL),
              STATUS_SUCCESS, "the file is read");
    is_bytes(Magic, "regf", 4, "and is a hive");
    is_status(ZwSaveKeyEx(Key, Copy, REG_LATEST_FORMAT), STATUS_SUCCESS, "ZwSaveKeyEx");
    is_status(ZwSaveKeyEx(Key, Copy, 3), STATUS_INVALID_PARAMETER, "a format that there is not");
    is_status(ZwSaveKey(Key, Key), STATUS_OBJECT_TYPE_MISMATCH, "to what is no file");
    ZwClose(Copy);
    ZwClose(File);
    ZwClose(Key);
}

static VOID load(VOID)
{
    HANDLE Key, Child;

    is_status(ZwLoadKey(named(LOADED), named(FILE_NAME)), STATUS_SUCCESS, "ZwLoadKey");
    Key = key(LOADED, 0);
    Child = key(LOADED L"\\Child", 0);
    is_ulong(get(Key, L"one"), 1, "the value is there");
    is_ulong(get(Child, L"two"), 2, "the child's too");
    is_status(ZwOpenKey(&(HANDLE){NULL}, KEY_READ, named(LOADED L"\\Volatile")),
              STATUS_OBJECT_NAME_NOT_FOUND, "no volatile key is");
    is_status(set(Key, L"three", 3), STATUS_SUCCESS, "a change");
    is_status(ZwUnloadKey(named(LOADED)), STATUS_CANNOT_DELETE,
              "not unloaded as long as it is open");
    is_status(ZwFlushKey(Key), STATUS_SUCCESS, "flushed");
    ZwClose(Child);
    ZwClose(Key);
    is_status(ZwLoadKey(named(LOADED), named(COPY_NAME)), STATUS_OBJECT_NAME_COLLISION,
              "there is a hive of the name");
    is_status(ZwUnloadKey(named(LOADED)), STATUS_SUCCESS, "ZwUnloadKey");
    is_status(ZwUnloadKey(named(LOADED)), STATUS_OBJECT_NAME_NOT_FOUND, "once");
    is_status(ZwUnloadKey(named(ROOT)), STATUS_INVALID_PARAMETER, "a key that is no hive");
    is_status(ZwLoadKey(named(LOADED), named(FILE_NAME)), STATUS_SUCCESS, "loaded again");
    Key = key(LOADED, 0);
    is_ulong(get(Key, L"three"), 3, "with the change");
    ZwClose(Key);
    is_status(ZwUnloadKey(named(LOADED)), STATUS_SUCCESS, "and unloaded");
}

static VOID refused(VOID)
{
    static const WCHAR Bad[] = L"\\??\\C:\\cm_hive_bad.dat";
    LARGE_INTEGER Offset = {.QuadPart = 5000};
    IO_STATUS_BLOCK IoStatus;
    HANDLE File = file(Bad, FILE_OVERWRITE_IF), Key;
    FILE_DISPOSITION_INFORMATION Gone = {TRUE};

    is_status(ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, "no hive", 7, &Offset, NULL),
              STATUS_SUCCESS, "a file of something");
    ZwClose(File);
    is_status(ZwLoadKey(named(LOADED), named(Bad)), STATUS_NOT_REGISTRY_FILE, "is no hive");
    is_status(ZwOpenKey(&Key, KEY_READ, named(LOADED)), STATUS_OBJECT_NAME_NOT_FOUND,
              "and leaves no key");
    is_status(ZwLoadKey(named(LOADED), named(L"\\??\\C:\\none.dat")), STATUS_OBJECT_NAME_NOT_FOUND,
              "no file");
    is_status(ZwLoadKey(named(ROOT L"\\Below"), named(FILE_NAME)), STATUS_INVALID_PARAMETER,
              "hives go below Machine and User only");
    File = file(Bad, FILE_OPEN);
    ZwSetInformationFile(File, &IoStatus, &Gone, sizeof(Gone), FileDispositionInformation);
    ZwClose(File);
}

static VOID restore(VOID)
{
    HANDLE Key = key(ROOT, 0), File = file(COPY_NAME, FILE_OPEN), Child = key(ROOT L"\\Child", 0);

    set(Key, L"one", 77);
    set(Key, L"four", 4);
    is_status(ZwRestoreKey(Key, File, 0), STATUS_ACCESS_DENIED, "not while a subkey is open");
    is_status(ZwRestoreKey(Key, File, REG_WHOLE_HIVE_VOLATILE), STATUS_INVALID_PARAMETER,
              "flags that are not supported");
    is_status(ZwRestoreKey(Key, File, REG_FORCE_RESTORE), STATUS_SUCCESS, "but by force");
    is_ulong(get(Key, L"one"), 1, "the value is what it was");
    is_ulong(get(Key, L"four"), MAXULONG, "the new one is gone");
    is_status(set(Child, L"x", 1), STATUS_KEY_DELETED, "the open subkey was replaced");
    ZwClose(Child);
    Child = key(ROOT L"\\Child", 0);
    is_ulong(get(Child, L"two"), 2, "its successor has the value");
    ZwClose(Child);
    ZwClose(File);
    ZwClose(Key);
}

static VOID clean(VOID)
{
    static const PCWSTR Keys[] = {ROOT L"\\Volatile", ROOT L"\\Child", ROOT};
    static const PCWSTR Files[] = {FILE_NAME, COPY_NAME};
    FILE_DISPOSITION_INFORMATION Gone = {TRUE};
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Keys); i++)
        if (NT_SUCCESS(ZwOpenKey(&Handle, DELETE, named(Keys[i])))) {
            ZwDeleteKey(Handle);
            ZwClose(Handle);
        }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Files); i++) {
        Handle = file(Files[i], FILE_OPEN);
        ZwSetInformationFile(Handle, &IoStatus, &Gone, sizeof(Gone), FileDispositionInformation);
        ZwClose(Handle);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    make_keys();
    save();
    load();
    refused();
    restore();
    clean();
    leak_end();
    return done();
}
