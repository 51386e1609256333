/*
 * NtPowerInformation's levels PowerRequestCreate and PowerRequestAction: what kernel32's
 * PowerCreateRequest and its like ask. The levels are NT's; their data are Drydock's own, since NT
 * documents none.
 */
#pragma once

enum { PO_REASON_CHARACTERS = 128 };

typedef struct _PO_REQUEST_CREATE { /* in; out: a handle */
    WCHAR Reason[PO_REASON_CHARACTERS]; /* terminated */
} PO_REQUEST_CREATE;

typedef struct _PO_REQUEST_ACTION { /* in */
    HANDLE Request;
    ULONG Type; /* POWER_REQUEST_TYPE */
    ULONG Set;  /* 0: clear */
} PO_REQUEST_ACTION;
