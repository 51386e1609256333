/*
 * FormatMessage: texts of the system or of the caller, with inserts [doc: FormatMessageW].
 * Everything is put together in UTF-16.
 */
#include "message.h"

#define WIDTH_MASK FORMAT_MESSAGE_MAX_WIDTH_MASK
#define NO_BREAKS \
    FORMAT_MESSAGE_MAX_WIDTH_MASK /* line breaks of the text count as spaces, and none is added */
#define FORMAT_LIMIT 32 /* an insert's format: flags, width, precision, size, conversion */

int __cdecl _snwprintf(WCHAR *, size_t, const WCHAR *, ...);

typedef struct _MESSAGE {
    WCHAR *Text; /* on the heap; grows */
    SIZE_T Length, Size;
    SIZE_T LineStart;
    SIZE_T LastBlank; /* where the line can be broken; before LineStart: nowhere */
    DWORD Flags;
    DWORD Error;
    const ULONG_PTR *Arguments; /* NULL: none were given */
    SIZE_T NextArgument;        /* of a va_list: slots used so far */
    ULONG_PTR Insert[99];       /* of a va_list: the values of the inserts met so far */
    DWORD InsertCount;
    BOOL IsAnsi; /* strings to insert are, unless their format says otherwise */
} MESSAGE;

/* ---- the text as it grows ---- */

static BOOL Fail(MESSAGE *Message, DWORD Error)
{
    if (Message->Error == 0)
        Message->Error = Error;
    return FALSE;
}

static BOOL Grow(MESSAGE *Message, SIZE_T Count)
{
    SIZE_T Size = Message->Size * 2 + 64;
    WCHAR *New;

    if (Message->Length + Count + 1 <= Message->Size)
        return TRUE;
    while (Size < Message->Length + Count + 1)
        Size *= 2;
    New = Message->Text == NULL
              ? HeapAlloc(ProcessHeap(), 0, Size * sizeof(WCHAR))
              : HeapReAlloc(ProcessHeap(), 0, Message->Text, Size * sizeof(WCHAR));
    if (New == NULL)
        return Fail(Message, ERROR_NOT_ENOUGH_MEMORY);
    Message->Text = New;
    Message->Size = Size;
    return TRUE;
}

static BOOL PutBreak(MESSAGE *Message)
{
    if (!Grow(Message, 2))
        return FALSE;
    Message->Text[Message->Length++] = '\r';
    Message->Text[Message->Length++] = '\n';
    Message->LineStart = Message->Length;
    Message->LastBlank = 0;
    return TRUE;
}

/* The line is longer than the width that was asked for: its last blank becomes the line's end. */
static BOOL BreakLine(MESSAGE *Message)
{
    SIZE_T Blank = Message->LastBlank;

    if (Blank <= Message->LineStart)
        return TRUE; /* one long word */
    if (!Grow(Message, 1))
        return FALSE;
    for (SIZE_T i = Message->Length; i > Blank + 1; i--)
        Message->Text[i] = Message->Text[i - 1];
    Message->Text[Blank] = '\r';
    Message->Text[Blank + 1] = '\n';
    Message->Length++;
    Message->LineStart = Blank + 2;
    Message->LastBlank = 0;
    return TRUE;
}

static BOOL Put(MESSAGE *Message, WCHAR Character)
{
    DWORD Width = Message->Flags & WIDTH_MASK;

    if (!Grow(Message, 1))
        return FALSE;
    if (Character == ' ')
        Message->LastBlank = Message->Length;
    Message->Text[Message->Length++] = Character;
    if (Character == '\n') {
        Message->LineStart = Message->Length;
        Message->LastBlank = 0;
    }
    if (Width == 0 || Width == NO_BREAKS || Message->Length - Message->LineStart <= Width ||
        Character == ' ')
        return TRUE;
    return BreakLine(Message);
}

static BOOL PutText(MESSAGE *Message, const WCHAR *Text)
{
    for (; *Text != 0; Text++)
        if (!Put(Message, *Text))
            return FALSE;
    return TRUE;
}

/* ---- inserts ---- */

static ULONG_PTR NextOfList(MESSAGE *Message)
{
    return Message->Arguments[Message->NextArgument++];
}

