/*
 * Starting a program: process, images of the .exe and of ntdll, first thread with its stack, the
 * drivers told. The DLLs that the .exe imports are loaded by ntdll, in the process. Not modelled:
 * manifests, WOW64.
 */
#include "startup.h"

#include "../ldr/ldr.h"
#include "../rtl/rtl.h"
#include "../se/se.h"

#ifndef IMAGE_SUBSYSTEM_NATIVE
#define IMAGE_SUBSYSTEM_NATIVE 1
#endif
#define PSP_STACK_COMMIT 0x10000 /* committed at first; the rest on demand */
#define PSP_STACK_MAXIMUM 0x1000000
#define PSP_STACK_DEFAULT 0x100000

/* ---- threads' memory ---- */

NTSTATUS PspCreateUserStack(PEPROCESS Process, SIZE_T Reserve, PVOID Start, PVOID Parameter,
                            PCONTEXT Context, PVOID *TebResult, PVOID *StackResult)
{
    MM_ADDRESS_SPACE *Space = Process->AddressSpace;
    PVOID Stack = NULL, Teb = NULL, Limit;
    SIZE_T TebBytes = sizeof(PSP_TEB), Commit = PSP_STACK_COMMIT;
    PPSP_TEB Block;
    NTSTATUS Status;

    if (Reserve < 2 * PSP_STACK_COMMIT)
        Reserve = PSP_STACK_DEFAULT;
    if (Reserve > PSP_STACK_MAXIMUM)
        Reserve = PSP_STACK_MAXIMUM;
    Reserve = (Reserve + 0xFFFF) & ~(SIZE_T)0xFFFF;
    Status = MmAllocateUserMemory(Space, &Stack, &Reserve, MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(Status))
        return Status;
    Limit = (PUCHAR)Stack + Reserve - Commit;
    Status = MmAllocateUserMemory(Space, &Limit, &Commit, MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(Status))
        Status =
            MmAllocateUserMemory(Space, &Teb, &TebBytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(Status)) {
        PspFreeStackAndTeb(Process, NULL, Stack);
        return Status;
    }
    Block = Teb;
    Block->NtTib.StackBase = (PUCHAR)Stack + Reserve;
    Block->NtTib.StackLimit = Limit;
    Block->NtTib.Self = &Block->NtTib;
    Block->DeallocationStack = Stack;
    Block->ProcessEnvironmentBlock = Process->Peb;
    Block->ClientId.UniqueProcess = Process->UniqueProcessId;
    Block->StaticUnicodeString.MaximumLength = sizeof(Block->StaticUnicodeBuffer);
    Block->StaticUnicodeString.Buffer = Block->StaticUnicodeBuffer;
    RtlZeroMemory(Context, sizeof(*Context));
    Context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    Context->SegCs = 0x33;
    Context->SegDs = Context->SegEs = Context->SegGs = Context->SegSs = 0x2B;
    Context->SegFs = 0x53;
    Context->EFlags = 0x202;
    Context->MxCsr = Context->FltSave.MxCsr = 0x1F80;
    Context->FltSave.ControlWord = 0x27F;
    Context->Rip = Process->ThreadStart;
    Context->Rcx = (ULONG64)Start;
    Context->Rdx = (ULONG64)Parameter;
    Context->Rsp =
        (ULONG64)Block->NtTib.StackBase - 0x28; /* as after a call: home space, return address 0 */
    *TebResult = Teb;
    *StackResult = Stack;
    return STATUS_SUCCESS;
}

VOID PspFreeStackAndTeb(PEPROCESS Process, PVOID Teb, PVOID Stack)
{
    SIZE_T Bytes = 0;

    if (Teb != NULL)
        MmFreeUserMemory(Process->AddressSpace, &Teb, &Bytes, MEM_RELEASE);
    Bytes = 0;
    if (Stack != NULL)
        MmFreeUserMemory(Process->AddressSpace, &Stack, &Bytes, MEM_RELEASE);
}

