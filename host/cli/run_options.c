/* See run_options.h. The help page is here, beside the table it describes. */
#include "cli/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/drives.h"
#include "cli/run.h"
#include "cli/suggest.h"
#include "report/report.h"

const char run_help[] =
    "usage: drydock run [options] A.sys [B.sys ...] [-- PROG.exe [arguments]] [-- PROG.exe ...]\n\n"
    "Makes a fresh machine, loads the drivers in the order given, runs the programs one after the\n"
    "other, waits until nothing is left to do, unloads the drivers in reverse order, and says "
    "what\n"
    "it found. Debug output of drivers and the programs' output go to standard output, Drydock's\n"
    "own messages, the summary and the report of a bug check to standard error. DbgPrint is shown\n"
    "without the registry's Debug Print Filter, other components' errors only. The programs read\n"
    "standard input. A word \"--\" ends a program's arguments: none of them can be that.\n\n"
    "  --seed N         seed of every choice; the same seed gives the same run (1)\n"
    "  --machine DIR    keep the machine's disk in DIR/C (else $DRYDOCK_MACHINE, else a temporary "
    "one)\n"
    "  --drive Z:=DIR   show that folder as drive Z:, read-only; may be repeated\n"
    "  --keep-registry  start with the registry in DIR/registry, and keep it there (else each run\n"
    "                   starts with a fresh one); needs a machine's folder\n"
    "  --hwid [DRV=]ID  hardware ID that a driver (DRV: its file or service name; else each) "
    "drives,\n"
    "                   in place of those of an INF beside it; may be given more than once\n"
    "  --requests       count PnP, power and WMI requests by what they ask\n"
    "  --await          a driver whose device has not come when all drivers are loaded waits for "
    "it:\n"
    "                   it gets no root device in its place\n"
    "  --sleep Sn[:N]   after the programs, send the system to sleep (S1 to S4) and back, N times "
    "(1)\n"
    "  --sleep Sn:wake  as above, but it sleeps until a device wakes it, an hour at most\n"
    "  --tree           print the device tree after the program, before drivers are unloaded\n"
    "  --wmi[=GUID]     list the registered WMI blocks, or that one, and their data, after the "
    "program\n"
    "  --etw WHO[:LEVEL[:KEYWORDS]]  print the trace events of a provider (its GUID) or of all, up "
    "to\n"
    "                   that level and of those keywords (any); may be repeated\n"
    "  --surprise-remove PATH  pull the device of that instance path out after the program\n"
    "  --device D[,ARG] plug in a simulated device: timer, dma, edu, gpu, bridge, or your own\n"
    "                   PATH.so; may be repeated. bus=N: behind the Nth bridge. Every device takes "
    "irq=N, lose=N (its first N interrupts get\n"
    "                   lost), gone-after=N (pulled out after N register accesses), arrives=MS,\n"
    "                   leaves=MS, returns=MS (plugged in and out at these times), late=US (so "
    "late\n"
    "                   are its timers), late-irq=US (its interrupts), late-dma=US (what it writes "
    "to\n"
    "                   memory), twice=N (its first N messages come twice), fail-dma=N (its Nth\n"
    "                   transfer fails), ones-at=N, ones-for=K (its Nth register read, or K from\n"
    "                   there, read as ones)\n"
    "  --qemu-device D[,PROP=VALUE...]  plug in a device that QEMU plays, edu for example; 'help'\n"
    "                   lists some\n"
    "  --qemu-drive file=PATH,id=ID[,PROP=VALUE...], --qemu-netdev user,id=ID[,PROP=VALUE...]\n"
    "                   a disk or network for a device of QEMU's that says drive=ID or netdev=ID\n"
    "  --processors N   processors of the machine, 1 to 32 (2)\n"
    "  --ram MIB        memory of the machine, 32 to 16384 MiB (256)\n"
    "  --timeout S      end the run after S seconds of real time, and say where it was; 0 for "
    "never (60)\n"
    "  --background 'PROG.exe arguments'\n"
    "                   a program that runs beside the others; may be given several times. They "
    "are\n"
    "                   started first, each when the one before it waits for something. At the "
    "end\n"
    "                   their console is closed (CTRL_CLOSE_EVENT), and what does not end by that\n"
    "                   within five seconds of the machine's time is terminated. --sleep and\n"
    "                   --surprise-remove come before that, and a second of time after each.\n"
    "                   Their exit codes do not count. Programs that others have started end in "
    "the same way\n"
    "  --prefix         name the program before each line of its output\n"
    "  --cycles N       load, run, idle and unload N times in the one machine (1)\n"
    "  --fail-alloc N   fail the Nth pool allocation after the first load began\n"
    "  --special-pool TAG|all  pool blocks of that tag, or all of the drivers', get a page each: "
    "an overrun or\n"
    "                   a use after free stops on the instruction that makes it\n"
    "  --gate on|off    check each call of a driver against its documented contract (off)\n"
    "  --clock real     time passes as on the host, and runs do not repeat (virtual)\n"
    "  --signing WHICH  which drivers load: off (any: test signing is on, integrity checks are "
    "off), test\n"
    "                   (those with any good signature), enforce (those with production's), or bcd "
    "(as\n"
    "                   the machine's boot configuration says: bcdedit) (off)\n"
    "  --secure-boot    the machine has Secure Boot, which lets none of that be turned off\n"
    "  --gpu WHICH      GPUs that NVML shows: none, host, or simulated[:N], N from 1 to 8\n"
    "                   (simulated:1; the host's figures make a run unrepeatable)\n"
    "  --json           one JSON object a line on standard output instead of text\n"
    "  --hash           print a hash of the machine's memory at the end\n"
    "  --save-at N      save the machine at its Nth safe point into the file of --save\n"
    "  --save FILE      where to save it\n"
    "  --restore FILE   go on with a saved machine instead of a fresh one (same drivers and "
    "options)\n\n"
    "exit status: 0 fine, 1 usage or the host refused, 2 could not load, 3 bug check or rule "
    "broken,\n"
    "4 time out, 5 a program's exit code was not 0, 70 a defect of Drydock\n";

