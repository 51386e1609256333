/*
 * The C library's routines on wide strings. Case: the compare and map routines fold ASCII alone
 * ("C" locale), towupper and towlower follow the Unicode table. Left out: wcstok without context.
 */
#include "rtl.h"
#include "nls.h"

static inline WCHAR RtlpLowerAscii(WCHAR Char)
{
    return Char >= 'A' && Char <= 'Z' ? (WCHAR)(Char + 32) : Char;
}

NT_EXPORT(wcslen);
size_t __cdecl wcslen(const wchar_t *String)
{
    const wchar_t *End = String;

    while (*End != 0)
        End++;
    return (size_t)(End - String);
}

NT_EXPORT(wcsnlen);
size_t __cdecl wcsnlen(const wchar_t *String, size_t Most)
{
    size_t Length = 0;

    while (Length < Most && String[Length] != 0)
        Length++;
    return Length;
}

NT_EXPORT(wcscmp);
int __cdecl wcscmp(const wchar_t *First, const wchar_t *Second)
{
    while (*First != 0 && *First == *Second) {
        First++;
        Second++;
    }
    return *First == *Second ? 0 : *First < *Second ? -1 : 1;
}

NT_EXPORT(wcsncmp);
int __cdecl wcsncmp(const wchar_t *First, const wchar_t *Second, size_t Most)
{
    for (; Most != 0; Most--, First++, Second++) {
        if (*First != *Second)
            return *First - *Second;
        if (*First == 0)
            break;
    }
    return 0;
}

NT_EXPORT(_wcsnicmp);
int __cdecl _wcsnicmp(const wchar_t *First, const wchar_t *Second, size_t Most)
{
    for (; Most != 0; Most--, First++, Second++) {
        WCHAR A = RtlpLowerAscii(*First), B = RtlpLowerAscii(*Second);
        if (A != B)
            return A - B;
        if (A == 0)
            break;
    }
    return 0;
}

NT_EXPORT(_wcsicmp);
int __cdecl _wcsicmp(const wchar_t *First, const wchar_t *Second)
{
    return _wcsnicmp(First, Second, (size_t)-1);
}

NT_EXPORT(wcschr);
wchar_t *__cdecl wcschr(const wchar_t *String, wchar_t Char)
{
    for (; *String != Char; String++)
        if (*String == 0)
            return NULL;
    return (wchar_t *)String;
}

NT_EXPORT(wcsrchr);
wchar_t *__cdecl wcsrchr(const wchar_t *String, wchar_t Char)
{
    const wchar_t *Found = NULL;

    do {
        if (*String == Char)
            Found = String;
    } while (*String++ != 0);
    return (wchar_t *)Found;
}

NT_EXPORT(wcsstr);
wchar_t *__cdecl wcsstr(const wchar_t *String, const wchar_t *Wanted)
{
    size_t Length = wcslen(Wanted);

    for (;; String++) {
        if (wcsncmp(String, Wanted, Length) == 0)
            return (wchar_t *)String;
        if (*String == 0)
            return NULL;
    }
}

NT_EXPORT(wcsspn);
size_t __cdecl wcsspn(const wchar_t *String, const wchar_t *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && wcschr(Set, String[Length]) != NULL)
        Length++;
    return Length;
}

NT_EXPORT(wcscspn);
size_t __cdecl wcscspn(const wchar_t *String, const wchar_t *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && wcschr(Set, String[Length]) == NULL)
        Length++;
    return Length;
}

NT_EXPORT(wcscpy);
wchar_t *__cdecl wcscpy(wchar_t *To, const wchar_t *From)
{
    memcpy(To, From, (wcslen(From) + 1) * sizeof(wchar_t));
    return To;
}

NT_EXPORT(wcscat);
wchar_t *__cdecl wcscat(wchar_t *To, const wchar_t *From)
{
    wcscpy(To + wcslen(To), From);
    return To;
}

NT_EXPORT(wcsncpy);
wchar_t *__cdecl wcsncpy(wchar_t *To, const wchar_t *From, size_t Count)
{
    size_t Length = wcsnlen(From, Count);

    memcpy(To, From, Length * sizeof(wchar_t));
    memset(To + Length, 0, (Count - Length) * sizeof(wchar_t));
    return To;
}

NT_EXPORT(wcsncat);
wchar_t *__cdecl wcsncat(wchar_t *To, const wchar_t *From, size_t Count)
{
    wchar_t *End = To + wcslen(To);
    size_t Length = wcsnlen(From, Count);

    memcpy(End, From, Length * sizeof(wchar_t));
    End[Length] = 0;
    return To;
}

