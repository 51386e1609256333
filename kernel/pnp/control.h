/*
 * NtPlugPlayControl: what setupapi and cfgmgr32 ask of the device tree. The service's name and arguments are NT's; its
 * classes and data are Drydock's own, since NT documents none.
 */
#pragma once

enum { /* the first argument */
    PNP_CONTROL_CREATE,    /* Device: a root-enumerated device from its key under Enum */
    PNP_CONTROL_START,     /* (re)starts Device, with the driver that its key names now */
    PNP_CONTROL_REMOVE,    /* Device and what is below: Problem stays on it; 0: a root device goes for good */
    PNP_CONTROL_STATUS,    /* of Device: Status, Problem, ProblemStatus, Service */
    PNP_CONTROL_RELATED,   /* Text: the instance path of Relation of Device; STATUS_NO_SUCH_DEVICE: none */
    PNP_CONTROL_ENUMERATE, /* what is below Device; waits until that is done */
    PNP_CONTROL_STACK,     /* Text: multi-string of the drivers of the stack, top first */
    PNP_CONTROL_EJECT,
    PNP_CONTROL_SETTLE     /* waits until no new device is being installed */
};

enum { PNP_RELATION_PARENT, PNP_RELATION_CHILD, PNP_RELATION_SIBLING };

enum { PNP_CONTROL_PATH = 208, PNP_CONTROL_TEXT = 512 }; /* in characters */

typedef struct _PNP_CONTROL_DATA { /* in and out */
    WCHAR Device[PNP_CONTROL_PATH]; /* instance path, terminated; empty: the root of the tree */
    ULONG Relation;                 /* PNP_RELATION_* */
    ULONG Status;                   /* DN_* */
    ULONG Problem;                  /* CM_PROB_* */
    LONG ProblemStatus;             /* NTSTATUS */
    WCHAR Text[PNP_CONTROL_TEXT];
} PNP_CONTROL_DATA;
