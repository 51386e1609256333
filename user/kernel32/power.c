/* What keeps the machine awake: a thread's execution state, power requests. [doc:
 * SetThreadExecutionState, PowerCreateRequest] */
#include "k32.h"

#include "../../kernel/po/request.h"

NTSTATUS NTAPI NtSetThreadExecutionState(EXECUTION_STATE Flags, EXECUTION_STATE *Previous);
NTSTATUS NTAPI NtPowerInformation(POWER_INFORMATION_LEVEL Level, PVOID Input, ULONG InputLength,
                                  PVOID Output, ULONG OutputLength);

/* 0: refused. */
EXECUTION_STATE WINAPI SetThreadExecutionState(EXECUTION_STATE Flags)
{
    EXECUTION_STATE Previous = 0;

    return StatusToBool(NtSetThreadExecutionState(Flags, &Previous)) ? Previous : 0;
}

/* The reason's text, as far as there is room; of a module's resources the first of its own texts.
 */
static VOID CopyReason(const REASON_CONTEXT *Context, PO_REQUEST_CREATE *Create)
{
    const WCHAR *Text = L"";
    ULONG i;

    if (Context->Flags == POWER_REQUEST_CONTEXT_SIMPLE_STRING)
        Text = Context->Reason.SimpleReasonString;
    else if (Context->Reason.Detailed.ReasonStringCount != 0)
        Text = Context->Reason.Detailed.ReasonStrings[0];
    for (i = 0; i < PO_REASON_CHARACTERS - 1 && Text != NULL && Text[i] != 0; i++)
        Create->Reason[i] = Text[i];
    Create->Reason[i] = 0;
}

HANDLE WINAPI PowerCreateRequest(PREASON_CONTEXT Context)
{
    PO_REQUEST_CREATE Create;
    HANDLE Request;

    if (Context == NULL || Context->Version != POWER_REQUEST_CONTEXT_VERSION ||
        (Context->Flags != POWER_REQUEST_CONTEXT_SIMPLE_STRING &&
         Context->Flags != POWER_REQUEST_CONTEXT_DETAILED_STRING)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    CopyReason(Context, &Create);
    if (!StatusToBool(NtPowerInformation(PowerRequestCreate, &Create, sizeof(Create), &Request,
                                         sizeof(Request))))
        return INVALID_HANDLE_VALUE;
    return Request;
}

static BOOL ActOnRequest(HANDLE Request, POWER_REQUEST_TYPE Type, BOOL Set)
{
    PO_REQUEST_ACTION Action = {Request, (ULONG)Type, Set};

    return StatusToBool(NtPowerInformation(PowerRequestAction, &Action, sizeof(Action), NULL, 0));
}

BOOL WINAPI PowerSetRequest(HANDLE Request, POWER_REQUEST_TYPE Type)
{
    return ActOnRequest(Request, Type, TRUE);
}

BOOL WINAPI PowerClearRequest(HANDLE Request, POWER_REQUEST_TYPE Type)
{
    return ActOnRequest(Request, Type, FALSE);
}

/* Mains, and no battery. [doc: SYSTEM_POWER_STATUS] */
BOOL WINAPI GetSystemPowerStatus(LPSYSTEM_POWER_STATUS Status)
{
    Status->ACLineStatus = 1;
    Status->BatteryFlag = 128; /* there is none */
    Status->BatteryLifePercent = 255;
    Status->Reserved1 = 0;
    Status->BatteryLifeTime = Status->BatteryFullLifeTime = (DWORD)-1;
    return TRUE;
}
