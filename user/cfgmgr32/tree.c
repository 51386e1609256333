/*
 * The device tree as it is now: who is above and below, what state a device is in, and changing
 * that. The kernel answers through NtPlugPlayControl. Left out: other machines, hardware profiles.
 * [doc: cfgmgr32.h]
 */
#include "cfgmgr.h"

#define DN_STARTED 0x00000008
#define DN_DISABLEABLE 0x00002000
#define PROBLEM_DISABLED 0x16
#define PROBLEM_WILL_BE_REMOVED 0x15
#define CONFIGFLAG_DISABLED 1
#define DISABLE_PERSIST 8
#define DISABLE_FLAGS 0xF
#define REMOVE_NO_RESTART 2
#define REMOVE_FLAGS 3 /* and CM_REMOVE_UI_NOT_OK: there is no user interface */
/* [doc: setupapi.h] */
#define ERROR_INVALID_DEVINST_NAME_CODE 0xE0000205
#define ERROR_NO_SUCH_DEVINST_CODE 0xE000020B
#define ERROR_NOT_DISABLEABLE_CODE 0xE0000231

static CONFIGRET ResultOf(NTSTATUS Status)
{
    switch (Status) {
    case STATUS_SUCCESS:
        return CR_SUCCESS;
    case STATUS_NO_SUCH_DEVICE:
        return CR_NO_SUCH_DEVNODE;
    case STATUS_PLUGPLAY_QUERY_VETOED:
        return CR_REMOVE_VETOED;
    case STATUS_PRIVILEGE_NOT_HELD:
    case STATUS_ACCESS_DENIED:
        return CR_ACCESS_DENIED;
    case STATUS_NO_MEMORY:
    case STATUS_INSUFFICIENT_RESOURCES:
        return CR_OUT_OF_MEMORY;
    default:
        return CR_FAILURE;
    }
}

/* Changing devices takes a privilege that administrators have and that is off until it is asked
 * for. */
static VOID EnableLoadDriver(VOID)
{
    TOKEN_PRIVILEGES New = {1, {{{10, 0}, SE_PRIVILEGE_ENABLED}}}; /* SE_LOAD_DRIVER_PRIVILEGE */
    HANDLE Token;

    if (!NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token)))
        return;
    NtAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL,
                            NULL); /* without it the change is refused and says so */
    NtClose(Token);
}

NTSTATUS WINAPI CMP_PlugPlayControl(ULONG Class, PNP_CONTROL_DATA *Data)
{
    NTSTATUS Status = NtPlugPlayControl(Class, Data, sizeof(*Data));

    if (Status != STATUS_PRIVILEGE_NOT_HELD)
        return Status;
    EnableLoadDriver();
    return NtPlugPlayControl(Class, Data, sizeof(*Data));
}

CONFIGRET CfgControl(ULONG Class, const WCHAR *Id, PNP_CONTROL_DATA *Data)
{
    static const WCHAR Root[] = L"HTREE\\ROOT\\0";
    PNP_CONTROL_DATA Own = {.Device = L""};
    ULONG i;

    if (Data == NULL)
        Data = &Own;
    if (CfgLength(Id) >= PNP_CONTROL_PATH)
        return CR_INVALID_DEVICE_ID;
    for (i = 0; !CfgSame(Id, Root) && Id[i] != 0; i++)
        Data->Device[i] = Id[i];
    Data->Device[i] = 0;
    return ResultOf(CMP_PlugPlayControl(Class, Data));
}

BOOL CfgIsPresent(const WCHAR *Id)
{
    return CfgControl(PNP_CONTROL_STATUS, Id, NULL) == CR_SUCCESS;
}

/* ---- relations ---- */

static CONFIGRET Related(DEVINST *Result, DEVINST Node, ULONG Relation, ULONG Flags)
{
    PNP_CONTROL_DATA Data = {.Relation = Relation};
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Status;

    if (Result == NULL)
        return CR_INVALID_POINTER;
    *Result = 0;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    Status = CfgControl(PNP_CONTROL_RELATED, Id, &Data);
    if (Status != CR_SUCCESS)
        return Status;
    *Result = CfgNumberOf(Data.Text);
    return *Result != 0 ? CR_SUCCESS : CR_OUT_OF_MEMORY;
}

CONFIGRET WINAPI CM_Get_Parent(DEVINST *Parent, DEVINST Node, ULONG Flags)
{
    return Related(Parent, Node, PNP_RELATION_PARENT, Flags);
}

CONFIGRET WINAPI CM_Get_Child(DEVINST *Child, DEVINST Node, ULONG Flags)
{
    return Related(Child, Node, PNP_RELATION_CHILD, Flags);
}

