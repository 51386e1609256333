/*
 * See infparse.h. Two passes: what there is at most is counted, then lines are cut into fields.
 * %strings% are replaced when a field is asked for, so that a small file cannot become a large one.
 * Left out: other code pages than 1252, languages but English (0409, 0009) and none.
 */
#include "infparse.h"

/* ---- characters ---- */

static INF_CHAR InfLower(INF_CHAR c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return c >= 0xC0 && c <= 0xDE && c != 0xD7 ? c + 32 : c;
}

static int InfIsBlank(INF_CHAR c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == 0xA0 || c == 0x1A;
}

int InfSame(const INF_CHAR *A, unsigned ALength, const INF_CHAR *B, unsigned BLength)
{
    unsigned i;

    if (ALength != BLength)
        return 0;
    for (i = 0; i < ALength; i++)
        if (InfLower(A[i]) != InfLower(B[i]))
            return 0;
    return 1;
}

static int InfIs(const INF_TEXT *Text, const char *Ascii)
{
    unsigned i;

    for (i = 0; i < Text->Length; i++)
        if (Ascii[i] == 0 || InfLower(Text->At[i]) != InfLower((unsigned char)Ascii[i]))
            return 0;
    return Ascii[i] == 0;
}

/* 0x80 to 0x9F of code page 1252. */
static const INF_CHAR InfLatin[32] = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

/* One character of UTF-8 at From; what is none is U+FFFD. */
static unsigned InfDecodeOne(const unsigned char *From, unsigned Bytes, unsigned *Character)
{
    unsigned Count = From[0] < 0x80 ? 0 : From[0] >= 0xF0 ? 3 : From[0] >= 0xE0 ? 2 : 1, i;

    *Character = Count == 0 ? From[0] : From[0] & (0x3Fu >> Count);
    if ((From[0] & 0xC0) == 0x80 || From[0] >= 0xF8 || Count >= Bytes) {
        *Character = From[0] < 0x80 ? From[0] : 0xFFFD;
        return 1;
    }
    for (i = 1; i <= Count; i++) {
        if ((From[i] & 0xC0) != 0x80) {
            *Character = 0xFFFD;
            return 1;
        }
        *Character = *Character << 6 | (From[i] & 0x3F);
    }
    return Count + 1;
}

static unsigned InfDecodeUtf8(const unsigned char *From, unsigned Bytes, INF_CHAR *To)
{
    unsigned At = 0, Count = 0, Character;

    while (At < Bytes) {
        At += InfDecodeOne(From + At, Bytes - At, &Character);
        if (Character >= 0x110000 || (Character >= 0xD800 && Character < 0xE000))
            Character = 0xFFFD;
        if (Character >= 0x10000) { /* of four bytes: there is room for two */
            To[Count++] = (INF_CHAR)(0xD7C0 + (Character >> 10));
            Character = 0xDC00 | (Character & 0x3FF);
        }
        To[Count++] = (INF_CHAR)Character;
    }
    return Count;
}

unsigned InfDecode(const unsigned char *From, unsigned Bytes, INF_CHAR *To)
{
    unsigned i;

    if (Bytes >= 2 && From[0] == 0xFF && From[1] == 0xFE) {
        for (i = 1; i < Bytes / 2; i++)
            To[i - 1] = (INF_CHAR)(From[2 * i] | From[2 * i + 1] << 8);
        return Bytes / 2 - 1;
    }
    if (Bytes >= 3 && From[0] == 0xEF && From[1] == 0xBB && From[2] == 0xBF)
        return InfDecodeUtf8(From + 3, Bytes - 3, To);
    for (i = 0; i < Bytes; i++)
        To[i] = From[i] >= 0x80 && From[i] < 0xA0 ? InfLatin[From[i] - 0x80] : From[i];
    return Bytes;
}

/* ---- sections ---- */

static unsigned InfHash(const INF_CHAR *Name, unsigned Length)
{
    unsigned Hash = 0, i;

    for (i = 0; i < Length; i++)
        Hash = Hash * 31 + InfLower(Name[i]);
    return Hash % INF_BUCKETS;
}

int InfFindSection(const INF_FILE *File, const INF_CHAR *Name, unsigned Length)
{
    int Section = File->Bucket[InfHash(Name, Length)];

    while (Section != INF_NONE && !InfSame(File->Section[Section].Name.At,
                                           File->Section[Section].Name.Length, Name, Length))
        Section = File->Section[Section].NextInBucket;
    return Section;
}

