/*
 * np: the named pipe file system, a device \Device\NamedPipe. What other components may call.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS NpInitSystem(VOID); /* after io */
