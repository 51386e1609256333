/* cfgmgr32: return codes, and what its files share. [doc: cfgmgr32.h] */
#pragma once

#include "../nt.h"

typedef DWORD CONFIGRET;
typedef DWORD DEVINST;

#define CR_SUCCESS 0x00
#define CR_OUT_OF_MEMORY 0x02
#define CR_INVALID_POINTER 0x03
#define CR_INVALID_FLAG 0x04
#define CR_INVALID_DEVNODE 0x05
#define CR_NO_SUCH_DEVNODE 0x0D
#define CR_BUFFER_SMALL 0x1A
#define CR_INVALID_DEVICE_ID 0x1E
#define CR_INVALID_PROPERTY 0x35
#define CR_NO_SUCH_VALUE 0x25

#define CFGMGR_CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet\\"

/* Opens Path below Parent (below the control set when Parent is NULL) for reading. NULL: there is none. */
HANDLE CfgOpenKey(HANDLE Parent, const WCHAR *Path);
/* The name of Key's Index-th subkey, terminated. FALSE: there is none, or it is longer than Limit characters. */
BOOL CfgSubkeyName(HANDLE Key, ULONG Index, WCHAR *Name, ULONG Limit);
/* A value's data and type; *Bytes goes in as the buffer's size and comes out as the value's. */
CONFIGRET CfgReadValue(HANDLE Key, const WCHAR *Name, PVOID Data, ULONG *Bytes, ULONG *Type);
/* Text as bytes of code page 1252 into Buffer of Size bytes. Count includes the terminators. */
VOID CfgNarrow(const WCHAR *Text, ULONG Count, CHAR *Buffer);
ULONG CfgLength(const WCHAR *Text);
