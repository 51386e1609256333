/* Structured exceptions in user mode: faults, filters, finally, vectored handlers, going on, RaiseException. */
#include <windows.h>

#include "tap.h"

static int finally_ran;

static int __attribute__((noinline)) read_at(volatile int *address)
{
    return *address;
}

static void __attribute__((noinline)) write_at(volatile int *address)
{
    *address = 1;
}

static void test_fault(void)
{
    volatile DWORD code = 0;
    volatile ULONG_PTR kind = 99, address = 0;
    EXCEPTION_POINTERS *pointers;

    __try {
        read_at((int *)0x10);
    } __except (pointers = GetExceptionInformation(), kind = pointers->ExceptionRecord->ExceptionInformation[0],
                address = pointers->ExceptionRecord->ExceptionInformation[1], EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    OK(code == EXCEPTION_ACCESS_VIOLATION && kind == 0 && address == 0x10, "a read fault is caught, with its address");
    code = 0;
    __try {
        write_at((int *)test_fault);
    } __except (kind = ((EXCEPTION_POINTERS *)GetExceptionInformation())->ExceptionRecord->ExceptionInformation[0],
                EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    OK(code == EXCEPTION_ACCESS_VIOLATION && kind == 1, "code is not writable");
    code = 0;
    __try {
        volatile int zero = 0;

        finally_ran = 10 / zero;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    OK(code == EXCEPTION_INT_DIVIDE_BY_ZERO, "a division by zero");
    code = 0;
    __try {
        __asm__ volatile("ud2");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    OK(code == EXCEPTION_ILLEGAL_INSTRUCTION, "an illegal instruction");
}

static void raises(void)
{
    __try {
        RaiseException(0xE0001234, 0, 0, NULL);
    } __finally {
        finally_ran++;
    }
}

static void test_finally(void)
{
    volatile DWORD code = 0;

    finally_ran = 0;
    __try {
        raises();
    } __except (GetExceptionCode() == 0xE0001234 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        code = GetExceptionCode();
    }
    OK(code == 0xE0001234, "RaiseException is caught two frames up");
    OK(finally_ran == 1, "the __finally between ran once");
}

static void test_continue(void)
{
    volatile int went_on = 0;

    __try {
        RaiseException(0xE0000001, 0, 0, NULL);
        went_on = 1;
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
        went_on = 2;
    }
    OK(went_on == 1, "EXCEPTION_CONTINUE_EXECUTION goes on behind RaiseException");
}

static LONG vectored_calls;

static LONG WINAPI vectored(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    vectored_calls++;
    pointers->ContextRecord->Rip += 2;
    pointers->ContextRecord->Rax = 42;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_vectored(void)
{
    PVOID handle = AddVectoredExceptionHandler(1, vectored);
    unsigned long long rax = 0, r12 = 0x1122334455667788;
    double kept = 1.5;

    OK(handle != NULL, "AddVectoredExceptionHandler");
    __asm__ volatile("movq %3, %%r12\n\tmovsd %4, %%xmm7\n\tud2\n\tmovq %%r12, %1\n\tmovsd %%xmm7, %2"
                     : "=a"(rax), "=r"(r12), "=x"(kept)
                     : "r"(r12), "x"(kept)
                     : "r12", "xmm7");
    OK(vectored_calls == 1 && rax == 42, "it went over the instruction and set rax");
    OK(r12 == 0x1122334455667788 && kept == 1.5, "the other registers are as they were");
    OK(RemoveVectoredExceptionHandler(handle), "RemoveVectoredExceptionHandler");
}

static int __attribute__((noinline)) use_stack(int pages)
{
    volatile char page[4096];

    page[0] = (char)pages;
    return pages == 0 ? page[0] : use_stack(pages - 1) + page[0];
}

int main(void)
{
    test_fault();
    test_finally();
    test_continue();
    test_vectored();
    OK(use_stack(100) != 0, "the stack grows");
    return tap_end();
}
