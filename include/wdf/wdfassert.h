/* Assertions. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reports in checked drivers (DBG); evaluates its argument in all. */
#if DBG
#define WDFVERIFY(Expression) \
    ((Expression) ? TRUE : (RtlAssert((PVOID) #Expression, (PVOID)__FILE__, __LINE__, NULL), FALSE))
#else
#define WDFVERIFY(Expression) ((Expression) ? TRUE : FALSE)
#endif
#define VERIFY_IS_IRQL_PASSIVE_LEVEL() WDFVERIFY(KeGetCurrentIrql() == PASSIVE_LEVEL)
#define WDFCASSERT(Expression) C_ASSERT(Expression)

#ifdef __cplusplus
}
#endif
