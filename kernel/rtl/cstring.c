/*
 * The C library's routines on narrow strings and characters. Classification is the "C" locale's:
 * ASCII only; that is what NT's kernel has. Left out: strtok without context, locale forms.
 */
#include "rtl.h"

static inline int RtlpToLower(int Char)
{
    return Char >= 'A' && Char <= 'Z' ? Char + 32 : Char;
}

static inline int RtlpToUpper(int Char)
{
    return Char >= 'a' && Char <= 'z' ? Char - 32 : Char;
}

NT_EXPORT(strlen);
size_t __cdecl strlen(const char *String)
{
    const char *End = String;

    while (*End != 0)
        End++;
    return (size_t)(End - String);
}

NT_EXPORT(strnlen);
size_t __cdecl strnlen(const char *String, size_t Most)
{
    size_t Length = 0;

    while (Length < Most && String[Length] != 0)
        Length++;
    return Length;
}

NT_EXPORT(strcmp);
int __cdecl strcmp(const char *First, const char *Second)
{
    while (*First != 0 && *First == *Second) {
        First++;
        Second++;
    }
    return (UCHAR)*First == (UCHAR)*Second ? 0 : (UCHAR)*First < (UCHAR)*Second ? -1 : 1;
}

NT_EXPORT(strncmp);
int __cdecl strncmp(const char *First, const char *Second, size_t Most)
{
    for (; Most != 0; Most--, First++, Second++) {
        if (*First != *Second)
            return (UCHAR)*First - (UCHAR)*Second;
        if (*First == 0)
            break;
    }
    return 0;
}

NT_EXPORT(_strnicmp);
int __cdecl _strnicmp(const char *First, const char *Second, size_t Most)
{
    for (; Most != 0; Most--, First++, Second++) {
        int A = RtlpToLower((UCHAR)*First), B = RtlpToLower((UCHAR)*Second);
        if (A != B)
            return A - B;
        if (A == 0)
            break;
    }
    return 0;
}

NT_EXPORT(_stricmp);
int __cdecl _stricmp(const char *First, const char *Second)
{
    return _strnicmp(First, Second, (size_t)-1);
}

NT_EXPORT(strchr);
char *__cdecl strchr(const char *String, int Char)
{
    for (; *String != (char)Char; String++)
        if (*String == 0)
            return NULL;
    return (char *)String;
}

NT_EXPORT(strrchr);
char *__cdecl strrchr(const char *String, int Char)
{
    const char *Found = NULL;

    do {
        if (*String == (char)Char)
            Found = String;
    } while (*String++ != 0);
    return (char *)Found;
}

NT_EXPORT(strstr);
char *__cdecl strstr(const char *String, const char *Wanted)
{
    size_t Length = strlen(Wanted);

    for (;; String++) {
        if (strncmp(String, Wanted, Length) == 0)
            return (char *)String;
        if (*String == 0)
            return NULL;
    }
}

NT_EXPORT(strspn);
size_t __cdecl strspn(const char *String, const char *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && strchr(Set, String[Length]) != NULL)
        Length++;
    return Length;
}

static size_t RtlpSpanWithout(const char *String, const char *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && strchr(Set, String[Length]) == NULL)
        Length++;
    return Length;
}

NT_EXPORT(strcpy);
char *__cdecl strcpy(char *To, const char *From)
{
    memcpy(To, From, strlen(From) + 1);
    return To;
}

NT_EXPORT(strcat);
char *__cdecl strcat(char *To, const char *From)
{
    strcpy(To + strlen(To), From);
    return To;
}

NT_EXPORT(strncpy);
char *__cdecl strncpy(char *To, const char *From, size_t Count)
{
    size_t Length = strnlen(From, Count);

    memcpy(To, From, Length);
    memset(To + Length, 0, Count - Length);
    return To;
}

NT_EXPORT(strncat);
char *__cdecl strncat(char *To, const char *From, size_t Count)
{
    char *End = To + strlen(To);
    size_t Length = strnlen(From, Count);

    memcpy(End, From, Length);
    End[Length] = 0;
    return To;
}

/*
 * The secure copies. Units past the end of a failed result: To[0] is 0. [doc] strcpy_s, strncpy_s.
 * RtlpCopySecure copies at most Count characters of From behind To[At]; Count = _TRUNCATE cuts what
 * does not fit (STRUNCATE).
 */
