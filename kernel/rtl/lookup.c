/*
 * What ties exceptions to the kernel: function tables of loaded images, the raise of Ex, the end of
 * an exception that nobody handles.
 */
#include "seh.h"
#include "../ldr/ldr.h"
#include "../mm/mm.h"

BOOLEAN RtlpIsReadable(ULONG64 Address, SIZE_T Bytes)
{
    return MmIsRangeAccessible((PVOID)Address, Bytes, FALSE);
}

DECLSPEC_NORETURN VOID RtlpUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    KiUnhandledException(Record, Context);
}

NT_EXPORT(RtlLookupFunctionEntry);
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable)
{
    PLDR_MODULE Module = LdrFindModule((PVOID)ControlPc);
    PRUNTIME_FUNCTION Table;
    ULONG Low = 0, High, Middle, Offset;

    UNREFERENCED_PARAMETER(HistoryTable);
    *ImageBase = Module != NULL ? (ULONG64)Module->DllBase : 0;
    if (Module == NULL ||
        !RtlpIsReadable((ULONG64)Module->ExceptionTable, Module->ExceptionTableSize))
        return NULL;
    Table = Module->ExceptionTable;
    High = Module->ExceptionTableSize / sizeof(*Table);
    Offset = (ULONG)(ControlPc - (ULONG64)Module->DllBase);
    while (Low < High) {
        Middle = Low + (High - Low) / 2;
        if (Offset < Table[Middle].BeginAddress)
            High = Middle;
        else if (Offset >= Table[Middle].EndAddress)
            Low = Middle + 1;
        else
            return &Table[Middle];
    }
    return NULL;
}

NT_EXPORT(RtlPcToFileHeader);
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    PLDR_MODULE Module = LdrFindModule(PcValue);

    *BaseOfImage = Module != NULL ? Module->DllBase : NULL;
    return *BaseOfImage;
}

NT_EXPORT(ExRaiseStatus);
VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    RtlRaiseStatus(Status);
}

NT_EXPORT(ExRaiseAccessViolation);
VOID NTAPI ExRaiseAccessViolation(VOID)
{
    RtlRaiseStatus(STATUS_ACCESS_VIOLATION);
}

NT_EXPORT(ExRaiseDatatypeMisalignment);
VOID NTAPI ExRaiseDatatypeMisalignment(VOID)
{
    RtlRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
}
