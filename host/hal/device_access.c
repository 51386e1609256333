/*
 * Does an instruction's access to a device in the processor's place: a load, a store, or a load, a
 * computation and a store. String instructions are done an element at a time with their registers
 * kept right, so that a fault on their other operand is delivered as the processor would.
 */
#include "hal/device_access.h"

#include <stdio.h>
#include <string.h>

#include "hal/decode.h"
#include "hal/device.h"
#include "hal/machine.h"

#define EFLAGS_DF 0x400u
#define EFLAGS_ZF 0x40u
#define STRING_LIMIT \
    65536u /* elements of one repeated instruction until the guest's other work gets a look */

static const int register_of_index[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                          REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                          REG_R12, REG_R13, REG_R14, REG_R15};

/* One instruction on its way. */
struct job {
    ucontext_t *context;
    greg_t *g;
    HAL_TRAP_INFO *info;
    struct decode_access access;
    bool failed; /* info holds the page fault of an operand in memory */
    bool polls;
};

static uint64_t mask_of(unsigned width)
{
    return width >= 8 ? ~0ull : (1ull << width * 8) - 1;
}

static uint64_t get_register(const struct job *job, int index, unsigned width, bool high_byte)
{
    uint64_t value = (uint64_t)job->g[register_of_index[index]];

    return (high_byte ? value >> 8 : value) & mask_of(width);
}

/* As the processor: 4 bytes clear the upper half, 1 and 2 leave the rest. */
static void set_register(struct job *job, int index, unsigned width, bool high_byte, uint64_t value)
{
    greg_t *reg = &job->g[register_of_index[index]];
    uint64_t mask = mask_of(width) << (high_byte ? 8 : 0);

    if (width >= 4)
        *reg = (greg_t)(value & mask_of(width));
    else
        *reg = (greg_t)(((uint64_t)*reg & ~mask) | (value << (high_byte ? 8 : 0) & mask));
}

static void fail(struct job *job, uint64_t va, bool write)
{
    memset(job->info, 0, sizeof(*job->info));
    job->info->vector = HAL_TRAP_PAGE_FAULT;
    job->info->address = va;
    job->info->access = write ? HAL_ACCESS_WRITE : HAL_ACCESS_READ;
    job->failed = true;
}

/* Reads an operand wherever it is. */
static uint64_t load(struct job *job, uint64_t va, unsigned width)
{
    uint64_t bus, value = 0;

    if (memory_bus_address(va, false, &bus)) {
        value = device_bus_read(false, bus, width);
        job->polls |= device_polls((uint64_t)job->g[REG_RIP], bus, value);
    } else if (!memory_read(va, &value, width)) {
        fail(job, va, false);
    }
    return value;
}

static void store(struct job *job, uint64_t va, unsigned width, uint64_t value)
{
    uint64_t bus;

    if (memory_bus_address(va, true, &bus))
        device_bus_write(false, bus, width, value);
    else if (!memory_write(va, &value, width))
        fail(job, va, true);
}

static uint64_t other_operand(const struct job *job)
{
    const struct decode_access *access = &job->access;

    if (access->reg < 0)
        return access->immediate & mask_of(access->width);
    return get_register(job, access->reg, access->width, access->high_byte);
}

/* ---- plain instructions ---- */

static void do_load(struct job *job)
{
    const struct decode_access *access = &job->access;
    uint64_t value = load(job, access->address, access->width);

    if (job->failed)
        return;
    if (access->is_signed && (value >> (access->width * 8 - 1) & 1))
        value |= ~mask_of(access->width);
    set_register(job, access->reg, access->register_width, access->high_byte, value);
}

static void do_vector(struct job *job)
{
    const struct decode_access *access = &job->access;
    struct _libc_fpstate *fp = job->context->uc_mcontext.fpregs;
    uint64_t value[2] = {0, 0};
    unsigned piece = access->width < 8 ? access->width : 8;

    if (access->operation == DECODE_STORE_VECTOR)
        memcpy(value, &fp->_xmm[access->reg], sizeof(value));
    for (unsigned i = 0; i * 8 < access->width && !job->failed; i++)
        if (access->operation == DECODE_STORE_VECTOR)
            store(job, access->address + i * 8, piece, value[i]);
        else
            value[i] = load(job, access->address + i * 8, piece);
    if (access->operation == DECODE_LOAD_VECTOR && !job->failed)
        memcpy(&fp->_xmm[access->reg], value, sizeof(value));
}

