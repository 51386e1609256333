/*
 * Install sections, those that belong to them by their suffix, and those that they need. [doc: INF
 * DDInstall Section and its sections]
 */
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* ---- Include and Needs ---- */

/* Suffix of a section that belongs to an install section; "": it is one. */
static const char *SuffixOf(const char *Name)
{
    static const char *const Suffixes[] = {
        ".Services",          ".HW",         ".CoInstallers", ".Wdf",    ".Interfaces",
        ".Filters",           ".Components", ".Software",     ".Events", ".WMI",
        ".LogConfigOverride", ".FactDef",    ".COM"};

    for (unsigned i = 0; i < sizeof(Suffixes) / sizeof(Suffixes[0]); i++)
        if (VerifyEnds(Name, Suffixes[i]))
            return Suffixes[i];
    return "";
}

typedef void SECTION_CHECK(VERIFY *V, int Section, const VERIFY_PLACE *Place);

static void CheckIncludes(VERIFY *V, int Section)
{
    char Name[VERIFY_TEXT];
    unsigned Field;
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, "Include"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "Include"))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++)
            if (Name[0] != 0 && (!VerifyEnds(Name, ".inf") || strpbrk(Name, "\\/:") != NULL))
                VerifyNote(V, VerifyNumberOf(V, Line), 1202, Name);
}

static void CheckNeeds(VERIFY *V, int Section, const VERIFY_PLACE *Place, SECTION_CHECK *Check)
{
    bool Includes = VerifyLine(V, Section, INF_NONE, "Include") != INF_NONE, First;
    char Name[VERIFY_TEXT], Own[VERIFY_TEXT];
    const char *Suffix;
    unsigned Field;
    int Line, Needed;

    VerifySectionName(V, Section, Own);
    Suffix = SuffixOf(Own);
    for (Line = VerifyLine(V, Section, INF_NONE, "Needs"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "Needs"))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++) {
            if (Name[0] == 0)
                continue;
            if (!VerifyEnds(Name, Suffix))
                VerifyNote(V, VerifyNumberOf(V, Line), 1313, Name, Suffix + 1, Own);
            Needed = VerifySection(V, "%s", Name);
            if (Needed == INF_NONE && !Includes)
                VerifyNote(V, VerifyNumberOf(V, Line), 1315, Name);
            if (Needed == INF_NONE)
                continue;
            First = V->Role[Needed] == NULL;
            if (First) { /* once: sections may need each other */
                V->Role[Needed] = "Needs";
                Check(V, Needed, Place);
            }
        }
}

/* ---- directives ---- */

/* Directives whose fields name sections. */
static void CheckNamed(VERIFY *V, int Section, const char *Directive, const VERIFY_PLACE *Place)
{
    bool OfFiles = VerifyEnds(Directive, "Files"), First;
    char Name[VERIFY_TEXT];
    unsigned Field;
    int Line, Named;

    for (Line = VerifyLine(V, Section, INF_NONE, Directive); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, Directive)) {
        if (!VerifyField(V, Line, 1, Name) || Name[0] == 0)
            VerifyNote(V, VerifyNumberOf(V, Line), 1005, Directive);
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++) {
            if (Name[0] == 0)
                continue;
            if (OfFiles && Name[0] == '@') {
                VerifyOneFile(V, Line, Name + 1, Place);
                continue;
            }
            Named = VerifyUse(V, Line, Directive, Name, &First);
            if (Named != INF_NONE && OfFiles)
                VerifyFileSection(V, Named, Directive, Place);
            else if (Named != INF_NONE)
                VerifyRegistry(V, Named, Directive, Place);
        }
    }
}

