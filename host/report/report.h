/*
 * What a stopped machine has to say: read from its RAM (report_read), joined with symbols
 * (report_symbolise), shown as text for people or as JSON for programs. Three kinds of news are
 * kept apart: the driver's fault, Drydock's fault, and a machine in which nothing can ever run
 * again.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hal.h"
#include "report/guest_memory.h"
#include "report/symbol.h"

#define REPORT_TEXT_LIMIT 4096u
#define REPORT_MODULE_LIMIT 256u
#define REPORT_NAMED_LIMIT 8u

struct report_module {
    uint64_t base, size_bytes;
    char name[48];
    char guest_path[200];
    char host_path[512]; /* file on the host that holds this image, "" when none is known */
};

struct report_frame {
    uint64_t address, sp;
    const struct report_module *module; /* NULL: in no image */
    struct symbol_query symbol;
};

struct report {
    uint32_t kind;                /* HAL_STOP_* */
    bool readable;                /* what follows was found in RAM */
    HAL_BUGCHECK bugcheck;        /* HAL_STOP_BUGCHECK */
    char text[REPORT_TEXT_LIMIT]; /* object concerned; or the text of a defect or hang */
    uint32_t module_count;
    struct report_module *module;
    uint32_t frame_count;
    struct report_frame frame[HAL_MAX_FRAMES];
    struct report_frame parameter[4]; /* as addresses: module NULL when they are none */
    uint32_t named_count;
    struct report_frame named[REPORT_NAMED_LIMIT]; /* addresses of code that the text names */
    bool has_symbols;                 /* the symboliser ran */
    bool is_ruined; /* set by the caller: the guest cannot even stop itself; text says why */
    const char *repeat_command; /* set by the caller; may be NULL */
    uint64_t seed;              /* set by the caller */
};

/* Reads what the machine left. 0 or -ENOMEM; what cannot be read is left out and readable stays
 * false. */
int report_read(struct report *report, const struct guest_memory *memory, uint32_t stop_kind,
                uint64_t argument);
void report_free(struct report *report);

/* The file on the host for a module of the machine: writes host_path or leaves it "". */
typedef void report_find_image(void *context, const char *module_name, const char *guest_path,
                               char *host_path, size_t limit);
void report_symbolise(struct report *report, report_find_image *find_image, void *context);

/* The frame to blame: the innermost in the blamed image, else the innermost outside the kernel,
 * else the first. */
const struct report_frame *report_blamed_frame(const struct report *report);
/* Whether text starts with the 16 digits of an address, as the machine's kernel writes pointers. */
bool report_address_at(const char *text, uint64_t *address);
/* Whether the text names the address as one that a call returns to ("code at"): the call is before
 * it. */
bool report_is_return_address(const struct report *report, const struct report_frame *named);
/* The address's row in named, with a symbol; NULL when it is no code that is known. */
const struct report_frame *report_named(const struct report *report, uint64_t address);
/* "PASSIVE_LEVEL", ... or "". */
const char *report_irql_name(unsigned irql);

void report_print_text(const struct report *report, FILE *out, bool colour);
json_t *report_to_json(const struct report *report);

/* The command line that repeats a run, quoted for a POSIX shell; to be freed. NULL: no memory. */
char *report_quote_command(int argc, char *const argv[]);
