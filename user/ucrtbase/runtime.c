/*
 * The universal C runtime's own way of starting and ending programs, over msvcrt's sources. Not
 * modelled: invalid parameter handlers are kept and never called, as nothing here finds such
 * parameters; floating-point control; locales of threads.
 */
#include "../msvcrt/crt.h"

typedef void(__cdecl *CRT_ROUTINE)(void);
typedef int(__cdecl *CRT_ONEXIT)(void);
typedef void(__cdecl *CRT_INVALID)(const WCHAR *, const WCHAR *, const WCHAR *, unsigned, uintptr_t);

typedef struct _CRT_TABLE { /* _onexit_table_t */
    CRT_ONEXIT *First, *Last, *End;
} CRT_TABLE;

extern char *_acmdln;
extern WCHAR *_wcmdln;
extern char **_environ;
extern char **__argv;
extern WCHAR **__wargv;
extern int __argc;
void __cdecl __set_app_type(int Type);
void __cdecl __wgetmainargs(int *Count, WCHAR ***Arguments, WCHAR ***Environment, int Wildcards,
                            int *Info);
CRT_ONEXIT __cdecl _onexit(CRT_ONEXIT Routine);
DECLSPEC_NORETURN void __cdecl _exit(int Code);

static WCHAR **WideEnvironment;
static CRT_INVALID InvalidHandler;
static int NewMode;
static CRT_ROUTINE QuickExit[32];
static LONG QuickExitCount;

/* ---- arguments: parsed when the DLL was loaded ---- */

int __cdecl _configure_narrow_argv(int Mode)
{
    IGNORE_ARG(Mode);
    return 0;
}

int __cdecl _initialize_narrow_environment(void)
{
    return 0;
}

char **__cdecl _get_initial_narrow_environment(void)
{
    return _environ;
}

int __cdecl _configure_wide_argv(int Mode)
{
    WCHAR **Arguments;
    int Count;

    IGNORE_ARG(Mode);
    __wgetmainargs(&Count, &Arguments, &WideEnvironment, 0, NULL);
    return 0;
}

int __cdecl _initialize_wide_environment(void)
{
    return _configure_wide_argv(0);
}

WCHAR **__cdecl _get_initial_wide_environment(void)
{
    _configure_wide_argv(0);
    return WideEnvironment;
}

WCHAR ***__cdecl __p___wargv(void)
{
    return &__wargv;
}

WCHAR ***__cdecl __p__wenviron(void)
{
    return &WideEnvironment;
}

char *__cdecl _get_narrow_winmain_command_line(void)
{
    char *At = _acmdln;
    BOOL Quoted = FALSE;

    for (; *At != 0 && (Quoted || (*At != ' ' && *At != '\t')); At++)
        Quoted ^= *At == '"';
    while (*At == ' ' || *At == '\t')
        At++;
    return At;
}

WCHAR **__cdecl __p__wcmdln(void)
{
    return &_wcmdln;
}

void __cdecl _set_app_type(int Type)
{
    __set_app_type(Type);
}

int *__cdecl __p__fmode(void)
{
    return &_fmode;
}

int *__cdecl __p__commode(void)
{
    return &_commode;
}

int __cdecl _set_fmode(int Mode)
{
    _fmode = Mode;
    return 0;
}

/* ---- routines to be called at the end ---- */

int __cdecl _crt_atexit(CRT_ROUTINE Routine)
{
    return _onexit((CRT_ONEXIT)(PVOID)Routine) != NULL ? 0 : -1;
}

int __cdecl _crt_at_quick_exit(CRT_ROUTINE Routine)
{
    LONG Index = InterlockedIncrement(&QuickExitCount) - 1;

    if (Index >= (LONG)COUNT_OF(QuickExit))
        return -1;
    QuickExit[Index] = Routine;
    return 0;
}