/* Directives that only the desktop has, by the sections that they name. */
static void CheckLegacy(VERIFY *V, int Section)
{
    static const char *const Legacy[] = {"UpdateInis",   "UpdateIniFields", "Ini2Reg",
                                         "ProfileItems", "RegisterDlls",    "UnregisterDlls",
                                         "LogConfig",    "DelProperty"};
    char Name[VERIFY_TEXT];
    unsigned i, Field;
    bool First;
    int Line, Named;

    for (i = 0; i < sizeof(Legacy) / sizeof(Legacy[0]); i++)
        for (Line = VerifyLine(V, Section, INF_NONE, Legacy[i]); Line != INF_NONE;
             Line = VerifyLine(V, Section, Line, Legacy[i])) {
            VerifyNote(V, VerifyNumberOf(V, Line), 1307, "directive", Legacy[i]);
            for (Field = 1; VerifyField(V, Line, Field, Name); Field++) {
                Named = Name[0] != 0 ? VerifyUse(V, Line, Legacy[i], Name, &First) : INF_NONE;
                if (Named != INF_NONE)
                    VerifyMarkBelow(V, Named);
            }
        }
}

/* property lines: name,,,[flags],value or {guid},pid,type,[flags],value */
static void CheckProperties(VERIFY *V, int Section)
{
    char Name[VERIFY_TEXT], Number[VERIFY_TEXT];
    unsigned Value;
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        VerifyField(V, Line, 1, Name);
        if (Name[0] == '{' && !VerifyIsGuid(Name))
            VerifyNote(V, VerifyNumberOf(V, Line), 1019, "AddProperty", "property", Name);
        if (Name[0] == '{' &&
            (!VerifyField(V, Line, 2, Number) || !VerifyParse(Number, &Value) || Value < 2))
            VerifyNote(V, VerifyNumberOf(V, Line), 1268, "AddProperty", "32");
        if (VerifyFields(V, Line) < 5)
            VerifyNote(V, VerifyNumberOf(V, Line), 1085, "AddProperty");
    }
}

static void CheckOther(VERIFY *V, int Section)
{
    char Name[VERIFY_TEXT];
    unsigned Field;
    bool First;
    int Line, Named;

    for (Line = VerifyLine(V, Section, INF_NONE, "AddProperty"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "AddProperty"))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++) {
            Named = Name[0] != 0 ? VerifyUse(V, Line, "AddProperty", Name, &First) : INF_NONE;
            if (Named != INF_NONE)
                CheckProperties(V, Named);
        }
    for (Line = VerifyLine(V, Section, INF_NONE, "CopyINF"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "CopyINF"))
        for (Field = 1; VerifyField(V, Line, Field, Name); Field++)
            if (!VerifyEnds(Name, ".inf"))
                VerifyNote(V, VerifyNumberOf(V, Line), 1110, Name);
    Line = VerifyLine(V, Section, INF_NONE, "FeatureScore");
    if (Line != INF_NONE && VerifyField(V, Line, 1, Name) &&
        (Name[0] == 0 || Name[strspn(Name, "0123456789abcdefABCDEFxX")] != 0 || strlen(Name) > 4))
        VerifyNote(V, VerifyNumberOf(V, Line), 1245, Name);
}

void VerifyDirectives(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    static const char *const Named[] = {"CopyFiles", "DelFiles", "RenFiles",
                                        "AddReg",    "DelReg",   "BitReg"};

    for (unsigned i = 0; i < sizeof(Named) / sizeof(Named[0]); i++)
        CheckNamed(V, Section, Named[i], Place);
    CheckLegacy(V, Section);
    CheckOther(V, Section);
    VerifyMarkBelow(V, Section); /* directives of classes, which say nothing here */
}

static void CheckPlain(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    CheckIncludes(V, Section);
    CheckNeeds(V, Section, Place, CheckPlain);
    VerifyDirectives(V, Section, Place);
}

/* ---- sections of an install section ---- */

static void CheckCoInstallers(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    VERIFY_PLACE Own = *Place;
    char Name[VERIFY_TEXT];

    VerifySectionName(V, Section, Name);
    VerifyNote(V, V->File.Section[Section].Number, 1307, "section", Name);
    Own.OfCoInstallers = true;
    CheckPlain(V, Section, &Own);
}

