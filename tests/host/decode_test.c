/*
 * Instructions that touch devices: decoded as what they are, computed as the processor computes,
 * and anything else, random bytes included, named and refused.
 */
#include "hal/decode.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define RIP 0x600000001000ull

static const struct {
    const char *name;
    uint8_t code[12];
    uint8_t bytes, operation, width;
    int reg;
    uint64_t immediate, address;
} table[] = {
    {"mov eax, [rcx]", {0x8B, 0x01}, 2, DECODE_LOAD, 4, 0, 0, 0x1000},
    {"mov r15, [rcx+8]", {0x4C, 0x8B, 0x79, 0x08}, 4, DECODE_LOAD, 8, 15, 0, 0x1008},
    {"movzx edx, byte [rcx+1]", {0x0F, 0xB6, 0x51, 0x01}, 4, DECODE_LOAD, 1, 2, 0, 0x1001},
    {"movsx rdx, word [rcx]", {0x48, 0x0F, 0xBF, 0x11}, 4, DECODE_LOAD, 2, 2, 0, 0x1000},
    {"mov dh, [rcx]", {0x8A, 0x31}, 2, DECODE_LOAD, 1, 2, 0, 0x1000},
    {"mov [rcx], ax", {0x66, 0x89, 0x01}, 3, DECODE_STORE, 2, 0, 0, 0x1000},
    {"mov dword [rcx+4], 5", {0xC7, 0x41, 0x04, 5, 0, 0, 0}, 7, DECODE_STORE, 4, -1, 5, 0x1004},
    {"mov qword [rcx], -1",
     {0x48, 0xC7, 0x01, 0xFF, 0xFF, 0xFF, 0xFF},
     7,
     DECODE_STORE,
     8,
     -1,
     ~0ull,
     0x1000},
    {"mov eax, [rip+16]", {0x8B, 0x05, 16, 0, 0, 0}, 6, DECODE_LOAD, 4, 0, 0, RIP + 22},
    {"mov eax, [rcx+rdx*4]", {0x8B, 0x04, 0x91}, 3, DECODE_LOAD, 4, 0, 0, 0x1000 + 4 * 0x20},
    {"mov eax, gs:[rcx]", {0x65, 0x8B, 0x01}, 3, DECODE_LOAD, 4, 0, 0, 0x1000 + 0x7000},
    {"and dword [rcx], 3", {0x83, 0x21, 3}, 3, DECODE_AND, 4, -1, 3, 0x1000},
    {"lock or [rcx], rdx", {0xF0, 0x48, 0x09, 0x11}, 4, DECODE_OR, 8, 2, 0, 0x1000},
    {"test byte [rcx], 1", {0xF6, 0x01, 1}, 3, DECODE_TEST, 1, -1, 1, 0x1000},
    {"cmp [rcx], eax", {0x39, 0x01}, 2, DECODE_CMP, 4, 0, 0, 0x1000},
    {"xchg [rcx], eax", {0x87, 0x01}, 2, DECODE_XCHG, 4, 0, 0, 0x1000},
    {"lock xadd [rcx], eax", {0xF0, 0x0F, 0xC1, 0x01}, 4, DECODE_XADD, 4, 0, 0, 0x1000},
    {"lock cmpxchg [rcx], edx", {0xF0, 0x0F, 0xB1, 0x11}, 4, DECODE_CMPXCHG, 4, 2, 0, 0x1000},
    {"inc dword [rcx]", {0xFF, 0x01}, 2, DECODE_INC, 4, -1, 0, 0x1000},
    {"rep movsd", {0xF3, 0xA5}, 2, DECODE_MOVS, 4, -1, 0, 0},
    {"stosb", {0xAA}, 1, DECODE_STOS, 1, -1, 0, 0},
    {"rep outsw", {0xF3, 0x66, 0x6F}, 3, DECODE_OUTS, 2, -1, 0, 0},
    {"in al, dx", {0xEC}, 1, DECODE_IN, 1, 2, 0, 0},
    {"out 0x80, eax", {0xE7, 0x80}, 2, DECODE_OUT, 4, -1, 0x80, 0},
    {"movups xmm3, [rcx]", {0x0F, 0x10, 0x19}, 3, DECODE_LOAD_VECTOR, 16, 3, 0, 0x1000},
    {"movsd [rcx], xmm1", {0xF2, 0x0F, 0x11, 0x09}, 4, DECODE_STORE_VECTOR, 8, 1, 0, 0x1000},
};
static const struct {
    const char *mnemonic;
    uint8_t code[8];
    uint8_t bytes;
} refused[] = {
    {"vmovdqu", {0xC5, 0xFE, 0x6F, 0x01}, 4},
    {"push", {0xFF, 0x31}, 2},
    {"bts", {0x0F, 0xAB, 0x01}, 3},
    {"fld", {0xD9, 0x01}, 2},
    {"paddd", {0x66, 0x0F, 0xFE, 0x01}, 4},
    {"mov", {0x89, 0xC8}, 2},
    {"cmpxchg16b", {0x48, 0x0F, 0xC7, 0x09}, 4},
    {"jmp", {0xFF, 0x21}, 2},
};

