/*
 * drydock cc: sources to a driver, by clang and lld with the options that this tree's own drivers are built with
 * (driver.flags in the build folder). A convenience: any other way to make the .sys does as well.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/build_folder.h"
#include "cli/cli.h"

#define CC_COMPILER "clang-19"
#define CC_LINKER "lld-link-19"
#define CC_ARGUMENTS 512

struct cc {
    char build[PATH_MAX];
    char output[PATH_MAX];
    char objects[PATH_MAX]; /* a folder for them */
    int kmdf;               /* minor version; -1: a WDM driver */
    bool release;
    char **sources, **more; /* more: options for the compiler */
    int source_count, more_count;
    char *flags; /* lines of driver.flags, each ended by NUL */
    size_t flags_bytes;
    char *argument[CC_ARGUMENTS];
    int count;
};

/* ---- a command ---- */

static void add(struct cc *cc, const char *argument)
{
    if (cc->count < CC_ARGUMENTS - 1)
        cc->argument[cc->count++] = strdup(argument);
}

__attribute__((format(printf, 2, 3))) static void add_format(struct cc *cc, const char *format, ...)
{
    char text[PATH_MAX + 64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    add(cc, text);
}

static int finish_command(struct cc *cc)
{
    pid_t child;
    int error, status = 0;

    cc->argument[cc->count] = NULL;
    error = posix_spawnp(&child, cc->argument[0], NULL, NULL, cc->argument, environ);
    if (error != 0)
        cli_message("%s: %s; tools/deps.sh installs it", cc->argument[0], strerror(error));
    while (error == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    while (cc->count > 0)
        free(cc->argument[--cc->count]);
    return error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_FINE : EXIT_NOT_LOADED;
}

/* ---- compile, link ---- */

static bool is_cplusplus(const char *source)
{
    const char *dot = strrchr(source, '.');

    return dot != NULL && (strcmp(dot, ".cpp") == 0 || strcmp(dot, ".cc") == 0 || strcmp(dot, ".cxx") == 0);
}

static int compile(struct cc *cc, int index)
{
    const char *source = cc->sources[index];
    bool cplusplus = is_cplusplus(source);

    add(cc, CC_COMPILER);
    for (const char *flag = cc->flags; flag < cc->flags + cc->flags_bytes; flag += strlen(flag) + 1)
        if (!(cplusplus && strncmp(flag, "-std=", 5) == 0) && !(cc->release && strncmp(flag, "-DDBG=", 6) == 0))
            add(cc, flag);
    if (!cc->release)
        add(cc, "-fno-optimize-sibling-calls"); /* who calls last is in the backtrace too */
    if (cplusplus) {
        add(cc, "-std=gnu++20");
        add(cc, "-fno-rtti");
        add(cc, "-fno-threadsafe-statics");
    }
    if (cc->kmdf >= 0) {
        add(cc, "-DKMDF_VERSION_MAJOR=1");
        add_format(cc, "-DKMDF_VERSION_MINOR=%d", cc->kmdf);
    }
    for (int i = 0; i < cc->more_count; i++)
        add(cc, cc->more[i]);
    add(cc, "-c");
    add(cc, source);
    add(cc, "-o");
    add_format(cc, "%s/%d.o", cc->objects, index);
    return finish_command(cc);
}

static int link_driver(struct cc *cc)
{
    static const char *const libraries[] = {"aux_klib", "bufferoverflowk", "wdmsec", "wmilib", "usbd"};
    size_t length = strlen(cc->output);
    size_t stem = length > 4 && strcmp(cc->output + length - 4, ".sys") == 0 ? length - 4 : length;

    add(cc, CC_LINKER);
    add_format(cc, "/out:%s", cc->output);
    add_format(cc, "/pdb:%.*s.pdb", (int)stem, cc->output);
    add_format(cc, "/entry:%s", cc->kmdf >= 0 ? "FxDriverEntry" : "DriverEntry");
    for (const char *const *option = (const char *const[]){"/machine:x64", "/driver", "/subsystem:native",
                                                            "/nodefaultlib", "/debug", "/base:0x140000000",
                                                            "/merge:.CRT=.rdata", "/section:INIT,ERD", NULL};
         *option != NULL; option++)
        add(cc, *option);
    for (int i = 0; i < cc->source_count; i++)
        add_format(cc, "%s/%d.o", cc->objects, i);
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
        add_format(cc, "%s/lib/%s.lib", cc->build, libraries[i]);
    if (cc->kmdf >= 0) {
        add_format(cc, "%s/lib/kmdf/1.%d/wdfdriverentry.lib", cc->build, cc->kmdf);
        add_format(cc, "%s/lib/wdfldr.lib", cc->build);
    }
    add_format(cc, "%s/lib/hal.lib", cc->build);
    add_format(cc, "%s/lib/ntoskrnl.lib", cc->build);
    return finish_command(cc);
}

/* ---- the verb ---- */

static bool read_flags(struct cc *cc)
{
    char path[PATH_MAX + 16];
    FILE *file;

    if (!build_folder_find(cc->build, sizeof(cc->build)))
        return false;
    snprintf(path, sizeof(path), "%s/driver.flags", cc->build);
    file = fopen(path, "r");
    if (file == NULL) {
        cli_message("%s: %s", path, strerror(errno));
        return false;
    }
    cc->flags = calloc(1, 65536);
    cc->flags_bytes = cc->flags == NULL ? 0 : fread(cc->flags, 1, 65535, file);
    fclose(file);
    for (size_t i = 0; i < cc->flags_bytes; i++)
        if (cc->flags[i] == '\n')
            cc->flags[i] = '\0';
    return cc->flags != NULL;
}

static void name_output(struct cc *cc)
{
    const char *source = cc->sources[0], *slash = strrchr(source, '/');
    const char *name = slash == NULL ? source : slash + 1, *dot = strrchr(name, '.');

    if (cc->output[0] == '\0')
        snprintf(cc->output, sizeof(cc->output), "%.*s.sys", (int)(dot == NULL ? strlen(name) : (size_t)(dot - name)),
                 name);
}

static int check_source(const char *source)
{
    struct stat stat_of_source;

    if (stat(source, &stat_of_source) == 0 && !S_ISDIR(stat_of_source.st_mode))
        return EXIT_FINE;
    cli_message("%s: %s", source, strerror(stat(source, &stat_of_source) == 0 ? EISDIR : errno));
    return EXIT_NOT_LOADED;
}

static int build(struct cc *cc)
{
    int status = EXIT_FINE;

    snprintf(cc->objects, sizeof(cc->objects), "%s/drydock-cc-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(cc->objects) == NULL) {
        cli_message("%s: %s", cc->objects, strerror(errno));
        return EXIT_USAGE;
    }
    for (int i = 0; i < cc->source_count && status == EXIT_FINE; i++)
        status = check_source(cc->sources[i]);
    for (int i = 0; i < cc->source_count && status == EXIT_FINE; i++)
        status = compile(cc, i);
    if (status == EXIT_FINE)
        status = link_driver(cc);
    for (int i = 0; i < cc->source_count; i++) {
        char object[PATH_MAX + 16];

        snprintf(object, sizeof(object), "%s/%d.o", cc->objects, i);
        unlink(object);
    }
    rmdir(cc->objects);
    return status;
}

static int take_option(struct cc *cc, int option, const char *word)
{
    unsigned long long minor;

    switch (option) {
    case 'o': snprintf(cc->output, sizeof(cc->output), "%s", optarg); return EXIT_FINE;
    case 'r': cc->release = true; return EXIT_FINE;
    case 'k':
        if (strncmp(optarg, "1.", 2) != 0 || !cli_parse_number(optarg + 2, 9, 33, &minor))
            return cli_usage_error(&cli_verb_cc, "--kmdf takes a version from 1.9 to 1.33, not '%s'", optarg);
        cc->kmdf = (int)minor;
        return EXIT_FINE;
    case ':': return cli_usage_error(&cli_verb_cc, "option '%s' needs a value", word);
    default:
        return cli_usage_error(&cli_verb_cc, "cc has no option '%s'; the compiler's come after \"--\"", word);
    }
}

/* Options and sources in any order, up to the "--" that the compiler's own options follow. */
static int parse(struct cc *cc, int argc, char **argv)
{
    static const struct option options[] = {
        {"kmdf", required_argument, NULL, 'k'}, {"release", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
    int own = 1, option, status = EXIT_FINE;

    while (own < argc && strcmp(argv[own], "--") != 0)
        own++;
    cc->more = argv + own + 1;
    cc->more_count = argc - own - 1;
    optind = 0;
    while (status == EXIT_FINE && (option = getopt_long(own, argv, ":o:", options, NULL)) != -1)
        status = take_option(cc, option, argv[optind - 1]);
    cc->sources = argv + optind;
    cc->source_count = own - optind;
    if (status == EXIT_FINE && cc->source_count == 0)
        return cli_usage_error(&cli_verb_cc, "which source? (drydock cc A.c)");
    if (status == EXIT_FINE && cc->source_count + cc->more_count > CC_ARGUMENTS / 2)
        return cli_usage_error(&cli_verb_cc, "more than %d sources and options", CC_ARGUMENTS / 2);
    return status;
}

static int run_cc(int argc, char **argv)
{
    struct cc cc = {.kmdf = -1};
    int status = parse(&cc, argc, argv);

    if (status != EXIT_FINE)
        return status;
    if (!read_flags(&cc))
        return EXIT_USAGE;
    name_output(&cc);
    status = build(&cc);
    free(cc.flags);
    return status;
}

const struct cli_verb cli_verb_cc = {
    .name = "cc",
    .summary = "build a driver from C or C++ sources",
    .help = "usage: drydock cc [options] A.c [B.c ...] [-- compiler options]\n\n"
            "Compiles the sources with " CC_COMPILER " against the driver headers, and links them with " CC_LINKER "\n"
            "to a driver and its PDB, as a checked build of Microsoft's kit would be.\n\n"
            "  -o FILE      the driver (the first source's name, .sys, in this folder)\n"
            "  --kmdf 1.N   for the framework: version 1.9 to 1.33 (none: a WDM driver)\n"
            "  --release    without DBG: KdPrint and asserts are left out\n\n"
            "exit status: 0 fine, 1 usage, 2 the compiler or the linker found errors\n",
    .run = run_cc,
};
