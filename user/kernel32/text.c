/*
 * Code pages and strings: CP_ACP is 1252 and CP_UTF8 is UTF-8, by ntdll's tables; comparisons ignore case by Unicode's simple
 * mapping. Not modelled: other code pages, locales other than English (United States), linguistic order.
 */
#include "k32.h"

SIZE_T WideLength(const WCHAR *Text)
{
    SIZE_T Length = 0;

    while (Text[Length] != 0)
        Length++;
    return Length;
}

static SIZE_T AnsiLength(const char *Text)
{
    SIZE_T Length = 0;

    while (Text[Length] != 0)
        Length++;
    return Length;
}

WCHAR *WideFromAnsi(const char *Text)
{
    SIZE_T Length;
    ULONG Bytes;
    WCHAR *Wide;

    if (Text == NULL)
        return NULL;
    Length = AnsiLength(Text);
    Wide = HeapAlloc(ProcessHeap(), 0, (Length + 1) * sizeof(WCHAR));
    if (Wide == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    RtlMultiByteToUnicodeN(Wide, (ULONG)(Length * sizeof(WCHAR)), &Bytes, Text, (ULONG)Length);
    Wide[Bytes / sizeof(WCHAR)] = 0;
    return Wide;
}

VOID FreeText(PVOID Text)
{
    if (Text != NULL)
        HeapFree(ProcessHeap(), 0, Text);
}

DWORD AnsiFromWide(const WCHAR *Text, char *Buffer, DWORD Size)
{
    ULONG Length = (ULONG)WideLength(Text), Bytes;

    if (Length + 1 > Size)
        return Length + 1;
    RtlUnicodeToMultiByteN(Buffer, Size - 1, &Bytes, Text, Length * sizeof(WCHAR));
    Buffer[Bytes] = 0;
    return Bytes;
}

/* Bytes that UTF-8 needs, or UTF-16 units that it makes, by converting into nothing. */
static int Utf8Size(const WCHAR *Wide, int WideCount)
{
    ULONG Bytes = 0;

    RtlUnicodeToUTF8N(NULL, 0, &Bytes, Wide, WideCount * sizeof(WCHAR));
    return (int)Bytes;
}

static int WideSize(const char *Text, int Count)
{
    ULONG Bytes = 0;

    RtlUTF8ToUnicodeN(NULL, 0, &Bytes, Text, Count);
    return (int)(Bytes / sizeof(WCHAR));
}

static BOOL IsKnownCodePage(UINT CodePage)
{
    return CodePage == CP_ACP || CodePage == CP_OEMCP || CodePage == CP_UTF8 || CodePage == 1252 || CodePage == 437 ||
           CodePage == CP_THREAD_ACP || CodePage == 20127;
}

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD Flags, LPCCH Text, int Count, LPWSTR Wide, int Size)
{
    int Need;
    ULONG Bytes;

    IGNORE_ARG(Flags); /* MB_ERR_INVALID_CHARS matters for UTF-8 only, where bad sequences become U+FFFD */
    if (!IsKnownCodePage(CodePage) || Text == NULL || Count == 0 || Size < 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (Count < 0)
        Count = (int)AnsiLength(Text) + 1;
    Need = CodePage == CP_UTF8 ? WideSize(Text, Count) : Count;
    if (Size == 0)
        return Need;
    if (Need > Size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (CodePage == CP_UTF8)
        RtlUTF8ToUnicodeN(Wide, Size * sizeof(WCHAR), &Bytes, Text, Count);
    else
        RtlMultiByteToUnicodeN(Wide, Size * sizeof(WCHAR), &Bytes, Text, Count);
    return Need;
}

int WINAPI WideCharToMultiByte(UINT CodePage, DWORD Flags, LPCWCH Wide, int Count, LPSTR Text, int Size,
                               LPCCH DefaultChar, LPBOOL UsedDefault)
{
    int Need;
    ULONG Bytes;

    IGNORE_ARG(Flags);
    IGNORE_ARG(DefaultChar); /* '?' */
    if (!IsKnownCodePage(CodePage) || Wide == NULL || Count == 0 || Size < 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (UsedDefault != NULL)
        *UsedDefault = FALSE;
    if (Count < 0)
        Count = (int)WideLength(Wide) + 1;
    Need = CodePage == CP_UTF8 ? Utf8Size(Wide, Count) : Count;
    if (Size == 0)
        return Need;
    if (Need > Size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (CodePage == CP_UTF8)
        RtlUnicodeToUTF8N(Text, Size, &Bytes, Wide, Count * sizeof(WCHAR));
    else
        RtlUnicodeToMultiByteN(Text, Size, &Bytes, Wide, Count * sizeof(WCHAR));
    return Need;
}

UINT WINAPI GetACP(VOID)
{
    return 1252;
}

UINT WINAPI GetOEMCP(VOID)
{
    return 437;
}

BOOL WINAPI IsValidCodePage(UINT CodePage)
{
    return IsKnownCodePage(CodePage);
}

BOOL WINAPI GetCPInfo(UINT CodePage, LPCPINFO Info)
{
    if (!IsKnownCodePage(CodePage)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *Info = (CPINFO){.MaxCharSize = CodePage == CP_UTF8 ? 4 : 1, .DefaultChar = {'?'}};
    return TRUE;
}

BOOL WINAPI IsDBCSLeadByteEx(UINT CodePage, BYTE Byte)
{
    IGNORE_ARG(CodePage);
    IGNORE_ARG(Byte);
    return FALSE; /* no double-byte code page is known */
}

BOOL WINAPI IsDBCSLeadByte(BYTE Byte)
{
    return IsDBCSLeadByteEx(CP_ACP, Byte);
}

/* ---- lstr ---- */

int WINAPI lstrlenA(LPCSTR Text)
{
    return Text == NULL ? 0 : (int)AnsiLength(Text);
}

int WINAPI lstrlenW(LPCWSTR Text)
{
    return Text == NULL ? 0 : (int)WideLength(Text);
}

LPSTR WINAPI lstrcpyA(LPSTR To, LPCSTR From)
{
    for (SIZE_T i = 0;; i++)
        if ((To[i] = From[i]) == 0)
            return To;
}

LPWSTR WINAPI lstrcpyW(LPWSTR To, LPCWSTR From)
{
    for (SIZE_T i = 0;; i++)
        if ((To[i] = From[i]) == 0)
            return To;
}

LPSTR WINAPI lstrcpynA(LPSTR To, LPCSTR From, int Size)
{
    int i;

    for (i = 0; i + 1 < Size && From[i] != 0; i++)
        To[i] = From[i];
    if (Size > 0)
        To[i] = 0;
    return To;
}

LPWSTR WINAPI lstrcpynW(LPWSTR To, LPCWSTR From, int Size)
{
    int i;

    for (i = 0; i + 1 < Size && From[i] != 0; i++)
        To[i] = From[i];
    if (Size > 0)
        To[i] = 0;
    return To;
}

LPSTR WINAPI lstrcatA(LPSTR To, LPCSTR From)
{
    lstrcpyA(To + AnsiLength(To), From);
    return To;
}

LPWSTR WINAPI lstrcatW(LPWSTR To, LPCWSTR From)
{
    lstrcpyW(To + WideLength(To), From);
    return To;
}

static WCHAR Fold(WCHAR Character, BOOL IgnoreCase)
{
    return IgnoreCase ? RtlDowncaseUnicodeChar(Character) : Character;
}

static int CompareWide(const WCHAR *A, const WCHAR *B, BOOL IgnoreCase)
{
    for (;; A++, B++) {
        int Difference = (int)Fold(*A, IgnoreCase) - (int)Fold(*B, IgnoreCase);

        if (Difference != 0 || *A == 0)
            return Difference;
    }
}

int WINAPI lstrcmpW(LPCWSTR A, LPCWSTR B)
{
    return CompareWide(A, B, FALSE);
}

int WINAPI lstrcmpiW(LPCWSTR A, LPCWSTR B)
{
    return CompareWide(A, B, TRUE);
}

static int CompareAnsi(const char *A, const char *B, BOOL IgnoreCase)
{
    for (;; A++, B++) {
        int Difference = (int)Fold((BYTE)*A, IgnoreCase) - (int)Fold((BYTE)*B, IgnoreCase);

        if (Difference != 0 || *A == 0)
            return Difference;
    }
}

int WINAPI lstrcmpA(LPCSTR A, LPCSTR B)
{
    return CompareAnsi(A, B, FALSE);
}

int WINAPI lstrcmpiA(LPCSTR A, LPCSTR B)
{
    return CompareAnsi(A, B, TRUE);
}

int WINAPI CompareStringOrdinal(LPCWCH A, int ACount, LPCWCH B, int BCount, BOOL IgnoreCase)
{
    UNICODE_STRING Left, Right;
    LONG Order;

    Left.Buffer = (PWSTR)A;
    Right.Buffer = (PWSTR)B;
    Left.Length = Left.MaximumLength = (USHORT)((ACount < 0 ? (int)WideLength(A) : ACount) * sizeof(WCHAR));
    Right.Length = Right.MaximumLength = (USHORT)((BCount < 0 ? (int)WideLength(B) : BCount) * sizeof(WCHAR));
    Order = RtlCompareUnicodeString(&Left, &Right, IgnoreCase != FALSE);
    return Order < 0 ? CSTR_LESS_THAN : Order > 0 ? CSTR_GREATER_THAN : CSTR_EQUAL;
}
