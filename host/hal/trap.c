/*
 * Signals to traps. A signal that guest code raised becomes a HAL_TRAP_FRAME on the guest's kernel stack and a jump to the
 * guest's trap entry. What the guest cannot see a reason for (loads from the KUSER_SHARED_DATA page that Linux cannot map,
 * the watchdog's single steps) is dealt with here. A signal in host code is a defect of Drydock.
 */
#include "hal/decode.h"
#include "hal/device_access.h"
#include "hal/machine.h"
#include "hal/syscall.h"
#include "hal/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define SIGNAL_STACK_BYTES (256u * 1024)
#define EFLAGS_TF 0x100u
#define EFLAGS_DF 0x400u
#define KERNEL_SA_RESTORER 0x04000000ul

struct kernel_sigaction { /* what rt_sigaction takes */
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static const int register_of_index[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                          REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/* A load from KUSER_SHARED_DATA being single-stepped with its base register moved to the mapped page. */
static struct {
    bool active;
    int reg;
    bool restore;
} kuser_step;

static bool is_guest_address(uint64_t va)
{
    return (va >= HAL_USER_START && va < HAL_USER_END) || (va >= HAL_SYSTEM_START && va < HAL_SYSTEM_END);
}

static bool is_system_address(uint64_t va)
{
    return va >= HAL_SYSTEM_START && va < HAL_SYSTEM_END;
}

/* Copies what can be read of the instruction at rip; returns the number of bytes. */
static unsigned fetch(uint64_t rip, uint8_t code[16])
{
    for (unsigned i = 0; i < 16; i++) {
        const uint8_t *at = memory_translate(rip + i, false);

        if (at == NULL)
            return i;
        code[i] = *at;
    }
    return 16;
}

/* ---- delivery ---- */

static void fill_frame(HAL_TRAP_FRAME *frame, const ucontext_t *context, const HAL_TRAP_INFO *info)
{
    const greg_t *g = context->uc_mcontext.gregs;
    const struct _libc_fpstate *fp = context->uc_mcontext.fpregs;

    memset(frame, 0, sizeof(*frame));
    frame->rax = (uint64_t)g[REG_RAX];
    frame->rcx = (uint64_t)g[REG_RCX];
    frame->rdx = (uint64_t)g[REG_RDX];
    frame->r8 = (uint64_t)g[REG_R8];
    frame->r9 = (uint64_t)g[REG_R9];
    frame->r10 = (uint64_t)g[REG_R10];
    frame->r11 = (uint64_t)g[REG_R11];
    frame->rbx = (uint64_t)g[REG_RBX];
    frame->rdi = (uint64_t)g[REG_RDI];
    frame->rsi = (uint64_t)g[REG_RSI];
    frame->rbp = (uint64_t)g[REG_RBP];
    frame->rip = (uint64_t)g[REG_RIP];
    frame->rsp = (uint64_t)g[REG_RSP];
    frame->eflags = (uint32_t)(g[REG_EFL] & ~(uint64_t)EFLAGS_TF);
    frame->seg_cs = (uint16_t)(g[REG_CSGSFS] & 0xFFFF);
    frame->seg_ss = (uint16_t)(g[REG_CSGSFS] >> 48);
    if (frame->seg_ss == 0)
        frame->seg_ss = 0x2B;
    frame->fault_address = info->address;
    frame->error_code = info->access;
    if (fp != NULL) {
        frame->mxcsr = fp->mxcsr;
        memcpy(frame->xmm, fp->_xmm, sizeof(frame->xmm));
    }
}

/* Room for bytes below top that is mapped and writable, all in the stack that holds it. */
static bool stack_takes(uint64_t low, uint64_t high)
{
    for (uint64_t page = low & ~0xFFFull; page < high; page += HAL_PAGE_SIZE)
        if (memory_translate(page, true) == NULL)
            return false;
    return is_system_address(low);
}

static uint64_t pcr_field(uint64_t offset)
{
    uint64_t value = 0;

    memory_read(g_machine.loader->current_pcr + offset, &value, sizeof(value));
    return value;
}

static void deliver(ucontext_t *context, HAL_TRAP_INFO *info)
{
    greg_t *g = context->uc_mcontext.gregs;
    uint64_t gs_base = __builtin_ia32_rdgsbase64();
    bool user = !is_system_address(gs_base);
    uint64_t top = user ? pcr_field(HAL_PCR_RSP_BASE) : (uint64_t)g[REG_RSP];
    uint64_t at = ((top & ~15ull) - sizeof(HAL_TRAP_FRAME) - sizeof(HAL_TRAP_INFO) - 64) & ~63ull;
    HAL_TRAP_FRAME frame;

    if (g_machine.loader->trap_entry == 0)
        machine_stop(HAL_STOP_DEFECT, 0, SIGSEGV, (uint64_t)g[REG_RIP]);
    fill_frame(&frame, context, info);
    /* 4 KiB more than the frame: the handler must be able to run far enough to say what happened. */
    if (!stack_takes(at - 4096, at + sizeof(frame) + sizeof(*info))) {
        if (info->vector == HAL_TRAP_DOUBLE_FAULT)
            machine_stop(HAL_STOP_DEFECT, 0, SIGSEGV, (uint64_t)g[REG_RIP]);
        info->vector = HAL_TRAP_DOUBLE_FAULT;
        top = pcr_field(HAL_PCR_EXCEPTION_STACK);
        at = (top - sizeof(HAL_TRAP_FRAME) - sizeof(HAL_TRAP_INFO) - 64) & ~63ull;
        if (!stack_takes(at - 4096, top))
            machine_stop(HAL_STOP_DEFECT, 0, SIGSEGV, (uint64_t)g[REG_RIP]);
    }
    if (user) {
        frame.previous_mode = 1;
        frame.gs_base = gs_base;
        __builtin_ia32_wrgsbase64(g_machine.loader->current_pcr);
    }
    /* The frame ends where the entry's machine frame begins: info lies below it. */
    memory_write(at + sizeof(*info), &frame, sizeof(frame));
    memory_write(at, info, sizeof(*info));
    g[REG_RCX] = (greg_t)(at + sizeof(*info));
    g[REG_RDX] = (greg_t)at;
    g[REG_RSP] = (greg_t)at;
    g[REG_RIP] = (greg_t)g_machine.loader->trap_entry;
    g[REG_EFL] &= ~(greg_t)(EFLAGS_TF | EFLAGS_DF);
}

/* ---- KUSER_SHARED_DATA ---- */

static bool emulate_kuser(ucontext_t *context, uint64_t address, bool is_write)
{
    greg_t *g = context->uc_mcontext.gregs;
    struct decode_memory memory;
    uint8_t code[16];
    uint64_t value = 0;

    if (address - HAL_KUSER_NT_VA >= HAL_PAGE_SIZE || is_write ||
        !decode_memory(code, fetch((uint64_t)g[REG_RIP], code), &memory))
        return false;
    if (memory.is_moffs_load && memory.width <= 8) {
        memory_read(address - HAL_KUSER_NT_VA + HAL_KUSER_VA, &value, memory.width);
        if (memory.width >= 4)
            g[REG_RAX] = (greg_t)value;
        else
            memcpy(&g[REG_RAX], &value, memory.width);
        g[REG_RIP] += memory.length;
        return true;
    }
    if (memory.base < 0)
        return false;
    kuser_step.active = true;
    kuser_step.reg = register_of_index[memory.base];
    kuser_step.restore = !memory.writes_base;
    g[kuser_step.reg] += (greg_t)(HAL_KUSER_VA - HAL_KUSER_NT_VA);
    g[REG_EFL] |= EFLAGS_TF;
    return true;
}

static void finish_kuser_step(ucontext_t *context)
{
    greg_t *g = context->uc_mcontext.gregs;

    kuser_step.active = false;
    if (kuser_step.restore)
        g[kuser_step.reg] -= (greg_t)(HAL_KUSER_VA - HAL_KUSER_NT_VA);
    g[REG_EFL] &= ~(greg_t)EFLAGS_TF;
}

/* ---- classification ---- */

#define ERROR_WRITE 2u
#define ERROR_FETCH 16u

static uint32_t access_of(uint64_t error)
{
    if (error & ERROR_FETCH)
        return HAL_ACCESS_EXECUTE;
    return (error & ERROR_WRITE) ? HAL_ACCESS_WRITE : HAL_ACCESS_READ;
}

/* #GP: int n (the error code names the vector), a privileged instruction, or a non-canonical address. */
static void classify_protection(ucontext_t *context, HAL_TRAP_INFO *info)
{
    greg_t *g = context->uc_mcontext.gregs;
    uint64_t error = (uint64_t)g[REG_ERR];
    uint8_t code[16];

    info->address = ~0ull;
    if ((error & 7) == 2) {
        info->vector = (uint32_t)(error >> 3);
        info->length = 2;
        if (info->vector == 0x80 || info->vector == 0x2E)
            info->vector = HAL_TRAP_SYSCALL;
        else if (info->vector != HAL_TRAP_FASTFAIL && info->vector != HAL_TRAP_ASSERTION &&
                 info->vector != HAL_TRAP_DEBUG_SERVICE)
            info->vector = HAL_TRAP_GENERAL_PROTECTION;
        return;
    }
    info->vector = HAL_TRAP_GENERAL_PROTECTION;
    if (!decode_privileged(code, fetch((uint64_t)g[REG_RIP], code), info))
        info->vector = HAL_TRAP_GENERAL_PROTECTION;
}

static void classify(int signal, const siginfo_t *siginfo, ucontext_t *context, HAL_TRAP_INFO *info)
{
    greg_t *g = context->uc_mcontext.gregs;

    memset(info, 0, sizeof(*info));
    info->vector = (uint32_t)g[REG_TRAPNO];
    switch (signal) {
    case SIGSYS:
        info->vector = HAL_TRAP_SYSCALL;
        g[REG_RIP] -= 2; /* report at the instruction */
        g[REG_RAX] = siginfo->si_syscall;
        info->length = 2;
        break;
    case SIGTRAP:
        info->vector = siginfo->si_code == TRAP_TRACE || siginfo->si_code == TRAP_HWBKPT ? HAL_TRAP_DEBUG
                                                                                        : HAL_TRAP_BREAKPOINT;
        break;
    case SIGBUS: /* RAM that the host could not provide, or alignment checking */
        info->address = (uint64_t)siginfo->si_addr;
        break;
    case SIGSEGV:
        if (g[REG_TRAPNO] == 13) {
            classify_protection(context, info);
        } else {
            info->vector = HAL_TRAP_PAGE_FAULT;
            info->address = (uint64_t)siginfo->si_addr;
            info->access = access_of((uint64_t)g[REG_ERR]);
        }
        break;
    default:
        break;
    }
}

/* TRUE when nothing is to be delivered. */
static bool access_device(ucontext_t *context, HAL_TRAP_INFO *info)
{
    bool kernel = is_system_address(__builtin_ia32_rdgsbase64());

    if (info->vector == HAL_TRAP_PAGE_FAULT)
        return device_access_memory(context, info) == DEVICE_TRAP_DONE;
    if (kernel && info->vector == HAL_TRAP_PRIVILEGED &&
        (info->instruction == HAL_PRIV_IN || info->instruction == HAL_PRIV_OUT))
        return device_access_port(context, info) == DEVICE_TRAP_DONE;
    return false;
}

static void handle(int signal, siginfo_t *siginfo, void *opaque)
{
    ucontext_t *context = opaque;
    uint64_t rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    HAL_TRAP_INFO info;
    bool fetch_fault = signal == SIGSEGV && rip == (uint64_t)siginfo->si_addr;

    if (signal == SIGPROF) {
        if (is_guest_address(rip) && watchdog_tick(context, &info))
            deliver(context, &info);
        return;
    }
    if (signal == SIGTRAP && watchdog_stepping() && !is_guest_address(rip)) {
        watchdog_cancel(context); /* the guest called the HAL: it does not spin */
        return;
    }
    if (!is_guest_address(rip) && !fetch_fault && !(signal == SIGSEGV && rip >> 47))
        machine_stop(HAL_STOP_DEFECT, 0, (uint32_t)signal, rip);
    if (signal == SIGTRAP && kuser_step.active) {
        finish_kuser_step(context);
        return;
    }
    if (signal == SIGTRAP && watchdog_stepping()) {
        if (watchdog_step(context, &info))
            deliver(context, &info);
        return;
    }
    watchdog_cancel(context);
    classify(signal, siginfo, context, &info);
    if (info.vector == HAL_TRAP_PAGE_FAULT && emulate_kuser(context, info.address, info.access != HAL_ACCESS_READ))
        return;
    if (access_device(context, &info))
        return;
    deliver(context, &info);
}

int trap_install(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPROF};
    stack_t stack = {.ss_size = SIGNAL_STACK_BYTES};
    struct kernel_sigaction action = {handle, SA_SIGINFO | SA_ONSTACK | KERNEL_SA_RESTORER, hal_sigreturn, 0};

    stack.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
        return -errno;
    action.mask = 1ull << (SIGPROF - 1);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (hal_syscall(SYS_rt_sigaction, signals[i], (long)&action, 0, 8, 0, 0) != 0)
            return -EINVAL;
    return 0;
}
