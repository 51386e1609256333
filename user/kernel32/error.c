/*
 * The last error, exceptions as Win32 sees them, and the texts of common error codes. Not modelled: message files of other
 * modules, languages other than English.
 */
#include "k32.h"

BOOL SetStatusError(NTSTATUS Status)
{
    CurrentTeb()->LastErrorValue = RtlNtStatusToDosError(Status);
    return FALSE;
}

DWORD WINAPI GetLastError(VOID)
{
    return CurrentTeb()->LastErrorValue;
}

VOID WINAPI SetLastError(DWORD Code)
{
    CurrentTeb()->LastErrorValue = Code;
}

/* ---- exceptions ---- */

static LPTOP_LEVEL_EXCEPTION_FILTER TopLevelFilter;

LONG WINAPI UnhandledExceptionFilter(PEXCEPTION_POINTERS Pointers)
{
    if (TopLevelFilter == NULL)
        return EXCEPTION_CONTINUE_SEARCH; /* the kernel's second chance says what happened and ends the process */
    return TopLevelFilter(Pointers);
}

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER Filter)
{
    LPTOP_LEVEL_EXCEPTION_FILTER Old = TopLevelFilter;

    TopLevelFilter = Filter;
    return Old;
}

VOID WINAPI RaiseException(DWORD Code, DWORD Flags, DWORD Count, const ULONG_PTR *Arguments)
{
    EXCEPTION_RECORD Record = {0};

    Record.ExceptionCode = Code;
    Record.ExceptionFlags = Flags & EXCEPTION_NONCONTINUABLE;
    Record.ExceptionAddress = (PVOID)RaiseException;
    if (Arguments != NULL)
        Record.NumberParameters = Count < EXCEPTION_MAXIMUM_PARAMETERS ? Count : EXCEPTION_MAXIMUM_PARAMETERS;
    for (DWORD i = 0; i < Record.NumberParameters; i++)
        Record.ExceptionInformation[i] = Arguments[i];
    RtlRaiseException(&Record);
}

UINT WINAPI SetErrorMode(UINT Mode)
{
    ULONG Old = 0;

    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Old, sizeof(Old), NULL);
    NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Mode, sizeof(Mode));
    return Old;
}

UINT WINAPI GetErrorMode(VOID)
{
    ULONG Mode = 0;

    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Mode, sizeof(Mode), NULL);
    return Mode;
}

VOID WINAPI DebugBreak(VOID)
{
    __asm__ volatile("int3");
}

BOOL WINAPI IsDebuggerPresent(VOID)
{
    return CurrentPeb()->BeingDebugged;
}

BOOL WINAPI CheckRemoteDebuggerPresent(HANDLE Process, PBOOL Present)
{
    ULONG64 Port = 0;
    NTSTATUS Status = NtQueryInformationProcess(Process, ProcessDebugPort, &Port, sizeof(Port), NULL);

    if (NT_SUCCESS(Status))
        *Present = Port != 0;
    return StatusToBool(Status);
}

/* ---- messages [doc: System Error Codes] ---- */

