/* Finds the interface of tests/cli/drivers/interface.c by its class, as programs do, and opens it:
 * cfgmgr32, then setupapi. */
#define UNICODE
#include <windows.h>
#include <initguid.h>
#include <setupapi.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <string.h>
#include "../../programs/tap.h"
#pragma comment(lib, "setupapi")
#pragma comment(lib, "cfgmgr32")

DEFINE_GUID(InterfaceClass, 0x5f3a1c20, 0x7b1e, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33,
            0x44);
DEFINE_GUID(NoClass, 0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77);
#define INSTANCE L"ROOT\\INTERFACE\\0000"

CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG, LPGUID, DEVINSTID_W, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG, LPGUID, DEVINSTID_A, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID, DEVINSTID_W, PWSTR, ULONG, ULONG);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID, DEVINSTID_A, PSTR, ULONG, ULONG);

static void test_list(WCHAR *path)
{
    GUID class = InterfaceClass, none = NoClass;
    WCHAR list[600], other[] = L"ROOT\\OTHER\\0000", mine[] = INSTANCE;
    char narrow[600];
    ULONG size = 77, all = 0;

    OK(CM_Get_Device_Interface_List_SizeW(&size, &none, NULL, 0) == CR_SUCCESS && size == 1,
       "a class of nobody: empty");
    OK(CM_Get_Device_Interface_List_SizeW(&size, &class, NULL, 0) == CR_SUCCESS && size > 40,
       "the class has an interface");
    OK(CM_Get_Device_Interface_List_SizeW(&all, &class, NULL, 1) == CR_SUCCESS && all > size,
       "and one that is not enabled");
    OK(CM_Get_Device_Interface_ListW(&class, NULL, list, size - 1, 0) == CR_BUFFER_SMALL,
       "a buffer that is too small");
    OK(CM_Get_Device_Interface_ListW(&class, NULL, list, 600, 0) == CR_SUCCESS, "the list");
    OK(wcslen(list) + 2 == size && list[size - 1] == 0, "one path and two terminators");
    OK(_wcsnicmp(list, L"\\\\?\\ROOT#INTERFACE#0000#{5f3a1c20-7b1e-4d55-9a01-", 40) == 0,
       "it names device and class");
    wcscpy(path, list);
    OK(CM_Get_Device_Interface_List_SizeW(&size, &class, other, 0) == CR_SUCCESS && size == 1,
       "none of another device");
    OK(CM_Get_Device_Interface_List_SizeW(&size, &class, mine, 0) == CR_SUCCESS && size > 1,
       "one of this device");
    OK(CM_Get_Device_Interface_List_SizeA(&all, &class, NULL, 0) == CR_SUCCESS && all == size,
       "as bytes: the same length");
    OK(CM_Get_Device_Interface_ListA(&class, NULL, narrow, sizeof(narrow), 0) == CR_SUCCESS &&
           narrow[4] == 'R',
       "and text");
    OK(CM_Get_Device_Interface_List_SizeW(NULL, &class, NULL, 0) == CR_INVALID_POINTER,
       "no pointer");
    OK(CM_Get_Device_Interface_List_SizeW(&size, &class, NULL, 8) == CR_INVALID_FLAG,
       "a wrong flag");
}

static void test_open(const WCHAR *path)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD bytes = 77;
    char data[4];

    OK(file != INVALID_HANDLE_VALUE, "the path opens the device");
    OK(ReadFile(file, data, sizeof(data), &bytes, NULL) && bytes == 0, "and the driver answers");
    CloseHandle(file);
}

static void test_node(void)
{
    WCHAR id[64], no_device[] = L"ROOT\\NO_SUCH\\0000", name[] = L"root\\Interface\\0000";
    DEVINST node, again;
    ULONG size = sizeof(id), type = 0;

    OK(CM_Locate_DevNodeW(&node, no_device, 0) == CR_NO_SUCH_DEVNODE, "no such device");
    OK(CM_Locate_DevNodeW(&node, name, 0) == CR_SUCCESS, "the device by its instance ID");
    OK(CM_Locate_DevNodeA(&again, (char *)"ROOT\\INTERFACE\\0000", 0) == CR_SUCCESS &&
           again == node,
       "the same one again");
    OK(CM_Get_Device_ID_Size(&size, node, 0) == CR_SUCCESS && size == wcslen(INSTANCE),
       "the length of its ID");
    OK(CM_Get_Device_IDW(node, id, 64, 0) == CR_SUCCESS && wcscmp(id, INSTANCE) == 0, "its ID");
    OK(CM_Get_Device_IDW(node, id, 5, 0) == CR_BUFFER_SMALL, "a buffer that is too small");
    OK(CM_Get_Device_IDW(9999, id, 64, 0) == CR_INVALID_DEVNODE, "no such node");
    size = sizeof(id);
    OK(CM_Get_DevNode_Registry_PropertyW(node, CM_DRP_SERVICE, &type, id, &size, 0) == CR_SUCCESS &&
           type == REG_SZ && _wcsicmp(id, L"interface") == 0,
       "its service");
    size = sizeof(id);
    OK(CM_Get_DevNode_Registry_PropertyW(node, 0x60, &type, id, &size, 0) == CR_INVALID_PROPERTY,
       "no such property");
}