#define STRUNCATE 80
static errno_t RtlpCopySecure(char *To, size_t Size, size_t At, const char *From, size_t Count)
{
    size_t Length, Most = Size - At;

    if (From == NULL) {
        To[0] = 0;
        return EINVAL;
    }
    Length = strnlen(From, Count < Most ? Count : Most);
    if (Length < Most) {
        memcpy(To + At, From, Length);
        To[At + Length] = 0;
        return 0;
    }
    if (Count != _TRUNCATE) {
        To[0] = 0;
        return ERANGE;
    }
    memcpy(To + At, From, Most - 1);
    To[Size - 1] = 0;
    return STRUNCATE;
}

NT_EXPORT(strncpy_s);
errno_t __cdecl strncpy_s(char *To, size_t Size, const char *From, size_t Count)
{
    if (Count == 0 && To == NULL && Size == 0)
        return 0;
    if (To == NULL || Size == 0)
        return EINVAL;
    if (Count == 0) {
        To[0] = 0;
        return 0;
    }
    return RtlpCopySecure(To, Size, 0, From, Count);
}

NT_EXPORT(strcpy_s);
errno_t __cdecl strcpy_s(char *To, size_t Size, const char *From)
{
    if (To == NULL || Size == 0)
        return EINVAL;
    return RtlpCopySecure(To, Size, 0, From, _TRUNCATE - 1);
}

NT_EXPORT(strncat_s);
errno_t __cdecl strncat_s(char *To, size_t Size, const char *From, size_t Count)
{
    size_t At;

    if (Count == 0 && To == NULL && Size == 0)
        return 0;
    if (To == NULL || Size == 0)
        return EINVAL;
    At = strnlen(To, Size);
    if (At == Size) { /* To was not terminated */
        To[0] = 0;
        return EINVAL;
    }
    return Count == 0 ? 0 : RtlpCopySecure(To, Size, At, From, Count);
}

NT_EXPORT(strcat_s);
errno_t __cdecl strcat_s(char *To, size_t Size, const char *From)
{
    if (To == NULL || Size == 0)
        return EINVAL;
    return strncat_s(To, Size, From, _TRUNCATE - 1);
}

NT_EXPORT(strtok_s);
char *__cdecl strtok_s(char *String, const char *Delimiters, char **Context)
{
    char *Token = String != NULL ? String : *Context, *End;

    if (Token == NULL)
        return NULL;
    Token += strspn(Token, Delimiters);
    End = Token + RtlpSpanWithout(Token, Delimiters);
    *Context = *End != 0 ? End + 1 : End;
    *End = 0;
    return *Token != 0 ? Token : NULL;
}

NT_EXPORT(_strlwr);
char *__cdecl _strlwr(char *String)
{
    for (char *At = String; *At != 0; At++)
        *At = (char)RtlpToLower((UCHAR)*At);
    return String;
}

NT_EXPORT(_strupr);
char *__cdecl _strupr(char *String)
{
    for (char *At = String; *At != 0; At++)
        *At = (char)RtlpToUpper((UCHAR)*At);
    return String;
}

NT_EXPORT(_strrev);
char *__cdecl _strrev(char *String)
{
    size_t Low = 0, High = strlen(String);

    while (Low + 1 < High) {
        char Swap = String[Low];
        String[Low++] = String[--High];
        String[High] = Swap;
    }
    return String;
}

NT_EXPORT(_strset);
char *__cdecl _strset(char *String, int Char)
{
    memset(String, Char, strlen(String));
    return String;
}

NT_EXPORT(_strnset);
char *__cdecl _strnset(char *String, int Char, size_t Count)
{
    memset(String, Char, strnlen(String, Count));
    return String;
}

NT_EXPORT(toupper);
int __cdecl toupper(int Char)
{
    return RtlpToUpper(Char);
}

NT_EXPORT(tolower);
int __cdecl tolower(int Char)
{
    return RtlpToLower(Char);
}

NT_EXPORT(isdigit);
int __cdecl isdigit(int Char)
{
    return Char >= '0' && Char <= '9';
}

NT_EXPORT(isxdigit);
int __cdecl isxdigit(int Char)
{
    int Lower = RtlpToLower(Char);

    return isdigit(Char) || (Lower >= 'a' && Lower <= 'f');
}

NT_EXPORT(isupper);
int __cdecl isupper(int Char)
{
    return Char >= 'A' && Char <= 'Z';
}

NT_EXPORT(islower);
int __cdecl islower(int Char)
{
    return Char >= 'a' && Char <= 'z';
}

NT_EXPORT(isspace);
int __cdecl isspace(int Char)
{
    return Char == ' ' || (Char >= 9 && Char <= 13);
}

NT_EXPORT(isprint);
int __cdecl isprint(int Char)
{
    return Char >= 0x20 && Char < 0x7F;
}
