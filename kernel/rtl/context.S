# Register capture and restore, setjmp, and the thunks through which language handlers are called. The offsets are
# those of CONTEXT, EXCEPTION_RECORD, DISPATCHER_CONTEXT and jmp_buf on x64.
.text

# VOID RtlCaptureContext(PCONTEXT): the caller's registers as they are at the return from this call.
.globl RtlCaptureContext
.def RtlCaptureContext; .scl 2; .type 32; .endef
.p2align 4
.seh_proc RtlCaptureContext
RtlCaptureContext:
    pushfq
.seh_stackalloc 8
.seh_endprologue
    movq %rax, 0x78(%rcx)
    movq %rcx, 0x80(%rcx)
    movq %rdx, 0x88(%rcx)
    movq %rbx, 0x90(%rcx)
    leaq 0x10(%rsp), %rax
    movq %rax, 0x98(%rcx)
    movq %rbp, 0xA0(%rcx)
    movq %rsi, 0xA8(%rcx)
    movq %rdi, 0xB0(%rcx)
    movq %r8, 0xB8(%rcx)
    movq %r9, 0xC0(%rcx)
    movq %r10, 0xC8(%rcx)
    movq %r11, 0xD0(%rcx)
    movq %r12, 0xD8(%rcx)
    movq %r13, 0xE0(%rcx)
    movq %r14, 0xE8(%rcx)
    movq %r15, 0xF0(%rcx)
    movq 8(%rsp), %rax
    movq %rax, 0xF8(%rcx)
    movl (%rsp), %eax
    movl %eax, 0x44(%rcx)
    movw %cs, 0x38(%rcx)
    movw %ds, 0x3A(%rcx)
    movw %es, 0x3C(%rcx)
    movw %fs, 0x3E(%rcx)
    movw %gs, 0x40(%rcx)
    movw %ss, 0x42(%rcx)
    fxsave 0x100(%rcx)
    stmxcsr 0x34(%rcx)
    movl $0x10000F, 0x30(%rcx) # CONTEXT_FULL | CONTEXT_SEGMENTS
    movq 0x78(%rcx), %rax
    popfq
    retq
.seh_endproc

# VOID RtlpLoadContext(PCONTEXT). The selectors are the current ones: a context may come from a trap frame that
# shows NT's.
.globl RtlpLoadContext
.def RtlpLoadContext; .scl 2; .type 32; .endef
.p2align 4
.seh_proc RtlpLoadContext
RtlpLoadContext:
    subq $0x28, %rsp
.seh_stackalloc 0x28
.seh_endprologue
    movq 0xF8(%rcx), %rax
    movq %rax, (%rsp)
    movl %cs, %eax
    movq %rax, 8(%rsp)
    movl 0x44(%rcx), %eax
    movq %rax, 0x10(%rsp)
    movq 0x98(%rcx), %rax
    movq %rax, 0x18(%rsp)
    movl %ss, %eax
    movq %rax, 0x20(%rsp)
    testb $8, 0x30(%rcx) # CONTEXT_FLOATING_POINT
    jz 1f
    fxrstor 0x100(%rcx)
    ldmxcsr 0x34(%rcx)
1:  movq 0x78(%rcx), %rax
    movq 0x88(%rcx), %rdx
    movq 0x90(%rcx), %rbx
    movq 0xA0(%rcx), %rbp
    movq 0xA8(%rcx), %rsi
    movq 0xB0(%rcx), %rdi
    movq 0xB8(%rcx), %r8
    movq 0xC0(%rcx), %r9
    movq 0xC8(%rcx), %r10
    movq 0xD0(%rcx), %r11
    movq 0xD8(%rcx), %r12
    movq 0xE0(%rcx), %r13
    movq 0xE8(%rcx), %r14
    movq 0xF0(%rcx), %r15
    movq 0x80(%rcx), %rcx
    iretq
.seh_endproc

# EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(Record, EstablisherFrame, Context, Dispatcher): the dispatcher
# context lies at a known place in this frame, for the handler that sees exceptions inside handlers.
.globl RtlpExecuteHandlerForException
.def RtlpExecuteHandlerForException; .scl 2; .type 32; .endef
.p2align 4
.seh_proc RtlpExecuteHandlerForException
.seh_handler RtlpExceptionHandler, @except, @unwind
RtlpExecuteHandlerForException:
    subq $0x28, %rsp
.seh_stackalloc 0x28
.seh_endprologue
    movq %r9, 0x20(%rsp)
    callq *0x30(%r9) # LanguageHandler
    nop
    addq $0x28, %rsp
    retq
