/*
 * Private to the file system of C: and of the host's folders that are drives (volume*.c): file and
 * open-handle records, calls to the host.
 */
#pragma once

#include "iop.h"

/* One per file that is open, found by its volume and the host's file ID. */
typedef struct _VOL_FILE {
    FSRTL_ADVANCED_FCB_HEADER
        Header; /* FILE_OBJECT.FsContext points here; file system filters look at it */
    LIST_ENTRY Link;                  /* VolFiles; PASSIVE_LEVEL */
    PDEVICE_OBJECT Device;
    ULONG64 FileId;
    SHARE_ACCESS Share;
    ULONG Opens;                      /* file objects with this record */
    ULONG Handles;                    /* of them not yet cleaned up */
    BOOLEAN DeletePending;
    BOOLEAN Deleted;
    BOOLEAN Directory;
} VOL_FILE;

/* One per file object: FILE_OBJECT.FsContext2. */
typedef struct _VOL_OPEN {
    PDEVICE_OBJECT Device;
    ULONG64 Handle;        /* the host's; 0 for the volume itself */
    VOL_FILE *File;        /* NULL for the volume itself */
    UNICODE_STRING Path;   /* from the root, "\dir\file"; "\" for the root */
    UNICODE_STRING
        Target; /* last component, when the file's directory was opened as a rename target */
    UNICODE_STRING Pattern;/* of the directory scan, upcased; Buffer NULL before the first query */
    ULONG Index;           /* next entry of the scan */
    BOOLEAN Scanned;       /* an entry was returned */
    BOOLEAN DeleteOnClose;
    BOOLEAN Writable;
} VOL_OPEN;

#define VOL_TAG 'loVD'

/* The extension of a volume's device. */
typedef struct _VOL_DEVICE {
    CHAR Drive; /* HAL_FILE_REQUEST.drive: 0 for C:, else the letter of a volume that cannot be
                   written to */
    PNOTIFY_SYNC NotifySync;
    LIST_ENTRY Notify;  /* who watches directories */
} VOL_DEVICE;

static inline BOOLEAN VolIsProtected(PDEVICE_OBJECT Device)
{
    return ((VOL_DEVICE *)Device->DeviceExtension)->Drive != 0;
}

/* One request to the host; gives its NTSTATUS. */
NTSTATUS VolCall(HAL_FILE_REQUEST *Request);
/* As above for an open file; the operation only. */
NTSTATUS VolHandleCall(HAL_FILE_REQUEST *Request, ULONG Operation, const VOL_OPEN *Open);
/* NT path from the root to the host's form, in pool (tag VOL_TAG). STATUS_OBJECT_NAME_INVALID for
 * names NT forbids. */
NTSTATUS VolHostPath(PCUNICODE_STRING Path, char **HostPath, PULONG Bytes);
NTSTATUS VolStat(const VOL_OPEN *Open, HAL_FILE_INFO *Info);
/* The caller's data: locked pages if the request has an MDL, else the address as given. NULL: out
 * of memory. */
PVOID VolBuffer(PIRP Irp);
/* Directory and file joined by one backslash, in pool. Buffer NULL: out of memory or too long. */
UNICODE_STRING VolJoin(PCUNICODE_STRING Directory, PCUNICODE_STRING Name);
NTSTATUS VolComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

/* ---- volumenotify.c ---- */
VOID VolInitNotify(VOL_DEVICE *Volume); /* raises when there is no memory */
NTSTATUS VolNotifyChange(VOL_OPEN *Open, PIRP Irp);
/* Tells the watchers of Path's directory, FILE_NOTIFY_CHANGE_* in Filter, FILE_ACTION_*. */
VOID VolReport(PDEVICE_OBJECT Device, PUNICODE_STRING Path, ULONG Filter, ULONG Action);
BOOLEAN VolIsWatched(PDEVICE_OBJECT Device); /* anybody at all: saves work when nobody is */
/* The filter bit of the open file's name. */
static inline ULONG VolNameFilter(const VOL_OPEN *Open)
{
    return Open->File->Directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
}

NTSTATUS NTAPI VolCreate(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolCleanup(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolClose(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolReadWrite(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolFlush(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolQueryInformation(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolSetInformation(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolQueryVolume(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI VolDirectoryControl(PDEVICE_OBJECT Device, PIRP Irp);
