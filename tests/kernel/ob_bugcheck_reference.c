/* One dereference too many while a handle is open: REFERENCE_BY_POINTER. */
#include "objects.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    PVOID Object;
    NAMED Named;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, named(&Named, NULL, OBJ_KERNEL_HANDLE), NotificationEvent, FALSE),
              STATUS_SUCCESS, "an event");
    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL);
    ObDereferenceObject(Object);
    expect_bugcheck(0x18);
    ObDereferenceObject(Object);
    return STATUS_SUCCESS;
}
