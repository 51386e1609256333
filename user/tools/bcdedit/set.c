/* bcdedit /set, /deletevalue, /debug, /bootdebug, /dbgsettings. */
#include "bcd.h"

#include <stdio.h>
#include <wchar.h>

#include "console.h"

#define FAILED_SET "An error has occurred setting the element data."
#define FAILED_DELETE "An error has occurred deleting the specified entry."

/*
 * ERROR_SECUREBOOT_POLICY_VIOLATION's is this command's own text. [doc: Enable loading of
 * test-signed drivers]
 */
#define SECURE_BOOT_ERROR 4550
static const char SecureBootText[] =
    "The value is protected by Secure Boot policy and cannot be modified or deleted.";

int BcdEnd(const char *Failed, DWORD Error)
{
    WCHAR *Text = NULL;
    DWORD Length;

    if (Error == ERROR_SUCCESS) {
        printf("The operation completed successfully.\n");
        return 0;
    }
    if (Error == SECURE_BOOT_ERROR) {
        printf("%s\n%s\n", Failed, SecureBootText);
        return 1;
    }
    Length = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                                FORMAT_MESSAGE_IGNORE_INSERTS,
                            NULL, Error, 0, (WCHAR *)&Text, 0, NULL);
    while (Length != 0 &&
           (Text[Length - 1] == '\n' || Text[Length - 1] == '\r' || Text[Length - 1] == ' '))
        Text[--Length] = 0;
    ConsolePrint(L"%hs\n%ls\n", Failed, Length != 0 ? Text : L"");
    LocalFree(Text);
    return 1;
}

int BcdBadSyntax(void)
{
    printf("The set command specified is not valid.\n"
           "Run \"bcdedit /?\" for command line assistance.\n"
           "The parameter is incorrect.\n");
    return 1;
}

/* ---- values ---- */

static DWORD SetFlag(const WCHAR *Id, DWORD Type, const WCHAR *Word)
{
    static const WCHAR *const Words[] =
        {L"off", L"on", L"no", L"yes", L"false", L"true", L"0", L"1"};

    for (size_t i = 0; i < sizeof(Words) / sizeof(Words[0]); i++)
        if (_wcsicmp(Word, Words[i]) == 0) {
            BYTE Flag = i & 1;

            return BcdSet(Id, Type, &Flag, sizeof(Flag));
        }
    return ERROR_INVALID_PARAMETER;
}

/* The place of a word among the choices. */
static BOOL FindChoice(const WCHAR *Choices, const WCHAR *Word, unsigned long long *Number)
{
    size_t Length = wcslen(Word);

    for (*Number = 0; *Choices != 0; (*Number)++) {
        size_t Next = wcscspn(Choices, L" ");

        if (Next == Length && _wcsnicmp(Choices, Word, Length) == 0)
            return TRUE;
        Choices += Next;
        Choices += *Choices == ' ';
    }
    return FALSE;
}

/* "10.125.5.10" */
static BOOL ReadAddress(const WCHAR *Word, unsigned long long *Number)
{
    WCHAR *End;

    *Number = 0;
    for (int i = 0; i < 4; i++) {
        unsigned long Part = wcstoul(Word, &End, 10);

        if (End == Word || Part > 255 || *End != (i < 3 ? '.' : 0))
            return FALSE;
        *Number = *Number << 8 | Part;
        Word = End + 1;
    }
    return TRUE;
}

/* Decimal, or hexadecimal after 0x. */
static BOOL ReadNumber(const WCHAR *Word, unsigned long long *Number)
{
    unsigned Base = Word[0] == '0' && (Word[1] | 0x20) == 'x' ? 16 : 10;
    const WCHAR *At = Base == 16 ? Word + 2 : Word;

    *Number = 0;
    if (*At == 0)
        return FALSE;
    for (; *At != 0; At++) {
        unsigned Digit = *At >= '0' && *At <= '9' ? *At - (unsigned)'0' : (*At | 0x20u) - 'a' + 10;

        if (Digit >= Base || *Number > (~0ull - Digit) / Base)
            return FALSE;
        *Number = *Number * Base + Digit;
    }
    return TRUE;
}

static DWORD SetInteger(const WCHAR *Id, const BCD_ELEMENT *Element, const WCHAR *Word)
{
    unsigned long long Number;
    BOOL Good;

    if (Element->Choices != NULL)
        Good = FindChoice(Element->Choices, Word, &Number);
    else if (wcscmp(Element->Name, L"hostip") == 0)
        Good = ReadAddress(Word, &Number);
    else
        Good = ReadNumber(Word, &Number);
    return Good ? BcdSet(Id, Element->Type, &Number, sizeof(Number)) : ERROR_INVALID_PARAMETER;
}

static DWORD SetObject(const WCHAR *Id, DWORD Type, const WCHAR *Word)
{
    WCHAR Ids[BCD_ID_LENGTH + 1] = {0};
    DWORD Error = BcdFindObject(Word, Ids), IsList = BcdFormatOf(Type) == BCD_OBJECTS;

    if (Error != ERROR_SUCCESS)
        return Error;
    return BcdSet(Id, Type, Ids, (DWORD)(wcslen(Ids) + 1 + IsList) * sizeof(WCHAR));
}

static DWORD SetElement(const WCHAR *Id, const BCD_ELEMENT *Element, const WCHAR *Word)
{
    if (Element->Protected && BcdIsSecureBoot())
        return SECURE_BOOT_ERROR;
    switch (BcdFormatOf(Element->Type)) {
    case BCD_BOOLEAN: return SetFlag(Id, Element->Type, Word);
    case BCD_INTEGER: return SetInteger(Id, Element, Word);
    case BCD_TEXT: return BcdSet(Id, Element->Type, Word,
                                 (DWORD)(wcslen(Word) + 1) * sizeof(WCHAR));
    default: return SetObject(Id, Element->Type, Word);
    }
}