/* Sections of one name are one section. */
static int InfEnterSection(INF_FILE *File, INF_TEXT Name, unsigned Number)
{
    int Found = InfFindSection(File, Name.At, Name.Length);
    unsigned Hash = InfHash(Name.At, Name.Length);
    INF_SECTION *Section;

    if (Found != INF_NONE) {
        if (File->Section[Found].Again == 0)
            File->Section[Found].Again = Number;
        return Found;
    }
    Section = &File->Section[File->SectionCount];
    Section->Name = Name;
    Section->FirstLine = Section->LastLine = INF_NONE;
    Section->LineCount = 0;
    Section->Number = Number;
    Section->Again = 0;
    Section->NextInBucket = File->Bucket[Hash];
    return File->Bucket[Hash] = (int)File->SectionCount++;
}

int InfFindLine(const INF_FILE *File, int Section, int Line, const INF_CHAR *Key, unsigned Length)
{
    Line = Line == INF_NONE ? File->Section[Section].FirstLine : File->Line[Line].Next;
    for (; Line != INF_NONE && Key != NULL; Line = File->Line[Line].Next) {
        const INF_LINE *Entry = &File->Line[Line];
        INF_TEXT Name = Entry->Key;
        INF_CHAR Expanded[INF_NAME_LIMIT];
        unsigned Count;

        if (Name.At == NULL && Entry->FieldCount == 1) /* a line of one field is its own key */
            Name = File->Field[Entry->FirstField];
        if (Name.At == NULL)
            continue;
        Count = InfExpand(File, &Name, Expanded, INF_NAME_LIMIT, NULL, NULL);
        if (InfSame(Expanded, Count, Key, Length))
            break;
    }
    return Line;
}

/* ---- parsing ---- */

typedef struct _INF_READER {
    INF_FILE *File;
    const INF_CHAR *At, *End;
    INF_CHAR *Out;     /* next free place of File->Text */
    unsigned Number;   /* of the line at At */
    int Section;
} INF_READER;

/* At a backslash that ends a line, a comment apart: past the break, which is counted. */
static int InfSkipContinuation(INF_READER *Reader)
{
    const INF_CHAR *At = Reader->At + 1;

    while (At < Reader->End && InfIsBlank(*At))
        At++;
    if (At < Reader->End && *At == ';')
        while (At < Reader->End && *At != '\n')
            At++;
    if (At < Reader->End && *At != '\n')
        return 0;
    Reader->At = At < Reader->End ? At + 1 : At;
    Reader->Number++;
    return 1;
}

/* Blanks, continued lines and a comment before something; at the end of the line the result is 0.
 */
static int InfSkipBlanks(INF_READER *Reader)
{
    while (Reader->At < Reader->End && *Reader->At != '\n') {
        if (InfIsBlank(*Reader->At))
            Reader->At++;
        else if (*Reader->At == ';')
            while (Reader->At < Reader->End && *Reader->At != '\n')
                Reader->At++;
        else if (*Reader->At != '\\' || !InfSkipContinuation(Reader))
            return 1;
    }
    return 0;
}

/* "text", with "" for a quote; the end of the line ends it too. */
static void InfReadQuoted(INF_READER *Reader)
{
    for (Reader->At++; Reader->At < Reader->End && *Reader->At != '\n'; Reader->At++) {
        if (*Reader->At == '"') {
            if (Reader->At + 1 == Reader->End || Reader->At[1] != '"') {
                Reader->At++;
                return;
            }
            Reader->At++;
        }
        if (*Reader->At != '\r')
            *Reader->Out++ = *Reader->At;
    }
}

/* Up to a comma, the end of the line or, when it may be a key, an equals sign. */
static INF_TEXT InfReadField(INF_READER *Reader, int MayBeKey)
{
    INF_CHAR *Start = Reader->Out, *Kept = Start; /* blanks before Kept are not at the end */
    INF_TEXT Field;

    while (InfSkipBlanks(Reader) && *Reader->At != ',' && !(MayBeKey && *Reader->At == '=')) {
        if (*Reader->At == '"') {
            InfReadQuoted(Reader);
            Kept = Reader->Out;
        } else {
            *Reader->Out++ = *Reader->At++;
            Kept = Reader->Out;
        }
        while (Reader->At < Reader->End && InfIsBlank(*Reader->At))
            *Reader->Out++ = *Reader->At++;
    }
    Reader->Out = Kept;
    Field.At = Start;
    Field.Length = (unsigned)(Kept - Start);
    return Field;
}

