/* The control codes of \\.\IoctlEcho; the driver and its programs share them. */
#pragma once

#define ECHO_TYPE 0x8001u
#define ECHO_CODE(function, method) \
    ((ECHO_TYPE << 16) | (unsigned)(function) << 2 | (unsigned)(method)) /* CTL_CODE, FILE_ANY_ACCESS */

#define IOCTL_ECHO_BUFFERED ECHO_CODE(0x800, 0)   /* output = input, each byte plus one */
#define IOCTL_ECHO_IN_DIRECT ECHO_CODE(0x801, 1)  /* sums the second buffer; output: nothing but its length */
#define IOCTL_ECHO_OUT_DIRECT ECHO_CODE(0x802, 2) /* second buffer = input, each byte plus one */
#define IOCTL_ECHO_NEITHER ECHO_CODE(0x803, 3)    /* as buffered, on the caller's own addresses */
#define IOCTL_ECHO_PEND ECHO_CODE(0x804, 0)       /* pends until cancelled, or until RELEASE */
#define IOCTL_ECHO_RELEASE ECHO_CODE(0x805, 0)    /* completes one pended request with four bytes, 'done' */
#define IOCTL_ECHO_NOTHING ECHO_CODE(0x806, 0)    /* completes at once: for timing */
