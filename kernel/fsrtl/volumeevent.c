/*
 * Events of volumes, told to whoever watches the volume's device before the call returns. [doc:
 * FsRtlNotifyVolumeEvent; Device Events] The device is the lowest one below the file object's.
 */
#include "fsrtl.h"

/* By FSRTL_VOLUME_*. */
static const GUID FsRtlpVolumeEvent[] = {
    [FSRTL_VOLUME_DISMOUNT] = {0xd16a55e8,
                               0x1059,
                               0x11d2,
                               {0x8f, 0xfd, 0x00, 0xa0, 0xc9, 0xa0, 0x6d, 0x32}},
    [FSRTL_VOLUME_DISMOUNT_FAILED] = {0xe3c5b178,
                                      0x105d,
                                      0x11d2,
                                      {0x8f, 0xfd, 0x00, 0xa0, 0xc9, 0xa0, 0x6d, 0x32}},
    [FSRTL_VOLUME_LOCK] = {0x50708874,
                           0xc9af,
                           0x11d1,
                           {0x8f, 0xef, 0x00, 0xa0, 0xc9, 0xa0, 0x6d, 0x32}},
    [FSRTL_VOLUME_LOCK_FAILED] = {0xae2eed10,
                                  0x0ba8,
                                  0x11d2,
                                  {0x8f, 0xfb, 0x00, 0xa0, 0xc9, 0xa0, 0x6d, 0x32}},
    [FSRTL_VOLUME_UNLOCK] = {0x9a8c3d68,
                             0xd0cb,
                             0x11d1,
                             {0x8f, 0xef, 0x00, 0xa0, 0xc9, 0xa0, 0x6d, 0x32}},
    [FSRTL_VOLUME_MOUNT] = {0xb5804878,
                            0x1a96,
                            0x11d2,
                            {0x8f, 0xfd, 0x00, 0xa0, 0xc9, 0xa0, 0x6d, 0x32}},
    [FSRTL_VOLUME_NEEDS_CHKDSK] = {0x799a0960,
                                   0x0a0b,
                                   0x4e03,
                                   {0xad, 0x88, 0x2f, 0xa7, 0xc6, 0xce, 0x74, 0x8a}},
    /* [guess] This one's, FORCED_CLOSED's, INFO_MAKE_COMPAT's and BACKGROUND_FORMAT's stand in the
     * SDK's ioevent.h, and in no document. */
    [FSRTL_VOLUME_WORM_NEAR_FULL] = {0xf3bfff82,
                                     0xf3de,
                                     0x48d2,
                                     {0xaf, 0x95, 0x45, 0x7f, 0x80, 0xb7, 0x63, 0xf2}},
    [FSRTL_VOLUME_WEARING_OUT] = {0x873113ca,
                                  0x1486,
                                  0x4508,
                                  {0x82, 0xac, 0xc3, 0xb2, 0xe5, 0x29, 0x7a, 0xaa}},
    [FSRTL_VOLUME_FORCED_CLOSED] = {0x411ad84f,
                                    0x433e,
                                    0x4dc2,
                                    {0xa5, 0xae, 0x4a, 0x2d, 0x1a, 0x2d, 0xe6, 0x54}},
    [FSRTL_VOLUME_INFO_MAKE_COMPAT] = {0x3ab9a0d2,
                                       0xef80,
                                       0x45cf,
                                       {0x8c, 0xdc, 0xcb, 0xe0, 0x2a, 0x21, 0x29, 0x06}},
    [FSRTL_VOLUME_PREPARING_EJECT] = {0xc79eb16e,
                                      0x0dac,
                                      0x4e7a,
                                      {0xa8, 0x6c, 0xb2, 0x5c, 0xee, 0xaa, 0x88, 0xf6}},
    [FSRTL_VOLUME_CHANGE_SIZE] = {0x3a1625be,
                                  0xad03,
                                  0x49f1,
                                  {0x8e, 0xf8, 0x6b, 0xba, 0xc1, 0x82, 0xd1, 0xfd}},
    [FSRTL_VOLUME_BACKGROUND_FORMAT] = {0xa2e5fc86,
                                        0xd5cd,
                                        0x4038,
                                        {0xb2, 0xe3, 0x44, 0x45, 0x06, 0x5c, 0x23, 0x77}},
};

/* Event is filled but for what this sets: the GUID and what is the same for every custom event. */
static NTSTATUS FsRtlpReportEvent(PFILE_OBJECT FileObject, ULONG EventCode,
                                  PTARGET_DEVICE_CUSTOM_NOTIFICATION Event)
{
    PDEVICE_OBJECT Base;
    NTSTATUS Status;

    if (EventCode == 0 || EventCode >= RTL_NUMBER_OF(FsRtlpVolumeEvent))
        return STATUS_INVALID_PARAMETER;
    Event->Event = FsRtlpVolumeEvent[EventCode];
    Base = IoGetDeviceAttachmentBaseRef(FileObject->DeviceObject);
    Status = IoReportTargetDeviceChange(Base, Event);
    ObDereferenceObject(Base);
    return Status;
}

NT_EXPORT(FsRtlNotifyVolumeEvent);
NTSTATUS NTAPI FsRtlNotifyVolumeEvent(PFILE_OBJECT FileObject, ULONG EventCode)
{
    TARGET_DEVICE_CUSTOM_NOTIFICATION Event = {.Version = 1, .NameBufferOffset = -1};

    Event.Size = FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer);
    return FsRtlpReportEvent(FileObject, EventCode, &Event);
}

/* The caller's own data go with the event. [doc: FsRtlNotifyVolumeEventEx] */
NT_EXPORT(FsRtlNotifyVolumeEventEx);
NTSTATUS NTAPI FsRtlNotifyVolumeEventEx(PFILE_OBJECT FileObject, ULONG EventCode,
                                        PTARGET_DEVICE_CUSTOM_NOTIFICATION Event)
{
    return FsRtlpReportEvent(FileObject, EventCode, Event);
}