.seh_endproc

.globl RtlpExecuteHandlerForUnwind
.def RtlpExecuteHandlerForUnwind; .scl 2; .type 32; .endef
.p2align 4
.seh_proc RtlpExecuteHandlerForUnwind
.seh_handler RtlpUnwindHandler, @except, @unwind
RtlpExecuteHandlerForUnwind:
    subq $0x28, %rsp
.seh_stackalloc 0x28
.seh_endprologue
    movq %r9, 0x20(%rsp)
    callq *0x30(%r9) # LanguageHandler
    nop
    addq $0x28, %rsp
    retq
.seh_endproc

# VOID RtlpConsolidateFrames(PCONTEXT, PEXCEPTION_RECORD): the callback runs on this stack, below everything that is
# being unwound, yet a walk goes from it straight to the frame of the context, through a machine frame.
.globl RtlpConsolidateFrames
.def RtlpConsolidateFrames; .scl 2; .type 32; .endef
.p2align 4
.seh_proc RtlpConsolidateFrames
RtlpConsolidateFrames:
.seh_pushframe
    subq $0x518, %rsp # 0x20 home, 0x4D0 copy of the context, 0x28 machine frame
.seh_stackalloc 0x4F0
.seh_savereg %rbx, 0xB0
.seh_savereg %rbp, 0xC0
.seh_savereg %rsi, 0xC8
.seh_savereg %rdi, 0xD0
.seh_savereg %r12, 0xF8
.seh_savereg %r13, 0x100
.seh_savereg %r14, 0x108
.seh_savereg %r15, 0x110
.seh_savexmm %xmm6, 0x220
.seh_savexmm %xmm7, 0x230
.seh_savexmm %xmm8, 0x240
.seh_savexmm %xmm9, 0x250
.seh_savexmm %xmm10, 0x260
.seh_savexmm %xmm11, 0x270
.seh_savexmm %xmm12, 0x280
.seh_savexmm %xmm13, 0x290
.seh_savexmm %xmm14, 0x2A0
.seh_savexmm %xmm15, 0x2B0
.seh_endprologue
    movq 0xF8(%rcx), %rax
    movq %rax, 0x4F0(%rsp)
    movl %cs, %eax
    movq %rax, 0x4F8(%rsp)
    movl 0x44(%rcx), %eax
    movq %rax, 0x500(%rsp)
    movq 0x98(%rcx), %rax
    movq %rax, 0x508(%rsp)
    movl %ss, %eax
    movq %rax, 0x510(%rsp)
    movq %rcx, %rsi
    leaq 0x20(%rsp), %rdi
    movl $0x9A, %ecx # 0x4D0 / 8
    cld
    rep movsq
    movq %rdx, %rcx
    callq *0x20(%rdx) # ExceptionInformation[0]: gives the address to go on at
    movq %rax, 0x118(%rsp)
    leaq 0x20(%rsp), %rcx
    callq RtlpLoadContext
    int3
.seh_endproc

# int _setjmp(jmp_buf, frame), int _setjmpex(jmp_buf, frame)
.globl _setjmp, _setjmpex
.def _setjmp; .scl 2; .type 32; .endef
.def _setjmpex; .scl 2; .type 32; .endef
.p2align 4
_setjmp:
_setjmpex:
    movq %rdx, (%rcx)
    movq %rbx, 0x08(%rcx)
    leaq 8(%rsp), %rax
    movq %rax, 0x10(%rcx)
    movq %rbp, 0x18(%rcx)
    movq %rsi, 0x20(%rcx)
    movq %rdi, 0x28(%rcx)
    movq %r12, 0x30(%rcx)
    movq %r13, 0x38(%rcx)
    movq %r14, 0x40(%rcx)
    movq %r15, 0x48(%rcx)
    movq (%rsp), %rax
    movq %rax, 0x50(%rcx)
    stmxcsr 0x58(%rcx)
    fnstcw 0x5C(%rcx)
    movdqa %xmm6, 0x60(%rcx)
    movdqa %xmm7, 0x70(%rcx)
    movdqa %xmm8, 0x80(%rcx)
    movdqa %xmm9, 0x90(%rcx)
    movdqa %xmm10, 0xA0(%rcx)
    movdqa %xmm11, 0xB0(%rcx)
    movdqa %xmm12, 0xC0(%rcx)
    movdqa %xmm13, 0xD0(%rcx)
    movdqa %xmm14, 0xE0(%rcx)
    movdqa %xmm15, 0xF0(%rcx)
    xorl %eax, %eax
    retq