/*
 * The value of insert Number, whose format has Stars widths and precisions that are arguments too:
 * of an array those stand before the value at its place, of a va_list they and the values come in
 * the order in which the text first asks for them.
 */
static ULONG_PTR InsertValue(MESSAGE *Message, DWORD Number, DWORD Stars, ULONG_PTR Star[2])
{
    if (Message->Flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) {
        for (DWORD i = 0; i < Stars; i++)
            Star[i] = Message->Arguments[Number - 1 + i];
        return Message->Arguments[Number - 1 + Stars];
    }
    while (Message->InsertCount + 1 < Number)
        Message->Insert[Message->InsertCount++] = NextOfList(Message);
    for (DWORD i = 0; i < Stars; i++)
        Star[i] = NextOfList(Message);
    if (Message->InsertCount < Number)
        Message->Insert[Message->InsertCount++] = NextOfList(Message);
    return Message->Insert[Number - 1];
}

static BOOL PutFormatted(MESSAGE *Message, const WCHAR *Format, DWORD Stars,
                         const ULONG_PTR Star[2], ULONG_PTR Value)
{
    for (SIZE_T Size = 256; Size <= 0x10000; Size *= 4) {
        WCHAR *Text = HeapAlloc(ProcessHeap(), 0, Size * sizeof(WCHAR));
        int Count;
        BOOL Done;

        if (Text == NULL)
            return Fail(Message, ERROR_NOT_ENOUGH_MEMORY);
        Count = Stars == 0 ? _snwprintf(Text, Size - 1, Format, Value)
                : Stars == 1
                    ? _snwprintf(Text, Size - 1, Format, (int)Star[0], Value)
                    : _snwprintf(Text, Size - 1, Format, (int)Star[0], (int)Star[1], Value);
        Done = Count >= 0 && (SIZE_T)Count < Size;
        if (Done) {
            Text[Count] = 0;
            Done = PutText(Message, Text);
        }
        HeapFree(ProcessHeap(), 0, Text);
        if (Done || Message->Error != 0)
            return Done;
    }
    return Fail(Message, ERROR_INSUFFICIENT_BUFFER);
}

/* !format! of an insert into a printf format; "s" where there is none. Returns where the text goes
 * on, NULL if it is malformed. */
static const WCHAR *ReadFormat(MESSAGE *Message, const WCHAR *At, WCHAR Format[FORMAT_LIMIT],
                               DWORD *Stars)
{
    DWORD Length = 0;

    *Stars = 0;
    Format[Length++] = '%';
    if (*At == '!') {
        for (At++; *At != '!'; At++) {
            if (*At == 0 || Length + 3 > FORMAT_LIMIT)
                return NULL;
            *Stars += *At == '*';
            Format[Length++] = *At;
        }
        At++;
    } else {
        Format[Length++] = 's';
    }
    Format[Length] = 0;
    /* In a message of bytes %s is a string of bytes, %S one of the other kind; %hs and %ls say it
     * outright. */
    if (Message->IsAnsi &&
        (Format[Length - 1] == 's' || Format[Length - 1] == 'c' || Format[Length - 1] == 'S') &&
        Format[Length - 2] != 'h' && Format[Length - 2] != 'l' && Format[Length - 2] != 'w') {
        Format[Length] = Format[Length - 1] == 'S' ? 's' : Format[Length - 1];
        Format[Length - 1] = Format[Length - 1] == 'S' ? 'l' : 'h';
        Format[Length + 1] = 0;
    }
    return *Stars <= 2 ? At : NULL;
}

static const WCHAR *PutInsert(MESSAGE *Message, const WCHAR *At)
{
    WCHAR Format[FORMAT_LIMIT];
    ULONG_PTR Star[2] = {0, 0}, Value;
    DWORD Number = *At++ - '0', Stars;

    if (*At >= '0' && *At <= '9')
        Number = Number * 10 + *At++ - '0';
    At = ReadFormat(Message, At, Format, &Stars);
    if (At == NULL || Message->Arguments == NULL) {
        Fail(Message, ERROR_INVALID_PARAMETER);
        return NULL;
    }
    Value = InsertValue(Message, Number, Stars, Star);
    return PutFormatted(Message, Format, Stars, Star, Value) ? At : NULL;
}

