/* Registers and ports: in kernel mode the HAL's own routines; the device is there for UMDF's sake.
 */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WDF_HW_ACCESS(Space, Name, Type)                                                     \
    FORCEINLINE Type WDF_READ_##Space##_##Name(WDFDEVICE Device, Type *Address)              \
    {                                                                                        \
        UNREFERENCED_PARAMETER(Device);                                                      \
        return READ_##Space##_##Name(Address);                                               \
    }                                                                                        \
    FORCEINLINE VOID WDF_WRITE_##Space##_##Name(WDFDEVICE Device, Type *Address, Type Value) \
    {                                                                                        \
        UNREFERENCED_PARAMETER(Device);                                                      \
        WRITE_##Space##_##Name(Address, Value);                                              \
    }                                                                                        \
    FORCEINLINE VOID WDF_READ_##Space##_BUFFER_##Name(WDFDEVICE Device, Type *Address,       \
                                                      Type *Buffer, ULONG Count)             \
    {                                                                                        \
        UNREFERENCED_PARAMETER(Device);                                                      \
        READ_##Space##_BUFFER_##Name(Address, Buffer, Count);                                \
    }                                                                                        \
    FORCEINLINE VOID WDF_WRITE_##Space##_BUFFER_##Name(WDFDEVICE Device, Type *Address,      \
                                                       Type *Buffer, ULONG Count)            \
    {                                                                                        \
        UNREFERENCED_PARAMETER(Device);                                                      \
        WRITE_##Space##_BUFFER_##Name(Address, Buffer, Count);                               \
    }
WDF_HW_ACCESS(REGISTER, UCHAR, UCHAR)
WDF_HW_ACCESS(REGISTER, USHORT, USHORT)
WDF_HW_ACCESS(REGISTER, ULONG, ULONG)
WDF_HW_ACCESS(REGISTER, ULONG64, ULONG64)
WDF_HW_ACCESS(PORT, UCHAR, UCHAR)
WDF_HW_ACCESS(PORT, USHORT, USHORT)
WDF_HW_ACCESS(PORT, ULONG, ULONG)
#undef WDF_HW_ACCESS

#ifdef __cplusplus
}
#endif
