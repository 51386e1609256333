/*
 * drydock run: makes the machine's folder, starts the machine, serves it to its end, and says what
 * happened. Whatever that is (a machine that dies, an interrupt, a closed pipe), nothing is left
 * behind.
 */
#include "cli/run.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/build_folder.h"
#include "cli/cli.h"
#include "cli/devices.h"
#include "cli/drives.h"
#include "cli/image.h"
#include "cli/inf.h"
#include "cli/leaks.h"
#include "cli/machines.h"
#include "cli/ram_hash.h"
#include "cli/run_session.h"
#include "cli/save.h"
#include "hal/device.h"

static volatile sig_atomic_t g_signal; /* the one that asked us to end */
static volatile int g_interrupt;

static void note_signal(int number)
{
    g_signal = number;
    g_interrupt = 1;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = note_signal};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a file too big for the host is an error to report */
}

/* ---- before the machine ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* "first.sys" and "first" of the driver's path. */
static bool name_driver(struct run_driver *driver, const char *path)
{
    const char *name = base_name(path);
    size_t bytes = strlen(name);

    driver->path = path;
    if (bytes == 0 || bytes >= sizeof(driver->file_name))
        return false;
    memcpy(driver->file_name, name, bytes + 1);
    memcpy(driver->service_name, name, bytes + 1);
    if (bytes > 4 && strcasecmp(name + bytes - 4, ".sys") == 0)
        driver->service_name[bytes - 4] = '\0';
    return strpbrk(name, "\t\n\\:*?\"<>|") == NULL;
}

/* The value of one --hwid for the driver, NULL when it is for another one. */
static const char *hardware_id_for(const struct run_driver *driver, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t bytes = equals != NULL ? (size_t)(equals - word) : 0;

    if (equals == NULL)
        return word;
    if ((bytes == strlen(driver->file_name) && strncasecmp(word, driver->file_name, bytes) == 0) ||
        (bytes == strlen(driver->service_name) &&
         strncasecmp(word, driver->service_name, bytes) == 0))
        return equals + 1;
    return NULL;
}

static void find_hardware_ids(const struct run *run, struct run_driver *driver)
{
    size_t used = 0;

    for (unsigned i = 0; i < run->options.hardware_id_count; i++) {
        const char *id = hardware_id_for(driver, run->options.hardware_id[i]);

        if (id != NULL && used + strlen(id) + 2 < sizeof(driver->hardware_ids))
            used += (size_t)snprintf(driver->hardware_ids + used,
                                     sizeof(driver->hardware_ids) - used, "%s%s",
                                     used != 0 ? "," : "", id);
    }
    if (used == 0)
        inf_find_hardware_ids(driver->path, driver->hardware_ids, sizeof(driver->hardware_ids));
}

static int check_file(const char *path, enum image_kind kind)
{
    char why[IMAGE_WHY_LIMIT];
    struct image image;

    if (!image_open(&image, path, kind, why)) {
        cli_message("%s: %s", path, why);
        return EXIT_NOT_LOADED;
    }
    image_close(&image);
    return EXIT_FINE;
}

static int check_drivers(struct run *run)
{
    int status = EXIT_FINE;

    for (unsigned i = 0; i < run->options.driver_count && status == EXIT_FINE; i++) {
        const char *path = run->options.driver[i];

        status = check_file(path, IMAGE_DRIVER);
        if (status == EXIT_FINE && !name_driver(&run->driver[i], path)) {
            cli_message("%s: not a name that a driver can have", path);
            status = EXIT_NOT_LOADED;
        }
        if (status == EXIT_FINE)
            find_hardware_ids(run, &run->driver[i]);
        for (unsigned j = 0; j < i && status == EXIT_FINE; j++)
            if (strcasecmp(run->driver[i].file_name, run->driver[j].file_name) == 0) {
                cli_message("%s: a driver of this name is given twice", path);
                status = EXIT_USAGE;
            }
    }
    return status;
}

/* Another file of the same name would take the place of the first in the machine. */
static int check_names(const struct program *a, const struct program *b)
{
    if (strcasecmp(a->file_name, b->file_name) != 0 ||
        strcmp(a->path, b->path) == 0)
        return EXIT_FINE;
    cli_message("%s: another program has this name: %s", b->words->word[0], a->words->word[0]);
    return EXIT_USAGE;
}

