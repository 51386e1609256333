/*
 * drydock boot: a machine that stays, in the background, until drydock shutdown. Everything that
 * can be checked is checked here, before the background's process is made; it says over a pipe
 * that the machine is up, or why it is not.
 */
#include "cli/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/build_folder.h"
#include "cli/cli.h"
#include "cli/devices.h"
#include "cli/drives.h"
#include "cli/folder.h"
#include "cli/run_options.h"
#include "cli/suggest.h"
#include "daemon/daemon.h"

static const char boot_help[] =
    "usage: drydock boot [options]\n\n"
    "Starts a machine in the background and returns when it is up. Its clock is the host's. "
    "Programs\n"
    "run in it by their own verbs (drydock sc ...) or by drydock exec; drydock shutdown ends it.\n"
    "Its disk is DIR/C, its registry DIR/registry; DIR/log has Drydock's messages, and\n"
    "DIR/report.txt the report if it stops with a bug check.\n\n"
    "  --machine DIR    the machine's folder (else $DRYDOCK_MACHINE, else drydock/default in\n"
    "                   $XDG_STATE_HOME or ~/.local/state)\n"
    "  --processors N   processors of the machine, 1 to 32 (2)\n"
    "  --ram MIB        memory of the machine, 32 to 16384 MiB (256)\n"
    "  --drive Z:=DIR   show that folder of the host's as drive Z:, read-only; may be repeated\n"
    "  --device D[,ARG] plug in a simulated device; may be repeated (drydock help run)\n"
    "  --gpu WHICH      GPUs that NVML shows: none, host, or simulated[:N] (simulated:1)\n"
    "  --gate on|off    check each call of a driver against its documented contract (off)\n"
    "  --signing WHICH  which drivers load: bcd (as the machine's boot configuration says: "
    "bcdedit), or\n"
    "                   off, test, enforce, whatever that says (drydock help run) (bcd)\n"
    "  --secure-boot    the machine has Secure Boot: bcdedit cannot turn test signing on\n"
    "  --seed N         seed of what the machine takes for chance (taken from the host)\n\n"
    "exit status: 0 it is up, 1 usage or a machine runs there already, 2 it could not start\n";

enum {
    OPTION_MACHINE = 256,
    OPTION_PROCESSORS,
    OPTION_RAM,
    OPTION_DEVICE,
    OPTION_DRIVE,
    OPTION_GPU,
    OPTION_GATE,
    OPTION_SEED,
    OPTION_SIGNING,
    OPTION_SECURE_BOOT
};

static const struct option long_options[] = {
    {"machine", required_argument, NULL, OPTION_MACHINE},
    {"processors", required_argument, NULL, OPTION_PROCESSORS},
    {"ram", required_argument, NULL, OPTION_RAM},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"drive", required_argument, NULL, OPTION_DRIVE},
    {"gpu", required_argument, NULL, OPTION_GPU},
    {"gate", required_argument, NULL, OPTION_GATE},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"signing", required_argument, NULL, OPTION_SIGNING},
    {"secure-boot", no_argument, NULL, OPTION_SECURE_BOOT},
    {NULL, 0, NULL, 0},
};

struct boot {
    struct run_options options;
    struct machine_folder folder;
    struct daemon daemon;
    struct gpus gpus;
    char build[PATH_MAX], kernel[PATH_MAX + 16];
};

/* ---- what was asked for ---- */

static int parse_number(const char *name, unsigned long long low, unsigned long long high,
                        uint64_t *value)
{
    unsigned long long number;

    if (!cli_parse_number(optarg, low, high, &number))
        return cli_usage_error(&cli_verb_boot, "--%s takes a number from %llu to %llu, not '%s'",
                               name, low, high, optarg);
    *value = number;
    return EXIT_FINE;
}

static int parse_option(struct run_options *options, int option, const char *word)
{
    uint64_t processors = options->processors;
    int status = EXIT_FINE;

    switch (option) {
    case OPTION_MACHINE: options->machine = optarg; break;
    case OPTION_PROCESSORS:
        status = parse_number("processors", 1, 32, &processors);
        options->processors = (uint32_t)processors;
        break;
    case OPTION_RAM: return parse_number("ram", 32, 16384, &options->ram_mib);
    case OPTION_SEED: return parse_number("seed", 0, UINT64_MAX, &options->seed);
    case OPTION_SIGNING: return run_options_parse_signing(&cli_verb_boot, &options->boot_options);
    case OPTION_SECURE_BOOT: options->boot_options |= HAL_BOOT_SECURE; break;
    case OPTION_DRIVE: return drives_take(&cli_verb_boot, options, optarg);
    case OPTION_DEVICE:
        if (options->device_count == RUN_DEVICE_LIMIT)
            return cli_usage_error(&cli_verb_boot, "more than %u devices", RUN_DEVICE_LIMIT);
        options->device[options->device_count++] = optarg;
        break;
    case OPTION_GPU:
        if (!gpu_parse(optarg, &options->gpu_mode, &options->gpu_count))
            return cli_usage_error(&cli_verb_boot,
                                   "--gpu takes none, host or simulated[:N], not '%s'", optarg);
        break;
    case OPTION_GATE:
        options->gate = strcmp(optarg, "on") == 0;
        if (!options->gate && strcmp(optarg, "off") != 0)
            return cli_usage_error(&cli_verb_boot, "--gate takes on or off, not '%s'", optarg);
        break;
    case ':': return cli_usage_error(&cli_verb_boot, "option '%s' needs a value", word);
    default: return suggest_option(&cli_verb_boot, word, long_options);
    }
    return status;
}