enum {
    OPTION_SEED = 256,
    OPTION_MACHINE,
    OPTION_KEEP_REGISTRY,
    OPTION_HWID,
    OPTION_TREE,
    OPTION_AWAIT,
    OPTION_REQUESTS,
    OPTION_WMI,
    OPTION_SLEEP,
    OPTION_ETW,
    OPTION_SURPRISE_REMOVE,
    OPTION_PROCESSORS,
    OPTION_DEVICE,
    OPTION_DRIVE,
    OPTION_QEMU_DEVICE,
    OPTION_QEMU_DRIVE,
    OPTION_QEMU_NETDEV,
    OPTION_RAM,
    OPTION_TIMEOUT,
    OPTION_GATE,
    OPTION_CLOCK,
    OPTION_GPU,
    OPTION_CYCLES,
    OPTION_FAIL_ALLOC,
    OPTION_SPECIAL_POOL,
    OPTION_JSON,
    OPTION_HASH,
    OPTION_SAVE_AT,
    OPTION_SAVE,
    OPTION_RESTORE,
    OPTION_BACKGROUND,
    OPTION_SIGNING,
    OPTION_SECURE_BOOT,
    OPTION_PREFIX
};

static const struct option long_options[] = {
    {"seed", required_argument, NULL, OPTION_SEED},
    {"machine", required_argument, NULL, OPTION_MACHINE},
    {"keep-registry", no_argument, NULL, OPTION_KEEP_REGISTRY},
    {"hwid", required_argument, NULL, OPTION_HWID},
    {"tree", no_argument, NULL, OPTION_TREE},
    {"await", no_argument, NULL, OPTION_AWAIT},
    {"requests", no_argument, NULL, OPTION_REQUESTS},
    {"wmi", optional_argument, NULL, OPTION_WMI},
    {"sleep", required_argument, NULL, OPTION_SLEEP},
    {"etw", required_argument, NULL, OPTION_ETW},
    {"surprise-remove", required_argument, NULL, OPTION_SURPRISE_REMOVE},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"drive", required_argument, NULL, OPTION_DRIVE},
    {"qemu-device", required_argument, NULL, OPTION_QEMU_DEVICE},
    {"qemu-drive", required_argument, NULL, OPTION_QEMU_DRIVE},
    {"qemu-netdev", required_argument, NULL, OPTION_QEMU_NETDEV},
    {"processors", required_argument, NULL, OPTION_PROCESSORS},
    {"ram", required_argument, NULL, OPTION_RAM},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"gate", required_argument, NULL, OPTION_GATE},
    {"cycles", required_argument, NULL, OPTION_CYCLES},
    {"fail-alloc", required_argument, NULL, OPTION_FAIL_ALLOC},
    {"special-pool", required_argument, NULL, OPTION_SPECIAL_POOL},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"gpu", required_argument, NULL, OPTION_GPU},
    {"signing", required_argument, NULL, OPTION_SIGNING},
    {"secure-boot", no_argument, NULL, OPTION_SECURE_BOOT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"hash", no_argument, NULL, OPTION_HASH},
    {"save-at", required_argument, NULL, OPTION_SAVE_AT},
    {"save", required_argument, NULL, OPTION_SAVE},
    {"restore", required_argument, NULL, OPTION_RESTORE},
    {"background", required_argument, NULL, OPTION_BACKGROUND},
    {"prefix", no_argument, NULL, OPTION_PREFIX},
    {NULL, 0, NULL, 0},
};

