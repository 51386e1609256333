# The gate. A thunk is `movl $index, %eax; jmp VfGate`: it has no frame, so an unwinder sees a leaf. The gate keeps the
# argument registers, calls VfGateEnter, and jumps to the routine with the stack as the caller left it.
    .text
    .globl VfGate
    .def VfGate; .scl 2; .type 32; .endef
    .seh_proc VfGate
VfGate:
    subq $0xA8, %rsp
    .seh_stackalloc 0xA8
    .seh_endprologue
    movq %rcx, 0x20(%rsp)
    movq %rdx, 0x28(%rsp)
    movq %r8, 0x30(%rsp)
    movq %r9, 0x38(%rsp)
    movaps %xmm0, 0x40(%rsp)
    movaps %xmm1, 0x50(%rsp)
    movaps %xmm2, 0x60(%rsp)
    movaps %xmm3, 0x70(%rsp)
    movq %rax, 0x80(%rsp)
    movl %eax, %ecx
    movq 0xA8(%rsp), %rdx
    callq VfGateEnter
    movq 0x80(%rsp), %rax
    movl %eax, %eax
    shlq $5, %rax
    leaq VfImports(%rip), %rcx
    movq (%rcx,%rax), %rax
    movq 0x20(%rsp), %rcx
    movq 0x28(%rsp), %rdx
    movq 0x30(%rsp), %r8
    movq 0x38(%rsp), %r9
    movaps 0x40(%rsp), %xmm0
    movaps 0x50(%rsp), %xmm1
    movaps 0x60(%rsp), %xmm2
    movaps 0x70(%rsp), %xmm3
    addq $0xA8, %rsp
    jmpq *%rax
    .seh_endproc
