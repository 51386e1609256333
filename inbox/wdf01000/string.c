/* WDFSTRING: a string object with a buffer of its own, zero-terminated [doc: WdfStringCreate]. */
#include "fx.h"

#include <ntstrsafe.h>

typedef struct _FX_STRING {
    FX_OBJECT Object;
    UNICODE_STRING Value; /* pool; a terminator follows Length */
} FX_STRING;

static VOID FxStringDestroy(FX_OBJECT *Object)
{
    FxFree(((FX_STRING *)Object)->Value.Buffer);
}

static const FX_CLASS FxStringClass = {
    .Type = FxTypeString, .Name = "WDFSTRING", .Size = sizeof(FX_STRING), .Destroy = FxStringDestroy,
    .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

NTSTATUS FxStringAssign(FX_OBJECT *Object, PCUNICODE_STRING Value)
{
    FX_STRING *String = (FX_STRING *)Object;
    UNICODE_STRING Copy = { 0, 0, NULL };

    if (Value->Length > MAXUSHORT - 2 * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    Copy.MaximumLength = Value->Length + sizeof(WCHAR);
    Copy.Buffer = FxAllocate(Object->Globals, Copy.MaximumLength);
    if (Copy.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyUnicodeString(&Copy, Value);
    FxFree(String->Value.Buffer);
    String->Value = Copy;
    return STATUS_SUCCESS;
}

NTSTATUS FxStringCreate(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent,
                        PCUNICODE_STRING Value, FX_OBJECT **String)
{
    FX_OBJECT *Object;
    NTSTATUS Status = FxObjectCreate(Globals, &FxStringClass, Attributes, Parent, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Value != NULL)
        Status = FxStringAssign(Object, Value);
    if (NT_SUCCESS(Status))
        Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *String = Object;
    else
        FxObjectAbandon(Object);
    return Status;
}

const UNICODE_STRING *FxStringValue(const FX_OBJECT *Object)
{
    return &((const FX_STRING *)Object)->Value;
}

WDF_DDI(WdfStringCreate);
NTSTATUS NTAPI imp_WdfStringCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PCUNICODE_STRING UnicodeString,
                                   PWDF_OBJECT_ATTRIBUTES Attributes, WDFSTRING *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (NT_SUCCESS(Status) && UnicodeString != NULL)
        Status = RtlUnicodeStringValidate(UnicodeString);
    if (NT_SUCCESS(Status))
        Status = FxStringCreate(Globals, Attributes, (FX_OBJECT *)Globals->Driver, UnicodeString, &Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFSTRING, Object);
    return Status;
}

WDF_DDI(WdfStringGetUnicodeString);
VOID NTAPI imp_WdfStringGetUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSTRING Handle,
                                         PUNICODE_STRING UnicodeString)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_REQUIRE(Globals, UnicodeString);
    *UnicodeString = FX_OBJECT_OF(FX_STRING, Globals, Handle, FxTypeString)->Value;
}
