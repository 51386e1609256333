/*
 * What a driver sees of its own image and of the kernel's: headers, directories, exports,
 * resources, the module list, the /GS cookie, discarded INIT code, read-only sections,
 * KUSER_SHARED_DATA, locked sections.
 */
#include <ntifs.h>
#include <ntimage.h>

#include "tap.h"
#include "unwind.h"

NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
NTSYSAPI NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size,
                                           PIMAGE_NT_HEADERS *Headers);
NTSYSAPI PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage,
                                                  USHORT Directory, PULONG Size);
NTSYSAPI PVOID NTAPI RtlFindExportedRoutineByName(PVOID ImageBase, PCCH RoutineName);

typedef struct _RESOURCE_INFO {
    ULONG_PTR Type, Name, Language;
} RESOURCE_INFO;
NTSYSAPI NTSTATUS NTAPI LdrFindResource_U(PVOID Base, RESOURCE_INFO *Info, ULONG Level,
                                          PIMAGE_RESOURCE_DATA_ENTRY *Entry);
NTSYSAPI NTSTATUS NTAPI LdrAccessResource(PVOID Base, PIMAGE_RESOURCE_DATA_ENTRY Entry,
                                          PVOID *Address, PULONG Size);

typedef struct _MODULE { /* the documented head of KLDR_DATA_TABLE_ENTRY */
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue, NonPagedDebugInfo, DllBase, EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName, BaseDllName;
} MODULE;
__declspec(dllimport) extern LIST_ENTRY PsLoadedModuleList;
__declspec(dllimport) extern ERESOURCE PsLoadedModuleResource;

/* Type 10, name 7, language 1033: "drydock". */
__asm__(".section .rsrc$01,\"dr\"\n"
        "rsrc:\n\t.long 0, 0, 0\n\t.short 0, 1\n\t.long 10, 0x80000018\n"
        "\t.long 0, 0, 0\n\t.short 0, 1\n\t.long 7, 0x80000030\n"
        "\t.long 0, 0, 0\n\t.short 0, 1\n\t.long 1033, 0x48\n"
        "\t.rva rsrc_data\n\t.long 7, 0, 0\nrsrc_data:\n\t.ascii \"drydock\\0\"\n.text\n");

/* As MSVC emits it for a driver that is built for Windows 8 or later. */
#define DEFAULT_COOKIE 0x00002B992DDFA232ull
ULONG64 __security_cookie = DEFAULT_COOKIE;
static ULONG64 CookieAtEntry;
const IMAGE_LOAD_CONFIG_DIRECTORY64 _load_config_used = {
    .Size = sizeof(IMAGE_LOAD_CONFIG_DIRECTORY64), .SecurityCookie = (ULONG64)&__security_cookie
};

__attribute__((section("INIT"))) static NOINLINE ULONG init_code(VOID)
{
    return 4711;
}
static ULONG (*volatile InitCode)(VOID) = init_code;

static const ULONG Constant = 12345;
static ULONG Variable = 1;
static PDRIVER_OBJECT Self;
static PIMAGE_NT_HEADERS Headers;

/* ---- headers ---- */

static VOID test_headers(PVOID Context)
{
    static UCHAR NoImage[256] = { 'M', 'Z', [0x3C] = 0x80, [0x80] = 'X' };
    PIMAGE_NT_HEADERS Found;
    PVOID Base;

    UNREFERENCED_PARAMETER(Context);
    RtlPcToFileHeader((PVOID)test_headers, &Base);
    is_ptr(Base, Self->DriverStart, "DriverStart is the image's base");
    Headers = RtlImageNtHeader(Base);
    ok(Headers != NULL && Headers->Signature == IMAGE_NT_SIGNATURE, "RtlImageNtHeader");
    ok(Headers->OptionalHeader.ImageBase == (ULONG64)Base ||
           Headers->OptionalHeader.ImageBase == 0x140000000, /* no page says that it is kept up */
       "the header says where the image is, or was to be");
    is_ulong(Self->DriverSize, Headers->OptionalHeader.SizeOfImage,
             "DriverSize is the image's size");
    is_ptr(Self->DriverInit, (PUCHAR)Base + Headers->OptionalHeader.AddressOfEntryPoint,
           "DriverInit is the entry point");
    is_ptr(RtlImageNtHeader(NoImage), NULL, "no image: no header");
    is_status(RtlImageNtHeaderEx(0, Base, 0x1000, &Found), STATUS_SUCCESS, "RtlImageNtHeaderEx");
    is_ptr(Found, Headers, "the same header");
    is_status(RtlImageNtHeaderEx(0, Base, 0x40, &Found), STATUS_INVALID_IMAGE_FORMAT,
              "a header beyond the given size");
    is_status(RtlImageNtHeaderEx(0, NoImage, sizeof(NoImage), &Found), STATUS_INVALID_IMAGE_FORMAT,
              "no PE signature");
    is_status(RtlImageNtHeaderEx(0, NULL, 0x1000, &Found), STATUS_INVALID_PARAMETER, "no base");
}

