/*
 * Starting a program: process, images of the .exe and of ntdll, environment blocks, console handles, first thread. The DLLs
 * that the .exe imports are loaded by ntdll, in the process. Not modelled: inheritance of handles, manifests, WOW64,
 * CreateProcess from a program.
 */
#include "psp.h"

#include "../rtl/rtl.h"
#include "../se/se.h"
#include "image.h"
#include "peb.h"

#ifndef IMAGE_SUBSYSTEM_NATIVE
#define IMAGE_SUBSYSTEM_NATIVE 1
#endif
#define PSP_STACK_COMMIT 0x10000 /* committed at first; the rest on demand */
#define PSP_STACK_MAXIMUM 0x1000000
#define PSP_STACK_DEFAULT 0x100000

static const WCHAR PspEnvironment[] =
    L"ALLUSERSPROFILE=C:\\ProgramData\0"
    L"COMPUTERNAME=DRYDOCK\0"
    L"ComSpec=C:\\Windows\\System32\\cmd.exe\0"
    L"OS=Windows_NT\0"
    L"Path=C:\\Windows\\System32;C:\\Windows\0"
    L"PROCESSOR_ARCHITECTURE=AMD64\0"
    L"SystemDrive=C:\0"
    L"SystemRoot=C:\\Windows\0"
    L"TEMP=C:\\Windows\\Temp\0"
    L"TMP=C:\\Windows\\Temp\0"
    L"USERNAME=SYSTEM\0"
    L"windir=C:\\Windows\0";

/* ---- threads' memory ---- */

NTSTATUS PspCreateUserStack(PEPROCESS Process, SIZE_T Reserve, PVOID Start, PVOID Parameter, PCONTEXT Context,
                            PVOID *TebResult, PVOID *StackResult)
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
        Status = MmAllocateUserMemory(Space, &Teb, &TebBytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
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
    Context->Rsp = (ULONG64)Block->NtTib.StackBase - 0x28; /* as after a call: home space, return address 0 */
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
            NT_SUCCESS(MmAllocateUserMemory(Thread->ThreadsProcess->AddressSpace, &Start, &Bytes, MEM_COMMIT,
                                            PAGE_READWRITE))) {
            Teb->NtTib.StackLimit = Start;
            Grown = TRUE;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Grown = FALSE;
    }
    return Grown;
}

/* ---- the process environment block and the parameters ---- */

/* Appends Source to the block at *At, terminated, and describes the copy. */
static VOID PspPutString(PUCHAR *At, PUNICODE_STRING Copy, PCUNICODE_STRING Source)
{
    Copy->Buffer = (PWSTR)*At;
    Copy->Length = Source->Length;
    Copy->MaximumLength = Source->Length + sizeof(WCHAR);
    RtlCopyMemory(Copy->Buffer, Source->Buffer, Source->Length);
    Copy->Buffer[Source->Length / sizeof(WCHAR)] = 0;
    *At += (Copy->MaximumLength + 15) & ~15;
}

/* "\??\C:\x\y.exe" to "C:\x\y.exe" */
static UNICODE_STRING PspDosPath(PCUNICODE_STRING Path)
{
    UNICODE_STRING Dos = *Path;

    if (Dos.Length >= 4 * sizeof(WCHAR) && Dos.Buffer[0] == L'\\' && Dos.Buffer[1] == L'?') {
        Dos.Buffer += 4;
        Dos.Length -= 4 * sizeof(WCHAR);
    }
    return Dos;
}

static NTSTATUS PspOpenStandardHandles(PPSP_PARAMETERS Parameters)
{
    NTSTATUS Status;

    Status = PspOpenConsole(L"\\Device\\ConDrv\\Input", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardInput);
    if (NT_SUCCESS(Status))
        Status = PspOpenConsole(L"\\Device\\ConDrv\\Output", GENERIC_READ | GENERIC_WRITE,
                                &Parameters->StandardOutput);
    if (NT_SUCCESS(Status))
        Status = PspOpenConsole(L"\\Device\\ConDrv\\Error", GENERIC_READ | GENERIC_WRITE,
                                &Parameters->StandardError);
    return Status;
}

