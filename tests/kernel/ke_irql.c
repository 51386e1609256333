/* IRQL: raising, lowering, what cr8 shows, what a DPC sees. */
#include "tap.h"

static VOID nest(PVOID Context)
{
    KIRQL Start = KeGetCurrentIrql(), Old;

    UNREFERENCED_PARAMETER(Context);
    KeRaiseIrql(HIGH_LEVEL, &Old);
    is_ulong(Old, Start, "raising returns the old IRQL");
    is_irql(HIGH_LEVEL, "the IRQL is raised");
    KeLowerIrql(Old);
    is_irql(Start, "the IRQL is as before");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    KIRQL Old;
    ULONG64 Value;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_irql(PASSIVE_LEVEL, "DriverEntry runs at PASSIVE_LEVEL");
    tap_at_levels(TAP_ALL_LEVELS, nest, NULL, "nest");
    Old = KeRaiseIrqlToDpcLevel();
    is_irql(DISPATCH_LEVEL, "KeRaiseIrqlToDpcLevel");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    is_ulong(Old, DISPATCH_LEVEL, "raising to the same IRQL is no error");
    KeLowerIrql(PASSIVE_LEVEL);
    Old = KeRaiseIrqlToSynchLevel();
    is_ulong(Old, PASSIVE_LEVEL, "KeRaiseIrqlToSynchLevel returns the old one");
    ok(KeGetCurrentIrql() >= DISPATCH_LEVEL, "SYNCH_LEVEL is at least DISPATCH_LEVEL");
    KeLowerIrql(PASSIVE_LEVEL);
    if (tap_routine(L"KeRegisterBoundCallback") == NULL && tap_routine(L"wine_get_version") == NULL) {
        __asm__ volatile("mov $2, %%eax; mov %%rax, %%cr8; mov %%cr8, %0" : "=r"(Value) : : "rax");
        is_ulong64(Value, 2, "cr8 is the IRQL");
        is_irql(DISPATCH_LEVEL, "writing cr8 raises");
        __asm__ volatile("xor %%eax, %%eax; mov %%rax, %%cr8" : : : "rax");
        is_irql(PASSIVE_LEVEL, "writing cr8 lowers");
    }
    return done();
}
