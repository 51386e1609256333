/*
 * What filters and file systems hear of the locks that mm and the cache manager take in a file
 * system's name. [doc: FsRtlRegisterFileSystemFilterCallbacks, FS_FILTER_CALLBACKS] Told are the
 * creation of a section and CcFlushCache; there is no modified page writer. Pre-callbacks run from
 * the top of the stack to the driver that completes the operation, or its end; post-callbacks back
 * up.
 */
#include "../io/iop.h"
#include "fsrtl.h"

#define FSRTLP_FILTER_TAG 'FrsF'
#define FSRTLP_MAXIMUM_STACK 32

NT_EXPORT(FsRtlRegisterFileSystemFilterCallbacks);
NTSTATUS NTAPI FsRtlRegisterFileSystemFilterCallbacks(PDRIVER_OBJECT FilterDriverObject,
                                                      PFS_FILTER_CALLBACKS Callbacks)
{
    PFS_FILTER_CALLBACKS Copy;

    if (FilterDriverObject == NULL || Callbacks == NULL ||
        Callbacks->SizeOfFsFilterCallbacks <
            FIELD_OFFSET(FS_FILTER_CALLBACKS, PreAcquireForCcFlush))
        return STATUS_INVALID_PARAMETER;
    if (IopDriverExt(FilterDriverObject)->FsFilterCallbacks != NULL)
        return STATUS_INVALID_PARAMETER;
    Copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Copy), FSRTLP_FILTER_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Callbacks, min(Callbacks->SizeOfFsFilterCallbacks, (ULONG)sizeof(*Copy)));
    IopDriverExt(FilterDriverObject)->FsFilterCallbacks = Copy;
    return STATUS_SUCCESS;
}

VOID FsRtlForgetFilterCallbacks(PDRIVER_OBJECT Driver)
{
    if (IopDriverExt(Driver)->FsFilterCallbacks != NULL)
        ExFreePoolWithTag(IopDriverExt(Driver)->FsFilterCallbacks, FSRTLP_FILTER_TAG);
    IopDriverExt(Driver)->FsFilterCallbacks = NULL;
}

typedef struct _FSRTLP_PAIR {
    PFS_FILTER_CALLBACK Pre;
    PFS_FILTER_COMPLETION_CALLBACK Post;
} FSRTLP_PAIR;

/* The pairs follow each other in the structure as the operations go down from -1. */
static FSRTLP_PAIR FsRtlpPairOf(PDEVICE_OBJECT Device, UCHAR Operation)
{
    const FS_FILTER_CALLBACKS *Callbacks = IopDriverExt(Device->DriverObject)->FsFilterCallbacks;

    switch (Callbacks == NULL ? 0 : Operation) {
    case FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION:
        return (FSRTLP_PAIR){Callbacks->PreAcquireForSectionSynchronization,
                             Callbacks->PostAcquireForSectionSynchronization};
    case FS_FILTER_RELEASE_FOR_SECTION_SYNCHRONIZATION:
        return (FSRTLP_PAIR){Callbacks->PreReleaseForSectionSynchronization,
                             Callbacks->PostReleaseForSectionSynchronization};
    case FS_FILTER_ACQUIRE_FOR_CC_FLUSH:
        return (FSRTLP_PAIR){Callbacks->PreAcquireForCcFlush, Callbacks->PostAcquireForCcFlush};
    case FS_FILTER_RELEASE_FOR_CC_FLUSH:
        return (FSRTLP_PAIR){Callbacks->PreReleaseForCcFlush, Callbacks->PostReleaseForCcFlush};
    default:
        return (FSRTLP_PAIR){NULL, NULL};
    }
}

NTSTATUS FsRtlTellFilters(PFILE_OBJECT File, UCHAR Operation,
                          const FS_FILTER_PARAMETERS *Parameters)
{
    struct {
        PDEVICE_OBJECT Device;
        PFS_FILTER_COMPLETION_CALLBACK Post;
        PVOID Context;
    } Told[FSRTLP_MAXIMUM_STACK];
    FS_FILTER_CALLBACK_DATA Data = {
        .SizeOfFsFilterCallbackData = sizeof(Data), .Operation = Operation, .FileObject = File};
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count = 0;

    if (Parameters != NULL)
        Data.Parameters = *Parameters;
    for (PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
         Device != NULL && Count < FSRTLP_MAXIMUM_STACK;
         Device = IopDeviceExt(Device)->AttachedTo) {
        FSRTLP_PAIR Pair = FsRtlpPairOf(Device, Operation);

        Data.DeviceObject = Device;
        Told[Count].Device = Device;
        Told[Count].Post = Pair.Post;
        Told[Count].Context = NULL;
        if (Pair.Pre != NULL)
            Status = Pair.Pre(&Data, &Told[Count].Context);
        if (Status == STATUS_FSFILTER_OP_COMPLETED_SUCCESSFULLY || !NT_SUCCESS(Status))
            break; /* it has no post-callback */
        Count++;
    }
    while (Count-- != 0) {
        Data.DeviceObject = Told[Count].Device;
        if (Told[Count].Post != NULL)
            Told[Count].Post(&Data, Status, Told[Count].Context);
    }
    return Status;
}
