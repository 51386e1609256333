/* The devices that the filters of a command mean: an instance ID, /deviceid, /class, /bus. */
#include "pnputil.h"

BOOL PnpProperty(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, WCHAR *Out)
{
    memset(Out, 0, PNPUTIL_TEXT * sizeof(WCHAR));
    return SetupDiGetDeviceRegistryPropertyW(Set, Device, Property, NULL, (PBYTE)Out,
                                             (PNPUTIL_TEXT - 2) * sizeof(WCHAR), NULL) &&
           Out[0] != 0;
}

BOOL PnpDriverValue(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Name, WCHAR *Out)
{
    HKEY Key = SetupDiOpenDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
    DWORD Bytes = (PNPUTIL_TEXT - 1) * sizeof(WCHAR);
    BOOL Found;

    memset(Out, 0, PNPUTIL_TEXT * sizeof(WCHAR));
    if (Key == INVALID_HANDLE_VALUE)
        return FALSE;
    Found =
        RegQueryValueExW(Key, Name, NULL, NULL, (PBYTE)Out, &Bytes) == ERROR_SUCCESS && Out[0] != 0;
    RegCloseKey(Key);
    return Found;
}

static BOOL HasId(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, const WCHAR *Id)
{
    WCHAR List[PNPUTIL_TEXT];

    if (!PnpProperty(Set, Device, Property, List))
        return FALSE;
    for (const WCHAR *At = List; *At != 0; At += wcslen(At) + 1)
        if (_wcsicmp(At, Id) == 0)
            return TRUE;
    return FALSE;
}

/* The enumerator is how an instance ID starts, also of a device that is not there. */
static BOOL IsOnBus(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, const WCHAR *Bus)
{
    size_t Length = wcslen(Bus);
    GUID Wanted, Type;

    if (PnpParseGuid(Bus, &Wanted))
        return SetupDiGetDeviceRegistryPropertyW(Set, Device, SPDRP_BUSTYPEGUID, NULL, (PBYTE)&Type,
                                                 sizeof(Type), NULL) &&
               IsEqualGUID(&Wanted, &Type);
    return _wcsnicmp(Id, Bus, Length) == 0 && Id[Length] == L'\\';
}

typedef struct _FILTER {
    const WCHAR *Instance, *Id, *Bus;
    BOOL HasClass;
    GUID Class;
} FILTER;

static BOOL MakeFilter(const PNPUTIL_OPTIONS *Options, FILTER *Filter)
{
    const WCHAR *Class = PnpValue(Options, L"class");
    DWORD Found = 0;

    Filter->Instance =
        Options->Arguments != 0 ? Options->Argument[0] : PnpValue(Options, L"instanceid");
    Filter->Id = PnpValue(Options, L"deviceid");
    Filter->Bus = PnpValue(Options, L"bus");
    Filter->HasClass = Class != NULL;
    if (Class == NULL || PnpParseGuid(Class, &Filter->Class))
        return TRUE;
    if (SetupDiClassGuidsFromNameW(Class, &Filter->Class, 1, &Found) && Found != 0)
        return TRUE;
    ConsolePrint(L"There is no device class '%ls'.\n", Class);
    return FALSE;
}

static BOOL IsMeant(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Instance,
                    const FILTER *Filter)
{
    return (Filter->Instance == NULL || _wcsicmp(Filter->Instance, Instance) == 0) &&
           (Filter->Id == NULL || HasId(Set, Device, SPDRP_HARDWAREID, Filter->Id) ||
            HasId(Set, Device, SPDRP_COMPATIBLEIDS, Filter->Id)) &&
           (!Filter->HasClass || IsEqualGUID(&Filter->Class, &Device->ClassGuid)) &&
           (Filter->Bus == NULL || IsOnBus(Set, Device, Instance, Filter->Bus));
}

int PnpVisit(const PNPUTIL_OPTIONS *Options, DWORD Flags, PNPUTIL_EACH *Each, void *Context)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Id[MAX_DEVICE_ID_LEN];
    FILTER Filter;
    HDEVINFO Set;
    int Found = 0;

    if (!MakeFilter(Options, &Filter))
        return -1;
    Set = SetupDiGetClassDevsW(NULL, NULL, NULL, Flags | DIGCF_ALLCLASSES);
    if (Set == INVALID_HANDLE_VALUE)
        return -1;
    for (DWORD Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); Index++)
        if (SetupDiGetDeviceInstanceIdW(Set, &Device, Id, MAX_DEVICE_ID_LEN, NULL) &&
            IsMeant(Set, &Device, Id, &Filter)) {
            Found++;
            Each(Set, &Device, Id, Context);
        }
    SetupDiDestroyDeviceInfoList(Set);
    return Found;
}
