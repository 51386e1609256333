# Context switches between threads and between processors, first steps of threads, entries from traps and from user mode.
# Offsets are asserted against ke.h in kernel/ke/offsets.c.
#include "ke/offsets.h"

    .macro SAVE_NONVOLATILE
    pushq %rbp
    .seh_pushreg %rbp
    pushq %rbx
    .seh_pushreg %rbx
    pushq %rsi
    .seh_pushreg %rsi
    pushq %rdi
    .seh_pushreg %rdi
    pushq %r12
    .seh_pushreg %r12
    pushq %r13
    .seh_pushreg %r13
    pushq %r14
    .seh_pushreg %r14
    pushq %r15
    .seh_pushreg %r15
    subq $0xB8, %rsp
    .seh_stackalloc 0xB8
    .seh_endprologue
    movaps %xmm6, 0x10(%rsp)
    movaps %xmm7, 0x20(%rsp)
    movaps %xmm8, 0x30(%rsp)
    movaps %xmm9, 0x40(%rsp)
    movaps %xmm10, 0x50(%rsp)
    movaps %xmm11, 0x60(%rsp)
    movaps %xmm12, 0x70(%rsp)
    movaps %xmm13, 0x80(%rsp)
    movaps %xmm14, 0x90(%rsp)
    movaps %xmm15, 0xA0(%rsp)
    stmxcsr 0(%rsp)
    fnstcw 8(%rsp)
    .endm

    .macro RESTORE_NONVOLATILE
    movaps 0x10(%rsp), %xmm6
    movaps 0x20(%rsp), %xmm7
    movaps 0x30(%rsp), %xmm8
    movaps 0x40(%rsp), %xmm9
    movaps 0x50(%rsp), %xmm10
    movaps 0x60(%rsp), %xmm11
    movaps 0x70(%rsp), %xmm12
    movaps 0x80(%rsp), %xmm13
    movaps 0x90(%rsp), %xmm14
    movaps 0xA0(%rsp), %xmm15
    ldmxcsr 0(%rsp)
    fldcw 8(%rsp)
    addq $0xB8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rdi
    popq %rsi
    popq %rbx
    popq %rbp
    .endm

    .text
# VOID KiSwapContext(KTHREAD *Old, KTHREAD *New)
    .globl KiSwapContext
    .def KiSwapContext; .scl 2; .type 32; .endef
    .seh_proc KiSwapContext
KiSwapContext:
    SAVE_NONVOLATILE
    movq %rsp, KTHREAD_KERNEL_STACK(%rcx)
    movq %rdx, %gs:PCR_CURRENT_THREAD
    movq KTHREAD_INITIAL_STACK(%rdx), %rax
    movq %rax, %gs:PCR_RSP_BASE
    movq KTHREAD_KERNEL_STACK(%rdx), %rsp
    RESTORE_NONVOLATILE
    retq
    .seh_endproc

# VOID KiSwitchProcessorContext(KPRCB *Old, KPRCB *New, PVOID NewPcr)
    .globl KiSwitchProcessorContext
    .def KiSwitchProcessorContext; .scl 2; .type 32; .endef
    .seh_proc KiSwitchProcessorContext
KiSwitchProcessorContext:
    SAVE_NONVOLATILE
    movq %rsp, PRCB_SWITCH_STACK(%rcx)
    movabsq $LOADER_CURRENT_PCR, %rax
    movq %r8, (%rax)
    wrgsbase %r8
    movq PRCB_SWITCH_STACK(%rdx), %rsp
    RESTORE_NONVOLATILE
    retq
    .seh_endproc

# First step of a thread: KiSwapContext returns here at DISPATCH_LEVEL. Nothing to unwind to.
    .globl KiThreadStartup
    .def KiThreadStartup; .scl 2; .type 32; .endef
    .seh_proc KiThreadStartup
KiThreadStartup:
    subq $0x20, %rsp                      # entered by a return: rsp is aligned already
    .seh_stackalloc 0x20
    .seh_endprologue
    callq KiStartThread
    int3
    .seh_endproc

    .globl KiIdleStartup
    .def KiIdleStartup; .scl 2; .type 32; .endef
    .seh_proc KiIdleStartup
