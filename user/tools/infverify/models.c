/* [Manufacturer], models, [DefaultInstall]. [doc: INF Manufacturer Section, INF Models Section, INF
 * DefaultInstall Section] */
#include "verify.h"

#include <stdio.h>
#include <string.h>

static const char *const Architectures[] = {"x86", "amd64", "arm64", "arm", "ia64"};
#define ARCHITECTURES (sizeof(Architectures) / sizeof(Architectures[0]))

/* ---- decorations ---- */

static bool TakeNumber(const char **At, unsigned *Number)
{
    char Digits[16];
    unsigned Count = 0;

    while (**At != 0 && **At != '.') {
        if (Count == sizeof(Digits) - 1)
            return false;
        Digits[Count++] = *(*At)++;
    }
    Digits[Count] = 0;
    *Number = 0;
    return Count == 0 || VerifyParse(Digits, Number);
}

bool VerifyTarget(const VERIFY *V, const char *Decoration, VERIFY_TARGET *Target)
{
    const char *At = Decoration + 2;

    memset(Target, 0, sizeof(*Target));
    if (!VerifyStarts(Decoration, "nt"))
        return false;
    for (unsigned i = 0; i < ARCHITECTURES && Target->Architecture[0] == 0;
         i++) /* arm64 before arm */
        if (VerifyStarts(At, Architectures[i]))
            strcpy(Target->Architecture, Architectures[i]);
    if (V->Options->Stampinf && strncmp(At, "$ARCH$", 6) == 0)
        strcpy(Target->Architecture, "$ARCH$");
    At += strlen(Target->Architecture);
    while (*At == '.' && Target->Parts < 5) {
        At++;
        if (!TakeNumber(&At, &Target->Part[Target->Parts++]))
            return false;
    }
    return *At == 0;
}

static bool CheckDecoration(VERIFY *V, int Line, const char *Models, const char *Decoration,
                            VERIFY_TARGET *Target)
{
    char Section[VERIFY_TEXT], Version[VERIFY_TEXT];

    VerifyPrint(Section, "%.300s.%.300s", Models, Decoration);
    if (strstr(Decoration, "$ARCH$") != NULL && !V->Options->Stampinf) {
        VerifyNote(V, VerifyNumberOf(V, Line), 1274, Section);
        return false;
    }
    if (!VerifyTarget(V, Decoration, Target)) {
        VerifyNote(V, VerifyNumberOf(V, Line), 1287, Decoration, Models, "Manufacturer");
        return false;
    }
    VerifyPrint(Version, "%u.%u.%u", Target->Part[0], Target->Part[1], Target->Part[4]);
    if (Target->Parts == 5 && Target->Part[4] != 0 &&
        (Target->Part[0] < 10 || Target->Part[4] < 14310))
        VerifyNote(V, VerifyNumberOf(V, Line), 1288, Version);
    if (Target->Architecture[0] == 0)
        VerifyNote(V, VerifyNumberOf(V, Line), 2010, Section, "NTx86");
    return true;
}

/* ---- install sections ---- */

/* name.NTarchitecture, name.NT, name. */
static int FindInstall(const VERIFY *V, const char *Name, const char *Architecture)
{
    int Section = INF_NONE;

    if (Architecture[0] != 0)
        Section = VerifySection(V, "%s.NT%s", Name, Architecture);
    if (Section == INF_NONE)
        Section = VerifySection(V, "%s.NT", Name);
    return Section != INF_NONE ? Section : VerifySection(V, "%s", Name);
}

/* Classes whose devices work without a function driver of their own. */
static bool NeedsService(const VERIFY *V)
{
    static const char *const Without[] = {
        "Extension",  "SoftwareComponent", "SoftwareDevice", "Printer",    "Monitor",  "Firmware",
        "PrintQueue", "WSDPrintDevice",    "Volume",         "NetService", "NetTrans", "NetClient"};

    for (unsigned i = 0; i < sizeof(Without) / sizeof(Without[0]); i++)
        if (VerifySame(V->Class, Without[i]))
            return false;
    return true;
}

static bool CheckModel(VERIFY *V, int Line, const VERIFY_TARGET *Target)
{
    char Description[VERIFY_TEXT], Install[VERIFY_TEXT], Id[VERIFY_TEXT], Name[VERIFY_TEXT];
    unsigned Number = VerifyNumberOf(V, Line);
    bool HasId = VerifyField(V, Line, 2, Id) && Id[0] != 0;
    int Section;

    VerifyField(V, Line, 0, Description);
    if (!VerifyField(V, Line, 1, Install) || Install[0] == 0) {
        VerifyNote(V, Number, 1271);
        return HasId;
    }
    Section = FindInstall(V, Install, Target->Architecture);
    if (Section == INF_NONE) {
        VerifyNote(V, Number, 1261, Description, Install);
        return HasId;
    }
    VerifyInstall(V, Section, Target);
    VerifySectionName(V, Section, Name);
    if (HasId && NeedsService(V) && !VerifyHasService(V, Section))
        VerifyNote(V, Number, 1296, Id, Name);
    return HasId;
}

/* The number of models with a hardware ID. */
static unsigned CheckModels(VERIFY *V, int Section, const VERIFY_TARGET *Target)
{
    unsigned Count = 0;
    int Line;

    V->Role[Section] = "Models";
    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL))
        Count += CheckModel(V, Line, Target);
    return Count;
}