static int parse_count(const char *name, uint64_t low, uint64_t high, uint64_t *value)
{
    unsigned long long number;

    if (!cli_parse_number(optarg, low, high, &number))
        return cli_usage_error(&cli_verb_run, "--%s takes a number from %llu to %llu, not '%s'",
                               name, (unsigned long long)low, (unsigned long long)high, optarg);
    *value = number;
    return 0;
}

static int parse_gate(struct run_options *options)
{
    options->gate = strcmp(optarg, "on") == 0;
    if (!options->gate && strcmp(optarg, "off") != 0)
        return cli_usage_error(&cli_verb_run, "--gate takes on or off, not '%s'", optarg);
    return 0;
}

static int parse_clock(struct run_options *options)
{
    options->real_clock = strcmp(optarg, "real") == 0;
    if (!options->real_clock && strcmp(optarg, "virtual") != 0)
        return cli_usage_error(&cli_verb_run, "--clock takes virtual or real, not '%s'", optarg);
    return 0;
}

static int parse_background(struct run_options *options)
{
    if (options->background_count == PROGRAM_LIMIT)
        return cli_usage_error(&cli_verb_run, "more than %u programs in the background",
                               PROGRAM_LIMIT);
    if (program_split_line(&options->background[options->background_count], optarg) != 0)
        return cli_usage_error(&cli_verb_run,
                               "--background takes a program and its arguments, not '%s'", optarg);
    options->background_count++;
    return 0;
}

static int parse_wmi(struct run_options *options)
{
    options->wmi = true;
    if (optarg != NULL && !cli_parse_guid(optarg, options->wmi_guid))
        return cli_usage_error(&cli_verb_run, "--wmi takes a GUID, not '%s'", optarg);
    return 0;
}

/* WHO[:LEVEL[:KEYWORDS]] */
static bool read_etw(const char *text, struct run_etw *etw)
{
    const char *level = strchr(text, ':'),
               *keywords = level == NULL ? NULL : strchr(level + 1, ':');
    char who[64], number[32] = "0";
    unsigned long long value;

    snprintf(who, sizeof(who), "%.*s", (int)strcspn(text, ":"), text);
    if (strcmp(who, "all") == 0)
        memcpy(etw->who, who, sizeof("all"));
    else if (!cli_parse_guid(who, etw->who))
        return false;
    if (level != NULL)
        snprintf(number, sizeof(number), "%.*s", (int)strcspn(level + 1, ":"), level + 1);
    if (!cli_parse_number(number, 0, 255, &value))
        return false;
    etw->level = (unsigned)value;
    if (keywords != NULL && !cli_parse_number(keywords + 1, 0, UINT64_MAX, &value))
        return false;
    etw->keywords = keywords != NULL ? value : 0;
    return true;
}

