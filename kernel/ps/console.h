/* The control codes of \Device\ConDrv; the kernel and kernel32 share them. */
#pragma once

#define IOCTL_PSP_CONSOLE_MODE CTL_CODE(0x50, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: ULONG mode */
/* in: ULONG64, kernel32's routine for console events in the calling process */
#define IOCTL_PSP_CONSOLE_ATTACH CTL_CODE(0x50, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* in: PSP_CONSOLE_EVENT, for the processes of the group; 0: for all that share the console */
#define IOCTL_PSP_CONSOLE_EVENT CTL_CODE(0x50, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* out: ULONGs: how many processes are on the console, then their IDs as far as there is room */
#define IOCTL_PSP_CONSOLE_PROCESSES CTL_CODE(0x50, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In RTL_USER_PROCESS_PARAMETERS.ConsoleFlags; the second of a process to be made. */
#define PSP_CONSOLE_IGNORE_CTRL_C 1u
#define PSP_CONSOLE_NEW_GROUP 2u
#define PSP_DEVICE_CONSOLE 0x50 /* FILE_DEVICE_CONSOLE */

typedef struct _PSP_CONSOLE_EVENT {
    unsigned Event; /* CTRL_C_EVENT... */
    unsigned Group;
} PSP_CONSOLE_EVENT;