KiIdleStartup:
    subq $0x20, %rsp
    .seh_stackalloc 0x20
    .seh_endprologue
    callq KiIdleLoop
    int3
    .seh_endproc

# Entry of a trap. The host left HAL_TRAP_INFO at rsp and the HAL_TRAP_FRAME above it; GS is the KPCR.
# rcx = frame, rdx = info. The interrupted registers are live or in the frame.
    .globl KiTrapEntry
    .def KiTrapEntry; .scl 2; .type 32; .endef
    .seh_proc KiTrapEntry
KiTrapEntry:
    subq $EXCEPTION_FRAME_BYTES, %rsp
    movq %rsp, %rbp
    .seh_pushframe
    .seh_stackalloc (FRAME_RIP + TRAP_INFO_BYTES + EXCEPTION_FRAME_BYTES)
    .seh_savereg %rbx, (FRAME_RBX + TRAP_INFO_BYTES + EXCEPTION_FRAME_BYTES)
    .seh_savereg %rdi, (FRAME_RDI + TRAP_INFO_BYTES + EXCEPTION_FRAME_BYTES)
    .seh_savereg %rsi, (FRAME_RSI + TRAP_INFO_BYTES + EXCEPTION_FRAME_BYTES)
    .seh_savereg %rbp, (FRAME_RBP + TRAP_INFO_BYTES + EXCEPTION_FRAME_BYTES)
    .seh_savereg %r12, EXCEPTION_R12
    .seh_savereg %r13, (EXCEPTION_R12 + 8)
    .seh_savereg %r14, (EXCEPTION_R12 + 16)
    .seh_savereg %r15, (EXCEPTION_R12 + 24)
    .seh_setframe %rbp, 0
    .seh_endprologue
    movq %r12, EXCEPTION_R12(%rbp)
    movq %r13, EXCEPTION_R12+8(%rbp)
    movq %r14, EXCEPTION_R12+16(%rbp)
    movq %r15, EXCEPTION_R12+24(%rbp)
    movq %rcx, %r12                       # frame
    movq %rdx, %r13                       # info
    movabsq $LOADER_XSAVE_BYTES, %rax
    movl (%rax), %eax
    subq %rax, %rsp
    andq $-64, %rsp
    movq %rsp, EXCEPTION_STATE(%rbp)
    movq %rsp, %rdi
    addq $512, %rdi
    movl $8, %ecx
    xorl %eax, %eax
    rep stosq                             # xsave writes only part of its header
    movabsq $LOADER_XSAVE_MASK, %rax
    movq (%rax), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    xsave (%rsp)
    subq $0x20, %rsp
    movq %r12, %rcx
    movq %rbp, %rdx
    movq %r13, %r8
    callq KiTrapHandler
    movq %r12, %rcx
    movq %rbp, %rdx
    # fall through: KiReturnFromTrap
.LKiReturnFromTrap:
    cmpb $0, FRAME_PREVIOUS_MODE(%rcx)
    je 1f
    movq FRAME_GS_BASE(%rcx), %rax
    wrgsbase %rax
1:  movq %rcx, %rbx
    movq %rdx, %rbp
    movq EXCEPTION_STATE(%rbp), %rsi
    testq %rsi, %rsi
    je 2f
    movabsq $LOADER_XSAVE_MASK, %rax
    movq (%rax), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    xrstor (%rsi)
2:  movq EXCEPTION_R12(%rbp), %r12
    movq EXCEPTION_R12+8(%rbp), %r13
    movq EXCEPTION_R12+16(%rbp), %r14
    movq EXCEPTION_R12+24(%rbp), %r15
    movq FRAME_RAX(%rbx), %rax
    movq FRAME_RCX(%rbx), %rcx
    movq FRAME_RDX(%rbx), %rdx
    movq FRAME_R8(%rbx), %r8
    movq FRAME_R9(%rbx), %r9
    movq FRAME_R10(%rbx), %r10
    movq FRAME_R11(%rbx), %r11
    movq FRAME_RDI(%rbx), %rdi
    movq FRAME_RSI(%rbx), %rsi
    movq FRAME_RBP(%rbx), %rbp
    leaq FRAME_RIP(%rbx), %rsp
    movq FRAME_RBX(%rbx), %rbx
    iretq
    .seh_endproc

