/*
 * drydock infverify: the checks of user/tools/infverify on files here, without a machine. Files of
 * a machine (C:\...) are checked there, by its own infverify.exe.
 */
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/tools/infverify/verify.h"
#include "cli/cli.h"
#include "cli/exec.h"

static const char infverify_help[] =
    "usage: drydock infverify [--json] [/h | /w | /u | /k] [/v] [/info] [/stampinf]\n"
    "                         [/osver NTamd64.10.0] [/provider NAME] FILE.inf...\n"
    "       drydock infverify /code NUMBER\n"
    "       drydock infverify [--machine DIR] C:\\path\\file.inf...\n\n"
    "Checks INF files as the WDK's InfVerif does: each error and warning with its file, line and\n"
    "number. /h asks for what a WHQL signature needs, /w for a Windows driver, /u for a universal\n"
    "one, /k for a declarative one; without a mode only what breaks an installation is an error.\n"
    "/code tells what a number means. Files with a drive letter are those of the machine that\n"
    "drydock boot has started.\n\n"
    "  --json    one object a line: "
    "{\"type\":\"inf\",\"level\",\"code\",\"line\",\"file\",\"text\"}\n\n"
    "exit status: 0 all are valid, 1 one is not, 87 wrong arguments\n";

static unsigned char *read_bytes(const char *path, unsigned *count)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = file != NULL ? malloc(INF_BYTES_LIMIT + 1) : NULL;

    *count = 0;
    if (bytes != NULL)
        *count = (unsigned)fread(bytes, 1, INF_BYTES_LIMIT + 1, file); /* one more is too large */
    if (file != NULL && ferror(file)) { /* a folder */
        free(bytes);
        bytes = NULL;
    }
    if (file != NULL)
        fclose(file);
    return bytes;
}

static void expand(const char *pattern, void (*each)(void *context, const char *path),
                   void *context)
{
    glob_t found;

    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            each(context, found.gl_pathv[i]);
    globfree(&found);
}

static void write_text(const char *text)
{
    fputs(text, stdout);
}

static int cli_infverify(int argc, char **argv)
{
    static const VERIFY_HOST host = {read_bytes, expand, write_text, true};

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--machine") == 0 || strncmp(argv[i], "--machine=", 10) == 0 ||
            exec_is_machine_path(argv[i]))
            return exec_tool("infverify", argc, argv);
    return VerifyMain(argc, argv, &host);
}

const struct cli_verb cli_verb_infverify = {
    .name = "infverify",
    .summary = "check INF files (the WDK's infverif)",
    .help = infverify_help,
    .run = cli_infverify,
};
