/*
 * The interface of the toaster bus and of its toasters: the one header that the drivers and their
 * programs share. Neither has a name; both are found by their interface class. Structures hold no
 * pointers, so x86 programs pass the same bytes.
 *
 * ACCESS. What changes the bus asks for a handle with FILE_WRITE_DATA, and the INF gives that to
 * SYSTEM and administrators.
 *
 * A toaster: what is written to it (at most TOASTER_SLOTS bytes) is bread; the write ends when it
 * is toasted, after TOASTER_MS times its browning. What is read is toast, in upper case; a read
 * waits until there is some. Both can be cancelled.
 *
 * ERRORS. STATUS_INFO_LENGTH_MISMATCH: Size is not that of the structure; STATUS_BUFFER_TOO_SMALL:
 * the output buffer is too short; STATUS_NO_SUCH_DEVICE: no such serial number;
 * STATUS_OBJECT_NAME_COLLISION: it is plugged in already; STATUS_DEVICE_REMOVED: the toaster was
 * pulled out.
 */
#pragma once

/*
 * {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}: the setup class of toasters, and the enumerator that
 * their IDs begin with
 */
DEFINE_GUID(GUID_DEVCLASS_DRYDOCK_TOASTER, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52,
            0xa0, 0xf1, 0x01);
/* {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F102} */
DEFINE_GUID(GUID_DEVINTERFACE_TOASTER_BUS, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52,
            0xa0, 0xf1, 0x02);
/* {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F103} */
DEFINE_GUID(GUID_DEVINTERFACE_TOASTER, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52,
            0xa0, 0xf1, 0x03);
/*
 * {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F104}: what a toaster's driver asks of the bus
 * (IRP_MN_QUERY_INTERFACE)
 */
DEFINE_GUID(GUID_TOASTER_BUS_INTERFACE, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52,
            0xa0, 0xf1, 0x04);
/* {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F105}: the bus type (IRP_MN_QUERY_BUS_INFORMATION) */
DEFINE_GUID(GUID_BUS_TYPE_DRYDOCK_TOASTER, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52,
            0xa0, 0xf1, 0x05);
/* {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F106}: WMI data block of the bus, a TOASTER_BUS_DATA */
DEFINE_GUID(GUID_WMI_TOASTER_BUS, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52, 0xa0,
            0xf1, 0x06);
/*
 * {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F107}: WMI data block of a toaster, a TOASTER_STATUS; item
 * TOASTER_ITEM_BROWNING can be set
 */
DEFINE_GUID(GUID_WMI_TOASTER, 0x9b6f0c34, 0x3a5b, 0x4e0e, 0x9d, 0x0b, 0x7c, 0x1e, 0x52, 0xa0, 0xf1,
            0x07);

#define TOASTER_ENUMERATOR L"{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}"
#define TOASTER_DEVICE_ID TOASTER_ENUMERATOR L"\\DrydockToaster"
#define TOASTER_COMPATIBLE_ID TOASTER_ENUMERATOR L"\\Toaster"

/* ---- the bus ---- */
#define BUSENUM_CODE(number, access) \
    CTL_CODE(FILE_DEVICE_BUS_EXTENDER, 0x800 + (number), METHOD_BUFFERED, access)
/* In: a TOASTER_SERIAL, its number not 0. */
#define IOCTL_BUSENUM_PLUG_IN BUSENUM_CODE(0, FILE_WRITE_ACCESS)
/* In: a TOASTER_SERIAL, 0: each. Pulled out: the PnP manager hears of it when it is gone. */
#define IOCTL_BUSENUM_UNPLUG BUSENUM_CODE(1, FILE_WRITE_ACCESS)
/*
 * In: a TOASTER_SERIAL, 0: each. Asked for, as with an eject button: the PnP manager may be
 * refused.
 */
#define IOCTL_BUSENUM_EJECT BUSENUM_CODE(2, FILE_WRITE_ACCESS)
/*
 * In: a TOASTER_SERIAL. Somebody presses its lever: a toaster that is armed wakes itself and the
 * machine.
 */
#define IOCTL_BUSENUM_PRESS BUSENUM_CODE(3, FILE_WRITE_ACCESS)
/* Out: a TOASTER_LIST with as many entries as there are, or fit. */
#define IOCTL_BUSENUM_LIST BUSENUM_CODE(4, FILE_READ_ACCESS)

typedef struct _TOASTER_SERIAL {
    unsigned long Size;
    unsigned long Serial;
} TOASTER_SERIAL;

enum {                       /* TOASTER_ENTRY.Flags */
    TOASTER_ENTRY_STARTED = 1, /* it has drivers, and they were started */
    TOASTER_ENTRY_ARMED = 2,   /* it waits to wake the machine */
    TOASTER_ENTRY_LOCKED = 4   /* it is not to be ejected */
};
typedef struct _TOASTER_ENTRY {
    unsigned long Serial, Flags;
    unsigned long DevicePower; /* DEVICE_POWER_STATE */
} TOASTER_ENTRY;

typedef struct _TOASTER_LIST {
    unsigned long Count; /* toasters on the bus: maybe more than there are entries */
    TOASTER_ENTRY Entry[1];
} TOASTER_LIST;

typedef struct _TOASTER_BUS_DATA {
    unsigned long Present, Plugged, Unplugged, Ejected; /* now; since the bus was started */
} TOASTER_BUS_DATA;

/* ---- a toaster ---- */
#define TOASTER_CODE(number, access) \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900 + (number), METHOD_BUFFERED, access)
/* Out: a TOASTER_STATUS. */
#define IOCTL_TOASTER_GET_STATUS TOASTER_CODE(0, FILE_READ_ACCESS)
/* In: a ULONG from 1 to TOASTER_BROWNING_MAX. */
#define IOCTL_TOASTER_SET_BROWNING TOASTER_CODE(1, FILE_WRITE_ACCESS)
/*
 * In: a ULONG, milliseconds from now: the lever pops up by itself then, and wakes the machine if it
 * is armed.
 */
#define IOCTL_TOASTER_POP_AFTER TOASTER_CODE(2, FILE_WRITE_ACCESS)

#define TOASTER_SLOTS 64u
#define TOASTER_RACK 256u /* bytes of toast that wait to be read */
#define TOASTER_MS 10u
#define TOASTER_BROWNING_MAX 6u
#define TOASTER_ITEM_BROWNING 2u

typedef struct _TOASTER_STATUS {
    unsigned long Serial, Browning;
    unsigned long Toasted;           /* bytes since the device was added */
    unsigned long ReadsWaiting, WritesWaiting;
    unsigned long Starts, PowerDowns, Wakes;
} TOASTER_STATUS;

/* ---- between the bus driver and a toaster's driver ---- */
#ifdef _NTDDK_ /* by the kit: a driver */
#define TOASTER_BUS_INTERFACE_VERSION 1
typedef struct _TOASTER_BUS_INTERFACE {
    INTERFACE Header;
    ULONG (NTAPI *GetSerial)(PVOID Context);                           /* IRQL <= DISPATCH_LEVEL */
    VOID (NTAPI *PopAfter)(PVOID Context, ULONG Milliseconds);         /* IRQL <= DISPATCH_LEVEL */
} TOASTER_BUS_INTERFACE;
#endif
