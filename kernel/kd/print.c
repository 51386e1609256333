/*
 * Debug output: DbgPrint and its kin, filter masks, print callbacks. A message is at most 512 bytes
 * [doc DbgPrint]; a longer one is cut and ends with a new line. Text leaves the machine as UTF-8:
 * bytes that are not, are taken as the ANSI code page. Callable at any IRQL. Left out: rate limits,
 * the debugger's own buffer.
 */
#include "kd.h"
#include "../ke/ke.h"
#include "../rtl/rtl.h"

#define KDP_MESSAGE_BYTES 512
#define KDP_CALLBACKS 8
#define KDP_PIECE 64

ULONG KdGlobalMask = 1u << DPFLTR_ERROR_LEVEL;
ULONG KdComponentMask[KD_COMPONENTS] = {[DPFLTR_DEFAULT_ID] = MAXULONG};
static PDEBUG_PRINT_CALLBACK KdpCallback[KDP_CALLBACKS];

static VOID KdpWrite(const VOID *Text, ULONG Bytes)
{
    (VOID)HAL->write(HAL_STREAM_DEBUG, (ULONG64)Text, Bytes, KeVirtualTime());
}

static VOID KdpWriteText(PCSTR Text, ULONG Bytes)
{
    WCHAR Wide[KDP_PIECE];
    CHAR Narrow[KDP_PIECE * 3];
    ULONG Size;

    if (RtlUTF8ToUnicodeN(NULL, 0, &Size, Text, Bytes) == STATUS_SUCCESS) {
        KdpWrite(Text, Bytes);
        return;
    }
    while (Bytes != 0) {
        ULONG Piece = Bytes < KDP_PIECE ? Bytes : KDP_PIECE;
        (VOID)RtlMultiByteToUnicodeN(Wide, sizeof(Wide), &Size, Text, Piece);
        (VOID)RtlUnicodeToUTF8N(Narrow, sizeof(Narrow), &Size, Wide, Size);
        KdpWrite(Narrow, Size);
        Text += Piece;
        Bytes -= Piece;
    }
}

/* A level below 32 is a bit number, else it is a mask itself. [doc] DbgPrintEx */
static ULONG KdpLevelMask(ULONG Level)
{
    return Level < 32 ? 1u << Level : Level;
}

static BOOLEAN KdpIsShown(ULONG ComponentId, ULONG Level)
{
    ULONG Component = ComponentId < KD_COMPONENTS ? ComponentId : DPFLTR_DEFAULT_ID;

    return ((KdGlobalMask | KdComponentMask[Component]) & KdpLevelMask(Level)) != 0;
}

static VOID KdpCallBack(PCSTR Text, ULONG Bytes, ULONG ComponentId, ULONG Level)
{
    STRING Output = {(USHORT)Bytes, (USHORT)Bytes, (PCHAR)Text};

    for (ULONG Index = 0; Index < KDP_CALLBACKS; Index++)
        if (KdpCallback[Index] != NULL)
            KdpCallback[Index](&Output, ComponentId, Level);
}

static ULONG KdpFormat(PCHAR Text, PCSTR Prefix, PCSTR Format, va_list Arguments)
{
    ULONG Bytes = (ULONG)strnlen(Prefix, KDP_MESSAGE_BYTES - 1);
    int Added;

    memcpy(Text, Prefix, Bytes);
    Added = RtlpFormat(Text + Bytes, KDP_MESSAGE_BYTES - Bytes, FALSE, Format, Arguments);
    if (Added < 0)
        return Bytes;
    if ((ULONG)Added <= KDP_MESSAGE_BYTES - Bytes)
        return Bytes + (ULONG)Added;
    Text[KDP_MESSAGE_BYTES - 1] = '\n';
    return KDP_MESSAGE_BYTES;
}

/* A user address among the arguments that faults ends the message with the exception's status. */
static ULONG KdpPrint(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, va_list Arguments)
{
    CHAR Text[KDP_MESSAGE_BYTES];
    ULONG Bytes;

    if (!KdpIsShown(ComponentId, Level))
        return STATUS_SUCCESS;
    __try {
        Bytes = KdpFormat(Text, Prefix, Format, Arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return (ULONG)GetExceptionCode();
    }
    KdpWriteText(Text, Bytes);
    KdpCallBack(Text, Bytes, ComponentId, Level);
    return STATUS_SUCCESS;
}

NT_EXPORT(DbgPrint);
ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = KdpPrint("", DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

NT_EXPORT(DbgPrintEx);
ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = KdpPrint("", ComponentId, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

NT_EXPORT(DbgPrintReturnControlC);
ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = KdpPrint("", DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status; /* nobody can have pressed Ctrl+C: no debugger is there */
}

NT_EXPORT(vDbgPrintEx);
ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
{
    return KdpPrint("", ComponentId, Level, Format, Arguments);
}

NT_EXPORT(vDbgPrintExWithPrefix);
ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format,
                                  va_list Arguments)
{
    return KdpPrint(Prefix, ComponentId, Level, Format, Arguments);
}

/*
 * Without a debugger nobody answers: the prompt is printed, the response has no characters. [guess]
 */
NT_EXPORT(DbgPrompt);
ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG MaximumResponseLength)
{
    KdpWriteText(Prompt, (ULONG)strnlen(Prompt, KDP_MESSAGE_BYTES));
    if (MaximumResponseLength != 0)
        Response[0] = 0;
    return 0;
}

NT_EXPORT(DbgQueryDebugFilterState);
NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level)
{
    if (ComponentId >= KD_COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    return KdpIsShown(ComponentId, Level); /* TRUE is STATUS_WAIT_1: the routine's contract */
}

NT_EXPORT(DbgSetDebugFilterState);
NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State)
{
    ULONG Mask = KdpLevelMask(Level);

    if (ComponentId >= KD_COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    if (State)
        KdComponentMask[ComponentId] |= Mask;
    else
        KdComponentMask[ComponentId] &= ~Mask;
    return STATUS_SUCCESS;
}

/* Each shown message goes to the registered routines too, at the caller's IRQL. */
NT_EXPORT(DbgSetDebugPrintCallback);
NTSTATUS NTAPI DbgSetDebugPrintCallback(PDEBUG_PRINT_CALLBACK Callback, BOOLEAN Enable)
{
    PDEBUG_PRINT_CALLBACK Wanted = Enable ? NULL : Callback;

    for (ULONG Index = 0; Index < KDP_CALLBACKS; Index++) {
        if (KdpCallback[Index] == Wanted) {
            KdpCallback[Index] = Enable ? Callback : NULL;
            return STATUS_SUCCESS;
        }
    }
    return Enable ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NOT_FOUND;
}
