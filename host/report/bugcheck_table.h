/*
 * What is known of each bug check: name, parameters, condition, meaning. The tables are generated
 * from abi/ at build time; bugcheck_find picks the row whose selector fits the parameters.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bugcheck_row {
    uint32_t code;
    const char *name;
    const char *selector;     /* "": any; else values of parameter 1: "3", "5/6/7", "0x101-0x10C",
                                 "other"; "p4=0x20": of 4 */
    const char *parameter[4]; /* "": unused */
    const char *condition;    /* "": not described */
    const char *meaning;      /* whole sentences, or "" */
};

struct verifier_row { /* subcode: parameter 1 of bug check 0xC4 or 0xC9 */
    uint32_t code;
    uint32_t subcode;
    const char *name;
    const char *parameter[3]; /* 2 to 4 */
    const char *condition;
};

extern const struct bugcheck_row bugcheck_rows[];
extern const size_t bugcheck_row_count;
extern const struct verifier_row verifier_rows[];
extern const size_t verifier_row_count;

/* The best row, or NULL for a code that Windows does not document. */
const struct bugcheck_row *bugcheck_find(uint32_t code, const uint64_t parameter[4]);
/* NULL: no such rule. */
const struct verifier_row *bugcheck_find_rule(uint32_t code, uint64_t subcode);
