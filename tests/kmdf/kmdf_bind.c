/* KMDF 1.15: binding: what a driver has before its DriverEntry runs, and what WdfDriverCreate adds. */
#include "tap.h"
#include <wdf.h>

typedef struct _DRIVER_CONTEXT {
    ULONG Value;
} DRIVER_CONTEXT, *PDRIVER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DRIVER_CONTEXT, DriverGetContext)

typedef struct _OTHER_CONTEXT {
    ULONG64 Value;
} OTHER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE(OTHER_CONTEXT)

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    ok(DriverGetContext(Driver)->Value == 42, "the driver's context is there while it unloads");
    done();
}

static ULONG EmptyEntries(VOID)
{
    ULONG Count = 0, Index;

    for (Index = 0; Index < WdfFunctionTableNumEntries; Index++)
        Count += WdfFunctions[Index] == NULL;
    return Count;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDRIVER Driver = NULL;
    NTSTATUS Status;

    tap_begin(DriverObject);
    ok(WdfDriverGlobals != NULL, "the driver's globals");
    ok(WdfGetDriver() == NULL, "no driver before WdfDriverCreate");
    ok(_strnicmp(WdfDriverGlobals->DriverName, "kmdf_bind", 9) == 0, "its name: %s", WdfDriverGlobals->DriverName);
    is_ulong(EmptyEntries(), 0, "no function is missing from the table");

    memset(&Config, 0xA5, sizeof(Config));
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = EvtUnload;
    memset(&Attributes, 0xA5, sizeof(Attributes));
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, DRIVER_CONTEXT);
    Status = WdfDriverCreate(DriverObject, RegistryPath, &Attributes, &Config, &Driver);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    ok(WdfGetDriver() == Driver, "WdfGetDriver");
    ok(WdfDriverWdmGetDriverObject(Driver) == DriverObject, "its driver object");
    ok(WdfDriverGlobals->DisplaceDriverUnload, "the stub takes the unload routine");
    ok(WdfDriverGlobals->DriverFlags & WdfDriverInitNonPnpDriver, "the flags");
    ok(DriverGetContext(Driver) != NULL, "its context");
    is_ulong(DriverGetContext(Driver)->Value, 0, "the context starts as zeros");
    is_ulong64((ULONG_PTR)DriverGetContext(Driver) % 16, 0, "and is aligned to 16");
    ok(WdfObjectGet_OTHER_CONTEXT(Driver) == NULL, "no context of another type");
    DriverGetContext(Driver)->Value = 42;
    return STATUS_SUCCESS; /* EvtUnload goes on */
}
