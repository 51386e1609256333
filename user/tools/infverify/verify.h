/*
 * Checking an INF as the WDK's InfVerif does: what its files share. Plain C over
 * user/setupapi/infparse.h, without Windows' headers, so that it is built for the program, for the
 * verb `drydock infverify` and, with sanitizers, for the fuzzer. Text is UTF-8 here. [doc:
 * InfVerif, INF Validation Errors and Warnings]
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "../../setupapi/infparse.h"

enum { VERIFY_TEXT = 1024 }; /* characters of a field that are looked at */

typedef enum _VERIFY_MODE {
    VERIFY_PLAIN,
    VERIFY_DECLARATIVE,
    VERIFY_UNIVERSAL,
    VERIFY_WINDOWS,
    VERIFY_SIGNATURE
} VERIFY_MODE;

typedef struct _VERIFY_OPTIONS {
    VERIFY_MODE Mode;
    bool Stampinf;         /* $ARCH$ is an architecture */
    const char *Provider;  /* NULL: any */
    const char *OsVersion; /* NULL: models of all systems; else of this decoration alone */
} VERIFY_OPTIONS;

typedef struct _VERIFY_NOTE {
    int Code;
    bool IsError;
    unsigned Line; /* 0: of no line */
    char *Text;
} VERIFY_NOTE;

typedef struct _VERIFY { /* one INF */
    INF_FILE File;
    const VERIFY_OPTIONS *Options;
    const char **Role;  /* of each section: the directive that named it, NULL: none did */
    VERIFY_NOTE *Note;  /* by line */
    unsigned NoteCount, NoteRoom, ErrorCount;
    bool IsExtension;
    char Class[VERIFY_TEXT];
} VERIFY;

/* Checks the bytes of a file; what there is to say is in Note. VerifyFree afterwards, always. */
void VerifyInf(VERIFY *V, const char *Path, const unsigned char *Bytes, unsigned Count,
               const VERIFY_OPTIONS *Options);
void VerifyFree(VERIFY *V);
/* A note that needs no parsed INF: the file is not there. */
void VerifyNote(VERIFY *V, unsigned Line, int Code, ...);

/* ---- codes.c ---- */
typedef struct _VERIFY_CODE {
    int Code;
    const char *Levels; /* for /k, /u, /w: E, W or - */
    const char *Message, *Meaning;
} VERIFY_CODE;
const VERIFY_CODE *VerifyCode(int Code); /* or NULL */
/* E, W or -: what Code is in a mode. */
char VerifyLevel(const VERIFY_CODE *Code, VERIFY_MODE Mode);

/* ---- text.c: the INF's text ---- */
int VerifySection(const VERIFY *V, const char *Format, ...); /* or INF_NONE */
void VerifySectionName(const VERIFY *V, int Section, char *Out);
/* Lines of a section; INF_NONE starts and ends. Key NULL: any. */
int VerifyLine(const VERIFY *V, int Section, int Line, const char *Key);
unsigned VerifyFields(const VERIFY *V, int Line);
unsigned VerifyNumberOf(const VERIFY *V, int Line); /* in the file */
/* Field 0 is the key. %strings% are replaced, %dirids% stay. FALSE, and Out empty: there is none.
 */
bool VerifyField(const VERIFY *V, int Line, unsigned Field, char *Out);
/* The first field of a key. */
bool VerifyEntry(const VERIFY *V, int Section, const char *Key, char *Out);
bool VerifySame(const char *A, const char *B); /* without case */
bool VerifyStarts(const char *Text, const char *Start);
bool VerifyEnds(const char *Text, const char *End);
bool VerifyParse(const char *Text, unsigned *Number);
bool VerifyIsGuid(const char *Text);
void VerifyPut(char *Out, const char *Text); /* of VERIFY_TEXT, cut */
void VerifyPrint(char *Out, const char *Format, ...) __attribute__((format(printf, 2, 3)));
/* The characters of a text of the INF, cut at Limit bytes, terminated. */
void VerifyNarrow(const INF_CHAR *Text, unsigned Length, char *Out, unsigned Limit);

