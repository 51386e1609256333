/* drydock run: a fresh machine, drivers loaded, a program run, drivers unloaded. */
#include "cli/cli.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/supervisor.h"

struct run {
    int step;
};

static void next_command(void *context, HAL_COMMAND *command)
{
    struct run *run = context;

    (void)run;
    command->kind = HAL_COMMAND_SHUTDOWN;
}

static void console(void *context, uint32_t stream, const char *text, size_t bytes, uint64_t virtual_time_100ns)
{
    (void)context;
    (void)virtual_time_100ns;
    fwrite(text, 1, bytes, stream == HAL_STREAM_DEBUG || stream == HAL_STREAM_STDOUT ? stdout : stderr);
}

static void kernel_path(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);

    path[n < 0 ? 0 : n] = '\0';
    strcpy(strrchr(path, '/') + 1, "ntoskrnl.exe");
}

int cli_run(int argc, char **argv)
{
    char kernel[PATH_MAX];
    struct machine_options options = {.kernel_path = kernel, .ram_bytes = 256u << 20, .processors = 2,
                                      .watchdog_ms = 3000};
    struct run run = {0};
    struct supervisor_ops ops = {.context = &run, .next_command = next_command, .console = console};
    struct supervisor supervisor;
    struct supervisor_result result;

    (void)argc;
    (void)argv;
    kernel_path(kernel);
    if (supervisor_start(&supervisor, &options, NULL, -1) != 0)
        return EXIT_DEFECT;
    supervisor_serve(&supervisor, &ops, 10000, NULL, &result);
    supervisor_end(&supervisor);
    fflush(stdout);
    fprintf(stderr, "drydock: stopped %d kind %u argument %llx signal %u rip %llx status %x\n", result.stopped,
            result.kind, (unsigned long long)result.argument, result.trap_signal, (unsigned long long)result.rip,
            result.wait_status);
    return result.stopped && result.kind == HAL_STOP_SHUTDOWN ? EXIT_FINE : EXIT_DEFECT;
}