static int parse_etw(struct run_options *options)
{
    if (options->etw_count == RUN_ETW_LIMIT)
        return cli_usage_error(&cli_verb_run, "--etw is given more than %u times", RUN_ETW_LIMIT);
    if (!read_etw(optarg, &options->etw[options->etw_count]))
        return cli_usage_error(&cli_verb_run,
                               "--etw takes a GUID or all, then :level and :keywords, not '%s'",
                               optarg);
    options->etw_count++;
    return 0;
}

static int parse_gpu(struct run_options *options)
{
    if (!gpu_parse(optarg, &options->gpu_mode, &options->gpu_count))
        return cli_usage_error(&cli_verb_run,
                               "--gpu takes none, host or simulated[:N], N from 1 to %u, not '%s'",
                               GPU_SIMULATED_LIMIT, optarg);
    return 0;
}

int run_options_parse_signing(const struct cli_verb *verb, uint32_t *boot_options)
{
    static const struct {
        const char *word;
        uint32_t options;
    } row[] = {{"off", HAL_BOOT_SIGNING | HAL_BOOT_TESTSIGNING | HAL_BOOT_NOINTEGRITYCHECKS},
               {"test", HAL_BOOT_SIGNING | HAL_BOOT_TESTSIGNING},
               {"enforce", HAL_BOOT_SIGNING},
               {"bcd", 0}};

    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        if (strcmp(optarg, row[i].word) == 0) {
            *boot_options = (*boot_options & HAL_BOOT_SECURE) | row[i].options;
            return 0;
        }
    return cli_usage_error(verb, "--signing takes off, test, enforce or bcd, not '%s'", optarg);
}

static int add_word(const char *name, const char **words, unsigned *count, unsigned limit)
{
    if (*count == limit)
        return cli_usage_error(&cli_verb_run, "--%s is given more than %u times", name, limit);
    words[(*count)++] = optarg;
    return 0;
}

static int add_backend(const char *name, struct run_options *options, int kind)
{
    struct qemu_backends *backends = &options->qemu_backends;
    struct qemu_backend backend = {kind, optarg};
    const char *wrong = qemu_check_backend(&backend);

    if (wrong != NULL)
        return cli_usage_error(&cli_verb_run, "--%s %s: %s", name, optarg, wrong);
    if (backends->count == QEMU_BACKEND_LIMIT)
        return cli_usage_error(&cli_verb_run, "more than %u disks and networks for QEMU",
                               QEMU_BACKEND_LIMIT);
    backends->backend[backends->count++] = backend;
    return 0;
}

static int parse_sleep(struct run_options *options)
{
    unsigned long long times = 1;
    bool until_woken = strlen(optarg) > 2 && strcmp(optarg + 2, ":wake") == 0;
    bool is_state = (optarg[0] == 'S' || optarg[0] == 's') && optarg[1] >= '1' && optarg[1] <= '4';

    if (!is_state || (optarg[2] != '\0' && optarg[2] != ':') ||
        (optarg[2] == ':' && !until_woken &&
         !cli_parse_number(optarg + 3, 1, RUN_SLEEP_LIMIT, &times)) ||
        options->sleep_count + times > RUN_SLEEP_LIMIT)
        return cli_usage_error(
            &cli_verb_run,
            "--sleep takes S1 to S4 and how often (S3:10), or until a device wakes "
            "the machine (S3:wake), %u times in all, not '%s'",
            RUN_SLEEP_LIMIT, optarg);
    while (times-- != 0)
        options->sleep[options->sleep_count++] =
            (uint16_t)((optarg[1] - '0') | (until_woken ? HAL_SLEEP_UNTIL_WOKEN : 0));
    return 0;
}

static int parse_special_pool(struct run_options *options)
{
    size_t bytes = strlen(optarg);

    if (strcmp(optarg, "all") == 0) {
        options->special_pool = '*';
        return 0;
    }
    if (bytes == 0 || bytes > 4)
        return cli_usage_error(
            &cli_verb_run,
            "--special-pool takes 'all' or a pool tag of up to four characters, not '%s'", optarg);
    options->special_pool = 0;
    for (size_t i = 0; i < 4; i++) /* a shorter tag ends in spaces, as in listings */
        options->special_pool |= (uint32_t)(uint8_t)(i < bytes ? optarg[i] : ' ') << (8 * i);
    return 0;
}

