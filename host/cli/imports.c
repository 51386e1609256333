/*
 * drydock imports: what an image wants from the system and how much of it there is. For the kernel
 * the ledger answers; for other modules the image beside this program that has the name.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/build_folder.h"
#include "cli/cli.h"
#include "cli/image.h"
#include "cli/ledger.h"
#include "cli/suggest.h"

enum import_state {
    IMPORT_ABSENT,
    IMPORT_PARTIAL,
    IMPORT_DONE,
    IMPORT_EXPORTED,
    IMPORT_STATE_COUNT
};
static const char *const state_names[] = {"absent", "partial", "done", "exported"};

struct import_walk {
    struct image image;
    struct image provider; /* of the module at hand; bytes NULL: none, or the kernel */
    bool is_kernel;
    bool json;
    unsigned count[IMPORT_STATE_COUNT];
    json_t *list;
};

static const char imports_help[] =
    "usage: drydock imports [--json] IMAGE\n\n"
    "Lists each routine and variable that the image imports: done, partial (and what is missing),\n"
    "absent, or exported (by an image of Drydock's other than the kernel).\n\n"
    "exit status: 0 nothing is absent, 2 something is, or the file is no x64 image\n";

static bool find_provider(struct import_walk *walk, const char *module)
{
    static const char *const folders[] = {"system32", "inbox", "drivers"};
    char path[PATH_MAX], build[PATH_MAX - 300], why[IMAGE_WHY_LIMIT];

    if (strchr(module, '/') != NULL || strlen(module) > 255 ||
        !build_folder_find(build, sizeof(build)))
        return false;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s/%s", build, folders[i], module);
        for (char *c = path + strlen(path) - strlen(module); *c != '\0'; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        if (access(path, R_OK) == 0 && image_open(&walk->provider, path, IMAGE_ANY, why))
            return true;
    }
    return false;
}

/* Names come from the file: shown without control characters. */
static void copy_name(char *to, size_t limit, const char *from)
{
    snprintf(to, limit, "%s", from);
    for (; *to != '\0'; to++)
        *to = (unsigned char)*to < 0x20 || (unsigned char)*to > 0x7E ? '?' : *to;
}

static void open_module(struct import_walk *walk, const char *module)
{
    char name[PE_NAME_LIMIT];

    walk->is_kernel = strcasecmp(module, "ntoskrnl.exe") == 0 || strcasecmp(module, "hal.dll") == 0;
    walk->provider.bytes = NULL;
    if (!walk->is_kernel)
        find_provider(walk, module);
    copy_name(name, sizeof(name), module);
    if (!walk->json)
        printf("%s%s\n", name,
               walk->is_kernel || walk->provider.bytes != NULL ? ""
                                                               : "  (there is no such module)");
}

static void close_module(struct import_walk *walk)
{
    if (walk->provider.bytes != NULL)
        image_close(&walk->provider);
}

static enum import_state state_of(struct import_walk *walk, const PE_IMPORT *import,
                                  const char **missing)
{
    static const enum import_state of_ledger[] = {[LEDGER_ABSENT] = IMPORT_ABSENT,
                                                  [LEDGER_PARTIAL] = IMPORT_PARTIAL,
                                                  [LEDGER_DONE] = IMPORT_DONE};
    PE_EXPORT export = {0};
    PE_STATUS status;

    *missing = "";
    if (walk->is_kernel) {
        const struct ledger_row *row = import->Name != NULL ? ledger_find(import->Name) : NULL;
        if (row == NULL)
            return IMPORT_ABSENT;
        *missing = row->missing;
        return of_ledger[row->state];
    }
    if (walk->provider.bytes == NULL)
        return IMPORT_ABSENT;
    status = import->Name != NULL
                 ? PeFindExport(&walk->provider.pe, import->Name, &export)
                 : PeFindExportByOrdinal(&walk->provider.pe, import->Ordinal, &export);
    return status == PE_OK ? IMPORT_EXPORTED : IMPORT_ABSENT;
}

static void show_import(struct import_walk *walk, const char *module, const PE_IMPORT *import)
{
    char name[PE_NAME_LIMIT], module_name[PE_NAME_LIMIT];
    const char *missing;
    enum import_state state = state_of(walk, import, &missing);

    walk->count[state]++;
    copy_name(module_name, sizeof(module_name), module);
    if (import->Name != NULL)
        copy_name(name, sizeof(name), import->Name);
    else
        snprintf(name, sizeof(name), "#%u", import->Ordinal);
    if (walk->json)
        json_array_append_new(walk->list,
                              json_pack("{s:s, s:s, s:s, s:s}", "module", module_name, "name", name,
                                        "state", state_names[state], "missing", missing));
    else if (missing[0] != '\0')
        printf("  %-9s%s  (missing: %s)\n", state_names[state], name, missing);
    else
        printf("  %-9s%s\n", state_names[state], name);
}

static PE_STATUS walk_module(struct import_walk *walk, const PE_IMPORT_MODULE *module)
{
    PE_IMPORT import = {0};
    PE_STATUS status;

    open_module(walk, module->Name);
    while ((status = PeNextImport(&walk->image.pe, module, &import)) == PE_OK)
        show_import(walk, module->Name, &import);
    close_module(walk);
    return status;
}

static int walk_image(struct import_walk *walk, const char *path)
{
    PE_IMPORT_MODULE module = {0};
    PE_STATUS status;

    while ((status = PeNextImportModule(&walk->image.pe, &module)) == PE_OK &&
           walk_module(walk, &module) == PE_END)
        ;
    if (status != PE_END) {
        cli_message("%s: damaged import table", path);
        return EXIT_NOT_LOADED;
    }
    return walk->count[IMPORT_ABSENT] != 0 ? EXIT_NOT_LOADED : EXIT_FINE;
}

static void print_total(struct import_walk *walk, const char *path)
{
    if (walk->json) {
        json_t *object =
            json_pack("{s:o, s:i, s:i, s:i, s:i}", "imports", walk->list, "done",
                      walk->count[IMPORT_DONE], "partial", walk->count[IMPORT_PARTIAL], "absent",
                      walk->count[IMPORT_ABSENT], "exported", walk->count[IMPORT_EXPORTED]);
        json_dumpf(object, stdout, JSON_INDENT(2));
        fputc('\n', stdout);
        json_decref(object);
        return;
    }
    printf("%s: %u done, %u partial, %u absent", path, walk->count[IMPORT_DONE],
           walk->count[IMPORT_PARTIAL], walk->count[IMPORT_ABSENT]);
    if (walk->count[IMPORT_EXPORTED] != 0)
        printf(", %u exported by other images", walk->count[IMPORT_EXPORTED]);
    printf("\n");
}

static int list_imports(const char *path, bool json)
{
    struct import_walk walk = {.json = json};
    char why[IMAGE_WHY_LIMIT];
    int status;

    if (!image_open(&walk.image, path, IMAGE_ANY, why)) {
        cli_message("%s: %s", path, why);
        return EXIT_NOT_LOADED;
    }
    walk.list = json ? json_array() : NULL;
    status = walk_image(&walk, path);
    print_total(&walk, path);
    image_close(&walk.image);
    return status;
}

static int run_imports(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    bool json = false;
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option != 'j')
            return suggest_option(&cli_verb_imports, argv[optind - 1], options);
        json = true;
    }
    if (optind + 1 != argc)
        return cli_usage_error(&cli_verb_imports, "imports takes one image");
    return list_imports(argv[optind], json);
}

const struct cli_verb cli_verb_imports = {
    .name = "imports",
    .summary = "list what an image imports, and what of it is there",
    .help = imports_help,
    .run = run_imports,
};
