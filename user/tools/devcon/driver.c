/* Commands that list drivers of devices. */
#include "devcon.h"
#include "console.h"

static void ShowHead(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id)
{
    WCHAR Name[DEVCON_TEXT];

    ConsolePrint(L"%ls\n", Id);
    DevconName(Set, Device, Name);
    if (Name[0] != 0)
        ConsolePrint(L"    Name: %ls\n", Name);
}

static int Listed(int Found)
{
    if (Found < 0)
        return DEVCON_USAGE;
    if (Found == 0)
        printf("No matching devices found.\n");
    else
        printf("%d matching device(s) found.\n", Found);
    return DEVCON_FINE;
}

static BOOL DriverValue(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Name, WCHAR *Out)
{
    HKEY Key = SetupDiOpenDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
    DWORD Bytes = (DEVCON_TEXT - 1) * sizeof(WCHAR);
    BOOL Found;

    memset(Out, 0, DEVCON_TEXT * sizeof(WCHAR));
    if (Key == INVALID_HANDLE_VALUE)
        return FALSE;
    Found = RegQueryValueExW(Key, Name, NULL, NULL, (PBYTE)Out, &Bytes) == ERROR_SUCCESS;
    RegCloseKey(Key);
    return Found;
}

/* The binary of the service, as a path of programs. */
static BOOL ServiceBinary(const WCHAR *Service, WCHAR *Path)
{
    WCHAR KeyName[300] = L"SYSTEM\\CurrentControlSet\\Services\\", Image[MAX_PATH] = {0};
    DWORD Bytes = sizeof(Image) - sizeof(WCHAR);
    BOOL Found;
    HKEY Key;

    wcsncat(KeyName, Service, 256);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, KeyName, 0, KEY_READ, &Key) != ERROR_SUCCESS)
        return FALSE;
    Found = RegQueryValueExW(Key, L"ImagePath", NULL, NULL, (PBYTE)Image, &Bytes) == ERROR_SUCCESS;
    RegCloseKey(Key);
    if (!Found)
        return FALSE;
    if (_wcsnicmp(Image, L"\\SystemRoot\\", 12) == 0) {
        wcscpy(Path, L"C:\\Windows\\");
        wcsncat(Path, Image + 12, MAX_PATH - 12);
    } else {
        wcscpy(Path, wcsncmp(Image, L"\\??\\", 4) == 0 ? Image + 4 : Image);
    }
    return TRUE;
}

static int ShowFiles(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    WCHAR Inf[DEVCON_TEXT], Section[DEVCON_TEXT], Extension[DEVCON_TEXT], Service[DEVCON_TEXT],
        Path[MAX_PATH];

    (void)Context;
    ShowHead(Set, Device, Id);
    if (!DriverValue(Set, Device, L"InfPath", Inf)) {
        printf("    No driver information available for this device.\n");
        return 0;
    }
    DriverValue(Set, Device, L"InfSection", Section);
    DriverValue(Set, Device, L"InfSectionExt", Extension);
    ConsolePrint(L"    Driver installed from C:\\Windows\\INF\\%ls [%ls%ls].", Inf, Section,
                 Extension);
    if (DevconProperty(Set, Device, SPDRP_SERVICE, Service) && ServiceBinary(Service, Path))
        ConsolePrint(L" 1 file(s) used by driver:\n        %ls\n", Path);
    else
        printf(" No files used by driver.\n");
    return 0;
}

int DevconDriverFiles(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowFiles, NULL));
}

static void ShowNode(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Index, SP_DRVINFO_DATA_W *Driver)
{
    SP_DRVINFO_DETAIL_DATA_W Detail = {.cbSize = sizeof(Detail)};
    SP_DRVINSTALL_PARAMS Parameters = {.cbSize = sizeof(Parameters)};
    SYSTEMTIME Date = {0};

    printf("    DriverNode #%lu:\n", Index);
    if (SetupDiGetDriverInfoDetailW(Set, Device, Driver, &Detail, sizeof(Detail), NULL) ||
        GetLastError() == ERROR_INSUFFICIENT_BUFFER)
        ConsolePrint(L"        Inf file is %ls\n        Inf section is %ls\n", Detail.InfFileName,
                     Detail.SectionName);
    ConsolePrint(L"        Driver description is %ls\n        Manufacturer name is %ls\n        "
                 L"Provider name is %ls\n",
                 Driver->Description, Driver->MfgName, Driver->ProviderName);
    if (FileTimeToSystemTime(&Driver->DriverDate, &Date) &&
        (Driver->DriverDate.dwLowDateTime | Driver->DriverDate.dwHighDateTime))
        printf("        Driver date is %u/%u/%u\n", Date.wMonth, Date.wDay, Date.wYear);
    printf("        Driver version is %u.%u.%u.%u\n", (WORD)(Driver->DriverVersion >> 48),
           (WORD)(Driver->DriverVersion >> 32), (WORD)(Driver->DriverVersion >> 16),
           (WORD)Driver->DriverVersion);
    if (SetupDiGetDriverInstallParamsW(Set, Device, Driver, &Parameters))
        printf("        Driver node rank is %lu\n        Driver node flags are %08lX\n",
               Parameters.Rank, Parameters.Flags);
}

static int ShowNodes(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};
    DWORD Index;

    (void)Context;
    ShowHead(Set, Device, Id);
    if (SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
        for (Index = 0; SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, Index, &Driver);
             Index++)
            ShowNode(Set, Device, Index, &Driver);
    else
        Index = 0;
    if (Index == 0)
        printf("    No DriverNodes found for device.\n");
    return 0;
}

int DevconDriverNodes(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowNodes, NULL));
}