static int parse_option(struct run_options *options, int option, const char *word)
{
    uint64_t number = options->processors;
    int status = 0;

    switch (option) {
    case OPTION_SEED: return parse_count("seed", 0, UINT64_MAX, &options->seed);
    case OPTION_RAM: return parse_count("ram", 32, 16384, &options->ram_mib);
    case OPTION_TIMEOUT: return parse_count("timeout", 0, 1000000, &options->timeout_s);
    case OPTION_SAVE_AT: return parse_count("save-at", 1, UINT64_MAX, &options->save_at);
    case OPTION_CYCLES: return parse_count("cycles", 1, 1000000000, &options->cycles);
    case OPTION_FAIL_ALLOC:
        return parse_count("fail-alloc", 1, UINT64_MAX, &options->fail_allocation);
    case OPTION_SPECIAL_POOL: return parse_special_pool(options);
    case OPTION_PROCESSORS:
        status = parse_count("processors", 1, 32, &number);
        options->processors = (uint32_t)number;
        return status;
    case OPTION_DEVICE:
        return add_word("device", options->device, &options->device_count, RUN_DEVICE_LIMIT);
    case OPTION_DRIVE: return drives_take(&cli_verb_run, options, optarg);
    case OPTION_QEMU_DEVICE:
        return add_word("qemu-device", options->qemu, &options->qemu_count, RUN_QEMU_LIMIT);
    case OPTION_QEMU_DRIVE: return add_backend("qemu-drive", options, QEMU_DRIVE);
    case OPTION_QEMU_NETDEV: return add_backend("qemu-netdev", options, QEMU_NETDEV);
    case OPTION_GATE: return parse_gate(options);
    case OPTION_CLOCK: return parse_clock(options);
    case OPTION_GPU: return parse_gpu(options);
    case OPTION_SIGNING: return run_options_parse_signing(&cli_verb_run, &options->boot_options);
    case OPTION_SECURE_BOOT: options->boot_options |= HAL_BOOT_SECURE; return 0;
    case OPTION_MACHINE: options->machine = optarg; return 0;
    case OPTION_HWID:
        return add_word("hwid", options->hardware_id, &options->hardware_id_count,
                        RUN_DRIVER_LIMIT);
    case OPTION_SURPRISE_REMOVE:
        return add_word("surprise-remove", options->surprise, &options->surprise_count,
                        RUN_SURPRISE_LIMIT);
    case OPTION_TREE: options->tree = true; return 0;
    case OPTION_REQUESTS: options->requests = true; return 0;
    case OPTION_AWAIT: options->await = true; return 0;
    case OPTION_WMI: return parse_wmi(options);
    case OPTION_SLEEP: return parse_sleep(options);
    case OPTION_ETW: return parse_etw(options);
    case OPTION_JSON: options->json = true; return 0;
    case OPTION_HASH: options->hash = true; return 0;
    case OPTION_SAVE: options->save_path = optarg; return 0;
    case OPTION_RESTORE: options->restore_path = optarg; return 0;
    case OPTION_KEEP_REGISTRY: options->keep_registry = true; return 0;
    case OPTION_BACKGROUND: return parse_background(options);
    case OPTION_PREFIX: options->prefix = true; return 0;
    case ':': return cli_usage_error(&cli_verb_run, "option '%s' needs a value", word);
    default: return suggest_option(&cli_verb_run, word, long_options);
    }
}

static int parse_drivers(struct run_options *options, int argc, char **argv)
{
    for (; optind < argc; optind++) {
        if (options->driver_count == RUN_DRIVER_LIMIT)
            return cli_usage_error(&cli_verb_run, "more than %u drivers", RUN_DRIVER_LIMIT);
        options->driver[options->driver_count++] = argv[optind];
    }
    return 0;
}

static bool asks_for_help(const struct run_options *options)
{
    return options->qemu_count == 1 && strcmp(options->qemu[0], "help") == 0;
}

