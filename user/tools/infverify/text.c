/* See verify.h: sections, lines and fields of an INF as UTF-8. */
#include "verify.h"

#include <stdio.h>
#include <string.h>

static unsigned PutCharacter(char *Out, unsigned Character)
{
    if (Character < 0x80) {
        Out[0] = (char)Character;
        return 1;
    }
    if (Character < 0x800) {
        Out[0] = (char)(0xC0 | Character >> 6);
        Out[1] = (char)(0x80 | (Character & 0x3F));
        return 2;
    }
    if (Character < 0x10000) {
        Out[0] = (char)(0xE0 | Character >> 12);
        Out[1] = (char)(0x80 | (Character >> 6 & 0x3F));
        Out[2] = (char)(0x80 | (Character & 0x3F));
        return 3;
    }
    Out[0] = (char)(0xF0 | Character >> 18);
    Out[1] = (char)(0x80 | (Character >> 12 & 0x3F));
    Out[2] = (char)(0x80 | (Character >> 6 & 0x3F));
    Out[3] = (char)(0x80 | (Character & 0x3F));
    return 4;
}

void VerifyNarrow(const INF_CHAR *Text, unsigned Length, char *Out, unsigned Limit)
{
    unsigned Used = 0, i;

    for (i = 0; i < Length && Used + 5 <= Limit; i++) {
        unsigned Character = Text[i];

        if (Character >= 0xD800 && Character < 0xDC00 && i + 1 < Length && Text[i + 1] >= 0xDC00 &&
            Text[i + 1] < 0xE000)
            Character = 0x10000 + ((Character - 0xD800) << 10) + (Text[++i] - 0xDC00u);
        else if (Character >= 0xD800 && Character < 0xE000)
            Character = 0xFFFD;
        Used += PutCharacter(Out + Used, Character);
    }
    Out[Used] = 0;
}

/* Text that VerifyNarrow made, back again. */
static unsigned Widen(const char *Text, INF_CHAR *Out, unsigned Limit)
{
    const unsigned char *At = (const unsigned char *)Text;
    unsigned Used = 0;

    while (*At != 0 && Used + 2 <= Limit) {
        unsigned Bytes = *At < 0x80 ? 1 : *At < 0xE0 ? 2 : *At < 0xF0 ? 3 : 4, Character, i;

        Character = Bytes == 1 ? *At : *At & (0x7Fu >> Bytes);
        for (i = 1; i < Bytes && (At[i] & 0xC0) == 0x80; i++)
            Character = Character << 6 | (At[i] & 0x3Fu);
        At += i;
        if (Character >= 0x10000) {
            Out[Used++] = (INF_CHAR)(0xD7C0 + (Character >> 10));
            Character = 0xDC00 | (Character & 0x3FF);
        }
        Out[Used++] = (INF_CHAR)Character;
    }
    return Used;
}

int VerifySection(const VERIFY *V, const char *Format, ...)
{
    INF_CHAR Wide[2 * VERIFY_TEXT];
    char Name[2 * VERIFY_TEXT];
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Name, sizeof(Name), Format, Arguments);
    va_end(Arguments);
    return InfFindSection(&V->File, Wide, Widen(Name, Wide, 2 * VERIFY_TEXT));
}

void VerifySectionName(const VERIFY *V, int Section, char *Out)
{
    const INF_TEXT *Name = &V->File.Section[Section].Name;

    VerifyNarrow(Name->At, Name->Length, Out, VERIFY_TEXT);
}

int VerifyLine(const VERIFY *V, int Section, int Line, const char *Key)
{
    INF_CHAR Wide[VERIFY_TEXT];

    if (Section == INF_NONE)
        return INF_NONE;
    return InfFindLine(&V->File, Section, Line, Key != NULL ? Wide : NULL,
                       Key != NULL ? Widen(Key, Wide, VERIFY_TEXT) : 0);
}

unsigned VerifyFields(const VERIFY *V, int Line)
{
    return V->File.Line[Line].FieldCount;
}

unsigned VerifyNumberOf(const VERIFY *V, int Line)
{
    return V->File.Line[Line].Number;
}

bool VerifyField(const VERIFY *V, int Line, unsigned Field, char *Out)
{
    const INF_LINE *Entry = &V->File.Line[Line];
    INF_CHAR Wide[VERIFY_TEXT];
    INF_TEXT Text = Entry->Key;

    Out[0] = 0;
    if (Field > Entry->FieldCount)
        return false;
    if (Field != 0)
        Text = V->File.Field[Entry->FirstField + Field - 1];
    else if (Text.At == NULL && Entry->FieldCount == 1)
        Text = V->File.Field[Entry->FirstField];
    if (Text.At == NULL)
        return false;
    VerifyNarrow(Wide, InfExpand(&V->File, &Text, Wide, VERIFY_TEXT, NULL, NULL), Out, VERIFY_TEXT);
    return true;
}

bool VerifyEntry(const VERIFY *V, int Section, const char *Key, char *Out)
{
    int Line = VerifyLine(V, Section, INF_NONE, Key);

    Out[0] = 0;
    return Line != INF_NONE && VerifyField(V, Line, 1, Out) && Out[0] != 0;
}

static char Lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool VerifyStarts(const char *Text, const char *Start)
{
    for (; *Start != 0; Text++, Start++)
        if (Lower(*Text) != Lower(*Start))
            return false;
    return true;
}

bool VerifySame(const char *A, const char *B)
{
    return strlen(A) == strlen(B) && VerifyStarts(A, B);
}

bool VerifyEnds(const char *Text, const char *End)
{
    size_t Length = strlen(Text), EndLength = strlen(End);

    return Length >= EndLength && VerifySame(Text + Length - EndLength, End);
}

/* Decimal, with a sign or without, or 0x and hexadecimal; 32 bits. */
bool VerifyParse(const char *Text, unsigned *Number)
{
    bool Minus = *Text == '-', Hex;
    unsigned long long Value = 0;

    Text += Minus || *Text == '+';
    Hex = Text[0] == '0' && Lower(Text[1]) == 'x';
    Text += Hex ? 2 : 0;
    if (*Text == 0)
        return false;
    for (; *Text != 0; Text++) {
        char c = Lower(*Text);

        if (c >= '0' && c <= '9')
            Value = Value * (Hex ? 16 : 10) + (unsigned)(c - '0');
        else if (Hex && c >= 'a' && c <= 'f')
            Value = Value * 16 + (unsigned)(c - 'a' + 10);
        else
            return false;
        if (Value > 0xFFFFFFFF)
            return false;
    }
    *Number = Minus ? 0 - (unsigned)Value : (unsigned)Value;
    return true;
}

bool VerifyIsGuid(const char *Text)
{
    static const char Form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
    unsigned i;

    for (i = 0; Form[i] != 0; i++) {
        char c = Lower(Text[i]);

        if (Form[i] == 'x' ? !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) : c != Form[i])
            return false;
    }
    return Text[i] == 0;
}

void VerifyPut(char *Out, const char *Text)
{
    snprintf(Out, VERIFY_TEXT, "%s", Text);
}

void VerifyPrint(char *Out, const char *Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Out, VERIFY_TEXT, Format, Arguments);
    va_end(Arguments);
}
