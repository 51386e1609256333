/*
 * What a machine trusts, and the process that verifies for it: signatures and certificates are
 * hostile bytes, so what reads them may do nothing but compute and give its answer, for a bounded
 * time and in bounded memory. The files are read before.
 */
#include "sign/sign.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_LIMIT (16u << 20)   /* of one certificate or catalog */
#define BLOB_LIMIT 4096u         /* of one kind */
#define CPU_LIMIT_S 10
#define ANSWER_LIMIT_MS 30000
#define MEMORY_LIMIT (1ull << 30) /* beyond what is mapped already */

struct sign_store {
    char machine[PATH_MAX], build[PATH_MAX]; /* "": none */
};

struct sign_store *sign_store_open(const char *machine_path, const char *build_path)
{
    struct sign_store *store = calloc(1, sizeof(*store));

    if (store == NULL)
        return NULL;
    snprintf(store->machine, sizeof(store->machine), "%s",
             machine_path != NULL ? machine_path : "");
    snprintf(store->build, sizeof(store->build), "%s", build_path != NULL ? build_path : "");
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_DIGESTS, NULL);
    EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL)); /* the provider is ready in each child */
    return store;
}

void sign_store_close(struct sign_store *store)
{
    free(store);
}

/* ---- files ---- */

/* A regular file, never through a link: the machine can put links into its volume. */
static bool read_file(int folder_fd, const char *name, struct sign_blob *blob)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat stat;
    bool good = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0 &&
                stat.st_size <= FILE_LIMIT;

    blob->size = 0;
    blob->bytes = good ? malloc((size_t)stat.st_size) : NULL;
    good = blob->bytes != NULL;
    while (good && blob->size < (size_t)stat.st_size) {
        ssize_t n = read(fd, blob->bytes + blob->size, (size_t)stat.st_size - blob->size);

        if (n > 0)
            blob->size += (size_t)n;
        else if (n == 0 || errno != EINTR)
            good = false;
    }
    if (!good) {
        free(blob->bytes);
        blob->bytes = NULL;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

static void free_blobs(struct sign_blobs *blobs)
{
    for (size_t i = 0; i < blobs->count; i++)
        free(blobs->blob[i].bytes);
    free(blobs->blob);
}

static bool has_suffix(const char *name, const char *const *suffixes)
{
    const char *dot = strrchr(name, '.');

    for (; dot != NULL && *suffixes != NULL; suffixes++)
        if (strcasecmp(dot, *suffixes) == 0)
            return true;
    return false;
}

static void add_file(struct sign_blobs *blobs, int folder_fd, const char *name)
{
    struct sign_blob *more = blobs->count < BLOB_LIMIT
                                 ? realloc(blobs->blob, (blobs->count + 1) * sizeof(*more))
                                 : NULL;

    if (more == NULL)
        return;
    blobs->blob = more;
    if (read_file(folder_fd, name, &more[blobs->count]))
        blobs->count++;
}

/* The files of the folder with one of these suffixes, in the order of their names. */
static void read_folder(const char *path, const char *const *suffixes, struct sign_blobs *blobs)
{
    struct dirent **names = NULL;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int count = fd >= 0 ? scandirat(fd, ".", &names, NULL, alphasort) : 0;

    for (int i = 0; i < count; i++) {
        if (has_suffix(names[i]->d_name, suffixes))
            add_file(blobs, fd, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    if (fd >= 0)
        close(fd);
}

/*
 * The folder of the catalogs that drivers are looked up in, by the GUID that it has on every
 * Windows.
 */
#define CATALOG_FOLDER "C/Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"

static void read_trust(const struct sign_store *store, struct sign_trust *trust)
{
    static const char *const certificates[] = {".cer", ".crt", ".pem", NULL};
    static const char *const catalogs[] = {".cat", NULL};
    const struct {
        const char *folder;
        const char *const *suffixes;
        struct sign_blobs *blobs;
    } row[] = {{"certificates/production", certificates, &trust->production},
               {"certificates/test", certificates, &trust->test},
               {"certificates/disallowed", certificates, &trust->disallowed},
               {CATALOG_FOLDER, catalogs, &trust->catalogs}};
    char path[PATH_MAX + 128];

    memset(trust, 0, sizeof(*trust));
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]) && store->machine[0] != '\0'; i++) {
        snprintf(path, sizeof(path), "%s/%s", store->machine, row[i].folder);
        read_folder(path, row[i].suffixes, row[i].blobs);
    }
}

static void free_trust(struct sign_trust *trust)
{
    free_blobs(&trust->production);
    free_blobs(&trust->test);
    free_blobs(&trust->disallowed);
    free_blobs(&trust->catalogs);
}

/* Is it, byte for byte, one of the images that the machine comes with? */
static bool is_inbox(const struct sign_store *store, const uint8_t *image, size_t bytes)
{
    static const char *const images[] = {".sys", ".dll", NULL};
    struct sign_blobs blobs = {0};
    char path[PATH_MAX + 16];
    bool found = false;

    if (store->build[0] == '\0')
        return false;
    snprintf(path, sizeof(path), "%s/inbox", store->build);
    read_folder(path, images, &blobs);
    for (size_t i = 0; i < blobs.count && !found; i++)
        found = blobs.blob[i].size == bytes && memcmp(blobs.blob[i].bytes, image, bytes) == 0;
    free_blobs(&blobs);
    return found;
}