static void CheckDesktopOnly(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    char Name[VERIFY_TEXT];

    VerifySectionName(V, Section, Name);
    VerifyNote(V, V->File.Section[Section].Number, 1307, "section", Name);
    CheckPlain(V, Section, Place);
}

static void CheckServices(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    CheckIncludes(V, Section);
    CheckNeeds(V, Section, Place, CheckServices);
    VerifyServices(V, Section, Place);
    VerifyMarkBelow(V, Section);
}

static void CheckRemove(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    VERIFY_PLACE Own = *Place;

    Own.MayDelete = true;
    CheckPlain(V, Section, &Own);
}

static void CheckRemovedServices(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    VERIFY_PLACE Own = *Place;

    Own.MayDelete = true;
    CheckServices(V, Section, &Own);
}

/* KmdfService = service, section: there KmdfLibraryVersion = 1.15 */
static void CheckWdfService(VERIFY *V, int Section, const char *Directive, const char *Version)
{
    char Service[VERIFY_TEXT], Name[VERIFY_TEXT], Value[VERIFY_TEXT];
    bool First;
    int Line, Named;

    for (Line = VerifyLine(V, Section, INF_NONE, Directive); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, Directive)) {
        if (!VerifyField(V, Line, 2, Name) || Name[0] == 0) {
            VerifyNote(V, VerifyNumberOf(V, Line), 1005, Directive);
            continue;
        }
        VerifyField(V, Line, 1, Service);
        Named = VerifyUse(V, Line, Directive, Name, &First);
        if (Named == INF_NONE)
            continue;
        if (!VerifyEntry(V, Named, Version, Value))
            VerifyNote(V, VerifyNumberOf(V, Line), 1084, Version, Directive, "service", Service,
                       Name);
        else if (!V->Options->Stampinf &&
                 (Value[0] < '1' || Value[0] > '9' || Value[strspn(Value, "0123456789.")] != 0))
            VerifyNote(V, VerifyNumberOf(V, VerifyLine(V, Named, INF_NONE, Version)), 1081, Version,
                       "version", Value);
    }
}

static void CheckWdf(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    CheckIncludes(V, Section);
    CheckNeeds(V, Section, Place, CheckWdf);
    CheckWdfService(V, Section, "KmdfService", "KmdfLibraryVersion");
    CheckWdfService(V, Section, "UmdfService", "UmdfLibraryVersion");
    VerifyMarkBelow(V, Section);
}

/* AddInterface = {class}[,[reference][,[section][,flags]]] */
static void CheckInterfaces(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    char Guid[VERIFY_TEXT], Name[VERIFY_TEXT];
    int Line, Named;

    CheckIncludes(V, Section);
    CheckNeeds(V, Section, Place, CheckInterfaces);
    for (Line = VerifyLine(V, Section, INF_NONE, "AddInterface"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "AddInterface")) {
        if (!VerifyField(V, Line, 1, Guid) || !VerifyIsGuid(Guid))
            VerifyNote(V, VerifyNumberOf(V, Line), 1019, "AddInterface", "interface", Guid);
        if (!VerifyField(V, Line, 3, Name) || Name[0] == 0)
            continue;
        Named = VerifySection(V, "%s.NT%s", Name, Place->Architecture);
        Named = Named != INF_NONE ? Named : VerifySection(V, "%s.NT", Name);
        Named = Named != INF_NONE ? Named : VerifySection(V, "%s", Name);
        if (Named == INF_NONE)
            VerifyNote(V, VerifyNumberOf(V, Line), 1203, Name);
        else
            CheckPlain(V, Named, Place);
    }
    VerifyMarkBelow(V, Section);
}

