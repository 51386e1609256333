/*
 * Failed assertions of drivers: ASSERT in their checked builds calls RtlAssert. The message is
 * printed and a break point raised; without a debugger that ends in a bug check unless the driver
 * handles it. Left out: the debugger's choices.
 */
#include "rtl.h"

NT_EXPORT(RtlAssert);
VOID NTAPI RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message)
{
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %u\n\n",
             Message != NULL ? Message : "", (PCSTR)FailedAssertion, (PCSTR)FileName, LineNumber);
    DbgBreakPoint();
}

/* A C++ class's pure virtual routine was called: nothing sensible can follow. [guess] the status */
NT_EXPORT(_purecall);
int __cdecl _purecall(void)
{
    ExRaiseStatus(STATUS_NOT_IMPLEMENTED);
}