BOOLEAN PspGrowUserStack(ULONG64 Address)
{
    PETHREAD Thread = PsGetCurrentThread();
    PPSP_TEB Teb = Thread->Tcb.Teb;
    ULONG64 Low = (ULONG64)Thread->UserStack, Limit;
    PVOID Start = (PVOID)(Address & ~(ULONG64)(PAGE_SIZE - 1));
    SIZE_T Bytes;
    BOOLEAN Grown = FALSE;

    if (Teb == NULL || Low == 0)
        return FALSE;
    __try {
        Limit = (ULONG64)Teb->NtTib.StackLimit;
        Bytes = Limit - (ULONG64)Start;
        /* The lowest page is never given: the stack ends there, with STATUS_STACK_OVERFLOW. */
        if (Address >= Low + PAGE_SIZE && Address < Limit && Limit - Low <= PSP_STACK_MAXIMUM &&
            NT_SUCCESS(MmAllocateUserMemory(Thread->ThreadsProcess->AddressSpace, &Start, &Bytes,
                                            MEM_COMMIT, PAGE_READWRITE))) {
            Teb->NtTib.StackLimit = Start;
            Grown = TRUE;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Grown = FALSE;
    }
    return Grown;
}

/* ---- the program ---- */

/* In the process: images, blocks, and the first thread's stack. */
static NTSTATUS PspPrepareProgram(PEPROCESS Process, const PSP_STARTUP *Startup, PCONTEXT Context,
                                  PVOID *Teb, PVOID *Stack)
{
    UNICODE_STRING NtdllPath = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows\\System32\\ntdll.dll");
    PSP_IMAGE *Exe = &Process->StartImages->Exe, *Ntdll = &Process->StartImages->Ntdll;
    NTSTATUS Status;

    Status = PspMapImage(Process, &Process->ImagePath, Exe);
    if (!NT_SUCCESS(Status))
        return Status;
    Process->ImageFilePointer = Exe->File;
    ObReferenceObject(Exe->File);
    Process->SectionBaseAddress = Exe->Base;
    if ((Exe->Characteristics & IMAGE_FILE_DLL) || Exe->EntryPoint == NULL ||
        Exe->Subsystem == IMAGE_SUBSYSTEM_NATIVE)
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = PspMapImage(Process, &NtdllPath, Ntdll);
    if (!NT_SUCCESS(Status))
        return Status;
    Process->ExceptionDispatcher = PspFindExport(Ntdll, "KiUserExceptionDispatcher");
    Process->ApcDispatcher = PspFindExport(Ntdll, "KiUserApcDispatcher");
    Process->ThreadStart = PspFindExport(Ntdll, "RtlUserThreadStart");
    if (Process->ThreadStart == 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = PspCreatePeb(Process, Exe, Startup);
    if (NT_SUCCESS(Status))
        Status = PspCreateUserStack(Process, Exe->StackReserve, Exe->EntryPoint, Process->Peb,
                                    Context, Teb, Stack);
    return Status;
}

/* Tells the drivers, which may refuse the process. */
static NTSTATUS PspAnnounceProgram(PEPROCESS Process)
{
    PS_CREATE_NOTIFY_INFO Info;
    PETHREAD Creator = PsGetCurrentThread();

    RtlZeroMemory(&Info, sizeof(Info));
    Info.Size = sizeof(Info);
    Info.FileOpenNameAvailable = 1;
    Info.ParentProcessId = Process->InheritedFromUniqueProcessId;
    Info.CreatingThreadId = Creator->Cid;
    Info.FileObject = Process->ImageFilePointer;
    Info.ImageFileName = &Process->ImagePath;
    Info.CommandLine = &Process->CommandLine;
    PspCallProcessCreate(Process, &Info);
    return Info.CreationStatus;
}

/* The first thread, not started, of which nobody knows. */
static NTSTATUS PspCreateFirstThread(PEPROCESS Process, const PSP_STARTUP *Startup,
                                     PETHREAD *Result)
{
    CONTEXT *Context = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Context), PSP_TAG);
    KAPC_STATE Attached;
    PETHREAD Thread;
    PVOID Teb, Stack;
    NTSTATUS Status;

    if (Context == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    __try {
        Status = PspPrepareProgram(Process, Startup, Context, &Teb, &Stack);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status))
        Status = PspCreateThread(Process, (PKSTART_ROUTINE)Process->StartImages->Exe.EntryPoint,
                                 NULL, Context, Teb, &Thread);
    ExFreePoolWithTag(Context, PSP_TAG);
    if (NT_SUCCESS(Status)) {
        Thread->UserStack = Stack;
        Thread->Win32StartAddress = Process->StartImages->Exe.EntryPoint;
        ((PPSP_TEB)Teb)->ClientId =
            Thread->Cid; /* nothing of the process runs yet: the page is there */
        *Result = Thread;
    }
    KeUnstackDetachProcess(&Attached);
    return Status;
}

/* What a process has from its creation on. */
static NTSTATUS PspEquipProcess(PEPROCESS Process, const PSP_STARTUP *Startup, PVOID Token)
{
    NTSTATUS Status;

    ObDereferenceObject(Process->Token);
    Process->Token = Token;
    ObReferenceObject(Token);
    PspGiveTerminal(Process, Startup->Terminal, Startup->Parent);
    Process->ProcessGroup =
        Startup->NewGroup ? Process->UniqueProcessId : Startup->Parent->ProcessGroup;
    Process->StartImages =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*Process->StartImages), PSP_TAG);
    if (Process->StartImages == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Process->StartImages, sizeof(*Process->StartImages));
    Status = PspDuplicateString(&Startup->CommandLine, &Process->CommandLine);
    if (NT_SUCCESS(Status) && Startup->InheritHandles)
        Status = ObInheritHandles(Startup->Parent->ObjectTable, Process->ObjectTable, Startup->List,
                                  Startup->HandleCount);
    return Status;
}