# VOID KiReturnToUser(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception): never returns
    .globl KiReturnToUser
    .def KiReturnToUser; .scl 2; .type 32; .endef
KiReturnToUser:
    jmp .LKiReturnFromTrap

# System service: called by ntdll's stubs through KUSER_SHARED_DATA + F00h. eax = number, r10, rdx, r8, r9 = arguments,
# [rsp] = return address in the stub, [rsp+8] = the stub's own, home space, then arguments 5 and up at rsp+30h.
# Leaves a HAL_TRAP_FRAME (rip, rsp, nonvolatile registers) at the top of the kernel stack: user APCs and NtContinue need it.
    .globl KiSystemServiceEntry
    .def KiSystemServiceEntry; .scl 2; .type 32; .endef
    .seh_proc KiSystemServiceEntry
KiSystemServiceEntry:
    movabsq $LOADER_CURRENT_PCR, %r11
    movq (%r11), %r11
    rdgsbase %rcx
    wrgsbase %r11
    movq %rsp, %r11
    movq %gs:PCR_RSP_BASE, %rsp
    subq $SERVICE_FRAME_BYTES, %rsp
    movq %rbp, (SERVICE_TRAP_FRAME+FRAME_RBP)(%rsp)
    movq %rsp, %rbp
    .seh_pushframe
    .seh_stackalloc (SERVICE_TRAP_FRAME + FRAME_RIP)
    .seh_savereg %rbx, (SERVICE_TRAP_FRAME + FRAME_RBX)
    .seh_savereg %rdi, (SERVICE_TRAP_FRAME + FRAME_RDI)
    .seh_savereg %rsi, (SERVICE_TRAP_FRAME + FRAME_RSI)
    .seh_savereg %rbp, (SERVICE_TRAP_FRAME + FRAME_RBP)
    .seh_setframe %rbp, 0
    .seh_endprologue
    movq %rcx, (SERVICE_TRAP_FRAME+FRAME_GS_BASE)(%rbp)
    movb $1, (SERVICE_TRAP_FRAME+FRAME_PREVIOUS_MODE)(%rbp)
    movq %rbx, (SERVICE_TRAP_FRAME+FRAME_RBX)(%rbp)
    movq %rsi, (SERVICE_TRAP_FRAME+FRAME_RSI)(%rbp)
    movq %rdi, (SERVICE_TRAP_FRAME+FRAME_RDI)(%rbp)
    movq %r12, SERVICE_EXCEPTION+EXCEPTION_R12(%rbp)
    movq %r13, SERVICE_EXCEPTION+EXCEPTION_R12+8(%rbp)
    movq %r14, SERVICE_EXCEPTION+EXCEPTION_R12+16(%rbp)
    movq %r15, SERVICE_EXCEPTION+EXCEPTION_R12+24(%rbp)
    leaq 8(%r11), %rcx
    movq %rcx, (SERVICE_TRAP_FRAME+FRAME_RSP)(%rbp)
    movw $0x33, (SERVICE_TRAP_FRAME+FRAME_CS)(%rbp)
    movw $0x2B, (SERVICE_TRAP_FRAME+FRAME_SS)(%rbp)
    movl $0x202, (SERVICE_TRAP_FRAME+FRAME_EFLAGS)(%rbp)
    movq %gs:PCR_CURRENT_THREAD, %rbx
    movb $1, KTHREAD_PREVIOUS_MODE(%rbx)
    leaq SERVICE_TRAP_FRAME(%rbp), %rcx
    movq %rcx, KTHREAD_TRAP_FRAME(%rbx)
    movabsq $LOADER_PROGRESS, %rcx
    incq (%rcx)
    movq %r10, %rdi                       # arguments in registers, over the checks
    movl %eax, %esi
    # The caller's stack is user memory: KiTrapHandler turns a fault on these loads into a jump to KiServiceFault.
    .globl KiServiceCopyStart