static void test_detail(HDEVINFO set, SP_DEVICE_INTERFACE_DATA *data, const WCHAR *path)
{
    char buffer[600];
    PSP_DEVICE_INTERFACE_DETAIL_DATA_W wide = (PSP_DEVICE_INTERFACE_DETAIL_DATA_W)buffer;
    PSP_DEVICE_INTERFACE_DETAIL_DATA_A narrow = (PSP_DEVICE_INTERFACE_DETAIL_DATA_A)buffer;
    SP_DEVINFO_DATA device = { .cbSize = sizeof(device) };
    DWORD size = 0, type;

    OK(!SetupDiGetDeviceInterfaceDetailW(set, data, NULL, 0, &size, NULL) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER,
       "the detail's size");
    wide->cbSize = 3;
    OK(!SetupDiGetDeviceInterfaceDetailW(set, data, wide, sizeof(buffer), NULL, NULL),
       "a wrong structure size");
    wide->cbSize = sizeof(*wide);
    OK(SetupDiGetDeviceInterfaceDetailW(set, data, wide, size, NULL, &device) &&
           wcscmp(wide->DevicePath, path) == 0,
       "the path is cfgmgr32's");
    narrow->cbSize = sizeof(*narrow);
    OK(SetupDiGetDeviceInterfaceDetailA(set, data, narrow, sizeof(buffer), NULL, NULL) &&
           strcmp(narrow->DevicePath + 4, "") > 0,
       "as bytes too");
    OK(SetupDiGetDeviceInstanceIdW(set, &device, (PWSTR)buffer, 64, &size) &&
           wcscmp((PWSTR)buffer, INSTANCE) == 0,
       "its device's instance ID");
    OK(SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_SERVICE, &type, (PBYTE)buffer,
                                         sizeof(buffer), &size) &&
           _wcsicmp((PWSTR)buffer, L"interface") == 0,
       "its service");
    OK(SetupDiGetDeviceRegistryPropertyA(set, &device, SPDRP_SERVICE, &type, (PBYTE)buffer,
                                         sizeof(buffer), &size) &&
           _stricmp(buffer, "interface") == 0 && size == 10,
       "as bytes");
    OK(!SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_FRIENDLYNAME, &type, (PBYTE)buffer,
                                          sizeof(buffer), &size) &&
           GetLastError() == ERROR_INVALID_DATA,
       "a property that it does not have");
    OK(SetupDiEnumDeviceInfo(set, 0, &device) && !SetupDiEnumDeviceInfo(set, 1, &device) &&
       GetLastError() == ERROR_NO_MORE_ITEMS, "the set has one device");
}

static void test_set(const WCHAR *path)
{
    SP_DEVICE_INTERFACE_DATA data = { .cbSize = sizeof(data) }, bad = { .cbSize = 1 };
    HDEVINFO set = SetupDiGetClassDevsW(&InterfaceClass, NULL, NULL,
                                        DIGCF_PRESENT | DIGCF_DEVICEINTERFACE),
             own;
    SP_DEVINFO_DATA device = { .cbSize = sizeof(device) };

    OK(set != INVALID_HANDLE_VALUE, "the set of a class");
    OK(!SetupDiEnumDeviceInterfaces(set, NULL, &InterfaceClass, 0, &bad), "a wrong structure size");
    OK(!SetupDiEnumDeviceInterfaces(set, NULL, &NoClass, 0, &data) &&
           GetLastError() == ERROR_NO_MORE_ITEMS,
       "another class");
    OK(SetupDiEnumDeviceInterfaces(set, NULL, &InterfaceClass, 0, &data), "its first interface");
    OK(IsEqualGUID(&data.InterfaceClassGuid, &InterfaceClass) && (data.Flags & SPINT_ACTIVE),
       "of this class, active");
    test_detail(set, &data, path);
    OK(!SetupDiEnumDeviceInterfaces(set, NULL, &InterfaceClass, 1, &data), "there is no second");
    OK(SetupDiDestroyDeviceInfoList(set), "the set goes");
    own = SetupDiCreateDeviceInfoList(NULL, NULL);
    OK(SetupDiOpenDeviceInterfaceW(own, path, 0, &data) &&
           IsEqualGUID(&data.InterfaceClassGuid, &InterfaceClass),
       "a set of the program's own: an interface by its path");
    OK(!SetupDiOpenDeviceInterfaceW(own, L"\\\\?\\nothing", 0, &data), "a path that is none");
    OK(SetupDiDestroyDeviceInfoList(own), "that goes too");
    own = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
    OK(own != INVALID_HANDLE_VALUE && SetupDiEnumDeviceInfo(own, 0, &device),
       "the set of all devices that are there");
    OK(!SetupDiEnumDeviceInfo(own, 1, &device) && GetLastError() == ERROR_NO_MORE_ITEMS,
       "which is one");
    OK(SetupDiDestroyDeviceInfoList(own), "and goes");
    OK(SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_PRESENT) == INVALID_HANDLE_VALUE &&
       GetLastError() == ERROR_INVALID_PARAMETER, "a set of no class is none");
}

int main(void)
{
    WCHAR path[300] = L"";

    test_list(path);
    test_open(path);
    test_node();
    test_set(path);
    return tap_end();
}
