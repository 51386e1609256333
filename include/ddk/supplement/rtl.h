/* Run-time library declarations that mingw's wdm.h lacks. [doc: wdm.h, ntddk.h] */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _MINWINDEF_
typedef ULONG DWORD; /* windef.h's names, which the kits' kernel headers have too */
typedef USHORT WORD;
typedef UCHAR BYTE, *PBYTE;
#endif

#ifndef UFIELD_OFFSET
#define UFIELD_OFFSET(Type, Field) ((ULONG)FIELD_OFFSET(Type, Field))
#endif

/* RTL_QUERY_REGISTRY_TABLE.Flags: DefaultType's top byte is the only type that is taken. */
#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK (0xFFu << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)

typedef STRING UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCUTF8_STRING;
NTSYSAPI VOID NTAPI RtlInitUTF8String(PUTF8_STRING DestinationString, PCSTR SourceString);
NTSYSAPI NTSTATUS NTAPI RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSTR SourceString);
NTSYSAPI VOID NTAPI RtlFreeUTF8String(PUTF8_STRING Utf8String);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PCUTF8_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);

NTSYSAPI BOOLEAN NTAPI RtlIsZeroMemory(PVOID Buffer, SIZE_T Length);
NTSYSAPI BOOLEAN NTAPI RtlIsStateSeparationEnabled(VOID);
#ifndef RtlFillMemoryNonTemporal
NTSYSAPI VOID NTAPI RtlFillMemoryNonTemporal(VOID *Destination, SIZE_T Length, UCHAR Value);
#endif

FORCEINLINE BOOLEAN NTAPI RtlConstantTimeEqualMemory(const void *v1, const void *v2, unsigned long len)
{
    const volatile char *p1 = (const volatile char *)v1, *p2 = (const volatile char *)v2;
    char Different = 0;

    for (unsigned long i = 0; i < len; i++)
        Different |= (char)(p1[i] ^ p2[i]);
    return (BOOLEAN)(Different == 0);
}

/* Reads and writes that the compiler may not split or repeat. */
#define DDK_SIZED_ACCESS_(Name, Type)                                                              \
    FORCEINLINE Type Read##Name##NoFence(const volatile Type *Source)                              \
    {                                                                                              \
        return __atomic_load_n(Source, __ATOMIC_RELAXED);                                          \
    }                                                                                              \
    FORCEINLINE Type Read##Name##Acquire(const volatile Type *Source)                              \
    {                                                                                              \
        return __atomic_load_n(Source, __ATOMIC_ACQUIRE);                                          \
    }                                                                                              \
    FORCEINLINE VOID Write##Name##NoFence(volatile Type *Destination, Type Value)                  \
    {                                                                                              \
        __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);                                    \
    }                                                                                              \
    FORCEINLINE VOID Write##Name##Release(volatile Type *Destination, Type Value)                  \
    {                                                                                              \
        __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);                                    \
    }
#ifndef ReadULongNoFence
DDK_SIZED_ACCESS_(Int8, char)
DDK_SIZED_ACCESS_(UChar, UCHAR)
DDK_SIZED_ACCESS_(Short, SHORT)
DDK_SIZED_ACCESS_(UShort, USHORT)
DDK_SIZED_ACCESS_(Long, LONG)
DDK_SIZED_ACCESS_(ULong, ULONG)
DDK_SIZED_ACCESS_(Long64, LONG64)
DDK_SIZED_ACCESS_(ULong64, ULONG64)
FORCEINLINE PVOID ReadPointerNoFence(PVOID const volatile *Source)
{
    return __atomic_load_n(Source, __ATOMIC_RELAXED);
}
FORCEINLINE PVOID ReadPointerAcquire(PVOID const volatile *Source)
{
    return __atomic_load_n(Source, __ATOMIC_ACQUIRE);
}
FORCEINLINE VOID WritePointerNoFence(PVOID volatile *Destination, PVOID Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}
FORCEINLINE VOID WritePointerRelease(PVOID volatile *Destination, PVOID Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}
#endif

#ifndef NOP_FUNCTION
#define NOP_FUNCTION __noop
#endif
#ifndef RTL_CONSTANT_STRING
#define RTL_CONSTANT_STRING(s) { sizeof(s) - sizeof((s)[0]), sizeof(s), (PCHAR)(s) }
#endif
#ifndef DECLARE_UNICODE_STRING_SIZE
#define DECLARE_UNICODE_STRING_SIZE(name, size) \
    WCHAR name##_buffer[size];                  \
    UNICODE_STRING name = {0, (size) * sizeof(WCHAR), name##_buffer}
#endif
#ifndef DECLARE_CONST_UNICODE_STRING
#define DECLARE_CONST_UNICODE_STRING(name, string) \
    const WCHAR name##_buffer[] = string;          \
    const UNICODE_STRING name = {sizeof(string) - sizeof(WCHAR), sizeof(string), (PWCH)name##_buffer}
#endif
#ifndef DECLARE_GLOBAL_CONST_UNICODE_STRING
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(name, string) \
    extern const UNICODE_STRING name;                     \
    const UNICODE_STRING name = {sizeof(string) - sizeof(WCHAR), sizeof(string), (PWCH)(string)}
#endif

#ifdef __cplusplus
}
#endif

/* The kit's names of the bit scans; mingw has them in winnt.h only. */
#ifndef BitScanForward64
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64
#endif
