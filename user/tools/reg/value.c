/* Values: reading them, their types' names, their data as text and back. */
#include "reg.h"

#include <stdlib.h>

static const struct {
    const WCHAR *Name;
    DWORD Type;
} Types[] = {
    {L"REG_NONE", REG_NONE},
    {L"REG_SZ", REG_SZ},
    {L"REG_EXPAND_SZ", REG_EXPAND_SZ},
    {L"REG_BINARY", REG_BINARY},
    {L"REG_DWORD", REG_DWORD},
    {L"REG_DWORD_LITTLE_ENDIAN", REG_DWORD},
    {L"REG_DWORD_BIG_ENDIAN", REG_DWORD_BIG_ENDIAN},
    {L"REG_LINK", REG_LINK},
    {L"REG_MULTI_SZ", REG_MULTI_SZ},
    {L"REG_RESOURCE_LIST", REG_RESOURCE_LIST},
    {L"REG_FULL_RESOURCE_DESCRIPTOR", REG_FULL_RESOURCE_DESCRIPTOR},
    {L"REG_RESOURCE_REQUIREMENTS_LIST", REG_RESOURCE_REQUIREMENTS_LIST},
    {L"REG_QWORD", REG_QWORD},
    {L"REG_QWORD_LITTLE_ENDIAN", REG_QWORD},
};
#define TYPE_COUNT (sizeof(Types) / sizeof(Types[0]))

const WCHAR *TypeName(DWORD Type)
{
    static WCHAR Number[16];

    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (Types[i].Type == Type)
            return Types[i].Name;
    swprintf(Number, sizeof(Number) / sizeof(Number[0]), L"0x%lx", Type);
    return Number;
}

BOOL ParseType(const WCHAR *Text, DWORD *Type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (_wcsicmp(Types[i].Name, Text) == 0) {
            *Type = Types[i].Type;
            return TRUE;
        }
    return FALSE;
}

/* ---- reading ---- */

void FreeValue(REG_VALUE *Value)
{
    free(Value->Name);
    free(Value->Data);
    *Value = (REG_VALUE){0};
}

LSTATUS GetValueAt(HKEY Key, DWORD Index, REG_VALUE *Value)
{
    DWORD Room = 256, NameSize;
    LSTATUS Error;

    *Value = (REG_VALUE){.Name = Allocate(REG_NAME_CHARACTERS * sizeof(WCHAR))};
    do { /* the data can grow between two attempts */
        free(Value->Data);
        Value->Data = Allocate((size_t)Room + 2 * sizeof(WCHAR));
        Value->Bytes = Room;
        NameSize = REG_NAME_CHARACTERS;
        Error = RegEnumValueW(Key, Index, Value->Name, &NameSize, NULL, &Value->Type, Value->Data,
                              &Value->Bytes);
        Room = Value->Bytes;
    } while (Error == ERROR_MORE_DATA);
    if (Error != ERROR_SUCCESS)
        FreeValue(Value);
    return Error;
}

LSTATUS GetValue(HKEY Key, const WCHAR *Name, REG_VALUE *Value)
{
    DWORD Room = 256;
    LSTATUS Error;

    *Value = (REG_VALUE){.Name = Allocate((wcslen(Name) + 1) * sizeof(WCHAR))};
    wcscpy(Value->Name, Name);
    do {
        free(Value->Data);
        Value->Data = Allocate((size_t)Room + 2 * sizeof(WCHAR));
        Value->Bytes = Room;
        Error = RegQueryValueExW(Key, Name, NULL, &Value->Type, Value->Data, &Value->Bytes);
        Room = Value->Bytes;
    } while (Error == ERROR_MORE_DATA);
    if (Error != ERROR_SUCCESS)
        FreeValue(Value);
    return Error;
}

WCHAR *GetSubKey(HKEY Key, DWORD Index, LSTATUS *Error)
{
    DWORD Size = 256;
    WCHAR *Name = Allocate(Size * sizeof(WCHAR));

    *Error = RegEnumKeyExW(Key, Index, Name, &Size, NULL, NULL, NULL, NULL);
    if (*Error == ERROR_SUCCESS)
        return Name;
    if (*Error == ERROR_NO_MORE_ITEMS)
        *Error = ERROR_SUCCESS;
    free(Name);
    return NULL;
}

/* ---- data as text ---- */

static WCHAR *ShowBytes(const REG_VALUE *Value)
{
    WCHAR *Text = Allocate((2 * (size_t)Value->Bytes + 1) * sizeof(WCHAR));

    for (DWORD i = 0; i < Value->Bytes; i++) {
        Text[2 * i] = L"0123456789ABCDEF"[Value->Data[i] >> 4];
        Text[2 * i + 1] = L"0123456789ABCDEF"[Value->Data[i] & 15];
    }
    return Text;
}

static WCHAR *ShowList(const REG_VALUE *Value, const WCHAR *Separator)
{
    const WCHAR *From = (const WCHAR *)Value->Data, *End = From + Value->Bytes / sizeof(WCHAR);
    WCHAR *Text =
        Allocate((Value->Bytes / sizeof(WCHAR) * (wcslen(Separator) + 1) + 1) * sizeof(WCHAR));

    while (From < End && *From != 0) {
        size_t Length = wcslen(From);

        if (Text[0] != 0)
            wcscat(Text, Separator);
        wcscat(Text, From);
        From += Length + 1;
    }
    return Text;
}

