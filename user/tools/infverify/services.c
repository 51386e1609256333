/* Services: AddService, DelService and the sections that they name. [doc: INF AddService Directive,
 * INF DelService Directive] */
#include "verify.h"

#include <stdio.h>
#include <string.h>

#define ASSOCIATED 2

static bool CheckNumber(VERIFY *V, int Section, const char *Key, unsigned *Number)
{
    char Value[VERIFY_TEXT], Name[VERIFY_TEXT];
    int Line = VerifyLine(V, Section, INF_NONE, Key);

    *Number = 0;
    if (VerifyEntry(V, Section, Key, Value) && VerifyParse(Value, Number))
        return true;
    VerifySectionName(V, Section, Name);
    VerifyNote(V, Line != INF_NONE ? VerifyNumberOf(V, Line) : V->File.Section[Section].Number,
               1234, Key, Name);
    return false;
}

/* %12%\driver.sys, and a file that the package brings. */
static void CheckBinary(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    int Line = VerifyLine(V, Section, INF_NONE, "ServiceBinary");
    char Binary[VERIFY_TEXT], Name[VERIFY_TEXT];
    const char *File;

    VerifySectionName(V, Section, Name);
    if (Line == INF_NONE || !VerifyField(V, Line, 1, Binary) || Binary[0] == 0) {
        VerifyNote(V, Line != INF_NONE ? VerifyNumberOf(V, Line) : V->File.Section[Section].Number,
                   1234, "ServiceBinary", Name);
        return;
    }
    if (Binary[0] != '%' && !(Binary[0] == '"' && Binary[1] == '%'))
        VerifyNote(V, VerifyNumberOf(V, Line), 2085, Binary);
    File = strrchr(Binary, '\\');
    File = File != NULL ? File + 1 : Binary;
    if (VerifyLine(V, Place->Install, INF_NONE, "Include") == INF_NONE &&
        !VerifyCopies(V, Place->Install, File))
        VerifyNote(V, VerifyNumberOf(V, Line), 2084, Binary);
}

static void CheckService(VERIFY *V, int Section, const char *Service, unsigned Flags,
                         const VERIFY_PLACE *Place)
{
    VERIFY_PLACE Own = *Place;
    unsigned Type, Start, Error;
    int Line;

    Own.OfService = true;
    CheckNumber(V, Section, "ServiceType", &Type);
    Line = VerifyLine(V, Section, INF_NONE, "StartType");
    if (CheckNumber(V, Section, "StartType", &Start) && Start == 4 && (Flags & ASSOCIATED))
        VerifyNote(V, VerifyNumberOf(V, Line), 1251, Service);
    CheckNumber(V, Section, "ErrorControl", &Error);
    CheckBinary(V, Section, Place);
    VerifyDirectives(V, Section, &Own);
}

/* The event log section: 4th field; type 5th. */
static void CheckEventLog(VERIFY *V, int Line, const VERIFY_PLACE *Place)
{
    char Name[VERIFY_TEXT], Type[VERIFY_TEXT];
    bool First;
    int Section;

    if (VerifyField(V, Line, 5, Type) && Type[0] != 0 && !VerifySame(Type, "System") &&
        !VerifySame(Type, "Application") && !VerifySame(Type, "Security"))
        VerifyNote(V, VerifyNumberOf(V, Line), 1250, Type);
    if (!VerifyField(V, Line, 4, Name) || Name[0] == 0)
        return;
    Section = VerifyUse(V, Line, "AddService's event log", Name, &First);
    if (Section != INF_NONE)
        VerifyDirectives(V, Section, Place);
}

static void CheckAdd(VERIFY *V, int Line, const char *Own, char *Associated,
                     const VERIFY_PLACE *Place)
{
    char Service[VERIFY_TEXT], Text[VERIFY_TEXT], Name[VERIFY_TEXT];
    unsigned Number = VerifyNumberOf(V, Line), Flags = 0;
    bool HasName = VerifyField(V, Line, 1, Service) && Service[0] != 0, First;
    int Section;

    if (VerifyField(V, Line, 2, Text) && Text[0] != 0 && !VerifyParse(Text, &Flags))
        VerifyNote(V, Number, 1268, "AddService", "32");
    VerifyField(V, Line, 3, Name);
    if (!HasName) {
        if (Name[0] != 0)
            VerifyNote(V, Number, 1272, Name);
        if (!(Flags & ASSOCIATED))
            VerifyNote(V, Number, 1253, "AddService", Own);
        return;
    }
    if ((Flags & ASSOCIATED) && V->IsExtension)
        VerifyNote(V, Number, 1383, "SPSVCINST_ASSOCSERVICE");
    if ((Flags & ASSOCIATED) && Associated[0] != 0 && !VerifySame(Associated, Service))
        VerifyNote(V, Number, 1211, Own, Associated, Service);
    if (Flags & ASSOCIATED)
        VerifyPut(Associated, Service);
    CheckEventLog(V, Line, Place);
    if (Name[0] == 0) {
        VerifyNote(V, Number, 1005, "AddService");
        return;
    }
    Section = VerifySection(V, "%s", Name);
    if (Section == INF_NONE) {
        VerifyNote(V, Number, 2006, Service, Own);
        return;
    }
    VerifyUse(V, Line, "AddService", Name, &First);
    CheckService(V, Section, Service, Flags, Place);
}

void VerifyServices(VERIFY *V, int Section, const VERIFY_PLACE *Place)
{
    char Own[VERIFY_TEXT], Associated[VERIFY_TEXT] = "", Service[VERIFY_TEXT];
    int Line;

    VerifySectionName(V, Section, Own);
    for (Line = VerifyLine(V, Section, INF_NONE, "AddService"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "AddService"))
        CheckAdd(V, Line, Own, Associated, Place);
    for (Line = VerifyLine(V, Section, INF_NONE, "DelService"); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, "DelService")) {
        VerifyField(V, Line, 1, Service);
        if (Service[0] == 0)
            VerifyNote(V, VerifyNumberOf(V, Line), 1253, "DelService", Own);
        if (!Place->MayDelete)
            VerifyNote(V, VerifyNumberOf(V, Line), 1309, "DelService", Service);
    }
}
