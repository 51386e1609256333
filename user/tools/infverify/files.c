/*
 * Files: CopyFiles, DelFiles, RenFiles, [DestinationDirs], [SourceDisksFiles], [SourceDisksNames].
 * [doc: their pages; Using Dirids; InfVerif /h; Using a Universal INF File]
 */
#include "verify.h"

#include <stdio.h>
#include <string.h>

typedef struct _DESTINATION {
    unsigned Id;
    char Folder[VERIFY_TEXT];
    unsigned Line; /* where it says so; 0: nowhere */
    bool IsNumber;
} DESTINATION;

/* ---- where files go ---- */

static void FindDestination(const VERIFY *V, const char *Section, DESTINATION *Destination)
{
    int Directories = VerifySection(V, "DestinationDirs"),
        Line = VerifyLine(V, Directories, INF_NONE, Section);
    char Id[VERIFY_TEXT];

    memset(Destination, 0, sizeof(*Destination));
    if (Line == INF_NONE)
        Line = VerifyLine(V, Directories, INF_NONE, "DefaultDestDir");
    if (Line == INF_NONE)
        return;
    Destination->Line = VerifyNumberOf(V, Line);
    Destination->IsNumber = VerifyField(V, Line, 1, Id) && VerifyParse(Id, &Destination->Id);
    VerifyField(V, Line, 2, Destination->Folder);
}

/* Directories of the system, of users' shells, of printing, and those that programs may set. */
static bool IsDirectory(unsigned Id)
{
    static const unsigned Known[] = {1,  10, 11, 12, 13, 17, 18, 20, 21, 23,
                                     24, 25, 30, 50, 51, 52, 53, 54, 55};

    for (unsigned i = 0; i < sizeof(Known) / sizeof(Known[0]); i++)
        if (Known[i] == Id)
            return true;
    return Id >= 16384; /* -1 and 65535 are absolute paths */
}

static bool IsOfUniversal(const DESTINATION *Destination)
{
    return (Destination->Id >= 11 && Destination->Id <= 13) ||
           (Destination->Id == 10 && Destination->Folder[0] != 0);
}

static bool IsOfSignature(unsigned Id)
{
    static const unsigned Allowed[] = {10,    11,    12,    13,    23,    51,
                                       52,    55,    16422, 16425, 16426, 16427,
                                       16428, 66000, 66001, 66002, 66003, 66004};

    for (unsigned i = 0; i < sizeof(Allowed) / sizeof(Allowed[0]); i++)
        if (Allowed[i] == Id)
            return true;
    return false;
}

static void CheckDestination(VERIFY *V, unsigned Line, const char *Section, const char *File,
                             const char *Directive, const DESTINATION *Destination)
{
    char Id[24], Path[VERIFY_TEXT];

    if (Destination->Line == 0) {
        VerifyNote(V, Line, 1275, Directive, Section);
        return;
    }
    snprintf(Id, sizeof(Id), "%d", (int)Destination->Id);
    VerifyPrint(Path, "%%%s%%%s%.500s", Id, Destination->Folder[0] != 0 ? "\\" : "",
                Destination->Folder);
    if (!Destination->IsNumber || !IsDirectory(Destination->Id)) {
        VerifyNote(V, Destination->Line, 1243, Id, File, Section);
        return;
    }
    if (strcmp(Directive, "CopyFiles") != 0)
        return;
    if (V->Options->Mode == VERIFY_SIGNATURE ? !IsOfSignature(Destination->Id)
                                             : Destination->Id != 13)
        VerifyNote(V, Line, 1322, Path, File);
    if (!IsOfUniversal(Destination))
        VerifyNote(V, Line, 1306, Directive, Path, File);
}

/* ---- where files come from ---- */

static int SourceLine(const VERIFY *V, const char *File, const char *Architecture)
{
    int Line = INF_NONE;

    if (Architecture[0] != 0)
        Line = VerifyLine(V, VerifySection(V, "SourceDisksFiles.%s", Architecture), INF_NONE, File);
    return Line != INF_NONE ? Line
                            : VerifyLine(V, VerifySection(V, "SourceDisksFiles"), INF_NONE, File);
}

