/* The verbs that are programs of the machine. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* The program behind a verb that is a tool of Windows ("sc"), or NULL when there is none. */
const char *exec_find_tool(const char *name);
#define EXEC_TOOL_LIMIT 24
/* The tools that are there, at most EXEC_TOOL_LIMIT, ended by NULL. */
void exec_tool_names(const char **names);
void exec_list_tools(FILE *out); /* lines of drydock help */
void exec_describe_tool(const char *name);
/* Runs it; argv[0] is the verb. The exit status. */
int exec_tool(const char *program, int argc, char **argv);
/* A path of the machine: "C:\x\y.exe". */
bool exec_is_machine_path(const char *word);
