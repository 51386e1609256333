/*
 * Which KMDF the including source is written for: KMDF_VERSION_MAJOR and KMDF_VERSION_MINOR, 1.15
 * unless the compiler is told otherwise. The framework itself is compiled with WDF_FRAMEWORK: it
 * sees the newest version and none of what a driver calls.
 */
#pragma once

#ifdef WDF_FRAMEWORK
#undef KMDF_VERSION_MAJOR
#undef KMDF_VERSION_MINOR
#define KMDF_VERSION_MAJOR 1
#define KMDF_VERSION_MINOR 33
#endif

#ifndef KMDF_VERSION_MAJOR
#define KMDF_VERSION_MAJOR 1
#endif
#ifndef KMDF_VERSION_MINOR
#define KMDF_VERSION_MINOR 15
#endif
#if KMDF_VERSION_MAJOR != 1
#error There is no KMDF of this KMDF_VERSION_MAJOR
#endif

/* A driver that runs on frameworks older than the one it is written for names the oldest: [doc]
 * "Building a WDF driver for multiple versions of Windows". Frameworks since 1.25 take such a
 * driver. */
#if defined(KMDF_MINIMUM_VERSION_REQUIRED) && KMDF_VERSION_MINOR < 25
#error KMDF_MINIMUM_VERSION_REQUIRED needs KMDF_VERSION_MINOR 25 or later
#endif