static VOID PspFillParameters(PPSP_PARAMETERS Parameters, PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine)
{
    UNICODE_STRING System32 = RTL_CONSTANT_STRING(L"C:\\Windows\\System32;C:\\Windows"), Directory;
    UNICODE_STRING Desktop = RTL_CONSTANT_STRING(L"WinSta0\\Default");
    PUCHAR At = (PUCHAR)(Parameters + 1);

    Parameters->MaximumLength = Parameters->Length = sizeof(*Parameters);
    Parameters->Flags = 1; /* normalised: the strings have addresses, not offsets */
    Directory = PspDosPath(Path);
    PspPutString(&At, &Parameters->ImagePathName, &Directory);
    while (Directory.Length > 0 && Directory.Buffer[Directory.Length / sizeof(WCHAR) - 1] != L'\\')
        Directory.Length -= sizeof(WCHAR);
    PspPutString(&At, &Parameters->CurrentDirectory.DosPath, &Directory);
    PspPutString(&At, &Parameters->CommandLine, CommandLine);
    PspPutString(&At, &Parameters->DllPath, &System32);
    PspPutString(&At, &Parameters->DesktopInfo, &Desktop);
    Parameters->WindowTitle = Parameters->ImagePathName;
    Parameters->Environment = (PWSTR)At;
    Parameters->EnvironmentSize = sizeof(PspEnvironment);
    RtlCopyMemory(At, PspEnvironment, sizeof(PspEnvironment));
}

static NTSTATUS PspCreatePeb(PEPROCESS Process, const PSP_IMAGE *Exe, PCUNICODE_STRING CommandLine)
{
    SIZE_T ParameterBytes = sizeof(PSP_PARAMETERS) + 2 * Process->ImagePath.Length + CommandLine->Length +
                            sizeof(PspEnvironment) + 0x200;
    SIZE_T PebBytes = sizeof(PSP_PEB);
    PVOID Peb = NULL, Parameters = NULL;
    PPSP_PEB Block;
    NTSTATUS Status;

    Status = MmAllocateUserMemory(Process->AddressSpace, &Peb, &PebBytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(Status))
        Status = MmAllocateUserMemory(Process->AddressSpace, &Parameters, &ParameterBytes, MEM_RESERVE | MEM_COMMIT,
                                      PAGE_READWRITE);
    if (!NT_SUCCESS(Status))
        return Status; /* the address space goes with the process */
    Block = Peb;
    Block->ImageBaseAddress = Exe->Base;
    Block->ProcessParameters = Parameters;
    Block->NumberOfProcessors = KeProcessorCount;
    Block->OSMajorVersion = 10;
    Block->OSBuildNumber = 22000;
    Block->OSPlatformId = 2;
    Block->ImageSubsystem = Exe->Subsystem;
    Block->ActiveProcessAffinityMask = ((ULONG64)1 << KeProcessorCount) - 1;
    PspFillParameters(Parameters, &Process->ImagePath, CommandLine);
    Process->Peb = Peb;
    return PspOpenStandardHandles(Parameters);
}

/* ---- the program ---- */

/* In the process: images, blocks, and the first thread's stack. */
static NTSTATUS PspPrepareProgram(PEPROCESS Process, PCUNICODE_STRING CommandLine, PCONTEXT Context, PVOID *Teb,
                                  PVOID *Stack, PSP_IMAGE *Exe, PSP_IMAGE *Ntdll)
{
    UNICODE_STRING NtdllPath = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows\\System32\\ntdll.dll");
    NTSTATUS Status;

    Status = PspMapImage(Process, &Process->ImagePath, Exe);
    if (!NT_SUCCESS(Status))
        return Status;
    Process->ImageFilePointer = Exe->File;
    Process->SectionBaseAddress = Exe->Base;
    if ((Exe->Characteristics & IMAGE_FILE_DLL) || Exe->EntryPoint == NULL || Exe->Subsystem == IMAGE_SUBSYSTEM_NATIVE)
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = PspMapImage(Process, &NtdllPath, Ntdll);
    if (!NT_SUCCESS(Status))
        return Status;
    Process->ExceptionDispatcher = PspFindExport(Ntdll, "KiUserExceptionDispatcher");
    Process->ApcDispatcher = PspFindExport(Ntdll, "KiUserApcDispatcher");
    Process->ThreadStart = PspFindExport(Ntdll, "RtlUserThreadStart");
    if (Process->ThreadStart == 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = PspCreatePeb(Process, Exe, CommandLine);
    if (NT_SUCCESS(Status))
        Status = PspCreateUserStack(Process, Exe->StackReserve, Exe->EntryPoint, Process->Peb, Context, Teb, Stack);
    return Status;
}

/* Tells the drivers, which may refuse the process. */
static NTSTATUS PspAnnounceProgram(PEPROCESS Process, PCUNICODE_STRING CommandLine)
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
    Info.CommandLine = CommandLine;
    PspCallProcessCreate(Process, &Info);
    return Info.CreationStatus;
}

