/*
 * Install sections: CopyFiles, DelFiles, RenFiles, AddReg, DelReg, BitReg, and what they Include
 * and Need. What is left aside is named in the log: INFs that are not here, security of keys, INI
 * files, ProfileItems, RegisterDlls. [doc: INF DDInstall Section, INF AddReg Directive,
 * INF CopyFiles Directive and the others]
 */
#include "driver.h"

#define NEEDS_DEPTH 8

/* ---- Include and Needs ---- */

static SETUP_INF *FindIncluded(SETUP_INF *Inf, int Section, const WCHAR *Needed, int *Found)
{
    WCHAR Name[SETUP_FIELD], Path[MAX_PATH];
    unsigned Field;
    int Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, L"Include"); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, L"Include"))
        for (Field = 1; SetupField(Inf, Line, Field, Name); Field++) {
            SETUP_INF *Other;

            if (!SetupPrint(Path, MAX_PATH, L"C:\\Windows\\INF\\%s", Name))
                continue;
            Other = SetupReadInf(Path, NULL);
            *Found = Other != NULL ? SetupSection(Other, Needed) : INF_NONE;
            if (*Found != INF_NONE)
                return Other;
            SetupFreeInf(Other);
        }
    return NULL;
}

static BOOL VisitNeeds(SETUP_INF *Inf, int Section, const WCHAR *Suffix, SETUP_VISIT *Visit,
                       PVOID Context, DWORD Depth);

static BOOL VisitNeeded(SETUP_INF *Inf, int Section, WCHAR *Needed, const WCHAR *Suffix,
                        SETUP_VISIT *Visit, PVOID Context, DWORD Depth)
{
    SETUP_INF *Other;
    BOOL Fine;
    int Found;

    if (wcslen(Needed) >= wcslen(Suffix) &&
        !SetupSame(Needed + wcslen(Needed) - wcslen(Suffix), Suffix))
        lstrcatW(Needed, Suffix);
    Found = SetupSection(Inf, Needed);
    if (Found != INF_NONE)
        return VisitNeeds(Inf, Found, Suffix, Visit, Context, Depth + 1);
    Other = FindIncluded(Inf, Section, Needed, &Found);
    if (Other == NULL) {
        SetupLog(L"!    inf: %s: Needs %s, which is not here: ignored", Inf->Path, Needed);
        return TRUE;
    }
    Fine = VisitNeeds(Other, Found, Suffix, Visit, Context, Depth + 1);
    SetupFreeInf(Other);
    return Fine;
}

static BOOL VisitNeeds(SETUP_INF *Inf, int Section, const WCHAR *Suffix, SETUP_VISIT *Visit,
                       PVOID Context, DWORD Depth)
{
    WCHAR Needed[SETUP_FIELD + 16];
    unsigned Field;
    int Line;

    if (Depth == NEEDS_DEPTH) /* sections that need each other */
        return SetupFail(ERROR_GENERAL_SYNTAX);
    for (Line = SetupLine(Inf, Section, INF_NONE, L"Needs"); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, L"Needs"))
        for (Field = 1; SetupField(Inf, Line, Field, Needed); Field++)
            if (!VisitNeeded(Inf, Section, Needed, Suffix, Visit, Context, Depth))
                return FALSE;
    return Visit(Inf, Section, Context);
}

BOOL SetupWithNeeds(SETUP_INF *Inf, int Section, const WCHAR *Suffix, SETUP_VISIT *Visit,
                    PVOID Context)
{
    return VisitNeeds(Inf, Section, Suffix, Visit, Context, 0);
}

/* Calls Each for each section that a directive of Section names. */
typedef BOOL SECTION_VISIT(SETUP_INF *Inf, const WCHAR *Name, PVOID Context);

static BOOL VisitNamed(SETUP_INF *Inf, int Section, const WCHAR *Directive, SECTION_VISIT *Each,
                       PVOID Context)
{
    WCHAR Name[SETUP_FIELD];
    unsigned Field;
    int Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, Directive); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, Directive))
        for (Field = 1; SetupField(Inf, Line, Field, Name); Field++) {
            if (Name[0] == 0)
                continue;
            if (Name[0] != L'@' && SetupSection(Inf, Name) == INF_NONE) {
                SetupLog(L"!!!  inf: %s: %s names [%s], which is not there", Inf->Path, Directive,
                         Name);
                return SetupFail(ERROR_SECTION_NOT_FOUND);
            }
            if (!Each(Inf, Name, Context))
                return FALSE;
        }
    return TRUE;
}

