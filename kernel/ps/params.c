/*
 * The process environment block and the process parameters: captured from the process that makes
 * another, or made up for a program of the session; and filled in the new process. Not modelled:
 * several consoles (one that asks for its own shares the only one), current directory handles,
 * redirection of DLLs.
 */
#include "startup.h"

#define PSP_MAX_STRING 0xFFFE
#define PSP_MAX_ENVIRONMENT 0x100000
#define PSP_USE_STANDARD_HANDLES 0x100u /* in WindowFlags: STARTF_USESTDHANDLES */

static const WCHAR PspEnvironment[] = L"ALLUSERSPROFILE=C:\\ProgramData\0"
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

/* The folder of a path, with its last backslash. */
static UNICODE_STRING PspFolder(UNICODE_STRING Path)
{
    while (Path.Length > 0 && Path.Buffer[Path.Length / sizeof(WCHAR) - 1] != L'\\')
        Path.Length -= sizeof(WCHAR);
    return Path;
}

VOID PspInitStartup(PSP_STARTUP *Startup, PCUNICODE_STRING ImagePath, PCUNICODE_STRING CommandLine)
{
    RtlZeroMemory(Startup, sizeof(*Startup));
    Startup->Parent = PsInitialSystemProcess;
    Startup->ImagePath = *ImagePath;
    Startup->CommandLine = *CommandLine;
    Startup->DosPath = PspDosPath(ImagePath);
    Startup->CurrentDirectory = PspFolder(Startup->DosPath);
    Startup->Title = Startup->DosPath;
    RtlInitUnicodeString(&Startup->Desktop, L"WinSta0\\Default");
    Startup->Environment = PspEnvironment;
    Startup->EnvironmentBytes = sizeof(PspEnvironment);
    Startup->Console = Startup->OpenStandard = Startup->NewGroup = TRUE;
}

/* ---- capture ---- */

/* A copy of a user's string in pool, terminated. Raises on a bad address. */
static NTSTATUS PspCopyIn(PUNICODE_STRING Copy, UNICODE_STRING User)
{
    if (User.Length > PSP_MAX_STRING - sizeof(WCHAR) || (User.Length & 1) != 0)
        return STATUS_INVALID_PARAMETER;
    if (ExGetPreviousMode() != KernelMode && User.Length != 0)
        ProbeForRead(User.Buffer, User.Length, sizeof(WCHAR));
    return PspDuplicateString(&User, Copy);
}

