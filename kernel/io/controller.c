/*
 * Controller objects: devices that take turns on one controller. [doc: Using Controller Objects]
 */
#include "iop.h"

NT_EXPORT(IoCreateController);
PCONTROLLER_OBJECT NTAPI IoCreateController(ULONG Size)
{
    OBJECT_ATTRIBUTES Attributes;
    PCONTROLLER_OBJECT Controller;
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ObCreateObject(KernelMode, IopControllerType, &Attributes, KernelMode, NULL,
                                   sizeof(*Controller) + Size, 0, 0, (PVOID *)&Controller)))
        return NULL;
    RtlZeroMemory(Controller, sizeof(*Controller) + Size);
    Controller->Type = IO_TYPE_CONTROLLER;
    Controller->Size = (CSHORT)(sizeof(*Controller) + Size);
    Controller->ControllerExtension = Controller + 1;
    KeInitializeDeviceQueue(&Controller->DeviceWaitQueue);
    if (!NT_SUCCESS(ObInsertObject(Controller, NULL, FILE_READ_DATA, 1, (PVOID *)&Controller, &Handle)))
        return NULL;
    ZwClose(Handle);
    return Controller;
}

NT_EXPORT(IoDeleteController);
VOID NTAPI IoDeleteController(PCONTROLLER_OBJECT ControllerObject)
{
    ObDereferenceObject(ControllerObject);
}

/* TRUE: the device keeps the controller. */
static BOOLEAN IopRunController(PDEVICE_OBJECT Device)
{
    PWAIT_CONTEXT_BLOCK Wait = &Device->Queue.Wcb;

    return Wait->DeviceRoutine(Device, Device->CurrentIrp, NULL, Wait->DeviceContext) == KeepObject;
}

NT_EXPORT(IoFreeController);
VOID NTAPI IoFreeController(PCONTROLLER_OBJECT ControllerObject)
{
    PKDEVICE_QUEUE_ENTRY Entry;

    while ((Entry = KeRemoveDeviceQueue(&ControllerObject->DeviceWaitQueue)) != NULL)
        if (IopRunController(CONTAINING_RECORD(Entry, DEVICE_OBJECT, Queue.Wcb.WaitQueueEntry)))
            return;
}

NT_EXPORT(IoAllocateController);
VOID NTAPI IoAllocateController(PCONTROLLER_OBJECT ControllerObject, PDEVICE_OBJECT DeviceObject,
                                PDRIVER_CONTROL ExecutionRoutine, PVOID Context)
{
    DeviceObject->Queue.Wcb.DeviceRoutine = ExecutionRoutine;
    DeviceObject->Queue.Wcb.DeviceContext = Context;
    if (KeInsertDeviceQueue(&ControllerObject->DeviceWaitQueue, &DeviceObject->Queue.Wcb.WaitQueueEntry))
        return; /* IoFreeController calls the routine */
    if (!IopRunController(DeviceObject))
        IoFreeController(ControllerObject);
}
