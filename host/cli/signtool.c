/*
 * drydock signtool: signs files, and says of images how they are signed, in the words of the SDK's
 * signtool. Signing is osslsigncode's work; verifying is host/sign's, as a machine does it. Without
 * a certificate of one's own the user's test certificate signs.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/build_folder.h"
#include "cli/cli.h"
#include "daemon/place.h"
#include "sign/sign.h"
#include "sign/test_key.h"

static const char signtool_help[] =
    "usage: drydock signtool sign [/f CERT.pfx [/p PASSWORD]] [/fd DIGEST] [/d TEXT] [/du URL] "
    "[/as]\n"
    "                             [/t URL | /tr URL [/td DIGEST]] [/v] FILE...\n"
    "       drydock signtool verify [/pa | /kp] [/v] [--machine DIR] FILE...\n\n"
    "sign puts an Authenticode signature into each file (.sys, .exe, .dll, .cat, .msi). Without /f "
    "it is\n"
    "by a test certificate of yours, which is made at its first use: drydock/test-signing.pem and "
    ".key\n"
    "in $XDG_DATA_HOME or ~/.local/share. Needs osslsigncode.\n\n"
    "  /f FILE   the certificate and its key (PKCS #12)     /p WORD   its password\n"
    "  /fd NAME  digest of the file: SHA1, SHA256, SHA384, SHA512 (SHA256)\n"
    "  /d TEXT   a description, /du URL: where there is more   /as  add to the signatures there "
    "are\n"
    "  /t URL    a time stamp's server, /tr URL: one of RFC 3161 (/td: its digest, taken as "
    "/fd's)\n\n"
    "verify says whether each image is signed. /kp: as a driver for production, by what the "
    "machine\n"
    "(--machine DIR, else the default one) trusts; /pa: by any certificate.\n\n"
    "exit status: 0 all is well, 1 something failed\n";

#define FILE_LIMIT 256
#define WORD_LIMIT 40

struct wishes {
    const char *pfx, *password, *digest, *description, *url, *stamp, *stamp_rfc;
    const char *machine;
    bool append, kernel_policy, any, verbose;
    unsigned file_count;
    const char *file[FILE_LIMIT];
};

/* ---- words ---- */

/* The word is this option, after / or -; a path may begin with / too. */
static bool is_option(const char *word, const char *name)
{
    return (word[0] == '/' || word[0] == '-') && strcasecmp(word + 1, name) == 0;
}

static bool take_value(struct wishes *wishes, const char *word, const char *value)
{
    const struct {
        const char *name;
        const char **to;
    } row[] = {{"f", &wishes->pfx},
               {"p", &wishes->password},
               {"fd", &wishes->digest},
               {"d", &wishes->description},
               {"du", &wishes->url},
               {"t", &wishes->stamp},
               {"tr", &wishes->stamp_rfc},
               {"-machine", &wishes->machine},
               {"td", NULL}};

    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        if (is_option(word, row[i].name)) {
            if (row[i].to != NULL)
                *row[i].to = value;
            return true;
        }
    return false;
}

static bool take_switch(struct wishes *wishes, const char *word)
{
    const struct {
        const char *name;
        bool *to;
    } row[] = {{"as", &wishes->append},
               {"kp", &wishes->kernel_policy},
               {"pa", &wishes->any},
               {"v", &wishes->verbose}};

    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        if (is_option(word, row[i].name))
            return *row[i].to = true;
    return false;
}

static int fail(const char *format, const char *detail)
{
    fflush(stdout);
    fputs("SignTool Error: ", stderr);
    fprintf(stderr, format, detail);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int parse(struct wishes *wishes, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (take_switch(wishes, argv[i]))
            continue;
        if (i + 1 < argc && take_value(wishes, argv[i], argv[i + 1])) {
            i++;
            continue;
        }
        if (argv[i][0] == '-' ||
            (argv[i][0] == '/' && access(argv[i], F_OK) != 0 && strchr(argv[i] + 1, '/') == NULL))
            return fail("Invalid option: %s", argv[i]);
        if (wishes->file_count == FILE_LIMIT)
            return fail("%s", "Too many files.");
        wishes->file[wishes->file_count++] = argv[i];
    }
    return wishes->file_count != 0 ? EXIT_FINE : fail("%s", "Missing filename.");
}