/* ---- files ---- */

typedef struct _FILES {
    SETUP_FILE_VISIT *Visit;
    PVOID Context;
} FILES;

static BOOL VisitFile(SETUP_INF *Inf, const WCHAR *Section, const WCHAR *To, const WCHAR *From,
                      const FILES *Files)
{
    WCHAR Folder[MAX_PATH], Destination[MAX_PATH];

    if (!SetupDestination(Inf, Section, Folder))
        return FALSE;
    if (!SetupPrint(Destination, MAX_PATH, L"%s\\%s", Folder, To))
        return SetupFail(ERROR_FILENAME_EXCED_RANGE);
    return Files->Visit(Inf, From, Destination, Files->Context);
}

/* Lines are destination[,source[,temporary[,flags]]]. @name is one file. */
static BOOL VisitFileSection(SETUP_INF *Inf, const WCHAR *Name, PVOID Context)
{
    WCHAR To[SETUP_FIELD], From[SETUP_FIELD];
    int Section = SetupSection(Inf, Name), Line;

    if (Name[0] == L'@')
        return VisitFile(Inf, L"DefaultDestDir", Name + 1, Name + 1, Context);
    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, NULL)) {
        if (!SetupField(Inf, Line, 1, To) || To[0] == 0)
            continue;
        if (!SetupField(Inf, Line, 2, From) || From[0] == 0)
            lstrcpyW(From, To);
        if (!VisitFile(Inf, Name, To, From, Context))
            return FALSE;
    }
    return TRUE;
}

static BOOL VisitCopyFiles(SETUP_INF *Inf, int Section, PVOID Context)
{
    return VisitNamed(Inf, Section, L"CopyFiles", VisitFileSection, Context);
}

BOOL SetupVisitFiles(SETUP_INF *Inf, int Section, SETUP_FILE_VISIT *Visit, PVOID Context)
{
    FILES Files = {Visit, Context};

    return SetupWithNeeds(Inf, Section, L"", VisitCopyFiles, &Files);
}

static BOOL CopyOne(SETUP_INF *Inf, const WCHAR *Source, const WCHAR *Destination, PVOID Context)
{
    const SETUP_PLACE *Place = Context;
    WCHAR From[MAX_PATH], Folder[MAX_PATH];

    SetupSourceFolder(Inf, Source, Folder);
    if (!SetupPrint(From, MAX_PATH, L"%s\\%s%s%s", Place->Source, Folder,
                    Folder[0] != 0 ? L"\\" : L"", Source))
        return SetupFail(ERROR_FILENAME_EXCED_RANGE);
    if (SetupSame(From, Destination)) /* it runs from the driver store */
        return TRUE;
    if (SetupMakeFolders(Destination) && CopyFileW(From, Destination, FALSE))
        return TRUE;
    SetupLog(L"!!!  flq: %s cannot be copied to %s: error %lu", From, Destination, GetLastError());
    return FALSE;
}

static BOOL DeleteOne(SETUP_INF *Inf, const WCHAR *Source, const WCHAR *Destination, PVOID Context)
{
    IGNORE_ARG(Inf);
    IGNORE_ARG(Source);
    IGNORE_ARG(Context);
    DeleteFileW(Destination); /* one that is not there need not go */
    return TRUE;
}

/* Lines are new name, old name. */
static BOOL RenameOne(SETUP_INF *Inf, const WCHAR *Old, const WCHAR *New, PVOID Context)
{
    WCHAR From[MAX_PATH];

    IGNORE_ARG(Inf);
    IGNORE_ARG(Context);
    lstrcpynW(From, New, MAX_PATH);
    lstrcpynW(wcsrchr(From, L'\\') + 1, Old, (int)(MAX_PATH - (wcsrchr(From, L'\\') + 1 - From)));
    return MoveFileExW(From, New, MOVEFILE_REPLACE_EXISTING) ||
           GetLastError() == ERROR_FILE_NOT_FOUND;
}

