/* Offsets that switch.S uses, in a form both the assembler and offsets.c read. offsets.c asserts each. */
#pragma once

#define KTHREAD_INITIAL_STACK 0x28
#define KTHREAD_KERNEL_STACK 0x58
#define KTHREAD_TRAP_FRAME 0x90
#define KTHREAD_USER_APC_PENDING 0xC2
#define KTHREAD_PREVIOUS_MODE 0xC8
#define PCR_CURRENT_THREAD 0x188
#define PCR_RSP_BASE 0x1A8
#define PCR_YIELD_COUNT 0x1C0
#define PRCB_SWITCH_STACK 0x30

#define LOADER_XSAVE_BYTES 0x00006FFFFFFD0034
#define LOADER_XSAVE_MASK 0x00006FFFFFFD0038
#define LOADER_CURRENT_PCR 0x00006FFFFFFD0210
#define LOADER_PROGRESS 0x00006FFFFFFD0218
#define USER_END 0x00003FFFFFFF0000

#define TRAP_INFO_BYTES 0x20
#define FRAME_PREVIOUS_MODE 0x28
#define FRAME_RAX 0x30
#define FRAME_RCX 0x38
#define FRAME_RDX 0x40
#define FRAME_R8 0x48
#define FRAME_R9 0x50
#define FRAME_R10 0x58
#define FRAME_R11 0x60
#define FRAME_GS_BASE 0x68
#define FRAME_RBX 0x140
#define FRAME_RDI 0x148
#define FRAME_RSI 0x150
#define FRAME_RBP 0x158
#define FRAME_RIP 0x168
#define FRAME_CS 0x170
#define FRAME_EFLAGS 0x178
#define FRAME_RSP 0x180
#define FRAME_SS 0x188
#define TRAP_FRAME_BYTES 0x190

#define EXCEPTION_FRAME_BYTES 0x60
#define EXCEPTION_R12 0x20
#define EXCEPTION_STATE 0x40

/* The service frame: 0x120 bytes of home space, stack arguments and saved registers, then the trap frame. */
#define SERVICE_EXCEPTION 0xA0
#define SERVICE_TRAP_FRAME 0x160
#define SERVICE_FRAME_BYTES (SERVICE_TRAP_FRAME + TRAP_FRAME_BYTES)
