/* bcdedit: what its own files share. Errors are Win32 error numbers, 0: none. */
#pragma once

#include <windows.h>

#define BCD_ID_LENGTH 39 /* "{...}" and its NUL */
#define BCD_BOOTMGR L"{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define BCD_DEBUGGER L"{4636856e-540f-4170-a130-a84776f4c654}"

/* as in an element's type */
typedef enum { BCD_TEXT = 2, BCD_OBJECT, BCD_OBJECTS, BCD_INTEGER, BCD_BOOLEAN } BCD_FORMAT;

typedef struct {
    const WCHAR *Name; /* "testsigning" */
    DWORD Type;
    const WCHAR *Choices; /* of an integer: names, spaces between, from 0; NULL: a number */
    BOOL Protected;       /* Secure Boot does not let it be set [doc: BCDEdit /set] */
} BCD_ELEMENT;

/* ---- names.c ---- */
const BCD_ELEMENT *BcdFindElement(const WCHAR *Name);
/* in the order in which /enum shows them; NULL: no further one */
const BCD_ELEMENT *BcdElementAt(DWORD Index);
BCD_FORMAT BcdFormatOf(DWORD Type);
/* "{current}", "{bootmgr}", ..., or a GUID in braces that is in the store. ERROR_FILE_NOT_FOUND. */
DWORD BcdFindObject(const WCHAR *Word, WCHAR Id[BCD_ID_LENGTH]);
/* The name that /enum shows for it: "{current}", or itself */
const WCHAR *BcdShownName(const WCHAR *Id);
const WCHAR *BcdTitleOf(const WCHAR *Id);

/* ---- store.c: the registry's BCD00000000 ---- */
DWORD BcdGet(const WCHAR *Id, DWORD Type, void *Data, DWORD Limit, DWORD *Bytes);
DWORD BcdSet(const WCHAR *Id, DWORD Type, const void *Data, DWORD Bytes);
DWORD BcdDelete(const WCHAR *Id, DWORD Type);
DWORD BcdObjectType(const WCHAR *Id); /* 0: there is none */
/* The index-th object's name; ERROR_NO_MORE_ITEMS. */
DWORD BcdObjectAt(DWORD Index, WCHAR Id[BCD_ID_LENGTH]);
BOOL BcdIsSecureBoot(void);

/* ---- enum.c, set.c: the commands; the exit code ---- */
/* nothing, when the object has none */
void BcdPrintElement(const WCHAR *Id, const BCD_ELEMENT *Element);
int BcdEnum(int Count, WCHAR **Words);
int BcdSetValue(int Count, WCHAR **Words);
int BcdDeleteValue(int Count, WCHAR **Words);
int BcdDebug(int Count, WCHAR **Words);
int BcdBootDebug(int Count, WCHAR **Words);
int BcdDebuggerSettings(int Count, WCHAR **Words);
/* "The operation completed successfully.", or what failed and why. */
int BcdEnd(const char *Failed, DWORD Error);
int BcdBadSyntax(void);
