/* aictl: one function a command, and how a result is printed. */
#pragma once

#include "options.h"

#include "../libai/libai.h"

/* Exit codes; the help page names them. */
enum {
    AICTL_FINE = 0,
    AICTL_USAGE = 1,
    AICTL_NO_DRIVER = 2,
    AICTL_REFUSED = 3,
    AICTL_WRONG_ANSWER = 4
};

/* ---- output ---- */

typedef enum AICTL_KIND {
    KIND_U32,
    KIND_U64,
    KIND_BYTES,
    KIND_BASIS_POINTS,
    KIND_MILLI_C,
    KIND_100NS,
    KIND_HEX,
    KIND_TEXT
} AICTL_KIND;

typedef struct AICTL_FIELD {
    const char *Key;   /* JSON; its unit is in the name */
    const char *Label; /* text; NULL: not in the text */
    UINT32 Offset;
    AICTL_KIND Kind;
    UINT32 NeedsValid; /* bits of the Valid passed along; without them null and nothing */
} AICTL_FIELD;

#define AICTL_AT(Type, Field) ((UINT32)offsetof(Type, Field))
#define AICTL_COUNT_OF(Array) (sizeof(Array) / sizeof((Array)[0]))

#ifdef __GNUC__
#define AICTL_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define AICTL_PRINTF
#endif

/* One record. In text a heading and a line for each field; in JSON one object on one line. */
void AictlBegin(const char *Command, bool Json);
void AictlHeading(const char *Format, ...) AICTL_PRINTF; /* text only */
void AictlPutFields(const void *Record, const AICTL_FIELD *Fields, size_t Count, UINT32 Valid);
void AictlPutText(const char *Key, const char *Label, const char *Value);
void AictlPutBool(const char *Key, bool Value); /* JSON only */
void AictlEnd(void);

/* Says on standard error which request failed and why, as JSON too if asked; returns AICTL_REFUSED.
 */
int AictlRefused(const AICTL_OPTIONS *Options, const char *Request, DWORD Error);

/* Set by Ctrl+C. */
extern HANDLE AictlStop;
/* True when it is time to end. */
bool AictlPause(UINT64 Milliseconds);

/* ---- commands: an exit code ---- */

int AictlStatus(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlPath(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlPool(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlStats(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlWatch(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlAlloc(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlFree(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlBoost(AI_DEVICE Device, const AICTL_OPTIONS *Options);
int AictlBench(AI_DEVICE Device, const AICTL_OPTIONS *Options);
/* Any of the above; script too. */
int AictlRun(AI_DEVICE Device, const AICTL_OPTIONS *Options);
