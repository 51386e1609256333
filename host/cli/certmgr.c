/*
 * drydock certmgr: has a machine trust a certificate, or not allow it, in the words of the SDK's
 * certmgr. Each certificate is a file in the machine's folder, named by its thumbprint.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "daemon/place.h"
#include "sign/test_key.h"

static const char certmgr_help[] =
    "usage: drydock certmgr /add FILE [/s] [/r localMachine] [STORE] [--machine DIR]\n\n"
    "Has the machine trust a certificate (DER or PEM), in STORE: root or TrustedPublisher, for "
    "tests (a\n"
    "driver that it signed loads with test signing on); or production, in place of Microsoft's "
    "roots (its\n"
    "drivers always load); or disallowed: what it, or a certificate that it issued, has signed "
    "does not load.\n"
    "FILE test: your own test certificate (drydock help signtool). The files are in\n"
    "DIR/certificates/{test,production,disallowed}; deleting one takes its entry back.\n\n"
    "exit status: 0 it is added, 1 it is not\n";

#define CERTIFICATE_LIMIT 65536u

struct wishes {
    const char *machine, *file, *folder;
};

static bool is_option(const char *word, const char *name)
{
    return (word[0] == '/' || word[0] == '-') && strcasecmp(word + 1, name) == 0;
}

static int parse(struct wishes *wishes, int argc, char **argv)
{
    wishes->folder = "test";
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;

        if (is_option(argv[i], "add") && more)
            wishes->file = argv[++i];
        else if (is_option(argv[i], "r") && more)
            i++;
        else if (strcmp(argv[i], "--machine") == 0 && more)
            wishes->machine = argv[++i];
        else if (strcasecmp(argv[i], "production") == 0)
            wishes->folder = "production";
        else if (strcasecmp(argv[i], "disallowed") == 0)
            wishes->folder = "disallowed";
        else if (!is_option(argv[i], "s") && strcasecmp(argv[i], "root") != 0 &&
                 strcasecmp(argv[i], "trustedpublisher") != 0)
            return cli_usage_error(&cli_verb_certmgr, "certmgr does not take '%s'", argv[i]);
    }
    if (wishes->file == NULL)
        return cli_usage_error(&cli_verb_certmgr, "which certificate? (drydock certmgr /add FILE)");
    return EXIT_FINE;
}

/* The file's certificate, and the name that it gets. */
static int read_certificate(const char *path, uint8_t data[CERTIFICATE_LIMIT], size_t *bytes,
                            char thumbprint[41])
{
    FILE *file = fopen(path, "rbe");

    *bytes = file != NULL ? fread(data, 1, CERTIFICATE_LIMIT, file) : 0;
    if (file == NULL) {
        cli_message("%s: %s", path, strerror(errno));
        return EXIT_USAGE;
    }
    fclose(file);
    if (*bytes != 0 && *bytes < CERTIFICATE_LIMIT && sign_thumbprint(data, *bytes, thumbprint))
        return EXIT_FINE;
    cli_message("%s: not a certificate, in DER or PEM", path);
    return EXIT_USAGE;
}

static int write_certificate(const struct place *place, const char *folder, const char *thumbprint,
                             const uint8_t *data,
                             size_t bytes)
{
    char path[PATH_MAX + 96];
    FILE *file;
    bool good;

    snprintf(path, sizeof(path), "%s/certificates", place->path);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/certificates/%s", place->path, folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/certificates/%s/%s.cer", place->path, folder, thumbprint);
    file = fopen(path, "wbe");
    good = file != NULL && fwrite(data, 1, bytes, file) == bytes;
    good = file != NULL && fclose(file) == 0 && good;
    if (good) {
        printf("CertMgr Succeeded\n");
        return EXIT_FINE;
    }
    cli_message("%s: %s", path, strerror(errno));
    return EXIT_USAGE;
}

static int cli_certmgr(int argc, char **argv)
{
    static uint8_t data[CERTIFICATE_LIMIT];
    struct wishes wishes = {0};
    struct sign_test_key key;
    struct place place;
    char thumbprint[41];
    size_t bytes;
    int error, status = parse(&wishes, argc, argv);

    if (status != EXIT_FINE)
        return status;
    if (strcmp(wishes.file, "test") == 0) {
        error = sign_test_key_find(&key);
        if (error != 0) {
            cli_message("no test certificate can be made: %s", strerror(-error));
            return EXIT_USAGE;
        }
        wishes.file = key.certificate;
    }
    status = read_certificate(wishes.file, data, &bytes, thumbprint);
    if (status != EXIT_FINE)
        return status;
    error = place_open(&place, wishes.machine, true);
    if (error != 0) {
        cli_message("%s: %s", place.path, strerror(-error));
        return EXIT_USAGE;
    }
    status = write_certificate(&place, wishes.folder, thumbprint, data, bytes);
    place_close(&place);
    return status;
}

const struct cli_verb cli_verb_certmgr = {
    .name = "certmgr",
    .summary = "have a machine trust a certificate",
    .help = certmgr_help,
    .run = cli_certmgr,
};