static void Join(char *Out, const char *A, const char *B)
{
    size_t Length;

    A += *A == '\\';
    B += *B == '\\';
    VerifyPrint(Out, "%.400s%s%.400s", A, *A != 0 && *B != 0 && !VerifyEnds(A, "\\") ? "\\" : "",
                B);
    for (Length = strlen(Out); Length != 0 && Out[Length - 1] == '\\'; Length--)
        Out[Length - 1] = 0;
}

/* The folder of a source file: of its disk, then its own. */
static void SourceFolder(const VERIFY *V, int Line, const char *Architecture, char *Out)
{
    char Disk[VERIFY_TEXT], OfDisk[VERIFY_TEXT] = "", Own[VERIFY_TEXT];
    int DiskLine = INF_NONE;

    VerifyField(V, Line, 1, Disk);
    VerifyField(V, Line, 2, Own);
    if (Architecture[0] != 0)
        DiskLine =
            VerifyLine(V, VerifySection(V, "SourceDisksNames.%s", Architecture), INF_NONE, Disk);
    if (DiskLine == INF_NONE)
        DiskLine = VerifyLine(V, VerifySection(V, "SourceDisksNames"), INF_NONE, Disk);
    if (DiskLine != INF_NONE)
        VerifyField(V, DiskLine, 4, OfDisk);
    Join(Out, OfDisk, Own);
}

static void CheckSource(VERIFY *V, unsigned Number, const char *To, const char *From,
                        const DESTINATION *Destination, const VERIFY_PLACE *Place)
{
    int Line = SourceLine(V, From, Place->Architecture);
    char Source[VERIFY_TEXT], Target[VERIFY_TEXT], Name[VERIFY_TEXT];
    const char *File = strrchr(To, '\\');

    if (Line == INF_NONE) {
        if (VerifyEntry(V, VerifySection(V, "Version"), "LayoutFile",
                        Name)) /* the system's own list */
            return;
        VerifyNote(V, Number, 1230, From);
        return;
    }
    if (Destination->Line == 0 || Destination->Id != 13)
        return;
    if (!VerifySame(File != NULL ? File + 1 : To, From)) {
        VerifyNote(V, Number, 1100, "name", From, "13");
        return;
    }
    SourceFolder(V, Line, Place->Architecture, Source);
    VerifyPut(Name, To);
    Name[File != NULL ? File - To : 0] = 0;
    Join(Target, Destination->Folder, Name);
    if (!VerifySame(Source, Target))
        VerifyNote(V, Number, 1100, "path", From, "13");
}

/* ---- lists of files ---- */

/* destination[,[source][,[temporary][,flags]]] */
static void CheckLine(VERIFY *V, int Line, const char *Section, const char *Directive,
                      const VERIFY_PLACE *Place)
{
    char To[VERIFY_TEXT], From[VERIFY_TEXT], Flags[VERIFY_TEXT];
    unsigned Number = VerifyNumberOf(V, Line), Value;
    DESTINATION Destination;

    if (!VerifyField(V, Line, 1, To) || To[0] == 0) {
        VerifyNote(V, Number, 1229, "destination", Directive);
        return;
    }
    if (!VerifyField(V, Line, 2, From) || From[0] == 0)
        VerifyPut(From, To);
    if (VerifyField(V, Line, 4, Flags) && Flags[0] != 0 && !VerifyParse(Flags, &Value))
        VerifyNote(V, Number, 1268, Directive, "32");
    FindDestination(V, Section, &Destination);
    CheckDestination(V, Number, Section, To, Directive, &Destination);
    if (strcmp(Directive, "CopyFiles") == 0) {
        CheckSource(V, Number, To, From, &Destination, Place);
        return;
    }
    if (!Place->MayDelete)
        VerifyNote(V, Number, 1309, Directive, To);
    if (Destination.Line != 0 && Destination.Id == 13)
        VerifyNote(V, Number, 1102, Directive, "13");
}

