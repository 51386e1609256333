/*
 * <ntintsafe.h>: integer conversions and arithmetic that report overflow. [doc: ntintsafe.h, "Using Safe Integer
 * Functions"] mingw's has the user-mode names only. One inline a pair of types, each STATUS_SUCCESS, or
 * STATUS_INTEGER_OVERFLOW with the result set to the type's error value (all bits one).
 */
#pragma once
#pragma GCC system_header

#include <ntdef.h>
#include <ntstatus.h>
#include <basetsd.h>
#include <stddef.h>

#ifndef _NTINTSAFE_H_INCLUDED_
#define _NTINTSAFE_H_INCLUDED_

#define INT8_ERROR (-1)
#define UINT8_ERROR 0xff
#define BYTE_ERROR 0xff
#define SHORT_ERROR (-1)
#define USHORT_ERROR 0xffff
#define WORD_ERROR 0xffff
#define INT_ERROR (-1)
#define UINT_ERROR 0xffffffff
#define LONG_ERROR (-1L)
#define ULONG_ERROR 0xffffffffUL
#define DWORD_ERROR 0xffffffffUL
#define LONGLONG_ERROR (-1LL)
#define ULONGLONG_ERROR 0xffffffffffffffffULL
#define SIZET_ERROR ULONGLONG_ERROR
#define ULONG_PTR_ERROR ULONGLONG_ERROR

#define DDK_CONVERT_(From, FromType, Target, ToType)                                                          \
    FORCEINLINE NTSTATUS Rtl##From##To##Target(FromType Operand, ToType *Result)                              \
    {                                                                                                     \
        if (!__builtin_add_overflow(Operand, 0, Result))                                                  \
            return STATUS_SUCCESS;                                                                        \
        *Result = (ToType)-1;                                                                             \
        return STATUS_INTEGER_OVERFLOW;                                                                   \
    }

/* From one type to each. The Microsoft headers leave out conversions that cannot fail; here they are harmless. */
#define DDK_CONVERT_FROM_(From, Type)                                                                     \
    DDK_CONVERT_(From, Type, Char, CHAR)                                                                  \
    DDK_CONVERT_(From, Type, Int8, signed char)                                                           \
    DDK_CONVERT_(From, Type, UInt8, unsigned char)                                                        \
    DDK_CONVERT_(From, Type, UChar, UCHAR)                                                                \
    DDK_CONVERT_(From, Type, Byte, UCHAR)                                                                 \
    DDK_CONVERT_(From, Type, Short, SHORT)                                                                \
    DDK_CONVERT_(From, Type, Int16, SHORT)                                                                \
    DDK_CONVERT_(From, Type, UShort, USHORT)                                                              \
    DDK_CONVERT_(From, Type, UInt16, USHORT)                                                              \
    DDK_CONVERT_(From, Type, Word, USHORT)                                                                \
    DDK_CONVERT_(From, Type, Int, int)                                                                    \
    DDK_CONVERT_(From, Type, UInt, unsigned int)                                                          \
    DDK_CONVERT_(From, Type, Long, LONG)                                                                  \
    DDK_CONVERT_(From, Type, ULong, ULONG)                                                                \
    DDK_CONVERT_(From, Type, DWord, ULONG)                                                                \
    DDK_CONVERT_(From, Type, LongLong, LONGLONG)                                                          \
    DDK_CONVERT_(From, Type, Int64, LONGLONG)                                                             \
    DDK_CONVERT_(From, Type, ULongLong, ULONGLONG)                                                        \
    DDK_CONVERT_(From, Type, IntPtr, INT_PTR)                                                             \
    DDK_CONVERT_(From, Type, UIntPtr, UINT_PTR)                                                           \
    DDK_CONVERT_(From, Type, LongPtr, LONG_PTR)                                                           \
    DDK_CONVERT_(From, Type, ULongPtr, ULONG_PTR)                                                         \
    DDK_CONVERT_(From, Type, DWordPtr, ULONG_PTR)                                                         \
    DDK_CONVERT_(From, Type, SizeT, SIZE_T)                                                               \
    DDK_CONVERT_(From, Type, SSIZET, SSIZE_T)                                                             \
    DDK_CONVERT_(From, Type, PtrdiffT, ptrdiff_t)

