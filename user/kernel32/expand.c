/* %NAME% in texts, replaced by the environment's values. [doc: ExpandEnvironmentStringsW] */
#include "k32.h"

typedef struct _EXPANSION {
    WCHAR *To;
    DWORD Size, Used; /* characters; Used goes on past Size */
} EXPANSION;

static VOID PutCharacter(EXPANSION *Expansion, WCHAR Character)
{
    if (Expansion->Used < Expansion->Size)
        Expansion->To[Expansion->Used] = Character;
    Expansion->Used++;
}

/* A variable's value from the heap, or NULL: there is none of that name. */
static WCHAR *VariableValue(const WCHAR *Name, SIZE_T Length)
{
    WCHAR *Copy = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, (Length + 1) * sizeof(WCHAR)),
          *Value = NULL;
    DWORD Needed;

    if (Copy == NULL)
        return NULL;
    RtlCopyMemory(Copy, Name, Length * sizeof(WCHAR));
    Needed = GetEnvironmentVariableW(Copy, NULL, 0);
    if (Needed != 0)
        Value = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Needed * sizeof(WCHAR));
    if (Value != NULL)
        GetEnvironmentVariableW(Copy, Value, Needed);
    FreeText(Copy);
    return Value;
}

/* What is between two percent signs that names no variable stays, with both signs. */
static const WCHAR *ExpandOne(EXPANSION *Expansion, const WCHAR *Text)
{
    const WCHAR *End = Text + 1;
    WCHAR *Value;

    while (*End != 0 && *End != L'%')
        End++;
    Value = *End == 0 || End == Text + 1 ? NULL : VariableValue(Text + 1, (SIZE_T)(End - Text - 1));
    if (*End != 0)
        End++;
    for (const WCHAR *At = Value != NULL ? Value : Text; Value != NULL ? *At != 0 : At < End; At++)
        PutCharacter(Expansion, *At);
    FreeText(Value);
    return End;
}

DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Target, DWORD Size)
{
    EXPANSION Expansion = {Target, Target != NULL ? Size : 0, 0};

    while (*Source != 0) {
        if (*Source == L'%')
            Source = ExpandOne(&Expansion, Source);
        else
            PutCharacter(&Expansion, *Source++);
    }
    PutCharacter(&Expansion, 0);
    return Expansion.Used;
}

DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR Source, LPSTR Target, DWORD Size)
{
    WCHAR *Wide = WideFromAnsi(Source), *Expanded = NULL;
    DWORD Needed = 0;

    if (Wide == NULL)
        return 0;
    Needed = ExpandEnvironmentStringsW(Wide, NULL, 0);
    Expanded = HeapAlloc(ProcessHeap(), 0, Needed * sizeof(WCHAR));
    if (Expanded == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        Needed = 0;
    } else {
        ExpandEnvironmentStringsW(Wide, Expanded, Needed);
        Needed = (DWORD)WideCharToMultiByte(CP_ACP, 0, Expanded, -1, NULL, 0, NULL, NULL);
        if (Target != NULL && Needed <= Size)
            WideCharToMultiByte(CP_ACP, 0, Expanded, -1, Target, (int)Size, NULL, NULL);
    }
    FreeText(Expanded);
    FreeText(Wide);
    return Needed;
}
