/*
 * wmi, private: providers, their blocks, requests to them, consumers' objects.
 *
 * State and its guard: the lists here change at PASSIVE_LEVEL (or APC_LEVEL) without a preemption point in between. What is
 * used across a request is held: a block by its references, its provider by run-down protection.
 */
#pragma once

#include "wmi.h"

#include "../ex/ex.h"
#include "../io/io.h"
#include "../ob/ob.h"

#include <wmistr.h>

#define WMIP_TAG 'pimW'

typedef struct _WMIP_PROVIDER {
    LIST_ENTRY Link; /* WmipProviders */
    PDEVICE_OBJECT Device; /* referenced; with WMIREG_FLAG_CALLBACK the address of a routine */
    BOOLEAN Callback;
    EX_RUNDOWN_REF Requests; /* run down by deregistration */
    LIST_ENTRY Blocks;
} WMIP_PROVIDER;

typedef struct _WMIP_BLOCK {
    LIST_ENTRY Link; /* WMIP_PROVIDER.Blocks; empty: taken off */
    WMIP_PROVIDER *Provider;
    LONG References;
    GUID Guid;
    ULONG Flags; /* WMIREG_FLAG_* */
    ULONG InstanceCount; /* static names: how many */
    PUNICODE_STRING Names; /* static names, in the same allocation; NULL: the provider names instances itself */
    BOOLEAN Collecting, Notifying; /* IRP_MN_ENABLE_COLLECTION, _EVENTS went well */
} WMIP_BLOCK;

typedef struct _WMIP_SNAPSHOT { /* blocks that are held */
    ULONG Count;
    WMIP_BLOCK *Block[];
} WMIP_SNAPSHOT;

typedef struct _WMIP_OBJECT { /* a data block object: one IoWMIOpenBlock */
    LIST_ENTRY Link; /* WmipObjects */
    GUID Guid;
    ACCESS_MASK Access;
    WMI_NOTIFICATION_CALLBACK Callback; /* NULL: none set */
    PVOID Context;
} WMIP_OBJECT;

extern LIST_ENTRY WmipProviders, WmipObjects;
extern POBJECT_TYPE WmipGuidType;

#define WMIP_STATIC_FLAGS (WMIREG_FLAG_INSTANCE_LIST | WMIREG_FLAG_INSTANCE_BASENAME | WMIREG_FLAG_INSTANCE_PDO)
#define WmipIsStatic(Block) (((Block)->Flags & WMIP_STATIC_FLAGS) != 0)
#define WmipSameGuid(a, b) (RtlCompareMemory((a), (b), sizeof(GUID)) == sizeof(GUID))

/* ---- provider.c ---- */
/* Blocks of Guid (NULL: of all), held until WmipReleaseSnapshot; NULL when there is no memory. */
WMIP_SNAPSHOT *WmipTakeSnapshot(const GUID *Guid);
VOID WmipReleaseSnapshot(WMIP_SNAPSHOT *Snapshot);
WMIP_PROVIDER *WmipFindProvider(PVOID Device);
/* Makes collection and events of the block be on or off, as there are consumers. PASSIVE_LEVEL. */
VOID WmipAdjustBlock(WMIP_BLOCK *Block);
VOID WmipAdjustGuid(const GUID *Guid); /* each block of it */

/* ---- register.c ---- */
/* Asks for registration information and enters it: DataPath is WMIREGISTER or WMIUPDATE. */
NTSTATUS WmipAskForBlocks(WMIP_PROVIDER *Provider, ULONG_PTR DataPath);

/* ---- name.c ---- */
/*
 * A block with its static names from what a provider said in Info (Bytes long, checked), one reference.
 * STATUS_INVALID_PARAMETER when a name lies outside; STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS WmipMakeBlock(WMIP_PROVIDER *Provider, const WMIREGINFOW *Info, ULONG Bytes, const WMIREGGUIDW *Entry,
                       WMIP_BLOCK **Block);
/* The index of a static name, or MAXULONG. */
ULONG WmipFindName(const WMIP_BLOCK *Block, PCUNICODE_STRING Name);
/* "ROOT\DEVICE\0000" in a new string (WMIP_TAG). */
NTSTATUS WmipInstancePath(PDEVICE_OBJECT Pdo, PUNICODE_STRING Path);

/* ---- request.c ---- */
/* Sends one WMI request to the top of the provider's stack and waits. *Information may be NULL. */
NTSTATUS WmipSend(WMIP_PROVIDER *Provider, UCHAR Minor, PVOID DataPath, ULONG BufferSize, PVOID Buffer,
                  PULONG_PTR Information);
/* All instances of a block, names included: a WNODE_ALL_DATA in pool (WMIP_TAG). */
NTSTATUS WmipQueryAll(WMIP_BLOCK *Block, PWNODE_ALL_DATA *Answer);

/* A request about one instance. */
typedef struct _WMIP_TARGET {
    UCHAR Minor; /* IRP_MN_QUERY_SINGLE_INSTANCE, _CHANGE_SINGLE_INSTANCE, _CHANGE_SINGLE_ITEM, _EXECUTE_METHOD */
    ULONG Item;  /* of the last two */
    const VOID *Input;
    ULONG InputBytes, OutputBytes; /* OutputBytes: room for what a method gives */
} WMIP_TARGET;
/*
 * Finds the provider of the instance and asks it: what it left in the buffer, in pool (WMIP_TAG).
 * STATUS_WMI_GUID_NOT_FOUND, STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_BUFFER_TOO_SMALL (*Needed: a method's output), or
 * the provider's status.
 */
NTSTATUS WmipAskInstance(const GUID *Guid, PCUNICODE_STRING Name, const WMIP_TARGET *Target, PVOID *Answer,
                         PULONG Needed);
/* The same of a provider that is known, by index of a static name. */
NTSTATUS WmipAskBlock(WMIP_BLOCK *Block, ULONG Index, PCUNICODE_STRING Name, const WMIP_TARGET *Target, PVOID *Answer,
                      PULONG Needed);
/* Where the data of an answer of WmipAskInstance lies. */
VOID WmipAnswerData(const WMIP_TARGET *Target, PVOID Answer, PVOID *Data, PULONG Bytes);
/* Tells on HAL_STREAM_LOG what a provider did wrong. */
VOID WmipComplain(const WMIP_PROVIDER *Provider, const char *What);