/* ---- the process that verifies ---- */

#pragma clang diagnostic ignored "-Wmissing-field-initializers" /* libseccomp's SCMP_CMP macros */

/* Memory, the answer, the end; all else fails. */
static bool close_off(int answer_fd)
{
    static const int calls[] = {
        SCMP_SYS(brk),          SCMP_SYS(munmap),     SCMP_SYS(mremap),    SCMP_SYS(madvise),
        SCMP_SYS(futex),        SCMP_SYS(exit_group), SCMP_SYS(exit),      SCMP_SYS(getrandom),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(clock_gettime)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                 SCMP_A4(SCMP_CMP_MASKED_EQ, UINT32_MAX, UINT32_MAX)); /* no file */
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                                 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)answer_fd));
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error == 0;
}

static uint64_t mapped_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL || fscanf(file, "%llu", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool bound_self(void)
{
    struct rlimit cpu = {CPU_LIMIT_S, CPU_LIMIT_S}, core = {0, 0};
    rlim_t memory = mapped_bytes() + MEMORY_LIMIT;
    struct rlimit space = {memory, memory};

    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && setrlimit(RLIMIT_CPU, &cpu) == 0 &&
           setrlimit(RLIMIT_CORE, &core) == 0 &&
           setrlimit(RLIMIT_AS, &space) == 0;
}

static _Noreturn void verify_and_exit(const struct sign_trust *trust, const uint8_t *image,
                                      size_t bytes, uint64_t now_100ns,
                                      int answer_fd)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    HAL_SIGN_REQUEST answer = {0};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_DFL);
    if (!bound_self() || !close_off(answer_fd))
        _exit(1);
    sign_verify(trust, image, bytes, now_100ns, &answer);
    _exit(write(answer_fd, &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
}

/* The whole answer, or false: the process ended without one, or takes too long. */
static bool read_answer(int fd, HAL_SIGN_REQUEST *answer)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    ssize_t n;

    while (poll(&poll_fd, 1, ANSWER_LIMIT_MS) < 0)
        if (errno != EINTR)
            return false;
    if ((poll_fd.revents & POLLIN) == 0)
        return false;
    do
        n = read(fd, answer, sizeof(*answer)); /* written at once, and less than PIPE_BUF */
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(*answer) && answer->level <= HAL_SIGN_PRODUCTION;
}
_Static_assert(sizeof(HAL_SIGN_REQUEST) <= PIPE_BUF, "an answer is written at once");

static bool verify_apart(const struct sign_trust *trust, const uint8_t *image, size_t bytes,
                         uint64_t now_100ns,
                         HAL_SIGN_REQUEST *answer)
{
    int fds[2];
    pid_t child;
    bool good;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    child = fork();
    if (child == 0)
        verify_and_exit(trust, image, bytes, now_100ns, fds[1]);
    close(fds[1]);
    good = child > 0 && read_answer(fds[0], answer);
    close(fds[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    return good;
}

static void give(HAL_SIGN_REQUEST *request, uint32_t level, const char *signer, const char *reason)
{
    request->level = level;
    request->embedded = 0;
    snprintf(request->signer, sizeof(request->signer), "%s", signer);
    snprintf(request->reason, sizeof(request->reason), "%s", reason);
}

void sign_store_verify(struct sign_store *store, const uint8_t *image, size_t bytes,
                       uint64_t now_100ns,
                       HAL_SIGN_REQUEST *request)
{
    HAL_SIGN_REQUEST answer;
    struct sign_trust trust;

    if (is_inbox(store, image, bytes)) {
        give(request, HAL_SIGN_PRODUCTION, "Drydock", "");
        request->embedded = 1; /* it needs no catalog */
        return;
    }
    read_trust(store, &trust);
    if (verify_apart(&trust, image, bytes, now_100ns, &answer)) {
        answer.signer[sizeof(answer.signer) - 1] = answer.reason[sizeof(answer.reason) - 1] = '\0';
        give(request, answer.level, answer.signer, answer.reason);
        request->embedded = answer.embedded != 0;
    } else {
        give(request, HAL_SIGN_BAD, "",
             "its signature cannot be verified: that takes too long, or ends what does it");
    }
    free_trust(&trust);
}

void sign_store_serve(struct sign_store *store, const struct guest_memory *memory,
                      HAL_SIGN_REQUEST *request)
{
    bool fits = request->bytes != 0 && request->bytes <= HAL_SIGN_LIMIT;
    uint8_t *image = fits ? malloc(request->bytes) : NULL;

    if (image != NULL && guest_read(memory, request->image, image, request->bytes))
        sign_store_verify(store, image, request->bytes, request->time_100ns, request);
    else
        give(request, HAL_SIGN_BAD, "", "it cannot be read in the machine's memory");
    free(image);
}
