/* The last reference dropped at DISPATCH_LEVEL: the object is deleted later, at PASSIVE_LEVEL. */
#include "objects.h"

static PVOID Link;

static VOID drop(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    is_long(ObDereferenceObject(Link), 0, "the last reference");
}

/* Links are counted by their type: its information has the number of objects behind the name. */
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\Device");
    LARGE_INTEGER Soon = {.QuadPart = -10000};
    HANDLE Handle = NULL;
    ULONG64 Room[40];
    ULONG Length, Before, After;
    PPUBLIC_OBJECT_TYPE_INFORMATION Type = (PPUBLIC_OBJECT_TYPE_INFORMATION)Room;
    HANDLE Other = NULL;
    NAMED Named;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    is_status(ZwOpenSymbolicLinkObject(&Other, SYMBOLIC_LINK_QUERY, named(&Named, L"\\DosDevices", KERNEL_NAME)),
              STATUS_SUCCESS, "some link");
    ZwQueryObject(Other, ObjectTypeInformation, Room, sizeof(Room), &Length);
    Before = Type->Reserved[0];
    is_status(ZwCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, named(&Named, NULL, OBJ_KERNEL_HANDLE),
                                         &Target),
              STATUS_SUCCESS, "a link without a name");
    ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Link, NULL);
    ZwClose(Handle);
    ZwQueryObject(Other, ObjectTypeInformation, Room, sizeof(Room), &Length);
    is_ulong(Type->Reserved[0], Before + 1, "one link more");
    tap_at_levels(TAP_DISPATCH, drop, NULL, "drop");
    KeDelayExecutionThread(KernelMode, FALSE, &Soon);
    ZwQueryObject(Other, ObjectTypeInformation, Room, sizeof(Room), &Length);
    After = Type->Reserved[0];
    is_ulong(After, Before, "it is gone");
    ZwClose(Other);
    leak_end();
    return done();
}