static BOOL RunFiles(SETUP_INF *Inf, int Section, const SETUP_PLACE *Place)
{
    FILES Delete = {DeleteOne, NULL}, Rename = {RenameOne, NULL}, Copy = {CopyOne, (PVOID)Place};

    return VisitNamed(Inf, Section, L"DelFiles", VisitFileSection, &Delete) &&
           VisitNamed(Inf, Section, L"RenFiles", VisitFileSection, &Rename) &&
           VisitNamed(Inf, Section, L"CopyFiles", VisitFileSection, &Copy);
}

/* INFs beside this one become packages of their own. [doc: INF CopyINF Directive] */
static BOOL PublishInfs(SETUP_INF *Inf, int Section, const SETUP_PLACE *Place)
{
    WCHAR Name[SETUP_FIELD], Path[MAX_PATH], Published[MAX_PATH];
    unsigned Field;
    BOOL Known;
    int Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, L"CopyINF"); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, L"CopyINF"))
        for (Field = 1; SetupField(Inf, Line, Field, Name); Field++) {
            if (Name[0] == 0)
                continue;
            if (!SetupPrint(Path, MAX_PATH, L"%s\\%s", Place->Source, Name))
                return SetupFail(ERROR_FILENAME_EXCED_RANGE);
            if (!SetupAddPackage(Path, Published, &Known))
                return FALSE;
        }
    return TRUE;
}

/* ---- registry ---- */

/* The key of root,subkey; NULL: it cannot be had. */
static HANDLE OpenRoot(const WCHAR *Root, const WCHAR *Subkey, const SETUP_PLACE *Place,
                       BOOL Create)
{
    if (SetupSame(Root, L"HKR")) {
        if (Place->Relative == NULL) {
            SetLastError(ERROR_BADKEY);
            return NULL;
        }
        return Subkey[0] == 0 ? RegpOpen(Place->Relative, L"", FALSE)
                              : RegpOpen(Place->Relative, Subkey, Create);
    }
    if (SetupSame(Root, L"HKLM"))
        return RegpOpenF(Create, REG_MACHINE L"%s", Subkey);
    if (SetupSame(Root, L"HKCR"))
        return RegpOpenF(Create, REG_MACHINE L"Software\\Classes\\%s", Subkey);
    SetLastError(ERROR_BADKEY); /* HKU and HKCU: nobody is logged on */
    return NULL;
}

#define ADDREG_BINARY 1
#define ADDREG_KEEP 2
#define ADDREG_DELETE 4
#define ADDREG_APPEND 8
#define ADDREG_KEY_ONLY 0x10
#define ADDREG_OVERWRITE_ONLY 0x20
#define ADDREG_KEY_ONLY_COMMON 0x2000

/* The flags' high word is a type: for text 0 REG_SZ, 1 REG_MULTI_SZ, 2 REG_EXPAND_SZ; for bytes 0
 * REG_BINARY, else it. */
static DWORD TypeOf(DWORD Flags)
{
    static const DWORD Texts[] = {REG_SZ, REG_MULTI_SZ, REG_EXPAND_SZ};
    DWORD High = Flags >> 16;

    if (!(Flags & ADDREG_BINARY))
        return High < COUNT_OF(Texts) ? Texts[High] : REG_SZ;
    return High == 0 ? REG_BINARY : High == 1 ? REG_DWORD : High == 2 ? REG_NONE : High;
}

static BYTE HexByte(const WCHAR *Text)
{
    WCHAR Hex[8];
    DWORD Value = 0;

    SetupPrint(Hex, COUNT_OF(Hex), L"0x%.2s",
               Text[0] == L'0' && (Text[1] | 0x20) == L'x' ? Text + 2 : Text);
    return SetupParseNumber(Hex, &Value) ? (BYTE)Value : 0;
}

static BOOL AddBytes(SETUP_INF *Inf, int Line, DWORD Type, HANDLE Key, const WCHAR *Name)
{
    unsigned Count = SetupFields(Inf, Line), i;
    WCHAR Text[SETUP_FIELD];
    PBYTE Bytes;
    BOOL Fine;

    if (Type == REG_DWORD && Count <= 5)
        return RegpSetNumber(Key, Name, SetupNumber(Inf, Line, 5, 0));
    Bytes = SetupAllocate(Count + 1);
    if (Bytes == NULL)
        return FALSE;
    for (i = 5; i <= Count; i++)
        if (SetupField(Inf, Line, i, Text))
            Bytes[i - 5] = HexByte(Text);
    Fine = RegpSet(Key, Name, Type, Bytes, Count > 4 ? Count - 4 : 0);
    SetupFree(Bytes);
    return Fine;
}