/* AddFilter = name,[flags],section: there FilterLevel or FilterPosition. */
static void CheckFilters(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    char Name[VERIFY_TEXT], Level[VERIFY_TEXT], Position[VERIFY_TEXT];
    bool First;
    int Line, Named;

    CheckIncludes(V, Section);
    CheckNeeds(V, Section, Place, CheckFilters);
    for (Line = VerifyLine(V, Section, INF_NONE, "AddFilter"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "AddFilter")) {
        if (!VerifyField(V, Line, 3, Name) || Name[0] == 0) {
            VerifyNote(V, VerifyNumberOf(V, Line), 1005, "AddFilter");
            continue;
        }
        Named = VerifyUse(V, Line, "AddFilter", Name, &First);
        if (Named == INF_NONE)
            continue;
        VerifyEntry(V, Named, "FilterLevel", Level);
        VerifyEntry(V, Named, "FilterPosition", Position);
        if (Level[0] != 0 && Position[0] != 0)
            VerifyNote(V, VerifyNumberOf(V, Line), 1087, "FilterLevel", "FilterPosition",
                       "FilterPosition");
        else if (Level[0] == 0 && Position[0] == 0)
            VerifyNote(V, V->File.Section[Named].Number, 1289, "FilterPosition", Name);
        else if (Position[0] != 0 && !VerifySame(Position, "Upper") &&
                 !VerifySame(Position, "Lower"))
            VerifyNote(V, VerifyNumberOf(V, VerifyLine(V, Named, INF_NONE, "FilterPosition")), 1081,
                       "FilterPosition", "position", Position);
    }
    VerifyMarkBelow(V, Section);
}

/* Directives whose last field is a section, of which no more is asked than that it is there. */
static void CheckAdded(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    char Key[VERIFY_TEXT], Name[VERIFY_TEXT];
    bool First;
    int Line, Named;

    CheckIncludes(V, Section);
    CheckNeeds(V, Section, Place, CheckAdded);
    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        if (!VerifyField(V, Line, 0, Key))
            continue;
        if (!VerifySame(Key, "AddComponent") && !VerifySame(Key, "AddSoftware") &&
            !VerifySame(Key, "AddEventProvider"))
            continue;
        if (!VerifyField(V, Line, VerifySame(Key, "AddEventProvider") ? 2 : 3, Name) ||
            Name[0] == 0) {
            VerifyNote(V, VerifyNumberOf(V, Line), 1005, Key);
            continue;
        }
        Named = VerifyUse(V, Line,
                          VerifySame(Key, "AddComponent")  ? "AddComponent"
                          : VerifySame(Key, "AddSoftware") ? "AddSoftware"
                                                           : "AddEventProvider",
                          Name, &First);
        if (Named != INF_NONE)
            CheckPlain(V, Named, Place);
    }
    VerifyMarkBelow(V, Section);
}

static const struct {
    const char *Suffix;
    SECTION_CHECK *Check;
} Parts[] = {
    {"Services", CheckServices}, {"HW", CheckPlain}, {"CoInstallers", CheckCoInstallers},
    {"Wdf", CheckWdf},
    {"Interfaces", CheckInterfaces}, {"Filters", CheckFilters}, {"Components", CheckAdded},
    {"Software", CheckAdded},
    {"Events", CheckAdded}, {"WMI", CheckPlain}, {"COM", CheckPlain},
    {"LogConfigOverride", CheckDesktopOnly},
    {"FactDef", CheckDesktopOnly}, {"PosDup", CheckPlain}, {"NetDrivers", CheckPlain},
    {"Remove", CheckRemove}, {"Remove.Services", CheckRemovedServices}, /* of network components */
};

void VerifyInstall(VERIFY *V, int Section, const VERIFY_TARGET *Target)
{
    VERIFY_PLACE Place = {
        .Install = Section, .Architecture = Target->Architecture, .Build = Target->Part[4]};
    char Name[VERIFY_TEXT];
    int Part;

    VerifySectionName(V, Section, Name);
    Place.MayDelete = VerifyStarts(Name, "DefaultUninstall");
    V->Role[Section] = "Models";
    CheckPlain(V, Section, &Place);
    for (unsigned i = 0; i < sizeof(Parts) / sizeof(Parts[0]); i++) {
        Part = VerifySection(V, "%s.%s", Name, Parts[i].Suffix);
        if (Part == INF_NONE)
            continue;
        V->Role[Part] = Parts[i].Suffix;
        Parts[i].Check(V, Part, &Place);
    }
}