VOID PspFreeStartImages(PEPROCESS Process)
{
    PSP_START_IMAGES *Images = Process->StartImages;

    Process->StartImages = NULL;
    if (Images == NULL)
        return;
    if (Images->Exe.File != NULL)
        ObDereferenceObject(Images->Exe.File);
    if (Images->Ntdll.File != NULL)
        ObDereferenceObject(Images->Ntdll.File);
    ExFreePoolWithTag(Images, PSP_TAG);
}

VOID PspAnnounceStartImages(PEPROCESS Process)
{
    UNICODE_STRING NtdllName = RTL_CONSTANT_STRING(L"\\Windows\\System32\\ntdll.dll");

    if (Process->StartImages == NULL)
        return;
    PspNotifyImage(Process, &Process->ImagePath, &Process->StartImages->Exe);
    PspNotifyImage(Process, &NtdllName, &Process->StartImages->Ntdll);
    PspFreeStartImages(Process);
}

/* Nothing of the process ran: it ends here, in the process's context as its handles are closed. */
static VOID PspAbandonProcess(PEPROCESS Process, NTSTATUS Status)
{
    KAPC_STATE Attached;

    PspSetExitStatus(Process, Status);
    Process->StartFailure = Status;
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    PspExitProcess(Process);
    KeUnstackDetachProcess(&Attached);
    ObDereferenceObject(Process);
}

VOID PspAbandonProgram(PEPROCESS Process, PETHREAD Thread, NTSTATUS Status)
{
    PspAbandonThread(Thread);
    ObDereferenceObject(Thread);
    PspAbandonProcess(Process, Status);
}

NTSTATUS PspCreateProgram(const PSP_STARTUP *Startup, PVOID Token, PEPROCESS *Result,
                          PETHREAD *ThreadResult)
{
    PEPROCESS Process;
    PETHREAD Thread;
    NTSTATUS Status;

    Status = PspCreateProcess(Startup->Parent, &Startup->ImagePath, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspEquipProcess(Process, Startup, Token);
    if (NT_SUCCESS(Status))
        Status = PspCreateFirstThread(Process, Startup, &Thread);
    if (!NT_SUCCESS(Status)) {
        PspAbandonProcess(Process, Status);
        return Status;
    }
    ObReferenceObject(Thread);
    Status = PspAnnounceProgram(Process);
    if (!NT_SUCCESS(Status)) {
        PspAbandonProgram(Process, Thread, Status);
        return Status;
    }
    *Result = Process;
    *ThreadResult = Thread;
    return STATUS_SUCCESS;
}

NTSTATUS PsStartProgram(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine, PEPROCESS *Process)
{
    return PspStartOnTerminal(Path, CommandLine, NULL, Process);
}

NTSTATUS PspStartOnTerminal(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine,
                            PSP_TERMINAL *Terminal, PEPROCESS *Process)
{
    PSP_STARTUP Startup;
    PETHREAD Thread;
    PVOID Token;
    NTSTATUS Status;

    Status = SeCreateProgramToken(TRUE, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    PspInitStartup(&Startup, Path, CommandLine);
    Startup.Terminal = Terminal;
    Status = PspCreateProgram(&Startup, Token, Process, &Thread);
    ObDereferenceObject(Token);
    if (!NT_SUCCESS(Status))
        return Status;
    PspStartThread(Thread, FALSE);
    ObDereferenceObject(Thread);
    return STATUS_SUCCESS;
}

NTSTATUS PsWaitForProgram(PEPROCESS Process, NTSTATUS *ExitStatus)
{
    KeWaitForSingleObject(Process, Executive, KernelMode, FALSE, NULL);
    *ExitStatus = Process->ExitStatus;
    return Process->StartFailure;
}

/* ---- a program that nobody catches ---- */

static VOID PspLog(const char *Format, ...)
{
    char Text[400];
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnprintf(Text, sizeof(Text), Format, Arguments);
    va_end(Arguments);
    if (Length < 0 || Length > (int)sizeof(Text))
        Length = sizeof(Text);
    HAL->write(HAL_STREAM_LOG, (ULONG64)Text, Length, KeVirtualTime());
}

VOID PspUnhandledException(PEXCEPTION_RECORD Record)
{
    PEPROCESS Process = PsGetCurrentThread()->ThreadsProcess;
    UNICODE_STRING Program = PspProgramName(Process);

    PspLog("%wZ: unhandled exception 0x%08X at %p, thread %u%s\n", &Program, Record->ExceptionCode,
           Record->ExceptionAddress, (ULONG)(ULONG_PTR)PsGetCurrentThreadId(),
           Process->ExceptionDispatcher ? "" : " (before its loader ran)");
    PspTerminateProcess(Process, Record->ExceptionCode);
    PspExitThread(Record->ExceptionCode);
}