static void do_exchange(struct job *job)
{
    const struct decode_access *access = &job->access;
    uint64_t other = other_operand(job), flags = (uint64_t)job->g[REG_EFL], sum;
    uint64_t old = load(job, access->address, access->width);

    if (job->failed)
        return;
    sum = access->operation == DECODE_XADD
              ? decode_compute(DECODE_XADD, access->width, old, other, &flags)
              : other;
    store(job, access->address, access->width, sum);
    if (job->failed)
        return;
    set_register(job, access->reg, access->width, access->high_byte, old);
    if (access->operation == DECODE_XADD)
        job->g[REG_EFL] = (greg_t)flags;
}

static void do_compare_exchange(struct job *job)
{
    const struct decode_access *access = &job->access;
    uint64_t flags = (uint64_t)job->g[REG_EFL], old = load(job, access->address, access->width);
    uint64_t wanted = get_register(job, 0, access->width, false);

    if (job->failed)
        return;
    decode_compute(DECODE_CMP, access->width, wanted, old, &flags);
    store(job, access->address, access->width, (flags & EFLAGS_ZF) ? other_operand(job) : old);
    if (job->failed)
        return;
    if (!(flags & EFLAGS_ZF))
        set_register(job, 0, access->width, false, old);
    job->g[REG_EFL] = (greg_t)flags;
}

static void do_arithmetic(struct job *job)
{
    const struct decode_access *access = &job->access;
    uint64_t flags = (uint64_t)job->g[REG_EFL], memory = load(job, access->address, access->width),
             result;
    uint64_t other = access->operation >= DECODE_INC ? 0 : other_operand(job);

    if (job->failed)
        return;
    result = decode_compute(access->operation, access->width, access->to_register ? other : memory,
                            access->to_register ? memory : other, &flags);
    if (access->operation != DECODE_CMP && access->operation != DECODE_TEST) {
        if (access->to_register)
            set_register(job, access->reg, access->width, access->high_byte, result);
        else
            store(job, access->address, access->width, result);
    }
    if (!job->failed)
        job->g[REG_EFL] = (greg_t)flags;
}

/* ---- string instructions ---- */

static void string_element(struct job *job)
{
    unsigned width = job->access.width;
    uint16_t port = (uint16_t)job->g[REG_RDX];
    uint64_t value;

    switch (job->access.operation) {
    case DECODE_MOVS:
        value = load(job, (uint64_t)job->g[REG_RSI], width);
        if (!job->failed)
            store(job, (uint64_t)job->g[REG_RDI], width, value);
        break;
    case DECODE_STOS:
        store(job, (uint64_t)job->g[REG_RDI], width, (uint64_t)job->g[REG_RAX] & mask_of(width));
        break;
    case DECODE_LODS:
        value = load(job, (uint64_t)job->g[REG_RSI], width);
        if (!job->failed)
            set_register(job, 0, width, false, value);
        break;
    case DECODE_INS:
        store(job, (uint64_t)job->g[REG_RDI], width, device_bus_read(true, port, width));
        break;
    default:
        value = load(job, (uint64_t)job->g[REG_RSI], width);
        if (!job->failed)
            device_bus_write(true, port, width, value);
        break;
    }
}

/* TRUE when the instruction is at its end; else it goes on when it is executed again. */
static bool do_string(struct job *job)
{
    uint8_t operation = job->access.operation;
    greg_t step =
        (job->g[REG_EFL] & EFLAGS_DF) ? -(greg_t)job->access.width : (greg_t)job->access.width;
    unsigned done = 0;

    while (!job->access.repeat || job->g[REG_RCX] != 0) {
        if (done++ == STRING_LIMIT)
            return false;
        string_element(job);
        if (job->failed)
            return false;
        if (operation == DECODE_MOVS || operation == DECODE_LODS || operation == DECODE_OUTS)
            job->g[REG_RSI] += step;
        if (operation == DECODE_MOVS || operation == DECODE_STOS || operation == DECODE_INS)
            job->g[REG_RDI] += step;
        if (!job->access.repeat)
            break;
        job->g[REG_RCX]--;
    }
    return true;
}

