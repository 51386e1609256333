/* PoFx: components, their conditions and idle states, power of the device. */
#include "tap.h"

static PDEVICE_OBJECT Device;
static POHANDLE Handle;
static char Log[1024];
static KEVENT Told;
static BOOLEAN Late; /* the driver answers an idle state later, from the test's thread */

static VOID note(const char *What, ULONG Component, ULONG State)
{
    SIZE_T Used = strlen(Log);

    _snprintf(Log + Used, sizeof(Log) - Used - 1, "%s%lu.%lu ", What, Component, State);
}

static VOID NTAPI active(PVOID Context, ULONG Component)
{
    is_ptr(Context, (PVOID)7, "the driver's context");
    note("active", Component, 0);
}

static VOID NTAPI idle(PVOID Context, ULONG Component)
{
    UNREFERENCED_PARAMETER(Context);
    note("idle", Component, 0);
    PoFxCompleteIdleCondition(Handle, Component);
}

static VOID NTAPI idle_state(PVOID Context, ULONG Component, ULONG State)
{
    UNREFERENCED_PARAMETER(Context);
    note("F", Component, State);
    if (Late)
        KeSetEvent(&Told, IO_NO_INCREMENT, FALSE);
    else
        PoFxCompleteIdleState(Handle, Component);
}

static VOID NTAPI required(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    note("on", 0, 0);
    PoFxReportDevicePoweredOn(Handle);
}

static VOID NTAPI not_required(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    note("off", 0, 0);
    PoFxCompleteDevicePowerNotRequired(Handle);
    KeSetEvent(&Told, IO_NO_INCREMENT, FALSE);
}

static PO_FX_COMPONENT_IDLE_STATE States[] = { { 0, 0, 100 }, { 1000, 5000, 50 }, { 100000, 500000, 1 } };

static struct {
    PO_FX_DEVICE_V1 Device;
    PO_FX_COMPONENT_V1 More;
} Given;

static VOID fill(VOID)
{
    RtlZeroMemory(&Given, sizeof(Given));
    Given.Device.Version = PO_FX_VERSION_V1;
    Given.Device.ComponentCount = 2;
    Given.Device.ComponentActiveConditionCallback = active;
    Given.Device.ComponentIdleConditionCallback = idle;
    Given.Device.ComponentIdleStateCallback = idle_state;
    Given.Device.DevicePowerRequiredCallback = required;
    Given.Device.DevicePowerNotRequiredCallback = not_required;
    Given.Device.DeviceContext = (PVOID)7;
    Given.Device.Components[0].IdleStateCount = 3;
    Given.Device.Components[0].IdleStates = States;
    Given.Device.Components[0].DeepestWakeableIdleState = 1;
    Given.More.IdleStateCount = 1;
    Given.More.IdleStates = States;
}

static NTSTATUS start(PVOID Description)
{
    return PoFxRegisterDevice(Device, Description, &Handle);
}

static VOID test_arguments(VOID)
{
    fill();
    is_status(PoFxRegisterDevice(NULL, (PVOID)&Given, &Handle), STATUS_INVALID_PARAMETER, "no device");
    Given.Device.Version = 9;
    is_status(start(&Given), STATUS_INVALID_PARAMETER, "no such version");
    fill();
    Given.Device.ComponentCount = 0;
    is_status(start(&Given), STATUS_INVALID_PARAMETER, "no components");
    fill();
    Given.More.IdleStateCount = 0;
    is_status(start(&Given), STATUS_INVALID_PARAMETER, "a component without states");
}

static VOID test_conditions(VOID)
{
    Log[0] = 0;
    fill();
    is_status(start(&Given), STATUS_SUCCESS, "register");
    PoFxSetDeviceIdleTimeout(Handle, 1000ull * 10000000);
    is_string(Log, "", "all is on");
    PoFxActivateComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    PoFxStartDevicePowerManagement(Handle);
    PoFxActivateComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    is_string(Log, "idle0.0 F0.2 ", "an unused component idles, as deeply as it can; the other one is used");
    Log[0] = 0;
    PoFxActivateComponent(Handle, 0, PO_FX_FLAG_BLOCKING);
    is_string(Log, "F0.0 active0.0 ", "F0, then active");
    Log[0] = 0;
    PoFxIdleComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    is_string(Log, "", "a reference is left");
    PoFxIdleComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    is_string(Log, "idle1.0 ", "none is left; it has no state but F0");
}

static VOID test_hints(VOID)
{
    Log[0] = 0;
    PoFxSetComponentLatency(Handle, 0, 2000);
    PoFxIdleComponent(Handle, 0, PO_FX_FLAG_BLOCKING);
    is_string(Log, "idle0.0 F0.1 ", "F2 would take too long to leave");
    Log[0] = 0;
    PoFxSetComponentLatency(Handle, 0, 1000000);
    PoFxSetComponentResidency(Handle, 0, 1000000);
    PoFxActivateComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    is_string(Log, "F0.0 F0.2 active1.0 ", "it would not now: by way of F0");
    Log[0] = 0;
    PoFxSetComponentWake(Handle, 0, TRUE);
    PoFxIdleComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    is_string(Log, "F0.0 F0.1 idle1.0 ", "it is to wake the system: no deeper than F1");
}

static VOID test_power(VOID)
{
    Log[0] = 0;
    KeClearEvent(&Told);
    PoFxSetDeviceIdleTimeout(Handle, 0);
    PoFxSetComponentWake(Handle, 0, TRUE);
    KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, NULL);
    is_string(Log, "off0.0 ", "all components are idle: no power needed");
    Log[0] = 0;
    PoFxActivateComponent(Handle, 1, PO_FX_FLAG_BLOCKING);
    is_string(Log, "on0.0 active1.0 ", "power first");
    PoFxReportDevicePoweredOn(Handle); /* as a driver may when the system returns */
    PoFxSetDeviceIdleTimeout(Handle, 1000ull * 10000000);
}

static VOID test_late_answer(VOID)
{
    Log[0] = 0;
    Late = TRUE;
    KeClearEvent(&Told);
    PoFxActivateComponent(Handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, NULL);
    is_string(Log, "F0.0 ", "asked to leave F1");
    Late = FALSE;
    PoFxCompleteIdleState(Handle, 0);
    PoFxActivateComponent(Handle, 0, PO_FX_FLAG_BLOCKING);
    is_string(Log, "F0.0 active0.0 ", "active once it has");
}

static VOID test_end(VOID)
{
    static PO_FX_DEVICE_V3 V3;
    static const GUID Code;
    SIZE_T Bytes = 0xA5;

    is_status(PoFxPowerControl(Handle, &Code, NULL, 0, NULL, 0, &Bytes), STATUS_NOT_IMPLEMENTED,
              "no platform extension takes the code");
    PoFxUnregisterDevice(Handle);
    V3.Version = PO_FX_VERSION_V3;
    V3.ComponentCount = 1;
    V3.Components[0].IdleStateCount = 1;
    V3.Components[0].IdleStates = States;
    is_status(start(&V3), STATUS_SUCCESS, "version 3, without callbacks");
    PoFxStartDevicePowerManagement(Handle);
    PoFxActivateComponent(Handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxIdleComponent(Handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxUnregisterDevice(Handle);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeInitializeEvent(&Told, SynchronizationEvent, FALSE);
    is_status(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS, "a device");
    test_arguments();
    test_conditions();
    test_hints();
    test_power();
    test_late_answer();
    test_end();
    IoDeleteDevice(Device);
    return done();
}
