/* An object dereferenced again after its last reference deleted it: REFERENCE_BY_POINTER. */
#include "objects.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PKEVENT Event = NULL;
    NAMED Named;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(ObCreateObject(KernelMode, *ExEventObjectType, named(&Named, NULL, OBJ_KERNEL_HANDLE), KernelMode, NULL,
                             sizeof(KEVENT), 0, 0, (PVOID *)&Event),
              STATUS_SUCCESS, "an event");
    is_long(ObDereferenceObject(Event), 0, "is deleted");
    expect_bugcheck(0x18);
    ObDereferenceObject(Event);
    return STATUS_SUCCESS;
}