/* A string of the list is not added twice. */
static DWORD AppendString(WCHAR *List, DWORD Used, const WCHAR *Text)
{
    List[Used] = 0;
    if (Text[0] == 0 || SetupListHas(List, Text))
        return Used;
    lstrcpyW(List + Used, Text);
    return Used + (DWORD)wcslen(Text) + 1;
}

static BOOL AddStrings(SETUP_INF *Inf, int Line, DWORD Flags, HANDLE Key, const WCHAR *Name)
{
    DWORD Bytes = 0, Type = REG_NONE, Used = 0;
    WCHAR *Old = Flags & ADDREG_APPEND ? RegpGet(Key, Name, &Type, &Bytes) : NULL, *List;
    WCHAR Text[SETUP_FIELD];
    unsigned Count = SetupFields(Inf, Line), i;
    BOOL Fine;

    List = SetupAllocate(Bytes + (SIZE_T)(Count > 4 ? Count - 4 : 0) * SETUP_FIELD * sizeof(WCHAR) +
                         2 * sizeof(WCHAR));
    if (List == NULL) {
        SetupFree(Old);
        return FALSE;
    }
    if (Old != NULL && Type == REG_MULTI_SZ)
        for (WCHAR *At = Old; *At != 0; At += wcslen(At) + 1)
            Used = AppendString(List, Used, At);
    for (i = 5; i <= Count; i++)
        if (SetupField(Inf, Line, i, Text))
            Used = AppendString(List, Used, Text);
    List[Used] = 0;
    Fine = RegpSet(Key, Name, REG_MULTI_SZ, List, (Used + 1) * sizeof(WCHAR));
    SetupFree(List);
    SetupFree(Old);
    return Fine;
}

static BOOL AddValue(SETUP_INF *Inf, int Line, DWORD Flags, HANDLE Key, const WCHAR *Name)
{
    DWORD Type = TypeOf(Flags);
    WCHAR Text[SETUP_FIELD];
    PVOID Old = RegpGet(Key, Name, NULL, NULL);
    BOOL Exists = Old != NULL;

    SetupFree(Old);
    if (Flags & ADDREG_DELETE) {
        RegpDeleteValue(Key, Name);
        return TRUE;
    }
    if (((Flags & ADDREG_KEEP) && Exists) || ((Flags & ADDREG_OVERWRITE_ONLY) && !Exists) ||
        (Flags & (ADDREG_KEY_ONLY | ADDREG_KEY_ONLY_COMMON)) ||
        (Name[0] == 0 && SetupFields(Inf, Line) < 5))
        return TRUE;
    if (Flags & ADDREG_BINARY)
        return AddBytes(Inf, Line, Type, Key, Name);
    if (Type == REG_MULTI_SZ)
        return AddStrings(Inf, Line, Flags, Key, Name);
    SetupField(Inf, Line, 5, Text);
    return RegpSet(Key, Name, Type, Text, (DWORD)((wcslen(Text) + 1) * sizeof(WCHAR)));
}

/* What HKR of a .HW section means by these is the device, not its parameters. [doc: INF
 * DDInstall.HW Section] */
static BOOL IsDeviceProperty(const WCHAR *Name)
{
    static const WCHAR Names[] =
        L"UpperFilters\0LowerFilters\0DeviceCharacteristics\0DeviceType\0Exclusive\0Security\0"
        L"FriendlyName\0";

    return SetupListHas(Names, Name);
}

