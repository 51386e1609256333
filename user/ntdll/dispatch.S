# Where the kernel enters user mode: exceptions, APCs, new threads. The unwind codes describe the frames that
# kernel/ps/context.c builds (PSP_EXCEPTION_FRAME, PSP_APC_FRAME in kernel/ps/peb.h), so that a stack can be walked through.
    .macro SAVED_IN_CONTEXT offset
    .seh_savereg %rbx, (0x90 + \offset)
    .seh_savereg %rbp, (0xA0 + \offset)
    .seh_savereg %rsi, (0xA8 + \offset)
    .seh_savereg %rdi, (0xB0 + \offset)
    .seh_savereg %r12, (0xD8 + \offset)
    .seh_savereg %r13, (0xE0 + \offset)
    .seh_savereg %r14, (0xE8 + \offset)
    .seh_savereg %r15, (0xF0 + \offset)
    .endm

    .section .drectve,"yni"
    .ascii " -export:KiUserExceptionDispatcher -export:KiUserApcDispatcher -export:RtlUserThreadStart"
    .text

# rsp = PSP_EXCEPTION_FRAME: the CONTEXT, at 4D0h the record, at 570h rip, cs, eflags, rsp, ss
    .globl KiUserExceptionDispatcher
    .def KiUserExceptionDispatcher; .scl 2; .type 32; .endef
    .seh_proc KiUserExceptionDispatcher
KiUserExceptionDispatcher:
    .seh_pushframe
    .seh_stackalloc 0x570
    SAVED_IN_CONTEXT 0
    .seh_endprologue
    leaq 0x4D0(%rsp), %rcx
    movq %rsp, %rdx
    callq RtlpUserException
    int3
    .seh_endproc

# rsp = PSP_APC_FRAME: the CONTEXT, at 4D0h four parameters, at 4F0h rip, cs, eflags, rsp, ss
    .globl KiUserApcDispatcher
    .def KiUserApcDispatcher; .scl 2; .type 32; .endef
    .seh_proc KiUserApcDispatcher
KiUserApcDispatcher:
    .seh_pushframe
    .seh_stackalloc 0x4F0
    SAVED_IN_CONTEXT 0
    .seh_endprologue
    movq %rsp, %rcx
    callq RtlpUserApc
    int3
    .seh_endproc