CONFIGRET WINAPI CM_Get_Sibling(DEVINST *Sibling, DEVINST Node, ULONG Flags)
{
    return Related(Sibling, Node, PNP_RELATION_SIBLING, Flags);
}

CONFIGRET WINAPI CM_Get_Depth(ULONG *Depth, DEVINST Node, ULONG Flags)
{
    CONFIGRET Result;
    DEVINST Parent;

    if (Depth == NULL)
        return CR_INVALID_POINTER;
    *Depth = 0;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (CfgIdOf(Node) == NULL || !CfgIsPresent(CfgIdOf(Node)))
        return CR_INVALID_DEVNODE;
    while ((Result = CM_Get_Parent(&Parent, Node, 0)) == CR_SUCCESS) {
        ++*Depth;
        Node = Parent;
    }
    return Result == CR_NO_SUCH_DEVNODE ? CR_SUCCESS : Result;
}

/* ---- state ---- */

CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG Status, PULONG Problem, DEVINST Node, ULONG Flags)
{
    PNP_CONTROL_DATA Data = {.Status = 0};
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result;

    if (Status == NULL || Problem == NULL)
        return CR_INVALID_POINTER;
    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    Result = CfgControl(PNP_CONTROL_STATUS, Id, &Data);
    if (Result != CR_SUCCESS)
        return Result;
    *Status = Data.Status;
    *Problem = Data.Problem;
    return CR_SUCCESS;
}

/* CONFIGFLAG_DISABLED of the device's key. */
static CONFIGRET WriteDisabled(const WCHAR *Id, BOOL Disabled)
{
    HANDLE Key = CfgOpenNode(Id), Writable;
    ULONG ConfigFlags = 0, Bytes = sizeof(ConfigFlags), Type;
    CONFIGRET Result;

    if (Key == NULL)
        return CR_NO_SUCH_DEVNODE;
    CfgReadValue(Key, L"ConfigFlags", &ConfigFlags, &Bytes, &Type);
    ConfigFlags =
        Disabled ? ConfigFlags | CONFIGFLAG_DISABLED : ConfigFlags & ~(ULONG)CONFIGFLAG_DISABLED;
    Writable = CfgOpenForWriting(Key, L"", FALSE);
    NtClose(Key);
    if (Writable == NULL)
        return CR_ACCESS_DENIED;
    Result = CfgWriteValue(Writable, L"ConfigFlags", REG_DWORD, &ConfigFlags, sizeof(ConfigFlags));
    NtClose(Writable);
    return Result;
}

CONFIGRET WINAPI CM_Disable_DevNode(DEVINST Node, ULONG Flags)
{
    PNP_CONTROL_DATA Data = {.Problem = 0};
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result;

    if (Flags & ~(ULONG)DISABLE_FLAGS)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    Result = CfgControl(PNP_CONTROL_STATUS, Id, &Data);
    if (Result != CR_SUCCESS)
        return Result;
    if (!(Data.Status & DN_DISABLEABLE))
        return CR_NOT_DISABLEABLE;
    Data.Problem = PROBLEM_DISABLED;
    Result = CfgControl(PNP_CONTROL_REMOVE, Id, &Data);
    return Result == CR_SUCCESS && (Flags & DISABLE_PERSIST) ? WriteDisabled(Id, TRUE) : Result;
}

CONFIGRET WINAPI CM_Enable_DevNode(DEVINST Node, ULONG Flags)
{
    PNP_CONTROL_DATA Data = {.Problem = 0};
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result;

    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    Result = WriteDisabled(Id, FALSE);
    if (Result == CR_SUCCESS)
        Result = CfgControl(PNP_CONTROL_STATUS, Id, &Data);
    if (Result == CR_SUCCESS && Data.Problem == PROBLEM_DISABLED)
        Result = CfgControl(PNP_CONTROL_START, Id, NULL);
    return Result == CR_FAILURE ? CR_SUCCESS
                                : Result; /* it is enabled; whether it starts is its problem */
}

/* What was stopped starts again; CM_SETUP_DEVNODE_READY, CM_SETUP_DEVNODE_RESET. */
CONFIGRET WINAPI CM_Setup_DevNode(DEVINST Node, ULONG Flags)
{
    ULONG Status, Problem;
    CONFIGRET Result;

    if (Flags != 0 && Flags != 4)
        return CR_INVALID_FLAG;
    Result = CM_Get_DevNode_Status(&Status, &Problem, Node, 0);
    if (Result != CR_SUCCESS || (Status & DN_STARTED))
        return Result;
    return CfgControl(PNP_CONTROL_START, CfgIdOf(Node), NULL);
}