/* ---- commands ---- */

/* Takes "{ID}" off the words, or means the entry that is booted. */
static DWORD TakeObject(int *Count, WCHAR ***Words, WCHAR Id[BCD_ID_LENGTH])
{
    const WCHAR *Word = L"{current}";

    if (*Count > 0 && (*Words)[0][0] == '{') {
        Word = *(*Words)++;
        (*Count)--;
    }
    return BcdFindObject(Word, Id);
}

int BcdSetValue(int Count, WCHAR **Words)
{
    WCHAR Id[BCD_ID_LENGTH];
    DWORD Error = TakeObject(&Count, &Words, Id);
    const BCD_ELEMENT *Element = Count == 2 ? BcdFindElement(Words[0]) : NULL;

    if (Error != ERROR_SUCCESS)
        return BcdEnd(FAILED_SET, Error);
    if (Count != 2)
        return BcdBadSyntax();
    if (Element == NULL)
        return BcdEnd("The element data type specified is not recognized, or does not apply to "
                      "the\nspecified entry.\n"
                      "Run \"bcdedit /?\" for command line assistance.",
                      ERROR_NOT_FOUND);
    return BcdEnd(FAILED_SET, SetElement(Id, Element, Words[1]));
}

int BcdDeleteValue(int Count, WCHAR **Words)
{
    WCHAR Id[BCD_ID_LENGTH];
    DWORD Error = TakeObject(&Count, &Words, Id);
    const BCD_ELEMENT *Element = Count == 1 ? BcdFindElement(Words[0]) : NULL;

    if (Count != 1)
        return BcdBadSyntax();
    if (Error == ERROR_SUCCESS && Element == NULL)
        Error = ERROR_NOT_FOUND;
    if (Error == ERROR_SUCCESS && Element->Protected && BcdIsSecureBoot())
        Error = SECURE_BOOT_ERROR;
    if (Error == ERROR_SUCCESS)
        Error = BcdDelete(Id, Element->Type);
    return BcdEnd(Error == SECURE_BOOT_ERROR ? FAILED_SET
                  : "An error occurred while attempting to delete the specified data element.",
                  Error == ERROR_FILE_NOT_FOUND ? ERROR_NOT_FOUND : Error);
}

static int SetSwitch(const WCHAR *Name, int Count, WCHAR **Words)
{
    WCHAR Id[BCD_ID_LENGTH];
    DWORD Error = TakeObject(&Count, &Words, Id);

    if (Count != 1)
        return BcdBadSyntax();
    return BcdEnd(FAILED_SET,
                  Error != ERROR_SUCCESS ? Error : SetElement(Id, BcdFindElement(Name), Words[0]));
}

int BcdDebug(int Count, WCHAR **Words)
{
    return SetSwitch(L"debug", Count, Words);
}

int BcdBootDebug(int Count, WCHAR **Words)
{
    return SetSwitch(L"bootdebug", Count, Words);
}

/*
 * One parameter of /dbgsettings: NAME:VALUE, /start POLICY, /noumex, nodhcp. Returns the words it
 * took, 0: none is meant.
 */
static int SetDebuggerParameter(int Count, WCHAR **Words, DWORD *Error)
{
    static const WCHAR *const Names[] =
        {L"debugport", L"baudrate", L"channel", L"targetname", L"hostip", L"port", L"key",
            L"busparams"};
    const WCHAR *Colon = wcschr(Words[0], ':');

    if (_wcsicmp(Words[0], L"/noumex") == 0 || _wcsicmp(Words[0], L"nodhcp") == 0) {
        const WCHAR *Name = Words[0][0] == '/' ? L"noumex" : L"dhcp";

        *Error = SetElement(BCD_DEBUGGER, BcdFindElement(Name),
                            Words[0][0] == '/' ? L"on" : L"off");
        return 1;
    }
    if (_wcsicmp(Words[0], L"/start") == 0 && Count > 1) {
        *Error = SetElement(BCD_DEBUGGER, BcdFindElement(L"debugstart"), Words[1]);
        return 2;
    }
    for (size_t i = 0; Colon != NULL && i < sizeof(Names) / sizeof(Names[0]); i++)
        if (wcslen(Names[i]) == (size_t)(Colon - Words[0]) &&
            _wcsnicmp(Words[0], Names[i], wcslen(Names[i])) == 0) {
            *Error = SetElement(BCD_DEBUGGER, BcdFindElement(Names[i]), Colon + 1);
            return 1;
        }
    return 0;
}

int BcdDebuggerSettings(int Count, WCHAR **Words)
{
    DWORD Error = ERROR_SUCCESS;
    int Taken;

    if (Count == 0) {
        for (DWORD i = 0; BcdElementAt(i) != NULL; i++)
            BcdPrintElement(BCD_DEBUGGER, BcdElementAt(i));
        return BcdEnd(NULL, ERROR_SUCCESS);
    }
    Error = SetElement(BCD_DEBUGGER, BcdFindElement(L"debugtype"), Words[0]);
    for (int i = 1; i < Count && Error == ERROR_SUCCESS; i += Taken) {
        Taken = SetDebuggerParameter(Count - i, Words + i, &Error);
        if (Taken == 0)
            return BcdBadSyntax();
    }
    return BcdEnd(FAILED_SET, Error);
}
