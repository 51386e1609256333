/* What a read of \\.\Ticker gives. For the driver and for programs; include ntddk.h or windows.h first. */
#pragma once

#define TICKER_NAME L"\\Device\\Ticker"
#define TICKER_LINK L"\\DosDevices\\Ticker"

typedef struct _TICKER_TICK {
    ULONG Number; /* of the tick, from 1 */
    LARGE_INTEGER Time; /* system time at which its ISR ran, 100 ns */
} TICKER_TICK;
