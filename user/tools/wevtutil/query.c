/* The queries of qe: the part of XPath that picks events by number, level and provider. [doc:
 * Consuming Events, XPath 1.0 limitations] */
#include "wevtutil.h"

#include <wchar.h>

static const WCHAR *SkipBlanks(const WCHAR *At)
{
    while (*At == L' ')
        At++;
    return At;
}

/* The text where it stands: what follows it, else NULL. */
static const WCHAR *Take(const WCHAR *At, const WCHAR *Text)
{
    At = SkipBlanks(At);
    return wcsncmp(At, Text, wcslen(Text)) == 0 ? SkipBlanks(At + wcslen(Text)) : NULL;
}

static const WCHAR *TakeNumber(const WCHAR *At, const WCHAR *Name, DWORD *Number)
{
    WCHAR *End;

    At = Take(At, Name);
    if (At == NULL || (At = Take(At, L"=")) == NULL || *At < L'0' || *At > L'9')
        return NULL;
    *Number = wcstoul(At, &End, 10);
    return SkipBlanks(End);
}

/* Provider[@Name='...'] with either quote. */
static const WCHAR *TakeProvider(const WCHAR *At, WCHAR *Name, size_t Limit)
{
    const WCHAR *End;

    At = Take(At, L"Provider[@Name=");
    if (At == NULL || (*At != L'\'' && *At != L'"'))
        return NULL;
    End = wcschr(At + 1, *At);
    if (End == NULL || (size_t)(End - At) > Limit)
        return NULL;
    wcsncpy(Name, At + 1, (size_t)(End - At - 1));
    Name[End - At - 1] = 0;
    return Take(End + 1, L"]");
}

static const WCHAR *TakeTerm(const WCHAR *At, QUERY *Query)
{
    const WCHAR *Inner = Take(At, L"("), *After;

    if (Inner != NULL) {
        After = TakeTerm(Inner, Query);
        return After != NULL ? Take(After, L")") : NULL;
    }
    if ((After = TakeNumber(At, L"EventID", &Query->EventId)) != NULL ||
        (After = TakeNumber(At, L"Level", &Query->Level)) != NULL)
        return After;
    return TakeProvider(At, Query->Provider, ARRAYSIZE(Query->Provider));
}

bool QueryParse(QUERY *Query, const WCHAR *Text)
{
    const WCHAR *At = Take(Text, L"*[System["), *More;

    if (At == NULL)
        return (At = Take(Text, L"*")) != NULL && *At == 0;
    At = TakeTerm(At, Query);
    while (At != NULL && (More = Take(At, L"and")) != NULL)
        At = TakeTerm(More, Query);
    return At != NULL && (At = Take(At, L"]")) != NULL && (At = Take(At, L"]")) != NULL && *At == 0;
}

bool QueryMatches(const QUERY *Query, const EVENTLOGRECORD *Record)
{
    return (Query->EventId == MAXDWORD || Query->EventId == (Record->EventID & 0xFFFF)) &&
           (Query->Level == MAXDWORD || (int)Query->Level == RecordLevel(Record)) &&
           (Query->Provider[0] == 0 || wcscmp(Query->Provider, RecordSource(Record)) == 0);
}
