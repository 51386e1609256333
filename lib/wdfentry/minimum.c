/* The oldest framework a driver runs on is the one it is built for, unless it defines KMDF_MINIMUM_VERSION_REQUIRED. */
#include <ntddk.h>
#include <wdf.h>

ULONG WdfMinimumVersionRequired = KMDF_VERSION_MINOR;
