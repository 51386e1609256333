/*
 * RtlAssert, which the kits' ASSERT macros call in checked builds. Without a debugger there is nobody to ask what to do, so the
 * break point stops the machine, and the report tells the assertion. [doc: ASSERT]
 */
#include "kd.h"

#include "../ke/ke.h"

NT_EXPORT(RtlAssert);
VOID NTAPI RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PCHAR Message)
{
    const char *Note = Message != NULL ? Message : "";

    DbgPrint("*** Assertion failed: %s%s\n***   Source File: %s, line %u\n", Note, (PCSTR)FailedAssertion, (PCSTR)FileName,
             LineNumber);
    KeSetBugCheckText("the driver's assertion failed: %s%s (%s:%u)", Note, (PCSTR)FailedAssertion, (PCSTR)FileName,
                      LineNumber);
    DbgBreakPoint();
}
