/* infverify /info: what an INF is for. [doc: Running InfVerif from the Command Line; the form is
 * ours] */
#include "verify.h"

#include <stdio.h>
#include <string.h>

static void ShowModels(const VERIFY *V, int Section, const char *Architecture, const char *Least,
                       VERIFY_PRINT *Print, void *Context)
{
    char Id[VERIFY_TEXT], Description[VERIFY_TEXT], Install[VERIFY_TEXT];
    unsigned Field;
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        VerifyField(V, Line, 0, Description);
        VerifyField(V, Line, 1, Install);
        for (Field = 2; VerifyField(V, Line, Field, Id); Field++)
            if (Id[0] != 0)
                Print(Context, "    %s  %s  %s  \"%s\" [%s]\n", Id, Architecture, Least,
                      Description, Install);
    }
}

static void ShowManufacturer(const VERIFY *V, int Line, VERIFY_PRINT *Print, void *Context)
{
    char Models[VERIFY_TEXT], Decoration[VERIFY_TEXT], Least[64];
    VERIFY_TARGET Target;
    unsigned Field;

    if (!VerifyField(V, Line, 1, Models))
        return;
    if (VerifyFields(V, Line) == 1)
        ShowModels(V, VerifySection(V, "%s", Models), "x86", "any version", Print, Context);
    for (Field = 2; VerifyField(V, Line, Field, Decoration); Field++)
        if (VerifyTarget(V, Decoration, &Target)) {
            snprintf(Least, sizeof(Least), "%u.%u.%u", Target.Part[0], Target.Part[1],
                     Target.Part[4]);
            ShowModels(V, VerifySection(V, "%s.%s", Models, Decoration),
                       Target.Architecture[0] != 0 ? Target.Architecture : "x86",
                       Target.Parts != 0 ? Least : "any version", Print, Context);
        }
}

void VerifyInfo(const VERIFY *V, const char *Path, VERIFY_PRINT *Print, void *Context)
{
    static const char *const Entries[] = {"Provider", "Class", "ClassGuid", "CatalogFile",
                                          "ExtensionId"};
    int Version = VerifySection(V, "Version"), Section = VerifySection(V, "Manufacturer"), Line;
    char Value[VERIFY_TEXT], Second[VERIFY_TEXT];

    Print(Context, "%s\n", Path);
    for (unsigned i = 0; i < sizeof(Entries) / sizeof(Entries[0]); i++)
        if (VerifyEntry(V, Version, Entries[i], Value))
            Print(Context, "  %s: %s\n", Entries[i], Value);
    Line = VerifyLine(V, Version, INF_NONE, "DriverVer");
    if (Line != INF_NONE && VerifyField(V, Line, 1, Value)) {
        VerifyField(V, Line, 2, Second);
        Print(Context, "  DriverVer: %s %s\n", Value, Second);
    }
    Print(Context, "  Hardware IDs:\n");
    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL))
        ShowManufacturer(V, Line, Print, Context);
}
