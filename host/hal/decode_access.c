/*
 * Instructions that touch device registers: which of them the host can do in the processor's place.
 * Leaves out: vector instructions beyond plain 128-bit moves, bit tests with a memory operand, x87,
 * and whatever compilers do not make of a volatile access; those are named, never guessed.
 */
#include "hal/decode.h"

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

#define CF 0x001u
#define PF 0x004u
#define AF 0x010u
#define ZF 0x040u
#define SF 0x080u
#define OF 0x800u

static const struct {
    ZydisMnemonic mnemonic;
    uint8_t operation;
} operations[] = {
    {ZYDIS_MNEMONIC_AND, DECODE_AND},     {ZYDIS_MNEMONIC_OR, DECODE_OR},
    {ZYDIS_MNEMONIC_XOR, DECODE_XOR},     {ZYDIS_MNEMONIC_ADD, DECODE_ADD},
    {ZYDIS_MNEMONIC_SUB, DECODE_SUB},     {ZYDIS_MNEMONIC_CMP, DECODE_CMP},
    {ZYDIS_MNEMONIC_TEST, DECODE_TEST},   {ZYDIS_MNEMONIC_INC, DECODE_INC},
    {ZYDIS_MNEMONIC_DEC, DECODE_DEC},     {ZYDIS_MNEMONIC_NOT, DECODE_NOT},
    {ZYDIS_MNEMONIC_NEG, DECODE_NEG},     {ZYDIS_MNEMONIC_XCHG, DECODE_XCHG},
    {ZYDIS_MNEMONIC_XADD, DECODE_XADD},   {ZYDIS_MNEMONIC_CMPXCHG, DECODE_CMPXCHG},
    {ZYDIS_MNEMONIC_MOVSB, DECODE_MOVS},  {ZYDIS_MNEMONIC_MOVSW, DECODE_MOVS},
    {ZYDIS_MNEMONIC_MOVSD, DECODE_MOVS},  {ZYDIS_MNEMONIC_MOVSQ, DECODE_MOVS},
    {ZYDIS_MNEMONIC_STOSB, DECODE_STOS},  {ZYDIS_MNEMONIC_STOSW, DECODE_STOS},
    {ZYDIS_MNEMONIC_STOSD, DECODE_STOS},  {ZYDIS_MNEMONIC_STOSQ, DECODE_STOS},
    {ZYDIS_MNEMONIC_LODSB, DECODE_LODS},  {ZYDIS_MNEMONIC_LODSW, DECODE_LODS},
    {ZYDIS_MNEMONIC_LODSD, DECODE_LODS},  {ZYDIS_MNEMONIC_LODSQ, DECODE_LODS},
    {ZYDIS_MNEMONIC_INSB, DECODE_INS},    {ZYDIS_MNEMONIC_INSW, DECODE_INS},
    {ZYDIS_MNEMONIC_INSD, DECODE_INS},    {ZYDIS_MNEMONIC_OUTSB, DECODE_OUTS},
    {ZYDIS_MNEMONIC_OUTSW, DECODE_OUTS},  {ZYDIS_MNEMONIC_OUTSD, DECODE_OUTS},
    {ZYDIS_MNEMONIC_IN, DECODE_IN},       {ZYDIS_MNEMONIC_OUT, DECODE_OUT},
    {ZYDIS_MNEMONIC_MOV, DECODE_LOAD},    {ZYDIS_MNEMONIC_MOVZX, DECODE_LOAD},
    {ZYDIS_MNEMONIC_MOVSX, DECODE_LOAD},  {ZYDIS_MNEMONIC_MOVSXD, DECODE_LOAD},
    {ZYDIS_MNEMONIC_MOVNTI, DECODE_LOAD},
};
static const ZydisMnemonic vector_moves[] = {
    ZYDIS_MNEMONIC_MOVD,   ZYDIS_MNEMONIC_MOVQ,   ZYDIS_MNEMONIC_MOVAPS,  ZYDIS_MNEMONIC_MOVUPS,
    ZYDIS_MNEMONIC_MOVAPD, ZYDIS_MNEMONIC_MOVUPD, ZYDIS_MNEMONIC_MOVDQA,  ZYDIS_MNEMONIC_MOVDQU,
    ZYDIS_MNEMONIC_MOVSS,  ZYDIS_MNEMONIC_MOVSD,  ZYDIS_MNEMONIC_MOVNTPS, ZYDIS_MNEMONIC_MOVNTDQ,
};

