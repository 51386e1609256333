/* What reg's commands on files share. */
#pragma once

#include "reg.h"

#define SCRIPT_VERSION_5 L"Windows Registry Editor Version 5.00"
#define SCRIPT_VERSION_4 L"REGEDIT4"

/* KeyName FileName [/y] */
BOOL ParseFile(int Count, WCHAR **Words, BOOL *Force);
/* 0: the file is not there, or may be overwritten; else REG_FAILED, after a message. */
int AskFile(const WCHAR *Name, BOOL Force);
