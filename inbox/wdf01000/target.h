/*
 * target: I/O targets and the requests sent to them. target.c: states; remote.c: opening; send.c:
 * sending, completion, cancellation, time-outs; format.c: what a stack location is filled with;
 * ownreq.c: requests that the driver makes.
 */
#pragma once

#include "io.h"

struct _FX_TARGET {
    FX_OBJECT Object;
    LIST_ENTRY DeviceLink;     /* in FX_DEVICE.Targets, else alone; TargetLock */
    struct _FX_READER *Reader; /* usbreader.c's, of a pipe that is read continuously; set once */
    KSPIN_LOCK Lock;
    WDF_IO_TARGET_STATE State; /* Lock */
    BOOLEAN IsRemote; /* opened by the driver; else the next lower driver or the device itself */
    BOOLEAN OwnsFile;          /* opened by name: Handle is closed with it */
    PDEVICE_OBJECT Wdm;        /* where IRPs go; NULL while a remote one is not open */
    PDEVICE_OBJECT Pdo;        /* of the target's stack, referenced; NULL where it has none */
    PFILE_OBJECT File;         /* for the stack locations; referenced when remote */
    HANDLE Handle;
    PVOID Watch;               /* PnP notification on File; NULL: none */
    LIST_ENTRY Sent;           /* of FX_REQUEST.TargetLink; Lock */
    LIST_ENTRY Waiting;        /* likewise, until the target is started; Lock */
    KEVENT Idle;               /* notification; signalled while Sent is empty; Lock */

    WDF_IO_TARGET_OPEN_PARAMS
        Open; /* of the last WdfIoTargetOpen, for reopening and its callbacks; newest form */
    UNICODE_STRING Name;            /* pool; by name */
};
extern const FX_CLASS FxTargetClass;

static inline FX_TARGET *FxTargetFromHandle(PWDF_DRIVER_GLOBALS Globals, WDFIOTARGET Handle)
{
    return FX_OBJECT_OF(FX_TARGET, FxGlobalsOf(Globals), Handle, FxTypeTarget);
}

/*
 * Creates a target of Class, which starts with an FX_TARGET: not remote, not committed, with
 * nowhere to send to yet. PASSIVE_LEVEL. AimDown: to the device's next lower driver.
 */
NTSTATUS FxTargetCreate(FX_DEVICE *Device, const FX_CLASS *Class, FX_OBJECT *Parent,
                        PWDF_OBJECT_ATTRIBUTES Attributes, WDF_IO_TARGET_STATE State,
                        FX_TARGET **Target);
VOID FxTargetAimDown(FX_TARGET *Target);
VOID FxTargetDispose(FX_OBJECT *Object); /* for the classes of targets */
VOID FxTargetDestroy(FX_OBJECT *Object);
/* Enters one in its device's list: removal closes it. */
VOID FxTargetEnlist(FX_TARGET *Target);

/* A request's part in sending. */
typedef struct _FX_SEND {
    FX_REQUEST *Request;
    BOOLEAN IsFormatted;
    BOOLEAN CopyOut;            /* SystemBuffer is ours: the output is copied to Output's memory */
    FX_MEMORY
        *Memory[3]; /* referenced while formatted and sent: input, output; or arguments 1, 2, 4 */
    PMDL Mdl;                   /* made for it; unlocked and freed afterwards */
    BOOLEAN MdlIsLocked;
    PVOID SystemBuffer;         /* pool, or NULL */
    BOOLEAN HasSaved;           /* a received IRP's own buffers are in Saved, to be put back */
    struct {
        PMDL Mdl;
        PVOID SystemBuffer, UserBuffer;
    } Saved;
    PURB Urb;                   /* that it takes along; NULL: none */
    BOOLEAN UrbIsOurs;          /* pool, freed afterwards */
    WDF_USB_REQUEST_COMPLETION_PARAMS Usb; /* what Params.Parameters.Usb.Completion points at */
    PVOID Output;               /* where CopyOut goes */
    SIZE_T OutputLength;
    WDF_REQUEST_COMPLETION_PARAMS Params;

    /* while sent */
    volatile LONG
        Holds; /* one for the IRP below, one for each who cancels; the last one to leave finishes */
    BOOLEAN IsSent;      /* Target's lock */
    BOOLEAN IsWaiting;   /* in Target->Waiting; Target's lock */
    BOOLEAN TimedOut;
    BOOLEAN TimerSet;
    KTIMER Timer;
    KDPC TimerDpc;
    KEVENT *Done;        /* of a synchronous sender, or NULL */
} FX_SEND;