/* ---- the text of the message ---- */

/* What stands after a %: where the text goes on, or NULL at its end (%0) or on an error. */
static const WCHAR *PutEscape(MESSAGE *Message, const WCHAR *At)
{
    BOOL Done;

    if (*At >= '1' && *At <= '9')
        return PutInsert(Message, At);
    switch (*At) {
    case '0': return NULL;
    case 0: Fail(Message, ERROR_INVALID_PARAMETER); return NULL;
    case 'n': Done = PutBreak(Message); break;
    case 'r': Done = Put(Message, '\r'); break;
    case 't': Done = Put(Message, '\t'); break;
    default: Done = Put(Message, *At); break;
    }
    return Done ? At + 1 : NULL;
}

static const WCHAR *PutLineEnd(MESSAGE *Message, const WCHAR *At)
{
    const WCHAR *After = At[0] == '\r' && At[1] == '\n' ? At + 2 : At + 1;

    if (!((Message->Flags & WIDTH_MASK) == 0 ? PutBreak(Message) : Put(Message, ' ')))
        return NULL;
    return After;
}

static BOOL PutMessage(MESSAGE *Message, const WCHAR *At)
{
    while (At != NULL && *At != 0) {
        if (*At == '%' && !(Message->Flags & FORMAT_MESSAGE_IGNORE_INSERTS))
            At = PutEscape(Message, At + 1);
        else if (*At == '\r' || *At == '\n')
            At = PutLineEnd(Message, At);
        else
            At = Put(Message, *At) ? At + 1 : NULL;
    }
    return Message->Error == 0;
}

/* A message of bytes must be one that the code page has. */
static BOOL IsUsable(const MESSAGE *Message, const WCHAR *Text)
{
    BOOL Lost = FALSE;

    if (Text == NULL)
        return FALSE;
    if (Message->IsAnsi)
        WideCharToMultiByte(CP_ACP, 0, Text, -1, NULL, 0, NULL, &Lost);
    return !Lost;
}

/*
 * The system's text of a code. A language given is the only one; else the thread's, the user's,
 * English [doc]. A neutral one means the user's, with English behind it.
 */
static const WCHAR *FindSystemText(const MESSAGE *Message, DWORD Code, LANGID Language)
{
    LANGID Order[] = {GetThreadUILanguage(), GetUserDefaultUILanguage(),
                      MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)};
    const WCHAR *Text = NULL;

    if (PRIMARYLANGID(Language) != LANG_NEUTRAL) {
        Text = SystemMessageText(Code, Language);
        if (Text == NULL)
            SetLastError(SystemMessageText(Code, Order[2]) != NULL ? ERROR_RESOURCE_LANG_NOT_FOUND
                                                                   : ERROR_MR_MID_NOT_FOUND);
        return Text;
    }
    for (DWORD i = 0; i < COUNT_OF(Order) && !IsUsable(Message, Text); i++)
        Text = SystemMessageText(Code, Order[i]);
    if (Text == NULL)
        SetLastError(ERROR_MR_MID_NOT_FOUND);
    return Text;
}

static BOOL BuildSystemMessage(MESSAGE *Message, DWORD Code, LANGID Language)
{
    const WCHAR *Text = FindSystemText(Message, Code, Language);

    if (Text == NULL)
        return FALSE;
    if (PutMessage(Message, Text) && PutMessage(Message, L"\r\n"))
        return TRUE;
    SetLastError(Message->Error);
    return FALSE;
}

/* The caller's module first; the system's texts where it has none and these were asked for as well.
 */
static BOOL BuildModuleMessage(MESSAGE *Message, HMODULE Module, DWORD Code, LANGID Language)
{
    WCHAR *Text = ModuleMessageText(Module, Code, Language);
    BOOL Done;

    if (Text == NULL && (Message->Flags & FORMAT_MESSAGE_FROM_SYSTEM))
        return BuildSystemMessage(Message, Code, Language);
    if (Text == NULL)
        return FALSE;
    Done = PutMessage(Message, Text);
    FreeText(Text);
    if (!Done)
        SetLastError(Message->Error);
    return Done;
}

