# Break points: the exception is raised inside the routine, as on NT; ecx is the status for whoever looks.
.text
.globl DbgBreakPoint, DbgBreakPointWithStatus
.p2align 4
.def DbgBreakPoint; .scl 2; .type 32; .endef
DbgBreakPoint:
  int3
  retq
.p2align 4
.def DbgBreakPointWithStatus; .scl 2; .type 32; .endef
DbgBreakPointWithStatus:
  int3
  retq
