/* The control codes of \Device\ConDrv; the kernel and kernel32 share them. */
#pragma once

#define IOCTL_PSP_CONSOLE_MODE CTL_CODE(0x50, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: ULONG mode */
#define PSP_DEVICE_CONSOLE 0x50 /* FILE_DEVICE_CONSOLE */
