/*
 * The stack cookie: its variable, which the loader seeds through the load configuration where there is one, and what runs when it
 * was overwritten. GsDriverEntry is the entry point of a driver that is built with stack checks: it seeds the cookie if
 * the loader did not, then calls DriverEntry. [doc: /GS; ntddk's bug check 0x139]
 */
#include <ntifs.h>
#include <intrin.h>

#define DEFAULT_COOKIE 0x00002B992DDFA232ull
#define COOKIE_MASK 0x0000FFFFFFFFFFFFull /* the top 16 bits are zero, so that a string copy cannot write it */
#define FAST_FAIL_STACK_COOKIE 2

ULONG_PTR __security_cookie = DEFAULT_COOKIE;
ULONG_PTR __security_cookie_complement = ~DEFAULT_COOKIE;
ULONG_PTR __stack_chk_guard = DEFAULT_COOKIE; /* clang's and gcc's name for it */

DRIVER_INITIALIZE DriverEntry;

__declspec(noreturn) void __report_gsfailure(ULONG_PTR Cookie)
{
    UNREFERENCED_PARAMETER(Cookie);
    __asm__ volatile("int $0x29" : : "c"(FAST_FAIL_STACK_COOKIE));
    __builtin_unreachable();
}

__declspec(noreturn) void __stack_chk_fail(void)
{
    __report_gsfailure(0);
}

void __security_init_cookie(void)
{
    LARGE_INTEGER Counter = KeQueryPerformanceCounter(NULL);

    if (__security_cookie == 0 || __security_cookie == DEFAULT_COOKIE) {
        __security_cookie = ((ULONG64)Counter.QuadPart * 0x9E3779B97F4A7C15ull ^ (ULONG_PTR)&__security_cookie) & COOKIE_MASK;
        if (__security_cookie == 0 || __security_cookie == DEFAULT_COOKIE)
            __security_cookie ^= 1;
    }
    __security_cookie_complement = ~__security_cookie;
    __stack_chk_guard = __security_cookie;
}

NTSTATUS NTAPI GsDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    __security_init_cookie();
    return DriverEntry(DriverObject, RegistryPath);
}