/* ---- sign ---- */

static int run_quietly(char *const *words, bool verbose)
{
    posix_spawn_file_actions_t actions;
    int error, status = 0;
    pid_t child;

    posix_spawn_file_actions_init(&actions);
    if (!verbose)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    error = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return -error;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_USAGE;
}

static void add_pair(const char **words, unsigned *count, const char *name, const char *value)
{
    if (value == NULL)
        return;
    words[(*count)++] = name;
    words[(*count)++] = value;
}

static int sign_one(const struct wishes *wishes, const struct sign_test_key *key, const char *file)
{
    const char *words[WORD_LIMIT] = {"osslsigncode", "sign"};
    char digest[16], to[PATH_MAX];
    unsigned count = 2;
    int status;

    snprintf(digest, sizeof(digest), "%s", wishes->digest != NULL ? wishes->digest : "sha256");
    for (char *at = digest; *at != '\0'; at++)
        *at |= *at >= 'A' && *at <= 'Z' ? 0x20 : 0;
    if (snprintf(to, sizeof(to), "%s.%d.signed", file, (int)getpid()) >= (int)sizeof(to))
        return fail("File not found: %s", file);
    add_pair(words, &count, "-pkcs12", wishes->pfx);
    add_pair(words, &count, "-pass", wishes->pfx != NULL ? wishes->password : NULL);
    add_pair(words, &count, "-certs", wishes->pfx == NULL ? key->certificate : NULL);
    add_pair(words, &count, "-key", wishes->pfx == NULL ? key->key : NULL);
    add_pair(words, &count, "-h", digest);
    add_pair(words, &count, "-n", wishes->description);
    add_pair(words, &count, "-i", wishes->url);
    add_pair(words, &count, "-t", wishes->stamp);
    add_pair(words, &count, "-ts", wishes->stamp_rfc);
    if (wishes->append)
        words[count++] = "-nest";
    add_pair(words, &count, "-in", file);
    add_pair(words, &count, "-out", to);
    unlink(to);
    status = run_quietly((char *const *)words, wishes->verbose);
    if (status == 0 && rename(to, file) == 0) {
        printf("Successfully signed: %s\n", file);
        return EXIT_FINE;
    }
    unlink(to);
    if (status == -ENOENT)
        return fail("%s", "osslsigncode is not installed.");
    return fail("An error occurred while attempting to sign: %s", file);
}

