/* See devices.h. */
#include "cli/devices.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "hal/device.h"

/* "timer" is build/devices/timer.so; anything with a slash or ending in .so is a path. */
static void find_model(const char *build, const char *name, char *path, size_t limit)
{
    size_t bytes = strlen(name);
    bool is_path = strchr(name, '/') != NULL || (bytes > 3 && strcmp(name + bytes - 3, ".so") == 0);

    if (!is_path)
        snprintf(path, limit, "%s/devices/%s.so", build, name);
    else /* a slash keeps the dynamic linker from searching its own folders */
        snprintf(path, limit, "%s%s", strchr(name, '/') == NULL ? "./" : "", name);
}

static int load_one(const char *build, const char *option)
{
    char *name = strdup(option); /* kept: the model's arguments point into it */
    char *comma = name == NULL ? NULL : strchr(name, ',');
    char path[PATH_MAX], why[PATH_MAX + 300];

    if (name == NULL)
        return EXIT_USAGE;
    if (comma != NULL)
        *comma = '\0';
    find_model(build, name, path, sizeof(path));
    if (access(path, R_OK) != 0) {
        cli_message("--device %s: there is no device model %s", option, path);
        free(name);
        return EXIT_USAGE;
    }
    if (device_load(path, comma != NULL ? comma + 1 : "", why, sizeof(why)) == 0)
        return EXIT_FINE;
    cli_message("--device %s: %s", option, why);
    free(name);
    return EXIT_USAGE;
}

int devices_load(const struct run_options *options, const char *build)
{
    char why[200];
    int status = EXIT_FINE;

    for (unsigned i = 0; i < options->device_count && status == EXIT_FINE; i++)
        status = load_one(build, options->device[i]);
    if (status != EXIT_FINE || device_check(options->ram_mib << 20, why, sizeof(why)) == 0)
        return status;
    cli_message("%s", why);
    return EXIT_USAGE;
}

int devices_start_qemu(const struct run_options *options, struct qemu qemu[RUN_QEMU_LIMIT],
                       int ram_fd)
{
    char why[500];

    for (unsigned i = 0; i < options->qemu_count; i++) {
        const char *name = options->qemu[i], *comma = strchr(name, ',');

        qemu[i].device.number = i;
        if (qemu_start(&qemu[i], name, &options->qemu_backends, ram_fd, options->ram_mib << 20, why,
                       sizeof(why)) == 0 &&
            device_add_outside(&qemu[i].device, comma != NULL ? comma + 1 : "", why,
                               sizeof(why)) == 0)
            continue;
        cli_message("--qemu-device %s: %s", name, why);
        return EXIT_NOT_LOADED;
    }
    return EXIT_FINE;
}

void devices_place_gpus(struct gpus *gpus)
{
    uint32_t slot = 0;

    for (uint32_t i = 0; device_name(i) != NULL; i++)
        if (device_is_display(i, &slot))
            gpu_place(gpus, slot);
}

uint64_t devices_hash(const struct run_options *options)
{
    uint64_t hash = options->device_count;

    for (unsigned i = 0; i < options->device_count; i++)
        for (const char *at = options->device[i]; *at != '\0'; at++)
            hash = (hash ^ (uint8_t)*at) * 0x100000001B3ull;
    return hash;
}