/* root,[subkey],[name],[flags],[data...] */
static BOOL AddRegLine(SETUP_INF *Inf, int Line, const SETUP_PLACE *Place)
{
    WCHAR Root[SETUP_FIELD], Subkey[SETUP_FIELD], Name[SETUP_FIELD];
    BOOL OfDevice, Fine;
    HANDLE Key;

    SetupField(Inf, Line, 1, Root);
    SetupField(Inf, Line, 2, Subkey);
    SetupField(Inf, Line, 3, Name);
    OfDevice = Place->Device != NULL && SetupSame(Root, L"HKR") && Subkey[0] == 0 &&
               IsDeviceProperty(Name);
    Key = OfDevice ? RegpOpen(Place->Device, L"", FALSE) : OpenRoot(Root, Subkey, Place, TRUE);
    if (Key == NULL) {
        SetupLog(L"!    reg: %s(%u): %s\\%s cannot be opened: ignored", Inf->Path,
                 Inf->File.Line[Line].Number, Root, Subkey);
        return GetLastError() == ERROR_BADKEY; /* a root that is not here is left aside */
    }
    Fine = AddValue(Inf, Line, SetupNumber(Inf, Line, 4, 0), Key, Name);
    NtClose(Key);
    return Fine;
}

static BOOL AddRegSection(SETUP_INF *Inf, const WCHAR *Name, PVOID Context)
{
    int Section = SetupSection(Inf, Name), Line;

    if (SetupSectionF(Inf, L"%s.Security", Name) != INF_NONE)
        SetupLog(L"!    reg: %s: [%s.Security]: ignored", Inf->Path, Name);
    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, NULL))
        if (!AddRegLine(Inf, Line, Context))
            return FALSE;
    return TRUE;
}

/* A string out of a multi-string: flags 0x00018002. */
static VOID DeleteString(HANDLE Key, const WCHAR *Name, const WCHAR *Text)
{
    DWORD Type, Bytes, Used = 0;
    WCHAR *List = RegpGet(Key, Name, &Type, &Bytes), *At, *Kept;

    Kept = List != NULL && Type == REG_MULTI_SZ ? SetupAllocate(Bytes + 2 * sizeof(WCHAR)) : NULL;
    for (At = List; Kept != NULL && *At != 0; At += wcslen(At) + 1)
        if (!SetupSame(At, Text)) {
            lstrcpyW(Kept + Used, At);
            Used += (DWORD)wcslen(At) + 1;
        }
    if (Kept != NULL)
        RegpSet(Key, Name, REG_MULTI_SZ, Kept, (Used + 1) * sizeof(WCHAR));
    SetupFree(Kept);
    SetupFree(List);
}

/* root,subkey[,name[,flags[,text]]] */
static VOID DelRegLine(SETUP_INF *Inf, int Line, const SETUP_PLACE *Place)
{
    WCHAR Root[SETUP_FIELD], Subkey[SETUP_FIELD], Name[SETUP_FIELD], Text[SETUP_FIELD];
    DWORD Flags = SetupNumber(Inf, Line, 4, 0);
    HANDLE Key;

    SetupField(Inf, Line, 1, Root);
    SetupField(Inf, Line, 2, Subkey);
    Key = OpenRoot(Root, SetupField(Inf, Line, 3, Name) ? Subkey : L"", Place, FALSE);
    if (Key == NULL)
        return;
    if (Name[0] == 0 && SetupFields(Inf, Line) < 3 && Subkey[0] != 0)
        RegpDeleteTree(Key, Subkey);
    else if ((Flags & 0xFFFF8002) == 0x00018002 && SetupField(Inf, Line, 5, Text))
        DeleteString(Key, Name, Text);
    else
        RegpDeleteValue(Key, Name);
    NtClose(Key);
}

static BOOL DelRegSection(SETUP_INF *Inf, const WCHAR *Name, PVOID Context)
{
    int Section = SetupSection(Inf, Name), Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, NULL))
        DelRegLine(Inf, Line, Context);
    return TRUE;
}

/* root,subkey,name,flags,mask[,byte]: flag 1 sets bits, flag 4 means a REG_DWORD. */
static VOID BitRegLine(SETUP_INF *Inf, int Line, const SETUP_PLACE *Place)
{
    WCHAR Root[SETUP_FIELD], Subkey[SETUP_FIELD], Name[SETUP_FIELD];
    DWORD Flags = SetupNumber(Inf, Line, 4, 0), Mask = SetupNumber(Inf, Line, 5, 0), At = 0, Type,
          Bytes;
    HANDLE Key;
    PBYTE Value;

    SetupField(Inf, Line, 1, Root);
    SetupField(Inf, Line, 2, Subkey);
    SetupField(Inf, Line, 3, Name);
    Key = OpenRoot(Root, Subkey, Place, FALSE);
    Value = Key != NULL ? RegpGet(Key, Name, &Type, &Bytes) : NULL;
    if (!(Flags & 4))
        At = SetupNumber(Inf, Line, 6, 0);
    if (Value != NULL && At < Bytes && (!(Flags & 4) || Bytes == sizeof(DWORD))) {
        DWORD Width = Flags & 4 ? sizeof(DWORD) : 1, i;

        for (i = 0; i < Width; i++) {
            BYTE Bits = (BYTE)(Mask >> 8 * i);

            Value[At + i] = Flags & 1 ? Value[At + i] | Bits : Value[At + i] & ~Bits;
        }
        RegpSet(Key, Name, Type, Value, Bytes);
    }
    SetupFree(Value);
    if (Key != NULL)
        NtClose(Key);
}

