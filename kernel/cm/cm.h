/*
 * cm: the registry. What other components may call beyond the documented Zw and Cm routines.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS CmInitSystem(VOID); /* \Registry\Machine\{System,Software,Hardware}, CurrentControlSet
                                link, \Registry\User */
