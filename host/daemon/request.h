/* What a client asks a booted machine for, in JSON:
 *   {"verb": "exec", "path": "\\??\\C:\\x.exe", "command": "C:\\x.exe a b"}
 *   {"verb": "power", "state": 0 to 4: what it is, or to S1 to S4; 5: back to work}
 *   {"verb": "debug", "since_boot": true, "once": true}   {"verb": "status"}   {"verb": "shutdown"}
 *   {"verb": "show", "what": "wmi", "guid": "{...}"}
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum request_verb {
    REQUEST_EXEC,
    REQUEST_DEBUG,
    REQUEST_STATUS,
    REQUEST_POWER,
    REQUEST_SHUTDOWN,
    REQUEST_SHOW
};

#define REQUEST_PATH_LIMIT 512u
#define REQUEST_COMMAND_LIMIT 3072u

struct request {
    enum request_verb verb;
    unsigned state;                      /* power */
    bool since_boot;                     /* debug: what was printed before comes first */
    bool once;                           /* debug: and nothing comes after */
    char show[64];                       /* show: HAL_COMMAND_SHOW's text */
    char path[REQUEST_PATH_LIMIT];       /* exec: NT path of the program */
    char command[REQUEST_COMMAND_LIMIT]; /* its command line */
};

/* False: it is none. Then why says so. */
bool request_parse(struct request *request, const void *text, size_t bytes, const char **why);