/* Who refused, from what the kernel says. */
static VOID GiveVeto(CONFIGRET Result, const PNP_CONTROL_DATA *Data, int *Veto, WCHAR *Name,
                     ULONG Length)
{
    ULONG i = 0;

    if (Veto != NULL)
        *Veto = Result == CR_REMOVE_VETOED ? (int)Data->Relation : 0;
    if (Name == NULL || Length == 0)
        return;
    for (; Result == CR_REMOVE_VETOED && i + 1 < Length && Data->Text[i] != 0; i++)
        Name[i] = Data->Text[i];
    Name[i] = 0;
}

CONFIGRET WINAPI CM_Query_And_Remove_SubTreeW(DEVINST Node, int *Veto, WCHAR *Name, ULONG Length,
                                              ULONG Flags)
{
    PNP_CONTROL_DATA Data = {.Problem = PROBLEM_WILL_BE_REMOVED};
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result;

    if (Flags & ~(ULONG)REMOVE_FLAGS)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    Data.Relation = Flags & REMOVE_NO_RESTART ? PNP_REMOVE_NO_RESTART : 0;
    Result = CfgControl(PNP_CONTROL_REMOVE, Id, &Data);
    GiveVeto(Result, &Data, Veto, Name, Length);
    return Result;
}

CONFIGRET WINAPI CM_Request_Device_EjectW(DEVINST Node, int *Veto, WCHAR *Name, ULONG Length,
                                          ULONG Flags)
{
    PNP_CONTROL_DATA Data = {.Relation = 0};
    const WCHAR *Id = CfgIdOf(Node);
    CONFIGRET Result;

    if (Flags != 0)
        return CR_INVALID_FLAG;
    if (Id == NULL)
        return CR_INVALID_DEVNODE;
    Result = CfgControl(PNP_CONTROL_EJECT, Id, &Data);
    GiveVeto(Result, &Data, Veto, Name, Length);
    return Result;
}

/* NORMAL, SYNCHRONOUS, RETRY_INSTALLATION, ASYNCHRONOUS: each waits until what is below has been
 * asked for. */
CONFIGRET WINAPI CM_Reenumerate_DevNode(DEVINST Node, ULONG Flags)
{
    const WCHAR *Id = CfgIdOf(Node);

    if (Flags & ~7u)
        return CR_INVALID_FLAG;
    return Id != NULL ? CfgControl(PNP_CONTROL_ENUMERATE, Id, NULL) : CR_INVALID_DEVNODE;
}

CONFIGRET WINAPI CM_Reenumerate_DevNode_Ex(DEVINST Node, ULONG Flags, HANDLE Machine)
{
    return Machine == NULL ? CM_Reenumerate_DevNode(Node, Flags) : CR_CALL_NOT_IMPLEMENTED;
}

CONFIGRET WINAPI CM_Locate_DevNode_ExW(DEVINST *Node, WCHAR *Id, ULONG Flags, HANDLE Machine)
{
    return Machine == NULL ? CM_Locate_DevNodeW(Node, Id, Flags) : CR_CALL_NOT_IMPLEMENTED;
}

/* ---- errors ---- */

DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET Result, DWORD Default)
{
    static const struct {
        CONFIGRET Result;
        DWORD Error;
    } Map[] = {
        {CR_SUCCESS, ERROR_SUCCESS},
        {CR_OUT_OF_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {CR_INVALID_POINTER, ERROR_INVALID_USER_BUFFER},
        {CR_INVALID_FLAG, ERROR_INVALID_FLAGS},
        {CR_INVALID_DEVNODE, ERROR_NO_SUCH_DEVINST_CODE},
        {CR_INVALID_DEVICE_ID, ERROR_INVALID_DEVINST_NAME_CODE},
        {CR_NO_SUCH_DEVNODE, ERROR_NO_SUCH_DEVINST_CODE},
        {CR_BUFFER_SMALL, ERROR_INSUFFICIENT_BUFFER},
        {CR_NO_SUCH_VALUE, ERROR_NOT_FOUND},
        {CR_ACCESS_DENIED, ERROR_ACCESS_DENIED},
        {CR_NO_SUCH_REGISTRY_KEY, ERROR_FILE_NOT_FOUND},
        {CR_CALL_NOT_IMPLEMENTED, ERROR_CALL_NOT_IMPLEMENTED},
        {CR_NOT_DISABLEABLE, ERROR_NOT_DISABLEABLE_CODE},
    };
    ULONG i;

    for (i = 0; i < COUNT_OF(Map); i++)
        if (Map[i].Result == Result)
            return Map[i].Error;
    return Default;
}
