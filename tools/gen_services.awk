# Generates the system service table and the Zw entry points (out=kernel), or ntdll's stubs (out=ntdll), from
# abi/syscalls.tsv: name TAB argument count. Service numbers are the row numbers of the sorted table.
BEGIN { FS = "\t"; n = 0 }
/^#/ || NF < 2 { next }
{ name[n] = $1; args[n] = $2; n++ }
END {
    print "# Generated from abi/syscalls.tsv."
    if (out == "kernel") {
        print ".section .rdata,\"dr\"\n.globl KiServiceTable\n.p2align 4\nKiServiceTable:"
        for (i = 0; i < n; i++) print "  .quad " name[i]
        print ".globl KiServiceArguments\nKiServiceArguments:"
        for (i = 0; i < n; i++) print "  .byte " args[i]
        print ".p2align 2\n.globl KiServiceLimit\nKiServiceLimit: .long " n
        print ".text"
        # A Zw routine is the Nt routine called with PreviousMode = KernelMode. The old mode is put back on return.
        for (i = 0; i < n; i++) {
            zw = name[i]; sub(/^Nt/, "Zw", zw)
            stack = args[i] > 4 ? args[i] - 4 : 0
            bytes = 32 + 8 * stack; if (bytes % 16) bytes += 8
            # A service that no component defines yet stops the run and names itself.
            missing = "KiMissing" name[i]
            print ".section .drectve,\"yni\"\n.ascii \" -alternatename:" name[i] "=" missing "\"\n.text"
            print ".globl " missing "\n" missing ":\n  leaq .L" missing "(%rip), %rcx\n  jmp KiMissingService"
            print ".section .rdata,\"dr\"\n.L" missing ": .asciz \"" name[i] "\"\n.text"
            print ".globl " zw "\n.p2align 4\n.def " zw "; .scl 2; .type 32; .endef\n.seh_proc " zw "\n" zw ":"
            print "  pushq %rbx\n.seh_pushreg %rbx\n  pushq %rsi\n.seh_pushreg %rsi"
            print "  subq $" (bytes + 8) ", %rsp\n.seh_stackalloc " (bytes + 8) "\n.seh_endprologue"
            for (a = 0; a < stack; a++) {
                print "  movq " (bytes + 8 + 16 + 8 + 32 + 8 * a) "(%rsp), %rax"
                print "  movq %rax, " (32 + 8 * a) "(%rsp)"
            }
            print "  movq %gs:0x188, %rbx\n  leaq KiPreviousModeOffset(%rip), %rax\n  movl (%rax), %eax\n  addq %rax, %rbx"
            print "  movzbl (%rbx), %esi\n  movb $0, (%rbx)\n  callq " name[i] "\n  movb %sil, (%rbx)"
            print "  addq $" (bytes + 8) ", %rsp\n  popq %rsi\n  popq %rbx\n  retq\n.seh_endproc"
        }
    } else {
        for (i = 0; i < n; i++) {
            zw = name[i]; sub(/^Nt/, "Zw", zw)
            print ".section .drectve,\"yni\"\n.ascii \" -export:" name[i] " -export:" zw "\"\n.text"
            print ".globl " name[i] ", " zw "\n.p2align 4\n" name[i] ":\n" zw ":"
            print "  movq %rcx, %r10\n  movl $" i ", %eax\n  callq *0x7FFE0F00\n  retq"
        }
    }
}
