/* Records as text or as JSON, from one table of fields. No floating point: figures are exact. */
#include "aictl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool OutJson;

typedef unsigned long long NUMBER;

static void PutJsonString(const char *Text)
{
    putchar('"');
    for (; *Text != '\0'; Text++) {
        unsigned char Character = (unsigned char)*Text;

        if (Character == '"' || Character == '\\')
            printf("\\%c", Character);
        else if (Character < 0x20)
            printf("\\u%04x", Character);
        else
            putchar(Character);
    }
    putchar('"');
}

void AictlBegin(const char *Command, bool Json)
{
    OutJson = Json;
    if (Json)
        printf("{\"command\":\"%s\"", Command);
}

void AictlHeading(const char *Format, ...)
{
    va_list Arguments;

    if (OutJson)
        return;
    va_start(Arguments, Format);
    vprintf(Format, Arguments);
    va_end(Arguments);
    putchar('\n');
}

void AictlEnd(void)
{
    if (OutJson)
        printf("}\n");
    fflush(stdout);
}

/* Whole and two decimals of Value / Unit, Unit a multiple of 100. */
static void PutScaled(UINT64 Value, UINT64 Unit, const char *Suffix)
{
    printf("%llu.%02llu%s", (NUMBER)(Value / Unit), (NUMBER)(Value % Unit / (Unit / 100)), Suffix);
}

static void PutBytesText(UINT64 Bytes)
{
    static const char *const Units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    UINT64 Unit = 1;
    size_t Index = 0;

    while (Index + 1 < AICTL_COUNT_OF(Units) && Bytes / Unit >= 1024) {
        Unit *= 1024;
        Index++;
    }
    if (Bytes % Unit == 0)
        printf("%llu %s", (NUMBER)(Bytes / Unit), Units[Index]);
    else
        printf("%llu.%02llu %s", (NUMBER)(Bytes / Unit), (NUMBER)(Bytes % Unit * 100 / Unit),
               Units[Index]);
}

static void PutTimeText(UINT64 Time100ns)
{
    if (Time100ns < 10000)
        PutScaled(Time100ns * 100, 1000, " us");
    else if (Time100ns < 10000000)
        PutScaled(Time100ns, 10000, " ms");
    else
        PutScaled(Time100ns, 10000000, " s");
}

static void PutMilli(INT32 Value, const char *Suffix)
{
    UINT32 Size = Value < 0 ? 0u - (UINT32)Value : (UINT32)Value;

    printf("%s%u.%u%s", Value < 0 ? "-" : "", Size / 1000, Size % 1000 / 100, Suffix);
}

static UINT64 ReadNumber(const char *At, AICTL_KIND Kind)
{
    UINT64 Number64;
    UINT32 Number32;

    if (Kind == KIND_U64 || Kind == KIND_BYTES || Kind == KIND_100NS || Kind == KIND_HEX) {
        memcpy(&Number64, At, sizeof(Number64));
        return Number64;
    }
    memcpy(&Number32, At, sizeof(Number32));
    return Number32;
}

static void PutText(const char *At, AICTL_KIND Kind)
{
    UINT64 Number = Kind == KIND_TEXT ? 0 : ReadNumber(At, Kind);

    switch (Kind) {
    case KIND_BYTES: PutBytesText(Number); break;
    case KIND_BASIS_POINTS: PutScaled(Number, 100, " %"); break;
    case KIND_MILLI_C: PutMilli((INT32)Number, " C"); break;
    case KIND_100NS: PutTimeText(Number); break;
    case KIND_HEX: printf("0x%llx", (NUMBER)Number); break;
    case KIND_TEXT: printf("%s", At); break;
    default: printf("%llu", (NUMBER)Number); break;
    }
}

static void PutJson(const char *At, AICTL_KIND Kind)
{
    UINT64 Number = Kind == KIND_TEXT ? 0 : ReadNumber(At, Kind);

    switch (Kind) {
    case KIND_BASIS_POINTS: PutScaled(Number, 100, ""); break;
    case KIND_MILLI_C: PutMilli((INT32)Number, ""); break;
    case KIND_HEX: printf("\"0x%llx\"", (NUMBER)Number); break;
    case KIND_TEXT: PutJsonString(At); break;
    default: printf("%llu", (NUMBER)Number); break;
    }
}

void AictlPutFields(const void *Record, const AICTL_FIELD *Fields, size_t Count, UINT32 Valid)
{
    for (size_t i = 0; i < Count; i++) {
        const AICTL_FIELD *Field = &Fields[i];
        const char *At = (const char *)Record + Field->Offset;
        bool Is = (Valid & Field->NeedsValid) == Field->NeedsValid;

        if (OutJson) {
            printf(",\"%s\":", Field->Key);
            if (Is)
                PutJson(At, Field->Kind);
            else
                printf("null");
        } else if (Is && Field->Label != NULL) {
            printf("  %-24s ", Field->Label);
            PutText(At, Field->Kind);
            putchar('\n');
        }
    }
}

void AictlPutText(const char *Key, const char *Label, const char *Value)
{
    AICTL_FIELD Field = {Key, Label, 0, KIND_TEXT, 0};

    AictlPutFields(Value, &Field, 1, 0);
}

void AictlPutBool(const char *Key, bool Value)
{
    if (OutJson)
        printf(",\"%s\":%s", Key, Value ? "true" : "false");
}

int AictlRefused(const AICTL_OPTIONS *Options, const char *Request, DWORD Error)
{
    fflush(stdout);
    fprintf(stderr, "aictl: %s: %s (error %lu)\n", Request, AiErrorText(Error), Error);
    if (Options->Json) {
        AictlBegin(Request, true);
        printf(",\"error\":%lu", Error);
        AictlPutText("text", NULL, AiErrorText(Error));
        AictlEnd();
    }
    return AICTL_REFUSED;
}
