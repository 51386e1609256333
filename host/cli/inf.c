/*
 * See inf.h. INF files are read by the parser of user/setupapi, as infverify reads them: models of
 * each manufacturer, AddService, ServiceBinary. [doc] INF Manufacturer Section, INF AddService
 * Directive. Left out: which decoration is this system's; any of them counts.
 */
#include "cli/inf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/tools/infverify/verify.h"

#define INF_LIMIT (1u << 20) /* a larger one is none that comes with a driver */

/* ---- reading ---- */

static unsigned char *read_bytes(const char *path, unsigned *bytes)
{
    FILE *file = fopen(path, "rb");
    unsigned char *text = file != NULL ? malloc(INF_LIMIT) : NULL;

    *bytes = text != NULL ? (unsigned)fread(text, 1, INF_LIMIT, file) : 0;
    if (file != NULL)
        fclose(file);
    return text;
}

static bool inf_open(VERIFY *inf, const char *path)
{
    unsigned bytes;
    unsigned char *raw = read_bytes(path, &bytes);
    INF_CHAR *text = raw != NULL ? malloc(((size_t)bytes + 1) * sizeof(*text)) : NULL;
    bool fine = false;

    memset(inf, 0, sizeof(*inf));
    if (text != NULL)
        fine = InfParse(&inf->File, text, InfDecode(raw, bytes, text)) == INF_FINE;
    free(text);
    free(raw);
    return fine;
}

/* %12%\\x.sys: x.sys */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '\\');

    return slash != NULL ? slash + 1 : path;
}

/* "name" and "name.NT...": a section with or without its platform. */
static bool is_decorated(const char *section, const char *name)
{
    size_t bytes = strlen(name);

    return VerifyStarts(section, name) &&
           (section[bytes] == '\0' || VerifyStarts(section + bytes, ".nt"));
}

/* ---- from the driver to its IDs ---- */

/* A line of .Services adds a service of the file, which is the device's (flag 2). */
static bool adds_service(const VERIFY *inf, int line, const char *file_name)
{
    char text[VERIFY_TEXT];
    unsigned flags;

    return VerifyField(inf, line, 2, text) && VerifyParse(text, &flags) && (flags & 2) != 0 &&
           VerifyField(inf, line, 3, text) &&
           VerifyEntry(inf, VerifySection(inf, "%s", text), "ServiceBinary", text) &&
           VerifySame(name_of(text), file_name);
}

static bool installs(const VERIFY *inf, const char *install, const char *file_name)
{
    char name[VERIFY_TEXT];

    for (unsigned i = 0; i < inf->File.SectionCount; i++) {
        VerifySectionName(inf, (int)i, name);
        if (!VerifyEnds(name, ".Services"))
            continue;
        name[strlen(name) - strlen(".Services")] = '\0';
        if (!is_decorated(name, install))
            continue;
        for (int line = VerifyLine(inf, (int)i, INF_NONE, "AddService"); line != INF_NONE;
             line = VerifyLine(inf, (int)i, line, "AddService"))
            if (adds_service(inf, line, file_name))
                return true;
    }
    return false;
}

static bool is_listed(const char *ids, const char *id)
{
    size_t bytes = strlen(id);

    for (; *ids != '\0'; ids += strcspn(ids, ","), ids += *ids == ',')
        if (strcspn(ids, ",") == bytes && VerifyStarts(ids, id))
            return true;
    return false;
}

static void add_id(char *ids, size_t limit, const char *id)
{
    size_t used = strlen(ids);

    if (id[0] != '\0' && !is_listed(ids, id) && used + strlen(id) + 2 < limit)
        snprintf(ids + used, limit - used, "%s%s", used != 0 ? "," : "", id);
}

static void add_models(const VERIFY *inf, int section, const char *file_name, char *ids,
                       size_t limit)
{
    char text[VERIFY_TEXT];

    for (int line = VerifyLine(inf, section, INF_NONE, NULL); line != INF_NONE;
         line = VerifyLine(inf, section, line, NULL)) {
        if (!VerifyField(inf, line, 1, text) || !installs(inf, text, file_name))
            continue;
        for (unsigned field = 2; VerifyField(inf, line, field, text); field++)
            add_id(ids, limit, text);
    }
}

static void search_inf(const char *path, const char *file_name, char *ids, size_t limit)
{
    char models[VERIFY_TEXT], name[VERIFY_TEXT];
    VERIFY inf;

    if (!inf_open(&inf, path))
        return;
    for (int section = VerifySection(&inf, "Manufacturer"),
             line = VerifyLine(&inf, section, INF_NONE, NULL);
         line != INF_NONE; line = VerifyLine(&inf, section, line, NULL)) {
        VerifyField(&inf, line, 1, models);
        for (unsigned i = 0; i < inf.File.SectionCount && models[0] != '\0'; i++) {
            VerifySectionName(&inf, (int)i, name);
            if (is_decorated(name, models))
                add_models(&inf, (int)i, file_name, ids, limit);
        }
    }
    VerifyFree(&inf);
}

static int is_inf(const struct dirent *entry)
{
    return VerifyEnds(entry->d_name, ".inf");
}

void inf_find_hardware_ids(const char *driver_path, char *ids, size_t limit)
{
    const char *slash = strrchr(driver_path, '/');
    const char *file_name = slash != NULL ? slash + 1 : driver_path;
    int folder_bytes = (int)(file_name - driver_path), count;
    char folder[4096], path[4400];
    struct dirent **entries;

    ids[0] = '\0';
    snprintf(folder, sizeof(folder), "%.*s.", folder_bytes, driver_path);
    count = scandir(folder, &entries, is_inf, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%.*s%s", folder_bytes, driver_path, entries[i]->d_name);
        search_inf(path, file_name, ids, limit);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
