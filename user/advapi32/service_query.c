/* What a service is and does. [doc QueryServiceStatusEx, QueryServiceConfigW, QueryServiceConfig2W]
 */
#include "service.h"

static BOOL QueryStatus(SC_HANDLE Handle, LPSERVICE_STATUS_PROCESS Result)
{
    SERVICE *Service = ScmCheckService(Handle, SERVICE_QUERY_STATUS);
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    Status = ScmOpenKey(Service->Name, KEY_READ, &Key);
    if (!NT_SUCCESS(Status))
        return ScmFail(Status == STATUS_OBJECT_NAME_NOT_FOUND ? ERROR_SERVICE_DOES_NOT_EXIST
                                                              : ScmError(Status));
    ScmQueryState(Service->Name, ScmGetNumber(Key, L"Type", SERVICE_KERNEL_DRIVER), Result);
    NtClose(Key);
    return TRUE;
}

BOOL WINAPI QueryServiceStatusEx(SC_HANDLE Handle, SC_STATUS_TYPE Level, LPBYTE Buffer, DWORD Bytes,
                                 LPDWORD Needed)
{
    SERVICE_STATUS_PROCESS Status;

    if (Level != SC_STATUS_PROCESS_INFO)
        return ScmFail(ERROR_INVALID_LEVEL);
    if (!QueryStatus(Handle, &Status))
        return FALSE;
    *Needed = sizeof(Status);
    if (Bytes < sizeof(Status))
        return ScmFail(ERROR_INSUFFICIENT_BUFFER);
    CopyMemory(Buffer, &Status, sizeof(Status));
    return TRUE;
}

BOOL WINAPI QueryServiceStatus(SC_HANDLE Handle, LPSERVICE_STATUS Result)
{
    SERVICE_STATUS_PROCESS Status;

    if (!QueryStatus(Handle, &Status))
        return FALSE;
    CopyMemory(Result, &Status, sizeof(*Result)); /* it starts with the same members */
    return TRUE;
}

static VOID PackTextValue(SERVICE_PACK *Pack, HANDLE Key, LPCWSTR ValueName, LPCWSTR Default,
                          LPWSTR *Member)
{
    WCHAR *Text = ScmGetTexts(Key, ValueName);
    LPWSTR Packed = ScmPackText(Pack, Text != NULL ? Text : Default);

    if (Member != NULL)
        *Member = Packed;
    HeapFree(ProcessHeap(), 0, Text);
}

static VOID PackDependencies(SERVICE_PACK *Pack, HANDLE Key, LPWSTR *Member)
{
    WCHAR *Services = ScmGetTexts(Key, L"DependOnService"),
          *Groups = ScmGetTexts(Key, L"DependOnGroup");
    LPWSTR Packed = ScmPackTexts(Pack, Services, Groups, SC_GROUP_IDENTIFIERW);

    if (Member != NULL)
        *Member = Packed;
    HeapFree(ProcessHeap(), 0, Services);
    HeapFree(ProcessHeap(), 0, Groups);
}

static VOID PackConfig(SERVICE_PACK *Pack, const SERVICE *Service, HANDLE Key)
{
    LPQUERY_SERVICE_CONFIGW Config = ScmPackStructure(Pack, sizeof(*Config));

    if (Config != NULL) {
        Config->dwServiceType = ScmGetNumber(Key, L"Type", 0);
        Config->dwStartType = ScmGetNumber(Key, L"Start", SERVICE_DEMAND_START);
        Config->dwErrorControl = ScmGetNumber(Key, L"ErrorControl", SERVICE_ERROR_IGNORE);
        Config->dwTagId = ScmGetNumber(Key, L"Tag", 0);
    }
    PackTextValue(Pack, Key, L"ImagePath", L"", Config != NULL ? &Config->lpBinaryPathName : NULL);
    PackTextValue(Pack, Key, L"Group", L"", Config != NULL ? &Config->lpLoadOrderGroup : NULL);
    PackTextValue(Pack, Key, L"ObjectName", L"",
                  Config != NULL ? &Config->lpServiceStartName : NULL);
    PackTextValue(Pack, Key, L"DisplayName", Service->Name,
                  Config != NULL ? &Config->lpDisplayName : NULL);
    PackDependencies(Pack, Key, Config != NULL ? &Config->lpDependencies : NULL);
}

static VOID PackDescription(SERVICE_PACK *Pack, const SERVICE *Service, HANDLE Key)
{
    LPSERVICE_DESCRIPTIONW Description = ScmPackStructure(Pack, sizeof(*Description));
    WCHAR *Text = ScmGetTexts(Key, L"Description");

    IGNORE_ARG(Service);
    if (Text != NULL) {
        LPWSTR Packed = ScmPackText(Pack, Text);

        if (Description != NULL)
            Description->lpDescription = Packed;
    }
    HeapFree(ProcessHeap(), 0, Text);
}

static BOOL Query(SC_HANDLE Handle, VOID (*Fill)(SERVICE_PACK *, const SERVICE *, HANDLE),
                  PVOID Buffer, DWORD Bytes, LPDWORD Needed, BOOL IsAnsi)
{
    SERVICE *Service = ScmCheckService(Handle, SERVICE_QUERY_CONFIG);
    SERVICE_PACK Pack;
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    Status = ScmOpenKey(Service->Name, KEY_READ, &Key);
    if (!NT_SUCCESS(Status))
        return ScmFail(Status == STATUS_OBJECT_NAME_NOT_FOUND ? ERROR_SERVICE_DOES_NOT_EXIST
                                                              : ScmError(Status));
    ScmBeginPack(&Pack, Buffer, Bytes, IsAnsi);
    Fill(&Pack, Service, Key);
    NtClose(Key);
    *Needed = (Pack.Needed + 7) & ~7u;
    return ScmFits(&Pack) ? TRUE : ScmFail(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI QueryServiceConfigW(SC_HANDLE Handle, LPQUERY_SERVICE_CONFIGW Config, DWORD Bytes,
                                LPDWORD Needed)
{
    return Query(Handle, PackConfig, Config, Bytes, Needed, FALSE);
}

BOOL WINAPI QueryServiceConfigA(SC_HANDLE Handle, LPQUERY_SERVICE_CONFIGA Config, DWORD Bytes,
                                LPDWORD Needed)
{
    return Query(Handle, PackConfig, Config, Bytes, Needed, TRUE);
}

static BOOL Query2(SC_HANDLE Handle, DWORD Level, LPBYTE Buffer, DWORD Bytes, LPDWORD Needed,
                   BOOL IsAnsi)
{
    if (Level != SERVICE_CONFIG_DESCRIPTION)
        return ScmFail(Level < SERVICE_CONFIG_DESCRIPTION || Level > SERVICE_CONFIG_LAUNCH_PROTECTED
                           ? ERROR_INVALID_LEVEL
                           : ERROR_NOT_SUPPORTED);
    return Query(Handle, PackDescription, Buffer, Bytes, Needed, IsAnsi);
}

BOOL WINAPI QueryServiceConfig2W(SC_HANDLE Handle, DWORD Level, LPBYTE Buffer, DWORD Bytes,
                                 LPDWORD Needed)
{
    return Query2(Handle, Level, Buffer, Bytes, Needed, FALSE);
}

BOOL WINAPI QueryServiceConfig2A(SC_HANDLE Handle, DWORD Level, LPBYTE Buffer, DWORD Bytes,
                                 LPDWORD Needed)
{
    return Query2(Handle, Level, Buffer, Bytes, Needed, TRUE);
}
