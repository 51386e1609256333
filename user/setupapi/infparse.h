/*
 * An INF as sections, lines and fields. Freestanding, so that it is built for programs, for
 * infverify and, with sanitizers, for the fuzzer of the host. [doc: General Syntax Rules for INF
 * Files]
 */
#pragma once

#include <stddef.h>

typedef unsigned short INF_CHAR; /* UTF-16 */

enum { INF_NONE = -1, INF_STRING_LIMIT = 4096, INF_NAME_LIMIT = 255, INF_BYTES_LIMIT = 4 << 20 };

typedef enum _INF_ERROR { /* as the SPAPI errors, in their order */
    INF_FINE,
    INF_BAD_SECTION_NAME_LINE,  /* [name without its bracket */
    INF_SECTION_NAME_TOO_LONG,
    INF_GENERAL_SYNTAX,         /* a character that no text has, a field that is too long */
    INF_WRONG_STYLE,            /* no [Version] with a Signature */
    INF_NO_MEMORY
} INF_ERROR;

typedef struct _INF_TEXT {
    const INF_CHAR *At; /* not terminated */
    unsigned Length;
} INF_TEXT;

typedef struct _INF_LINE {
    INF_TEXT Key;        /* At NULL: the line has none */
    unsigned FirstField, FieldCount;
    int Section, Next;   /* Next line of the section, or INF_NONE */
    unsigned Number;     /* in the file, from 1 */
} INF_LINE;

typedef struct _INF_SECTION {
    INF_TEXT Name;
    int FirstLine, LastLine; /* INF_NONE: empty */
    unsigned LineCount, Number;
    unsigned Again;          /* line where the name comes a second time, or 0 */
    int NextInBucket;
} INF_SECTION;

enum { INF_BUCKETS = 1024 };

typedef struct _INF_FILE {
    INF_CHAR *Text; /* what fields and names point into, without quotes and blanks around them */
    INF_SECTION *Section;
    INF_LINE *Line;
    INF_TEXT *Field;
    unsigned SectionCount, LineCount, FieldCount;
    unsigned ErrorLine;  /* of the error that InfParse returned */
    int Bucket[INF_BUCKETS];
    int Strings[4];      /* sections of strings, the preferred first */
} INF_FILE;

/* Memory, from whoever the parser is built into. */
void *InfAllocate(size_t Bytes);
void InfFree(void *Memory);

/* Bytes of a file as characters: UTF-16 or UTF-8 with their marks, else code page 1252. To has room
 * for Bytes of them. */
unsigned InfDecode(const unsigned char *From, unsigned Bytes, INF_CHAR *To);
/* On an error the file is empty but for ErrorLine. Otherwise InfFreeFile frees it. */
INF_ERROR InfParse(INF_FILE *File, const INF_CHAR *Text, unsigned Length);
void InfFreeFile(INF_FILE *File);

/* The section of a name, or INF_NONE. Letters compare without case. */
int InfFindSection(const INF_FILE *File, const INF_CHAR *Name, unsigned Length);
/* The first line of Section, or after Line if that is not INF_NONE, whose key is Key (NULL: any).
 */
int InfFindLine(const INF_FILE *File, int Section, int Line, const INF_CHAR *Key, unsigned Length);
int InfSame(const INF_CHAR *A, unsigned ALength, const INF_CHAR *B, unsigned BLength);

/* A value for %Name%, which is no string of the file: its length, into Out; INF_NONE: the text
 * stays as it is. */
typedef int INF_RESOLVE(void *Context, const INF_CHAR *Name, unsigned Length, INF_CHAR *Out,
                        unsigned Limit);
/* Text with its %strings% replaced, cut at Limit; the length, not terminated. Resolve may be NULL.
 */
unsigned InfExpand(const INF_FILE *File, const INF_TEXT *Text, INF_CHAR *Out, unsigned Limit,
                   INF_RESOLVE *Resolve, void *Context);
/* The string of a name; 0: there is none. */
int InfFindString(const INF_FILE *File, const INF_CHAR *Name, unsigned Length, INF_TEXT *Value);
