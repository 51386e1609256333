/* The last steps of the machine process: traps, watchdog, sandbox, guest. */
#include "hal/machine.h"

#include <signal.h>
#include <stdlib.h>

#include "hal/watchdog.h"

static void close_in(void)
{
    int error = vector_install();

    g_machine.kernel_start = g_machine.loader->modules[0].base;
    g_machine.kernel_end = g_machine.kernel_start + g_machine.loader->modules[0].size_bytes;
    if (error == 0)
        error = trap_install();
    if (error == 0)
        error = watchdog_start();
    if (error == 0)
        error = sandbox_enter(&g_machine);
    if (error != 0)
        machine_stop(HAL_STOP_DEFECT, (uint64_t)(int64_t)error, SIGSYS, 0);
}

_Noreturn void machine_enter(uint64_t rip, uint64_t rsp, uint64_t argument)
{
    close_in();
    hal_enter_guest(rip, rsp, argument);
}

_Noreturn void machine_resume(uint64_t rsp, uint64_t gs_base)
{
    close_in();
    hal_resume_guest(rsp, gs_base);
}