static VOID test_directories(PVOID Context)
{
    PVOID Base = Self->DriverStart, Imports;
    ULONG Size = 1;

    UNREFERENCED_PARAMETER(Context);
    Imports = RtlImageDirectoryEntryToData(Base, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &Size);
    is_ptr(Imports,
           (PUCHAR)Base +
               Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress,
           "the import directory");
    is_ulong(Size, Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].Size,
             "its size");
    is_ptr(RtlImageDirectoryEntryToData(Base, TRUE, IMAGE_DIRECTORY_ENTRY_TLS, &Size), NULL,
           "a directory not there");
    is_ulong(Size, 0, "has no size");
    is_ptr(RtlImageDirectoryEntryToData(Base, TRUE, 16, &Size), NULL,
           "a directory that does not exist");
}

/* ---- exports ---- */

static VOID test_exports(PVOID Context)
{
    PVOID Kernel = NULL, Routine;

    UNREFERENCED_PARAMETER(Context);
    Routine = tap_routine(L"ExRaiseStatus");
    ok(Routine != NULL, "MmGetSystemRoutineAddress finds an export");
    RtlPcToFileHeader(Routine, &Kernel);
    ok(Kernel != NULL, "in an image");
    is_ptr(RtlFindExportedRoutineByName(Kernel, "ExRaiseStatus"), Routine,
           "RtlFindExportedRoutineByName finds the same");
    is_ptr(RtlFindExportedRoutineByName(Kernel, "ExRaiseStatuS"), NULL, "names tell case");
    is_ptr(RtlFindExportedRoutineByName(Kernel, ""), NULL, "no export has no name");
    is_ptr(RtlFindExportedRoutineByName(Self->DriverStart, "DriverEntry"), NULL,
           "this image exports nothing");
    is_ptr(tap_routine(L"KeNoSuchRoutineInAnyKernel"), NULL, "an unknown name gives NULL");
    is_ptr(tap_routine(L""), NULL, "so does none");
}

/* ---- the module list ---- */

static VOID test_modules(PVOID Context)
{
    MODULE *Mine = Self->DriverSection, *Module;
    PLIST_ENTRY Entry;
    BOOLEAN Found = FALSE;
    ULONG Count = 0;

    UNREFERENCED_PARAMETER(Context);
    KeEnterCriticalRegion();
    is_bool(ExAcquireResourceSharedLite(&PsLoadedModuleResource, TRUE), TRUE,
            "PsLoadedModuleResource");
    for (Entry = PsLoadedModuleList.Flink; Entry != &PsLoadedModuleList && Count < 1000;
         Entry = Entry->Flink) {
        Module = CONTAINING_RECORD(Entry, MODULE, InLoadOrderLinks);
        Found |= Module == Mine;
        if (Count++ == 0)
            is_unicode(&Module->BaseDllName, L"ntoskrnl.exe", "the first module is the kernel");
    }
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
    ok(Found, "DriverSection is in PsLoadedModuleList");
    is_ptr(Mine->DllBase, Self->DriverStart, "its base");
    is_ulong(Mine->SizeOfImage, Self->DriverSize, "its size");
    is_unicode(&Mine->BaseDllName, L"ldr_image.sys", "its name");
    ok(Mine->FullDllName.Length > Mine->BaseDllName.Length, "its path");
}

/* ---- what the loader changes ---- */

static VOID test_cookie(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ok(CookieAtEntry != DEFAULT_COOKIE && CookieAtEntry != 0,
       "the cookie is not the default at the entry point");
    is_hex(CookieAtEntry >> 48, 0, "its top 16 bits are zero");
}

/* The compiler builds the address into the instruction; the loader redirects it, or the trap is
 * emulated. */
