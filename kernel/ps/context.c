/*
 * The frames that ntdll's dispatchers of exceptions and APCs find on the user stack, as the traps and services of ke leave
 * user mode through them. Not modelled: extended state above SSE in the CONTEXT.
 */
#include "psp.h"

#include "image.h"
#include "peb.h"

#define PSP_RED_ZONE 128 /* left alone below the interrupted rsp; x64 has none by convention, it costs nothing */

/* TRUE for an address in the page that ends the current thread's stack. */
static BOOLEAN PspIsStackEnd(ULONG64 Address)
{
    return Address - (ULONG64)PsGetCurrentThread()->UserStack < PAGE_SIZE;
}

/* Room for Bytes on the user stack, 16-byte aligned; NULL when it is no user stack. */
static PVOID PspPushUserStack(HAL_TRAP_FRAME *Frame, SIZE_T Bytes)
{
    ULONG64 Top = (Frame->rsp - PSP_RED_ZONE - Bytes) & ~15ull;

    if (!MmIsUserAddress(Frame->rsp) || Top > Frame->rsp)
        return NULL;
    return (PVOID)Top;
}

static VOID PspMachineFrame(ULONG64 *Machine, HAL_TRAP_FRAME *Frame)
{
    Machine[0] = Frame->rip;
    Machine[1] = 0x33;
    Machine[2] = Frame->eflags;
    Machine[3] = Frame->rsp;
    Machine[4] = 0x2B;
}

BOOLEAN PspForwardException(PEXCEPTION_RECORD Record, PCONTEXT Context, HAL_TRAP_FRAME *Frame, BOOLEAN FirstChance)
{
    PEPROCESS Process = PsCurrentProcess();
    PSP_EXCEPTION_FRAME *User;

    if (FirstChance && Record->ExceptionCode == STATUS_ACCESS_VIOLATION && Record->NumberParameters >= 2) {
        if (PspGrowUserStack(Record->ExceptionInformation[1]))
            return TRUE; /* the instruction is executed again */
        if (PspIsStackEnd(Record->ExceptionInformation[1]))
            Record->ExceptionCode = STATUS_STACK_OVERFLOW;
    }
    if (!FirstChance || Process->ExceptionDispatcher == 0)
        return FALSE;
    User = PspPushUserStack(Frame, sizeof(*User));
    if (User == NULL)
        return FALSE;
    __try {
        RtlZeroMemory(User, sizeof(*User));
        User->Context = *Context;
        User->Record = *Record;
        PspMachineFrame(User->MachineFrame, Frame);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    Frame->rsp = (ULONG64)User;
    Frame->rip = Process->ExceptionDispatcher;
    return TRUE;
}

BOOLEAN PspForwardApc(PCONTEXT Context, HAL_TRAP_FRAME *Frame, PVOID Routine, PVOID RoutineContext, PVOID Argument1,
                      PVOID Argument2)
{
    PEPROCESS Process = PsCurrentProcess();
    PSP_APC_FRAME *User = PspPushUserStack(Frame, sizeof(*User));

    if (User == NULL || Process->ApcDispatcher == 0)
        return FALSE;
    __try {
        RtlZeroMemory(User, sizeof(*User));
        User->Context = *Context;
        User->Routine = Routine;
        User->RoutineContext = RoutineContext;
        User->Argument1 = Argument1;
        User->Argument2 = Argument2;
        PspMachineFrame(User->MachineFrame, Frame);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    Frame->rsp = (ULONG64)User;
    Frame->rip = Process->ApcDispatcher;
    return TRUE;
}
