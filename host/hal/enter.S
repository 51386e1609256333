# Entry to the guest, HAL call thunks (each switches to the host stack) and the one system call instruction.
    .text

# Leaves no host value in the volatile registers: guest RAM must not depend on where the host lives.
    .macro SCRUB
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    vzeroupper
    xorps %xmm0, %xmm0
    xorps %xmm1, %xmm1
    xorps %xmm2, %xmm2
    xorps %xmm3, %xmm3
    xorps %xmm4, %xmm4
    xorps %xmm5, %xmm5
    .endm

    .macro SET_HOST_STACK
    movq %rsp, %rax
    andq $-64, %rax
    subq $256, %rax
    movq %rax, hal_host_stack(%rip)
    xorl %eax, %eax
    .endm

    .globl hal_enter_guest          # (rip, rsp, argument): never returns
    .type hal_enter_guest, @function
hal_enter_guest:
    SET_HOST_STACK
    movq %rsi, %rsp
    subq $16, %rsp
    movq %rdi, (%rsp)               # popped by ret
    movq %rax, 8(%rsp)              # the kernel's own return address: 0
    movq %rdx, %rbx
    SCRUB
    vzeroall
    movq %rbx, %rcx
    xorl %edi, %edi
    xorl %esi, %esi
    xorl %ebp, %ebp
    xorl %ebx, %ebx
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    ret

    .globl hal_resume_guest         # (rsp, gs base): returns from the safe point's HAL call
    .type hal_resume_guest, @function
hal_resume_guest:
    SET_HOST_STACK
    wrgsbase %rsi
    movq %rdi, %rsp
    vzeroall
    jmp return_from_safe_point

    .macro THUNK name
    .globl hal_thunk_\name
    .type hal_thunk_\name, @function
hal_thunk_\name:
    pushq %rbp
    movq %rsp, %rbp
    movq hal_host_stack(%rip), %rsp
    subq $64, %rsp
    cld
    call hal_do_\name
    leave
    SCRUB
    ret
    .endm

    THUNK map
    THUNK unmap
    THUNK protect
    THUNK write
    THUNK file
    THUNK next_command
    THUNK stop
    THUNK real_time
    THUNK wait
    THUNK read_input
    THUNK gpu
    THUNK device
    THUNK hive
    THUNK verify_image

    # A safe point keeps all that the caller may rely on after the call on the caller's stack, and passes the rsp
    # to come back to: RAM, that rsp and the gs base are then the whole machine.
    .globl hal_thunk_safe_point
    .type hal_thunk_safe_point, @function
hal_thunk_safe_point:
    pushq %rbp
    pushq %rbx
    pushq %rsi
    pushq %rdi
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $168, %rsp
    .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movaps %xmm\n, (16 * (\n - 6))(%rsp)
    .endr
    movq $0, 160(%rsp)
    stmxcsr 160(%rsp)
    fnstcw 164(%rsp)
    movq %rsp, %rdx
    movq %rsp, %rbp
    movq hal_host_stack(%rip), %rsp
    subq $64, %rsp
    cld
    call hal_do_safe_point
    movq %rbp, %rsp
return_from_safe_point:
    ldmxcsr 160(%rsp)
    fldcw 164(%rsp)
    .irp n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movaps (16 * (\n - 6))(%rsp), %xmm\n
    .endr
    addq $168, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rdi
    popq %rsi
    popq %rbx
    popq %rbp
    xorl %eax, %eax
    SCRUB
    ret

    .section .hal_text, "ax", @progbits
    .globl hal_syscall_start, hal_syscall_end, hal_syscall, hal_sigreturn
hal_syscall_start:
    .type hal_syscall, @function
hal_syscall:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    syscall
    ret
    .type hal_sigreturn, @function
hal_sigreturn:
    movl $15, %eax
    syscall
    ud2                             # the kernel sees the address after syscall: it must lie inside
hal_syscall_end:
    .data
    .globl hal_host_stack
hal_host_stack: .quad 0
    .section .note.GNU-stack, "", @progbits
