/*
 * See verify.h: reading an INF, notes, the sections that directives name. Left out: rules of
 * network, display, audio, camera and print drivers, INF shims, what depends on the INFs that
 * Windows ships with.
 */
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_LIMIT = 10000 };

void *InfAllocate(size_t Bytes)
{
    return malloc(Bytes);
}

void InfFree(void *Memory)
{
    free(Memory);
}

/* ---- notes ---- */

static bool IsKnown(const VERIFY *V, unsigned Line, int Code, const char *Text)
{
    for (unsigned i = V->NoteCount; i-- != 0;)
        if (V->Note[i].Line == Line && V->Note[i].Code == Code &&
            strcmp(V->Note[i].Text, Text) == 0)
            return true;
    return false;
}

static bool MakeRoom(VERIFY *V)
{
    unsigned Room = V->NoteRoom != 0 ? 2 * V->NoteRoom : 64;
    VERIFY_NOTE *Note;

    if (V->NoteCount < V->NoteRoom)
        return true;
    Note = V->NoteCount < NOTE_LIMIT ? realloc(V->Note, Room * sizeof(*Note)) : NULL;
    if (Note == NULL)
        return false;
    V->Note = Note;
    V->NoteRoom = Room;
    return true;
}

void VerifyNote(VERIFY *V, unsigned Line, int Code, ...)
{
    const VERIFY_CODE *Entry = VerifyCode(Code);
    char Level = VerifyLevel(Entry, V->Options->Mode), *Text, Message[4 * VERIFY_TEXT];
    va_list Arguments;

    if (Level == '-')
        return;
    va_start(Arguments, Code);
    vsnprintf(Message, sizeof(Message), Entry->Message, Arguments);
    va_end(Arguments);
    if (IsKnown(V, Line, Code, Message)) /* models share sections */
        return;
    if (Level == 'E')
        V->ErrorCount++;
    if (!MakeRoom(V))
        return;
    Text = malloc(strlen(Message) + 1);
    if (Text == NULL)
        return;
    strcpy(Text, Message);
    V->Note[V->NoteCount++] = (VERIFY_NOTE){Code, Level == 'E', Line, Text};
}

static int CompareNotes(const void *A, const void *B)
{
    const VERIFY_NOTE *First = A, *Second = B;

    if (First->Line != Second->Line)
        return First->Line < Second->Line ? -1 : 1;
    if (First->Code != Second->Code)
        return First->Code < Second->Code ? -1 : 1;
    return strcmp(First->Text, Second->Text);
}

/* ---- sections that directives name ---- */

/* Directives whose sections have lines of one form. */
static const char *FormOf(const char *Directive)
{
    static const char *const Files[] = {"CopyFiles", "DelFiles", "RenFiles"}, *const Keys[] = {
                                                                                  "AddReg",
                                                                                  "DelReg"};
    unsigned i;

    for (i = 0; i < 3; i++)
        if (strcmp(Files[i], Directive) == 0)
            return Files[0];
    for (i = 0; i < 2; i++)
        if (strcmp(Keys[i], Directive) == 0)
            return Keys[0];
    return Directive;
}

static const char Anything[] = "*"; /* the role of sections whose lines are not looked at */

static bool CheckRole(VERIFY *V, int Section, unsigned Line, const char *Directive)
{
    const char *Role = V->Role[Section];
    char Name[VERIFY_TEXT];

    if (Role == NULL || Role == Anything || strcmp(Role, Directive) == 0)
        return true;
    VerifySectionName(V, Section, Name);
    if (strcmp(FormOf(Role), FormOf(Directive)) == 0)
        VerifyNote(V, Line, 1205, Name, Role, Directive);
    else
        VerifyNote(V, Line, 1206, Directive, Name, Directive);
    return false;
}

int VerifyUse(VERIFY *V, int Line, const char *Directive, const char *Name, bool *First)
{
    int Section = VerifySection(V, "%s", Name);

    *First = false;
    if (Section == INF_NONE) {
        VerifyNote(V, VerifyNumberOf(V, Line), 1203, Name);
        return INF_NONE;
    }
    *First = V->Role[Section] == NULL || V->Role[Section] == Anything;
    if (CheckRole(V, Section, VerifyNumberOf(V, Line), Directive))
        V->Role[Section] = Directive;
    return Section;
}