static int check_together(const struct run_options *options)
{
    if (asks_for_help(options))
        return 0;
    if (options->driver_count == 0 && options->program_count == 0 && options->background_count == 0)
        return cli_usage_error(&cli_verb_run, "which driver? (drydock run A.sys)");
    if (options->keep_registry && options->machine == NULL)
        return cli_usage_error(&cli_verb_run, "--keep-registry needs --machine DIR");
    if (options->keep_registry && (options->save_path != NULL || options->restore_path != NULL))
        return cli_usage_error(&cli_verb_run, "a machine whose registry is kept cannot be saved");
    if ((options->save_at != 0) != (options->save_path != NULL))
        return cli_usage_error(&cli_verb_run, "--save-at and --save go together");
    if (options->drive_count != 0 && (options->save_path != NULL || options->restore_path != NULL))
        return cli_usage_error(&cli_verb_run, "a machine with --drive cannot be saved");
    if (options->qemu_count != 0 && (options->save_path != NULL || options->restore_path != NULL))
        return cli_usage_error(&cli_verb_run, "a machine with --qemu-device cannot be saved: part "
                                              "of it is in QEMU");
    return 0;
}

/* What follows the first "--" is programs, with one between each two. */
static int split_programs(struct run_options *options, int argc, char **argv)
{
    int i = 1;

    while (i < argc && strcmp(argv[i], "--") != 0)
        i++;
    options->own_argc = i;
    while (i < argc) {
        int start = ++i;

        while (i < argc && strcmp(argv[i], "--") != 0)
            i++;
        if (i == start)
            return cli_usage_error(&cli_verb_run, "'--' is followed by no program");
        if (options->program_count == PROGRAM_LIMIT)
            return cli_usage_error(&cli_verb_run, "more than %u programs", PROGRAM_LIMIT);
        options->program[options->program_count++] =
            (struct program_words){.count = i - start, .word = argv + start};
    }
    return 0;
}

/* Languages that the machine has texts in: English, and Japanese for a person whose environment
 * asks for it. */
uint32_t run_options_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *value = NULL;

    /* the first that is set decides (POSIX) */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && (value == NULL || *value == '\0');
         i++)
        value = getenv(names[i]);
    if (value == NULL || strncmp(value, "ja", 2) != 0 || strchr("_.@", value[2]) == NULL)
        return 0x409;
    return 0x411;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
    int option, status;

    options->argc = argc;
    options->argv = argv;
    options->seed = 1;
    options->cycles = 1;
    options->ram_mib = 256;
    options->timeout_s = 60;
    options->processors = 2;
    options->language = run_options_language();
    options->boot_options = HAL_BOOT_SIGNING | HAL_BOOT_TESTSIGNING | HAL_BOOT_NOINTEGRITYCHECKS;
    options->gpu_mode = GPU_SIMULATED;
    options->gpu_count = 1;
    options->machine = getenv("DRYDOCK_MACHINE");
    if (options->machine != NULL && options->machine[0] == '\0')
        options->machine = NULL;
    status = split_programs(options, argc, argv);
    optind = 0;
    while (status == 0 &&
           (option = getopt_long(options->own_argc, argv, ":", long_options, NULL)) != -1)
        status = parse_option(options, option, argv[optind - 1]);
    if (status == 0)
        status = parse_drivers(options, options->own_argc, argv);
    return status != 0 ? status : check_together(options);
}

void run_options_free(struct run_options *options)
{
    while (options->background_count != 0)
        program_free_words(&options->background[--options->background_count]);
}

char *run_options_repeat_command(const struct run_options *options)
{
    char **words = calloc((size_t)options->argc + 4, sizeof(*words)), seed[32], *command = NULL;
    int count = 0;

    if (words == NULL)
        return NULL;
    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)options->seed);
    words[count++] = program_invocation_name;
    words[count++] = options->argv[0];
    words[count++] = "--seed";
    words[count++] = seed;
    for (int i = 1; i < options->argc; i++) {
        bool is_own = i < options->own_argc;

        if (is_own && strcmp(options->argv[i], "--seed") == 0 && i + 1 < options->argc)
            i++;
        else if (!is_own || strncmp(options->argv[i], "--seed=", 7) != 0)
            words[count++] = options->argv[i];
    }
    command = report_quote_command(count, words);
    free(words);
    return command;
}
