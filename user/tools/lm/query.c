/* See query.h. */
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_ANSWER 0x1000000u

void *QuerySystem(ULONG Class, ULONG *Bytes, NTSTATUS *Status)
{
    void *Answer = NULL;

    for (ULONG Size = 0x10000; Size <= LARGEST_ANSWER; Size *= 2) {
        Answer = malloc(Size);
        if (Answer == NULL)
            break;
        *Status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)Class, Answer, Size, Bytes);
        if (NT_SUCCESS(*Status))
            return Answer;
        free(Answer);
        if (*Status != (NTSTATUS)0xC0000004) /* STATUS_INFO_LENGTH_MISMATCH */
            return NULL;
    }
    *Status = (NTSTATUS)0xC0000017; /* STATUS_NO_MEMORY */
    return NULL;
}

void QueryModuleName(const QUERY_MODULE *Module, char *Name, size_t Limit)
{
    const char *File = Module->Path + min(Module->FileName, sizeof(Module->Path) - 1);
    const char *Dot = strrchr(File, '.');
    int Length = Dot != NULL ? (int)(Dot - File) : (int)strnlen(File, Limit - 1);

    if (_stricmp(File, "ntoskrnl.exe") == 0)
        snprintf(Name, Limit, "nt");
    else
        snprintf(Name, Limit, "%.*s", Length, File);
}

void QueryPrintJson(const char *Text)
{
    putchar('"');
    for (; *Text != 0; Text++)
        if (*Text == '"' || *Text == '\\')
            printf("\\%c", *Text);
        else if ((unsigned char)*Text < 0x20)
            printf("\\u%04x", *Text);
        else
            putchar(*Text);
    putchar('"');
}

void QueryNarrow(const WCHAR *Text, int Length, char *To, size_t Limit)
{
    int Bytes = WideCharToMultiByte(CP_UTF8, 0, Text, Length, To, (int)Limit - 1, NULL, NULL);

    To[Bytes > 0 ? Bytes : 0] = 0;
}
