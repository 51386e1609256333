/* Problem codes of devices. */
#include "report/problem.h"

const struct problem_row *problem_find(unsigned code)
{
    for (size_t i = 0; i < problem_row_count; i++)
        if (problem_rows[i].code == code)
            return &problem_rows[i];
    return NULL;
}
