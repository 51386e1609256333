/*
 * Debug output of programs: formatted here, printed by the kernel where drivers' DbgPrint goes.
 */
#include "ntdll.h"

NTSTATUS NTAPI NtWriteDebugText(PSTR Text, ULONG Length);

NT_EXPORT(DbgPrint);
ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    CHAR Text[512];
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnprintf(Text, sizeof(Text), Format, Arguments);
    va_end(Arguments);
    return (ULONG)NtWriteDebugText(Text, Length < 0 || Length > (int)sizeof(Text) ? sizeof(Text) : (ULONG)Length);
}
