/* What tests/cli/gpu.t builds as pdh.dll: a system with GPU counters of two adapters. */
#include <windows.h>

#include <pdh.h>
#include <pdhmsg.h>

#include <string.h>

static const struct {
    const WCHAR *name;
    DWORD status;
    double busy;
} engines[] = {
    {L"pid_4_luid_0x00000000_0x00000001_phys_0_eng_0_engtype_3D", PDH_CSTATUS_VALID_DATA, 30.5},
    {L"pid_5_luid_0x00000000_0x00000001_phys_0_eng_0_engtype_3D", PDH_CSTATUS_NEW_DATA, 20.25},
    {L"pid_5_luid_0x00000000_0x00000001_phys_0_eng_1_engtype_Copy", PDH_CSTATUS_VALID_DATA, 12},
    {L"pid_5_luid_0x00000000_0x00000001_phys_0_eng_2_engtype_Copy", PDH_CSTATUS_NO_INSTANCE, 99},
    {L"pid_5_luid_0x00000000_0x00000002_phys_0_eng_3_engtype_3D", PDH_CSTATUS_VALID_DATA, 250},
    {L"_Total", PDH_CSTATUS_VALID_DATA, 77},
};
static const struct {
    const WCHAR *name;
    LONGLONG bytes;
} memories[] = {
    {L"luid_0x00000000_0x00000001_phys_0", 111},
    {L"luid_0x00000000_0x00000001_phys_1", 222},
};
static int collections;

PDH_STATUS WINAPI PdhOpenQueryW(LPCWSTR source, DWORD_PTR context, PDH_HQUERY *query)
{
    (void)context;
    *query = (PDH_HQUERY)0x1111;
    return source == NULL ? ERROR_SUCCESS : (PDH_STATUS)PDH_INVALID_ARGUMENT;
}

PDH_STATUS WINAPI PdhAddEnglishCounterW(PDH_HQUERY query, LPCWSTR path, DWORD_PTR context,
                                                              PDH_HCOUNTER *counter)
{
    (void)query, (void)context;
    *counter = (PDH_HCOUNTER)(ULONG_PTR)(lstrcmpW(path, L"\\GPU Engine(*)\\Utilization Percentage") == 0      ? 1
                                         : lstrcmpW(path, L"\\GPU Adapter Memory(*)\\Dedicated Usage") == 0 ? 2
                                                                                                                : 0);
    return *counter != NULL ? ERROR_SUCCESS : (PDH_STATUS)PDH_CSTATUS_NO_OBJECT;
}

PDH_STATUS WINAPI PdhCollectQueryData(PDH_HQUERY query)
{
    collections++;
    return query == (PDH_HQUERY)0x1111 ? ERROR_SUCCESS : (PDH_STATUS)PDH_INVALID_HANDLE;
}

PDH_STATUS WINAPI PdhGetFormattedCounterArrayW(PDH_HCOUNTER counter, DWORD format, LPDWORD bytes,
                                                                     LPDWORD count, PPDH_FMT_COUNTERVALUE_ITEM_W values)
{
    BOOL is_memory = counter == (PDH_HCOUNTER)2;
    DWORD needed = (is_memory ? ARRAYSIZE(memories) : ARRAYSIZE(engines)) * (DWORD)sizeof(*values);

    if (collections < 2)
        return (PDH_STATUS)PDH_INVALID_DATA; /* rates need two */
    if ((format & (is_memory ? PDH_FMT_LARGE : PDH_FMT_DOUBLE)) == 0)
        return (PDH_STATUS)PDH_INVALID_ARGUMENT;
    *count = needed / (DWORD)sizeof(*values);
    if (*bytes < needed) {
        *bytes = needed;
        return (PDH_STATUS)PDH_MORE_DATA;
    }
    for (DWORD i = 0; i < *count; i++) {
        values[i].szName = (LPWSTR)(is_memory ? memories[i].name : engines[i].name);
        values[i].FmtValue.CStatus = is_memory ? PDH_CSTATUS_VALID_DATA : engines[i].status;
        if (is_memory)
            values[i].FmtValue.largeValue = memories[i].bytes;
        else
            values[i].FmtValue.doubleValue = engines[i].busy;
    }
    return ERROR_SUCCESS;
}

PDH_STATUS WINAPI PdhCloseQuery(PDH_HQUERY query)
{
    (void)query;
    return ERROR_SUCCESS;
}
