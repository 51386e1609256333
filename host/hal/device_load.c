/*
 * Before the machine is forked: device models are loaded, told their arguments, and checked.
 */
#include "hal/device.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hal/device_table.h"

static int refuse(char *why, size_t why_bytes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, why_bytes, format, arguments);
    va_end(arguments);
    return -1;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool take_registers(const DD_DEVICE_MODEL *model, uint32_t region, uint32_t *taken)
{
    uint32_t first = config_register(model, region);
    uint32_t mask = model->region[region].kind == DD_REGION_MEMORY64 ? 3 : 1;

    if (first >= DD_DEVICE_REGIONS || mask << first >= 1u << DD_DEVICE_REGIONS ||
        (*taken & mask << first) != 0)
        return false;
    *taken |= mask << first;
    return true;
}

static int check_regions(const DD_DEVICE_MODEL *model, char *why, size_t why_bytes)
{
    uint32_t taken = 0; /* base address registers */

    for (unsigned i = 0; i < DD_DEVICE_REGIONS; i++) {
        const DD_REGION *region = &model->region[i];
        bool port = region->kind == DD_REGION_PORT;

        if (region->kind == DD_REGION_NONE)
            continue;
        if (region->kind > DD_REGION_PORT || !is_power_of_two(region->size_bytes) ||
            region->size_bytes < (port ? 4u : 4096u) ||
            region->size_bytes > (port ? model->is_bridge ? 4096u : 256u
                                  : region->kind == DD_REGION_MEMORY32 ? 1u << 28
                                                                       : 1ull << 38))
            return refuse(why, why_bytes, "its region %u has no possible size or kind", i);
        if (!take_registers(model, i, &taken))
            return refuse(why, why_bytes,
                          "its regions need more than 6 base registers, or one of them twice");
    }
    return 0;
}

static int check_model(const DD_DEVICE_MODEL *model, char *why, size_t why_bytes)
{
    if (model->bus != DD_BUS_PCI && model->bus != DD_BUS_ROOT)
        return refuse(why, why_bytes, "it names no bus that there is");
    if (model->name == NULL || strlen(model->name) >= sizeof(g_device_table->record[0].name))
        return refuse(why, why_bytes, "it has no name, or one that is too long");
    if (model->bus == DD_BUS_ROOT &&
        (model->hardware_id == NULL || strlen(model->hardware_id) >= 64))
        return refuse(why, why_bytes, "it has no hardware id, or one that is too long");
    if (model->read == NULL || model->write == NULL)
        return refuse(why, why_bytes, "it has no read or no write callback");
    if (model->state_bytes > 1u << 24 || model->message_limit > HAL_DEVICE_MESSAGES)
        return refuse(why, why_bytes, "its state or its number of messages is too large");
    if (model->message_limit != 0 && !model->msix && !is_power_of_two(model->message_limit))
        return refuse(why, why_bytes, "it has a number of MSI messages that is no power of two");
    if ((model->wakes && !model->has_power_states) || model->wakes > DD_WAKES(4) ||
        (model->has_power_states && !(model->has_power_states & DD_POWER_STATES)) ||
        (model->has_power_states && model->bus != DD_BUS_PCI))
        return refuse(why, why_bytes, "it has power states that are not possible");
    return check_regions(model, why, why_bytes);
}

/* Bridges are numbered as they come; what is behind one comes after it. */
static const char *choose_bus(struct device *device)
{
    uint64_t wanted = device->outside != NULL ? 0 : dd_argument(device->arguments, "bus", 0);
    uint32_t bridges = 0;

    for (uint32_t i = 0; i < g_device_count; i++) {
        bridges += g_devices[i].model.is_bridge;
        if (wanted != 0 && g_devices[i].secondary_bus == wanted)
            device->bridge = &g_devices[i];
    }
    device->bus_number = (uint32_t)wanted;
    device->secondary_bus = device->model.is_bridge ? bridges + 1 : 0;
    if (wanted == 0)
        return NULL;
    if (device->model.bus != DD_BUS_PCI || device->model.is_bridge)
        return "it cannot be behind a bridge";
    return device->bridge != NULL ? NULL : "there is no bridge to that bus before it";
}

