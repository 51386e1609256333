/* A work item returns impersonating: IMPERSONATING_WORKER_THREAD (0xDF). */
#include "tap.h"

static WORK_QUEUE_ITEM Item;
static KEVENT Never;

static VOID NTAPI work(PVOID Context)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsGetCurrentProcess());

    UNREFERENCED_PARAMETER(Context);
    PsImpersonateClient(PsGetCurrentThread(), Token, TRUE, FALSE, SecurityImpersonation);
    PsDereferencePrimaryToken(Token);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, work, NULL);
    expect_bugcheck(0xDF);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    return done();
}
