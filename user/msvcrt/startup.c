/*
 * Start and end of a program: arguments, environment, initialisers, exit handlers, signals, errno.
 * Not modelled: wide main's wildcard expansion, signals beyond their table (nothing sends any;
 * raise calls the handler).
 */
#include "crt.h"

typedef void(__cdecl *CRT_INIT)(void);
typedef int(__cdecl *CRT_ONEXIT)(void);
typedef void(__cdecl *CRT_SIGNAL)(int);

char *_acmdln;
WCHAR *_wcmdln;
char **__initenv, **_environ;
WCHAR **__winitenv;
int __argc;
char **__argv;
WCHAR **__wargv;
static CRT_ONEXIT *ExitHandlers; /* lock 8 */
static size_t ExitCount, ExitSize;
static CRT_SIGNAL SignalTable[32];
static DWORD ErrnoSlot;
static int AppType;

/* ---- errno ---- */

int *__cdecl _errno(void)
{
    static int Shared; /* when there is no memory for a thread's own */
    DWORD Error = GetLastError();
    int *Own = TlsGetValue(ErrnoSlot);

    if (Own == NULL) {
        Own = calloc(1, sizeof(int) * 4);
        TlsSetValue(ErrnoSlot, Own);
    }
    SetLastError(Error);
    return Own != NULL ? Own : &Shared;
}

void CrtSetErrno(DWORD Error)
{
    static const struct { DWORD Error; int Number;
    } Map[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},    {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, ENOENT},      {ERROR_INVALID_DRIVE, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},       {ERROR_ACCESS_DENIED, EACCES},
        {ERROR_SHARING_VIOLATION, EACCES}, {ERROR_LOCK_VIOLATION, EACCES},
        {ERROR_WRITE_PROTECT, EACCES},     {ERROR_INVALID_HANDLE, EBADF},
        {ERROR_NOT_ENOUGH_MEMORY, ENOMEM}, {ERROR_OUTOFMEMORY, ENOMEM},
        {ERROR_FILE_EXISTS, EEXIST},       {ERROR_ALREADY_EXISTS, EEXIST},
        {ERROR_DISK_FULL, ENOSPC},
    };

    errno = EINVAL;
    for (ULONG i = 0; i < COUNT_OF(Map); i++)
        if (Map[i].Error == Error)
            errno = Map[i].Number;
}

/* ---- arguments, by the documented rules for quotes and backslashes ---- */

/* Parses one argument at *At into Out (may be NULL to count); returns its length. */
static size_t ParseArgument(const WCHAR **At, WCHAR *Out, BOOL First)
{
    const WCHAR *From = *At;
    size_t Length = 0;
    BOOL Quoted = FALSE;

    while (*From != 0 && (Quoted || (*From != ' ' && *From != '\t'))) {
        size_t Slashes = 0;

        while (!First && From[Slashes] == '\\')
            Slashes++;
        From += Slashes;
        if (*From == '"' && !First) {
            for (size_t i = 0; i < Slashes / 2; i++, Length++)
                if (Out != NULL)
                    Out[Length] = '\\';
            if (Slashes % 2 == 0) {
                if (Quoted && From[1] == '"')
                    From++; /* "" inside quotes is one quote */
                else {
                    Quoted = !Quoted;
                    From++;
                    continue;
                }
            }
            Slashes = 0;
        } else if (*From == '"') {
            Quoted = !Quoted;
            From++;
            continue;
        }
        for (size_t i = 0; i < Slashes; i++, Length++)
            if (Out != NULL)
                Out[Length] = '\\';
        if (*From == 0 || (Slashes != 0 && !Quoted && (*From == ' ' || *From == '\t')) ||
            (Slashes != 0 && *From == '"'))
            continue;
        if (Out != NULL)
            Out[Length] = *From;
        Length++;
        From++;
    }
    if (Out != NULL)
        Out[Length] = 0;
    while (*From == ' ' || *From == '\t')
        From++;
    *At = From;
    return Length;
}

/* In the code page, for main. */
static char **Narrow(WCHAR **List, size_t Count)
{
    char **Texts = calloc(Count + 1, sizeof(char *));

    for (size_t i = 0; Texts != NULL && i < Count; i++) {
        int Bytes = WideCharToMultiByte(CP_ACP, 0, List[i], -1, NULL, 0, NULL, NULL);

        Texts[i] = malloc((size_t)Bytes + 1);
        if (Texts[i] == NULL)
            return NULL;
        WideCharToMultiByte(CP_ACP, 0, List[i], -1, Texts[i], Bytes, NULL, NULL);
    }
    return Texts;
}

