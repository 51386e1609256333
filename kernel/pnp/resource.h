/* Private to pnp: resource descriptors, as ranges of a space and in their lists. */
#pragma once

#include "pnpp.h"

/* mingw's headers lack it. */
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                  ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                  PKAFFINITY Affinity);

typedef struct _PNP_RANGE {
    UCHAR Space; /* CmResourceType*: port, memory, interrupt, DMA, bus number; CmResourceTypeNull:
                    not arbitrated */
    ULONG64 First, Last;
} PNP_RANGE;

/* Messages' vectors, in the interrupt space behind the lines. */
#define PNP_FIRST_MESSAGE 0x10000ull

UCHAR PnpSpaceOf(UCHAR Type);
/* FALSE: the descriptor takes nothing that others could want. */
BOOLEAN PnpRangeOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, PNP_RANGE *Range);
ULONG64 PnpStartOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);
/* The descriptors of a list, one a call; Last starts at NULL. NULL at the end. */
PCM_PARTIAL_RESOURCE_DESCRIPTOR PnpNextDescriptor(PCM_RESOURCE_LIST List,
                                                  PCM_PARTIAL_RESOURCE_DESCRIPTOR Last);

/* A configuration or empty descriptor, which asks for nothing. */
BOOLEAN PnpIsNoRequirement(const IO_RESOURCE_DESCRIPTOR *Requirement);
/* Type, flags, length as required; no place yet. */
VOID PnpPrepare(const IO_RESOURCE_DESCRIPTOR *Requirement,
                CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);
/* The first place at or behind From that the requirement allows. FALSE: there is none. */
BOOLEAN PnpPlaceAt(const IO_RESOURCE_DESCRIPTOR *Requirement, ULONG64 From,
                   CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);
VOID PnpCopyPrivate(const IO_RESOURCE_DESCRIPTOR *Requirement,
                    CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);

/* TRUE: Wanted cannot be had beside what the list holds; *Next is behind what is in the way. */
BOOLEAN PnpListClashes(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, PCM_RESOURCE_LIST List,
                       ULONG64 *Next);
/* By a device of the tree, or by a claim other than this claimant's. Tree lock. */
BOOLEAN PnpIsTakenByOthers(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, const VOID *Claimant);

/* ---- claim.c: what drivers have claimed for detection; tree lock ---- */
BOOLEAN PnpIsClaimed(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, const VOID *Except,
                     ULONG64 *Next);

/* Copies in pool; NULL: out of memory. */
PIO_RESOURCE_REQUIREMENTS_LIST PnpCopyRequirements(const IO_RESOURCE_REQUIREMENTS_LIST *List);
PIO_RESOURCE_REQUIREMENTS_LIST PnpBootRequirements(PCM_RESOURCE_LIST Boot);
/* Sets Resources and Translated of the node. */
NTSTATUS PnpMakeLists(PNP_NODE *Node, const IO_RESOURCE_REQUIREMENTS_LIST *Requirements,
                      const CM_PARTIAL_RESOURCE_DESCRIPTOR *Chosen, ULONG Count);
