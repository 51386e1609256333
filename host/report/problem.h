/* What Device Manager says of a device with a problem code, generated from abi/problems.tsv. */
#pragma once

#include <stddef.h>

struct problem_row {
    unsigned code;
    const char *name; /* CM_PROB_... */
    const char *text; /* without "(Code N)" */
};
extern const struct problem_row problem_rows[];
extern const size_t problem_row_count;

/* NULL: no such code. */
const struct problem_row *problem_find(unsigned code);
