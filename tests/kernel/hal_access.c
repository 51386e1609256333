/*
 * Accesses to a device's registers and ports by the instructions that compilers make: widths,
 * extension, computing in place, strings, vectors, ports. The timer's scratch register is 8 bytes
 * of memory.
 */
#include "timer_device.h"

static TIMER Timer;
static volatile UCHAR *Scratch;

#define READ(Type) (*(volatile Type *)Scratch)
#define READ_AT(Type, Offset) (*(volatile Type *)(Scratch + (Offset)))

static VOID widths(VOID)
{
    READ(ULONG64) = 0x1122334455667788;
    is_hex(READ(ULONG64), 0x1122334455667788, "8 bytes");
    is_hex(READ(ULONG), 0x55667788, "4 bytes");
    is_hex(READ_AT(ULONG, 4), 0x11223344, "the upper 4");
    is_hex(READ(USHORT), 0x7788, "2 bytes");
    is_hex(READ_AT(UCHAR, 7), 0x11, "1 byte");
    READ_AT(UCHAR, 0) = 0xFE;
    READ_AT(USHORT, 2) = 0xABCD;
    is_hex(READ(ULONG64), 0x11223344ABCD77FE, "written in parts");
    is_hex((LONG64) * (volatile CHAR *)Scratch, (ULONG64)-2, "sign extended from 1 byte");
    is_hex((LONG64) * (volatile SHORT *)(Scratch + 2), (ULONG64)(LONG64)(SHORT)0xABCD,
           "sign extended from 2");
    is_hex(READ_AT(ULONG, 1), 0x44ABCD77, "across a boundary");
}

static VOID in_place(VOID)
{
    ULONG Old;

    READ(ULONG) = 0xF0F0;
    READ(ULONG) |= 0x0F;
    READ(ULONG) &= ~0x10u;
    READ(ULONG) ^= 1;
    is_hex(READ(ULONG), 0xF0EE, "or, and, xor in place");
    READ(ULONG) += 0x12;
    READ(ULONG)++;
    is_hex(READ(ULONG), 0xF101, "add and increment");
    READ(USHORT) -= 1;
    is_hex(READ(USHORT), 0xF100, "subtract");
    Old = (ULONG)InterlockedExchange((volatile LONG *)Scratch, 77);
    is_hex(Old, 0xF100, "exchange gives the old");
    is_ulong(InterlockedIncrement((volatile LONG *)Scratch), 78, "locked increment");
    is_ulong(InterlockedExchangeAdd((volatile LONG *)Scratch, 10), 78, "locked add gives the old");
    is_ulong(InterlockedCompareExchange((volatile LONG *)Scratch, 5, 88), 88,
             "compare and exchange that does");
    is_ulong(InterlockedCompareExchange((volatile LONG *)Scratch, 6, 88), 5,
             "compare and exchange that does not");
    is_ulong(READ(ULONG), 5, "is as it should be");
    READ(ULONG) = 0x80;
    ok((READ(ULONG) & 0x80) != 0 && READ(ULONG) == 0x80 && READ(ULONG) < 0x81, "compared in place");
}

static VOID strings(VOID)
{
    ULONG From[2] = {0xCAFE0001, 0xCAFE0002}, To[2] = {0};
    UCHAR Bytes[8];

    WRITE_REGISTER_BUFFER_ULONG((PULONG)Scratch, From, 2);
    is_hex(READ(ULONG64), 0xCAFE0002CAFE0001, "rep movsd to a device");
    READ_REGISTER_BUFFER_ULONG((PULONG)Scratch, To, 2);
    is_bytes(To, From, sizeof(To), "rep movsd from a device");
    READ_REGISTER_BUFFER_UCHAR((PUCHAR)Scratch, Bytes, 8);
    is_bytes(Bytes, From, 8, "rep movsb");
    __stosb((PUCHAR)Scratch, 0x3C, 8);
    is_hex(READ(ULONG64), 0x3C3C3C3C3C3C3C3C, "rep stosb");
}

/* What RtlCopyMemory and structure copies may be made of. */
static VOID vectors(VOID)
{
    static const ULONG64 From[2]
        __attribute__((aligned(16))) = {0x0102030405060708, 0x1112131415161718};
    ULONG64 To[2] __attribute__((aligned(16))) = {0, 0};

    __asm__ volatile("movups %0, %%xmm1\n\tmovups %%xmm1, (%1)"
                     :
                     : "m"(From), "r"(Scratch - 8)
                     : "xmm1", "memory");
    is_hex(READ(ULONG64), From[1], "16 bytes to a device");
    __asm__ volatile("movups (%1), %%xmm1\n\tmovups %%xmm1, %0"
                     : "=m"(To)
                     : "r"(Scratch - 8)
                     : "xmm1", "memory");
    is_hex(To[1], From[1], "16 bytes from a device");
    __asm__ volatile("movq (%1), %%xmm2\n\tmovups %%xmm2, %0"
                     : "=m"(To)
                     : "r"(Scratch)
                     : "xmm2", "memory");
    is_hex(To[0], From[1], "8 bytes to a vector register");
    is_hex(To[1], 0, "whose rest is zero");
}

static VOID ports(VOID)
{
    PUCHAR Port = (PUCHAR)(ULONG_PTR)(Timer.PortBase + TIMER_SCRATCH);
    ULONG From[2] = {1, 2}, To[2];

    WRITE_PORT_ULONG((PULONG)Port, 0x89ABCDEF);
    is_hex(READ_PORT_ULONG((PULONG)Port), 0x89ABCDEF, "a port of 4 bytes");
    is_hex(READ_PORT_USHORT((PUSHORT)Port), 0xCDEF, "of 2");
    is_hex(READ_PORT_UCHAR(Port + 3), 0x89, "of 1");
    WRITE_PORT_UCHAR(Port, 0);
    is_hex(READ(ULONG), 0x89ABCD00, "the memory region shows the same");
    WRITE_PORT_BUFFER_ULONG((PULONG)Port, From, 2);
    READ_PORT_BUFFER_ULONG((PULONG)Port, To, 2);
    is_ulong(To[0], 2, "strings of port accesses");
    is_ulong(To[1], 2, "all of them at the one port");
    is_hex(READ_PORT_ULONG((PULONG)(ULONG_PTR)0x9000), MAXULONG,
           "a port that is none reads as ones");
    WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)0x9000, 1);
}

static VOID switched_off(VOID)
{
    USHORT Command = 0;

    HalSetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Command, 4, sizeof(Command));
    is_hex(READ(ULONG), MAXULONG, "a device whose memory is switched off is not there");
    Command = PCI_ENABLE_MEMORY_SPACE;
    HalSetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Command, 4, sizeof(Command));
    is_hex(READ(ULONG), 2, "and is again");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!timer_open(&Timer, FIRST_SLOT))
        return bail("the machine has no timer");
    Scratch = Timer.Registers + TIMER_SCRATCH;
    widths();
    in_place();
    strings();
    vectors();
    ports();
    switched_off();
    timer_close(&Timer);
    return done();
}
