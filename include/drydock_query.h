/*
 * What a program of the machine may ask NtQuerySystemInformation for beyond NT's own classes. On NT
 * these numbers give STATUS_INVALID_INFO_CLASS.
 */
#pragma once

#define DRYDOCK_QUERY_UNLOADED_MODULES 0x44440001u /* DRYDOCK_UNLOADED_MODULE[], the latest first  \
                                                    */

#define DRYDOCK_UNLOADED_NAME 32 /* characters, with the end */

typedef struct DRYDOCK_UNLOADED_MODULE {
    unsigned long long Base;
    unsigned long long Bytes;
    unsigned long long Time;                    /* when: NT's, 100 ns since 1601 */
    unsigned short Name[DRYDOCK_UNLOADED_NAME]; /* "first.sys", zero-padded, cut if it is longer */
} DRYDOCK_UNLOADED_MODULE;