static uint8_t operation_of(ZydisMnemonic mnemonic)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (operations[i].mnemonic == mnemonic)
            return operations[i].operation;
    return 0;
}

static bool is_vector_move(ZydisMnemonic mnemonic)
{
    for (size_t i = 0; i < sizeof(vector_moves) / sizeof(vector_moves[0]); i++)
        if (vector_moves[i] == mnemonic)
            return true;
    return false;
}

/* A general register as index and half; false for any other register. */
static bool set_register(ZydisRegister reg, struct decode_access *out)
{
    ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

    if (ZydisRegisterGetClass(full) != ZYDIS_REGCLASS_GPR64)
        return false;
    out->reg = ZydisRegisterGetId(full);
    out->high_byte = reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
    if (out->high_byte)
        out->reg = reg - ZYDIS_REGISTER_AH;
    out->register_width = (uint8_t)(ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, reg) / 8);
    return true;
}

static bool set_other(const ZydisDecodedOperand *operand, struct decode_access *out)
{
    out->reg = -1;
    if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        out->immediate =
            operand->imm.is_signed ? (uint64_t)operand->imm.value.s : operand->imm.value.u;
        return true;
    }
    return operand->type == ZYDIS_OPERAND_TYPE_REGISTER && set_register(operand->reg.value, out);
}

static bool decode_vector(const ZydisDecodedOperand *operands, unsigned memory,
                          struct decode_access *out)
{
    const ZydisDecodedOperand *other = &operands[1 - memory];

    out->operation = memory == 0 ? DECODE_STORE_VECTOR : DECODE_LOAD_VECTOR;
    if (other->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return false;
    if (ZydisRegisterGetClass(other->reg.value) == ZYDIS_REGCLASS_XMM) {
        out->reg = ZydisRegisterGetId(other->reg.value);
        return out->reg < 16 && (out->width == 4 || out->width == 8 || out->width == 16);
    }
    return false;
}

/* in, out and the string instructions have fixed operands. */
static bool decode_fixed(const ZydisDecodedInstruction *instruction,
                         const ZydisDecodedOperand *operands, struct decode_access *out)
{
    const ZydisDecodedOperand *port;

    out->repeat = (instruction->attributes &
                   (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
    if (instruction->address_width != 64 ||
        (instruction->attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS) ||
        (instruction->attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS))
        return false;
    if (out->operation != DECODE_IN && out->operation != DECODE_OUT) {
        for (unsigned i = 0; i < instruction->operand_count; i++)
            if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
                out->width = (uint8_t)(operands[i].size / 8);
        return true;
    }
    port = &operands[out->operation == DECODE_IN ? 1 : 0];
    out->width = (uint8_t)(operands[out->operation == DECODE_IN ? 0 : 1].size / 8);
    out->reg = port->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? -1 : 2;
    out->immediate = port->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? port->imm.value.u & 0xFF : 0;
    return true;
}

/* The operand that is in memory, 0 or 1; 2 when there is none. */
static unsigned memory_operand(const ZydisDecodedInstruction *instruction,
                               const ZydisDecodedOperand *operands)
{
    for (unsigned i = 0; i < instruction->operand_count_visible && i < 2; i++)
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM)
            return i;
    return 2;
}

/* movsd is also the move of a double; that one names an xmm register. */
static bool is_scalar_double(const ZydisDecodedInstruction *instruction,
                             const ZydisDecodedOperand *operands)
{
    return instruction->mnemonic == ZYDIS_MNEMONIC_MOVSD &&
           (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER ||
            operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER);
}

static bool set_address(const ZydisDecodedInstruction *instruction,
                        const ZydisDecodedOperand *memory, const uint64_t reg[16], uint64_t rip,
                        uint64_t gs_base, struct decode_access *out)
{
    ZydisRegisterContext context;
    ZyanU64 at;

    memset(&context, 0, sizeof(context));
    for (int i = 0; i < 16; i++)
        context.values[ZYDIS_REGISTER_RAX + i] = reg[i];
    if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(instruction, memory, rip, &context, &at)))
        return false;
    out->address = at + (memory->mem.segment == ZYDIS_REGISTER_GS ? gs_base : 0);
    out->width = (uint8_t)(memory->size / 8);
    return memory->mem.segment != ZYDIS_REGISTER_FS;
}

static bool decode_plain(const ZydisDecodedInstruction *instruction,
                         const ZydisDecodedOperand *operands, unsigned memory,
                         struct decode_access *out)
{
    bool scalar = out->width == 1 || out->width == 2 || out->width == 4 || out->width == 8;

