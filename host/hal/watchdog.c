/*
 * Finds pure spins. Each 10 ms of CPU time it looks at the guest's progress counter; when that has not moved for two
 * ticks it single-steps the guest and looks for a cycle of (rip, registers, memory touched) by Brent's algorithm. A cycle of
 * that state is a loop that only something outside can end: the guest is stopped at the cycle's smallest state, which does
 * not depend on when the tick came. Code that computes (no cycle) is looked at ever more seldom, until the watchdog's
 * allowance is used up; the guest's kernel then decides.
 */
#include "hal/watchdog.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "hal/decode.h"
#include "hal/machine.h"

#define EFLAGS_TF 0x100u
#define STEP_LIMIT 8192u
#define QUIET_TICKS 2u     /* before the first look */
#define LONGEST_PAUSE 128u /* ticks between looks at code that turned out to compute */

struct state {
    uint64_t rip, hash;
};

static uint64_t last_progress;
static unsigned quiet_ticks, ticks_to_look = QUIET_TICKS, pause_ticks = QUIET_TICKS;
static struct {
    bool active;
    enum { FIND_CYCLE, FIND_SMALLEST, GO_TO_SMALLEST } phase;
    struct state mark, smallest;
    unsigned steps, power, length, left;
} stepper;

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ull;
    return hash ^ (hash >> 29);
}

/* What the instruction is about to read or overwrite: a loop that counts in memory is no circle. */
static uint64_t mix_memory(uint64_t hash, const greg_t *g)
{
    static const int index_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                     REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    uint64_t rip = (uint64_t)g[REG_RIP], reg[16], address[DECODE_ACCESSES];
    uint8_t code[16];
    unsigned bytes = 0, count;

    while (bytes < sizeof(code) && memory_read(rip + bytes, &code[bytes], 1))
        bytes++;
    for (int i = 0; i < 16; i++)
        reg[i] = (uint64_t)g[index_of[i]];
    count = decode_accesses(code, bytes, reg, rip, __builtin_ia32_rdgsbase64(), address);
    for (unsigned i = 0; i < count; i++) {
        uint64_t value = 0;

        memory_read(address[i], &value, sizeof(value));
        hash = mix(hash, value);
    }
    return hash;
}

static struct state state_of(const ucontext_t *context)
{
    const greg_t *g = context->uc_mcontext.gregs;
    struct state state = {(uint64_t)g[REG_RIP], 0};

    for (int i = REG_R8; i <= REG_RSP; i++)
        state.hash = mix(state.hash, (uint64_t)g[i]);
    state.hash = mix(state.hash, (uint64_t)g[REG_EFL] & 0xCD5);
    state.hash = mix_memory(state.hash, g);
    return state;
}

static bool same(struct state a, struct state b)
{
    return a.rip == b.rip && a.hash == b.hash;
}

static bool before(struct state a, struct state b)
{
    return a.rip != b.rip ? a.rip < b.rip : a.hash < b.hash;
}

bool watchdog_stepping(void)
{
    return stepper.active;
}

void watchdog_cancel(ucontext_t *context)
{
    if (stepper.active)
        context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)EFLAGS_TF;
    stepper.active = false;
}

static void begin(ucontext_t *context)
{
    memset(&stepper, 0, sizeof(stepper));
    stepper.active = true;
    stepper.power = 1;
    stepper.mark = state_of(context);
    context->uc_mcontext.gregs[REG_EFL] |= EFLAGS_TF;
}

static bool in_kernel(const ucontext_t *context)
{
    uint64_t rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];

    return rip >= g_machine.kernel_start && rip < g_machine.kernel_end;
}

static bool tick_time_is_up(const ucontext_t *context, HAL_TRAP_INFO *info)
{
    if (!g_machine.loader->time_is_up || in_kernel(context)) /* which looks for itself */
        return false;
    memset(info, 0, sizeof(*info));
    info->vector = HAL_TRAP_TIME_IS_UP;
    return true;
}

/* With the real clock user code loses the processor in time. */
static bool tick_clock(const ucontext_t *context, HAL_TRAP_INFO *info)
{
    if (!(g_machine.loader->flags & HAL_FLAG_REAL_CLOCK))
        return false;
    if ((uint64_t)context->uc_mcontext.gregs[REG_RIP] >= HAL_USER_END || stepper.active)
        return false;
    memset(info, 0, sizeof(*info));
    info->vector = HAL_TRAP_CLOCK;
    return true;
}

bool watchdog_tick(ucontext_t *context, HAL_TRAP_INFO *info)
{
    static const struct timespec at_once;
    uint64_t progress = g_machine.loader->progress;

    machine_poll_doorbell(&at_once); /* a machine that does not idle hears it here */
    if (tick_time_is_up(context, info) || tick_clock(context, info))
        return true;
    if (progress != last_progress) {
        last_progress = progress;
        quiet_ticks = 0;
        ticks_to_look = pause_ticks = QUIET_TICKS;
        return false;
    }
    quiet_ticks++;
    if (stepper.active)
        return false;
    if (!in_kernel(context) && g_machine.watchdog_ms != 0 &&
        quiet_ticks * WATCHDOG_TICK_MS >= g_machine.watchdog_ms) {
        memset(info, 0, sizeof(*info));
        info->vector = HAL_TRAP_STALL;
        quiet_ticks = 0;
        return true;
    }
    if (ticks_to_look > 0)
        ticks_to_look--;
    if (ticks_to_look == 0 && !in_kernel(context))
        begin(context);
    return false;
}

static bool found(ucontext_t *context, HAL_TRAP_INFO *info)
{
    watchdog_cancel(context);
    memset(info, 0, sizeof(*info));
    info->vector = HAL_TRAP_SPIN;
    return true;
}

bool watchdog_step(ucontext_t *context, HAL_TRAP_INFO *info)
{
    struct state now = state_of(context);

    if (g_machine.loader->progress != last_progress || ++stepper.steps > STEP_LIMIT) {
        watchdog_cancel(context);
        pause_ticks = pause_ticks < LONGEST_PAUSE ? pause_ticks * 2 : LONGEST_PAUSE;
        ticks_to_look = pause_ticks;
        return false;
    }
    switch (stepper.phase) {
    case FIND_CYCLE:
        stepper.length++;
        if (same(now, stepper.mark)) {
            stepper.phase = FIND_SMALLEST;
            stepper.left = stepper.length;
            stepper.smallest = now;
        } else if (stepper.length == stepper.power) {
            stepper.mark = now;
            stepper.power *= 2;
            stepper.length = 0;
        }
        break;
    case FIND_SMALLEST:
        if (before(now, stepper.smallest))
            stepper.smallest = now;
        if (--stepper.left == 0)
            stepper.phase = GO_TO_SMALLEST;
        if (stepper.left == 0 && same(now, stepper.smallest))
            return found(context, info);
        break;
    case GO_TO_SMALLEST:
        if (same(now, stepper.smallest))
            return found(context, info);
        break;
    }
    context->uc_mcontext.gregs[REG_EFL] |= EFLAGS_TF;
    return false;
}

int watchdog_start(void)
{
    struct itimerval tick = {{0, WATCHDOG_TICK_MS * 1000}, {0, WATCHDOG_TICK_MS * 1000}};

    return setitimer(ITIMER_PROF, &tick, NULL) == 0 ? 0 : -errno;
}