/* As RtlpCopySecure in cstring.c, in wide characters. */
#define STRUNCATE 80
static errno_t RtlpCopySecureWide(wchar_t *To, size_t Size, size_t At, const wchar_t *From,
                                  size_t Count)
{
    size_t Length, Most = Size - At;

    if (From == NULL) {
        To[0] = 0;
        return EINVAL;
    }
    Length = wcsnlen(From, Count < Most ? Count : Most);
    if (Length < Most) {
        memcpy(To + At, From, Length * sizeof(wchar_t));
        To[At + Length] = 0;
        return 0;
    }
    if (Count != _TRUNCATE) {
        To[0] = 0;
        return ERANGE;
    }
    memcpy(To + At, From, (Most - 1) * sizeof(wchar_t));
    To[Size - 1] = 0;
    return STRUNCATE;
}

NT_EXPORT(wcsncpy_s);
errno_t __cdecl wcsncpy_s(wchar_t *To, size_t Size, const wchar_t *From, size_t Count)
{
    if (Count == 0 && To == NULL && Size == 0)
        return 0;
    if (To == NULL || Size == 0)
        return EINVAL;
    if (Count == 0) {
        To[0] = 0;
        return 0;
    }
    return RtlpCopySecureWide(To, Size, 0, From, Count);
}

NT_EXPORT(wcscpy_s);
errno_t __cdecl wcscpy_s(wchar_t *To, size_t Size, const wchar_t *From)
{
    if (To == NULL || Size == 0)
        return EINVAL;
    return RtlpCopySecureWide(To, Size, 0, From, _TRUNCATE - 1);
}

NT_EXPORT(wcsncat_s);
errno_t __cdecl wcsncat_s(wchar_t *To, size_t Size, const wchar_t *From, size_t Count)
{
    size_t At;

    if (Count == 0 && To == NULL && Size == 0)
        return 0;
    if (To == NULL || Size == 0)
        return EINVAL;
    At = wcsnlen(To, Size);
    if (At == Size) { /* To was not terminated */
        To[0] = 0;
        return EINVAL;
    }
    return Count == 0 ? 0 : RtlpCopySecureWide(To, Size, At, From, Count);
}

NT_EXPORT(wcscat_s);
errno_t __cdecl wcscat_s(wchar_t *To, size_t Size, const wchar_t *From)
{
    if (To == NULL || Size == 0)
        return EINVAL;
    return wcsncat_s(To, Size, From, _TRUNCATE - 1);
}

NT_EXPORT(_wcslwr);
wchar_t *__cdecl _wcslwr(wchar_t *String)
{
    for (wchar_t *At = String; *At != 0; At++)
        *At = RtlpLowerAscii(*At);
    return String;
}

NT_EXPORT(_wcsupr);
wchar_t *__cdecl _wcsupr(wchar_t *String)
{
    for (wchar_t *At = String; *At != 0; At++)
        if (*At >= 'a' && *At <= 'z')
            *At = (wchar_t)(*At - 32);
    return String;
}

NT_EXPORT(_wcsrev);
wchar_t *__cdecl _wcsrev(wchar_t *String)
{
    size_t Low = 0, High = wcslen(String);

    while (Low + 1 < High) {
        wchar_t Swap = String[Low];
        String[Low++] = String[--High];
        String[High] = Swap;
    }
    return String;
}

NT_EXPORT(towupper);
wint_t __cdecl towupper(wint_t Char)
{
    return RtlpUpcase(Char);
}

NT_EXPORT(towlower);
wint_t __cdecl towlower(wint_t Char)
{
    return RtlpDowncase(Char);
}

/*
 * Conversions in the ANSI code page: bytes or characters converted without the terminator, which is
 * written when there is room. Without To: how many there are.
 */
NT_EXPORT(mbstowcs);
size_t __cdecl mbstowcs(wchar_t *To, const char *From, size_t Count)
{
    size_t At = 0;

    if (To == NULL)
        return strlen(From);
    for (; At < Count; At++) {
        To[At] = RtlpAnsiToUnicode[(UCHAR)From[At]];
        if (To[At] == 0)
            break;
    }
    return At;
}

NT_EXPORT(wcstombs);
size_t __cdecl wcstombs(char *To, const wchar_t *From, size_t Count)
{
    size_t At = 0;

    if (To == NULL)
        return wcslen(From);
    for (; At < Count; At++) {
        To[At] = (char)RtlpCharToAnsi(From[At]);
        if (To[At] == 0)
            break;
    }
    return At;
}