/* [InterfaceInstall32]: {class} = section */
static void CheckClassInterfaces(VERIFY *V, int Section)
{
    VERIFY_PLACE Place = {.Install = Section, .Architecture = ""};
    char Guid[VERIFY_TEXT], Name[VERIFY_TEXT];
    int Line, Named;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        if (!VerifyField(V, Line, 0, Guid) || !VerifyIsGuid(Guid))
            VerifyNote(V, VerifyNumberOf(V, Line), 1019, "InterfaceInstall32", "interface", Guid);
        if (!VerifyField(V, Line, 1, Name) || Name[0] == 0)
            continue;
        Named = VerifySection(V, "%s", Name);
        Named = Named != INF_NONE ? Named : VerifySection(V, "%s.NT", Name);
        if (Named == INF_NONE)
            VerifyNote(V, VerifyNumberOf(V, Line), 1203, Name);
        else
            CheckPlain(V, Named, &Place);
    }
}

void VerifyClasses(VERIFY *V)
{
    VERIFY_PLACE Place = {.Architecture = ""};
    char Name[VERIFY_TEXT];

    for (unsigned i = 0; i < V->File.SectionCount; i++) {
        bool OfClass, OfInterfaces;

        VerifySectionName(V, (int)i, Name);
        OfClass = VerifyStarts(Name, "ClassInstall32");
        OfInterfaces = VerifySame(Name, "InterfaceInstall32");
        if (!OfClass && !OfInterfaces && !VerifyStarts(Name, "DeviceInstall32"))
            continue;
        V->Role[i] = "Models";
        Place.Install = (int)i;
        if (OfInterfaces)
            CheckClassInterfaces(V, (int)i);
        else if (OfClass && VerifyEnds(Name, ".Services"))
            CheckServices(V, (int)i, &Place);
        else if (OfClass)
            CheckPlain(V, (int)i, &Place);
        else
            VerifyMarkBelow(V, (int)i);
        if (OfClass)
            VerifyNote(V, V->File.Section[i].Number, 1307, "section", Name);
    }
}

/* Depth ends sections that need each other. */
static bool HasService(const VERIFY *V, int Services, unsigned Depth)
{
    char Text[VERIFY_TEXT];
    unsigned Number, Field;
    int Line, Needed;

    if (Services == INF_NONE || Depth == 0)
        return false;
    for (Line = VerifyLine(V, Services, INF_NONE, "AddService"); Line != INF_NONE;
         Line = VerifyLine(V, Services, Line, "AddService"))
        if (VerifyField(V, Line, 2, Text) && VerifyParse(Text, &Number) && (Number & 2))
            return true;
    if (VerifyLine(V, Services, INF_NONE, "Include") != INF_NONE &&
        VerifyLine(V, Services, INF_NONE, "Needs") != INF_NONE)
        return true;
    for (Line = VerifyLine(V, Services, INF_NONE, "Needs"); Line != INF_NONE;
         Line = VerifyLine(V, Services, Line, "Needs"))
        for (Field = 1; VerifyField(V, Line, Field, Text); Field++) {
            Needed = VerifySection(V, "%s", Text);
            if (HasService(V, Needed, Depth - 1))
                return true;
        }
    return false;
}

/* A function driver by AddService with flag 2, with or without a name, or from an INF that is
 * included. */
bool VerifyHasService(const VERIFY *V, int Section)
{
    char Name[VERIFY_TEXT];

    VerifySectionName(V, Section, Name);
    return HasService(V, VerifySection(V, "%s.Services", Name), 3);
}
