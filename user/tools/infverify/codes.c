/*
 * The codes that checks give: what InfVerif says, what each is in the modes /k, /u and /w (E error, W warning, - nothing), what
 * it means. [doc: INF Validation Errors and Warnings]. Without a mode a code is what it is for /k, but what only a stricter
 * mode asks for (1300 to 1309) is no more than a warning. [guess]
 */
#include "verify.h"

static const VERIFY_CODE Codes[] = {
    {1000, "EEE", "INF '%s' could not be found.", "The file does not exist or cannot be read."},
    {1001, "EEE", "Invalid INF '%s', must contain [Version] section and have signature \"$Windows NT$\".",
     "Without [Version] and its Signature the file is no INF."},
    {1002, "EEE", "Invalid INF '%s', parsing error on line %s. The parser returned error 0x%s.",
     "The line breaks the syntax of INF files; nothing after it was read."},
    {1003, "EEE", "INF has invalid or unknown file encoding, must be ANSI or UTF-16 LE.", "UTF-8 and other encodings are misread."},
    {1005, "EEE", "Section name required for %s directive.", "The directive names a section that says more; it is left out."},
    {1006, "EEE", "Missing value for %s.", "The entry has no value."},
    {1008, "EEE", "Missing or invalid disk ID for '%s' under [%s] section.", "A file of the package names its disk by a number."},
    {1010, "EEE", "Invalid ClassGuid \"%s\", expecting {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}.", "Braces and dashes belong to it."},
    {1011, "EEE", "Missing models section name in [Manufacturer] section.", "A manufacturer's line names the section of its models."},
    {1019, "EEE", "Invalid %s %s GUID \"%s\", expecting {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}.", "Braces and dashes belong to it."},
    {1081, "EEE", "%s directive has invalid %s \"%s\".", "The directive does not take this argument."},
    {1084, "EEE", "Missing '%s' directive for '%s' directive with %s \"%s\" in section [%s].",
     "One directive asks for another, which is not there: UmdfService for UmdfLibraryVersion, for example."},
    {1085, "EEE", "%s directive incomplete.", "The directive takes more arguments."},
    {1086, "EEE", "Duplicate %s '%s' may be skipped.", "The same thing is defined twice."},
    {1087, "EEE", "Cannot have both %s and %s directives, %s will be ignored.", "A filter has a level or a position."},
    {1100, "EEE", "Source and destination %s must match for file '%s' when using CopyFiles with DIRID %s.",
     "In the driver store a file keeps its name and its folder."},
    {1102, "EEE", "Invalid directive %s, cannot be used with DIRID %s.", "Files in the driver store are not deleted or renamed."},
    {1110, "EEE", "Cannot specify file '%s' in a CopyINF directive.", "CopyINF takes INF files."},
    {1201, "WWW", "%s entry has an extra value '%s' and will be ignored.", "The entry takes one value."},
    {1202, "EEE", "Included INF '%s' not found. Only system provided INFs may be included.", "Include names INFs of Windows."},
    {1203, "EEE", "Section [%s] not found.", "A directive names a section that is not in the file."},
    {1204, "EEE", "Provider cannot be \"Microsoft\", must be organization who authored INF.", "Microsoft alone is Microsoft."},
    {1205, "WWW", "Section [%s] referenced from %s and %s directive.", "One section serves two directives."},
    {1206, "EEE", "Invalid reference of non-%s section [%s] from %s directive.", "The section's lines are those of another directive."},
    {1209, "EEE", "Section [%s] is defined multiple times.", "Sections of one name are one section; say it once."},
    {1210, "EEE", "Provider cannot be \"%s\", must be set to \"%s\".", "The /provider option asks for another."},
    {1211, "EEE", "Cannot have multiple associated services under [%s], \"%s\" and \"%s\". Only one service may use "
                  "SPSVCINST_ASSOCSERVICE.", "A device has one function driver."},
    {1213, "EEE", "Cannot list CAT files under [SourceDisksFiles].", "A catalog is named by CatalogFile in [Version] alone."},
    {1214, "EEE", "Invalid catalog file '%s', expecting 'filename.cat'.", "A catalog is a .cat file beside the INF."},
    {1217, "EEE", "Invalid version '%s' in %s directive, expecting w.x.y.z, where each segment is between 0-65536.",
     "Four numbers with dots between."},
    {1218, "EEE", "Invalid driver date value %s in %s, expecting MM/DD/YYYY.", "Month, day, year, and a day that exists."},
    {1222, "EEE", "Cannot modify %s\\%s registry keys, although HKLM\\SYSTEM\\CurrentControlSet is allowed.",
     "Other control sets than the current one are not a driver's."},
    {1224, "EEE", "Invalid registry root \"%s\".", "HKR, HKLM, HKCR, HKU, HKCU are roots."},
    {1229, "EEE", "Missing %s filename on %s entry.", "A line of a list of files names a file."},
    {1230, "EEE", "Missing file '%s' under [SourceDisksFiles] section.", "Each file that is copied is listed there, for each architecture."},
    {1233, "EEE", "Missing directive %s required for digital signature.", "A package without a catalog cannot be signed."},
    {1234, "EEE", "Required directive %s missing, empty, or invalid in [%s] section.", "The section is useless without it."},
    {1235, "EEE", "String token '%s' not defined in [%s] section - if intending to use a literal '%s' in a string, use '%s' instead.",
     "What stands between percent signs is a string of [Strings] or a directory's number."},
    {1243, "EEE", "Invalid DIRID value (%s) for source file \"%s\" in section [%s].", "There is no directory of this number."},
    {1245, "EEE", "Invalid feature score '%s'.", "A byte in hexadecimal: 00 to FF."},
    {1250, "EEE", "Invalid EventLogType '%s', expecting 'System', 'Application', or 'Security'.", "There is no such log."},
    {1251, "WWW", "Cannot add disabled (StartType=4) service '%s' with SPSVCINST_ASSOCSERVICE flag.",
     "A device whose function driver is disabled does not start."},
    {1253, "EEE", "Skipping directive '%s' without a service name in section [%s].", "Only the flag 2 makes sense without a name."},
    {1261, "EEE", "Undefined device \"%s\" with section [%s].", "The model's install section is not there."},
    {1262, "EEE", "Invalid %s entry due to non-byte bitmask '0x%s.", "BitReg changes a byte unless its flag 4 says otherwise."},
    {1265, "EEE", "Invalid %s entry due to append flag on non multi-sz value.", "Only to a REG_MULTI_SZ can be appended."},
    {1267, "EEE", "Invalid binary data in %s entry, expecting one or more bytes between 00-FF.", "Each field is a byte in hexadecimal."},
    {1268, "EEE", "Invalid numeric value in %s entry, expecting %s-bit decimal (0+) or hexadecimal (0x0+) value.", "The field is no number."},
    {1271, "EEE", "Missing model install section name.", "A model's line is description = install section, hardware ID."},
    {1272, "EEE", "Ignoring service section [%s] for unnamed service.", "AddService without a name has no section."},
    {1273, "EEE", "Source file \"%s\" uses disk id %s, which is not listed under [%s].", "Each disk is a line of [SourceDisksNames]."},
    {1274, "EEE", "Unresolved $ARCH$ token for section [%s]. Must run stampinf tool to resolve case sensitive $ARCH$ tokens.",
     "An .inx becomes an .inf by stampinf; /stampinf checks it before."},
    {1275, "EEE", "%s '%s' is not listed in [DestinationDirs].", "Nothing says where the files go."},
    {1280, "EEE", "Class name and ClassGuid mismatch, expecting Class \"%s\" for ClassGuid \"%s\".", "The GUID is that of another class."},
    {1281, "EEE", "Class name and ClassGuid mismatch, expecting ClassGuid \"%s\" for Class \"%s\".", "The class has another GUID."},
    {1284, "EEE", "Class \"%s\" is reserved for use by Microsoft.", "The class of samples is no class of a product."},
    {1285, "EEE", "Cannot specify [ClassInstall32] section for Microsoft-defined class.", "Windows' classes are there already."},
    {1286, "EEE", "Invalid %s value \"%s\" exceeds max length of %s.", "A class's name has 31 characters at most."},
    {1287, "EEE", "Invalid target OS version decoration '%s' for model section name '%s' under [%s] section.",
     "A decoration is NT, an architecture, then numbers with dots between."},
    {1288, "EEE", "Invalid target OS version '%s', must be '10.0.14310' or greater if specifying build number.",
     "Earlier systems do not know build numbers."},
    {1289, "EEE", "Missing directive '%s' under [%s] section.", "The section is incomplete without it."},
    {1295, "EEE", "Section [%s] contains a different number of strings than section [%s].", "Each language has the same strings."},
    {1296, "EEE", "Hardware '%s' does not have an associated service using install section '%s'.",
     "A device needs a function driver: AddService with the flag 2 in the .Services section, or one that is included."},
    {1297, "EEE", "Device driver does not install on any devices, use primitive driver if this is intended.", "No model has a hardware ID."},
    {1300, "EEE", "Found legacy %s %s.", "Windows of today does not do this."},
    {1303, "EEE", "Found legacy %s operation defining %s (%s).", "Co-installers and class installers are not run any more."},
    {1304, "WE-", "Found legacy %s operation using non-relative key (%s\\%s).", "A driver's state lies below HKR."},
    {1305, "WEE", "Found legacy %s operation using appendable multi-sz value (%s\\%s).", "What comes of it depends on the order."},
    {1306, "WE-", "Found legacy %s operation with non-system target path (%s) for '%s'.", "The file leaves the system's folders."},
    {1307, "WEE", "Found legacy %s %s.", "Only the desktop does this."},
    {1308, "WEE", "Found legacy %s operation.", "INFs add; Windows itself takes away."},
    {1309, "WEE", "Found legacy %s operation for '%s'.", "INFs add; Windows itself takes away."},
    {1313, "EEE", "Needed section [%s] must have suffix '.%s' to match the suffix of the parent section [%s].",
     "What a .Services section needs is a .Services section."},
    {1315, "EEE", "Needed section [%s] not found.", "It is neither in this file nor can it be in an included one."},
    {1320, "--E", "Registry root '%s\\%s' is not isolated to HKR.", "An isolated driver keeps its state below HKR."},
    {1321, "--E", "Registry root (%s\\%s) of value '%s' is not isolated to HKR.", "An isolated driver keeps its state below HKR."},
    {1322, "--E", "Destination file path '%s' for file '%s' is not isolated to DIRID 13.", "An isolated driver runs from the driver store."},
    {1323, "--E", "Service registry key '%s' must be under the Parameters subkey.", "The rest of a service's key is the system's."},
    {1324, "WWE", "[Version] section should specify PnpLockdown=1 to prevent external apps from modifying installed driver files.",
     "Other programs then cannot change the driver's files."},
    {1329, "--E", "Cannot add filters with registry or property, use [DDInstall.Filters] section.", "AddFilter keeps filters in order."},
    {1380, "EEE", "Invalid ExtensionId \"%s\" specified in [Version] section.", "Braces and dashes belong to it."},
    {1381, "EEE", "Missing ExtensionId directive in [Version] section.", "An extension INF says which extension it is."},
    {1382, "EEE", "Cannot specify '%s' directive in Extension INFs.", "The base INF has it."},
    {1383, "EEE", "Cannot specify '%s' flag for services defined in extension INFs.", "The base INF has the function driver."},
    {1421, "EEE", "Section [%s] missing an architecture decoration.", "[DefaultInstall.NTamd64], for example."},
    {1422, "EEE", "[DefaultUninstall.NT*] section should set LegacyUninstall=1 to support both Primitive INF and downlevel install "
                  "compatibility.", "Windows of today takes a primitive driver away by itself."},
    {2006, "EEE", "Undefined service '%s' under [%s] section.", "The section that AddService names is not there."},
    {2010, "WWW", "Section [%s] should have '.%s' decoration.", "Without an architecture it is taken for x86."},
    {2083, "WWW", "Section [%s] not referenced or used.", "Often a directive that should name it is misspelled."},
    {2084, "WWE", "Service binary '%s' should reference a CopyFiles destination file.", "The package does not bring the service's file."},
    {2085, "EEE", "Service binary '%s' should be specified as a path under a DIRID.", "%13%\\driver.sys, for example."},
};

const VERIFY_CODE *VerifyCode(int Code)
{
    for (unsigned i = 0; i < sizeof(Codes) / sizeof(Codes[0]); i++)
        if (Codes[i].Code == Code)
            return &Codes[i];
    return NULL;
}

char VerifyLevel(const VERIFY_CODE *Code, VERIFY_MODE Mode)
{
    switch (Mode) {
    case VERIFY_UNIVERSAL:
        return Code->Levels[1];
    case VERIFY_WINDOWS:
    case VERIFY_SIGNATURE:
        return Code->Levels[2];
    case VERIFY_PLAIN:
        return Code->Code >= 1300 && Code->Code <= 1309 ? 'W' : Code->Levels[0];
    default:
        return Code->Levels[0];
    }
}
