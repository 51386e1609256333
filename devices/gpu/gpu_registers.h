/*
 * Registers of the simulated display adapter, in its first region. They are Drydock's own: an
 * adapter of this identity that is real has others.
 */
#pragma once

#define GPU_VENDOR_ID 0x10DE
#define GPU_DEVICE_ID 0x2206 /* GA102, GeForce RTX 3080 */
#define GPU_SUBSYSTEM_ID 0x1467

#define GPU_ID 0x00           /* GPU_ID_VALUE */
#define GPU_FLAGS 0x04        /* GPU_FLAG_* */
#define GPU_MEMORY_BYTES 0x08 /* 64 bits: of the adapter */
#define GPU_BACKED_BYTES                                                                           \
    0x10 /* 32 bits: so many bytes of it, from the first on, hold what is written to them */
#define GPU_NAME 0x20 /* 64 bytes of ASCII, zeros behind */
#define GPU_NAME_BYTES 64u

#define GPU_ID_VALUE 0x55504744u /* "DGPU" */
#define GPU_FLAG_SIMULATED 1u

#define GPU_BACKED 65536u /* the memory behind them reads as zeros */
