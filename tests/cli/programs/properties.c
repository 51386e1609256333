/*
 * Properties of the device of tests/cli/drivers/interface.c, of its interface and of setup classes,
 * by cfgmgr32: as the registry has them, as the kernel knows them, and as somebody sets them.
 */
#define UNICODE
#include <windows.h>
#include <initguid.h>
#include <cfgmgr32.h>
#include <devpkey.h>
#include <stdio.h>
#include <string.h>
#include "../../programs/tap.h"

CMAPI CONFIGRET WINAPI CM_Get_DevNode_Property_Keys(DEVINST, DEVPROPKEY *, PULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Set_DevNode_PropertyW(DEVINST, const DEVPROPKEY *, DEVPROPTYPE,
                                                const BYTE *, ULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID, DEVINSTID_W, PWSTR, ULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_PropertyW(LPCWSTR, const DEVPROPKEY *, DEVPROPTYPE *,
                                                         PBYTE, PULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_Property_KeysW(LPCWSTR, DEVPROPKEY *, PULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Set_Device_Interface_PropertyW(LPCWSTR, const DEVPROPKEY *, DEVPROPTYPE,
                                                         const BYTE *, ULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Class_PropertyW(LPCGUID, const DEVPROPKEY *, DEVPROPTYPE *, PBYTE,
                                              PULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Class_Property_Keys(LPCGUID, DEVPROPKEY *, PULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Set_Class_PropertyW(LPCGUID, const DEVPROPKEY *, DEVPROPTYPE,
                                              const BYTE *, ULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Open_Device_Interface_KeyW(LPCWSTR, REGSAM, REGDISPOSITION, PHKEY, ULONG);

DEFINE_GUID(InterfaceClass, 0x5f3a1c20, 0x7b1e, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33,
            0x44);
DEFINE_GUID(NoClass, 0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77);
DEFINE_GUID(SetupClass, 0x7c9b5e10, 0x1234, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33, 0x55);
DEFINE_DEVPROPKEY(Own, 0x5f3a1c20, 0x7b1e, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33, 0x66,
                  70000);
#define SETUP_CLASS L"{7c9b5e10-1234-4d55-9a01-c20d11223355}"
#define INSTANCE L"ROOT\\INTERFACE\\0000"
#define KEYS 64

static DEVINST node;
static union {
    BYTE bytes[1024];
    WCHAR text[512];
    ULONG number;
    GUID guid;
} value;
static ULONG bytes;
static DEVPROPTYPE type;

static CONFIGRET get(const DEVPROPKEY *key)
{
    memset(&value, 0xA5, sizeof(value));
    bytes = sizeof(value);
    type = 0x5A5A;
    return CM_Get_DevNode_PropertyW(node, key, &type, value.bytes, &bytes, 0);
}

static int is_text(const DEVPROPKEY *key, const WCHAR *text)
{
    return get(key) == CR_SUCCESS && type == DEVPROP_TYPE_STRING &&
           bytes == (wcslen(text) + 1) * sizeof(WCHAR) && wcscmp(value.text, text) == 0;
}

static int is_number(const DEVPROPKEY *key, DEVPROPTYPE as, ULONG number)
{
    return get(key) == CR_SUCCESS && type == as && bytes == (as == DEVPROP_TYPE_BOOLEAN ? 1 : 4) &&
           memcmp(value.bytes, &number, bytes) == 0;
}

static void test_known(void)
{
    OK(is_text(&DEVPKEY_Device_InstanceId, INSTANCE), "the instance ID");
    OK(is_text(&DEVPKEY_Device_Service, L"interface"), "the service");
    OK(get(&DEVPKEY_Device_HardwareIds) == CR_SUCCESS && type == DEVPROP_TYPE_STRING_LIST &&
           _wcsicmp(value.text, L"root\\interface") == 0 && value.text[bytes / 2 - 1] == 0 &&
           value.text[bytes / 2 - 2] == 0,
       "the hardware IDs, a list");
    OK(is_text(&DEVPKEY_Device_EnumeratorName, L"ROOT"), "who has enumerated it");
    OK(is_text(&DEVPKEY_Device_Parent, L"HTREE\\ROOT\\0"), "its parent");
    OK(get(&DEVPKEY_Device_PDOName) == CR_SUCCESS && wcsncmp(value.text, L"\\Device\\", 8) == 0,
       "its physical device object");
    OK(get(&DEVPKEY_Device_Stack) == CR_SUCCESS && type == DEVPROP_TYPE_STRING_LIST &&
           wcscmp(value.text, L"\\Driver\\interface") == 0 &&
           wcscmp(value.text + 18, L"\\Driver\\PnpManager") == 0,
       "its stack, from the top");
    OK(is_number(&DEVPKEY_Device_ProblemCode, DEVPROP_TYPE_UINT32, 0), "no problem");
    OK(is_number(&DEVPKEY_Device_IsPresent, DEVPROP_TYPE_BOOLEAN, 0xFF) &&
           is_number(&DEVPKEY_Device_HasProblem, DEVPROP_TYPE_BOOLEAN, 0),
       "it is there, and has none");
    OK(get(&DEVPKEY_Device_PowerData) == CR_SUCCESS && type == DEVPROP_TYPE_BINARY &&
           bytes == sizeof(CM_POWER_DATA) &&
           ((CM_POWER_DATA *)value.bytes)->PD_MostRecentPowerState == PowerDeviceD0 &&
           ((CM_POWER_DATA *)value.bytes)->PD_PowerStateMapping[PowerSystemSleeping3] ==
               PowerDeviceD3,
       "its power: D0 now, D3 in S3");
    OK(get(&DEVPKEY_Device_FriendlyName) == CR_NO_SUCH_VALUE && type == DEVPROP_TYPE_EMPTY &&
           bytes == 0,
       "no friendly name");
    OK(get(&DEVPKEY_Device_DriverVersion) == CR_NO_SUCH_VALUE, "no driver of an INF");
    OK(get(&Own) == CR_NO_SUCH_VALUE, "nothing of our own");
}

static void test_numbers(void)
{
    ULONG kind = 0, size = sizeof(value);
    char narrow[64];

    OK(CM_Get_DevNode_Registry_PropertyW(node, CM_DRP_ENUMERATOR_NAME, &kind, value.bytes, &size,
                                         0) == CR_SUCCESS &&
           kind == REG_SZ && size == 10 && wcscmp(value.text, L"ROOT") == 0,
       "by its number: the enumerator");
    size = sizeof(value);
    OK(CM_Get_DevNode_Registry_PropertyW(node, CM_DRP_DEVICE_POWER_DATA, &kind, value.bytes, &size,
                                         0) == CR_SUCCESS &&
           kind == REG_BINARY && size == sizeof(CM_POWER_DATA),
       "power");
    size = 3;
    OK(CM_Get_DevNode_Registry_PropertyW(node, CM_DRP_REMOVAL_POLICY, &kind, value.bytes, &size,
                                         0) == CR_BUFFER_SMALL &&
           size == 4,
       "removal policy, without room");
    size = sizeof(narrow);
    OK(CM_Get_DevNode_Registry_PropertyA(node, CM_DRP_SERVICE, &kind, narrow, &size, 0) ==
               CR_SUCCESS &&
           kind == REG_SZ && size == 10 && strcmp(narrow, "interface") == 0,
       "text as bytes");
    size = sizeof(value);
    OK(CM_Get_DevNode_Registry_PropertyW(node, 4, &kind, value.bytes, &size, 0) ==
           CR_INVALID_PROPERTY,
       "an unused number");
}

static int has_key(const DEVPROPKEY *keys, ULONG count, const DEVPROPKEY *key)
{
    for (ULONG i = 0; i < count; i++)
        if (keys[i].pid == key->pid && IsEqualGUID(&keys[i].fmtid, &key->fmtid))
            return 1;
    return 0;
}

static void test_own(void)
{
    static const BYTE data[5] = {1, 2, 3, 4, 5};
    DEVPROPKEY keys[KEYS];
    ULONG before = 0, count = KEYS, small = 2;

    OK(CM_Get_DevNode_Property_Keys(node, NULL, &before, 0) == CR_BUFFER_SMALL && before > 10,
       "so many keys");
    OK(CM_Set_DevNode_PropertyW(node, &Own, DEVPROP_TYPE_BINARY, data, sizeof(data), 0) ==
           CR_SUCCESS,
       "set our own");
    OK(get(&Own) == CR_SUCCESS && type == DEVPROP_TYPE_BINARY && bytes == 5 &&
           memcmp(value.bytes, data, 5) == 0,
       "get it");
    bytes = 4;
    OK(CM_Get_DevNode_PropertyW(node, &Own, &type, value.bytes, &bytes, 0) == CR_BUFFER_SMALL &&
           bytes == 5,
       "without room");
    OK(CM_Get_DevNode_Property_Keys(node, keys, &count, 0) == CR_SUCCESS && count == before + 1,
       "one key more");
    OK(has_key(keys, count, &Own) && has_key(keys, count, &DEVPKEY_Device_HardwareIds) &&
           has_key(keys, count, &DEVPKEY_Device_Stack) &&
           !has_key(keys, count, &DEVPKEY_Device_FriendlyName),
       "the right ones");
    OK(CM_Get_DevNode_Property_Keys(node, keys, &small, 0) == CR_BUFFER_SMALL && small == count,
       "too many for the buffer");
    OK(CM_Set_DevNode_PropertyW(node, &Own, DEVPROP_TYPE_EMPTY, NULL, 0, 0) == CR_SUCCESS &&
           get(&Own) == CR_NO_SUCH_VALUE,
       "delete it");
    OK(CM_Set_DevNode_PropertyW(node, &DEVPKEY_Device_FriendlyName, DEVPROP_TYPE_STRING,
                                (BYTE *)L"friend", 14, 0) == CR_SUCCESS &&
           is_text(&DEVPKEY_Device_FriendlyName, L"friend"),
       "a friendly name");
    bytes = sizeof(value);
    OK(CM_Get_DevNode_Registry_PropertyW(node, CM_DRP_FRIENDLYNAME, NULL, value.bytes, &bytes, 0) ==
               CR_SUCCESS &&
           wcscmp(value.text, L"friend") == 0,
       "which has a number too");
    OK(CM_Set_DevNode_PropertyW(node, &DEVPKEY_Device_FriendlyName, DEVPROP_TYPE_UINT32, data, 4,
                                0) == CR_INVALID_DATA,
       "and is text");
    OK(CM_Set_DevNode_PropertyW(node, &DEVPKEY_Device_ProblemCode, DEVPROP_TYPE_UINT32, data, 4,
                                0) == CR_ACCESS_DENIED &&
           CM_Set_DevNode_PropertyW(node, &DEVPKEY_Device_HardwareIds, DEVPROP_TYPE_STRING_LIST,
                                    data, 4, 0) == CR_ACCESS_DENIED,
       "what the system says is not set");
    OK(CM_Set_DevNode_PropertyW(0, &Own, DEVPROP_TYPE_UINT32, data, 4, 0) == CR_INVALID_DEVNODE &&
           CM_Set_DevNode_PropertyW(node, NULL, DEVPROP_TYPE_UINT32, data, 4, 0) ==
               CR_INVALID_POINTER &&
           CM_Set_DevNode_PropertyW(node, &Own, DEVPROP_TYPE_UINT32, data, 4, 9) == CR_INVALID_FLAG,
       "wrong arguments");
}

static CONFIGRET get_interface(const WCHAR *path, const DEVPROPKEY *key)
{
    bytes = sizeof(value);
    return CM_Get_Device_Interface_PropertyW(path, key, &type, value.bytes, &bytes, 0);
}

static void test_interface(void)
{
    GUID class = InterfaceClass, none = NoClass;
    WCHAR path[300], alias[300];
    DEVPROPKEY keys[KEYS];
    ULONG count = KEYS, length = 300;
    HKEY key = NULL;

    OK(CM_Get_Device_Interface_ListW(&class, NULL, path, 300, 0) == CR_SUCCESS && path[0] != 0,
       "the interface");
    OK(get_interface(path, &DEVPKEY_Device_InstanceId) == CR_SUCCESS &&
           type == DEVPROP_TYPE_STRING && wcscmp(value.text, INSTANCE) == 0,
       "its device");
    OK(get_interface(path, &DEVPKEY_DeviceInterface_Enabled) == CR_SUCCESS &&
           type == DEVPROP_TYPE_BOOLEAN && bytes == 1 && value.bytes[0] == 0xFF,
       "it is enabled");
    OK(get_interface(path, &DEVPKEY_DeviceInterface_ClassGuid) == CR_SUCCESS &&
           type == DEVPROP_TYPE_GUID && IsEqualGUID(&value.guid, &InterfaceClass),
       "its class");
    OK(get_interface(path, &Own) == CR_NO_SUCH_VALUE && type == DEVPROP_TYPE_EMPTY,
       "nothing of our own");
    OK(CM_Set_Device_Interface_PropertyW(path, &Own, DEVPROP_TYPE_UINT32, (BYTE *)"abcd", 4, 0) ==
               CR_SUCCESS &&
           get_interface(path, &Own) == CR_SUCCESS && type == DEVPROP_TYPE_UINT32 &&
           memcmp(value.bytes, "abcd", 4) == 0,
       "now there is");
    OK(CM_Get_Device_Interface_Property_KeysW(path, keys, &count, 0) == CR_SUCCESS &&
           has_key(keys, count, &Own) && has_key(keys, count, &DEVPKEY_Device_InstanceId) &&
           has_key(keys, count, &DEVPKEY_DeviceInterface_Enabled),
       "its keys");
    OK(CM_Set_Device_Interface_PropertyW(path, &DEVPKEY_DeviceInterface_Enabled,
                                         DEVPROP_TYPE_BOOLEAN, (BYTE *)"", 1,
                                         0) == CR_ACCESS_DENIED,
       "only its driver disables it");
    wcscat(path, L"\\second");
    OK(get_interface(path, &DEVPKEY_DeviceInterface_Enabled) == CR_SUCCESS && value.bytes[0] == 0,
       "the second is disabled");
    OK(get_interface(path, &DEVPKEY_DeviceInterface_ReferenceString) == CR_SUCCESS &&
           wcscmp(value.text, L"second") == 0,
       "it differs by its reference string");
    OK(CM_Get_Device_Interface_AliasW(path, &class, alias, &length, 0) == CR_SUCCESS &&
           _wcsicmp(alias, path) == 0 && length == wcslen(path) + 1,
       "an alias in its own class is itself");
    length = 300;
    OK(CM_Get_Device_Interface_AliasW(path, &none, alias, &length, 0) ==
           CR_NO_SUCH_DEVICE_INTERFACE,
       "none in another");
    OK(CM_Open_Device_Interface_KeyW(path, KEY_READ, RegDisposition_OpenExisting, &key, 0) ==
               CR_NO_SUCH_DEVICE_INTERFACE &&
           CM_Open_Device_Interface_KeyW(path, KEY_ALL_ACCESS, RegDisposition_OpenAlways, &key,
                                         0) == CR_SUCCESS,
       "its key is made");
    OK(RegSetValueExW(key, L"FriendlyName", 0, REG_SZ, (BYTE *)L"both", 10) == 0 &&
           get_interface(path, &DEVPKEY_DeviceInterface_FriendlyName) == CR_SUCCESS &&
           wcscmp(value.text, L"both") == 0,
       "where its friendly name is");
    RegCloseKey(key);
    wcscat(path, L"x");
    OK(get_interface(path, &DEVPKEY_DeviceInterface_Enabled) == CR_NO_SUCH_DEVICE_INTERFACE,
       "no such interface");
}

static CONFIGRET get_class(const GUID *class, const DEVPROPKEY *key)
{
    bytes = sizeof(value);
    return CM_Get_Class_PropertyW(class, key, &type, value.bytes, &bytes, 0);
}

static void test_class(void)
{
    GUID class = SetupClass, none = NoClass, found;
    DEVPROPKEY keys[KEYS];
    WCHAR text[64];
    ULONG count = KEYS, length = 64, i = 0;
    HKEY key = NULL;

    OK(CM_Open_Class_KeyW(&class, NULL, KEY_READ, RegDisposition_OpenExisting, &key, 0) ==
               CR_NO_SUCH_REGISTRY_KEY &&
           key == NULL,
       "no such setup class");
    OK(CM_Open_Class_KeyW(&class, NULL, KEY_ALL_ACCESS, RegDisposition_OpenAlways, &key, 0) ==
           CR_SUCCESS,
       "make it");
    RegSetValueExW(key, NULL, 0, REG_SZ, (BYTE *)L"The class", 20);
    RegSetValueExW(key, L"Class", 0, REG_SZ, (BYTE *)L"TestClass", 20);
    RegSetValueExW(key, L"NoInstallClass", 0, REG_SZ, (BYTE *)L"1", 4);
    RegSetValueExW(key, L"UpperFilters", 0, REG_MULTI_SZ, (BYTE *)L"up\0", 8);
    RegCloseKey(key);
    OK(get_class(&class, &DEVPKEY_DeviceClass_Name) == CR_SUCCESS &&
           wcscmp(value.text, L"The class") == 0,
       "its name for people");
    OK(get_class(&class, &DEVPKEY_DeviceClass_ClassName) == CR_SUCCESS &&
           wcscmp(value.text, L"TestClass") == 0,
       "and in INFs");
    OK(get_class(&class, &DEVPKEY_DeviceClass_NoInstallClass) == CR_SUCCESS &&
           type == DEVPROP_TYPE_BOOLEAN && value.bytes[0] == 0xFF &&
           get_class(&class, &DEVPKEY_DeviceClass_NoUseClass) == CR_NO_SUCH_VALUE,
       "what users do not see");
    OK(get_class(&class, &DEVPKEY_DeviceClass_UpperFilters) == CR_SUCCESS &&
           type == DEVPROP_TYPE_STRING_LIST && bytes == 8,
       "its filters");
    OK(CM_Set_Class_PropertyW(&class, &Own, DEVPROP_TYPE_UINT32, (BYTE *)"abcd", 4, 0) ==
               CR_SUCCESS &&
           get_class(&class, &Own) == CR_SUCCESS && bytes == 4,
       "and our own");
    OK(CM_Get_Class_Property_Keys(&class, keys, &count, 0) == CR_SUCCESS && count == 5 &&
           has_key(keys, count, &Own),
       "five keys");
    OK(CM_Get_Class_NameW(&class, text, &length, 0) == CR_SUCCESS && length == 10 &&
           wcscmp(text, L"TestClass") == 0,
       "by its GUID");
    length = 64;
    OK(CM_Get_Class_Key_NameW(&class, text, &length, 0) == CR_SUCCESS && length == 39 &&
           wcscmp(text, SETUP_CLASS) == 0,
       "its key");
    count = sizeof(value);
    OK(CM_Get_Class_Registry_PropertyW(&class, CM_CRP_UPPERFILTERS, &length, value.bytes, &count, 0,
                                       NULL) == CR_SUCCESS &&
           length == REG_MULTI_SZ &&
           CM_Get_Class_Registry_PropertyW(&class, CM_DRP_SERVICE, &length, value.bytes, &count, 0,
                                           NULL) == CR_INVALID_PROPERTY,
       "by numbers");
    while (CM_Enumerate_Classes(i, &found, 0) == CR_SUCCESS && !IsEqualGUID(&found, &class))
        i++;
    OK(IsEqualGUID(&found, &class), "it is among the classes");
    OK(get_class(&none, &DEVPKEY_DeviceClass_Name) == CR_NO_SUCH_REGISTRY_KEY, "no such class");
}

static void test_keys(void)
{
    HKEY key;
    WCHAR name[64];
    ULONG length, i;
    int found = 0;

    OK(CM_Open_DevNode_Key(node, KEY_ALL_ACCESS, 0, RegDisposition_OpenAlways, &key,
                           CM_REGISTRY_HARDWARE) == CR_SUCCESS &&
           RegSetValueExW(key, L"x", 0, REG_DWORD, (BYTE *)"abcd", 4) == 0,
       "the device's parameters");
    RegCloseKey(key);
    OK(RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                     L"SYSTEM\\CurrentControlSet\\Enum\\" INSTANCE L"\\Device Parameters", 0,
                     KEY_READ, &key) == 0,
       "are where they are");
    RegCloseKey(key);
    OK(CM_Open_DevNode_Key(node, KEY_READ, 0, RegDisposition_OpenExisting, &key,
                           CM_REGISTRY_SOFTWARE) == CR_NO_SUCH_REGISTRY_KEY,
       "its driver has no key");
    for (i = 0; length = 64, CM_Enumerate_EnumeratorsW(i, name, &length, 0) == CR_SUCCESS; i++)
        found |= _wcsicmp(name, L"ROOT") == 0 && length == 5;
    OK(found, "ROOT is among the enumerators");
}

int main(void)
{
    WCHAR id[] = INSTANCE;

    OK(CM_Locate_DevNodeW(&node, id, 0) == CR_SUCCESS, "the device");
    test_known();
    test_numbers();
    test_own();
    test_interface();
    test_class();
    test_keys();
    return tap_end();
}
