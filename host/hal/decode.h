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