    if (!scalar)
        return false;
    if (instruction->operand_count_visible == 1)
        return out->operation >= DECODE_INC && out->operation <= DECODE_NEG;
    if (instruction->operand_count_visible != 2 || !set_other(&operands[1 - memory], out))
        return false;
    out->to_register = memory == 1;
    if (out->operation == DECODE_LOAD) {
        out->is_signed = instruction->mnemonic == ZYDIS_MNEMONIC_MOVSX ||
                         instruction->mnemonic == ZYDIS_MNEMONIC_MOVSXD;
        if (memory == 0)
            out->operation = DECODE_STORE;
    }
    return true;
}

bool decode_access(const uint8_t *code, unsigned bytes, const uint64_t reg[16], uint64_t rip,
                   uint64_t gs_base, struct decode_access *out)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoder decoder;
    unsigned memory;

    memset(out, 0, sizeof(*out));
    snprintf(out->mnemonic, sizeof(out->mnemonic), "(unknown)");
    if (!ZYAN_SUCCESS(
            ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, bytes, &instruction, operands)))
        return false;
    snprintf(out->mnemonic, sizeof(out->mnemonic), "%s",
             ZydisMnemonicGetString(instruction.mnemonic));
    out->length = instruction.length;
    out->reg = -1;
    out->operation = operation_of(instruction.mnemonic);
    memory = memory_operand(&instruction, operands);
    if (out->operation >= DECODE_MOVS && !is_scalar_double(&instruction, operands))
        return decode_fixed(&instruction, operands, out);
    if (memory == 2 || !set_address(&instruction, &operands[memory], reg, rip, gs_base, out))
        return false;
    if (is_vector_move(instruction.mnemonic))
        return decode_vector(operands, memory, out);
    return out->operation != 0 && decode_plain(&instruction, operands, memory, out);
}

/* ---- arithmetic ---- */

static uint64_t sign_and_zero(uint64_t result, uint64_t sign)
{
    return ((result & (sign | (sign - 1))) == 0 ? ZF : 0) | ((result & sign) != 0 ? SF : 0) |
           (__builtin_parity((unsigned)(result & 0xFF)) ? 0 : PF);
}

static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t result, uint64_t sign)
{
    uint64_t carries = (a & b) | ((a | b) & ~result);

    return ((carries & sign) ? CF : 0) | ((carries & 8) ? AF : 0) |
           (((a ^ result) & (b ^ result) & sign) ? OF : 0);
}

static uint64_t subtract_flags(uint64_t a, uint64_t b, uint64_t result, uint64_t sign)
{
    uint64_t borrows = (~a & b) | ((~a | b) & result);

    return ((borrows & sign) ? CF : 0) | ((borrows & 8) ? AF : 0) |
           (((a ^ b) & (a ^ result) & sign) ? OF : 0);
}

uint64_t decode_compute(uint8_t operation, uint8_t width, uint64_t a, uint64_t b, uint64_t *eflags)
{
    uint64_t sign = 1ull << (width * 8 - 1), mask = sign | (sign - 1), result, flags = 0;
    uint64_t kept = *eflags & ~(uint64_t)(CF | PF | AF | ZF | SF | OF);

    a &= mask;
    b &= mask;
    switch (operation) {
    case DECODE_NOT: return ~a & mask; /* no flags */
    case DECODE_AND:
    case DECODE_TEST: result = a & b; break;
    case DECODE_OR: result = a | b; break;
    case DECODE_XOR: result = a ^ b; break;
    case DECODE_ADD:
    case DECODE_XADD:
        result = (a + b) & mask;
        flags = add_flags(a, b, result, sign);
        break;
    case DECODE_INC: /* the carry stays */
        result = (a + 1) & mask;
        flags = (add_flags(a, 1, result, sign) & ~(uint64_t)CF) | (*eflags & CF);
        break;
    case DECODE_DEC:
        result = (a - 1) & mask;
        flags = (subtract_flags(a, 1, result, sign) & ~(uint64_t)CF) | (*eflags & CF);
        break;
    case DECODE_NEG:
        result = (0 - a) & mask;
        flags = subtract_flags(0, a, result, sign);
        break;
    default: /* DECODE_SUB, DECODE_CMP, DECODE_CMPXCHG's comparison */
        result = (a - b) & mask;
        flags = subtract_flags(a, b, result, sign);
        break;
    }
    *eflags = kept | flags | sign_and_zero(result, sign);
    return result;
}