static int parse(struct run_options *options, int argc, char **argv)
{
    int option, status = EXIT_FINE;

    *options = (struct run_options){
        .ram_mib = 256, .processors = 2, .gpu_mode = GPU_SIMULATED, .gpu_count = 1};
    if (getrandom(&options->seed, sizeof(options->seed), 0) != sizeof(options->seed))
        options->seed = 1;
    optind = 0;
    while (status == EXIT_FINE && (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        status = parse_option(options, option, argv[optind - 1]);
    if (status == EXIT_FINE && optind < argc)
        status = cli_usage_error(&cli_verb_boot, "boot takes options only, not '%s'", argv[optind]);
    return status;
}

/* ---- the folder ---- */

static int refuse(const struct boot *boot, const char *what, int error)
{
    cli_message("%s: %s: %s", boot->daemon.place.path, what, strerror(-error));
    return EXIT_NOT_LOADED;
}

/* For shutdown /r: the words of this command line, and where they were said. */
static int keep_words(const struct boot *boot, int argc, char **argv)
{
    json_t *words = json_array(), *object;
    char here[PATH_MAX] = "/", *text;
    int error = -ENOMEM;

    for (int i = 0; i < argc; i++)
        json_array_append_new(words, json_string(argv[i]));
    if (getcwd(here, sizeof(here)) == NULL)
        snprintf(here, sizeof(here), "/");
    object = json_pack("{s:s, s:o}", "folder", here, "words", words);
    text = json_dumps(object, JSON_INDENT(1));
    if (text != NULL)
        error = place_write(&boot->daemon.place, "boot.json", text);
    free(text);
    json_decref(object);
    return error;
}

#define DYING_TRIES 200

/* The lock, also when who had it is just ending: its socket is dead by then, and its processes soon
 * are. */
static int lock_place(const struct place *place)
{
    static const struct timespec pause = {0, 10000000};
    int lock = place_lock(place, false);

    for (int i = 0; lock == -EWOULDBLOCK && i < DYING_TRIES; i++) {
        int socket = place_connect(place);

        if (socket >= 0) {
            close(socket);
            return lock;
        }
        nanosleep(&pause, NULL);
        lock = place_lock(place, false);
    }
    return lock;
}

static int take_folder(struct boot *boot, int argc, char **argv)
{
    struct place *place = &boot->daemon.place;
    int error = place_open(place, boot->options.machine, true);

    if (error == -EDESTADDRREQ) {
        attach_say_which_folder();
        return EXIT_USAGE;
    }
    if (error != 0)
        return refuse(boot, "no folder for the machine", error);
    boot->daemon.lock_fd = lock_place(place);
    if (boot->daemon.lock_fd == -EWOULDBLOCK) {
        cli_message("%s: a machine runs here already (drydock shutdown ends it)", place->path);
        return EXIT_USAGE;
    }
    if (boot->daemon.lock_fd < 0)
        return refuse(boot, "cannot be locked", boot->daemon.lock_fd);
    error = keep_words(boot, argc, argv);
    return error == 0 ? EXIT_FINE : refuse(boot, "cannot be written to", error);
}

static int open_disk(struct boot *boot)
{
    struct broker_options options = {.volume_path = boot->folder.volume,
                                     .inbox_path = boot->build,
                                     .boot_time_100ns = MACHINE_BOOT_TIME_100NS,
                                     .real_times = true};
    int error = machine_folder_open(&boot->folder, boot->daemon.place.path);

    if (error == 0)
        error = broker_create(&options, &boot->daemon.broker);
    if (error != 0)
        return refuse(boot, "no disk for the machine", error);
    return drives_open(&boot->options, boot->daemon.broker);
}

static int prepare(struct boot *boot, int argc, char **argv)
{
    int status;

    if (!build_folder_find(boot->build, sizeof(boot->build))) {
        cli_message("/proc/self/exe: %s", strerror(errno));
        return EXIT_NOT_LOADED;
    }
    status = devices_load(&boot->options, boot->build);
    if (status == EXIT_FINE)
        status = take_folder(boot, argc, argv);
    if (status == EXIT_FINE)
        status = open_disk(boot);
    snprintf(boot->kernel, sizeof(boot->kernel), "%s/ntoskrnl.exe", boot->build);
    boot->daemon.build = boot->build;
    boot->daemon.gpus = &boot->gpus;
    boot->daemon.signatures = sign_store_open(boot->daemon.place.path, boot->build);
    if (boot->daemon.signatures == NULL && status == EXIT_FINE)
        status = refuse(boot, "no signatures", -ENOMEM);
    boot->daemon.machine = (struct machine_options){
        .kernel_path = boot->kernel,
        .ram_bytes = boot->options.ram_mib << 20,
        .seed = boot->options.seed,
        .processors = boot->options.processors,
        .language = run_options_language(),
        .boot_options = boot->options.boot_options,
        .drives = boot->daemon.broker != NULL ? broker_drives(boot->daemon.broker) : 0,
        .flags = HAL_FLAG_REAL_CLOCK | HAL_FLAG_BOOTED | HAL_FLAG_REGISTRY |
                 (boot->options.gate ? HAL_FLAG_GATE : 0),
        .watchdog_ms = 3000};
    return status;
}

/* ---- the background ---- */

/* No terminal, no folder that it keeps busy, and its words go to the log. */
static int detach(const struct place *place)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int log = openat(place->folder_fd, "log",
                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (setsid() < 0 || null < 0 || log < 0)
        return -errno;
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(null);
    close(log);
    return chdir("/") == 0 ? 0 : -errno;
}

static void say_hive(void *context, const char *text)
{
    struct boot *boot = context;

    cli_message("%s", text); /* into the log */
    snprintf(boot->daemon.said, sizeof(boot->daemon.said), "%s", text);
}

/* Here and not before the fork: the registry's lock belongs to this process. */
static void open_registry(struct boot *boot)
{
    boot->daemon.hives = hive_store_open(boot->daemon.place.path, say_hive, boot);
    if (boot->daemon.hives != NULL)
        return;
    dprintf(boot->daemon.ready_fd, "%s", boot->daemon.said);
    _exit(EXIT_NOT_LOADED);
}

static _Noreturn void keep(struct boot *boot)
{
    int error = detach(&boot->daemon.place);

    if (error != 0) {
        dprintf(boot->daemon.ready_fd, "DIR/log: %s", strerror(-error));
        _exit(EXIT_NOT_LOADED);
    }
    setvbuf(stderr, NULL, _IOLBF, 0);
    open_registry(boot);
    gpu_init(&boot->gpus, boot->options.gpu_mode, boot->options.gpu_count, boot->options.seed);
    devices_place_gpus(&boot->gpus);
    _exit(daemon_run(&boot->daemon));
}

/* Until the machine is up, which is said in a line, or its keeper has ended; what that said. */
static int wait_for_ready(const struct boot *boot, int fd)
{
    char text[sizeof(boot->daemon.said) + 512];
    size_t used = 0;
    ssize_t n;

    while (used < sizeof(text) - 1 && memchr(text, '\n', used) == NULL &&
           ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0 || (n < 0 && errno == EINTR)))
        used += n > 0 ? (size_t)n : 0;
    text[used] = '\0';
    if (strcmp(text, "ready\n") == 0) {
        printf("%s is up\n", boot->daemon.place.path);
        return EXIT_FINE;
    }
    cli_message("%s: %s (%s/log may say more)", boot->daemon.place.path,
                used != 0 ? text : "the machine's keeper ended and said nothing",
                boot->daemon.place.path);
    return EXIT_NOT_LOADED;
}

static int start(struct boot *boot)
{
    int ready[2];
    pid_t child;

    if (pipe2(ready, O_CLOEXEC) != 0)
        return refuse(boot, "no pipe", -errno);
    fflush(stdout);
    child = fork();
    if (child < 0)
        return refuse(boot, "no process for the machine", -errno);
    if (child == 0) {
        close(ready[0]);
        boot->daemon.ready_fd = ready[1];
        keep(boot);
    }
    close(ready[1]);
    return wait_for_ready(boot, ready[0]);
}

int cli_boot(int argc, char **argv)
{
    struct boot *boot = calloc(1, sizeof(*boot));
    int status;

    if (boot == NULL)
        return EXIT_USAGE;
    status = parse(&boot->options, argc, argv);
    if (status == EXIT_FINE)
        status = prepare(boot, argc, argv);
    if (status == EXIT_FINE)
        status = start(boot);
    free(boot); /* the rest ends with this process */
    return status;
}

const struct cli_verb cli_verb_boot = {
    .name = "boot",
    .summary = "start a machine that stays, in the background",
    .help = boot_help,
    .run = cli_boot,
};