static void MakeArguments(void)
{
    const WCHAR *At = _wcmdln;
    size_t Length = (size_t)lstrlenW(_wcmdln) + 2;
    WCHAR *Text;
    int Count = 0;

    while (*At != 0 || Count == 0) {
        ParseArgument(&At, NULL, Count == 0);
        Count++;
    }
    __wargv =
        malloc(((size_t)Count + 1) * sizeof(WCHAR *) + (Length + (size_t)Count) * sizeof(WCHAR));
    if (__wargv == NULL)
        ExitProcess(255);
    Text = (WCHAR *)(__wargv + Count + 1);
    At = _wcmdln;
    for (__argc = 0; __argc < Count; __argc++) {
        __wargv[__argc] = Text;
        Text += ParseArgument(&At, Text, __argc == 0) + 1;
    }
    __wargv[Count] = NULL;
    __argv = Narrow(__wargv, (size_t)Count);
    if (__argv == NULL)
        ExitProcess(255);
}

static void MakeEnvironment(void)
{
    char *Block = GetEnvironmentStringsA(), *At;
    size_t Count = 0;

    for (At = Block; *At != 0; At += lstrlenA(At) + 1)
        Count++;
    _environ = malloc((Count + 1) * sizeof(char *));
    if (_environ == NULL)
        ExitProcess(255);
    Count = 0;
    for (At = Block; *At != 0; At += lstrlenA(At) + 1)
        _environ[Count++] = At;
    _environ[Count] = NULL;
    __initenv = _environ;
}

static WCHAR **MakeWideEnvironment(void)
{
    WCHAR *Block = GetEnvironmentStringsW(), **Wide;
    size_t Count = 0;

    for (WCHAR *At = Block; At != NULL && *At != 0; At += lstrlenW(At) + 1)
        Count++;
    Wide = calloc(Count + 1, sizeof(WCHAR *));
    Count = 0;
    for (WCHAR *At = Block; Wide != NULL && At != NULL && *At != 0; At += lstrlenW(At) + 1)
        Wide[Count++] = At;
    return Wide;
}

void __cdecl __getmainargs(int *Count, char ***Arguments, char ***Environment, int Wildcards,
                           int *Info)
{
    IGNORE_ARG(Wildcards);
    IGNORE_ARG(Info);
    *Count = __argc;
    *Arguments = __argv;
    *Environment = _environ;
}

void __cdecl __wgetmainargs(int *Count, WCHAR ***Arguments, WCHAR ***Environment, int Wildcards,
                            int *Info)
{
    IGNORE_ARG(Wildcards);
    IGNORE_ARG(Info);
    if (__winitenv == NULL)
        __winitenv = MakeWideEnvironment();
    *Count = __argc;
    *Arguments = __wargv;
    *Environment = __winitenv;
}

int *__cdecl __p___argc(void)
{
    return &__argc;
}

char ***__cdecl __p___argv(void)
{
    return &__argv;
}

char ***__cdecl __p__environ(void)
{
    return &_environ;
}

char **__cdecl __p__acmdln(void)
{
    return &_acmdln;
}

char *__cdecl getenv(const char *Name)
{
    int Length = lstrlenA(Name);

    for (char **At = _environ; *At != NULL; At++) {
        int i = 0;

        while (i < Length && (((*At)[i] ^ Name[i]) & 0xDF) == 0 && (*At)[i] != 0)
            i++;
        if (i == Length && (*At)[i] == '=')
            return *At + Length + 1;
    }
    return NULL;
}

void __cdecl __set_app_type(int Type)
{
    AppType = Type;
}

/* ---- initialisers and exit ---- */

void __cdecl _initterm(CRT_INIT *Start, CRT_INIT *End)
{
    for (; Start < End; Start++)
        if (*Start != NULL)
            (*Start)();
}

int __cdecl _initterm_e(int(__cdecl **Start)(void), int(__cdecl **End)(void))
{
    int Result = 0;

    for (; Result == 0 && Start < End; Start++)
        if (*Start != NULL)
            Result = (*Start)();
    return Result;
}

void __cdecl _lock(int Which);

CRT_ONEXIT __cdecl _onexit(CRT_ONEXIT Routine)
{
    _lock(8);
    if (ExitCount == ExitSize) {
        CRT_ONEXIT *New = realloc(ExitHandlers, (ExitSize + 32) * sizeof(*New));

        if (New == NULL) {
            _unlock(8);
            return NULL;
        }
        ExitHandlers = New;
        ExitSize += 32;
    }
    ExitHandlers[ExitCount++] = Routine;
    _unlock(8);
    return Routine;
}

