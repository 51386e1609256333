/* See signals.h. */
#include "supervisor/signals.h"

#include <stddef.h>

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

void ending_signals_hold(sigset_t *before)
{
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
        sigaddset(&held, ending_signals[i]);
    sigprocmask(SIG_BLOCK, &held, before);
}

void ending_signals_leave(void)
{
    sigset_t none;

    for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
        signal(ending_signals[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
