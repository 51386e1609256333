/*
 * Debug output: DbgPrint and its kin, print callbacks (the filter is in filter.c). A message is at
 * most 512 bytes [doc DbgPrint]; a longer one is cut and ends with a new line. Text leaves the
 * machine as UTF-8: bytes that are not, are taken as the ANSI code page. Callable at any IRQL. Left
 * out: rate limits, the debugger's own buffer.
 */
#include "kd.h"
#include "../ke/ke.h"
#include "../ldr/ldr.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"

NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);

#define KDP_MESSAGE_BYTES 512
#define KDP_CALLBACKS 8
#define KDP_PIECE 64

static PDEBUG_PRINT_CALLBACK KdpCallback[KDP_CALLBACKS];

static VOID KdpWrite(const VOID *Text, ULONG Bytes)
{
    (VOID) HAL->write(HAL_STREAM_DEBUG, (ULONG64)Text, Bytes, KeVirtualTime());
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
        (VOID) RtlMultiByteToUnicodeN(Wide, sizeof(Wide), &Size, Text, Piece);
        (VOID) RtlUnicodeToUTF8N(Narrow, sizeof(Narrow), &Size, Wide, Size);
        KdpWrite(Narrow, Size);
        Text += Piece;
        Bytes -= Piece;
    }
}

/* ---- who prints: a booted machine's host is told before each message ---- */

typedef struct _KDP_SOURCE {
    PVOID Caller; /* an address in the image that prints; NULL: Program does */
    PCSTR Program;
    ULONG ComponentId, Level;
} KDP_SOURCE;

/* UTF-8; without what would end the field. */
static VOID KdpNameModule(PVOID Caller, PCHAR Name, ULONG Bytes)
{
    PLDR_MODULE Module = LdrFindModule(Caller);
    ULONG Used = 0;

    if (Module != NULL)
        RtlUnicodeToUTF8N(Name, Bytes - 1, &Used, Module->BaseDllName.Buffer,
                          Module->BaseDllName.Length);
    Name[Used] = 0;
    for (ULONG i = 0; i < Used; i++)
        if (Name[i] == '\t')
            Name[i] = ' ';
}

static VOID KdpWriteSource(const KDP_SOURCE *Source)
{
    CHAR Module[160], Line[240];
    PCSTR Program = Source->Program;
    int Bytes;

    if (!(KiLoaderBlock->flags & HAL_FLAG_BOOTED))
        return;
    if (Program == NULL) {
        KdpNameModule(Source->Caller, Module, sizeof(Module));
        Program = Module;
    }
    Bytes = _snprintf(Line, sizeof(Line), "%lu\t%lu\t%s\t%s", KeGetCurrentProcessorNumberEx(NULL),
                      Source->Level, KdComponentText(Source->ComponentId), Program);
    (VOID) HAL->write(HAL_STREAM_SOURCE, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
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
static ULONG KdpPrint(const KDP_SOURCE *Source, PCSTR Prefix, PCSTR Format, va_list Arguments)
{
    CHAR Text[KDP_MESSAGE_BYTES];
    ULONG Bytes;

    if (!KdIsShown(Source->ComponentId, Source->Level))
        return STATUS_SUCCESS;
    __try {
        Bytes = KdpFormat(Text, Prefix, Format, Arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return (ULONG)GetExceptionCode();
    }
    KdpWriteSource(Source);
    KdpWriteText(Text, Bytes);
    KdpCallBack(Text, Bytes, Source->ComponentId, Source->Level);
    return STATUS_SUCCESS;
}

#define KDP_SOURCE_HERE(ComponentId, Level)                                                        \
    (&(KDP_SOURCE){__builtin_return_address(0), NULL, ComponentId, Level})

VOID KdWriteProgramText(PCSTR Text, ULONG Limit)
{
    ULONG Bytes = (ULONG)strnlen(Text, Limit);
    KDP_SOURCE Source = {NULL, (PCSTR)PsGetProcessImageFileName(PsGetCurrentProcess()),
                         DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL};

    KdpWriteSource(&Source);
    KdpWriteText(Text, Bytes);
    KdpCallBack(Text, Bytes, Source.ComponentId, Source.Level);
}

NT_EXPORT(DbgPrint);
ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = KdpPrint(KDP_SOURCE_HERE(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL), "", Format, Arguments);
    va_end(Arguments);
    return Status;
}

NT_EXPORT(DbgPrintEx);
ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = KdpPrint(KDP_SOURCE_HERE(ComponentId, Level), "", Format, Arguments);
    va_end(Arguments);
    return Status;
}

NT_EXPORT(DbgPrintReturnControlC);
ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = KdpPrint(KDP_SOURCE_HERE(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL), "", Format, Arguments);
    va_end(Arguments);
    return Status; /* nobody can have pressed Ctrl+C: no debugger is there */
}

NT_EXPORT(vDbgPrintEx);
ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
{
    return KdpPrint(KDP_SOURCE_HERE(ComponentId, Level), "", Format, Arguments);
}

NT_EXPORT(vDbgPrintExWithPrefix);
ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format,
                                  va_list Arguments)
{
    return KdpPrint(KDP_SOURCE_HERE(ComponentId, Level), Prefix, Format, Arguments);
}

/*
 * Without a debugger nobody answers: the prompt is printed, the response has no characters. [guess]
 */
NT_EXPORT(DbgPrompt);
ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG MaximumResponseLength)
{
    KdpWriteSource(KDP_SOURCE_HERE(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL));
    KdpWriteText(Prompt, (ULONG)strnlen(Prompt, KDP_MESSAGE_BYTES));
    if (MaximumResponseLength != 0)
        Response[0] = 0;
    return 0;
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
