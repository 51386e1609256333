/*
 * What programs may ask drivers/edu for. Include ntddk.h or windows.h with winioctl.h first.
 * ReadFile and WriteFile move bytes between a buffer and the device's memory, by DMA, at the
 * file offset given; a request that leaves them fails with STATUS_INVALID_PARAMETER. Factorials,
 * interrupts and transfers are done one after the other, and may be cancelled while they wait.
 */
#pragma once

#define EDU_DEVICE_LINK L"\\DosDevices\\Edu"
#define EDU_WIN32_NAME "\\\\.\\Edu"
/* It has 4096, but QEMU (7.2 at least) takes a transfer that reaches the last one for out of
 * bounds, and ends. [measured] */
#define EDU_DEVICE_BYTES 4095u

/* {5A1C4B3E-0E2D-4F5B-9C0A-7D3B1F6E8A21} */
#define EDU_INTERFACE_GUID \
    {0x5A1C4B3E, 0x0E2D, 0x4F5B, {0x9C, 0x0A, 0x7D, 0x3B, 0x1F, 0x6E, 0x8A, 0x21}}

#define EDU_IOCTL(number, access)                                                                  \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (number), METHOD_BUFFERED, access)
/* Out: ULONG, the identification register. */
#define IOCTL_EDU_IDENTIFY EDU_IOCTL(0, FILE_READ_ACCESS)
/* In: ULONG; out: ULONG, its inverse, which the device made. */
#define IOCTL_EDU_LIVENESS EDU_IOCTL(1, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
/* In: ULONG, 0 to 12; out: ULONG, its factorial, once the device has raised its interrupt. */
#define IOCTL_EDU_FACTORIAL EDU_IOCTL(2, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
/* In: ULONG, interrupt bits (EDU_RAISE_BITS) that the device is to raise; ends when they came. */
#define IOCTL_EDU_RAISE EDU_IOCTL(3, FILE_WRITE_ACCESS)
#define EDU_RAISE_BITS 0xFEu
/* Out: EDU_STATISTICS. */
#define IOCTL_EDU_STATISTICS EDU_IOCTL(4, FILE_READ_ACCESS)

typedef struct _EDU_STATISTICS {
    ULONG Interrupts; /* that the ISR took */
    ULONG Factorials, Raises, Transfers;
    ULONG Recovered;    /* operations that ended without their interrupt */
    ULONG MessageBased; /* not 0: interrupts come as messages */
    ULONG64 Bytes;      /* moved */
} EDU_STATISTICS;
