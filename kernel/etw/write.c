/*
 * Writing events. [doc: EtwWrite, EtwWriteEx, EtwWriteTransfer, EtwWriteString, EtwActivityIdControl] Any IRQL.
 */
#include "etwp.h"

#include "../ps/ps.h"

#define ETWP_MOST_DATA 128u /* MAX_EVENT_DATA_DESCRIPTORS */
#define ETWP_SESSION_BIT 1u /* the run's session, in EtwWriteEx's filter */

static NTSTATUS EtwpWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR Descriptor, LPCGUID Activity, LPCGUID Related, ULONG Count,
                          PEVENT_DATA_DESCRIPTOR Data)
{
    ETWP_EVENT Event = {EtwpFind(RegHandle), Descriptor, Activity, Related, Count, Data, NULL};

    if (Event.Provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (Descriptor == NULL || Count > ETWP_MOST_DATA || (Count != 0 && Data == NULL))
        return STATUS_INVALID_PARAMETER;
    if (EtwEventEnabled(RegHandle, Descriptor))
        EtwpLog(&Event);
    return STATUS_SUCCESS;
}

NT_EXPORT(EtwWrite);
NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount,
                        PEVENT_DATA_DESCRIPTOR UserData)
{
    return EtwpWrite(RegHandle, EventDescriptor, ActivityId, NULL, UserDataCount, UserData);
}

NT_EXPORT(EtwWriteTransfer);
NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                                LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    return EtwpWrite(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData);
}

static const GUID *EtwpThreadActivity(VOID)
{
    static const GUID None = {0};
    const GUID *Activity = &PsGetCurrentThread()->ActivityId;

    return RtlCompareMemory(Activity, &None, sizeof(None)) == sizeof(None) ? NULL : Activity;
}

NT_EXPORT(EtwWriteEx);
NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags,
                          LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData)
{
    if (Flags & ~(ULONG)EVENT_WRITE_FLAG_NO_FAULTING) /* the rest is reserved [doc] */
        return STATUS_INVALID_PARAMETER;
    if ((Filter & ETWP_SESSION_BIT) != 0)
        return EtwpFind(RegHandle) != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    return EtwpWrite(RegHandle, EventDescriptor, ActivityId != NULL ? ActivityId : EtwpThreadActivity(),
                     RelatedActivityId, UserDataCount, UserData);
}

NT_EXPORT(EtwWriteString);
NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId, PCWSTR String)
{
    EVENT_DESCRIPTOR Descriptor = {.Level = Level, .Keyword = Keyword};
    ETWP_EVENT Event = {EtwpFind(RegHandle), &Descriptor, ActivityId, NULL, 0, NULL, String};

    if (Event.Provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (String == NULL)
        return STATUS_INVALID_PARAMETER;
    if (EtwEventEnabled(RegHandle, &Descriptor))
        EtwpLog(&Event);
    return STATUS_SUCCESS;
}

/* Numbers that this machine has not given out before. */
static GUID EtwpMakeActivity(VOID)
{
    static ULONG64 Last;
    GUID Activity = {0, 0, 0x4000, {0x80}};

    Last++;
    Activity.Data1 = (ULONG)Last;
    Activity.Data2 = (USHORT)(Last >> 32);
    return Activity;
}

NT_EXPORT(EtwActivityIdControl);
NTSTATUS NTAPI EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId)
{
    GUID *Mine = &PsGetCurrentThread()->ActivityId, Old = *Mine;

    if (ActivityId == NULL)
        return STATUS_INVALID_PARAMETER;
    switch (ControlCode) {
    case EVENT_ACTIVITY_CTRL_GET_ID:
        *ActivityId = Old;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID:
        *Mine = *ActivityId;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_ID:
        *ActivityId = EtwpMakeActivity();
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
        *Mine = *ActivityId;
        *ActivityId = Old;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
        *Mine = EtwpMakeActivity();
        *ActivityId = Old;
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}