/* The request's; made on first use; NULL when out of memory. */
FX_SEND *FxSendOf(FX_REQUEST *Request);
/* Drops what the last formatting made. Not while it is sent. */
VOID FxSendReset(FX_REQUEST *Request);
/*
 * Sends a request, formatted or not (then with its current stack location, or the plain one of its
 * own IRP). FALSE: it was not sent, Request->Status says why. Options may be NULL.
 */
BOOLEAN FxSend(FX_REQUEST *Request, FX_TARGET *Target, PWDF_REQUEST_SEND_OPTIONS Options);
/* A request sent to be cancelled; TRUE when that was in time. */
BOOLEAN FxSendCancel(FX_REQUEST *Request);
/* Those that waited for the target; Started: sent now, else completed with Status. */
VOID FxSendWaiting(FX_TARGET *Target, BOOLEAN Started, NTSTATUS Status);
/* Cancels everything sent to the target. */
VOID FxSendCancelAll(FX_TARGET *Target);

/* ---- ownreq.c ---- */
/* Is the request's IRP large enough for the target? Makes one for an own request that has none. */
NTSTATUS FxRequestFit(FX_REQUEST *Request, FX_TARGET *Target);
/* A request of the driver's own. Internal ones are not visible to it. */
NTSTATUS FxRequestCreateOwn(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes,
                            FX_OBJECT *Parent, PIRP Irp, BOOLEAN OwnsIrp, FX_REQUEST **Request);

/* ---- format.c ---- */
typedef struct _FX_BUFFER { /* a buffer of a formatted request, resolved */
    PVOID Address;
    SIZE_T Length;
    SIZE_T Offset;     /* of Address in Memory */
    PMDL Mdl;          /* describes Memory or is the buffer itself; NULL: none */
    FX_MEMORY *Memory; /* NULL: a plain buffer or MDL */
} FX_BUFFER;
NTSTATUS FxBufferOfMemory(FX_GLOBALS *Globals, WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset,
                          FX_BUFFER *Buffer);
NTSTATUS FxBufferOfDescriptor(FX_GLOBALS *Globals, PWDF_MEMORY_DESCRIPTOR Descriptor,
                              FX_BUFFER *Buffer);
/* A clean state, the IRP of the right size, its own buffers saved, the next location zeroed but for
 * the major function. */
NTSTATUS FxFormatBegin(FX_TARGET *Target, FX_REQUEST *Request, UCHAR Major, FX_SEND **Send);
NTSTATUS FxFormatEnd(FX_REQUEST *Request,
                     NTSTATUS Status); /* a formatting that failed leaves nothing behind */
NTSTATUS FxDescribeBuffer(FX_SEND *Send, const FX_BUFFER *Buffer,
                          PMDL *Mdl); /* the MDL of exactly the buffer */
VOID FxKeepMemory(FX_SEND *Send, ULONG Index,
                  const FX_BUFFER *Buffer); /* referenced while formatted and sent */
WDFMEMORY FxMemoryHandle(const FX_BUFFER *Buffer);
/* The request of a synchronous sending: the driver's, or one of ours, to be deleted. PASSIVE_LEVEL.
 */
NTSTATUS FxSynchronousRequest(PWDF_DRIVER_GLOBALS DriverGlobals, FX_TARGET *Target,
                              WDFREQUEST Handle, FX_REQUEST **Request);
VOID FxSynchronousEnd(FX_REQUEST *Request, BOOLEAN IsOurs); /* its end: deletes one of ours */
/* Sends a formatted request and waits; Options may be NULL. The request's status, sent or not. */
NTSTATUS FxSendSynchronously(FX_REQUEST *Request, FX_TARGET *Target,
                             PWDF_REQUEST_SEND_OPTIONS Options);
NTSTATUS FxFormatTransfer(FX_TARGET *Target, FX_REQUEST *Request, UCHAR Major,
                          const FX_BUFFER *Buffer, const LONGLONG *DeviceOffset);
NTSTATUS FxFormatControl(FX_TARGET *Target, FX_REQUEST *Request, UCHAR Major, ULONG Code,
                         const FX_BUFFER *In, const FX_BUFFER *Out);
NTSTATUS FxFormatOthers(FX_TARGET *Target, FX_REQUEST *Request, ULONG Code,
                        const FX_BUFFER *Argument);

/* ---- remote.c ---- */
VOID FxTargetForgetFile(FX_TARGET *Target); /* watch, handle, file and devices of a remote target */