int __cdecl atexit(CRT_INIT Routine)
{
    return _onexit((CRT_ONEXIT)(PVOID)Routine) != NULL ? 0 : -1;
}

void __cdecl _cexit(void)
{
    while (ExitCount != 0)
        ExitHandlers[--ExitCount]();
    CrtFlushAll();
}

void __cdecl _c_exit(void)
{
    CrtFlushAll();
}

DECLSPEC_NORETURN void __cdecl _exit(int Code)
{
    ExitProcess((UINT)Code);
}

DECLSPEC_NORETURN void __cdecl exit(int Code)
{
    _cexit();
    _exit(Code);
}

DECLSPEC_NORETURN void __cdecl _amsg_exit(int Number)
{
    char Text[64] = "runtime error ";
    int Length = 14;

    for (int Unit = 100; Unit != 0; Unit /= 10)
        Text[Length++] = (char)('0' + Number / Unit % 10);
    Text[Length++] = '\n';
    fwrite(Text, 1, (size_t)Length, &CrtFiles[2]);
    _exit(255);
}

CRT_SIGNAL __cdecl signal(int Number, CRT_SIGNAL Handler)
{
    CRT_SIGNAL Old;

    if (Number <= 0 || Number >= 32) {
        errno = EINVAL;
        return (CRT_SIGNAL)(intptr_t)-1;
    }
    Old = SignalTable[Number];
    SignalTable[Number] = Handler;
    return Old;
}

int __cdecl raise(int Number)
{
    CRT_SIGNAL Handler;

    if (Number <= 0 || Number >= 32) {
        errno = EINVAL;
        return -1;
    }
    Handler = SignalTable[Number];
    if (Handler == (CRT_SIGNAL)1)
        return 0;
    if (Handler == NULL)
        _exit(3);
    SignalTable[Number] = NULL;
    Handler(Number);
    return 0;
}

DECLSPEC_NORETURN void __cdecl abort(void)
{
    static const char Text[] = "abnormal program termination\n";

    CrtFlushAll();
    fwrite(Text, 1, sizeof(Text) - 1, &CrtFiles[2]);
    if (SignalTable[22] != NULL)
        raise(22 /* SIGABRT */);
    _exit(3);
}

/* [doc: assert macro, _assert, _wassert] */
DECLSPEC_NORETURN void __cdecl _assert(const char *Expression, const char *File, unsigned Line);
DECLSPEC_NORETURN void __cdecl _assert(const char *Expression, const char *File, unsigned Line)
{
    fprintf(&CrtFiles[2], "Assertion failed: %s, file %s, line %u\n", Expression, File, Line);
    abort();
}

DECLSPEC_NORETURN void __cdecl _wassert(const WCHAR *Expression, const WCHAR *File, unsigned Line);
DECLSPEC_NORETURN void __cdecl _wassert(const WCHAR *Expression, const WCHAR *File, unsigned Line)
{
    fprintf(&CrtFiles[2], "Assertion failed: %ls, file %ls, line %u\n", Expression, File, Line);
    abort();
}

void __cdecl __setusermatherr(void *Handler)
{
    IGNORE_ARG(Handler); /* no routine here reports a math error */
}

typedef struct _THREAD_START { unsigned(__stdcall *Start)(void *); void *Argument; } THREAD_START;

uintptr_t __cdecl _beginthreadex(void *Security, unsigned StackSize,
                                 unsigned(__stdcall *Start)(void *), void *Argument, unsigned Flags,
                                 unsigned *Id)
{
    DWORD ThreadId;
    HANDLE Thread = CreateThread(Security, StackSize, (LPTHREAD_START_ROUTINE)(PVOID)Start,
                                 Argument, Flags, &ThreadId);

    if (Thread == NULL)
        CrtSetErrno(GetLastError());
    else if (Id != NULL)
        *Id = ThreadId;
    return (uintptr_t)Thread;
}

void __cdecl _endthreadex(unsigned Code)
{
    ExitThread(Code);
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Context)
{
    IGNORE_ARG(Module);
    IGNORE_ARG(Context);
    switch (Reason) {
    case DLL_PROCESS_ATTACH:
        ErrnoSlot = TlsAlloc();
        CrtInitFiles();
        _acmdln = GetCommandLineA();
        _wcmdln = GetCommandLineW();
        MakeArguments();
        MakeEnvironment();
        break;
    case DLL_THREAD_DETACH:
        free(TlsGetValue(ErrnoSlot));
        TlsSetValue(ErrnoSlot, NULL);
        break;
    case DLL_PROCESS_DETACH:
        CrtFlushAll();
        break;
    }
    return TRUE;
}
