/* ps, private: images of programs and DLLs in a process. */
#pragma once

#include "psp.h"

typedef struct _PSP_IMAGE {
    PVOID Base;
    SIZE_T Bytes;
    PVOID EntryPoint;    /* NULL: none */
    SIZE_T StackReserve;
    USHORT Subsystem;
    USHORT Characteristics;
    PFILE_OBJECT File;   /* referenced until PspFinishImage */
} PSP_IMAGE;

typedef struct _PSP_START_IMAGES { /* until the first thread has told the drivers */
    PSP_IMAGE Exe, Ntdll;
} PSP_START_IMAGES;

/*
 * Maps the file at Path, an NT path. PASSIVE_LEVEL. STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_FORMAT,
 * STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE, STATUS_CONFLICTING_ADDRESSES, or what opening and reading the file gives.
 */
NTSTATUS PspMapImage(PEPROCESS Process, PUNICODE_STRING Path, PSP_IMAGE *Image);
VOID PspFinishImage(PEPROCESS Process, PUNICODE_STRING Path, PSP_IMAGE *Image); /* tells the routines; drops the file */
VOID PspNotifyImage(PEPROCESS Process, PUNICODE_STRING Path, const PSP_IMAGE *Image);
/* The address of an export of a mapped image, or 0. In the process; raises when the image is gone. */
ULONG64 PspFindExport(const PSP_IMAGE *Image, const char *Name);

/* ---- open.c ---- */
/* A thread of Process that is to call Start(Argument), not started; one reference, as PspCreateThread's. In the process. */
NTSTATUS PspCreateThreadIn(PEPROCESS Process, PVOID Start, PVOID Argument, SIZE_T Reserve, PETHREAD *Thread);

/* ---- start.c ---- */
/* A stack and a TEB for a new thread of Process, and the context in which it calls Start(Parameter) by way of ntdll. */
NTSTATUS PspCreateUserStack(PEPROCESS Process, SIZE_T Reserve, PVOID Start, PVOID Parameter, PCONTEXT Context,
                            PVOID *Teb, PVOID *Stack);
VOID PspFreeStackAndTeb(PEPROCESS Process, PVOID Teb, PVOID Stack);
/* The first fault on a page below the committed part of the current thread's stack commits it. */
BOOLEAN PspGrowUserStack(ULONG64 Address);

/* ---- console.c ---- */
NTSTATUS PspOpenConsole(PCWSTR Path, ULONG Attributes, PHANDLE Handle); /* in the current process; OBJ_INHERIT or 0 */
