/* The options that create and config share: NAME= VALUE, the value in the next word or in the same.
 */
#pragma once

#include "sc.h"

typedef struct SC_SETTINGS {
    DWORD Type, Start, ErrorControl; /* SERVICE_NO_CHANGE: not given */
    const WCHAR *Path, *Group, *Account, *DisplayName, *Password; /* NULL: not given */
    WCHAR *Dependencies; /* a multi-string, to be freed; NULL: not given */
    BOOL WantsTag;       /* tag= yes */
} SC_SETTINGS;

/* FALSE: a word that is none of the options, or a value that is none of theirs. */
BOOL ScReadSettings(SC_SETTINGS *Settings, int Count, WCHAR **Words);
void ScFreeSettings(SC_SETTINGS *Settings);
