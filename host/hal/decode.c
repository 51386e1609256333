/* Instruction decoding for traps, on Zydis. Leaves out: anything that does not trap in ring 3. */
#include "hal/decode.h"

#include <Zydis/Zydis.h>
#include <string.h>

static bool decode(const uint8_t *code, unsigned bytes, ZydisDecodedInstruction *instruction,
                   ZydisDecodedOperand *operands)
{
    ZydisDecoder decoder;

    return ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, bytes, instruction, operands));
}

static int general_index(ZydisRegister reg)
{
    ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

    if (ZydisRegisterGetClass(full) != ZYDIS_REGCLASS_GPR64)
        return -1;
    return ZydisRegisterGetId(full);
}

/* mov to or from a control or debug register. */
static bool decode_move(const ZydisDecodedOperand *operands, HAL_TRAP_INFO *info)
{
    for (int i = 0; i < 2; i++) {
        ZydisRegister reg = operands[i].reg.value;
        ZydisRegisterClass class = ZydisRegisterGetClass(reg);

        if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER ||
            (class != ZYDIS_REGCLASS_CONTROL && class != ZYDIS_REGCLASS_DEBUG))
            continue;
        if (class == ZYDIS_REGCLASS_CONTROL)
            info->instruction = i == 0 ? HAL_PRIV_WRITE_CR : HAL_PRIV_READ_CR;
        else
            info->instruction = i == 0 ? HAL_PRIV_WRITE_DR : HAL_PRIV_READ_DR;
        info->value = (uint8_t)ZydisRegisterGetId(reg);
        info->reg = (uint8_t)general_index(operands[1 - i].reg.value);
        return true;
    }
    return false;
}

static void decode_port(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands, bool in,
                        HAL_TRAP_INFO *info)
{
    const ZydisDecodedOperand *data = &operands[in ? 0 : 1];

    info->instruction = in ? HAL_PRIV_IN : HAL_PRIV_OUT;
    info->width = (uint8_t)(data->size / 8);
    if (operands[in ? 1 : 0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        info->value = 1;
        info->address = operands[in ? 1 : 0].imm.value.u;
    }
    if (instruction->mnemonic != ZYDIS_MNEMONIC_IN && instruction->mnemonic != ZYDIS_MNEMONIC_OUT)
        info->repeat = (instruction->attributes & ZYDIS_ATTRIB_HAS_REP) ? 2 : 1;
}

bool decode_privileged(const uint8_t *code, unsigned bytes, HAL_TRAP_INFO *info)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    if (!decode(code, bytes, &instruction, operands))
        return false;
    info->length = instruction.length;
    info->vector = HAL_TRAP_PRIVILEGED;
    info->instruction = HAL_PRIV_OTHER;
    switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
        return decode_move(operands, info);
    case ZYDIS_MNEMONIC_IN:
    case ZYDIS_MNEMONIC_INSB:
    case ZYDIS_MNEMONIC_INSW:
    case ZYDIS_MNEMONIC_INSD:
        decode_port(&instruction, operands, true, info);
        return true;
    case ZYDIS_MNEMONIC_OUT:
    case ZYDIS_MNEMONIC_OUTSB:
    case ZYDIS_MNEMONIC_OUTSW:
    case ZYDIS_MNEMONIC_OUTSD:
        decode_port(&instruction, operands, false, info);
        return true;
    case ZYDIS_MNEMONIC_CLI: info->instruction = HAL_PRIV_CLI; return true;
    case ZYDIS_MNEMONIC_STI: info->instruction = HAL_PRIV_STI; return true;
    case ZYDIS_MNEMONIC_RDMSR: info->instruction = HAL_PRIV_RDMSR; return true;
    case ZYDIS_MNEMONIC_WRMSR: info->instruction = HAL_PRIV_WRMSR; return true;
    case ZYDIS_MNEMONIC_RDTSC: info->instruction = HAL_PRIV_RDTSC; return true;
    case ZYDIS_MNEMONIC_RDTSCP: info->instruction = HAL_PRIV_RDTSC; info->value = 1; return true;
    case ZYDIS_MNEMONIC_RDPMC: info->instruction = HAL_PRIV_RDPMC; return true;
    case ZYDIS_MNEMONIC_HLT: info->instruction = HAL_PRIV_HLT; return true;
    case ZYDIS_MNEMONIC_WBINVD:
    case ZYDIS_MNEMONIC_INVD:
    case ZYDIS_MNEMONIC_INVLPG: info->instruction = HAL_PRIV_CACHE; return true;
    default:
        return instruction.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED;
    }
}

bool decode_memory(const uint8_t *code, unsigned bytes, struct decode_memory *out)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    const ZydisDecodedOperand *memory = NULL;

    if (!decode(code, bytes, &instruction, operands))
        return false;
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < instruction.operand_count_visible; i++)
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM)
            memory = &operands[i];
    if (memory == NULL)
        return false;
    out->length = instruction.length;
    out->width = (uint8_t)(memory->size / 8);
    out->base = memory->mem.base == ZYDIS_REGISTER_NONE ? -1 : general_index(memory->mem.base);
    out->index = memory->mem.index == ZYDIS_REGISTER_NONE ? -1 : general_index(memory->mem.index);
    for (unsigned i = 0; i < instruction.operand_count; i++) {
        if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER ||
            !(operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
            continue;
        out->writes_base |= general_index(operands[i].reg.value) == out->base;
        out->writes_index |= general_index(operands[i].reg.value) == out->index;
    }
    out->is_moffs_load = instruction.mnemonic == ZYDIS_MNEMONIC_MOV && out->base < 0 && out->index < 0 &&
                         memory != &operands[0];
    return true;
}

unsigned decode_accesses(const uint8_t *code, unsigned bytes, const uint64_t reg[16], uint64_t rip, uint64_t gs_base,
                         uint64_t address[DECODE_ACCESSES])
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisRegisterContext context;
    unsigned count = 0;

    if (!decode(code, bytes, &instruction, operands))
        return 0;
    memset(&context, 0, sizeof(context));
    for (int i = 0; i < 16; i++)
        context.values[ZYDIS_REGISTER_RAX + i] = reg[i];
    for (unsigned i = 0; i < instruction.operand_count && count < DECODE_ACCESSES; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        ZyanU64 at;

        if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->mem.type != ZYDIS_MEMOP_TYPE_MEM ||
            !ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(&instruction, operand, rip, &context, &at)))
            continue;
        address[count++] = at + (operand->mem.segment == ZYDIS_REGISTER_GS ? gs_base : 0);
    }
    return count;
}
