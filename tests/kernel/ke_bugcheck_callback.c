/* KeBugCheckEx with a callback that sees it. */
#include "tap.h"

static KBUGCHECK_CALLBACK_RECORD Record, Other;
static KBUGCHECK_REASON_CALLBACK_RECORD Reason;

static VOID NTAPI said(PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(Buffer);
    DbgPrint("%s 7 - the callback runs, with its buffer\n", Length == 4 ? "ok" : "not ok");
}

static VOID NTAPI reason(KBUGCHECK_CALLBACK_REASON Why, PKBUGCHECK_REASON_CALLBACK_RECORD Self, PVOID Data, ULONG Length)
{
    UNREFERENCED_PARAMETER(Why);
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Length);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeInitializeCallbackRecord((&Record));
    KeInitializeCallbackRecord((&Other));
    KeInitializeCallbackRecord((&Reason));
    ok(KeRegisterBugCheckCallback(&Record, said, &Record, 4, (PUCHAR)"test"), "registered");
    ok(!KeRegisterBugCheckCallback(&Record, said, &Record, 4, (PUCHAR)"test"), "only once");
    ok(!KeDeregisterBugCheckCallback(&Other), "one that was not registered");
    ok(KeRegisterBugCheckReasonCallback(&Reason, reason, KbCallbackSecondaryDumpData, (PUCHAR)"test"), "a reason callback");
    ok(KeDeregisterBugCheckReasonCallback(&Reason), "and gone again");
    ok(!KeDeregisterBugCheckReasonCallback(&Reason), "once");
    expect_bugcheck(0xE2);
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}