static void test_table(void)
{
    uint64_t reg[16] = {[1] = 0x1000, [2] = 0x20};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct decode_access access;
        bool decoded = decode_access(table[i].code, table[i].bytes, reg, RIP, 0x7000, &access);

        ok(decoded && access.operation == table[i].operation && access.width == table[i].width &&
               access.reg == table[i].reg && access.length == table[i].bytes &&
               (table[i].reg >= 0 || table[i].immediate == access.immediate) &&
               access.address == table[i].address,
           "%s", table[i].name);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct decode_access access;

        ok(!decode_access(refused[i].code, refused[i].bytes, reg, RIP, 0, &access) &&
               strcmp(access.mnemonic, refused[i].mnemonic) == 0,
           "%s is refused and named", refused[i].mnemonic);
    }
}

/* ---- arithmetic, against the processor ---- */

#define FLAGS 0x8D5ull
#define DO(instruction, type)                                               \
    do {                                                                    \
        type x = (type)a, y = (type)b;                                      \
        __asm__("pushq %2\n\tpopfq\n\t" instruction "\n\tpushfq\n\tpopq %2" \
                : "+r"(x), "+r"(y), "+r"(flags)                             \
                :                                                           \
                : "cc");                                                    \
        return *eflags = flags, (uint64_t)x;                                \
    } while (0)
#define WIDTHS(name)                         \
    switch (width) {                         \
    case 1: DO(name " %b1, %b0", uint8_t);   \
    case 2: DO(name " %w1, %w0", uint16_t);  \
    case 4: DO(name " %k1, %k0", uint32_t);  \
    default: DO(name " %q1, %q0", uint64_t); \
    }
#define WIDTHS_ONE(name)                \
    switch (width) {                    \
    case 1: DO(name " %b0", uint8_t);   \
    case 2: DO(name " %w0", uint16_t);  \
    case 4: DO(name " %k0", uint32_t);  \
    default: DO(name " %q0", uint64_t); \
    }

static uint64_t processor(uint8_t operation, uint8_t width, uint64_t a, uint64_t b,
                          uint64_t *eflags)
{
    uint64_t flags = *eflags;

    switch (operation) {
    case DECODE_AND: WIDTHS("and")
    case DECODE_OR: WIDTHS("or")
    case DECODE_XOR: WIDTHS("xor")
    case DECODE_ADD: WIDTHS("add")
    case DECODE_SUB: WIDTHS("sub")
    case DECODE_CMP: WIDTHS("sub") /* its result is not used */
    case DECODE_TEST: WIDTHS("and")
    case DECODE_INC: WIDTHS_ONE("inc")
    case DECODE_DEC: WIDTHS_ONE("dec")
    case DECODE_NOT: WIDTHS_ONE("not")
    default: WIDTHS_ONE("neg")
    }
}

static uint64_t random_value(void)
{
    static const uint64_t corners[] = {0,      1,          0x7F,       0x80,  0xFF,      0x7FFF,
                                       0x8000, 0x7FFFFFFF, 0x80000000, ~0ull, 1ull << 63};
    uint64_t random = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();

    return rand() % 3 == 0 ? corners[(unsigned)rand() % (sizeof(corners) / sizeof(corners[0]))]
                           : random;
}

static void test_arithmetic(void)
{
    static const uint8_t widths[] = {1, 2, 4, 8};

    srand(1);
    for (uint8_t operation = DECODE_AND; operation <= DECODE_NEG; operation++) {
        unsigned wrong = 0;

        for (unsigned i = 0; i < 20000; i++) {
            uint8_t width = widths[i & 3];
            uint64_t a = random_value(), b = random_value(), ours = 0x202 | (uint64_t)(rand() & 1),
                     theirs = ours;
            /* and, or, xor and test leave the auxiliary carry undefined */
            uint64_t checked = operation == DECODE_AND || operation == DECODE_OR ||
                                       operation == DECODE_XOR || operation == DECODE_TEST
                                   ? FLAGS & ~0x10ull
                                   : FLAGS;

            wrong += decode_compute(operation, width, a, b, &ours) !=
                         processor(operation, width, a, b, &theirs) ||
                     ((ours ^ theirs) & checked) != 0;
        }
        ok(wrong == 0, "operation %u computes as the processor does (%u times not)", operation,
           wrong);
    }
}

/* ---- random bytes ---- */

static bool is_sane(const struct decode_access *access)
{
    bool width =
        access->width == 1 || access->width == 2 || access->width == 4 || access->width == 8 ||
        (access->width == 16 &&
         (access->operation == DECODE_LOAD_VECTOR || access->operation == DECODE_STORE_VECTOR));

    return width && access->operation >= DECODE_LOAD && access->operation <= DECODE_OUT &&
           access->reg >= -1 && access->reg < 16 && access->length >= 1 && access->length <= 15 &&
           (access->operation != DECODE_LOAD || access->reg >= 0) &&
           ((access->operation != DECODE_LOAD_VECTOR && access->operation != DECODE_STORE_VECTOR) ||
            access->reg >= 0);
}

static void test_random(void)
{
    uint64_t reg[16] = {0};
    unsigned decoded = 0, insane = 0;

    srand(2);
    for (unsigned i = 0; i < 200000; i++) {
        struct decode_access access;
        uint8_t code[15];

        for (unsigned j = 0; j < sizeof(code); j++)
            code[j] = (uint8_t)rand();
        if (!decode_access(code, 1 + (unsigned)rand() % sizeof(code), reg, RIP, 0, &access))
            continue;
        decoded++;
        insane += !is_sane(&access);
    }
    ok(decoded > 1000, "random bytes are instructions at times (%u)", decoded);
    is(insane, 0, "and what is decoded makes sense");
}

int main(void)
{
    test_table();
    test_arithmetic();
    test_random();
    return done_testing();
}
