/*
 * The texts of Win32 error codes: what message tables of the system's DLLs hold on Windows. The
 * table is abi/winerror.tsv. Languages: English for every code that it has, Japanese for some.
 */
#include "message.h"

typedef struct _ERROR_TEXT {
    DWORD Code;
    const WCHAR *English, *Japanese;
} ERROR_TEXT;

static const ERROR_TEXT ErrorTexts[] = {
#include "winerror.inc"
};

static const ERROR_TEXT *FindErrorText(DWORD Code)
{
    LONG Low = 0, High = COUNT_OF(ErrorTexts) - 1;

    while (Low <= High) {
        LONG Middle = (Low + High) / 2;

        if (ErrorTexts[Middle].Code == Code)
            return &ErrorTexts[Middle];
        if (ErrorTexts[Middle].Code < Code)
            Low = Middle + 1;
        else
            High = Middle - 1;
    }
    return NULL;
}

const WCHAR *SystemMessageText(DWORD Code, LANGID Language)
{
    const ERROR_TEXT *Row = FindErrorText((Code & 0xFFFF0000) == 0x80070000 ? Code & 0xFFFF : Code);

    if (Row == NULL)
        return NULL;
    switch (PRIMARYLANGID(Language)) {
    case LANG_ENGLISH: return Row->English;
    case LANG_JAPANESE: return Row->Japanese;
    default: return NULL;
    }
}
