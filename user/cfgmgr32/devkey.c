/*
 * Registry keys of devices, classes and interfaces, opened for programs. Left out: hardware
 * profiles and keys of users. [doc: CM_Open_DevNode_Key, CM_Open_Class_Key,
 * CM_Open_Device_Interface_Key]
 */
#include "cfgmgr.h"

enum { DISPOSITION_OPEN_ALWAYS, DISPOSITION_OPEN_EXISTING };
enum { KEY_HARDWARE = 0, KEY_SOFTWARE = 1, KEY_KINDS = 1 };

/* Opens (or makes) Name below Parent, which is closed. */
static CONFIGRET OpenBelow(HANDLE Parent, const WCHAR *Name, ULONG Access, ULONG Disposition,
                           HANDLE *Key)
{
    UNICODE_STRING Text = {(USHORT)(CfgLength(Name) * sizeof(WCHAR)), 0, (PWSTR)Name};
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    if (Parent == NULL)
        return CR_NO_SUCH_REGISTRY_KEY;
    Text.MaximumLength = Text.Length;
    InitializeObjectAttributes(&Attributes, &Text, OBJ_CASE_INSENSITIVE, Parent, NULL);
    Status = Disposition == DISPOSITION_OPEN_ALWAYS
                 ? NtCreateKey(Key, Access, &Attributes, 0, NULL, 0, NULL)
                 : NtOpenKey(Key, Access, &Attributes);
    NtClose(Parent);
    if (NT_SUCCESS(Status))
        return CR_SUCCESS;
    return Status == STATUS_ACCESS_DENIED ? CR_ACCESS_DENIED : CR_NO_SUCH_REGISTRY_KEY;
}

static CONFIGRET CheckOpen(HANDLE *Key, ULONG Disposition)
{
    if (Key == NULL)
        return CR_INVALID_POINTER;
    *Key = NULL;
    return Disposition > DISPOSITION_OPEN_EXISTING ? CR_INVALID_DATA : CR_SUCCESS;
}

/* Where the driver's settings of a device are: below its setup class. */
static HANDLE OpenSoftware(const WCHAR *Id, ULONG Access, ULONG Disposition, CONFIGRET *Result)
{
    WCHAR Driver[80] = L"";
    ULONG Bytes = sizeof(Driver) - sizeof(WCHAR), Type;
    HANDLE Device = CfgOpenNode(Id), Key = NULL;

    *Result = Device == NULL ? CR_NO_SUCH_DEVNODE
                             : CfgReadValue(Device, L"Driver", Driver, &Bytes, &Type);
    if (Device != NULL)
        NtClose(Device);
    if (*Result == CR_SUCCESS)
        *Result = OpenBelow(CfgOpenKey(NULL, L"Control\\Class"), Driver, Access, Disposition, &Key);
    else if (*Result == CR_NO_SUCH_VALUE)
        *Result = CR_NO_SUCH_REGISTRY_KEY; /* it has no driver */
    return Key;
}

CONFIGRET WINAPI CM_Open_DevNode_Key(DEVINST Node, ULONG Access, ULONG Profile, ULONG Disposition,
                                     HANDLE *Key, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result = CheckOpen(Key, Disposition);
    HANDLE Device;

    if (Result != CR_SUCCESS)
        return Result;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    if ((Flags & ~(ULONG)KEY_KINDS) != 0 || Profile != 0)
        return CR_INVALID_FLAG;
    if (Flags == KEY_SOFTWARE) {
        *Key = OpenSoftware(Id, Access, Disposition, &Result);
        return Result;
    }
    Device = CfgOpenNode(Id);
    if (Device == NULL)
        return CR_NO_SUCH_DEVNODE;
    return OpenBelow(Device, L"Device Parameters", Access, Disposition, Key);
}

/* No class: the key of all classes. CM_OPEN_CLASS_KEY_INSTALLER 0, CM_OPEN_CLASS_KEY_INTERFACE 1 */
CONFIGRET WINAPI CM_Open_Class_KeyW(const GUID *Class, const WCHAR *ClassName, ULONG Access,
                                    ULONG Disposition, HANDLE *Key, ULONG Flags)
{
    WCHAR Name[GUID_LENGTH + 1] = L"";
    CONFIGRET Result = CheckOpen(Key, Disposition);

    if (Result != CR_SUCCESS)
        return Result;
    if (Flags > 1)
        return CR_INVALID_FLAG;
    if (ClassName != NULL)
        return CR_INVALID_DATA; /* [doc: must be NULL] */
    if (Class != NULL)
        CfgFormatGuid(Class, Name);
    return OpenBelow(CfgOpenKey(NULL, Flags == 0 ? L"Control\\Class" : L"Control\\DeviceClasses"),
                     Name, Access, Class != NULL ? Disposition : DISPOSITION_OPEN_EXISTING, Key);
}

CONFIGRET WINAPI CM_Open_Device_Interface_KeyW(const WCHAR *Interface, ULONG Access,
                                               ULONG Disposition, HANDLE *Key, ULONG Flags)
{
    CONFIGRET Result = CheckOpen(Key, Disposition);

    if (Result != CR_SUCCESS)
        return Result;
    if (Interface == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    Result = OpenBelow(CfgOpenInterface(Interface), L"Device Parameters", Access, Disposition, Key);
    return Result == CR_NO_SUCH_REGISTRY_KEY ? CR_NO_SUCH_DEVICE_INTERFACE : Result;
}
