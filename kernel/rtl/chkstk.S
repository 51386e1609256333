# Stack probes that compilers call in functions with frames past one page: rax is the frame size. Every page is
# touched, top down, so that the guard page is met before anything below it. All registers are preserved.
.text
.globl __chkstk, ___chkstk_ms
.p2align 4
.def __chkstk; .scl 2; .type 32; .endef
.def ___chkstk_ms; .scl 2; .type 32; .endef
.seh_proc __chkstk
__chkstk:
___chkstk_ms:
  pushq %rcx
.seh_stackalloc 8
  pushq %rax
.seh_stackalloc 8
.seh_endprologue
  leaq 24(%rsp), %rcx
1:
  cmpq $0x1000, %rax
  jbe 2f
  subq $0x1000, %rcx
  testb $0, (%rcx)
  subq $0x1000, %rax
  jmp 1b
2:
  subq %rax, %rcx
  testb $0, (%rcx)
  popq %rax
  popq %rcx
  retq
.seh_endproc