static NTSTATUS PspCopyEnvironment(PSP_STARTUP *Startup, PCWSTR User, SIZE_T Bytes)
{
    PWSTR Copy;

    if (User == NULL || Bytes < 2 * sizeof(WCHAR) || Bytes > PSP_MAX_ENVIRONMENT ||
        (Bytes & 1) != 0)
        return STATUS_INVALID_PARAMETER;
    if (ExGetPreviousMode() != KernelMode)
        ProbeForRead((PVOID)User, Bytes, sizeof(WCHAR));
    Copy = ExAllocatePoolWithTag(PagedPool, Bytes, PSP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Startup->Environment = Copy;
    Startup->EnvironmentBytes = Bytes;
    RtlCopyMemory(Copy, User, Bytes);
    Copy[Bytes / sizeof(WCHAR) - 1] = Copy[Bytes / sizeof(WCHAR) - 2] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspCopyParameters(PSP_STARTUP *Startup, PPSP_PARAMETERS User)
{
    struct {
        PUNICODE_STRING Copy;
        UNICODE_STRING User;
    } Strings[] = {
        {&Startup->DosPath, User->ImagePathName},
        {&Startup->CommandLine, User->CommandLine},
        {&Startup->CurrentDirectory, User->CurrentDirectory.DosPath},
        {&Startup->Title, User->WindowTitle},
        {&Startup->Desktop, User->DesktopInfo},
        {&Startup->Shell, User->ShellInfo},
        {&Startup->Runtime, User->RuntimeData},
    };
    NTSTATUS Status = PspCopyEnvironment(Startup, User->Environment, User->EnvironmentSize);

    for (ULONG i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Strings); i++)
        Status = PspCopyIn(Strings[i].Copy, Strings[i].User);
    Startup->WindowFlags = User->WindowFlags;
    Startup->ShowWindowFlags = User->ShowWindowFlags;
    Startup->Console = User->ConsoleHandle != NULL && User->ConsoleHandle != PSP_CONSOLE_DETACHED;
    Startup->NewGroup = (User->ConsoleFlags & PSP_CONSOLE_NEW_GROUP) != 0;
    Startup->ConsoleFlags = User->ConsoleFlags & PSP_CONSOLE_IGNORE_CTRL_C;
    Startup->OpenStandard =
        (User->ConsoleHandle == PSP_CONSOLE_NEW || User->ConsoleHandle == PSP_CONSOLE_NO_WINDOW) &&
        (User->WindowFlags & PSP_USE_STANDARD_HANDLES) == 0;
    Startup->Standard[PSP_STANDARD_INPUT] = User->StandardInput;
    Startup->Standard[PSP_STANDARD_OUTPUT] = User->StandardOutput;
    Startup->Standard[PSP_STANDARD_ERROR] = User->StandardError;
    return Status;
}

NTSTATUS PspCaptureStartup(PSP_STARTUP *Startup, PPSP_PARAMETERS User)
{
    NTSTATUS Status;

    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(User, sizeof(*User), sizeof(PVOID));
        Status = PspCopyParameters(Startup, User);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

VOID PspFreeStartup(PSP_STARTUP *Startup)
{
    PVOID Blocks[] = {Startup->ImagePath.Buffer,   Startup->DosPath.Buffer,
                      Startup->CommandLine.Buffer, Startup->CurrentDirectory.Buffer,
                      Startup->Title.Buffer,       Startup->Desktop.Buffer,
                      Startup->Shell.Buffer,       Startup->Runtime.Buffer,
                      (PVOID)Startup->Environment, Startup->List};

    for (ULONG i = 0; i < RTL_NUMBER_OF(Blocks); i++)
        if (Blocks[i] != NULL)
            ExFreePoolWithTag(Blocks[i], PSP_TAG);
    RtlZeroMemory(Startup, sizeof(*Startup));
}

/* ---- handles ---- */

static NTSTATUS PspOpenStandardHandles(PPSP_PARAMETERS Parameters)
{
    NTSTATUS Status;

    Status = PspOpenConsole(L"\\Device\\ConDrv\\Input", OBJ_INHERIT, &Parameters->StandardInput);
    if (NT_SUCCESS(Status))
        Status =
            PspOpenConsole(L"\\Device\\ConDrv\\Output", OBJ_INHERIT, &Parameters->StandardOutput);
    if (NT_SUCCESS(Status))
        Status =
            PspOpenConsole(L"\\Device\\ConDrv\\Error", OBJ_INHERIT, &Parameters->StandardError);
    return Status;
}

/* The parent's standard handle in the new process: inherited already, or a copy. One that is none
 * there is none here. */
static HANDLE PspDuplicateStandard(PEPROCESS Process, const PSP_STARTUP *Startup, HANDLE Handle)
{
    HANDLE Copy = NULL;
    PVOID Object;

    if (Handle == NULL || (LONG_PTR)Handle < 0)
        return NULL;
    if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL))) {
        ObDereferenceObject(Object);
        return Handle;
    }
    ObDuplicateObject(Startup->Parent, Handle, Process, &Copy, 0, 0,
                      DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES, KernelMode);
    return Copy;
}

