/*
 * Closes the machine process: a seccomp allow-list (libseccomp) of what the HAL needs, and Syscall User Dispatch so that
 * a system call instruction anywhere but in the HAL's own becomes SIGSYS, a trap for the guest. No open, exec,
 * socket, fork, ptrace, kill. The guest can at worst destroy its own process.
 */
#include "hal/machine.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "hal/syscall.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#ifndef SYSCALL_DISPATCH_FILTER_BLOCK
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif

#pragma clang diagnostic ignored "-Wmissing-field-initializers" /* libseccomp's SCMP_CMP macros */

static int allow(scmp_filter_ctx filter, const struct machine *machine)
{
    int fd = machine->channel_fd;
    int error = 0;

    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(rt_sigreturn), 0);
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0);
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(munmap), 0);
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 0);
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                              SCMP_A3(SCMP_CMP_EQ, MAP_SHARED | MAP_FIXED),
                              SCMP_A4(SCMP_CMP_EQ, (scmp_datum_t)machine->ram_fd));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clock_gettime), 0);
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(nanosleep), 0);
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ppoll), 1, SCMP_A1(SCMP_CMP_EQ, 1));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)machine->doorbell_fd));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(restart_syscall), 0);
    return error;
}

/* What Syscall User Dispatch does with system calls made outside the section hal_syscall. */
static char dispatch_selector = SYSCALL_DISPATCH_FILTER_ALLOW;

int sandbox_enter(const struct machine *machine)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    struct rlimit no_core = {0, 0};
    int error;

    if (filter == NULL)
        return -ENOMEM;
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0); /* rdtsc shows virtual time */
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, hal_syscall_start,
              hal_syscall_end - hal_syscall_start, &dispatch_selector) != 0) {
        seccomp_release(filter);
        return -errno;
    }
    error = allow(filter, machine);
    if (error == 0)
        error = seccomp_load(filter);
    dispatch_selector = SYSCALL_DISPATCH_FILTER_BLOCK;
    return error;
}
