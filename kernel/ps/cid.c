/*
 * Client IDs: one table for processes and threads, as in NT, so that an ID names one thing only. IDs are multiples of
 * four. A freed ID goes to the end of a queue, so it comes back late and the table does not grow. Not modelled: NT's
 * handle-table layout of PspCidTable.
 */
#include "psp.h"

#define PSP_CIDS_PER_PAGE (PAGE_SIZE / sizeof(PSP_CID_ENTRY))
#define PSP_CID_PAGES 128

typedef struct _PSP_CID_ENTRY {
    PVOID Object;  /* NULL: free */
    ULONG NextFree;
} PSP_CID_ENTRY;

static PSP_CID_ENTRY *PspCidPage[PSP_CID_PAGES];
static ULONG PspCidPages;
static ULONG PspFirstFreeCid, PspLastFreeCid; /* indexes; 0 = none, as ID 0 is the idle process */

static PSP_CID_ENTRY *PspCidEntry(ULONG_PTR Index)
{
    if (Index == 0 || Index >= PspCidPages * PSP_CIDS_PER_PAGE)
        return NULL;
    return &PspCidPage[Index / PSP_CIDS_PER_PAGE][Index % PSP_CIDS_PER_PAGE];
}

static VOID PspQueueFreeCid(ULONG Index)
{
    PspCidEntry(Index)->Object = NULL;
    PspCidEntry(Index)->NextFree = 0;
    if (PspLastFreeCid != 0)
        PspCidEntry(PspLastFreeCid)->NextFree = Index;
    else
        PspFirstFreeCid = Index;
    PspLastFreeCid = Index;
}

static NTSTATUS PspGrowCidTable(VOID)
{
    ULONG First = PspCidPages * PSP_CIDS_PER_PAGE;
    PSP_CID_ENTRY *Page;

    if (PspCidPages == PSP_CID_PAGES)
        return STATUS_INSUFFICIENT_RESOURCES;
    Page = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, PSP_TAG);
    if (Page == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Page, PAGE_SIZE);
    PspCidPage[PspCidPages++] = Page;
    for (ULONG i = First == 0 ? 1 : First; i < First + PSP_CIDS_PER_PAGE; i++)
        PspQueueFreeCid(i);
    return STATUS_SUCCESS;
}

NTSTATUS PspInitCidTable(VOID)
{
    return PspGrowCidTable();
}

NTSTATUS PspAllocateCid(PVOID Object, PHANDLE Id)
{
    PSP_CID_ENTRY *Entry;
    NTSTATUS Status;

    if (PspFirstFreeCid == 0) {
        Status = PspGrowCidTable();
        if (!NT_SUCCESS(Status))
            return Status;
    }
    *Id = (HANDLE)((ULONG_PTR)PspFirstFreeCid * 4);
    Entry = PspCidEntry(PspFirstFreeCid);
    PspFirstFreeCid = Entry->NextFree;
    if (PspFirstFreeCid == 0)
        PspLastFreeCid = 0;
    Entry->Object = Object;
    return STATUS_SUCCESS;
}

VOID PspFreeCid(HANDLE Id)
{
    PspQueueFreeCid((ULONG)((ULONG_PTR)Id / 4));
}

PVOID PspLookupCid(HANDLE Id, POBJECT_TYPE Type)
{
    /* NT ignores the two low bits of an ID here. [measured by many: OpenProcess(pid | 1..3) works] */
    PSP_CID_ENTRY *Entry = PspCidEntry((ULONG_PTR)Id / 4);

    if (Entry == NULL || Entry->Object == NULL || ObGetObjectType(Entry->Object) != Type)
        return NULL;
    if (!ObReferenceObjectSafe(Entry->Object))
        return NULL; /* its last reference is gone, the deletion is under way */
    return Entry->Object;
}

NT_EXPORT(PsLookupProcessByProcessId);
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process)
{
    PEPROCESS Found = PspLookupCid(ProcessId, PspProcessType);

    if (Found == NULL)
        return STATUS_INVALID_CID;
    *Process = Found;
    return STATUS_SUCCESS;
}

NT_EXPORT(PsLookupThreadByThreadId);
NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE UniqueThreadId, PETHREAD *Thread)
{
    PETHREAD Found = PspLookupCid(UniqueThreadId, PspThreadType);

    if (Found == NULL)
        return STATUS_INVALID_CID;
    *Thread = Found;
    return STATUS_SUCCESS;
}

NT_EXPORT(PsLookupProcessThreadByCid);
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS *Process, PETHREAD *Thread)
{
    PETHREAD Found = PspLookupCid(ClientId->UniqueThread, PspThreadType);

    if (Found == NULL)
        return STATUS_INVALID_CID;
    if (Found->Cid.UniqueProcess != ClientId->UniqueProcess) {
        ObDereferenceObject(Found);
        return STATUS_INVALID_CID;
    }
    if (Process != NULL) {
        *Process = Found->ThreadsProcess;
        ObReferenceObject(*Process);
    }
    *Thread = Found;
    return STATUS_SUCCESS;
}