/* An image, cabinet, installer database, package or catalog by its first bytes. */
static bool is_signable(const char *path)
{
    static const char *const starts[] = {"MZ", "MSCF",     "\xD0\xCF\x11\xE0",
                                         "PK", "\x30\x82", "\x30\x83"};
    char start[4] = "";
    FILE *file = fopen(path, "rbe");
    size_t bytes = file != NULL ? fread(start, 1, sizeof(start), file) : 0;

    if (file != NULL)
        fclose(file);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (bytes >= strlen(starts[i]) && memcmp(start, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static int sign(const struct wishes *wishes)
{
    struct sign_test_key key;
    int error = wishes->pfx == NULL ? sign_test_key_find(&key) : 0, status = EXIT_FINE;

    if (wishes->pfx != NULL && access(wishes->pfx, R_OK) != 0)
        return fail("File not found: %s", wishes->pfx);
    if (error != 0)
        return fail("No test certificate can be made: %s", strerror(-error));
    for (unsigned i = 0; i < wishes->file_count; i++) {
        if (access(wishes->file[i], R_OK | W_OK) != 0)
            status = fail("File not found: %s", wishes->file[i]);
        else if (!is_signable(wishes->file[i])) {
            fail("%s", "This file format cannot be signed because it is not recognized.");
            status = fail("An error occurred while attempting to sign: %s", wishes->file[i]);
        } else if (sign_one(wishes, &key, wishes->file[i]) != EXIT_FINE)
            status = EXIT_USAGE;
    }
    return status;
}

/* ---- verify ---- */

static uint8_t *read_whole(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rbe");
    struct stat stat;
    uint8_t *image = NULL;

    if (file != NULL && fstat(fileno(file), &stat) == 0 && S_ISREG(stat.st_mode) &&
        stat.st_size > 0 &&
        (uint64_t)stat.st_size <= HAL_SIGN_LIMIT) {
        *bytes = (size_t)stat.st_size;
        image = malloc(*bytes);
        if (image != NULL && fread(image, 1, *bytes, file) != *bytes) {
            free(image);
            image = NULL;
        }
    }
    if (file != NULL)
        fclose(file);
    return image;
}

static const char *level_text(uint32_t level)
{
    switch (level) {
    case HAL_SIGN_PRODUCTION: return "production";
    case HAL_SIGN_TEST: return "test, trusted by the machine";
    default: return "test";
    }
}

static int verify_one(struct sign_store *store, const struct wishes *wishes, const char *file)
{
    uint64_t now_100ns = ((uint64_t)time(NULL) + 11644473600ull) * 10000000;
    HAL_SIGN_REQUEST answer = {0};
    size_t bytes = 0;
    uint8_t *image = read_whole(file, &bytes);

    if (image == NULL)
        return fail("File not found: %s", file);
    sign_store_verify(store, image, bytes, now_100ns, &answer);
    free(image);
    if (answer.level == HAL_SIGN_NONE)
        return fail("No signature found: %s", file);
    if (answer.level == HAL_SIGN_BAD)
        return fail("WinVerifyTrust returned error: %s", answer.reason);
    if (wishes->verbose)
        printf("%s: signed by %s (%s), %s\n", file, answer.signer, level_text(answer.level),
               answer.embedded ? "in the file" : "in a catalog");
    if (answer.level != HAL_SIGN_PRODUCTION && wishes->kernel_policy)
        return fail("Signing Cert does not chain to a Microsoft Root Cert: %s", file);
    if (answer.level == HAL_SIGN_UNTRUSTED && !wishes->any)
        return fail("A certificate chain processed, but terminated in a root certificate which is "
                    "not trusted by the trust "
                    "provider: %s",
                    file);
    printf("Successfully verified: %s\n", file);
    return EXIT_FINE;
}

static int verify(const struct wishes *wishes)
{
    struct sign_store *store;
    char build[PATH_MAX];
    struct place place;
    bool has_place = place_open(&place, wishes->machine, false) == 0;
    unsigned errors = 0;

    store = sign_store_open(has_place ? place.path : NULL,
                            build_folder_find(build, sizeof(build)) ? build : NULL);
    for (unsigned i = 0; i < wishes->file_count; i++)
        errors += store == NULL || verify_one(store, wishes, wishes->file[i]) != EXIT_FINE;
    if (errors != 0 || wishes->verbose)
        printf("\nNumber of files successfully Verified: %u\nNumber of warnings: 0\nNumber of "
               "errors: %u\n",
               wishes->file_count - errors, errors);
    sign_store_close(store);
    if (has_place)
        place_close(&place);
    return errors == 0 ? EXIT_FINE : EXIT_USAGE;
}

static int cli_signtool(int argc, char **argv)
{
    struct wishes wishes = {0};
    bool signs = argc > 1 && strcasecmp(argv[1], "sign") == 0;

    if (!signs && (argc < 2 || strcasecmp(argv[1], "verify") != 0))
        return cli_usage_error(&cli_verb_signtool, "signtool is followed by sign or verify");
    if (parse(&wishes, argc, argv) != EXIT_FINE)
        return EXIT_USAGE;
    return signs ? sign(&wishes) : verify(&wishes);
}

const struct cli_verb cli_verb_signtool = {
    .name = "signtool",
    .summary = "sign drivers, by a test certificate that it makes; verify signatures",
    .help = signtool_help,
    .run = cli_signtool,
};