void VerifyMarkBelow(VERIFY *V, int Section)
{
    char Name[VERIFY_TEXT];
    unsigned Field;
    int Line, Named;

    if (V->Role[Section] == NULL)
        V->Role[Section] = Anything;
    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++) {
            Named = Name[0] != 0 ? VerifySection(V, "%s", Name) : INF_NONE;
            if (Named != INF_NONE && V->Role[Named] == NULL)
                V->Role[Named] = Anything;
        }
}

/* ---- an INF ---- */

static void NoteSyntax(VERIFY *V, const char *Path, INF_ERROR Error)
{
    /* SPAPI errors, as setupapi gives them */
    static const char *const Errors[] = {"0", "E0000001", "E0000002", "E0000003", "E0000100", "8"};
    char Line[16];

    if (Error == INF_WRONG_STYLE) {
        VerifyNote(V, V->File.ErrorLine, 1001, Path);
        return;
    }
    snprintf(Line, sizeof(Line), "%u", V->File.ErrorLine);
    VerifyNote(V, V->File.ErrorLine, 1002, Path, Line, Errors[Error]);
}

/* Sections that stand for themselves. */
static void MarkRoots(VERIFY *V)
{
    static const char *const Roots[] = {"Version",         "Manufacturer",     "ControlFlags",
                                        "DestinationDirs", "SourceDisksNames", "SourceDisksFiles",
                                        "Strings"};
    char Name[VERIFY_TEXT];
    unsigned i, j;

    for (i = 0; i < V->File.SectionCount; i++) {
        VerifySectionName(V, (int)i, Name);
        for (j = 0; j < sizeof(Roots) / sizeof(Roots[0]); j++)
            if (VerifyStarts(Name, Roots[j]) &&
                (Name[strlen(Roots[j])] == 0 || (j >= 4 && Name[strlen(Roots[j])] == '.')))
                V->Role[i] = Roots[j];
        if (V->File.Section[i].Again != 0)
            VerifyNote(V, V->File.Section[i].Again, 1209, Name);
        if (VerifyStarts(Name, "SignatureAttributes") || VerifyStarts(Name, "WinPE"))
            VerifyMarkBelow(V, (int)i);
    }
}

static void CheckAll(VERIFY *V)
{
    MarkRoots(V);
    VerifyVersion(V);
    VerifyModels(V);
    VerifyDefaultInstall(V);
    VerifyClasses(V);
    VerifySourceDisks(V);
    VerifyStrings(V);
    VerifyUnused(V);
}

void VerifyInf(VERIFY *V, const char *Path, const unsigned char *Bytes, unsigned Count,
               const VERIFY_OPTIONS *Options)
{
    INF_CHAR *Text = Count <= INF_BYTES_LIMIT ? malloc(((size_t)Count + 1) * sizeof(*Text)) : NULL;
    INF_ERROR Error = INF_NO_MEMORY;

    memset(V, 0, sizeof(*V));
    V->Options = Options;
    if (Text != NULL)
        Error = InfParse(&V->File, Text, InfDecode(Bytes, Count, Text));
    free(Text);
    if ((Count >= 3 && memcmp(Bytes, "\xEF\xBB\xBF", 3) == 0) ||
        (Count >= 2 && memcmp(Bytes, "\xFE\xFF", 2) == 0))
        VerifyNote(V, 0, 1003);
    if (Error != INF_FINE) {
        NoteSyntax(V, Path, Error);
        return;
    }
    V->Role = calloc(V->File.SectionCount + 1, sizeof(*V->Role));
    if (V->Role != NULL)
        CheckAll(V);
    else
        NoteSyntax(V, Path, INF_NO_MEMORY);
    if (V->NoteCount != 0)
        qsort(V->Note, V->NoteCount, sizeof(*V->Note), CompareNotes);
}

void VerifyFree(VERIFY *V)
{
    for (unsigned i = 0; i < V->NoteCount; i++)
        free(V->Note[i].Text);
    free(V->Note);
    free(V->Role);
    InfFreeFile(&V->File);
}
