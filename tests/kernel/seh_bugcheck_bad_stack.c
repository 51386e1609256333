/* An exception where the stack cannot be walked, with a frame pointer into nowhere: a bug check,
 * not a second fault. */
#include "tap.h"
#include "unwind.h"

VOID fault_with_bad_frame(VOID);
__asm__(".text\n.globl fault_with_bad_frame\n.def fault_with_bad_frame; .scl 2; .type 32; .endef\n"
        ".seh_proc fault_with_bad_frame\nfault_with_bad_frame:\n\tpushq %rbp\n\t.seh_pushreg "
        "%rbp\n\tmovq %rsp, %rbp\n"
        "\t.seh_setframe %rbp, 0\n\t.seh_endprologue\n\tmovq $0x7654321000, %rbp\n\tmovq 0x2000, "
        "%rax\n\tud2\n\t.seh_endproc\n");

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x7E);
    __try {
        fault_with_bad_frame();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ok(FALSE, "no handler can be found");
    }
    return done();
}
