/* Power requests of drivers: PoCreatePowerRequest, PoSetPowerRequest, PoClearPowerRequest,
 * PoDeletePowerRequest; a thread's execution state. */
#include "tap.h"

static ULONG execution_state(VOID)
{
    ULONG State = 0xA5A5A5A5;

    is_status(ZwPowerInformation(SystemExecutionState, NULL, 0, &State, sizeof(State)),
              STATUS_SUCCESS, "the system's state");
    return State;
}

/* [doc: SetThreadExecutionState, winbase.h]; the kernel's has the same flags. */
NTSYSAPI NTSTATUS NTAPI ZwSetThreadExecutionState(EXECUTION_STATE, PEXECUTION_STATE);

static VOID test_thread(VOID)
{
    EXECUTION_STATE Before = 0xA5A5A5A5;

    is_status(ZwSetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED, &Before),
              STATUS_SUCCESS, "a thread wants the system");
    is_ulong(execution_state() & ES_SYSTEM_REQUIRED, ES_SYSTEM_REQUIRED, "it is wanted");
    is_status(ZwSetThreadExecutionState(ES_CONTINUOUS, &Before), STATUS_SUCCESS, "no more");
    is_ulong(Before, ES_CONTINUOUS | ES_SYSTEM_REQUIRED, "what the thread wanted before");
    is_ulong(execution_state() & ES_SYSTEM_REQUIRED, 0, "it is not wanted");
    is_status(ZwSetThreadExecutionState(0x100, &Before), STATUS_INVALID_PARAMETER, "no such flag");
}

static VOID test_counts(PVOID Request)
{
    is_status(PoClearPowerRequest(Request, PowerRequestSystemRequired), STATUS_UNSUCCESSFUL,
              "cleared before it is set");
    is_status(PoSetPowerRequest(Request, PowerRequestDisplayRequired), STATUS_NOT_SUPPORTED,
              "drivers leave the display alone");
    is_status(PoSetPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS, "set");
    is_status(PoSetPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS, "set again");
    is_ulong(execution_state() & ES_SYSTEM_REQUIRED, ES_SYSTEM_REQUIRED, "the system is wanted");
    is_status(PoClearPowerRequest(Request, PowerRequestAwayModeRequired), STATUS_NOT_SUPPORTED,
              "another type");
    is_status(PoClearPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS, "cleared");
    is_ulong(execution_state() & ES_SYSTEM_REQUIRED, ES_SYSTEM_REQUIRED, "it is wanted still");
    is_status(PoClearPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS,
              "cleared as often");
    is_ulong(execution_state() & ES_SYSTEM_REQUIRED, 0, "it is not wanted any more");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    COUNTED_REASON_CONTEXT Reason = {.Version = DIAGNOSTIC_REASON_VERSION,
                                     .Flags = DIAGNOSTIC_REASON_SIMPLE_STRING};
    PDEVICE_OBJECT Device;
    PVOID Request = (PVOID)1, Other;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return bail("no device");
    RtlInitUnicodeString(&Reason.SimpleString, L"a test runs");
    is_status(PoCreatePowerRequest(&Request, NULL, &Reason), STATUS_INVALID_PARAMETER,
              "without a device");
    is_ptr(Request, NULL, "no request");
    if (is_status(PoCreatePowerRequest(&Request, Device, &Reason), STATUS_SUCCESS,
                  "a request with a reason")) {
        test_counts(Request);
        if (is_status(PoCreatePowerRequest(&Other, Device, NULL), STATUS_SUCCESS, "one without")) {
            PoSetPowerRequest(Other, PowerRequestSystemRequired);
            is_status(PoClearPowerRequest(Request, PowerRequestSystemRequired), STATUS_UNSUCCESSFUL,
                      "each has its own count");
            PoDeletePowerRequest(Other);
            is_ulong(execution_state() & ES_SYSTEM_REQUIRED, 0, "deleted, it counts no more");
        }
        PoDeletePowerRequest(Request);
    }
    test_thread();
    IoDeleteDevice(Device);
    return done();
}
