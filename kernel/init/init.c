/*
 * Start-up of the kernel: one explicit ladder. Phase 0 runs on the boot stack, before there are threads; phase 1 in the first
 * system thread.
 */
#include "../cc/cc.h"
#include "../ci/ci.h"
#include "../cm/cm.h"
#include "../el/el.h"
#include "../ex/ex.h"
#include "../gpu/init.h"
#include "../hal/halp.h"
#include "../io/io.h"
#include "../kd/kd.h"
#include "../ldr/ldr.h"
#include "../mm/mm.h"
#include "../np/np.h"
#include "../ob/ob.h"
#include "../pnp/pnp.h"
#include "../po/po.h"
#include "../ps/ps.h"
#include "../se/se.h"
#include "../vf/vf.h"
#include "../wmi/wmi.h"
#include "session.h"

VOID KiSystemStartup(HAL_LOADER_BLOCK *LoaderBlock);

static VOID InitReapThreads(PVOID Context)
{
    (void)Context;
    for (;;)
        PspThreadReaped((PETHREAD)KeWaitForEndedThread());
}

static VOID InitStartThread(PKSTART_ROUTINE Routine)
{
    OBJECT_ATTRIBUTES Attributes; /* the boot context has no handle table: a kernel handle */
    HANDLE Thread;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    DD_ASSERT(NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Routine, NULL)));
    ZwClose(Thread);
}

static VOID InitPhase1(PVOID Context)
{
    (void)Context;
    InitStartThread(InitReapThreads);
    DD_ASSERT(NT_SUCCESS(CmInitSystem()));
    DD_ASSERT(NT_SUCCESS(CiInitSystem()));
    KdInitFilter();
    DD_ASSERT(NT_SUCCESS(ExInitSystem()));
    CcInitSystem();
    VfInitSystem();
    DD_ASSERT(NT_SUCCESS(WmiInitSystem()));
    DD_ASSERT(NT_SUCCESS(PoInitRequests()));
    DD_ASSERT(NT_SUCCESS(IoInitSystem()));
    DD_ASSERT(NT_SUCCESS(HalInitDevices()));
    DD_ASSERT(NT_SUCCESS(PsInitConsole()));
    DD_ASSERT(NT_SUCCESS(NpInitSystem()));
    DD_ASSERT(NT_SUCCESS(GpuInitSystem()));
    DD_ASSERT(NT_SUCCESS(ElInitSystem()));
    IopStartBootDrivers();
    PnpStartRegisteredDevices();
    IopStartAutoDrivers();
    SessionRun();
}

VOID KiSystemStartup(HAL_LOADER_BLOCK *LoaderBlock)
{
    (void)LoaderBlock;
    KeInitSystem();
    HalInitVectors();
    DD_ASSERT(NT_SUCCESS(MmInitSystem()));
    DD_ASSERT(NT_SUCCESS(ExInitPool()));
    DD_ASSERT(NT_SUCCESS(LdrInitSystem()));
    DD_ASSERT(NT_SUCCESS(ObInitSystem()));
    DD_ASSERT(NT_SUCCESS(SeInitSystem()));
    DD_ASSERT(NT_SUCCESS(PsInitSystem()));
    InitStartThread(InitPhase1);
    KeBecomeIdle();
}