static BOOL BitRegSection(SETUP_INF *Inf, const WCHAR *Name, PVOID Context)
{
    int Section = SetupSection(Inf, Name), Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, NULL))
        BitRegLine(Inf, Line, Context);
    return TRUE;
}

/* ---- all of it ---- */

static VOID NameIgnored(SETUP_INF *Inf, int Section)
{
    static const WCHAR *const Ignored[] = {L"UpdateInis",   L"UpdateIniFields",
                                           L"Ini2Reg",        L"ProfileItems", L"RegisterDlls",
                                           L"UnregisterDlls", L"LogConfig",    L"AddPowerSetting"};
    ULONG i;

    for (i = 0; i < COUNT_OF(Ignored); i++)
        if (SetupLine(Inf, Section, INF_NONE, Ignored[i]) != INF_NONE)
            SetupLog(L"!    inf: %s: %s: ignored", Inf->Path, Ignored[i]);
}

typedef struct _RUN {
    DWORD What;
    const SETUP_PLACE *Place;
} RUN;

static BOOL RunOne(SETUP_INF *Inf, int Section, PVOID Context)
{
    const RUN *Run = Context;
    PVOID Place = (PVOID)Run->Place;

    NameIgnored(Inf, Section);
    if ((Run->What & SETUP_FILES) &&
        (!RunFiles(Inf, Section, Run->Place) || !PublishInfs(Inf, Section, Run->Place)))
        return FALSE;
    return !(Run->What & SETUP_REGISTRY) ||
           (VisitNamed(Inf, Section, L"DelReg", DelRegSection, Place) &&
            VisitNamed(Inf, Section, L"AddReg", AddRegSection, Place) &&
            VisitNamed(Inf, Section, L"BitReg", BitRegSection, Place));
}

BOOL SetupRunSection(SETUP_INF *Inf, int Section, DWORD What, const SETUP_PLACE *Place)
{
    RUN Run = {What, Place};

    return SetupWithNeeds(Inf, Section, Place->Device != NULL ? L".HW" : L"", RunOne, &Run);
}

BOOL WINAPI SetupInstallFromInfSectionW(HWND Owner, HINF Handle, PCWSTR Name, UINT Flags,
                                        HKEY RelativeKey, PCWSTR Source, UINT CopyFlags,
                                        PSP_FILE_CALLBACK_W Callback, PVOID Context, HDEVINFO Set,
                                        PSP_DEVINFO_DATA Device)
{
    SETUP_INF *Inf = SetupInfOf(Handle);
    SETUP_PLACE Place = {RelativeKey, NULL, L""};
    int Section;

    IGNORE_ARG(Owner);
    IGNORE_ARG(CopyFlags);
    IGNORE_ARG(Callback); /* files are copied at once: there is no queue to tell of */
    IGNORE_ARG(Context);
    IGNORE_ARG(Set);
    IGNORE_ARG(Device);
    if (Inf == NULL)
        return FALSE;
    Section = Name != NULL ? SetupSection(Inf, Name) : INF_NONE;
    if (Section == INF_NONE)
        return SetupFail(ERROR_SECTION_NOT_FOUND);
    if (Source != NULL)
        lstrcpynW(Place.Source, Source, MAX_PATH);
    else
        SetupDirectory(Inf, 1, Place.Source);
    return SetupRunSection(Inf, Section,
                           (Flags & SPINST_REGISTRY ? SETUP_REGISTRY : 0) |
                               (Flags & SPINST_FILES ? SETUP_FILES : 0),
                           &Place);
}
