/* The verbs of the command line, one file each, and the exit statuses. */
#pragma once

enum {
    EXIT_FINE = 0,
    EXIT_USAGE = 1, /* wrong arguments, or the host refused (no memory, output cannot be written) */
    EXIT_NOT_LOADED = 2, /* a file that is no driver or program, an import that is missing, a
                            DriverEntry that fails */
    EXIT_BUGCHECK = 3,   /* a bug check, a broken rule, pool left behind */
    EXIT_TIMEOUT = 4,
    EXIT_PROGRAM = 5, /* all is well but the program's exit code, which is reported, is not 0 */
    EXIT_DEFECT = 70
};

struct cli_verb {
    const char *name;
    const char *summary; /* one line */
    const char *help;    /* the page that `drydock help VERB` prints */
    int (*run)(int argc, char **argv);
};

extern const struct cli_verb cli_verb_run, cli_verb_boot, cli_verb_shutdown, cli_verb_power,
    cli_verb_exec, cli_verb_dbgview, cli_verb_machines, cli_verb_tree, cli_verb_summary,
    cli_verb_wmi, cli_verb_cc, cli_verb_imports, cli_verb_signtool, cli_verb_certmgr,
    cli_verb_infverify, cli_verb_version;

/* "drydock: ..." on standard error, after what was written to standard output before. */
__attribute__((format(printf, 1, 2))) void cli_message(const char *format, ...);
/* A usage error: the message, then where help is. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int cli_usage_error(const struct cli_verb *verb,
                                                          const char *format, ...);
/* A GUID with or without braces into "{...}". */
_Bool cli_parse_guid(const char *text, char guid[40]);
/* A number in [low, high], decimal or 0x hexadecimal. */
_Bool cli_parse_number(const char *text, unsigned long long low, unsigned long long high,
                       unsigned long long *value);
