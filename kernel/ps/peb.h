/*
 * The documented and well-known parts of the process and thread environment blocks, x64. The kernel fills them, ntdll and
 * kernel32 read them; both worlds include this file after their own NT headers.
 */
#pragma once

typedef struct _PSP_CURDIR {
    UNICODE_STRING DosPath;
    HANDLE Handle;
} PSP_CURDIR;

typedef struct _PSP_PARAMETERS { /* RTL_USER_PROCESS_PARAMETERS */
    ULONG MaximumLength, Length;
    ULONG Flags, DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput, StandardOutput, StandardError; /* 0x20 */
    PSP_CURDIR CurrentDirectory;                         /* 0x38 */
    UNICODE_STRING DllPath;
    UNICODE_STRING ImagePathName; /* 0x60 */
    UNICODE_STRING CommandLine;   /* 0x70 */
    PWSTR Environment;            /* 0x80: L"A=1\0B=2\0\0" */
    ULONG Reserved88[7];
    ULONG WindowFlags;
    ULONG ShowWindowFlags;
    UNICODE_STRING WindowTitle, DesktopInfo, ShellInfo, RuntimeData;
    PSP_CURDIR CurrentDirectories[32];
    ULONG64 EnvironmentSize;
} PSP_PARAMETERS, *PPSP_PARAMETERS;

typedef struct _PSP_LDR_ENTRY { /* LDR_DATA_TABLE_ENTRY */
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PUCHAR DllBase; /* 0x30 */
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName; /* 0x48 */
    UNICODE_STRING BaseDllName; /* 0x58 */
    ULONG Flags;
    USHORT LoadCount;
    USHORT TlsIndex;
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp;
    /* ours */
    ULONG State;
    ULONG TlsSlot;
    BOOLEAN HasTls;
} PSP_LDR_ENTRY, *PPSP_LDR_ENTRY;

typedef struct _PSP_LDR_DATA { /* PEB_LDR_DATA */
    ULONG Length;
    BOOLEAN Initialized;
    PVOID SsHandle;
    LIST_ENTRY InLoadOrderModuleList;
    LIST_ENTRY InMemoryOrderModuleList; /* 0x20 */
    LIST_ENTRY InInitializationOrderModuleList;
} PSP_LDR_DATA;

typedef struct _PSP_PEB {
    BOOLEAN InheritedAddressSpace, ReadImageFileExecOptions, BeingDebugged, BitField;
    HANDLE Mutant;                   /* 0x08 */
    PVOID ImageBaseAddress;          /* 0x10 */
    PSP_LDR_DATA *Ldr;               /* 0x18 */
    PPSP_PARAMETERS ProcessParameters; /* 0x20 */
    PVOID SubSystemData;
    PVOID ProcessHeap;               /* 0x30 */
    PVOID FastPebLock;               /* 0x38 */
    PVOID Reserved40[7];
    PVOID TlsBitmap;                 /* 0x78 */
    ULONG TlsBitmapBits[2];          /* 0x80 */
    PVOID Reserved88[6];
    ULONG NumberOfProcessors;        /* 0xb8 */
    ULONG NtGlobalFlag;
    LARGE_INTEGER CriticalSectionTimeout;
    PVOID ReservedC8[9];
    PVOID LoaderLock;                /* 0x110 */
    ULONG OSMajorVersion, OSMinorVersion; /* 0x118 */
    USHORT OSBuildNumber, OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem, ImageSubsystemMajorVersion, ImageSubsystemMinorVersion;
    ULONG Reserved134;
    ULONG64 ActiveProcessAffinityMask; /* 0x138 */
    UCHAR Reserved140[0x238 - 0x140];
    PVOID TlsExpansionBitmap;        /* 0x238 */
    ULONG TlsExpansionBitmapBits[32];
    ULONG SessionId;                 /* 0x2c0 */
    UCHAR Reserved2C4[0x7C8 - 0x2C4];
} PSP_PEB, *PPSP_PEB;

