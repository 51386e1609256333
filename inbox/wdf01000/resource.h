/* resource: lists of resources as the PnP callbacks see them. */
#pragma once

#include "device.h"

/*
 * A WDFCMRESLIST with the descriptors of a start request's list (may be NULL: none), a child of the device. The client may
 * not delete it; in the callbacks that filter resources it may change it. PASSIVE_LEVEL.
 */
NTSTATUS FxCmListCreate(FX_DEVICE *Device, const CM_RESOURCE_LIST *Resources, BOOLEAN MayChange, FX_OBJECT **List);
/* The descriptor, NULL past the end; the index of one that is in the list, else MAXULONG. */
CM_PARTIAL_RESOURCE_DESCRIPTOR *FxCmListItem(FX_OBJECT *List, ULONG Index);
ULONG FxCmListIndex(FX_OBJECT *List, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);
/* The list as one of NT's, in pool of the client's; the caller frees it. Empty list: *Resources is NULL. */
NTSTATUS FxCmListToNt(FX_OBJECT *List, INTERFACE_TYPE InterfaceType, ULONG BusNumber, PCM_RESOURCE_LIST *Resources);

/* A WDFIORESREQLIST from NT's list (may be NULL), a child of Parent, and back. MayChange as above. */
NTSTATUS FxRequirementsCreate(FX_GLOBALS *Globals, FX_OBJECT *Parent, const IO_RESOURCE_REQUIREMENTS_LIST *Requirements,
                              BOOLEAN MayChange, FX_OBJECT **List);
NTSTATUS FxRequirementsToNt(FX_OBJECT *List, PIO_RESOURCE_REQUIREMENTS_LIST *Requirements);