static const DD_DEVICE_MODEL *open_model(const char *path, char *why, size_t why_bytes)
{
    const DD_DEVICE_MODEL *(*entry)(uint32_t);
    const DD_DEVICE_MODEL *model;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        refuse(why, why_bytes, "%s", dlerror());
        return NULL;
    }
    *(void **)&entry = dlsym(library, "drydock_device_model");
    model = entry != NULL ? entry(DD_DEVICE_ABI) : NULL;
    if (entry == NULL)
        refuse(why, why_bytes, "%s: no device model: it exports no drydock_device_model", path);
    else if (model == NULL || model->abi != DD_DEVICE_ABI || model->size_bytes != sizeof(*model)) {
        refuse(why, why_bytes, "%s: made for another version of the device interface than %u", path,
               DD_DEVICE_ABI);
        model = NULL;
    }
    return model; /* the library stays to the end of the process */
}

static int add(struct device *device, const char *who, const char *arguments, char *why,
               size_t why_bytes)
{
    const char *wrong;

    device->arguments = arguments;
    device->public = (DD_DEVICE){&device_host, NULL, device};
    if (dd_argument(arguments, "irq", 0) >= HAL_DEVICE_LINES)
        return refuse(why, why_bytes, "%s: irq is at most %u", who, HAL_DEVICE_LINES - 1);
    wrong = choose_bus(device);
    if (wrong == NULL)
        wrong = plug_check(device);
    if (wrong != NULL)
        return refuse(why, why_bytes, "%s: %s", who, wrong);
    g_device_count++;
    return 0;
}

int device_add_outside(const struct device_outside *outside, const char *arguments, char *why,
                       size_t why_bytes)
{
    struct device *device = &g_devices[g_device_count];

    if (g_device_count == DEVICE_LIMIT)
        return refuse(why, why_bytes, "more than %u devices", DEVICE_LIMIT);
    device->model = outside->model;
    device->model.state_bytes = device_outside_callbacks.state_bytes;
    device->model.init = device_outside_callbacks.init;
    device->model.read = device_outside_callbacks.read;
    device->model.write = device_outside_callbacks.write;
    device->model.timer = device_outside_callbacks.timer;
    device->model.unplug = device_outside_callbacks.unplug;
    device->outside = outside;
    if (dd_argument(arguments, "messages", 1) == 0)
        device->model.message_limit = 0;
    if (check_model(&device->model, why, why_bytes) != 0)
        return -1;
    return add(device, device->model.name, arguments, why, why_bytes);
}

int device_load(const char *path, const char *arguments, char *why, size_t why_bytes)
{
    struct device *device = &g_devices[g_device_count];
    const DD_DEVICE_MODEL *model;
    char reason[200] = "it refuses its arguments";

    if (g_device_count == DEVICE_LIMIT)
        return refuse(why, why_bytes, "%s: more than %u devices", path, DEVICE_LIMIT);
    model = open_model(path, why, why_bytes);
    if (model == NULL)
        return -1;
    device->model = *model;
    if ((model->configure != NULL &&
         model->configure(&device->model, arguments, reason, sizeof(reason)) != 0) ||
        check_model(&device->model, reason, sizeof(reason)) != 0)
        return refuse(why, why_bytes, "%s: %s", path, reason);
    return add(device, path, arguments, why, why_bytes);
}

int device_check(uint64_t ram_bytes, char *why, size_t why_bytes)
{
    for (uint32_t i = 0; i < g_device_count; i++)
        for (unsigned r = 0; r < DD_DEVICE_REGIONS; r++)
            if (g_devices[i].model.region[r].kind == DD_REGION_MEMORY32 &&
                ram_bytes > CONFIG_MEMORY32_BASE)
                return refuse(why, why_bytes,
                              "device %s needs addresses below 4 GiB: --ram at most %u",
                              g_devices[i].model.name, (unsigned)(CONFIG_MEMORY32_BASE >> 20));
    return 0;
}

const char *device_name(uint32_t index)
{
    return index < g_device_count ? g_devices[index].model.name : NULL;
}

bool device_is_display(uint32_t index, uint32_t *slot)
{
    const DD_DEVICE_MODEL *model = &g_devices[index < DEVICE_LIMIT ? index : 0].model;

    if (index >= g_device_count || model->bus != DD_BUS_PCI || model->base_class != 0x03)
        return false;
    *slot = CONFIG_FIRST_SLOT + index;
    return true;
}
