/* AddReg, DelReg, BitReg. [doc: INF AddReg Directive and the others; InfVerif /h; Using a Universal
 * INF File] */
#include "verify.h"

#include <string.h>

#define BINARY 1
#define APPEND 8
#define TYPE(Flags) ((Flags) & 0xFFFF0001)
#define TYPE_MULTI_SZ 0x00010000
#define TYPE_DWORD 0x00010001

/* Below HKLM, what /h leaves to drivers for now. */
static const char *const Signature[] = {
    "SYSTEM\\CurrentControlSet", "SOFTWARE\\Classes", "SOFTWARE\\Khronos",
    "SOFTWARE\\Microsoft\\Analog\\Providers",
    "SOFTWARE\\Microsoft\\Cellular\\MVSettings\\DeviceSpecific\\CellUX",
    "SOFTWARE\\Microsoft\\Cryptography\\Calais\\Readers",
    "SOFTWARE\\Microsoft\\Cryptography\\Calais\\SmartCards",
    "SOFTWARE\\Microsoft\\Cryptography\\DRM_RNG",
    "SOFTWARE\\Microsoft\\EAPOL", "SOFTWARE\\Microsoft\\Palm\\DelayManipulationDuration",
    "SOFTWARE\\Microsoft\\Shell\\OEM\\QuickActions\\ColorProfileQuickAction",
    "SOFTWARE\\Microsoft\\Speech_OneCore\\AudioInput",
    "SOFTWARE\\Microsoft\\Windows Media Foundation",
    "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\AdaptiveDisplayBrightness",
    "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc",
    "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32",
    "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ICM",
    "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\OpenGlDrivers",
    "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\Notify\\ScCertProp",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Audio",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Control Panel",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Controls Folder",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Reliability\\UserDefined",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunOnce",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
    "SOFTWARE\\Wow6432Node\\Microsoft\\Windows Media Foundation", "SOFTWARE\\Wow6432Node\\Khronos",
    "SOFTWARE\\WowAA32Node\\Microsoft\\Windows Media Foundation", "SOFTWARE\\WowAA32Node\\Khronos",
};
/* What universal INFs may write: COM classes and media transforms. */
static const char *const Universal[] = {
    "SOFTWARE\\Classes", "SOFTWARE\\Microsoft\\Windows Media Foundation",
    "SOFTWARE\\WOW6432Node\\Microsoft\\Windows Media Foundation",
    "SOFTWARE\\WOW3232Node\\Microsoft\\Windows Media Foundation",
};

static bool IsBelow(const char *Subkey, const char *const *Keys, unsigned Count)
{
    for (unsigned i = 0; i < Count; i++) {
        size_t Length = strlen(Keys[i]);

        if (VerifyStarts(Subkey, Keys[i]) && (Subkey[Length] == 0 || Subkey[Length] == '\\'))
            return true;
    }
    return false;
}
#define IS_BELOW(Subkey, Keys) IsBelow(Subkey, Keys, sizeof(Keys) / sizeof(Keys[0]))

/* ---- roots ---- */

static void CheckIsolation(VERIFY *V, unsigned Line, const char *Directive, const char *Root,
                           const char *Subkey, const char *Name)
{
    bool OfClasses = VerifySame(Root, "HKCR"), OfMachine = VerifySame(Root, "HKLM");

    if (!OfClasses && !(OfMachine && IS_BELOW(Subkey, Universal)))
        VerifyNote(V, Line, 1304, Directive, Root, Subkey);
    if (V->Options->Mode == VERIFY_SIGNATURE &&
        (OfClasses || (OfMachine && IS_BELOW(Subkey, Signature))))
        return;
    if (Name[0] != 0)
        VerifyNote(V, Line, 1321, Root, Subkey, Name);
    else
        VerifyNote(V, Line, 1320, Root, Subkey);
}

static bool CheckRoot(VERIFY *V, unsigned Line, const char *Directive, const char *Root,
                      const char *Subkey, const char *Name)
{
    static const char *const Roots[] = {"HKR", "HKLM", "HKCR", "HKU", "HKCU"};
    unsigned i;

    for (i = 0; i < 5 && !VerifySame(Root, Roots[i]); i++)
        continue;
    if (i == 5) {
        VerifyNote(V, Line, 1224, Root);
        return false;
    }
    if (i == 0)
        return true;
    if (VerifySame(Root, "HKLM") && VerifyStarts(Subkey, "SYSTEM\\ControlSet"))
        VerifyNote(V, Line, 1222, Root, Subkey);
    CheckIsolation(V, Line, Directive, Root, Subkey, Name);
    return true;
}

/* ---- values ---- */

static bool IsByte(const char *Text)
{
    size_t Length;

    if (VerifyStarts(Text, "0x"))
        Text += 2;
    Length = strlen(Text);
    return Length >= 1 && Length <= 2 && strspn(Text, "0123456789abcdefABCDEF") == Length;
}

