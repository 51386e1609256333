/*
 * NtPlugPlayControl: what setupapi and cfgmgr32 ask of the device tree. The service's name and
 * arguments are NT's; its classes and data are Drydock's own, since NT documents none.
 */
#pragma once

enum {                      /* the first argument */
       PNP_CONTROL_CREATE,  /* Device: a root-enumerated device from its key under Enum */
       PNP_CONTROL_START,   /* (re)starts Device, with the driver that its key names now */
       PNP_CONTROL_REMOVE,  /* Device and what is below: Problem stays on it; 0: a root device goes
                               for good. Refused:  PNP_VETO_TYPE in Relation, its text in Text */
       PNP_CONTROL_STATUS,  /* of Device: Status, Problem, ProblemStatus, Service */
       PNP_CONTROL_RELATED, /* Text: the instance path of Relation of Device; STATUS_NO_SUCH_DEVICE:
                               none */
       PNP_CONTROL_ENUMERATE, /* what is below Device; waits until that is done */
       PNP_CONTROL_STACK,     /* Text: multi-string of the drivers of the stack, top first */
       PNP_CONTROL_EJECT,     /* refused: as above */
       PNP_CONTROL_SETTLE,    /* waits until no new device is being installed */
       PNP_CONTROL_PROPERTY,  /* PNP_PROPERTY_DATA: what the system knows of Device;
                                 STATUS_BUFFER_TOO_SMALL: see Bytes */
       /* a program's watches: watch.c */
       PNP_CONTROL_WATCH = 16, /* PNP_WATCH_DATA: a new watch; its handle in Watch */
       PNP_CONTROL_NEXT_EVENT, /* PNP_EVENT_HEADER and what follows it: waits; STATUS_CANCELLED: the
                                  watch was stopped */
       PNP_CONTROL_ANSWER, /* PNP_EVENT_HEADER: to the event Number of the watch; Action is 0 or a
                              Win32 error */
       PNP_CONTROL_STOP_WATCH /* PNP_EVENT_HEADER: no more events of Watch */
};

enum { PNP_RELATION_PARENT, PNP_RELATION_CHILD, PNP_RELATION_SIBLING };
enum {
    PNP_REMOVE_NO_RESTART = 1
}; /* Relation of PNP_CONTROL_REMOVE: the next enumeration does not bring it back */

enum { PNP_CONTROL_PATH = 208, PNP_CONTROL_TEXT = 512 }; /* in characters */

typedef struct _PNP_CONTROL_DATA { /* in and out */
    WCHAR Device[PNP_CONTROL_PATH]; /* instance path, terminated; empty: the root of the tree */
    ULONG Relation;                 /* PNP_RELATION_* */
    ULONG Status;                   /* DN_* */
    ULONG Problem;                  /* CM_PROB_* */
    LONG ProblemStatus;             /* NTSTATUS */
    WCHAR Text[PNP_CONTROL_TEXT];
} PNP_CONTROL_DATA;

typedef struct _PNP_PROPERTY_DATA { /* in and out; the value follows, as much of it as there is room
                                       for it all */
    WCHAR Device[PNP_CONTROL_PATH];
    GUID Category; /* of the key; zeros: Id is a DEVICE_REGISTRY_PROPERTY */
    ULONG Id;
    ULONG Type;    /* DEVPROP_TYPE_*, out */
    ULONG Bytes;   /* of the value, out */
} PNP_PROPERTY_DATA;

/* ---- watches: the numbers are CM_NOTIFY_FILTER_TYPE's and CM_NOTIFY_ACTION's ---- */
enum { PNP_WATCH_INTERFACE, PNP_WATCH_TARGET, PNP_WATCH_INSTANCE };

enum {
    PNP_EVENT_ARRIVAL,
    PNP_EVENT_REMOVAL,
    PNP_EVENT_QUERY_REMOVE, /* to be answered */
    PNP_EVENT_QUERY_REMOVE_FAILED,
    PNP_EVENT_REMOVE_PENDING,
    PNP_EVENT_REMOVE_COMPLETE,
    PNP_EVENT_CUSTOM,
    PNP_EVENT_ENUMERATED,
    PNP_EVENT_STARTED,
    PNP_EVENT_INSTANCE_REMOVED
};

typedef struct _PNP_WATCH_DATA {
    HANDLE Watch;                   /* out */
    ULONG Kind;                     /* PNP_WATCH_* */
    ULONG All;                      /* every class, every device */
    GUID Class;                     /* PNP_WATCH_INTERFACE */
    HANDLE Target;                  /* PNP_WATCH_TARGET: a file on the device */
    WCHAR Device[PNP_CONTROL_PATH]; /* PNP_WATCH_INSTANCE */
} PNP_WATCH_DATA;

typedef struct _PNP_EVENT_HEADER {
    HANDLE Watch;     /* in */
    ULONG Action;     /* PNP_EVENT_* */
    ULONG Number;     /* from 1, of the watch */
    GUID Guid;        /* interface class, or a custom event's */
    LONG NameOffset;  /* custom event */
    ULONG Bytes; /* of what follows: link or instance path (neither terminated), or a custom event's
                    data */
} PNP_EVENT_HEADER;
