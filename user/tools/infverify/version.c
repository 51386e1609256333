/* [Version] and what of it concerns other sections. [doc: INF Version Section] */
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* Setup classes of Windows [doc: System-Defined Device Setup Classes Available to Vendors]. */
static const struct {
    const char *Name, *Guid;
} Classes[] = {
    {"AudioProcessingObject", "{5989FCE8-9CD0-467D-8A6A-5419E31529D4}"},
    {"Battery", "{72631E54-78A4-11D0-BCF7-00AA00B7B32A}"},
    {"Biometric", "{53D29EF7-377C-4D14-864B-EB3A85769359}"},
    {"Bluetooth", "{E0CBF06C-CD8B-4647-BB8A-263B43F0F974}"},
    {"Camera", "{CA3E7AB9-B4C3-4AE6-8251-579EF933890F}"},
    {"CDROM", "{4D36E965-E325-11CE-BFC1-08002BE10318}"},
    {"ComputeAccelerator", "{F01A9D53-3FF6-48D2-9F97-C8A7004BE10C}"},
    {"DiskDrive", "{4D36E967-E325-11CE-BFC1-08002BE10318}"},
    {"Display", "{4D36E968-E325-11CE-BFC1-08002BE10318}"},
    {"Extension", "{E2F84CE7-8EFA-411C-AA69-97454CA4CB57}"},
    {"FDC", "{4D36E969-E325-11CE-BFC1-08002BE10318}"},
    {"FloppyDisk", "{4D36E980-E325-11CE-BFC1-08002BE10318}"},
    {"HDC", "{4D36E96A-E325-11CE-BFC1-08002BE10318}"},
    {"HIDClass", "{745A17A0-74D3-11D0-B6FE-00A0C90F57DA}"},
    {"Dot4", "{48721B56-6795-11D2-B1A8-0080C72E74A2}"},
    {"Dot4Print", "{49CE6AC8-6F86-11D2-B1E5-0080C72E74A2}"},
    {"61883", "{7EBEFBC0-3200-11D2-B4C2-00A0C9697D07}"},
    {"AVC", "{C06FF265-AE09-48F0-812C-16753D7CBA83}"},
    {"SBP2", "{D48179BE-EC20-11D1-B6B8-00C04FA372A7}"},
    {"1394", "{6BDD1FC1-810F-11D0-BEC7-08002BE2092F}"},
    {"Image", "{6BDD1FC6-810F-11D0-BEC7-08002BE2092F}"},
    {"Infrared", "{6BDD1FC5-810F-11D0-BEC7-08002BE2092F}"},
    {"Keyboard", "{4D36E96B-E325-11CE-BFC1-08002BE10318}"},
    {"MediumChanger", "{CE5939AE-EBDE-11D0-B181-0000F8753EC4}"},
    {"MTD", "{4D36E970-E325-11CE-BFC1-08002BE10318}"},
    {"Modem", "{4D36E96D-E325-11CE-BFC1-08002BE10318}"},
    {"Monitor", "{4D36E96E-E325-11CE-BFC1-08002BE10318}"},
    {"Mouse", "{4D36E96F-E325-11CE-BFC1-08002BE10318}"},
    {"Multifunction", "{4D36E971-E325-11CE-BFC1-08002BE10318}"},
    {"Media", "{4D36E96C-E325-11CE-BFC1-08002BE10318}"},
    {"MultiportSerial", "{50906CB8-BA12-11D1-BF5D-0000F805F530}"},
    {"Net", "{4D36E972-E325-11CE-BFC1-08002BE10318}"},
    {"NetClient", "{4D36E973-E325-11CE-BFC1-08002BE10318}"},
    {"NetService", "{4D36E974-E325-11CE-BFC1-08002BE10318}"},
    {"NetTrans", "{4D36E975-E325-11CE-BFC1-08002BE10318}"},
    {"SecurityAccelerator", "{268C95A1-EDFE-11D3-95C3-0010DC4050A5}"},
    {"PCMCIA", "{4D36E977-E325-11CE-BFC1-08002BE10318}"},
    {"Ports", "{4D36E978-E325-11CE-BFC1-08002BE10318}"},
    {"Printer", "{4D36E979-E325-11CE-BFC1-08002BE10318}"},
    {"PNPPrinters", "{4658EE7E-F050-11D1-B6BD-00C04FA372A7}"},
    {"Processor", "{50127DC3-0F36-415E-A6CC-4CB3BE910B65}"},
    {"SCSIAdapter", "{4D36E97B-E325-11CE-BFC1-08002BE10318}"},
    {"Sensor", "{5175D334-C371-4806-B3BA-71FD53C9258D}"},
    {"SmartCardReader", "{50DD5230-BA8A-11D1-BF5D-0000F805F530}"},
    {"SoftwareComponent", "{5C4C3332-344D-483C-8739-259E934C9CC8}"},
    {"SoftwareDevice", "{62F9C741-B25A-46CE-B54C-9BCCCE08B6F2}"},
    {"Volume", "{71A27CDD-812A-11D0-BEC7-08002BE2092F}"},
    {"System", "{4D36E97D-E325-11CE-BFC1-08002BE10318}"},
    {"TapeDrive", "{6D807884-7D21-11CF-801C-08002BE10318}"},
    {"USBDevice", "{88BAE032-5A81-49F0-BC3D-A4FF138216D6}"},
    {"USB", "{36FC9E60-C465-11CF-8056-444553540000}"},
    {"WCEUSBS", "{25DBCE51-6C8F-4A72-8A6D-B54C2B4FC835}"},
    {"WPD", "{EEC5AD98-8080-425F-922A-DABF3DE3F69A}"},
    {"Firmware", "{F2E7DD72-6468-4E36-B6F1-6488F42C1B52}"},
};
/* The class that samples have [doc: code 1284]. */
static const char SampleClass[] = "{78A1C341-4539-11D3-B88D-00C04FAD5171}";

