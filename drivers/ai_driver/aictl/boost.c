/* boost: a thread's base priority, for as long as this program's handle is open. */
#include "aictl.h"

#include <stdio.h>

#define AT(Field) AICTL_AT(AI_BOOST_RESULT, Field)
static const AICTL_FIELD BoostFields[] = {
    {"thread", "thread", AT(ThreadId), KIND_U32, 0},
    {"process", "process", AT(ProcessId), KIND_U32, 0},
    {"old_base_priority", "base priority before", AT(OldBasePriority), KIND_U32, 0},
    {"new_base_priority", "base priority now", AT(NewBasePriority), KIND_U32, 0},
};
#undef AT

int AictlBoost(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    UINT32 Thread = Options->OwnThread ? GetCurrentThreadId() : (UINT32)Options->ThreadId;
    AI_BOOST_RESULT Boost;
    DWORD Error = AiBoostThread(Device, Thread, (UINT32)Options->Increment, &Boost);

    if (Error != 0)
        return AictlRefused(Options, "boost", Error);
    AictlBegin("boost", Options->Json);
    AictlHeading(Options->Increment != 0 ? "boosted" : "restored");
    AictlPutFields(&Boost, BoostFields, AICTL_COUNT_OF(BoostFields), 0);
    AictlEnd();
    if (Options->HoldMs != 0)
        AictlPause(Options->HoldMs);
    return AICTL_FINE;
}
