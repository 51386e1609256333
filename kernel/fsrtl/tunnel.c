/*
 * Tunnel cache: what a file was called and had, for the file that takes its name soon after it
 * went. [doc: FsRtlAddToTunnelCache, FsRtlFindInTunnelCache] Entries live for 15 seconds and a
 * cache holds 1024 [guess: Windows' defaults]; the registry values that change these are not read.
 */
#include "fsrtl.h"

#define FSRTLP_TUNNEL_TAG 'TrsF'
#define FSRTLP_TUNNEL_AGE_100NS (15 * 10000000ull)
#define FSRTLP_TUNNEL_ENTRIES 1024

typedef struct _FSRTLP_TUNNEL {
    LIST_ENTRY Link; /* TUNNEL.TimerQueue, oldest first; TUNNEL.Mutex */
    ULONG64 Directory, Born;
    UNICODE_STRING Short, Long;
    BOOLEAN ByShort;
    ULONG DataBytes;
    PUCHAR Data; /* behind the names, in one block */
} FSRTLP_TUNNEL;

static VOID FsRtlpDropTunnel(PTUNNEL Cache, FSRTLP_TUNNEL *Entry)
{
    RemoveEntryList(&Entry->Link);
    Cache->NumEntries--;
    ExFreePoolWithTag(Entry, FSRTLP_TUNNEL_TAG);
}

static VOID FsRtlpDropOldTunnels(PTUNNEL Cache)
{
    ULONG64 Now = KeVirtualTime();

    while (!IsListEmpty(&Cache->TimerQueue)) {
        FSRTLP_TUNNEL *Entry = CONTAINING_RECORD(Cache->TimerQueue.Flink, FSRTLP_TUNNEL, Link);

        if (Cache->NumEntries <= FSRTLP_TUNNEL_ENTRIES &&
            Now - Entry->Born < FSRTLP_TUNNEL_AGE_100NS)
            return;
        FsRtlpDropTunnel(Cache, Entry);
    }
}

NT_EXPORT(FsRtlInitializeTunnelCache);
VOID NTAPI FsRtlInitializeTunnelCache(PTUNNEL Cache)
{
    Cache->Mutex.Count = 1;
    Cache->Mutex.Owner = NULL;
    Cache->Mutex.Contention = 0;
    KeInitializeEvent(&Cache->Mutex.Event, SynchronizationEvent, FALSE);
    Cache->Cache = NULL;
    InitializeListHead(&Cache->TimerQueue);
    Cache->NumEntries = 0;
}

static FSRTLP_TUNNEL *FsRtlpFindTunnel(PTUNNEL Cache, ULONG64 Directory, PCUNICODE_STRING Name)
{
    for (PLIST_ENTRY Link = Cache->TimerQueue.Blink; Link != &Cache->TimerQueue;
         Link = Link->Blink) {
        FSRTLP_TUNNEL *Entry = CONTAINING_RECORD(Link, FSRTLP_TUNNEL, Link);

        if (Entry->Directory == Directory &&
            RtlEqualUnicodeString(Entry->ByShort ? &Entry->Short : &Entry->Long, Name, TRUE))
            return Entry;
    }
    return NULL;
}

static VOID FsRtlpKeepName(PUNICODE_STRING Target, PCUNICODE_STRING Name, PUCHAR *Room)
{
    Target->Buffer = (PWCHAR)*Room;
    Target->Length = Target->MaximumLength = Name == NULL ? 0 : Name->Length;
    if (Target->Length != 0)
        RtlCopyMemory(*Room, Name->Buffer, Target->Length);
    *Room += Target->Length;
}

static FSRTLP_TUNNEL *FsRtlpMakeTunnel(PCUNICODE_STRING Short, PCUNICODE_STRING Long,
                                       ULONG DataLength, PVOID Data)
{
    SIZE_T Bytes = sizeof(FSRTLP_TUNNEL) + DataLength + (Short == NULL ? 0 : Short->Length) +
                   (Long == NULL ? 0 : Long->Length);
    FSRTLP_TUNNEL *Entry = ExAllocatePoolWithTag(PagedPool, Bytes, FSRTLP_TUNNEL_TAG);
    PUCHAR Room = (PUCHAR)(Entry + 1);

    if (Entry == NULL)
        return NULL;
    Entry->Data = Room;
    Entry->DataBytes = DataLength;
    RtlCopyMemory(Room, Data, DataLength);
    Room += DataLength;
    FsRtlpKeepName(&Entry->Short, Short, &Room);
    FsRtlpKeepName(&Entry->Long, Long, &Room);
    return Entry;
}