static const struct { DWORD Code; const char *Text; } Messages[] = {
    {ERROR_SUCCESS, "The operation completed successfully."},
    {ERROR_INVALID_FUNCTION, "Incorrect function."},
    {ERROR_FILE_NOT_FOUND, "The system cannot find the file specified."},
    {ERROR_PATH_NOT_FOUND, "The system cannot find the path specified."},
    {ERROR_TOO_MANY_OPEN_FILES, "The system cannot open the file."},
    {ERROR_ACCESS_DENIED, "Access is denied."},
    {ERROR_INVALID_HANDLE, "The handle is invalid."},
    {ERROR_NOT_ENOUGH_MEMORY, "Not enough memory resources are available to process this command."},
    {ERROR_BAD_FORMAT, "An attempt was made to load a program with an incorrect format."},
    {ERROR_OUTOFMEMORY, "Not enough memory resources are available to complete this operation."},
    {ERROR_INVALID_DRIVE, "The system cannot find the drive specified."},
    {ERROR_NOT_SAME_DEVICE, "The system cannot move the file to a different disk drive."},
    {ERROR_NO_MORE_FILES, "There are no more files."},
    {ERROR_WRITE_PROTECT, "The media is write protected."},
    {ERROR_NOT_READY, "The device is not ready."},
    {ERROR_BAD_COMMAND, "The device does not recognize the command."},
    {ERROR_CRC, "Data error (cyclic redundancy check)."},
    {ERROR_BAD_LENGTH, "The program issued a command but the command length is incorrect."},
    {ERROR_GEN_FAILURE, "A device attached to the system is not functioning."},
    {ERROR_SHARING_VIOLATION, "The process cannot access the file because it is being used by another process."},
    {ERROR_LOCK_VIOLATION,
     "The process cannot access the file because another process has locked a portion of the file."},
    {ERROR_HANDLE_EOF, "Reached the end of the file."},
    {ERROR_NOT_SUPPORTED, "The request is not supported."},
    {ERROR_FILE_EXISTS, "The file exists."},
    {ERROR_INVALID_PARAMETER, "The parameter is incorrect."},
    {ERROR_BROKEN_PIPE, "The pipe has been ended."},
    {ERROR_DISK_FULL, "There is not enough space on the disk."},
    {ERROR_SEM_TIMEOUT, "The semaphore timeout period has expired."},
    {ERROR_INSUFFICIENT_BUFFER, "The data area passed to a system call is too small."},
    {ERROR_INVALID_NAME, "The filename, directory name, or volume label syntax is incorrect."},
    {ERROR_MOD_NOT_FOUND, "The specified module could not be found."},
    {ERROR_PROC_NOT_FOUND, "The specified procedure could not be found."},
    {ERROR_DIR_NOT_EMPTY, "The directory is not empty."},
    {ERROR_BUSY, "The requested resource is in use."},
    {ERROR_ALREADY_EXISTS, "Cannot create a file when that file already exists."},
    {ERROR_BAD_EXE_FORMAT, "%1 is not a valid Win32 application."},
    {ERROR_FILENAME_EXCED_RANGE, "The filename or extension is too long."},
    {ERROR_MORE_DATA, "More data is available."},
    {ERROR_NO_MORE_ITEMS, "No more data is available."},
    {ERROR_DIRECTORY, "The directory name is invalid."},
    {ERROR_INVALID_ADDRESS, "Attempt to access invalid address."},
    {ERROR_OPERATION_ABORTED,
     "The I/O operation has been aborted because of either a thread exit or an application request."},
    {ERROR_IO_INCOMPLETE, "Overlapped I/O event is not in a signaled state."},
    {ERROR_IO_PENDING, "Overlapped I/O operation is in progress."},
    {ERROR_NOACCESS, "Invalid access to memory location."},
    {ERROR_STACK_OVERFLOW, "Recursion too deep; the stack overflowed."},
    {ERROR_SERVICE_ALREADY_RUNNING, "An instance of the service is already running."},
    {ERROR_SERVICE_DOES_NOT_EXIST, "The specified service does not exist as an installed service."},
    {ERROR_SERVICE_NOT_ACTIVE, "The service has not been started."},
    {ERROR_SERVICE_EXISTS, "The specified service already exists."},
    {ERROR_DLL_INIT_FAILED, "A dynamic link library (DLL) initialization routine failed."},
    {ERROR_IO_DEVICE, "The request could not be performed because of an I/O device error."},
    {ERROR_DEVICE_NOT_CONNECTED, "The device is not connected."},
    {ERROR_NOT_FOUND, "Element not found."},
    {ERROR_NO_SYSTEM_RESOURCES, "Insufficient system resources exist to complete the requested service."},
    {ERROR_TIMEOUT, "This operation returned because the timeout period expired."},
    {ERROR_INVALID_USER_BUFFER, "The supplied user buffer is not valid for the requested operation."},
    {ERROR_PRIVILEGE_NOT_HELD, "A required privilege is not held by the client."},
};

static const char *MessageText(DWORD Code)
{
    for (ULONG i = 0; i < COUNT_OF(Messages); i++)
        if (Messages[i].Code == Code)
            return Messages[i].Text;
    return NULL;
}

/* A buffer that grows, for the text as it is put together. */
typedef struct _MESSAGE { char *Text; SIZE_T Length, Size; } MESSAGE;

static BOOL PutCharacter(MESSAGE *Message, char Character)
{
    if (Message->Length + 2 > Message->Size) {
        SIZE_T Size = Message->Size * 2 + 64;
        char *New = HeapAlloc(ProcessHeap(), 0, Size);

        if (New == NULL)
            return FALSE;
        for (SIZE_T i = 0; i < Message->Length; i++)
            New[i] = Message->Text[i];
        if (Message->Text != NULL)
            HeapFree(ProcessHeap(), 0, Message->Text);
        Message->Text = New;
        Message->Size = Size;
    }
    Message->Text[Message->Length++] = Character;
    Message->Text[Message->Length] = 0;
    return TRUE;
}

