/*
 * What timers, DPCs and work items share: an event callback that runs later, serialised or not with the callbacks of the
 * parent.
 */
#pragma once

#include "device.h"

typedef struct _FX_DEFERRED {
    FX_OBJECT Object;
    FX_OBJECT *Client;        /* the parent that WdfXxxGetParentObject shows; referenced */
    FX_CALLBACK_LOCK *Lock;   /* NULL: not serialised */
    PKTHREAD Running;         /* the thread that is in the callback, or NULL */
} FX_DEFERRED;

/*
 * Creates and fills the common part. The parent must be given (STATUS_WDF_PARENT_NOT_SPECIFIED) and be a device or below
 * one (STATUS_INVALID_DEVICE_REQUEST). With Serialize the lock is the parent's; one that does not fit the level
 * (AtDispatch: a mutex; else: a spin lock when the object runs at passive level is fine) is
 * STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL. Not committed yet.
 */
NTSTATUS FxDeferredCreate(FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes,
                          BOOLEAN Serialize, BOOLEAN AtDispatch, FX_DEFERRED **Deferred);
/* Commits; on failure abandons, and Deferred is gone. */
NTSTATUS FxDeferredCommit(FX_DEFERRED *Deferred);
VOID FxDeferredDestroy(FX_OBJECT *Object); /* a class's Destroy calls it, or is it */
/* Calls Routine with the object's handle, under the lock. */
VOID FxDeferredCall(FX_DEFERRED *Deferred, VOID (NTAPI *Routine)(WDFOBJECT Handle));
