/* INF files for setupapi's own sources: what an HINF is, fields as text. */
#pragma once

#include "reg.h"
#include "setup.h"
#include "infparse.h"

#define SETUP_INF_SIGNATURE 0x666E4953
#define SETUP_FIELD INF_STRING_LIMIT

typedef struct _SETUP_INF { /* what an HINF points to */
    ULONG Signature;
    INF_FILE File;
    ULONG64 Hash;         /* of the file's bytes */
    WCHAR Path[MAX_PATH]; /* full */
} SETUP_INF;

/* The INF of a handle, or NULL with ERROR_INVALID_HANDLE. */
SETUP_INF *SetupInfOf(HINF Handle);
/* Reads Path. NULL with the last error set; *ErrorLine (may be NULL) is the line of a syntax error.
 */
SETUP_INF *SetupReadInf(const WCHAR *Path, UINT *ErrorLine);
VOID SetupFreeInf(SETUP_INF *Inf);
int SetupSection(SETUP_INF *Inf, const WCHAR *Name); /* or INF_NONE */
int SetupSectionF(SETUP_INF *Inf, const WCHAR *Format, ...);
/* Lines of a section: INF_NONE starts and ends. */
int SetupLine(SETUP_INF *Inf, int Section, int Line, const WCHAR *Key);
unsigned SetupFields(SETUP_INF *Inf, int Line); /* without the key */
/* Field 0 is the key. Out, of SETUP_FIELD characters, is always terminated; FALSE: there is no such
 * field. */
BOOL SetupField(SETUP_INF *Inf, int Line, unsigned Field, WCHAR *Out);
/* A number, 0x... or decimal; Otherwise when the field is absent, empty or no number. */
DWORD SetupNumber(SETUP_INF *Inf, int Line, unsigned Field, DWORD Otherwise);
/* The first field of a key of [Section]. */
BOOL SetupEntry(SETUP_INF *Inf, const WCHAR *Section, const WCHAR *Key, WCHAR *Out);
BOOL SetupParseNumber(const WCHAR *Text, DWORD *Number);
/* The section that serves this platform: name.NTamd64, name.NT, name. INF_NONE: none. Actual, of
 * 300, has its name. */
int SetupActualSection(SETUP_INF *Inf, const WCHAR *Name, WCHAR *Actual);

/* ---- dirid.c ---- */
/* The folder of a directory identifier, without a backslash at its end. */
BOOL SetupDirectory(SETUP_INF *Inf, DWORD Id, WCHAR *Path);
/* For InfExpand: %12% */
int SetupResolve(void *Context, const INF_CHAR *Name, unsigned Length, INF_CHAR *Out,
                 unsigned Limit);
/* Where [DestinationDirs] sends the files of a section. */
BOOL SetupDestination(SETUP_INF *Inf, const WCHAR *Section, WCHAR *Path);
/* A file's folder below the INF's, by [SourceDisksFiles] and [SourceDisksNames]; empty: beside the
 * INF. */
VOID SetupSourceFolder(SETUP_INF *Inf, const WCHAR *File, WCHAR *Folder);
BOOL SetupMakeFolders(const WCHAR *Path); /* of a file */

/* ---- section.c: what an install section asks for ---- */
typedef struct _SETUP_PLACE { /* where its parts go */
    HANDLE Relative;      /* HKR, or NULL */
    HANDLE Device;        /* in a .HW section: properties of the device go here, not to HKR */
    WCHAR Source[MAX_PATH]; /* folder of the INF's files */
} SETUP_PLACE;
enum { SETUP_REGISTRY = 1, SETUP_FILES = 2 };
BOOL SetupRunSection(SETUP_INF *Inf, int Section, DWORD What, const SETUP_PLACE *Place);
/* Calls Visit for Section and those that its Include and Needs name. Suffix is appended to names of
 * Needs. */
typedef BOOL SETUP_VISIT(SETUP_INF *Inf, int Section, PVOID Context);
BOOL SetupWithNeeds(SETUP_INF *Inf, int Section, const WCHAR *Suffix, SETUP_VISIT *Visit,
                    PVOID Context);
/* Calls Visit for each file of CopyFiles: its source name and its full destination. */
typedef BOOL SETUP_FILE_VISIT(SETUP_INF *Inf, const WCHAR *Source, const WCHAR *Destination,
                              PVOID Context);
BOOL SetupVisitFiles(SETUP_INF *Inf, int Section, SETUP_FILE_VISIT *Visit, PVOID Context);

/* ---- services.c ---- */
/* AddService and DelService of a section. Function gets the name of the associated service (256
 * characters), if any. */
BOOL SetupRunServices(SETUP_INF *Inf, int Section, WCHAR *Function);

/* ---- log.c ---- */
/* A line of C:\Windows\INF\setupapi.dev.log. */
VOID SetupLog(const WCHAR *Format, ...);