static VOID test_shared_data(PVOID Context)
{
    ULONG Major = *(volatile ULONG *)0xFFFFF7800000026Cull;
    volatile ULONG64 Base = 0xFFFFF70000000000ull;
    volatile ULONG *Computed = (volatile ULONG *)(Base + 0x800000026Cull);
    ULONG ByMoffs;
    LARGE_INTEGER Ticks;

    UNREFERENCED_PARAMETER(Context);
    __asm__ volatile("movabsl 0xFFFFF7800000026C, %%eax" : "=a"(ByMoffs));
    ok(Major >= 6, "NtMajorVersion by a constant address");
    is_ulong(ByMoffs, Major, "by an absolute address in the instruction");
    is_ulong(*Computed, Major, "by a computed address");
    KeQueryTickCount(&Ticks);
    ok(*(volatile ULONG64 *)0xFFFFF78000000320ull >= (ULONG64)Ticks.QuadPart, "TickCount goes on");
}

static VOID test_protection(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ok(MmIsAddressValid((PVOID)&Constant) && MmIsAddressValid(&Variable), "sections are resident");
    Variable++;
    is_ulong(Variable, 2, "data can be written");
    is_ulong(InitCode(), 4711, "INIT code runs during DriverEntry");
}

/* ---- resources ---- */

static VOID test_resources(PVOID Context)
{
    static const struct {
        RESOURCE_INFO Info;
        NTSTATUS Status;
        const char *Text;
    } Table[] = {
        { { 10, 7, 1033 }, STATUS_SUCCESS, "a resource" },
        { { 10, 7, 0 }, STATUS_SUCCESS, "a resource in any language" },
        { { 11, 7, 1033 }, STATUS_RESOURCE_TYPE_NOT_FOUND, "a type not there" },
        { { 10, 8, 1033 }, STATUS_RESOURCE_NAME_NOT_FOUND, "a name not there" },
        { { 10, 7, 1031 }, STATUS_RESOURCE_LANG_NOT_FOUND, "a language not there" },
    };
    PIMAGE_RESOURCE_DATA_ENTRY Entry;
    RESOURCE_INFO Info;
    PVOID Address = NULL;
    ULONG i, Size = 0;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < RTL_NUMBER_OF(Table); i++) {
        Info = Table[i].Info;
        is_status(LdrFindResource_U(Self->DriverStart, &Info, 3, &Entry), Table[i].Status, "%s",
                  Table[i].Text);
        if (!NT_SUCCESS(Table[i].Status))
            continue;
        is_status(LdrAccessResource(Self->DriverStart, Entry, &Address, &Size), STATUS_SUCCESS,
                  "its data");
        is_ulong(Size, 7, "their size");
        ok(Address != NULL && RtlCompareMemory(Address, "drydock", 7) == 7, "their bytes");
    }
}

/* ---- paging and verification ---- */

static VOID test_sections(PVOID Context)
{
    PVOID Handle = MmLockPagableDataSection((PVOID)&Constant);

    UNREFERENCED_PARAMETER(Context);
    ok(Handle != NULL, "MmLockPagableDataSection gives a handle");
    MmLockPagableSectionByHandle(Handle);
    MmUnlockPagableImageSection(Handle);
    MmUnlockPagableImageSection(Handle);
    is_ptr(MmPageEntireDriver((PVOID)test_sections), Self->DriverStart,
           "MmPageEntireDriver gives the image's base");
    MmResetDriverPaging((PVOID)test_sections);
    is_bool(MmIsDriverVerifying(Self), FALSE, "the driver is not verified");
    is_bool(MmIsDriverVerifyingByAddress((PVOID)test_sections), FALSE, "nor is its address");
}

static const TAP_CASE Cases[] = {
    { "headers", test_headers, TAP_PASSIVE },
    { "directories", test_directories, TAP_PASSIVE },
    { "exports", test_exports, TAP_PASSIVE },
    { "modules", test_modules, TAP_PASSIVE },
    { "cookie", test_cookie, TAP_PASSIVE },
    { "shared data", test_shared_data, TAP_PASSIVE | TAP_DISPATCH },
    { "protection", test_protection, TAP_PASSIVE },
    { "resources", test_resources, TAP_PASSIVE },
    { "sections", test_sections, TAP_PASSIVE },
};

/* The rest of the checks: after DriverEntry. */
static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    is_bool(MmIsAddressValid((PVOID)(ULONG_PTR)InitCode), FALSE,
            "INIT code is gone after DriverEntry");
    is_bool(MmIsAddressValid((PVOID)(ULONG_PTR)test_sections), TRUE, "the rest is there");
    done();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    CookieAtEntry = __security_cookie;
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Self = Driver;
    TAP_RUN_TABLE(Cases, NULL);
    return STATUS_SUCCESS;
}
