/* bcdedit /enum: objects and their elements, a line each. */
#include "bcd.h"

#include <stdio.h>
#include <wchar.h>

#include "console.h"

#define COLUMN 24

static const WCHAR *ChoiceAt(const WCHAR *Choices, unsigned long long Index, WCHAR Text[40])
{
    while (Index != 0 && *Choices != 0)
        Index -= *Choices++ == ' ';
    _snwprintf(Text, 40, L"%.*ls", (int)wcscspn(Choices, L" "), Choices);
    return Text;
}

static void PrintWord(const WCHAR *Name, const WCHAR *Word)
{
    ConsolePrint(L"%-*ls%ls\n", COLUMN, Name, Word);
}

/* Each object of a list has a line; the name stands before the first. */
static void PrintObjects(const WCHAR *Name, const WCHAR *Id)
{
    for (; *Id != 0; Id += wcslen(Id) + 1, Name = L"")
        PrintWord(Name, BcdShownName(Id));
}

/* An IPv4 address is kept as a number. */
static void PrintInteger(const BCD_ELEMENT *Element, unsigned long long Number)
{
    WCHAR Text[40];

    if (Element->Choices != NULL)
        ChoiceAt(Element->Choices, Number, Text);
    else if (wcscmp(Element->Name, L"hostip") == 0)
        _snwprintf(Text, 40, L"%llu.%llu.%llu.%llu", Number >> 24 & 255, Number >> 16 & 255,
                   Number >> 8 & 255, Number & 255);
    else
        _snwprintf(Text, 40, L"%llu", Number);
    PrintWord(Element->Name, Text);
}

void BcdPrintElement(const WCHAR *Id, const BCD_ELEMENT *Element)
{
    union {
        WCHAR Text[512];
        unsigned long long Number;
        BYTE Flag;
    } Data = {.Text = L""};
    DWORD Bytes;

    if (BcdGet(Id, Element->Type, &Data, sizeof(Data) - 2 * sizeof(WCHAR), &Bytes) != ERROR_SUCCESS)
        return;
    switch (BcdFormatOf(Element->Type)) {
    case BCD_TEXT: PrintWord(Element->Name, Data.Text); break;
    case BCD_OBJECT: PrintWord(Element->Name, BcdShownName(Data.Text)); break;
    case BCD_OBJECTS: PrintObjects(Element->Name, Data.Text); break;
    case BCD_INTEGER: PrintInteger(Element, Data.Number); break;
    case BCD_BOOLEAN: PrintWord(Element->Name, Data.Flag != 0 ? L"Yes" : L"No"); break;
    }
}

static void PrintObject(const WCHAR *Id)
{
    const WCHAR *Title = BcdTitleOf(Id);

    ConsolePrint(L"\n%ls\n", Title);
    for (const WCHAR *At = Title; *At != 0; At++)
        printf("-");
    ConsolePrint(L"\n%-*ls%ls\n", COLUMN, L"identifier", BcdShownName(Id));
    for (DWORD i = 0; BcdElementAt(i) != NULL; i++)
        BcdPrintElement(Id, BcdElementAt(i));
}

/* ACTIVE: what the boot manager would show; FIRMWARE has nothing here. [doc: BCDEdit /enum] */
static BOOL IsShown(const WCHAR *Class, DWORD Type)
{
    if (_wcsicmp(Class, L"all") == 0)
        return TRUE;
    if (_wcsicmp(Class, L"active") == 0)
        return Type == 0x10100002 || Type == 0x10200003;
    if (_wcsicmp(Class, L"bootmgr") == 0)
        return Type == 0x10100002;
    if (_wcsicmp(Class, L"osloader") == 0)
        return Type == 0x10200003;
    return _wcsicmp(Class, L"inherit") == 0 && Type >> 28 == 2;
}

/* The boot manager is first, as on Windows; then the others. */
static int EnumClass(const WCHAR *Class)
{
    WCHAR Id[BCD_ID_LENGTH];

    if (IsShown(Class, BcdObjectType(BCD_BOOTMGR)))
        PrintObject(BCD_BOOTMGR);
    for (DWORD i = 0; BcdObjectAt(i, Id) == ERROR_SUCCESS; i++)
        if (_wcsicmp(Id, BCD_BOOTMGR) != 0 && IsShown(Class, BcdObjectType(Id)))
            PrintObject(Id);
    return 0;
}

int BcdEnum(int Count, WCHAR **Words)
{
    static const WCHAR *const Classes[] = {L"active",   L"firmware", L"bootapp", L"bootmgr",
                                           L"osloader", L"resume",   L"inherit", L"all"};
    WCHAR Id[BCD_ID_LENGTH];
    DWORD Error;

    if (Count > 0 && _wcsicmp(Words[Count - 1], L"/v") == 0)
        Count--;
    if (Count == 0)
        return EnumClass(L"active");
    if (Count > 1)
        return BcdBadSyntax();
    for (size_t i = 0; i < sizeof(Classes) / sizeof(Classes[0]); i++)
        if (_wcsicmp(Words[0], Classes[i]) == 0)
            return EnumClass(Classes[i]);
    if (Words[0][0] != '{')
        return BcdBadSyntax();
    Error = BcdFindObject(Words[0], Id);
    if (Error != ERROR_SUCCESS)
        return BcdEnd("The specified entry is not valid.", Error);
    PrintObject(Id);
    return 0;
}