KiServiceCopyStart:
    movabsq $USER_END, %rax
    cmpq %rax, %r11
    jae 9f
    movq (%r11), %rax                     # return address in the stub
    movq %rax, (SERVICE_TRAP_FRAME+FRAME_RIP)(%rbp)
    cmpl KiServiceLimit(%rip), %esi
    jae 8f
    leaq KiServiceArguments(%rip), %rcx
    movzbl (%rcx,%rsi), %ecx
    subl $4, %ecx
    jle 3f
    # rcx stack arguments; room for at most 16 was made below the frame
1:  movq 0x28(%r11,%rcx,8), %rax
    movq %rax, 0x18(%rsp,%rcx,8)
    decl %ecx
    jnz 1b
3:
    .globl KiServiceCopyEnd
KiServiceCopyEnd:
    movq %rdi, %rcx
    leaq KiServiceTable(%rip), %rax
    decl %gs:PCR_YIELD_COUNT
    js 7f
4:  callq *(%rax,%rsi,8)
5:  movq %gs:PCR_CURRENT_THREAD, %rcx
    cmpb $0, KTHREAD_USER_APC_PENDING(%rcx)
    jne 6f
    movq (SERVICE_TRAP_FRAME+FRAME_GS_BASE)(%rbp), %rcx
    wrgsbase %rcx
    movq (SERVICE_TRAP_FRAME+FRAME_RIP)(%rbp), %rcx
    movq (SERVICE_TRAP_FRAME+FRAME_RSP)(%rbp), %rdx
    movq SERVICE_EXCEPTION+EXCEPTION_R12(%rbp), %r12
    movq SERVICE_EXCEPTION+EXCEPTION_R12+8(%rbp), %r13
    movq SERVICE_EXCEPTION+EXCEPTION_R12+16(%rbp), %r14
    movq SERVICE_EXCEPTION+EXCEPTION_R12+24(%rbp), %r15
    movq (SERVICE_TRAP_FRAME+FRAME_RBX)(%rbp), %rbx
    movq (SERVICE_TRAP_FRAME+FRAME_RSI)(%rbp), %rsi
    movq (SERVICE_TRAP_FRAME+FRAME_RDI)(%rbp), %rdi
    movq (SERVICE_TRAP_FRAME+FRAME_RBP)(%rbp), %rbp
    movq %rdx, %rsp
    jmpq *%rcx

# A user APC waits: the whole user context is needed. The nonvolatile xmm registers hold the user's values here.
6:  movq %rax, (SERVICE_TRAP_FRAME+FRAME_RAX)(%rbp)
    movabsq $LOADER_XSAVE_BYTES, %rax
    movl (%rax), %eax
    subq %rax, %rsp
    andq $-64, %rsp
    movq %rsp, SERVICE_EXCEPTION+EXCEPTION_STATE(%rbp)
    movq %rsp, %rdi
    addq $512, %rdi
    movl $8, %ecx
    xorl %eax, %eax
    rep stosq
    movabsq $LOADER_XSAVE_MASK, %rax
    movq (%rax), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    xsave (%rsp)
    subq $0x20, %rsp
    leaq SERVICE_TRAP_FRAME(%rbp), %rcx
    leaq SERVICE_EXCEPTION(%rbp), %rdx
    callq KiServiceExit
    leaq SERVICE_TRAP_FRAME(%rbp), %rcx
    leaq SERVICE_EXCEPTION(%rbp), %rdx
    jmp .LKiReturnFromTrap

# Now and then the other processors get their turn.
7:  movq %rdi, 0x100(%rsp)
    movq %rdx, 0x108(%rsp)
    movq %r8, 0x110(%rsp)
    movq %r9, 0x118(%rsp)
    movq %rsp, %rdi
    subq $0x20, %rsp
    callq KiServiceYield
    movq %rdi, %rsp
    movq 0x100(%rsp), %rcx
    movq 0x108(%rsp), %rdx
    movq 0x110(%rsp), %r8
    movq 0x118(%rsp), %r9
    leaq KiServiceTable(%rip), %rax
    jmp 4b
8:  movl $0xC000001C, %eax                # STATUS_INVALID_SYSTEM_SERVICE
    jmp 5b
    .globl KiServiceFault
KiServiceFault:
9:  movq $0, (SERVICE_TRAP_FRAME+FRAME_RIP)(%rbp)
    movl $0xC0000005, %eax                # a caller without a stack faults again, in user mode
    jmp 5b
    .seh_endproc