typedef struct _PSP_TEB {
    NT_TIB NtTib;
    PVOID EnvironmentPointer;        /* 0x38 */
    CLIENT_ID ClientId;              /* 0x40 */
    PVOID ActiveRpcHandle;
    PVOID *ThreadLocalStoragePointer; /* 0x58 */
    PPSP_PEB ProcessEnvironmentBlock; /* 0x60 */
    ULONG LastErrorValue;            /* 0x68 */
    ULONG CountOfOwnedCriticalSections;
    UCHAR Reserved70[0x108 - 0x70];
    ULONG CurrentLocale;             /* 0x108: the language that the thread chose, 0 = the user's */
    UCHAR Reserved10C[0x1250 - 0x10C];
    NTSTATUS LastStatusValue;        /* 0x1250 */
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    PVOID DeallocationStack;         /* 0x1478 */
    PVOID TlsSlots[64];              /* 0x1480 */
    LIST_ENTRY TlsLinks;
    UCHAR Reserved1690[0x1780 - 0x1690];
    PVOID *TlsExpansionSlots;        /* 0x1780 */
    UCHAR Reserved1788[0x17C8 - 0x1788];
    PVOID *FlsSlots;                 /* 0x17c8 */
    UCHAR Reserved17D0[0x1838 - 0x17D0];
    ULONG64 ThreadStarted;           /* ours: DLLs were told of the thread */
} PSP_TEB, *PPSP_TEB;

_Static_assert(__builtin_offsetof(PSP_PARAMETERS, StandardInput) == 0x20, "StandardInput");
_Static_assert(__builtin_offsetof(PSP_PARAMETERS, Environment) == 0x80, "Environment");
_Static_assert(__builtin_offsetof(PSP_PARAMETERS, WindowTitle) == 0xb0, "WindowTitle");
_Static_assert(__builtin_offsetof(PSP_LDR_ENTRY, BaseDllName) == 0x58, "BaseDllName");
_Static_assert(__builtin_offsetof(PSP_PEB, TlsBitmap) == 0x78, "TlsBitmap");
_Static_assert(__builtin_offsetof(PSP_PEB, NumberOfProcessors) == 0xb8, "NumberOfProcessors");
_Static_assert(__builtin_offsetof(PSP_PEB, LoaderLock) == 0x110, "LoaderLock");
_Static_assert(__builtin_offsetof(PSP_PEB, ActiveProcessAffinityMask) == 0x138, "ActiveProcessAffinityMask");
_Static_assert(__builtin_offsetof(PSP_PEB, SessionId) == 0x2c0, "SessionId");
_Static_assert(__builtin_offsetof(PSP_TEB, ThreadLocalStoragePointer) == 0x58, "ThreadLocalStoragePointer");
_Static_assert(__builtin_offsetof(PSP_TEB, DeallocationStack) == 0x1478, "DeallocationStack");
_Static_assert(__builtin_offsetof(PSP_TEB, TlsSlots) == 0x1480, "TlsSlots");
_Static_assert(__builtin_offsetof(PSP_TEB, TlsExpansionSlots) == 0x1780, "TlsExpansionSlots");

/* What KiUserExceptionDispatcher finds at its stack pointer, 16-byte aligned, and where NtContinue goes on from. */
typedef struct _PSP_EXCEPTION_FRAME {
    CONTEXT Context;
    EXCEPTION_RECORD Record;
    ULONG64 Alignment;
    ULONG64 MachineFrame[5]; /* rip, cs, eflags, rsp, ss: so that the stack can be unwound */
} PSP_EXCEPTION_FRAME;

/* What KiUserApcDispatcher finds at its stack pointer. */
typedef struct _PSP_APC_FRAME {
    CONTEXT Context;
    PVOID Routine, RoutineContext, Argument1, Argument2;
    ULONG64 MachineFrame[5];
    ULONG64 Alignment;
} PSP_APC_FRAME;