DDK_CONVERT_FROM_(Int8, signed char)
DDK_CONVERT_FROM_(UInt8, unsigned char)
DDK_CONVERT_FROM_(Byte, UCHAR)
DDK_CONVERT_FROM_(Short, SHORT)
DDK_CONVERT_FROM_(UShort, USHORT)
DDK_CONVERT_FROM_(Int, int)
DDK_CONVERT_FROM_(UInt, unsigned int)
DDK_CONVERT_FROM_(Long, LONG)
DDK_CONVERT_FROM_(ULong, ULONG)
DDK_CONVERT_FROM_(DWord, ULONG)
DDK_CONVERT_FROM_(LongLong, LONGLONG)
DDK_CONVERT_FROM_(ULongLong, ULONGLONG)
DDK_CONVERT_FROM_(IntPtr, INT_PTR)
DDK_CONVERT_FROM_(UIntPtr, UINT_PTR)
DDK_CONVERT_FROM_(LongPtr, LONG_PTR)
DDK_CONVERT_FROM_(ULongPtr, ULONG_PTR)
DDK_CONVERT_FROM_(SizeT, SIZE_T)
DDK_CONVERT_FROM_(SSIZET, SSIZE_T)
DDK_CONVERT_FROM_(PtrdiffT, ptrdiff_t)

#define DDK_ARITHMETIC_(Name, Type, Operation, Builtin)                                                   \
    FORCEINLINE NTSTATUS Rtl##Name##Operation(Type First, Type Second, Type *Result)                      \
    {                                                                                                     \
        if (!Builtin(First, Second, Result))                                                              \
            return STATUS_SUCCESS;                                                                        \
        *Result = (Type)-1;                                                                               \
        return STATUS_INTEGER_OVERFLOW;                                                                   \
    }
#define DDK_ARITHMETIC_OF_(Name, Type)                                                                    \
    DDK_ARITHMETIC_(Name, Type, Add, __builtin_add_overflow)                                              \
    DDK_ARITHMETIC_(Name, Type, Sub, __builtin_sub_overflow)                                              \
    DDK_ARITHMETIC_(Name, Type, Mult, __builtin_mul_overflow)

DDK_ARITHMETIC_OF_(Int8, signed char)
DDK_ARITHMETIC_OF_(UInt8, unsigned char)
DDK_ARITHMETIC_OF_(Short, SHORT)
DDK_ARITHMETIC_OF_(UShort, USHORT)
DDK_ARITHMETIC_OF_(Int, int)
DDK_ARITHMETIC_OF_(UInt, unsigned int)
DDK_ARITHMETIC_OF_(Long, LONG)
DDK_ARITHMETIC_OF_(ULong, ULONG)
DDK_ARITHMETIC_OF_(DWord, ULONG)
DDK_ARITHMETIC_OF_(LongLong, LONGLONG)
DDK_ARITHMETIC_OF_(ULongLong, ULONGLONG)
DDK_ARITHMETIC_OF_(IntPtr, INT_PTR)
DDK_ARITHMETIC_OF_(UIntPtr, UINT_PTR)
DDK_ARITHMETIC_OF_(LongPtr, LONG_PTR)
DDK_ARITHMETIC_OF_(ULongPtr, ULONG_PTR)
DDK_ARITHMETIC_OF_(DWordPtr, ULONG_PTR)
DDK_ARITHMETIC_OF_(SizeT, SIZE_T)
DDK_ARITHMETIC_OF_(SSIZET, SSIZE_T)
DDK_ARITHMETIC_OF_(PtrdiffT, ptrdiff_t)

#endif
