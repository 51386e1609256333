/* %strings% and sections that nothing names. [doc: INF Strings Section] */
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* %name% of a text: each is a string, or the number of a directory; %% is a percent sign. */
static void CheckTokens(VERIFY *V, const INF_TEXT *Text, unsigned Line)
{
    const INF_CHAR *At = Text->At, *End = Text->At + Text->Length, *Close;
    char Token[VERIFY_TEXT], Whole[VERIFY_TEXT];
    INF_TEXT Value;
    unsigned Number;

    for (; At < End; At++) {
        if (*At != '%')
            continue;
        for (Close = At + 1; Close < End && *Close != '%'; Close++)
            continue;
        if (Close == End)
            return;
        if (Close != At + 1) {
            VerifyNarrow(At + 1, (unsigned)(Close - At - 1), Token, VERIFY_TEXT);
            VerifyPrint(Whole, "%%%.900s%%", Token);
            if (!InfFindString(&V->File, At + 1, (unsigned)(Close - At - 1), &Value) &&
                !VerifyParse(Token, &Number))
                VerifyNote(V, Line, 1235, Whole, "Strings", "%", "%%");
        }
        At = Close;
    }
}

static bool IsStrings(const VERIFY *V, int Section)
{
    return V->Role[Section] != NULL && strcmp(V->Role[Section], "Strings") == 0;
}

static void CheckLanguages(VERIFY *V)
{
    int First = VerifySection(V, "Strings");
    char Name[VERIFY_TEXT];

    for (unsigned i = 0; First != INF_NONE && i < V->File.SectionCount; i++)
        if (IsStrings(V, (int)i) &&
            V->File.Section[i].LineCount != V->File.Section[First].LineCount) {
            VerifySectionName(V, (int)i, Name);
            VerifyNote(V, V->File.Section[i].Number, 1295, Name, "Strings");
        }
}

void VerifyStrings(VERIFY *V)
{
    for (unsigned i = 0; i < V->File.LineCount; i++) {
        const INF_LINE *Line = &V->File.Line[i];

        if (IsStrings(V, Line->Section))
            continue;
        if (Line->Key.At != NULL)
            CheckTokens(V, &Line->Key, Line->Number);
        for (unsigned j = 0; j < Line->FieldCount; j++)
            CheckTokens(V, &V->File.Field[Line->FirstField + j], Line->Number);
    }
    CheckLanguages(V);
}

void VerifyUnused(VERIFY *V)
{
    char Name[VERIFY_TEXT];

    if (V->Options->OsVersion != NULL) /* others' sections were not looked at */
        return;
    for (unsigned i = 0; i < V->File.SectionCount; i++)
        if (V->Role[i] == NULL) {
            VerifySectionName(V, (int)i, Name);
            VerifyNote(V, V->File.Section[i].Number, 2083, Name);
        }
}