static INF_ERROR InfReadSection(INF_READER *Reader)
{
    INF_TEXT Name = {++Reader->At, 0};

    while (Reader->At < Reader->End && *Reader->At != '\n' && *Reader->At != ']')
        Reader->At++;
    if (Reader->At == Reader->End || *Reader->At == '\n')
        return INF_BAD_SECTION_NAME_LINE;
    while (Name.At < Reader->At && InfIsBlank(*Name.At))
        Name.At++;
    Name.Length = (unsigned)(Reader->At - Name.At);
    while (Name.Length != 0 && InfIsBlank(Name.At[Name.Length - 1]))
        Name.Length--;
    if (Name.Length > INF_NAME_LIMIT)
        return INF_SECTION_NAME_TOO_LONG;
    Reader->At++;
    if (InfSkipBlanks(Reader))
        return INF_BAD_SECTION_NAME_LINE;
    for (unsigned i = 0; i < Name.Length; i++) {
        if (Name.At[i] == 0)
            return INF_GENERAL_SYNTAX;
        Reader->Out[i] = Name.At[i];
    }
    Name.At = Reader->Out;
    Reader->Out += Name.Length;
    Reader->Section = InfEnterSection(Reader->File, Name, Reader->Number);
    return INF_FINE;
}

static void InfLinkLine(INF_FILE *File, int Section)
{
    INF_SECTION *Of = &File->Section[Section];
    int Line = (int)File->LineCount++;

    File->Line[Line].Section = Section;
    File->Line[Line].Next = INF_NONE;
    if (Of->LastLine == INF_NONE)
        Of->FirstLine = Line;
    else
        File->Line[Of->LastLine].Next = Line;
    Of->LastLine = Line;
    Of->LineCount++;
}

static INF_ERROR InfReadLine(INF_READER *Reader)
{
    INF_FILE *File = Reader->File;
    INF_LINE *Line = &File->Line[File->LineCount];
    INF_TEXT Field;
    int First = 1;

    if (Reader->Section ==
        INF_NONE) { /* INFs of public samples start with the opening of a C comment */
        while (Reader->At < Reader->End && *Reader->At != '\n')
            Reader->At++;
        return INF_FINE;
    }
    Line->Key.At = NULL;
    Line->Key.Length = 0;
    Line->FirstField = File->FieldCount;
    Line->Number = Reader->Number;
    for (;;) {
        Field = InfReadField(Reader, First);
        for (unsigned i = 0; i < Field.Length; i++)
            if (Field.At[i] == 0)
                return INF_GENERAL_SYNTAX;
        if (Field.Length >= INF_STRING_LIMIT)
            return INF_GENERAL_SYNTAX;
        if (First && Reader->At < Reader->End && *Reader->At == '=') {
            Line->Key = Field;
        } else {
            File->Field[File->FieldCount++] = Field;
            if (Reader->At == Reader->End || *Reader->At != ',')
                break;
        }
        Reader->At++;
        First = 0;
    }
    Line->FieldCount = File->FieldCount - Line->FirstField;
    InfLinkLine(File, Reader->Section);
    return INF_FINE;
}

static INF_ERROR InfReadAll(INF_READER *Reader)
{
    INF_ERROR Error = INF_FINE;

    while (Reader->At < Reader->End && Error == INF_FINE) {
        if (InfSkipBlanks(Reader))
            Error = *Reader->At == '[' ? InfReadSection(Reader) : InfReadLine(Reader);
        if (Error == INF_FINE && Reader->At < Reader->End) {
            Reader->At++; /* the break */
            Reader->Number++;
        }
    }
    Reader->File->ErrorLine = Error != INF_FINE ? Reader->Number : 0;
    return Error;
}

static int InfFindAscii(const INF_FILE *File, const char *Name)
{
    INF_CHAR Wide[32];
    unsigned i;

    for (i = 0; Name[i] != 0; i++)
        Wide[i] = (unsigned char)Name[i];
    return InfFindSection(File, Wide, i);
}

/* [Version] with Signature = "$Windows NT$" or "$Chicago$" [doc: INF Version Section] */
static INF_ERROR InfCheckStyle(INF_FILE *File)
{
    static const INF_CHAR Signature[] = {'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e'};
    int Section = InfFindAscii(File, "Version"), Line = INF_NONE;
    INF_CHAR Value[16];
    INF_TEXT Text;

    if (Section != INF_NONE)
        Line = InfFindLine(File, Section, INF_NONE, Signature, 9);
    if (Line == INF_NONE) {
        File->ErrorLine = Section != INF_NONE ? File->Section[Section].Number : 1;
        return INF_WRONG_STYLE;
    }
    Text.Length = InfExpand(File, &File->Field[File->Line[Line].FirstField], Value, 16, NULL, NULL);
    Text.At = Value;
    if (InfIs(&Text, "$Windows NT$") || InfIs(&Text, "$Chicago$"))
        return INF_FINE;
    File->ErrorLine = File->Line[Line].Number;
    return INF_WRONG_STYLE;
}