DECLSPEC_NORETURN void __cdecl quick_exit(int Code)
{
    for (LONG i = min(QuickExitCount, (LONG)COUNT_OF(QuickExit)); i-- > 0;)
        if (QuickExit[i] != NULL)
            QuickExit[i]();
    _exit(Code);
}

/* A table of a DLL's own. */
int __cdecl _initialize_onexit_table(CRT_TABLE *Table)
{
    if (Table->First == Table->Last)
        *Table = (CRT_TABLE){NULL, NULL, NULL};
    return 0;
}

int __cdecl _register_onexit_function(CRT_TABLE *Table, CRT_ONEXIT Routine)
{
    size_t Count = (size_t)(Table->Last - Table->First);
    int Result = 0;

    _lock(8);
    if (Table->Last == Table->End) {
        CRT_ONEXIT *New = realloc(Table->First, (Count + 32) * sizeof(*New));

        if (New == NULL)
            Result = -1;
        else
            *Table = (CRT_TABLE){New, New + Count, New + Count + 32};
    }
    if (Result == 0)
        *Table->Last++ = Routine;
    _unlock(8);
    return Result;
}

int __cdecl _execute_onexit_table(CRT_TABLE *Table)
{
    CRT_ONEXIT *First = Table->First, *At = Table->Last;

    *Table = (CRT_TABLE){NULL, NULL, NULL};
    while (At != NULL && At-- > First)
        if (*At != NULL)
            (*At)();
    free(First);
    return 0;
}

void __cdecl _register_thread_local_exe_atexit_callback(PVOID Callback)
{
    IGNORE_ARG(Callback); /* of C++ objects of threads: the program's own TLS callbacks end those */
}

/* ---- errors ---- */

CRT_INVALID __cdecl _set_invalid_parameter_handler(CRT_INVALID Handler)
{
    CRT_INVALID Old = InvalidHandler;

    InvalidHandler = Handler;
    return Old;
}

CRT_INVALID __cdecl _get_invalid_parameter_handler(void)
{
    return InvalidHandler;
}

void __cdecl _invalid_parameter_noinfo(void)
{
    if (InvalidHandler != NULL)
        InvalidHandler(NULL, NULL, NULL, 0, 0);
    else
        TerminateProcess(GetCurrentProcess(), (UINT)STATUS_INVALID_CRUNTIME_PARAMETER);
}

DECLSPEC_NORETURN void __cdecl _invalid_parameter_noinfo_noreturn(void)
{
    _invalid_parameter_noinfo();
    TerminateProcess(GetCurrentProcess(), (UINT)STATUS_INVALID_CRUNTIME_PARAMETER);
    for (;;)
        ;
}

DECLSPEC_NORETURN void __cdecl terminate(void)
{
    abort();
}

int __cdecl _seh_filter_exe(unsigned long Code, PEXCEPTION_POINTERS Pointers)
{
    IGNORE_ARG(Code);
    return (int)UnhandledExceptionFilter(Pointers);
}

int __cdecl _seh_filter_dll(unsigned long Code, PEXCEPTION_POINTERS Pointers)
{
    IGNORE_ARG(Code);
    IGNORE_ARG(Pointers);
    return EXCEPTION_CONTINUE_SEARCH;
}

int __cdecl _set_new_mode(int Mode)
{
    int Old = NewMode;

    NewMode = Mode;
    return Old;
}

int __cdecl _callnewh(size_t Bytes)
{
    IGNORE_ARG(Bytes);
    return 0; /* there is no handler */
}

int __cdecl _configthreadlocale(int Type)
{
    IGNORE_ARG(Type);
    return 2; /* _DISABLE_PER_THREAD_LOCALE */
}

/* ---- time: the machine's zone is UTC ---- */

static int Daylight;
static long Timezone;
static char *Tzname[2] = {"UTC", "UTC"};

int *__cdecl __daylight(void)
{
    return &Daylight;
}

long *__cdecl __timezone(void)
{
    return &Timezone;
}

char **__cdecl __tzname(void)
{
    return Tzname;
}

void __cdecl _tzset(void)
{
}
