/* <ntintsafe.h>: conversions and arithmetic that report overflow; inlines of include/ddk. [doc: ntintsafe.h] */
#include "tap.h"
#include <ntintsafe.h>

static VOID TestConversions(VOID)
{
    ULONG Long;
    UCHAR Byte;
    SHORT Short;
    LONG Signed;

    is_status(RtlSizeTToULong(0xFFFFFFFF, &Long), STATUS_SUCCESS, "SIZE_T that fits a ULONG");
    is_ulong(Long, 0xFFFFFFFF, "its value");
    is_status(RtlSizeTToULong(0x100000000, &Long), STATUS_INTEGER_OVERFLOW, "SIZE_T that does not");
    is_ulong(Long, ULONG_ERROR, "its error value");
    is_status(RtlLongToULong(-1, &Long), STATUS_INTEGER_OVERFLOW, "a negative number to a ULONG");
    is_status(RtlULongToLong(0x80000000, &Signed), STATUS_INTEGER_OVERFLOW, "2^31 to a LONG");
    is_status(RtlULongToLong(0x7FFFFFFF, &Signed), STATUS_SUCCESS, "2^31 - 1 to a LONG");
    is_status(RtlIntToUChar(255, &Byte), STATUS_SUCCESS, "255 to a UCHAR");
    is_status(RtlIntToUChar(256, &Byte), STATUS_INTEGER_OVERFLOW, "256 to a UCHAR");
    is_status(RtlLongLongToShort(-32768, &Short), STATUS_SUCCESS, "-2^15 to a SHORT");
    is_long(Short, -32768, "its value");
    is_status(RtlLongLongToShort(-32769, &Short), STATUS_INTEGER_OVERFLOW, "one less");
}

static VOID TestArithmetic(VOID)
{
    ULONG Long;
    SIZE_T Size;
    LONG Signed;
    USHORT Short;

    is_status(RtlULongAdd(0xFFFFFFFE, 1, &Long), STATUS_SUCCESS, "a sum that fits");
    is_ulong(Long, 0xFFFFFFFF, "its value");
    is_status(RtlULongAdd(0xFFFFFFFF, 1, &Long), STATUS_INTEGER_OVERFLOW, "a sum that does not");
    is_ulong(Long, ULONG_ERROR, "its error value");
    is_status(RtlULongSub(1, 2, &Long), STATUS_INTEGER_OVERFLOW, "a difference below 0");
    is_status(RtlSizeTMult(MAXULONG64 / 2, 2, &Size), STATUS_SUCCESS, "a product that fits");
    is_status(RtlSizeTMult(MAXULONG64 / 2, 3, &Size), STATUS_INTEGER_OVERFLOW, "a product that does not");
    is_status(RtlLongAdd(MAXLONG, 1, &Signed), STATUS_INTEGER_OVERFLOW, "a signed sum that does not fit");
    is_status(RtlLongSub(MINLONG, 1, &Signed), STATUS_INTEGER_OVERFLOW, "a signed difference that does not fit");
    is_status(RtlUShortAdd(65534, 1, &Short), STATUS_SUCCESS, "16 bits that fit");
    is_status(RtlUShortAdd(65535, 1, &Short), STATUS_INTEGER_OVERFLOW, "16 bits that do not");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestConversions();
    TestArithmetic();
    return done();
}
