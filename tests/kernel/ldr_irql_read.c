/*
 * `mov reg, cr8`, the inline KeGetCurrentIrql: right in every general register, at every IRQL, flags and other registers
 * untouched, the first time and after the loader has rewritten the instruction.
 */
#include "tap.h"

typedef ULONG64 READER(ULONG64 *Flags, ULONG64 *Others);

/*
 * READER of a register: loads all bits of it first, sets the carry and zero flags, reads. Others: what differs in the other
 * registers, 0 when nothing. rcx and rdx are the arguments; they are put away before, so that they can be read into as well.
 */
#define REGISTERS(X) \
    X(rax) X(rcx) X(rdx) X(rbx) X(rbp) X(rsi) X(rdi) X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15)
#define DECLARE(Name) \
    READER read_##Name; \
    extern const UCHAR read_##Name##_site[];
REGISTERS(DECLARE)

#define DEFINE(Name) \
    __asm__(".text\n" \
            ".globl read_" #Name ", read_" #Name "_site\n" \
            ".p2align 4, 0xcc\n" \
            ".seh_proc read_" #Name "\n" \
            "read_" #Name ":\n" \
            SAVE \
            ".seh_endprologue\n" \
            "mov $0x5555, %r15\n" \
            "mov %r15, %rax\n mov %r15, %rcx\n mov %r15, %rdx\n mov %r15, %rbx\n mov %r15, %rbp\n mov %r15, %rsi\n" \
            "mov %r15, %rdi\n mov %r15, %r8\n mov %r15, %r9\n mov %r15, %r10\n mov %r15, %r11\n mov %r15, %r12\n" \
            "mov %r15, %r13\n mov %r15, %r14\n" \
            "mov $-1, %" #Name "\n" \
            "cmp %rsp, %rsp\n stc\n" \
            "read_" #Name "_site:\n" \
            "mov %cr8, %" #Name "\n" \
            "pushfq\n push %" #Name "\n" \
            "mov $0x5555, %" #Name "\n" \
            SUM \
            "pop %rax\n pop %rcx\n" /* the IRQL, the flags */ \
            "mov 64(%rsp), %rdx\n mov %rcx, (%rdx)\n mov 72(%rsp), %rdx\n mov %r15, (%rdx)\n" \
            RESTORE \
            "ret\n" \
            ".seh_endproc\n" \
            PADDING);
/* As compilers pad to the next function: MSVC, and clang for mingw. */
#define PADDING ".space 4, 0xcc\n nopw 0(%rax,%rax)\n .p2align 4, 0xcc\n"
#define SAVE \
    "push %rdx\n .seh_pushreg %rdx\n push %rcx\n .seh_pushreg %rcx\n push %rbx\n .seh_pushreg %rbx\n push %rbp\n" \
    ".seh_pushreg %rbp\n push %rsi\n .seh_pushreg %rsi\n push %rdi\n .seh_pushreg %rdi\n push %r12\n .seh_pushreg %r12\n" \
    "push %r13\n .seh_pushreg %r13\n push %r14\n .seh_pushreg %r14\n push %r15\n .seh_pushreg %r15\n"
#define RESTORE \
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rdi\n pop %rsi\n pop %rbp\n pop %rbx\n pop %rcx\n pop %rdx\n"
/* r15: bits in which any register differs from 0x5555 */
#define SUM \
    "xor $0x5555, %r15\n" TERM(rax) TERM(rcx) TERM(rdx) TERM(rbx) TERM(rbp) TERM(rsi) TERM(rdi) TERM(r8) TERM(r9) TERM(r10) \
        TERM(r11) TERM(r12) TERM(r13) TERM(r14)
#define TERM(Name) "xor $0x5555, %" #Name "\n or %" #Name ", %r15\n"
/* So that there is padding between two functions before the first. */
__asm__(".text\n .p2align 4, 0xcc\n .seh_proc before_all\n before_all: sub $8, %rsp\n .seh_stackalloc 8\n .seh_endprologue\n"
        "add $8, %rsp\n ret\n .seh_endproc\n" PADDING);
REGISTERS(DEFINE)

#define ROW(Name) {#Name, read_##Name, read_##Name##_site},
static const struct {
    const char *Name;
    READER *Read;
    const UCHAR *Site;
} Readers[] = {REGISTERS(ROW)};

static VOID read_all(PVOID Context)
{
    KIRQL Irql = KeGetCurrentIrql();

    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Readers); i++)
        for (ULONG Times = 0; Times < 3; Times++) {
            ULONG64 Flags = 0, Others = MAXULONG64, Value = Readers[i].Read(&Flags, &Others);

            is_ulong64(Value, Irql, "cr8 to %s", Readers[i].Name);
            is_hex(Flags & 0x41, 0x41, "the flags stay (%s)", Readers[i].Name);
            is_hex(Others, 0, "the other registers stay (%s)", Readers[i].Name);
        }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_at_levels(TAP_ALL_LEVELS, read_all, NULL, "read");
    if (tap_routine(L"wine_get_version") == NULL && tap_has_irqls())
        for (ULONG i = 0; i < RTL_NUMBER_OF(Readers); i++)
            is_hex(Readers[i].Site[0], 0xEB, "%s: the instruction is a jump now", Readers[i].Name);
    return done();
}