/* What there is at most. */
static int InfAllocateFor(INF_FILE *File, const INF_CHAR *Text, unsigned Length)
{
    size_t Lines = 1, Commas = 0, Brackets = 0;
    unsigned i;

    for (i = 0; i < Length; i++) {
        Lines += Text[i] == '\n';
        Commas += Text[i] == ',';
        Brackets += Text[i] == '[';
    }
    File->Text = InfAllocate(((size_t)Length + 1) * sizeof(*File->Text));
    File->Section = InfAllocate((Brackets + 1) * sizeof(*File->Section));
    File->Line = InfAllocate(Lines * sizeof(*File->Line));
    File->Field = InfAllocate((Lines + Commas) * sizeof(*File->Field));
    return File->Text != NULL && File->Section != NULL && File->Line != NULL && File->Field != NULL;
}

void InfFreeFile(INF_FILE *File)
{
    InfFree(File->Text);
    InfFree(File->Section);
    InfFree(File->Line);
    InfFree(File->Field);
    File->Text = NULL;
    File->Section = NULL;
    File->Line = NULL;
    File->Field = NULL;
    File->SectionCount = File->LineCount = File->FieldCount = 0;
}

INF_ERROR InfParse(INF_FILE *File, const INF_CHAR *Text, unsigned Length)
{
    static const char *const Strings[4] = {"Strings.0409", "Strings.0009", "Strings",
                                           "Strings.0000"};
    INF_READER Reader = {File, Text, Text + Length, NULL, 1, INF_NONE};
    INF_ERROR Error = INF_NO_MEMORY;
    int i;

    File->SectionCount = File->LineCount = File->FieldCount = File->ErrorLine = 0;
    for (i = 0; i < INF_BUCKETS; i++)
        File->Bucket[i] = INF_NONE;
    for (i = 0; i < 4; i++)
        File->Strings[i] = INF_NONE;
    if (InfAllocateFor(File, Text, Length)) {
        Reader.Out = File->Text;
        Error = InfReadAll(&Reader);
    }
    for (i = 0; i < 4 && Error == INF_FINE; i++)
        File->Strings[i] = InfFindAscii(File, Strings[i]);
    if (Error == INF_FINE)
        Error = InfCheckStyle(File);
    if (Error != INF_FINE)
        InfFreeFile(File);
    return Error;
}

/* ---- strings ---- */

/* Without InfFindLine: strings' own names are not expanded. */
int InfFindString(const INF_FILE *File, const INF_CHAR *Name, unsigned Length, INF_TEXT *Value)
{
    int i, Line;

    for (i = 0; i < 4; i++) {
        if (File->Strings[i] == INF_NONE)
            continue;
        for (Line = File->Section[File->Strings[i]].FirstLine; Line != INF_NONE;
             Line = File->Line[Line].Next) {
            const INF_LINE *Entry = &File->Line[Line];

            if (Entry->Key.At != NULL && InfSame(Entry->Key.At, Entry->Key.Length, Name, Length)) {
                *Value = File->Field[Entry->FirstField];
                return 1;
            }
        }
    }
    return 0;
}

static unsigned InfPut(INF_CHAR *Out, unsigned Used, unsigned Limit, const INF_CHAR *Text,
                       unsigned Length)
{
    unsigned i;

    for (i = 0; i < Length && Used < Limit; i++)
        Out[Used++] = Text[i];
    return Used;
}

/* %Name%: its value; else the text itself. */
static unsigned InfPutString(const INF_FILE *File, const INF_CHAR *Name, unsigned Length,
                             INF_CHAR *Out, unsigned Used, unsigned Limit, INF_RESOLVE *Resolve,
                             void *Context)
{
    INF_TEXT Value;
    int Count = INF_NONE;

    if (InfFindString(File, Name, Length, &Value))
        return InfPut(Out, Used, Limit, Value.At, Value.Length);
    if (Resolve != NULL)
        Count = Resolve(Context, Name, Length, Out + Used, Limit - Used);
    if (Count != INF_NONE)
        return Used + (unsigned)Count;
    return InfPut(Out, Used, Limit, Name - 1, Length + 2);
}

unsigned InfExpand(const INF_FILE *File, const INF_TEXT *Text, INF_CHAR *Out, unsigned Limit,
                   INF_RESOLVE *Resolve, void *Context)
{
    const INF_CHAR *At = Text->At, *End = Text->At + Text->Length;
    unsigned Used = 0;

    while (At < End && Used < Limit) {
        const INF_CHAR *Percent = At + 1;

        if (*At != '%') {
            Out[Used++] = *At++;
            continue;
        }
        while (Percent < End && *Percent != '%')
            Percent++;
        if (Percent == End) { /* a percent sign alone stays */
            Out[Used++] = *At++;
        } else {
            if (Percent == At + 1)
                Out[Used++] = '%'; /* %% */
            else
                Used = InfPutString(File, At + 1, (unsigned)(Percent - At - 1), Out, Used, Limit,
                                    Resolve, Context);
            At = Percent + 1;
        }
    }
    return Used;
}