static int check_program(struct program *programs, const struct program_words *words, unsigned index,
                         const struct program *others, unsigned other_count)
{
    int status = program_check(&programs[index], &words[index]);

    for (unsigned i = 0; i < index && status == EXIT_FINE; i++)
        status = check_names(&programs[i], &programs[index]);
    for (unsigned i = 0; i < other_count && status == EXIT_FINE; i++)
        status = check_names(&others[i], &programs[index]);
    return status;
}

static int check_programs(struct run *run)
{
    const struct run_options *options = &run->options;
    int status = EXIT_FINE;

    for (unsigned i = 0; i < options->background_count && status == EXIT_FINE; i++)
        status = check_program(run->background, options->background, i, NULL, 0);
    for (unsigned i = 0; i < options->program_count && status == EXIT_FINE; i++)
        status = check_program(run->program, options->program, i, run->background,
                               options->background_count);
    return status;
}

static int copy_one(struct run *run, const char *path, const char *folder, const char *name)
{
    char target[600];
    int error;

    snprintf(target, sizeof(target), "%s%s", folder, name);
    error = machine_folder_copy(&run->folder, path, target);
    if (error != 0)
        cli_message("%s: cannot be copied to %s: %s", path, run->folder.volume, strerror(-error));
    return error == 0 ? EXIT_FINE : EXIT_USAGE;
}

static int copy_program(struct run *run, const struct program *program)
{
    return program->shipped ? EXIT_FINE : copy_one(run, program->path, "", program->file_name);
}

static int fill_folder(struct run *run)
{
    int status = EXIT_FINE;

    for (unsigned i = 0; i < run->options.driver_count && status == EXIT_FINE; i++)
        status = copy_one(run, run->driver[i].path, "Windows/System32/drivers/",
                          run->driver[i].file_name);
    for (unsigned i = 0; i < run->options.background_count && status == EXIT_FINE; i++)
        status = copy_program(run, &run->background[i]);
    for (unsigned i = 0; i < run->options.program_count && status == EXIT_FINE; i++)
        status = copy_program(run, &run->program[i]);
    return status;
}

static int open_folder(struct run_session *session)
{
    struct run *run = &session->run;
    struct broker_options options = {.volume_path = run->folder.volume,
                                     .inbox_path = session->build,
                                     .boot_time_100ns = MACHINE_BOOT_TIME_100NS,
                                     .real_times = run->options.real_clock};
    int error;

    if (run->options.machine != NULL && machines_is_up(run->options.machine)) {
        cli_message("%s: a booted machine runs here, and its disk is its own (drydock sc, drydock exec ... work in it; "
                    "drydock shutdown ends it)", run->options.machine);
        return EXIT_USAGE;
    }
    error = machine_folder_open(&run->folder, run->options.machine);
    if (error != 0) {
        cli_message("%s: no folder for the machine: %s", run->folder.path, strerror(-error));
        return EXIT_USAGE;
    }
    error = broker_create(&options, &run->broker);
    if (error != 0) {
        cli_message("%s: %s", run->folder.volume, strerror(-error));
        return EXIT_USAGE;
    }
    if (drives_open(&run->options, run->broker) != EXIT_FINE)
        return EXIT_USAGE;
    return fill_folder(run);
}

static void say_hive(void *context, const char *text)
{
    progress_clear(&((struct run_session *)context)->progress);
    cli_message("%s", text);
}

static int open_hives(struct run_session *session)
{
    session->hives = hive_store_open(
        session->run.options.keep_registry ? session->run.folder.path : NULL, say_hive, session);
    return session->hives != NULL ? EXIT_FINE : EXIT_USAGE;
}

/* ---- while it runs ---- */

static void on_console(void *context, uint64_t stream, const char *text, size_t bytes,
                       uint64_t virtual_time_100ns)
{
    struct run_session *session = context;

    progress_clear(&session->progress);
    console_write(&session->run.console, stream, text, bytes, virtual_time_100ns);
}

static void on_command(void *context, HAL_COMMAND *command)
{
    struct run_session *session = context;

    progress_clear(&session->progress);
    run_next_command(&session->run, command);
}

static long on_file(void *context, const void *body, size_t bytes, void *reply, size_t limit)
{
    return broker_serve(((struct run_session *)context)->run.broker, body, bytes, reply, limit);
}

static long on_hive(void *context, const void *body, size_t bytes, void *reply, size_t limit)
{
    struct run_session *session = context;

    return hive_store_serve(session->hives, body, bytes, reply, limit);
}

static void on_gpu(void *context, HAL_GPU_INFO *info, uint64_t virtual_time_100ns)
{
    gpu_query(&((struct run_session *)context)->gpus, info, virtual_time_100ns);
}

