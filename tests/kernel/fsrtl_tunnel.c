/* Tunnel caches: by long and short name, per directory, larger names, age; and work posted for want
 * of stack. */
#include "threads.h"

static TUNNEL Cache;

static UNICODE_STRING name(PCWSTR Text)
{
    UNICODE_STRING Result;

    RtlInitUnicodeString(&Result, Text);
    return Result;
}

typedef struct _FOUND {
    WCHAR ShortText[12], LongText[8];
    UNICODE_STRING Short, Long;
    ULONG Data, Bytes;
} FOUND;

static BOOLEAN find(ULONGLONG Directory, PCWSTR Text, FOUND *Found)
{
    UNICODE_STRING Name = name(Text);

    tap_fill(Found);
    Found->Short = (UNICODE_STRING){0, sizeof(Found->ShortText), Found->ShortText};
    Found->Long = (UNICODE_STRING){0, sizeof(Found->LongText), Found->LongText};
    Found->Bytes = sizeof(Found->Data);
    return FsRtlFindInTunnelCache(&Cache, Directory, &Name, &Found->Short, &Found->Long,
                                  &Found->Bytes, &Found->Data);
}

static VOID add(ULONGLONG Directory, PCWSTR Short, PCWSTR Long, BOOLEAN ByShort, ULONG Data)
{
    UNICODE_STRING ShortName = name(Short), LongName = name(Long);

    FsRtlAddToTunnelCache(&Cache, Directory, &ShortName, &LongName, ByShort, sizeof(Data), &Data);
}

static VOID test_tunnel(VOID)
{
    FOUND Found;

    tap_fill(&Cache);
    FsRtlInitializeTunnelCache(&Cache);
    ok(!find(1, L"a", &Found), "an empty cache");
    add(1, L"LONGNA~1", L"longname1", FALSE, 11);
    add(1, L"OTHER~1", L"other", TRUE, 22);
    ok(find(1, L"LongName1", &Found), "by the long name, whatever its case");
    ok(Found.Data == 11 && Found.Bytes == 4, "its data");
    is_unicode(&Found.Short, L"LONGNA~1", "its short name");
    is_unicode(&Found.Long, L"longname1", "its long name");
    ok(Found.Long.Buffer != Found.LongText, "in a larger buffer");
    if (Found.Long.Buffer != Found.LongText)
        ExFreePool(Found.Long.Buffer);
    ok(find(1, L"other~1", &Found) && Found.Data == 22, "by the short name");
    ok(Found.Long.Buffer == Found.LongText, "a name that fits stays in the caller's buffer");
    ok(!find(1, L"other", &Found) && !find(1, L"LONGNA~1", &Found),
       "not by the name that is not the key");
    ok(!find(2, L"other~1", &Found), "not in another directory");
    add(1, L"OTHER~1", L"other", TRUE, 33);
    ok(find(1, L"other~1", &Found) && Found.Data == 33, "the newest counts");
    add(2, L"X", L"xx", TRUE, 44);
    FsRtlDeleteKeyFromTunnelCache(&Cache, 1);
    ok(!find(1, L"other~1", &Found) && find(2, L"x", &Found), "a directory is forgotten");
    Found.Bytes = 3;
    {
        UNICODE_STRING Name = name(L"X");

        ok(!FsRtlFindInTunnelCache(&Cache, 2, &Name, &Found.Short, &Found.Long, &Found.Bytes,
                                   &Found.Data),
           "a buffer too small for the data");
    }
    sleep_ms(60000);
    ok(!find(2, L"x", &Found), "a minute later nothing is left");
    add(2, L"X", L"xx", TRUE, 55);
    FsRtlDeleteTunnelCache(&Cache);
    is_ulong(Cache.NumEntries, 0, "FsRtlDeleteTunnelCache");
}

static PVOID WorkThread, WorkContext;

static VOID NTAPI work(PVOID Context, PKEVENT Event)
{
    WorkThread = PsGetCurrentThread();
    WorkContext = Context;
    KeSetEvent(Event, 0, FALSE);
}

static VOID test_overflow(VOID)
{
    KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    FsRtlPostStackOverflow(&Event, &Event, work);
    is_status(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS,
              "posted work runs");
    ok(WorkContext == &Event && WorkThread != PsGetCurrentThread(),
       "with its context, in another thread");
    KeClearEvent(&Event);
    WorkContext = NULL;
    FsRtlPostPagingFileStackOverflow(&Cache, &Event, work);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    ok(WorkContext == &Cache, "and a paging file's");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_tunnel();
    test_overflow();
    return done();
}