/* ---- ports ---- */

static void do_port(struct job *job)
{
    const struct decode_access *access = &job->access;
    uint16_t port = access->reg < 0 ? (uint16_t)access->immediate : (uint16_t)job->g[REG_RDX];
    uint64_t value;

    if (access->operation == DECODE_OUT) {
        device_bus_write(true, port, access->width,
                         (uint64_t)job->g[REG_RAX] & mask_of(access->width));
        return;
    }
    value = device_bus_read(true, port, access->width);
    job->polls |= device_polls((uint64_t)job->g[REG_RIP], port, value);
    set_register(job, 0, access->width, false, value);
}

/* ---- both ---- */

static bool decode_at_rip(struct job *job)
{
    uint64_t rip = (uint64_t)job->g[REG_RIP], reg[16];
    uint8_t code[16];
    unsigned bytes = 0;

    while (bytes < sizeof(code) && memory_read(rip + bytes, &code[bytes], 1))
        bytes++;
    for (int i = 0; i < 16; i++)
        reg[i] = (uint64_t)job->g[register_of_index[i]];
    return decode_access(code, bytes, reg, rip, __builtin_ia32_rdgsbase64(), &job->access);
}

/* TRUE when the instruction is at its end. */
static bool execute(struct job *job)
{
    switch (job->access.operation) {
    case DECODE_LOAD: do_load(job); break;
    case DECODE_STORE:
        store(job, job->access.address, job->access.width, other_operand(job));
        break;
    case DECODE_LOAD_VECTOR:
    case DECODE_STORE_VECTOR: do_vector(job); break;
    case DECODE_XCHG:
    case DECODE_XADD: do_exchange(job); break;
    case DECODE_CMPXCHG: do_compare_exchange(job); break;
    case DECODE_MOVS:
    case DECODE_STOS:
    case DECODE_LODS:
    case DECODE_INS:
    case DECODE_OUTS: return do_string(job);
    case DECODE_IN:
    case DECODE_OUT: do_port(job); break;
    default: do_arithmetic(job); break;
    }
    return true;
}

static enum device_trap run_job(struct job *job)
{
    uint32_t before = g_machine.loader->interrupt_request;
    bool ended = execute(job);

    if (job->failed)
        return DEVICE_TRAP_DELIVER;
    if (ended)
        job->g[REG_RIP] += job->access.length;
    if (!job->polls && g_machine.loader->interrupt_request == before)
        return DEVICE_TRAP_DONE;
    memset(job->info, 0, sizeof(*job->info));
    job->info->vector = HAL_TRAP_INTERRUPT;
    job->info->value = job->polls;
    return DEVICE_TRAP_DELIVER;
}

enum device_trap device_access_memory(ucontext_t *context, HAL_TRAP_INFO *info)
{
    struct job job = {.context = context, .g = context->uc_mcontext.gregs, .info = info};
    uint64_t bus;

    if (info->access == HAL_ACCESS_EXECUTE ||
        !memory_bus_address(info->address, info->access == HAL_ACCESS_WRITE, &bus))
        return DEVICE_TRAP_NOT;
    if (decode_at_rip(&job) && job.access.operation != DECODE_IN &&
        job.access.operation != DECODE_OUT)
        return run_job(&job);
    device_log("instruction '%s' at 0x%llx on bus address 0x%llx: the host cannot do it in the "
               "processor's place\n",
               job.access.mnemonic, (unsigned long long)job.g[REG_RIP], (unsigned long long)bus);
    info->vector = HAL_TRAP_DEVICE_ACCESS;
    return DEVICE_TRAP_DELIVER;
}

enum device_trap device_access_port(ucontext_t *context, HAL_TRAP_INFO *info)
{
    struct job job = {.context = context, .g = context->uc_mcontext.gregs, .info = info};

    if (!decode_at_rip(&job) || job.access.operation < DECODE_INS)
        return DEVICE_TRAP_NOT;
    return run_job(&job);
}