static void on_sign(void *context, HAL_SIGN_REQUEST *request)
{
    struct run_session *session = context;
    struct guest_memory memory = {session->supervisor.ram, session->supervisor.ram_bytes, MACHINE_ROOT_PFN};

    sign_store_serve(session->signatures, &memory, request);
}

/* The machine goes on without a device whose QEMU is gone. */
static void on_qemu(void *context, struct channel_qemu *access)
{
    struct run_session *session = context;
    struct qemu *qemu = &session->qemu[access->device % RUN_QEMU_LIMIT];
    bool had_failed = qemu->failed;

    if (access->device >= session->run.options.qemu_count)
        return;
    qemu_access(qemu, access);
    if (!qemu->failed || had_failed)
        return;
    progress_clear(&session->progress);
    cli_message("--qemu-device %s: %s", session->run.options.qemu[access->device], qemu->why);
    session->run.status = EXIT_NOT_LOADED;
}

static bool on_tick(void *context)
{
    struct run_session *session = context;

    progress_tick(&session->progress, &session->run.console);
    return !session->run.console.failed;
}

static void on_save(void *context, uint64_t rsp, uint64_t gs_base)
{
    struct run_session *session = context;
    const char *path = session->run.options.save_path;
    int error = save_machine(&session->run, &session->supervisor, rsp, gs_base, path);

    progress_clear(&session->progress);
    session->saved = true;
    if (error != 0) {
        cli_message("%s: the machine cannot be saved: %s", path, strerror(-error));
        session->run.status = EXIT_USAGE;
    }
}

/* Starts a fresh machine, or the saved one that was asked for. 0 or -errno. */
static int start(struct run_session *session, struct machine_options *options)
{
    const char *path = session->run.options.restore_path;
    struct supervisor_restore restore;
    int error, ram_fd;

    if (path == NULL)
        return supervisor_start(&session->supervisor, options, NULL, -1);
    error = save_restore_host(&session->run, &restore, path);
    ram_fd = error == 0 ? save_open_ram(path, &options->ram_bytes) : error;
    if (ram_fd < 0)
        return ram_fd;
    error = supervisor_start(&session->supervisor, options, &restore, ram_fd);
    close(ram_fd);
    return error;
}

static int serve(struct run_session *session, struct supervisor_result *result)
{
    struct run *run = &session->run;
    char kernel[PATH_MAX + 16];
    struct machine_options options = {.kernel_path = kernel,
                                      .ram_bytes = run->options.ram_mib << 20,
                                      .seed = run->options.seed,
                                      .processors = run->options.processors,
                                      .language = run->options.language,
                                      .drives = broker_drives(run->broker),
                                      .fail_allocation = run->options.fail_allocation,
                                      .special_pool = run->options.special_pool,
                                      .save_at = run->options.save_at,
                                      .boot_options = run->options.boot_options,
                                      .flags = (run->options.gate ? HAL_FLAG_GATE : 0) |
                                               (run->options.requests ? HAL_FLAG_REQUESTS : 0) |
                                               (run->options.real_clock ? HAL_FLAG_REAL_CLOCK : 0) |
                                               (run->options.keep_registry ? HAL_FLAG_REGISTRY : 0),
                                      .watchdog_ms = 3000};
    struct supervisor_ops ops = {.context = session,
                                 .next_command = on_command,
                                 .console = on_console,
                                 .file = on_file,
                                 .hive = on_hive,
                                 .gpu = on_gpu,
                                 .sign = on_sign,
                                 .qemu = on_qemu,
                                 .save = on_save,
                                 .tick = on_tick,
                                 .input_fd = STDIN_FILENO};
    int error;

    snprintf(kernel, sizeof(kernel), "%s/ntoskrnl.exe", session->build);
    error = start(session, &options);
    if (error != 0) {
        cli_message("%s: %s",
                    run->options.restore_path != NULL ? run->options.restore_path
                                                      : "the machine cannot be started",
                    strerror(-error));
        return EXIT_USAGE;
    }
    supervisor_serve(&session->supervisor, &ops, run->options.timeout_s * 1000, &g_interrupt,
                     result);
    progress_clear(&session->progress);
    console_finish(&run->console);
    return EXIT_FINE;
}

/* ---- after it ---- */

static int judge_records(const struct run *run)
{
    if (summary_count(&run->console, "violation") != 0 || summary_count(&run->console, "leak") != 0)
        return EXIT_BUGCHECK;
    for (unsigned i = 0; i < run->options.program_count; i++)
        if (run->program[i].ended && run->program[i].exit_code != 0)
            return EXIT_PROGRAM;
    return EXIT_FINE;
}