static void CheckData(VERIFY *V, int Line, unsigned Flags)
{
    unsigned Count = VerifyFields(V, Line), Number = VerifyNumberOf(V, Line), Field, Value;
    char Text[VERIFY_TEXT];

    if ((Flags & APPEND) && TYPE(Flags) != TYPE_MULTI_SZ)
        VerifyNote(V, Number, 1265, "AddReg");
    if (!(Flags & BINARY) || Count < 5)
        return;
    if (TYPE(Flags) == TYPE_DWORD && Count == 5) {
        VerifyField(V, Line, 5, Text);
        if (Text[0] != 0 && !VerifyParse(Text, &Value))
            VerifyNote(V, Number, 1268, "AddReg", "32");
        return;
    }
    for (Field = 5; VerifyField(V, Line, Field, Text); Field++)
        if (!IsByte(Text) && !(Text[0] == 0 && Field == Count)) {
            VerifyNote(V, Number, 1267, "AddReg");
            return;
        }
}

/* Systems before this build read these beside Parameters. [doc: Creating an INF File for a
 * Minifilter Driver] */
#define MINIFILTER_BUILD 25952

static bool IsOfMinifilter(const char *Subkey, const char *Name)
{
    return VerifySame(Subkey, "Instances") || VerifyStarts(Subkey, "Instances\\") ||
           (Subkey[0] == 0 && VerifySame(Name, "SupportedFeatures"));
}

/* What a value means in the place where it stands. */
static void CheckMeaning(VERIFY *V, int Line, const char *Root, const char *Subkey,
                         const char *Name, unsigned Flags, const VERIFY_PLACE *Place)
{
    unsigned Number = VerifyNumberOf(V, Line), Field;
    char Key[VERIFY_TEXT], Text[VERIFY_TEXT];
    bool IsRelative = VerifySame(Root, "HKR");

    VerifyPrint(Key, "%.400s%s%.400s", Subkey, Subkey[0] != 0 && Name[0] != 0 ? "\\" : "", Name);
    if ((Flags & APPEND) && TYPE(Flags) == TYPE_MULTI_SZ)
        VerifyNote(V, Number, 1305, "AddReg", Root, Key);
    if (IsRelative && Subkey[0] == 0 && !Place->OfService &&
        (VerifySame(Name, "UpperFilters") || VerifySame(Name, "LowerFilters")))
        VerifyNote(V, Number, 1329);
    if (IsRelative && Place->OfCoInstallers && VerifySame(Name, "CoInstallers32"))
        for (Field = 5; VerifyField(V, Line, Field, Text); Field++)
            VerifyNote(V, Number, 1303, "AddReg", "co-installer", Text);
    if (IsRelative && Place->OfService && !VerifySame(Subkey, "Parameters") &&
        !VerifyStarts(Subkey, "Parameters\\") &&
        !(Place->Build < MINIFILTER_BUILD && IsOfMinifilter(Subkey, Name)))
        VerifyNote(V, Number, 1323, Key);
}

/* root,[subkey],[name],[flags],[data...] */
static void CheckAdd(VERIFY *V, int Line, const VERIFY_PLACE *Place)
{
    char Root[VERIFY_TEXT], Subkey[VERIFY_TEXT], Name[VERIFY_TEXT], Text[VERIFY_TEXT];
    unsigned Flags = 0;

    VerifyField(V, Line, 1, Root);
    VerifyField(V, Line, 2, Subkey);
    VerifyField(V, Line, 3, Name);
    if (!CheckRoot(V, VerifyNumberOf(V, Line), "AddReg", Root, Subkey, Name))
        return;
    if (VerifyField(V, Line, 4, Text) && Text[0] != 0 && !VerifyParse(Text, &Flags)) {
        VerifyNote(V, VerifyNumberOf(V, Line), 1268, "AddReg", "32");
        return;
    }
    CheckData(V, Line, Flags);
    CheckMeaning(V, Line, Root, Subkey, Name, Flags, Place);
}

static void CheckOther(VERIFY *V, int Line, const char *Directive, const VERIFY_PLACE *Place)
{
    char Root[VERIFY_TEXT], Subkey[VERIFY_TEXT], Name[VERIFY_TEXT], Text[VERIFY_TEXT];
    unsigned Number = VerifyNumberOf(V, Line), Flags = 0, Mask;

    VerifyField(V, Line, 1, Root);
    VerifyField(V, Line, 2, Subkey);
    VerifyField(V, Line, 3, Name);
    CheckRoot(V, Number, Directive, Root, Subkey, Name);
    if (!Place->MayDelete)
        VerifyNote(V, Number, 1308, Directive);
    if (VerifyField(V, Line, 4, Text) && Text[0] != 0 && !VerifyParse(Text, &Flags))
        VerifyNote(V, Number, 1268, Directive, "32");
    if (strcmp(Directive, "BitReg") != 0)
        return;
    VerifyField(V, Line, 5, Text);
    if (!VerifyParse(Text, &Mask))
        VerifyNote(V, Number, 1268, Directive, Flags & 4 ? "32" : "8");
    else if (!(Flags & 4) && Mask > 0xFF)
        VerifyNote(V, Number, 1262, Directive, VerifyStarts(Text, "0x") ? Text + 2 : Text);
}

void VerifyRegistry(VERIFY *V, int Section, const char *Directive, const VERIFY_PLACE *Place)
{
    char Name[VERIFY_TEXT];
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        if (strcmp(Directive, "AddReg") == 0)
            CheckAdd(V, Line, Place);
        else
            CheckOther(V, Line, Directive, Place);
    }
    VerifySectionName(V, Section, Name);
    Section = VerifySection(V, "%s.Security", Name);
    if (Section != INF_NONE)
        VerifyMarkBelow(V, Section);
}