static WCHAR *ShowNumber(const WCHAR *Format, DWORD64 Number)
{
    WCHAR *Text = Allocate(20 * sizeof(WCHAR));

    swprintf(Text, 20, Format, Number);
    return Text;
}

WCHAR *ShowData(const REG_VALUE *Value, const WCHAR *Separator)
{
    DWORD64 Number = 0;
    WCHAR *Text;

    switch (Value->Type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
        Text = Allocate(Value->Bytes + 2 * sizeof(WCHAR));
        wcscpy(Text, (const WCHAR *)Value->Data);
        return Text;
    case REG_MULTI_SZ: return ShowList(Value, Separator);
    case REG_DWORD:
    case REG_QWORD:
        if (Value->Bytes != (Value->Type == REG_DWORD ? sizeof(DWORD) : sizeof(DWORD64)))
            return ShowBytes(Value);
        memcpy(&Number, Value->Data, Value->Bytes);
        return ShowNumber(L"0x%I64x", Number);
    case REG_DWORD_BIG_ENDIAN:
        if (Value->Bytes != sizeof(DWORD))
            return ShowBytes(Value);
        for (DWORD i = 0; i < sizeof(DWORD); i++)
            Number = Number << 8 | Value->Data[i];
        return ShowNumber(L"0x%I64x", Number);
    default: return ShowBytes(Value);
    }
}

/* ---- text as data ---- */

static int HexDigit(WCHAR Character)
{
    if (Character >= L'0' && Character <= L'9')
        return Character - L'0';
    Character |= 0x20;
    return Character >= L'a' && Character <= L'f' ? Character - L'a' + 10 : -1;
}

/* Pairs of digits; an odd number of them starts with half a pair. */
static BOOL ParseBytes(const WCHAR *Text, BYTE **Data, DWORD *Bytes)
{
    size_t Length = wcslen(Text), Odd = Length % 2;

    *Bytes = (DWORD)(Length + Odd) / 2;
    *Data = Allocate(*Bytes + 1);
    for (size_t i = 0; i < Length; i++) {
        int Digit = HexDigit(Text[i]);

        if (Digit < 0) {
            FailSyntax("Specify valid binary value for '/d'.");
            return FALSE;
        }
        (*Data)[(i + Odd) / 2] = (BYTE)((*Data)[(i + Odd) / 2] << 4 | Digit);
    }
    return TRUE;
}

static BOOL ParseNumber(const WCHAR *Text, DWORD Type, BYTE **Data, DWORD *Bytes)
{
    BOOL IsHex = Text[0] == L'0' && (Text[1] | 0x20) == L'x';
    DWORD64 Number = 0, Limit = Type == REG_QWORD ? MAXDWORD64 : MAXDWORD, Base = IsHex ? 16 : 10;
    const WCHAR *At = IsHex ? Text + 2 : Text;
    BOOL Valid = *At != 0;

    for (; *At != 0 && Valid; At++) {
        int Digit = HexDigit(*At);

        Valid = Digit >= 0 && (DWORD64)Digit < Base && Number <= (Limit - (DWORD64)Digit) / Base;
        if (Valid)
            Number = Number * Base + (DWORD64)Digit;
    }
    if (!Valid) {
        FailSyntax("Specify valid numeric value for '/d'.");
        return FALSE;
    }
    *Bytes = Type == REG_QWORD ? sizeof(DWORD64) : sizeof(DWORD);
    *Data = Allocate(sizeof(DWORD64));
    for (DWORD i = 0; i < *Bytes; i++)
        (*Data)[Type == REG_DWORD_BIG_ENDIAN ? *Bytes - 1 - i : i] = (BYTE)(Number >> 8 * i);
    return TRUE;
}

/* Texts with separators between; none of them is empty. */
static BOOL ParseList(const WCHAR *Text, const WCHAR *Separator, BYTE **Data, DWORD *Bytes)
{
    size_t Length = wcslen(Separator);
    WCHAR *To = Allocate((wcslen(Text) + 2) * sizeof(WCHAR));

    *Data = (BYTE *)To;
    while (*Text != 0) {
        const WCHAR *End = wcsstr(Text, Separator);
        size_t Characters = End == NULL ? wcslen(Text) : (size_t)(End - Text);

        if (Characters == 0) {
            FailSyntax("Specify valid multi-string value for '/d'.");
            return FALSE;
        }
        memcpy(To, Text, Characters * sizeof(WCHAR));
        To += Characters + 1;
        Text += Characters + (End == NULL ? 0 : Length);
    }
    *Bytes = (DWORD)((BYTE *)(To + 1) - *Data);
    return TRUE;
}

BOOL ParseData(DWORD Type, const WCHAR *Text, const WCHAR *Separator, BYTE **Data, DWORD *Bytes)
{
    switch (Type) {
    case REG_DWORD:
    case REG_DWORD_BIG_ENDIAN:
    case REG_QWORD: return ParseNumber(Text, Type, Data, Bytes);
    case REG_MULTI_SZ: return ParseList(Text, Separator, Data, Bytes);
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_LINK:
        *Bytes = (DWORD)((wcslen(Text) + (Type != REG_LINK)) * sizeof(WCHAR));
        *Data = Allocate(*Bytes + sizeof(WCHAR));
        memcpy(*Data, Text, *Bytes);
        return TRUE;
    default: return ParseBytes(Text, Data, Bytes);
    }
}
