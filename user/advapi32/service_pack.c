/*
 * Answers of the service control manager: structures grow from the front of the caller's buffer,
 * their texts from its end. What does not fit is counted, so that the caller hears how much it
 * takes. The A forms differ by their texts only.
 */
#include "service.h"

VOID ScmBeginPack(SERVICE_PACK *Pack, PVOID Buffer, DWORD Bytes, BOOL IsAnsi)
{
    *Pack = (SERVICE_PACK){
        .Buffer = Buffer, .Bytes = Buffer != NULL ? Bytes & ~7u : 0, .IsAnsi = IsAnsi};
}

BOOL ScmFits(const SERVICE_PACK *Pack)
{
    return Pack->Needed <= Pack->Bytes;
}

/* Counts Bytes; whether they are to be written. */
static BOOL Take(SERVICE_PACK *Pack, DWORD Bytes)
{
    Pack->Needed += Bytes;
    return ScmFits(Pack);
}

PVOID ScmPackStructure(SERVICE_PACK *Pack, DWORD Bytes)
{
    PVOID At = Pack->Buffer + Pack->Used;

    if (!Take(Pack, Bytes))
        return NULL;
    Pack->Used += Bytes;
    ZeroMemory(At, Bytes);
    return At;
}

static BYTE *TakeText(SERVICE_PACK *Pack, DWORD Bytes)
{
    Bytes = (Bytes + 1) & ~1u;
    if (!Take(Pack, Bytes))
        return NULL;
    Pack->Texts += Bytes;
    return Pack->Buffer + Pack->Bytes - Pack->Texts;
}

static LPWSTR PackUnits(SERVICE_PACK *Pack, LPCWSTR Text, DWORD Units)
{
    BYTE *To;
    int Bytes;

    if (!Pack->IsAnsi) {
        To = TakeText(Pack, Units * sizeof(WCHAR));
        if (To != NULL)
            CopyMemory(To, Text, Units * sizeof(WCHAR));
        return (LPWSTR)To;
    }
    Bytes = WideCharToMultiByte(CP_ACP, 0, Text, (int)Units, NULL, 0, NULL, NULL);
    To = TakeText(Pack, (DWORD)Bytes);
    if (To != NULL)
        WideCharToMultiByte(CP_ACP, 0, Text, (int)Units, (LPSTR)To, Bytes, NULL, NULL);
    return (LPWSTR)To;
}

LPWSTR ScmPackText(SERVICE_PACK *Pack, LPCWSTR Text)
{
    if (Text == NULL)
        Text = L"";
    return PackUnits(Pack, Text, (DWORD)lstrlenW(Text) + 1);
}

static DWORD CountTexts(LPCWSTR Texts, DWORD Mark)
{
    DWORD Units = 0;

    for (; Texts != NULL && *Texts != 0; Texts += lstrlenW(Texts) + 1)
        Units += (DWORD)lstrlenW(Texts) + 1 + Mark;
    return Units;
}

static WCHAR *CopyTexts(WCHAR *To, LPCWSTR Texts, WCHAR Mark)
{
    for (; Texts != NULL && *Texts != 0; Texts += lstrlenW(Texts) + 1) {
        if (Mark != 0)
            *To++ = Mark;
        lstrcpyW(To, Texts);
        To += lstrlenW(To) + 1;
    }
    return To;
}

LPWSTR ScmPackTexts(SERVICE_PACK *Pack, LPCWSTR First, LPCWSTR Second, WCHAR SecondMark)
{
    DWORD Units = CountTexts(First, 0) + CountTexts(Second, 1) + 1;
    WCHAR *Texts = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, (SIZE_T)Units * sizeof(WCHAR));
    LPWSTR Packed;

    if (Texts == NULL) {
        Take(Pack, MAXLONG);
        return NULL;
    }
    *CopyTexts(CopyTexts(Texts, First, 0), Second, SecondMark) = 0;
    Packed = PackUnits(Pack, Texts, Units);
    HeapFree(ProcessHeap(), 0, Texts);
    return Packed;
}