static int ClassBy(const char *Text, bool IsGuid)
{
    for (unsigned i = 0; i < sizeof(Classes) / sizeof(Classes[0]); i++)
        if (VerifySame(IsGuid ? Classes[i].Guid : Classes[i].Name, Text))
            return (int)i;
    return -1;
}

static unsigned LineOf(const VERIFY *V, int Section, const char *Key)
{
    int Line = VerifyLine(V, Section, INF_NONE, Key);

    return Line != INF_NONE ? VerifyNumberOf(V, Line) : V->File.Section[Section].Number;
}

static void CheckClass(VERIFY *V, int Section)
{
    char Guid[VERIFY_TEXT], Install[VERIFY_TEXT];
    bool HasClass = VerifyEntry(V, Section, "Class", V->Class),
         HasGuid = VerifyEntry(V, Section, "ClassGuid", Guid);
    unsigned Line = LineOf(V, Section, "ClassGuid");
    int ByName = HasClass ? ClassBy(V->Class, false) : -1,
        ByGuid = HasGuid ? ClassBy(Guid, true) : -1, i;

    if (!HasClass)
        VerifyNote(V, V->File.Section[Section].Number, 1234, "Class", "Version");
    if (!HasGuid)
        VerifyNote(V, V->File.Section[Section].Number, 1234, "ClassGuid", "Version");
    else if (!VerifyIsGuid(Guid))
        VerifyNote(V, Line, 1010, Guid);
    if (strlen(V->Class) > 31)
        VerifyNote(V, LineOf(V, Section, "Class"), 1286, "Class", V->Class, "31");
    if (VerifyIsGuid(Guid) && ByName >= 0 && ByGuid != ByName)
        VerifyNote(V, Line, 1281, Classes[ByName].Guid, V->Class);
    else if (HasClass && ByGuid >= 0 && ByName != ByGuid)
        VerifyNote(V, LineOf(V, Section, "Class"), 1280, Classes[ByGuid].Name, Guid);
    if (VerifySame(Guid, SampleClass))
        VerifyNote(V, Line, 1284, V->Class);
    V->IsExtension = ByGuid >= 0 && strcmp(Classes[ByGuid].Name, "Extension") == 0;
    for (i = 0; i < (int)V->File.SectionCount; i++) {
        VerifySectionName(V, i, Install);
        if (VerifyStarts(Install, "ClassInstall32") && strlen(Guid) == 38 && ByGuid >= 0)
            VerifyNote(V, V->File.Section[i].Number, 1285);
    }
}

static void CheckProvider(VERIFY *V, int Section)
{
    char Provider[VERIFY_TEXT];

    if (!VerifyEntry(V, Section, "Provider", Provider))
        VerifyNote(V, V->File.Section[Section].Number, 1234, "Provider", "Version");
    else if (VerifyStarts(Provider, "Microsoft"))
        VerifyNote(V, LineOf(V, Section, "Provider"), 1204);
    if (V->Options->Provider != NULL && !VerifySame(Provider, V->Options->Provider))
        VerifyNote(V, LineOf(V, Section, "Provider"), 1210, Provider, V->Options->Provider);
}

/* ---- DriverVer = mm/dd/yyyy,w.x.y.z ---- */

