/*
 * What every kernel source includes first: the DDK's public interface, the marks of the export ledger,
 * and the routines that drivers get as inlines but the kernel owns (IRQL lives in the KPCR, not in cr8).
 */
#pragma once

/* Drivers get these as inlines; here they are routines. IRQL routines are imports in include/ddk already. */
#define KeInitializeSpinLock DdkInlineKeInitializeSpinLock
#define KeGetCurrentProcessorNumber DdkInlineKeGetCurrentProcessorNumber
#define ExInitializeFastMutex DdkInlineExInitializeFastMutex
#define PsGetCurrentThread DdkInlinePsGetCurrentThread
#include <ntifs.h>
#include <ntimage.h>
#undef KeInitializeSpinLock
#undef KeGetCurrentProcessorNumber
#undef ExInitializeFastMutex
#undef PsGetCurrentThread
#undef KeQueryTickCount
#undef KeQuerySystemTime
#undef KeQueryInterruptTime
#undef SharedUserData
#undef ASSERT
#undef KeWaitForMutexObject
#undef KeFlushIoBuffers

#include "../include/hal.h"

/*
 * Marks of the ledger (abi/exports.tsv), at file scope, one line each, before the definition.
 * NT_EXPORT: done. NT_PARTIAL: exported, the text says what is missing; each thing ignored is reported.
 */
#define NT_EXPORT_DIRECTIVE_(text) __asm__(".section .drectve,\"yni\"\n.ascii \" -export:" text "\"\n.text")
#define NT_EXPORT(name) NT_EXPORT_DIRECTIVE_(#name)
#define NT_EXPORT_DATA(name) NT_EXPORT_DIRECTIVE_(#name ",DATA")
/* The exported name is a variable under another name here: NT's PsProcessType is what headers call *PsProcessType. */
#define NT_EXPORT_DATA_ALIAS(name, target) NT_EXPORT_DIRECTIVE_(#name "=" #target ",CONSTANT")
#define NT_EXPORT_ALIAS(name, target) NT_EXPORT_DIRECTIVE_(#name "=" #target)
#define NT_PARTIAL(name, missing) NT_EXPORT_DIRECTIVE_(#name)
/* Before the definition of NtXxx: it is a system service, and ZwXxx (generated) is exported. */
#define NT_SERVICE(name) NT_EXPORT_DIRECTIVE_("Zw" #name)
#define NT_SERVICE_PARTIAL(name, missing) NT_EXPORT_DIRECTIVE_("Zw" #name)

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
ULONG KeGetCurrentProcessorNumber(VOID);
PETHREAD PsGetCurrentThread(VOID);

/*
 * A defect of Drydock: prints the expression, place and backtrace, exit code 70. Never for what a driver did
 * (VfViolation, KeBugCheckEx) or the world did (an NTSTATUS). Stays in release builds.
 */
#define DD_ASSERT(e) ((e) ? (void)0 : KiDefect(#e, __FILE__, __LINE__))
DECLSPEC_NORETURN VOID KiDefect(const char *Expression, const char *File, int Line);
/* A routine or case that is not implemented: stops the run, names itself and its caller. Never returns. */
DECLSPEC_NORETURN VOID KiNotImplemented(const char *Routine, const char *What);

#define DD_STATIC_ASSERT_OFFSET(t, f, o) _Static_assert(__builtin_offsetof(t, f) == (o), #t "." #f)
#define DD_STATIC_ASSERT_SIZE(t, s) _Static_assert(sizeof(t) == (s), #t)