static NTSTATUS PspStartProgram(PEPROCESS Process, PCUNICODE_STRING CommandLine)
{
    UNICODE_STRING NtdllName = RTL_CONSTANT_STRING(L"\\Windows\\System32\\ntdll.dll");
    PSP_IMAGE Exe = {0}, Ntdll = {0};
    KAPC_STATE Attached;
    CONTEXT *Context;
    PETHREAD Thread;
    PVOID Teb, Stack;
    NTSTATUS Status;

    Context = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Context), PSP_TAG);
    if (Context == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    __try {
        Status = PspPrepareProgram(Process, CommandLine, Context, &Teb, &Stack, &Exe, &Ntdll);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&Attached);
    if (!NT_SUCCESS(Status) && Ntdll.File != NULL)
        ObDereferenceObject(Ntdll.File);
    if (NT_SUCCESS(Status))
        Status = PspCreateThread(Process, (PKSTART_ROUTINE)Exe.EntryPoint, NULL, Context, Teb, &Thread);
    ExFreePoolWithTag(Context, PSP_TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    Thread->UserStack = Stack;
    Thread->Win32StartAddress = Exe.EntryPoint;
    Status = PspAnnounceProgram(Process, CommandLine);
    if (!NT_SUCCESS(Status)) {
        PspAbandonThread(Thread);
        ObDereferenceObject(Ntdll.File);
        return Status;
    }
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    ((PPSP_TEB)Teb)->ClientId = Thread->Cid;
    ObReferenceObject(Process->ImageFilePointer);
    PspFinishImage(Process, &Process->ImagePath, &Exe);
    PspFinishImage(Process, &NtdllName, &Ntdll);
    KeUnstackDetachProcess(&Attached);
    PspStartThread(Thread, FALSE);
    return STATUS_SUCCESS;
}

/* Nothing of the process ran: it ends here, in the process's context as its handles are closed. */
static VOID PspAbandonProcess(PEPROCESS Process, NTSTATUS Status)
{
    KAPC_STATE Attached;

    PspSetExitStatus(Process, Status);
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    PspExitProcess(Process);
    KeUnstackDetachProcess(&Attached);
}

NTSTATUS PsRunProgram(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine, NTSTATUS *ExitStatus)
{
    PEPROCESS Process;
    PVOID Token;
    NTSTATUS Status;

    Status = PspCreateProcess(PsInitialSystemProcess, Path, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SeCreateProgramToken(TRUE, &Token);
    if (NT_SUCCESS(Status)) {
        ObDereferenceObject(Process->Token);
        Process->Token = Token;
        Status = PspDuplicateString(CommandLine, &Process->CommandLine);
    }
    if (NT_SUCCESS(Status))
        Status = PspStartProgram(Process, CommandLine);
    if (!NT_SUCCESS(Status)) {
        PspAbandonProcess(Process, Status);
        ObDereferenceObject(Process);
        return Status;
    }
    KeWaitForSingleObject(Process, Executive, KernelMode, FALSE, NULL);
    *ExitStatus = Process->ExitStatus;
    Status = Process->StartFailure;
    ObDereferenceObject(Process);
    return Status;
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

    PspLog("%wZ: unhandled exception 0x%08X at %p, thread %u%s\n", &Program, Record->ExceptionCode, Record->ExceptionAddress,
           (ULONG)(ULONG_PTR)PsGetCurrentThreadId(),
           Process->ExceptionDispatcher ? "" : " (before its loader ran)");
    PspTerminateProcess(Process, Record->ExceptionCode);
    PspExitThread(Record->ExceptionCode);
}
