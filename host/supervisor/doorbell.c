/* The machine's doorbell: an eventfd whose count tells why it is rung. */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <unistd.h>

#include "hal/channel.h"

static void ring(const struct supervisor *supervisor, uint64_t rings)
{
    while (write(supervisor->doorbell_fd, &rings, sizeof(rings)) < 0 && errno == EINTR)
        ; /* a full counter rings as well */
}

void supervisor_ring(const struct supervisor *supervisor)
{
    ring(supervisor, 1);
}

void supervisor_end_time(const struct supervisor *supervisor)
{
    ring(supervisor, CHANNEL_TIME_IS_UP);
}