/* ---- manufacturers ---- */

static unsigned long long Order(const VERIFY_TARGET *Target)
{
    return (unsigned long long)(Target->Part[0] & 0xFFFF) << 48 |
           (unsigned long long)(Target->Part[1] & 0xFFFF) << 32 | Target->Part[4];
}

/* With /osver: whether of a line's decorations it is this one that the system takes. */
static bool IsTaken(VERIFY *V, int Line, const VERIFY_TARGET *Candidate)
{
    VERIFY_TARGET Wanted, Other;
    char Decoration[VERIFY_TEXT];
    unsigned Field;

    if (V->Options->OsVersion == NULL || !VerifyTarget(V, V->Options->OsVersion, &Wanted))
        return true;
    if ((Candidate->Architecture[0] != 0 &&
         !VerifySame(Candidate->Architecture, Wanted.Architecture)) ||
        Order(Candidate) > Order(&Wanted))
        return false;
    for (Field = 2; VerifyField(V, Line, Field, Decoration); Field++)
        if (VerifyTarget(V, Decoration, &Other) &&
            VerifySame(Other.Architecture, Candidate->Architecture) &&
            Order(&Other) > Order(Candidate) && Order(&Other) <= Order(&Wanted))
            return false;
    return true;
}

static unsigned CheckManufacturer(VERIFY *V, int Line)
{
    char Models[VERIFY_TEXT], Decoration[VERIFY_TEXT], Section[VERIFY_TEXT];
    unsigned Number = VerifyNumberOf(V, Line), Count = 0, Field;
    static const VERIFY_TARGET Undecorated = {.Architecture = "x86"};
    VERIFY_TARGET Target;
    int Found;

    if (!VerifyField(V, Line, 1, Models) || Models[0] == 0) {
        VerifyNote(V, Number, 1011);
        return 0;
    }
    if (VerifyFields(V, Line) == 1) {
        VerifyNote(V, Number, 2010, Models, "NTx86");
        Found = VerifySection(V, "%s", Models);
        if (Found == INF_NONE)
            VerifyNote(V, Number, 1203, Models);
        return Found != INF_NONE ? CheckModels(V, Found, &Undecorated) : 0;
    }
    for (Field = 2; VerifyField(V, Line, Field, Decoration); Field++) {
        if (Decoration[0] == 0 || !CheckDecoration(V, Line, Models, Decoration, &Target))
            continue;
        VerifyPrint(Section, "%.300s.%.300s", Models, Decoration);
        Found = VerifySection(V, "%s", Section);
        if (Found == INF_NONE)
            VerifyNote(V, Number, 1203, Section);
        else if (IsTaken(V, Line, &Target))
            Count += CheckModels(V, Found, &Target);
        else
            V->Role[Found] = "Models";
    }
    return Count;
}

static bool HasDefaultInstall(const VERIFY *V)
{
    char Name[VERIFY_TEXT];

    for (unsigned i = 0; i < V->File.SectionCount; i++) {
        VerifySectionName(V, (int)i, Name);
        if (VerifyStarts(Name, "DefaultInstall"))
            return true;
    }
    return false;
}

void VerifyModels(VERIFY *V)
{
    int Section = VerifySection(V, "Manufacturer"), Line;
    unsigned Count = 0;

    if (Section == INF_NONE && HasDefaultInstall(V))
        return;
    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL))
        Count += CheckManufacturer(V, Line);
    if (Count == 0 && V->Options->OsVersion == NULL &&
        VerifySection(V, "ClassInstall32") == INF_NONE)
        VerifyNote(V, Section != INF_NONE ? V->File.Section[Section].Number : 0, 1297);
}

/* ---- primitive drivers ---- */

/* Base alone or with a decoration, not one of its sections: DefaultInstall.NTamd64.Services. */
static bool IsBase(const VERIFY *V, const char *Name, const char *Base)
{
    const char *Rest = Name + strlen(Base);
    VERIFY_TARGET Target;

    return VerifyStarts(Name, Base) &&
           (*Rest == 0 || (*Rest == '.' &&
                           (strchr(Rest + 1, '.') == NULL || VerifyTarget(V, Rest + 1, &Target))));
}

void VerifyDefaultInstall(VERIFY *V)
{
    char Name[VERIFY_TEXT], Value[VERIFY_TEXT];
    VERIFY_TARGET Target;

    for (unsigned i = 0; i < V->File.SectionCount; i++) {
        const char *Dot;
        bool Uninstalls;

        VerifySectionName(V, (int)i, Name);
        Uninstalls = IsBase(V, Name, "DefaultUninstall");
        if (!Uninstalls && !IsBase(V, Name, "DefaultInstall"))
            continue;
        Dot = strchr(Name, '.');
        if (Dot == NULL || !VerifyTarget(V, Dot + 1, &Target) || Target.Architecture[0] == 0) {
            memset(&Target, 0, sizeof(Target));
            VerifyNote(V, V->File.Section[i].Number, 1421, Name);
        }
        if (Uninstalls &&
            (!VerifyEntry(V, (int)i, "LegacyUninstall", Value) || strcmp(Value, "1") != 0))
            VerifyNote(V, V->File.Section[i].Number, 1422);
        VerifyInstall(V, (int)i, &Target);
    }
}