/* Inserts %1..%9 (strings; their !formats! are passed over) unless told not to; %n, %%, %0 as documented. */
static BOOL ExpandMessage(MESSAGE *Message, const char *Source, DWORD Flags, const ULONG_PTR *Arguments)
{
    for (; *Source != 0; Source++) {
        if (*Source != '%' || (Flags & FORMAT_MESSAGE_IGNORE_INSERTS)) {
            if (!PutCharacter(Message, *Source))
                return FALSE;
            continue;
        }
        Source++;
        if (*Source == '0' || *Source == 0)
            return TRUE;
        if (*Source >= '1' && *Source <= '9') {
            const char *Insert = Arguments != NULL ? (const char *)Arguments[*Source - '1'] : NULL;

            while (Insert != NULL && *Insert != 0)
                PutCharacter(Message, *Insert++);
            if (Source[1] == '!')
                for (Source += 2; *Source != '!' && Source[1] != 0; Source++)
                    ;
            continue;
        }
        if (*Source == 'n')
            PutCharacter(Message, '\r');
        PutCharacter(Message, *Source == 'n' ? '\n' : *Source);
    }
    return TRUE;
}

/* The text of a code or of the caller's string, on the heap, or NULL with the last error set. */
static char *BuildMessage(DWORD Flags, const char *Source, DWORD Code, const ULONG_PTR *Arguments, SIZE_T *Length)
{
    MESSAGE Message = {NULL, 0, 0};
    const char *Text = Flags & FORMAT_MESSAGE_FROM_STRING ? Source : MessageText(Code);

    if (Text == NULL) {
        SetLastError(ERROR_MR_MID_NOT_FOUND);
        return NULL;
    }
    if (!ExpandMessage(&Message, Text, Flags, Arguments) ||
        (!(Flags & FORMAT_MESSAGE_FROM_STRING) && (!PutCharacter(&Message, '\r') || !PutCharacter(&Message, '\n')))) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *Length = Message.Length;
    return Message.Text != NULL ? Message.Text : HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, 1);
}

/* The insertion arguments of a va_list (on x64 a pointer to 8-byte slots) or of an array. */
static const ULONG_PTR *MessageArguments(DWORD Flags, va_list *Arguments)
{
    if (Arguments == NULL || (Flags & FORMAT_MESSAGE_ARGUMENT_ARRAY))
        return (const ULONG_PTR *)Arguments;
    return (const ULONG_PTR *)*Arguments;
}

DWORD WINAPI FormatMessageA(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, LPSTR Buffer, DWORD Size,
                            va_list *Arguments)
{
    SIZE_T Length;
    char *Text = BuildMessage(Flags, Source, Code, MessageArguments(Flags, Arguments), &Length);

    IGNORE_ARG(Language);
    if (Text == NULL)
        return 0;
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        *(char **)Buffer = Text; /* LocalFree and HeapFree are the same here */
        return (DWORD)Length;
    }
    if (Length + 1 > Size) {
        HeapFree(ProcessHeap(), 0, Text);
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    for (SIZE_T i = 0; i <= Length; i++)
        Buffer[i] = Text[i];
    HeapFree(ProcessHeap(), 0, Text);
    return (DWORD)Length;
}

DWORD WINAPI FormatMessageW(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, LPWSTR Buffer, DWORD Size,
                            va_list *Arguments)
{
    char *Ansi;
    WCHAR *Wide;
    SIZE_T Length;

    IGNORE_ARG(Source);
    IGNORE_ARG(Language);
    if (Flags & FORMAT_MESSAGE_FROM_STRING) {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED); /* wide patterns with wide inserts */
        return 0;
    }
    Ansi = BuildMessage(Flags, NULL, Code, Flags & FORMAT_MESSAGE_IGNORE_INSERTS ? NULL
                                                : MessageArguments(Flags, Arguments), &Length);
    if (Ansi == NULL)
        return 0;
    Wide = WideFromAnsi(Ansi);
    HeapFree(ProcessHeap(), 0, Ansi);
    if (Wide == NULL)
        return 0;
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        *(WCHAR **)Buffer = Wide;
        return (DWORD)Length;
    }
    if (Length + 1 > Size) {
        FreeText(Wide);
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    for (SIZE_T i = 0; i <= Length; i++)
        Buffer[i] = Wide[i];
    FreeText(Wide);
    return (DWORD)Length;
}
