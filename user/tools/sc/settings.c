/* See settings.h. [doc: sc.exe create, sc.exe config] */
#include "settings.h"

#include <stdlib.h>

typedef struct SC_CHOICE {
    const WCHAR *Word;
    DWORD Value;
} SC_CHOICE;

static const SC_CHOICE Types[] = {{L"own", SERVICE_WIN32_OWN_PROCESS},
                                  {L"share", SERVICE_WIN32_SHARE_PROCESS},
                                  {L"kernel", SERVICE_KERNEL_DRIVER},
                                  {L"filesys", SERVICE_FILE_SYSTEM_DRIVER},
                                  {L"rec", SERVICE_RECOGNIZER_DRIVER},
                                  {L"adapt", SERVICE_ADAPTER},
                                  {NULL, 0}};
static const SC_CHOICE Starts[] = {
    {L"boot", SERVICE_BOOT_START},   {L"system", SERVICE_SYSTEM_START},
    {L"auto", SERVICE_AUTO_START},   {L"demand", SERVICE_DEMAND_START},
    {L"disabled", SERVICE_DISABLED}, {NULL, 0}};
static const SC_CHOICE Controls[] = {{L"normal", SERVICE_ERROR_NORMAL},
                                     {L"severe", SERVICE_ERROR_SEVERE},
                                     {L"critical", SERVICE_ERROR_CRITICAL},
                                     {L"ignore", SERVICE_ERROR_IGNORE},
                                     {NULL, 0}};

static BOOL Choose(const SC_CHOICE *Choices, const WCHAR *Word, DWORD *Value)
{
    for (; Choices->Word != NULL; Choices++)
        if (_wcsicmp(Choices->Word, Word) == 0) {
            *Value = Choices->Value;
            return TRUE;
        }
    return FALSE;
}

/* "a/b/c" as a multi-string; "" and "/" say that there are none. */
static WCHAR *SplitNames(const WCHAR *Names)
{
    WCHAR *List = calloc(wcslen(Names) + 2, sizeof(WCHAR)), *To = List;

    for (; List != NULL && *Names != 0; Names++) {
        if (*Names != '/')
            *To++ = *Names;
        else if (To != List && To[-1] != 0)
            *To++ = 0;
    }
    return List;
}

static BOOL TakeValue(SC_SETTINGS *Settings, const WCHAR *Name, size_t Length, const WCHAR *Value)
{
    struct {
        const WCHAR *Name;
        const WCHAR **Text;
    } Texts[] = {{L"binPath", &Settings->Path},       {L"group", &Settings->Group},
                 {L"obj", &Settings->Account},        {L"DisplayName", &Settings->DisplayName},
                 {L"password", &Settings->Password}};

    for (size_t i = 0; i < sizeof(Texts) / sizeof(Texts[0]); i++)
        if (wcslen(Texts[i].Name) == Length && _wcsnicmp(Name, Texts[i].Name, Length) == 0) {
            *Texts[i].Text = Value;
            return TRUE;
        }
    if (Length == 4 && _wcsnicmp(Name, L"type", 4) == 0)
        return Choose(Types, Value, &Settings->Type);
    if (Length == 5 && _wcsnicmp(Name, L"start", 5) == 0)
        return Choose(Starts, Value, &Settings->Start);
    if (Length == 5 && _wcsnicmp(Name, L"error", 5) == 0)
        return Choose(Controls, Value, &Settings->ErrorControl);
    if (Length == 3 && _wcsnicmp(Name, L"tag", 3) == 0) {
        Settings->WantsTag = _wcsicmp(Value, L"yes") == 0;
        return Settings->WantsTag || _wcsicmp(Value, L"no") == 0;
    }
    if (Length != 6 || _wcsnicmp(Name, L"depend", 6) != 0)
        return FALSE;
    free(Settings->Dependencies);
    Settings->Dependencies = SplitNames(Value);
    return Settings->Dependencies != NULL;
}

BOOL ScReadSettings(SC_SETTINGS *Settings, int Count, WCHAR **Words)
{
    *Settings = (SC_SETTINGS){
        .Type = SERVICE_NO_CHANGE, .Start = SERVICE_NO_CHANGE, .ErrorControl = SERVICE_NO_CHANGE};
    for (int i = 0; i < Count; i++) {
        const WCHAR *Equals = wcschr(Words[i], '='), *Name = Words[i], *Value;

        if (Equals == NULL)
            return FALSE;
        Value = Equals[1] != 0 ? Equals + 1 : i + 1 < Count ? Words[++i] : NULL;
        if (Value == NULL || !TakeValue(Settings, Name, (size_t)(Equals - Name), Value))
            return FALSE;
    }
    return TRUE;
}

void ScFreeSettings(SC_SETTINGS *Settings)
{
    free(Settings->Dependencies);
    Settings->Dependencies = NULL;
}
