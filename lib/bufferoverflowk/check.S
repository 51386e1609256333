# What compilers call: the cookie check at the end of a function, and the probes of frames larger than a page. Neither may
# change a register that the compiler does not expect to change.
.text

# rcx = the cookie taken from the frame.
.globl __security_check_cookie
.p2align 4
__security_check_cookie:
    cmpq __security_cookie(%rip), %rcx
    jne 1f
    rolq $16, %rcx
    testw $0xFFFF, %cx
    jne 2f
    retq
2:  rorq $16, %rcx
1:  jmp __report_gsfailure

# rax = bytes of the frame: touches each page below rsp, changes r10 and r11 at most. The caller moves rsp itself.
.globl ___chkstk_ms
.p2align 4
___chkstk_ms:
    pushq %rcx
    pushq %rax
    cmpq $0x1000, %rax
    leaq 24(%rsp), %rcx
    jb 2f
1:  subq $0x1000, %rcx
    orq $0, (%rcx)
    subq $0x1000, %rax
    cmpq $0x1000, %rax
    ja 1b
2:  subq %rax, %rcx
    orq $0, (%rcx)
    popq %rax
    popq %rcx
    retq