/* Source: the text, or the module. */
static BOOL BuildMessage(MESSAGE *Message, LPCVOID Source, DWORD Code, DWORD Language)
{
    if (Message->Flags & FORMAT_MESSAGE_FROM_STRING) {
        if (Source != NULL && PutMessage(Message, Source))
            return Grow(Message, 0);
        SetLastError(Source == NULL ? ERROR_INVALID_PARAMETER : Message->Error);
        return FALSE;
    }
    if (Message->Flags & FORMAT_MESSAGE_FROM_HMODULE)
        return BuildModuleMessage(Message, (HMODULE)(ULONG_PTR)Source, Code, (LANGID)Language);
    if (Message->Flags & FORMAT_MESSAGE_FROM_SYSTEM)
        return BuildSystemMessage(Message, Code, (LANGID)Language);
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

static VOID StartMessage(MESSAGE *Message, DWORD Flags, va_list *Arguments, BOOL IsAnsi)
{
    Message->Text = NULL;
    Message->Length = Message->Size = Message->LineStart = Message->LastBlank = 0;
    Message->Flags = Flags;
    Message->Error = 0;
    Message->NextArgument = 0;
    Message->InsertCount = 0;
    Message->IsAnsi = IsAnsi;
    /* a va_list is, on x64, a pointer to slots of 8 bytes */
    Message->Arguments = Arguments == NULL || (Flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
                             ? (const ULONG_PTR *)Arguments
                             : (const ULONG_PTR *)*Arguments;
}

static DWORD FreeMessage(MESSAGE *Message, DWORD Result)
{
    FreeText(Message->Text);
    return Result;
}

/* LocalAlloc's memory is the process heap's here. Size is the least that the caller wants then. */
static PVOID ResultBuffer(DWORD Flags, PVOID Buffer, SIZE_T Needed, SIZE_T Size, SIZE_T Unit)
{
    PVOID Result = Buffer;

    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        Result = HeapAlloc(ProcessHeap(), 0, (Needed > Size ? Needed : Size) * Unit);
        if (Result == NULL)
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        *(PVOID *)Buffer = Result;
    } else if (Needed > Size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        Result = NULL;
    }
    return Result;
}

DWORD WINAPI FormatMessageW(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, LPWSTR Buffer,
                            DWORD Size, va_list *Arguments)
{
    MESSAGE Message;
    WCHAR *Result;

    if (Buffer == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    StartMessage(&Message, Flags, Arguments, FALSE);
    if (!BuildMessage(&Message, Source, Code, Language))
        return FreeMessage(&Message, 0);
    Result = ResultBuffer(Flags, Buffer, Message.Length + 1, Size, sizeof(WCHAR));
    if (Result == NULL)
        return FreeMessage(&Message, 0);
    for (SIZE_T i = 0; i < Message.Length; i++)
        Result[i] = Message.Text[i];
    Result[Message.Length] = 0;
    return FreeMessage(&Message, (DWORD)Message.Length);
}

DWORD WINAPI FormatMessageA(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, LPSTR Buffer,
                            DWORD Size, va_list *Arguments)
{
    MESSAGE Message;
    WCHAR *Wide = NULL;
    char *Result;
    int Bytes = 0;

    if (Buffer == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if ((Flags & FORMAT_MESSAGE_FROM_STRING) && Source != NULL &&
        (Wide = WideFromAnsi(Source)) == NULL)
        return 0;
    StartMessage(&Message, Flags, Arguments, TRUE);
    if (!BuildMessage(&Message, Wide != NULL ? Wide : Source, Code, Language)) {
        FreeText(Wide);
        return FreeMessage(&Message, 0);
    }
    FreeText(Wide);
    if (Message.Length != 0)
        Bytes =
            WideCharToMultiByte(CP_ACP, 0, Message.Text, (int)Message.Length, NULL, 0, NULL, NULL);
    Result = ResultBuffer(Flags, Buffer, (SIZE_T)Bytes + 1, Size, 1);
    if (Result == NULL)
        return FreeMessage(&Message, 0);
    if (Bytes != 0)
        WideCharToMultiByte(CP_ACP, 0, Message.Text, (int)Message.Length, Result, Bytes, NULL,
                            NULL);
    Result[Bytes] = 0;
    return FreeMessage(&Message, (DWORD)Bytes);
}
