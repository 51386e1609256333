/* A verb's connection to a machine that runs in the background. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "daemon/place.h"

struct attach {
    struct place place;
    int fd;
    bool console; /* the program's streams are those of this process, Ctrl-C is passed on */
    /* A line of debug output; NULL: there will be none. False ends the connection. */
    bool (*debug)(void *context, const char *json, size_t bytes);
    /* Text of records, like debug. */
    bool (*report)(void *context, const char *text, size_t bytes);
    void *context;
    bool interrupted; /* out: by Ctrl-C */
};

/*
 * Takes "--machine DIR" from the front of the arguments (argv[1]...): how many words it took, or -1
 * when DIR is missing.
 */
int attach_take_machine(int argc, char **argv, const char **machine);
/* Tells that no folder is named anywhere (place_open gave -EDESTADDRREQ). */
void attach_say_which_folder(void);
/* Connects. EXIT_FINE, or the exit status after a message that says how to boot a machine. */
int attach_open(struct attach *attach, const char *machine);
/*
 * Sends the request and serves its answer to the end; *end is the last frame, an object, to be
 * freed; NULL when the machine's keeper died. EXIT_FINE, or the exit status after a message.
 */
int attach_run(struct attach *attach, json_t *request, json_t **end);
void attach_close(struct attach *attach);
