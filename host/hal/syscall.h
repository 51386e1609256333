/*
 * Raw system calls of the machine process. All of them are made by one instruction in the section hal_syscall:
 * Syscall User Dispatch lets calls from there through and turns any other into SIGSYS.
 */
#pragma once

#include <stdint.h>

long hal_syscall(long number, long a, long b, long c, long d, long e, long f);
void hal_sigreturn(void); /* signal restorer, in the same section */
extern const char hal_syscall_start[], hal_syscall_end[];
