/* A run and what serves it: shared by the parts of `drydock run`. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "cli/progress.h"
#include "cli/run.h"
#include "gpu/gpu.h"
#include "hive/store.h"
#include "qemu/qemu.h"
#include "sign/sign.h"
#include "supervisor/supervisor.h"

struct run_session { /* a run and what serves it */
    struct run run;
    struct progress progress;
    struct supervisor supervisor;
    struct gpus gpus;
    struct hive_store *hives;
    struct sign_store *signatures;
    struct qemu qemu[RUN_QEMU_LIMIT];
    bool saved;
    char build[PATH_MAX]; /* folder of this program: the kernel and the inbox are beside it */
};

/* run_end.c: the exit status of how the machine ended; says so where the run's own messages do not.
 */
int run_judge_end(struct run_session *session, const struct supervisor_result *result);
