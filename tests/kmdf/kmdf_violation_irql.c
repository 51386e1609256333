/* KMDF: with the verifier a callback that returns at another IRQL stops with WDF_VIOLATION. */
#define VERIFIER_TEST_MISTAKE KeRaiseIrql(DISPATCH_LEVEL, &(KIRQL){0})
#include "verifier_test.h"
