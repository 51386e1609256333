/* KMDF: with the verifier a callback that leaves a critical region entered stops with
 * WDF_VIOLATION. */
#define VERIFIER_TEST_MISTAKE KeEnterCriticalRegion()
#include "verifier_test.h"