/* Without memory the name is not kept: a cache may forget. */
NT_EXPORT(FsRtlAddToTunnelCache);
VOID NTAPI FsRtlAddToTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey, PUNICODE_STRING ShortName,
                                 PUNICODE_STRING LongName, BOOLEAN KeyByShortName, ULONG DataLength,
                                 PVOID Data)
{
    FSRTLP_TUNNEL *Entry = FsRtlpMakeTunnel(ShortName, LongName, DataLength, Data), *Old;

    if (Entry == NULL)
        return;
    Entry->Directory = DirectoryKey;
    Entry->ByShort = KeyByShortName;
    Entry->Born = KeVirtualTime();
    ExAcquireFastMutex(&Cache->Mutex);
    Old = FsRtlpFindTunnel(Cache, DirectoryKey, KeyByShortName ? ShortName : LongName);
    if (Old != NULL)
        FsRtlpDropTunnel(Cache, Old);
    InsertTailList(&Cache->TimerQueue, &Entry->Link);
    Cache->NumEntries++;
    FsRtlpDropOldTunnels(Cache);
    ExReleaseFastMutex(&Cache->Mutex);
}

/* Copies Name, in a larger buffer from paged pool where the caller's is too small. FALSE: out of
 * memory. */
static BOOLEAN FsRtlpGiveName(PUNICODE_STRING Target, PCUNICODE_STRING Name)
{
    if (Target->MaximumLength < Name->Length) {
        PWCHAR Larger = ExAllocatePoolWithTag(PagedPool, Name->Length, FSRTLP_TUNNEL_TAG);

        if (Larger == NULL)
            return FALSE;
        Target->Buffer = Larger;
        Target->MaximumLength = Name->Length;
    }
    RtlCopyMemory(Target->Buffer, Name->Buffer, Name->Length);
    Target->Length = Name->Length;
    return TRUE;
}

NT_EXPORT(FsRtlFindInTunnelCache);
BOOLEAN NTAPI FsRtlFindInTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey, PUNICODE_STRING Name,
                                     PUNICODE_STRING ShortName, PUNICODE_STRING LongName,
                                     PULONG DataLength, PVOID Data)
{
    FSRTLP_TUNNEL *Entry;
    BOOLEAN Found;

    ExAcquireFastMutex(&Cache->Mutex);
    FsRtlpDropOldTunnels(Cache);
    Entry = FsRtlpFindTunnel(Cache, DirectoryKey, Name);
    Found = Entry != NULL && Entry->DataBytes <= *DataLength &&
            Entry->Short.Length <= ShortName->MaximumLength &&
            FsRtlpGiveName(LongName, &Entry->Long);
    if (Found) {
        FsRtlpGiveName(ShortName, &Entry->Short);
        RtlCopyMemory(Data, Entry->Data, Entry->DataBytes);
        *DataLength = Entry->DataBytes;
    }
    ExReleaseFastMutex(&Cache->Mutex);
    return Found;
}

/* The directory goes, and what was in it. */
NT_EXPORT(FsRtlDeleteKeyFromTunnelCache);
VOID NTAPI FsRtlDeleteKeyFromTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey)
{
    PLIST_ENTRY Link, Next;

    ExAcquireFastMutex(&Cache->Mutex);
    for (Link = Cache->TimerQueue.Flink; Link != &Cache->TimerQueue; Link = Next) {
        FSRTLP_TUNNEL *Entry = CONTAINING_RECORD(Link, FSRTLP_TUNNEL, Link);

        Next = Link->Flink;
        if (Entry->Directory == DirectoryKey)
            FsRtlpDropTunnel(Cache, Entry);
    }
    ExReleaseFastMutex(&Cache->Mutex);
}

/* The volume goes: the caller lets nobody else in. */
NT_EXPORT(FsRtlDeleteTunnelCache);
VOID NTAPI FsRtlDeleteTunnelCache(PTUNNEL Cache)
{
    while (!IsListEmpty(&Cache->TimerQueue))
        FsRtlpDropTunnel(Cache, CONTAINING_RECORD(Cache->TimerQueue.Flink, FSRTLP_TUNNEL, Link));
}