void VerifyFileSection(VERIFY *V, int Section, const char *Directive, const VERIFY_PLACE *Place)
{
    char Name[VERIFY_TEXT];
    int Line;

    VerifySectionName(V, Section, Name);
    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL))
        CheckLine(V, Line, Name, Directive, Place);
    Section = VerifySection(V, "%s.Security", Name);
    if (Section != INF_NONE)
        VerifyMarkBelow(V, Section);
}

void VerifyOneFile(VERIFY *V, int Line, const char *Name, const VERIFY_PLACE *Place)
{
    unsigned Number = VerifyNumberOf(V, Line);
    DESTINATION Destination;

    if (Name[0] == 0) {
        VerifyNote(V, Number, 1229, "source", "CopyFiles");
        return;
    }
    FindDestination(V, "DefaultDestDir", &Destination);
    CheckDestination(V, Number, "DefaultDestDir", Name, "CopyFiles", &Destination);
    CheckSource(V, Number, Name, Name, &Destination, Place);
}

/* ---- the package's files ---- */

static bool HasDisk(const VERIFY *V, const char *Disk, const char *Decoration)
{
    return VerifyLine(V, VerifySection(V, "SourceDisksNames"), INF_NONE, Disk) != INF_NONE ||
           (Decoration[0] != 0 && VerifyLine(V, VerifySection(V, "SourceDisksNames%s", Decoration),
                                             INF_NONE, Disk) != INF_NONE);
}

static void CheckSources(VERIFY *V, int Section, const char *Name)
{
    char File[VERIFY_TEXT], Disk[VERIFY_TEXT];
    unsigned Number;
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        if (!VerifyField(V, Line, 0, File) || File[0] == 0)
            continue;
        if (VerifyEnds(File, ".cat"))
            VerifyNote(V, VerifyNumberOf(V, Line), 1213);
        VerifyField(V, Line, 1, Disk);
        if (!VerifyParse(Disk, &Number))
            VerifyNote(V, VerifyNumberOf(V, Line), 1008, File, Name);
        else if (!HasDisk(V, Disk, strchr(Name, '.') != NULL ? strchr(Name, '.') : ""))
            VerifyNote(V, VerifyNumberOf(V, Line), 1273, File, Disk, "SourceDisksNames");
    }
}

void VerifySourceDisks(VERIFY *V)
{
    char Name[VERIFY_TEXT];

    for (unsigned i = 0; i < V->File.SectionCount; i++) {
        VerifySectionName(V, (int)i, Name);
        if (VerifyStarts(Name, "SourceDisksFiles") && (Name[16] == 0 || Name[16] == '.'))
            CheckSources(V, (int)i, Name);
    }
}

/* ---- what an install section copies ---- */

static bool Lists(const VERIFY *V, int Section, const char *File)
{
    char To[VERIFY_TEXT];
    const char *Name;
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        VerifyField(V, Line, 1, To);
        Name = strrchr(To, '\\');
        if (VerifySame(Name != NULL ? Name + 1 : To, File))
            return true;
    }
    return false;
}

static bool Copies(const VERIFY *V, int Install, const char *File, unsigned Depth)
{
    char Name[VERIFY_TEXT];
    unsigned Field;
    int Line;

    if (Install == INF_NONE || Depth == 0)
        return false;
    for (Line = VerifyLine(V, Install, INF_NONE, "CopyFiles"); Line != INF_NONE;
         Line = VerifyLine(V, Install, Line, "CopyFiles"))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++)
            if (Name[0] == '@' ? VerifySame(Name + 1, File)
                               : Lists(V, VerifySection(V, "%s", Name), File))
                return true;
    for (Line = VerifyLine(V, Install, INF_NONE, "Needs"); Line != INF_NONE;
         Line = VerifyLine(V, Install, Line, "Needs"))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++)
            if (Copies(V, VerifySection(V, "%s", Name), File, Depth - 1))
                return true;
    return false;
}

bool VerifyCopies(const VERIFY *V, int Install, const char *File)
{
    return Copies(V, Install, File, 3);
}