static NTSTATUS PspGiveHandles(PEPROCESS Process, PPSP_PARAMETERS Parameters,
                               const PSP_STARTUP *Startup)
{
    HANDLE Standard[PSP_STANDARD_COUNT];
    NTSTATUS Status = STATUS_SUCCESS;

    if (Startup->Console)
        Status = PspOpenConsole(L"\\Device\\ConDrv\\Connect", 0, &Parameters->ConsoleHandle);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Startup->OpenStandard)
        return PspOpenStandardHandles(Parameters);
    for (ULONG i = 0; i < PSP_STANDARD_COUNT; i++)
        Standard[i] = Startup->DuplicateStandard
                          ? PspDuplicateStandard(Process, Startup, Startup->Standard[i])
                          : Startup->Standard[i];
    Parameters->StandardInput = Standard[PSP_STANDARD_INPUT];
    Parameters->StandardOutput = Standard[PSP_STANDARD_OUTPUT];
    Parameters->StandardError = Standard[PSP_STANDARD_ERROR];
    return STATUS_SUCCESS;
}

/* ---- the blocks ---- */

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

static SIZE_T PspParameterBytes(const PSP_STARTUP *Startup)
{
    return sizeof(PSP_PARAMETERS) + Startup->EnvironmentBytes + Startup->DosPath.Length +
           Startup->CommandLine.Length + Startup->CurrentDirectory.Length + Startup->Title.Length +
           Startup->Desktop.Length + Startup->Shell.Length + Startup->Runtime.Length +
           0x200; /* ends and padding, DllPath */
}

static VOID PspFillParameters(PPSP_PARAMETERS Parameters, const PSP_STARTUP *Startup)
{
    UNICODE_STRING System32 = RTL_CONSTANT_STRING(L"C:\\Windows\\System32;C:\\Windows");
    PUCHAR At = (PUCHAR)(Parameters + 1);

    Parameters->MaximumLength = Parameters->Length = sizeof(*Parameters);
    Parameters->Flags = 1; /* normalised: the strings have addresses, not offsets */
    Parameters->ConsoleFlags = Startup->ConsoleFlags;
    Parameters->WindowFlags = Startup->WindowFlags;
    Parameters->ShowWindowFlags = Startup->ShowWindowFlags;
    PspPutString(&At, &Parameters->ImagePathName, &Startup->DosPath);
    PspPutString(&At, &Parameters->CurrentDirectory.DosPath, &Startup->CurrentDirectory);
    PspPutString(&At, &Parameters->CommandLine, &Startup->CommandLine);
    PspPutString(&At, &Parameters->DllPath, &System32);
    PspPutString(&At, &Parameters->WindowTitle, &Startup->Title);
    PspPutString(&At, &Parameters->DesktopInfo, &Startup->Desktop);
    PspPutString(&At, &Parameters->ShellInfo, &Startup->Shell);
    PspPutString(&At, &Parameters->RuntimeData, &Startup->Runtime);
    Parameters->Environment = (PWSTR)At;
    Parameters->EnvironmentSize = Startup->EnvironmentBytes;
    RtlCopyMemory(At, Startup->Environment, Startup->EnvironmentBytes);
}

NTSTATUS PspCreatePeb(PEPROCESS Process, const PSP_IMAGE *Exe, const PSP_STARTUP *Startup)
{
    SIZE_T ParameterBytes = PspParameterBytes(Startup), PebBytes = sizeof(PSP_PEB);
    PVOID Peb = NULL, Parameters = NULL;
    PPSP_PEB Block;
    NTSTATUS Status;

    Status = MmAllocateUserMemory(Process->AddressSpace, &Peb, &PebBytes, MEM_RESERVE | MEM_COMMIT,
                                  PAGE_READWRITE);
    if (NT_SUCCESS(Status))
        Status = MmAllocateUserMemory(Process->AddressSpace, &Parameters, &ParameterBytes,
                                      MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
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
    PspFillParameters(Parameters, Startup);
    Process->Peb = Peb;
    return PspGiveHandles(Process, Parameters, Startup);
}
