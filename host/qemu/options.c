/*
 * What QEMU is told about one device: its -device argument from "NAME[,property=value...]", and the
 * drives and networks that the properties name. Leaves out: every other kind of backend.
 */
#include "qemu/qemu.h"

#include <string.h>

#include "qemu/board.h"

/*
 * What a device needs beyond its own properties. Devices that are not here get nothing. The random
 * numbers have a timer, of 65 seconds by default, that starts with a request: QEMU's time would
 * jump there, and the interrupt seem to come then.
 */
static const struct known_device {
    const char *name, *properties, *what;
} known_devices[] = {
    {"edu", "", "QEMU's teaching device: factorial, interrupts, DMA"},
    {"e1000", "romfile=", "Intel gigabit Ethernet 82540EM"},
    {"e1000e", "romfile=", "Intel gigabit Ethernet 82574L, with MSI-X"},
    {"nvme", "drive=disk,serial=drydock", "NVM Express controller with one namespace"},
    {"virtio-net-pci", "romfile=", "virtio network device"},
    {"virtio-blk-pci", "drive=disk", "virtio block device"},
    {"virtio-rng-pci", "period=1", "virtio random numbers, which do not repeat"},
};
#define KNOWN_COUNT (sizeof(known_devices) / sizeof(known_devices[0]))

void qemu_print_help(FILE *to)
{
    fputs("--qemu-device NAME[,property=value...]: a device that QEMU plays; these were tried:\n\n",
          to);
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        fprintf(to, "  %-15s %s\n", known_devices[i].name, known_devices[i].what);
    fputs("\nAny other PCI device of QEMU's that needs no further object may do. Properties are "
          "QEMU's;\n"
          "irq=N, lose=N, twice=N, late-irq=US, ones-at=N, ones-for=N, gone-after=N, arrives=MS,\n"
          "leaves=MS and returns=MS are Drydock's, as for --device, and so is messages=0: its line "
          "in\n"
          "place of messages.\n\n"
          "A disk is 64 MiB of zeros that forget what is written, a network is not connected, "
          "unless\n"
          "the device names one of these with drive=ID or netdev=ID; other properties are those of "
          "QEMU's\n"
          "-blockdev and -netdev:\n"
          "  --qemu-drive file=PATH,id=ID[,format=raw|qcow2|...][,readonly=on]\n"
          "  --qemu-netdev user,id=ID\n\n"
          "$DRYDOCK_QEMU is the program to start (qemu-system-x86_64).\n",
          to);
}

static const char *own_properties(const char *name)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(name, known_devices[i].name) == 0)
            return known_devices[i].properties;
    return "";
}

/* The first property in a list that begins with "name=", of name_bytes; NULL without it. */
static const char *find_property(const char *list, const char *name, size_t name_bytes)
{
    for (const char *at = list; at != NULL && *at != '\0';) {
        if (strncmp(at, name, name_bytes) == 0 && at[name_bytes] == '=')
            return at + name_bytes + 1;
        at = strchr(at, ',');
        at += at != NULL;
    }
    return NULL;
}

/* Properties are QEMU's own unless they are named here. */
static bool is_ours(const char *property)
{
    static const char *const ours[] = {
        "irq=",    "lose=",    "gone-after=", "messages=", "twice=",   "arrives=",
        "leaves=", "returns=", "ones-at=",    "ones-for=", "late-irq="};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strncmp(property, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

static size_t append(struct qemu_words *words, size_t used, const char *property, size_t bytes)
{
    size_t room = used < sizeof(words->device) ? sizeof(words->device) - used : 0;

    return used + (size_t)snprintf(words->device + (room != 0 ? used : 0), room, ",%.*s",
                                   (int)bytes, property);
}

/* The argument of -device: what the device needs unless it is given, then what is given. */
static size_t write_device(struct qemu_words *words, const char *name, const char *given)
{
    size_t used = (size_t)snprintf(words->device, sizeof(words->device), "%s,id=device,addr=%02x.0",
                                   name, BOARD_SLOT);

    for (const char *at = own_properties(name); *at != '\0'; at += *at == ',') {
        size_t bytes = strcspn(at, ",");

        if (find_property(given, at, strcspn(at, "=")) == NULL)
            used = append(words, used, at, bytes);
        at += bytes;
    }
    for (const char *at = given; *at != '\0'; at += *at == ',') {
        size_t bytes = strcspn(at, ",");

        if (bytes != 0 && !is_ours(at))
            used = append(words, used, at, bytes);
        at += bytes;
    }
    return used;
}

/* Whether both lists have these properties, with the same value. */
static bool agree(const char *list, const char *name, const char *other, const char *other_name)
{
    const char *value = find_property(list, name, strlen(name));
    const char *other_value = find_property(other, other_name, strlen(other_name));
    size_t bytes = value != NULL ? strcspn(value, ",") : 0;

    return value != NULL && other_value != NULL && bytes == strcspn(other_value, ",") &&
           strncmp(value, other_value, bytes) == 0;
}

/* -drive would end the disk with the device, and one that is plugged in again would find none. */
static size_t write_blockdev(struct qemu_word *word, const char *given)
{
    static const struct {
        const char *given, *written;
    } names[] = {{"file", "file.filename"},
                 {"id", "node-name"},
                 {"format", "driver"},
                 {"readonly", "read-only"}};
    size_t limit = sizeof(word->text), used;

    used = (size_t)snprintf(word->text, limit, "file.driver=file%s",
                            find_property(given, "format", 6) == NULL ? ",driver=raw" : "");
    for (const char *at = given; *at != '\0' && used < limit; at += *at == ',') {
        size_t bytes = strcspn(at, ","), key = strcspn(at, "=,");
        const char *name = NULL;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && name == NULL; i++)
            if (strlen(names[i].given) == key && strncmp(at, names[i].given, key) == 0)
                name = names[i].written;
        used += name != NULL
                    ? (size_t)snprintf(word->text + used, limit - used, ",%s%.*s", name,
                                       (int)(bytes - key), at + key)
                    : (size_t)snprintf(word->text + used, limit - used, ",%.*s", (int)bytes, at);
        at += bytes;
    }
    return used;
}

static size_t write_backend(struct qemu_word *word, const struct qemu_backend *backend)
{
    word->option = backend->kind == QEMU_DRIVE ? "-blockdev" : "-netdev";
    if (backend->kind == QEMU_DRIVE)
        return write_blockdev(word, backend->text);
    return (size_t)snprintf(word->text, sizeof(word->text), "%s", backend->text);
}

int qemu_choose_words(struct qemu_words *words, const char *name, const char *given,
                      const struct qemu_backends *backends)
{
    memset(words, 0, sizeof(*words));
    if (write_device(words, name, given) >= sizeof(words->device))
        return -1;
    for (unsigned i = 0; i < backends->count; i++) {
        const struct qemu_backend *backend = &backends->backend[i];
        struct qemu_word *word = &words->backend[words->backend_count];

        if (!agree(given, backend->kind == QEMU_DRIVE ? "drive" : "netdev", backend->text, "id"))
            continue;
        if (write_backend(word, backend) >= sizeof(word->text))
            return -1;
        words->backend_count++;
    }
    return 0;
}

const char *qemu_check_backend(const struct qemu_backend *backend)
{
    const char *id = find_property(backend->text, "id", 2);

    if (id == NULL || *id == '\0' || *id == ',')
        return "id=NAME is missing, by which devices name it";
    if (backend->kind == QEMU_DRIVE && find_property(backend->text, "file", 4) == NULL)
        return "file=PATH is missing";
    return NULL;
}
