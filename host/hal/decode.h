/* Instruction decoding for traps (Zydis). Pure functions on bytes; no system calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

/* Fills info for a privileged instruction or `int n`; false when the bytes are neither. */
bool decode_privileged(const uint8_t *code, unsigned bytes, HAL_TRAP_INFO *info);

struct decode_memory {
    int base;          /* general register index of the memory operand's base, -1 none */
    int index;
    bool writes_base;  /* the instruction itself changes the base register */
    bool writes_index;
    bool is_moffs_load;/* mov al/ax/eax/rax, [moffs64] */
    uint8_t width;     /* bytes */
    uint8_t length;
};
#define DECODE_ACCESSES 4
/*
 * Addresses of the memory that an instruction reads or writes, implied operands included; returns how many. reg holds the general
 * registers by index (0 = rax); gs_base is added where the GS segment is used.
 */
unsigned decode_accesses(const uint8_t *code, unsigned bytes, const uint64_t reg[16], uint64_t rip, uint64_t gs_base,
                         uint64_t address[DECODE_ACCESSES]);
/* The one memory operand of an instruction; false when it has none or cannot be decoded. */
bool decode_memory(const uint8_t *code, unsigned bytes, struct decode_memory *out);

/* What an instruction does with its memory operand. */
enum {
    DECODE_LOAD = 1,    /* mov, movzx, movsx to a general register */
    DECODE_STORE,       /* mov from a register or an immediate */
    DECODE_LOAD_VECTOR, /* 4 to 16 bytes to an xmm register, the rest of it zero */
    DECODE_STORE_VECTOR,
    DECODE_AND, DECODE_OR, DECODE_XOR, DECODE_ADD, DECODE_SUB, DECODE_CMP, DECODE_TEST, /* flags as the processor */
    DECODE_INC, DECODE_DEC, DECODE_NOT, DECODE_NEG,
    DECODE_XCHG, DECODE_XADD, DECODE_CMPXCHG,
    DECODE_MOVS, DECODE_STOS, DECODE_LODS,
    DECODE_INS, DECODE_OUTS, /* string port instructions; the port is in dx */
    DECODE_IN, DECODE_OUT    /* the port is immediate when reg is -1, else in dx */
};

struct decode_access {
    uint8_t operation;
    uint8_t width;          /* bytes of the memory operand, or of the port access */
    uint8_t register_width; /* loads: bytes of the register that is written */
    bool is_signed;         /* loads: sign extended */
    bool to_register;       /* arithmetic: the register is the destination, memory the source */
    bool high_byte;         /* reg is ah, ch, dh, bh (index 0 to 3) */
    bool repeat;
    int reg;                /* general or xmm register index; -1: an immediate */
    uint64_t immediate;     /* sign extended */
    uint64_t address;       /* of the memory operand; string instructions have theirs in rsi and rdi */
    uint8_t length;
    char mnemonic[16];      /* for messages, also when the instruction is none of these */
};
/*
 * Decodes an instruction that accesses a device: reg holds the general registers by index. False when it is none of
 * DECODE_*; then only mnemonic is set.
 */
bool decode_access(const uint8_t *code, unsigned bytes, const uint64_t reg[16], uint64_t rip, uint64_t gs_base,
                   struct decode_access *out);
/*
 * Result and flags of one of DECODE_AND to DECODE_NEG (and DECODE_XADD, as an addition) on width bytes: a is the
 * destination. *eflags gets the arithmetic flags that the operation sets.
 */
uint64_t decode_compute(uint8_t operation, uint8_t width, uint64_t a, uint64_t b, uint64_t *eflags);
