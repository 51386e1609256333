/*
 * The function table through which a driver calls the framework: indices, length by version, and
 * the two variables that the stub linked into each driver (lib/wdfentry) has filled in at start. Up
 * to 1.13 the table is an array in the driver; since 1.15 the driver holds a pointer to the
 * framework's own.
 */
#pragma once

#include "wdftypes.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/indices.h"

#ifndef WDF_FRAMEWORK

#if KMDF_VERSION_MINOR < 10
#define WdfFunctions WdfFunctions_01009
#elif KMDF_VERSION_MINOR == 11
#define WdfFunctions WdfFunctions_01011
#elif KMDF_VERSION_MINOR == 13
#define WdfFunctions WdfFunctions_01013
#elif KMDF_VERSION_MINOR == 15
#define WdfFunctions WdfFunctions_01015
#elif KMDF_VERSION_MINOR == 17
#define WdfFunctions WdfFunctions_01017
#elif KMDF_VERSION_MINOR == 19
#define WdfFunctions WdfFunctions_01019
#elif KMDF_VERSION_MINOR == 21
#define WdfFunctions WdfFunctions_01021
#elif KMDF_VERSION_MINOR == 23
#define WdfFunctions WdfFunctions_01023
#elif KMDF_VERSION_MINOR == 25
#define WdfFunctions WdfFunctions_01025
#elif KMDF_VERSION_MINOR == 27
#define WdfFunctions WdfFunctions_01027
#elif KMDF_VERSION_MINOR == 29
#define WdfFunctions WdfFunctions_01029
#elif KMDF_VERSION_MINOR == 31
#define WdfFunctions WdfFunctions_01031
#elif KMDF_VERSION_MINOR == 33
#define WdfFunctions WdfFunctions_01033
#endif

#if KMDF_VERSION_MINOR >= 15
extern const WDFFUNC *WdfFunctions;
#else
extern WDFFUNC WdfFunctions[];
#endif
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;

/* What a client written for a newer framework than it runs on asks; otherwise the answers are
 * constants. */
#ifdef KMDF_MINIMUM_VERSION_REQUIRED
__declspec(selectany) ULONG WdfMinimumVersionRequired = KMDF_MINIMUM_VERSION_REQUIRED;
extern BOOLEAN WdfClientVersionHigherThanFramework;
extern ULONG WdfFunctionCount;
/* The first 453 functions are in every framework that takes such a client. */
#define WDF_IS_FUNCTION_AVAILABLE(Function)                                \
    (Function##TableIndex < 453 || !WdfClientVersionHigherThanFramework || \
     Function##TableIndex < WdfFunctionCount)
/* Older frameworks take the structures as of 1.25, so these are the ones that are filled in there.
 */
#define WDF_STRUCTURE_SIZE(Structure)                                              \
    ((ULONG)(WdfClientVersionHigherThanFramework ? WDF_SIZE_AS_OF_1_25_##Structure \
                                                 : sizeof(Structure)))
#define WDF_IS_STRUCTURE_AVAILABLE(Structure) (WDF_STRUCTURE_SIZE(Structure) != 0)
#define WDF_IS_FIELD_AVAILABLE(Structure, Field) \
    (FIELD_OFFSET(Structure, Field) < WDF_STRUCTURE_SIZE(Structure))
#else
#define WDF_STRUCTURE_SIZE(Structure) ((ULONG)sizeof(Structure))
#define WDF_IS_FUNCTION_AVAILABLE(Function) (Function##TableIndex < WdfFunctionTableNumEntries)
#define WDF_IS_STRUCTURE_AVAILABLE(Structure) (sizeof(Structure) != 0)
#define WDF_IS_FIELD_AVAILABLE(Structure, Field) \
    (FIELD_OFFSET(Structure, Field) < sizeof(Structure))
#endif

#else
#define WDF_STRUCTURE_SIZE(Structure) ((ULONG)sizeof(Structure))
#endif /* WDF_FRAMEWORK */

#ifdef __cplusplus
}
#endif
