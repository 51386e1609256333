/*
 * The language of texts: the system's, as the registry has it (Control\Nls\Language), and a
 * thread's own. Not modelled: lists of preferred languages, the user's own language apart from the
 * system's, locales (formats of dates and numbers are English).
 */
#include "k32.h"

#define NLS_LANGUAGE L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Nls\\Language"
#define ENGLISH MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)

static LANGID ParseLanguage(const WCHAR *Text, ULONG Count)
{
    ULONG Language = 0;

    for (ULONG i = 0; i < Count && Text[i] != 0; i++) {
        WCHAR Digit = RtlUpcaseUnicodeChar(Text[i]);

        if (Digit >= '0' && Digit <= '9')
            Language = Language * 16 + Digit - '0';
        else if (Digit >= 'A' && Digit <= 'F')
            Language = Language * 16 + Digit - 'A' + 10;
        else
            return ENGLISH;
    }
    return Language != 0 && Language <= 0xFFFF ? (LANGID)Language : ENGLISH;
}

/* A value of the key, four hexadecimal digits; English where it is missing or is something else. */
static LANGID ReadLanguage(const WCHAR *ValueName)
{
    struct {
        ULONG TitleIndex, Type, DataLength;
        WCHAR Data[8];
    } Value; /* KEY_VALUE_PARTIAL_INFORMATION */
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;
    ULONG Length;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, NLS_LANGUAGE);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtOpenKey(&Key, KEY_QUERY_VALUE, &Attributes)))
        return ENGLISH;
    RtlInitUnicodeString(&Name, ValueName);
    Status = NtQueryValueKey(Key, &Name, 2 /* KeyValuePartialInformation */, &Value, sizeof(Value),
                             &Length);
    NtClose(Key);
    if (!NT_SUCCESS(Status) || Value.Type != REG_SZ)
        return ENGLISH;
    return ParseLanguage(Value.Data, Value.DataLength / sizeof(WCHAR));
}

LANGID WINAPI GetSystemDefaultUILanguage(VOID)
{
    return ReadLanguage(L"InstallLanguage");
}

LANGID WINAPI GetUserDefaultUILanguage(VOID)
{
    return ReadLanguage(L"Default");
}

LANGID WINAPI GetSystemDefaultLangID(VOID)
{
    return ReadLanguage(L"Default");
}

LANGID WINAPI GetUserDefaultLangID(VOID)
{
    return ReadLanguage(L"Default");
}

LANGID WINAPI GetThreadUILanguage(VOID)
{
    LANGID Language = LANGIDFROMLCID(CurrentTeb()->CurrentLocale);

    return Language != 0 ? Language : GetUserDefaultUILanguage();
}

/* Zero asks for one that the console can show, which is any: the thread has the user's again. */
LANGID WINAPI SetThreadUILanguage(LANGID Language)
{
    CurrentTeb()->CurrentLocale = Language;
    return GetThreadUILanguage();
}