static void print_hash(const struct run_session *session)
{
    uint64_t hash = ram_hash(session->supervisor.ram, session->supervisor.ram_bytes,
                             session->supervisor.ram_fd);

    if (session->run.console.json)
        printf("{\"type\":\"hash\",\"ram\":\"%016llx\"}\n", (unsigned long long)hash);
    else
        cli_message("hash of memory: %016llx", (unsigned long long)hash);
}

static int run_machine(struct run_session *session)
{
    struct supervisor_result result;
    struct run *run = &session->run;
    int status = serve(session, &result);

    if (status != EXIT_FINE)
        return status;
    status = run_judge_end(session, &result);
    if (!result.interrupted && !run->console.failed) {
        leaks_symbolise(run);
        summary_print(&run->console);
        if (status == EXIT_FINE)
            status = judge_records(run);
        if (run->options.hash)
            print_hash(session);
        if (run->options.save_path != NULL && !session->saved)
            cli_message("the machine ended before safe point %llu: nothing was saved",
                        (unsigned long long)run->options.save_at);
        summary_print_verdict(run, status);
    }
    supervisor_end(&session->supervisor);
    return status;
}

static int start_qemu(struct run_session *session)
{
    const struct run_options *options = &session->run.options;
    int error = supervisor_create_ram(&session->supervisor, options->ram_mib << 20);

    if (error == 0)
        return devices_start_qemu(options, session->qemu, session->supervisor.ram_fd);
    cli_message("the machine cannot be started: %s", strerror(-error));
    return EXIT_USAGE;
}

static void end_session(struct run_session *session)
{
    for (unsigned i = 0; i < session->run.options.qemu_count; i++)
        qemu_stop(&session->qemu[i]);
    if (session->supervisor.ram != NULL)
        supervisor_end(&session->supervisor);
}

static int run_session(struct run_session *session)
{
    struct run *run = &session->run;
    int status = check_drivers(run);

    if (status == EXIT_FINE)
        status = check_programs(run);
    if (status == EXIT_FINE && !build_folder_find(session->build, sizeof(session->build))) {
        cli_message("/proc/self/exe: %s", strerror(errno));
        status = EXIT_USAGE;
    }
    if (status == EXIT_FINE)
        status = devices_load(&run->options, session->build);
    if (status == EXIT_FINE && run->options.qemu_count != 0)
        status = start_qemu(session);
    console_init(&run->console, run->options.json, run->options.prefix);
    if (status != EXIT_FINE) {
        if (run->options.json) /* who reads it gets a verdict always */
            summary_print_verdict(run, status);
        console_free(&run->console);
        return status;
    }
    catch_signals();
    progress_init(&session->progress, &run->console);
    gpu_init(&session->gpus, run->options.gpu_mode, run->options.gpu_count, run->options.seed);
    devices_place_gpus(&session->gpus);
    status = open_folder(session);
    if (status == EXIT_FINE)
        status = open_hives(session);
    if (status == EXIT_FINE) {
        session->signatures = sign_store_open(session->run.folder.path, session->build);
        status = session->signatures != NULL ? EXIT_FINE : EXIT_USAGE;
    }
    if (status == EXIT_FINE)
        status = run_machine(session);
    if (hive_store_close(session->hives) != 0 && status == EXIT_FINE)
        status = EXIT_USAGE;
    sign_store_close(session->signatures);
    gpu_fini(&session->gpus);
    broker_destroy(run->broker);
    machine_folder_close(&run->folder);
    console_free(&run->console);
    return status;
}

static int cli_run(int argc, char **argv)
{
    struct run_session *session = calloc(1, sizeof(*session));
    int status;

    if (session == NULL)
        return EXIT_USAGE;
    status = run_options_parse(&session->run.options, argc, argv);
    if (status == EXIT_FINE && session->run.options.qemu_count != 0 &&
        strcmp(session->run.options.qemu[0], "help") == 0)
        qemu_print_help(stdout);
    else if (status == EXIT_FINE)
        status = run_session(session);
    end_session(session);
    run_options_free(&session->run.options);
    free(session);
    if (g_signal != 0) { /* all is cleaned up: end as whoever sent the signal expects */
        signal(g_signal, SIG_DFL);
        raise(g_signal);
    }
    return status;
}

const struct cli_verb cli_verb_run = {
    .name = "run",
    .summary = "load drivers into a fresh machine, run a program, unload, report",
    .help = run_help,
    .run = cli_run,
};