static bool IsDate(const char *Text)
{
    static const unsigned char Days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned Month, Day, Year;
    char Rest;

    if (sscanf(Text, "%2u/%2u/%4u%c", &Month, &Day, &Year, &Rest) != 3 &&
        sscanf(Text, "%2u-%2u-%4u%c", &Month, &Day, &Year, &Rest) != 3)
        return false;
    return Month >= 1 && Month <= 12 && Day >= 1 && Day <= Days[Month - 1] && Year >= 1980 &&
           (Month != 2 || Day != 29 || (Year % 4 == 0 && (Year % 100 != 0 || Year % 400 == 0)));
}

static bool IsVersion(const char *Text)
{
    unsigned Parts = 0, Value, Digits;

    for (;; Text++) {
        for (Value = Digits = 0; *Text >= '0' && *Text <= '9' && Value <= 65536; Text++, Digits++)
            Value = 10 * Value + (unsigned)(*Text - '0');
        if (Digits == 0 || Value > 65536)
            return false;
        Parts++;
        if (*Text != '.')
            return *Text == 0 && Parts == 4;
    }
}

static void CheckDriverVer(VERIFY *V, int Section)
{
    int Line = VerifyLine(V, Section, INF_NONE, "DriverVer");
    char Date[VERIFY_TEXT], Version[VERIFY_TEXT];

    if (Line == INF_NONE || !VerifyField(V, Line, 1, Date) || Date[0] == 0) {
        VerifyNote(V, LineOf(V, Section, "DriverVer"), 1234, "DriverVer", "Version");
        return;
    }
    if (V->Options->Stampinf) /* the tool writes it */
        return;
    if (!IsDate(Date))
        VerifyNote(V, VerifyNumberOf(V, Line), 1218, Date, "DriverVer");
    if (!VerifyField(V, Line, 2, Version) || Version[0] == 0)
        VerifyNote(V, VerifyNumberOf(V, Line), 1234, "DriverVer", "Version");
    else if (!IsVersion(Version))
        VerifyNote(V, VerifyNumberOf(V, Line), 1217, Version, "DriverVer");
}

/* ---- catalogs ---- */

static void CheckCatalog(VERIFY *V, int Section)
{
    char Key[VERIFY_TEXT], Name[VERIFY_TEXT];
    bool Found = false;
    int Line;

    for (Line = VerifyLine(V, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = VerifyLine(V, Section, Line, NULL)) {
        if (!VerifyField(V, Line, 0, Key) || !VerifyStarts(Key, "CatalogFile") ||
            (Key[11] != 0 && Key[11] != '.'))
            continue;
        Found = VerifyField(V, Line, 1, Name) && Name[0] != 0;
        if (Found &&
            (!VerifyEnds(Name, ".cat") || strlen(Name) < 5 || strpbrk(Name, "\\/:") != NULL))
            VerifyNote(V, VerifyNumberOf(V, Line), 1214, Name);
    }
    if (!Found)
        VerifyNote(V, V->File.Section[Section].Number, 1233, "CatalogFile");
}

static void CheckExtension(VERIFY *V, int Section)
{
    char Id[VERIFY_TEXT];

    if (VerifyEntry(V, Section, "ExtensionId", Id) && !VerifyIsGuid(Id))
        VerifyNote(V, LineOf(V, Section, "ExtensionId"), 1380, Id);
    else if (V->IsExtension && Id[0] == 0)
        VerifyNote(V, V->File.Section[Section].Number, 1381);
}

static void CheckExtraValues(VERIFY *V, int Section)
{
    static const char *const Entries[] = {"Class", "ClassGuid", "Provider", "CatalogFile",
                                          "Signature"};
    char Value[VERIFY_TEXT];

    for (unsigned i = 0; i < sizeof(Entries) / sizeof(Entries[0]); i++) {
        int Line = VerifyLine(V, Section, INF_NONE, Entries[i]);

        if (Line != INF_NONE && VerifyField(V, Line, 2, Value))
            VerifyNote(V, VerifyNumberOf(V, Line), 1201, Entries[i], Value);
    }
}

void VerifyVersion(VERIFY *V)
{
    int Section = VerifySection(V, "Version"), Line;
    char Lockdown[VERIFY_TEXT];
    unsigned Number;

    CheckClass(V, Section);
    CheckProvider(V, Section);
    CheckDriverVer(V, Section);
    CheckCatalog(V, Section);
    CheckExtension(V, Section);
    CheckExtraValues(V, Section);
    Line = VerifyLine(V, Section, INF_NONE, "PnpLockdown");
    if (Line == INF_NONE || !VerifyField(V, Line, 1, Lockdown) || !VerifyParse(Lockdown, &Number) ||
        Number != 1)
        VerifyNote(V, LineOf(V, Section, "PnpLockdown"), 1324);
}