/* ---- sections that directives name ---- */
/*
 * The section that a directive of Line names, marked as used by it. INF_NONE: there is none (a note
 * says so). First: nobody has looked into it for this directive.
 */
int VerifyUse(VERIFY *V, int Line, const char *Directive, const char *Name, bool *First);
/* Marks all that a section names, whatever its lines mean. */
void VerifyMarkBelow(VERIFY *V, int Section);

typedef struct _VERIFY_PLACE { /* where a directive stands */
    int Install;              /* the DDInstall section */
    const char *Architecture; /* amd64; "": none */
    unsigned Build;           /* of the system that it is for at least; 0: of any */
    bool OfService, OfCoInstallers;
    bool MayDelete; /* what takes a driver away on older systems */
} VERIFY_PLACE;

/* ---- version.c ---- */
void VerifyVersion(VERIFY *V);
/* ---- models.c ---- */
void VerifyModels(VERIFY *V);
void VerifyDefaultInstall(VERIFY *V);
/* Decoration as nt[architecture][.major[.minor...]]; FALSE: it is none. */
typedef struct _VERIFY_TARGET {
    char Architecture[16]; /* "": none */
    unsigned Part[5];      /* major, minor, product type, suite mask, build */
    unsigned Parts;
} VERIFY_TARGET;
bool VerifyTarget(const VERIFY *V, const char *Decoration, VERIFY_TARGET *Target);
/* ---- install.c ---- */
void VerifyInstall(VERIFY *V, int Section, const VERIFY_TARGET *Target);
/* Directives that install sections and those below them share. */
void VerifyDirectives(VERIFY *V, int Section, const VERIFY_PLACE *Place);
void VerifyClasses(VERIFY *V); /* [ClassInstall32], [InterfaceInstall32], [DeviceInstall32] */
bool VerifyHasService(const VERIFY *V, int Section);
/* ---- services.c ---- */
void VerifyServices(VERIFY *V, int Section, const VERIFY_PLACE *Place);
/* ---- files.c ---- */
void VerifyFileSection(VERIFY *V, int Section, const char *Directive, const VERIFY_PLACE *Place);
void VerifyOneFile(VERIFY *V, int Line, const char *Name,
                   const VERIFY_PLACE *Place); /* CopyFiles = @name */
void VerifySourceDisks(VERIFY *V);
/* Whether CopyFiles of an install section, or of what it needs here, bring a file of this name. */
bool VerifyCopies(const VERIFY *V, int Install, const char *File);
/* ---- registry.c ---- */
void VerifyRegistry(VERIFY *V, int Section, const char *Directive, const VERIFY_PLACE *Place);
/* ---- strings.c ---- */
void VerifyStrings(VERIFY *V);
void VerifyUnused(VERIFY *V);

/* ---- main.c: the command line, for the program and for the verb ---- */
typedef struct _VERIFY_HOST { /* what differs between them */
    /* Bytes of a file, to be freed; NULL: it cannot be read. */
    unsigned char *(*Read)(const char *Path, unsigned *Count);
    /* Calls Each for the files that a name with * means, in order. */
    void (*Expand)(const char *Pattern, void (*Each)(void *Context, const char *Path),
                   void *Context);
    void (*Write)(const char *Text); /* UTF-8 */
    bool HasJson;                    /* --json is an option */
} VERIFY_HOST;
/* 0: all are valid. 1: one is not. 87: the arguments are wrong (ERROR_INVALID_PARAMETER). */
int VerifyMain(int Count, char **Arguments, const VERIFY_HOST *Host);
/* ---- info.c ---- */
typedef void VERIFY_PRINT(void *Context, const char *Format, ...);
void VerifyInfo(const VERIFY *V, const char *Path, VERIFY_PRINT *Print, void *Context);
