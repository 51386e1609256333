/*
 * The QEMU process: a PC with the one device, no BIOS to speak of, no disk, no network. Its
 * processor halts at the first instruction, so nothing moves its virtual time but the device's own
 * timers (-icount with sleep=off: time jumps to the next one). The accelerator that QEMU has for
 * this purpose, qtest, is not in Debian's build; TCG with a halted processor does as well.
 */
#include "qemu/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qemu/board.h"

#define FIRMWARE_BYTES 65536u

/* What a device needs beyond its own properties. Devices that are not here get nothing. */
static const struct known_device {
    const char *name, *properties, *what;
} known_devices[] = {
    {"edu", "", "QEMU's teaching device: factorial, interrupts, DMA"},
    {"e1000", "romfile=", "Intel gigabit Ethernet; no network is connected"},
    {"nvme", "drive=disk,serial=drydock", "NVM Express controller; a disk of 64 MiB that reads as zeros"},
    {"virtio-net-pci", "romfile=", "virtio network; no network is connected"},
    {"virtio-blk-pci", "drive=disk", "virtio block device; a disk of 64 MiB that reads as zeros"},
    {"virtio-rng-pci", "", "virtio random numbers, which do not repeat"},
};
#define KNOWN_COUNT (sizeof(known_devices) / sizeof(known_devices[0]))

void qemu_print_help(FILE *to)
{
    fputs("--qemu-device NAME[,property=value...]: a device that QEMU plays; these were tried:\n\n", to);
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        fprintf(to, "  %-15s %s\n", known_devices[i].name, known_devices[i].what);
    fputs("\nAny other PCI device of QEMU's that needs no further object may do. Properties are QEMU's;\n"
          "irq=N, lose=N and gone-after=N are Drydock's, as for --device, and so is messages=0: its line\n"
          "in place of messages.\n"
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

/* Properties are QEMU's own unless they are named here. */
static bool is_ours(const char *property)
{
    static const char *const ours[] = {"irq=", "lose=", "gone-after=", "messages="};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strncmp(property, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

/* The argument of -device. */
static void write_device(const char *name, const char *device, char *text, size_t limit)
{
    const char *own = own_properties(name), *at = strchr(device, ',');
    size_t used = (size_t)snprintf(text, limit, "%s,id=device,addr=%02x.0%s%s", name, BOARD_SLOT,
                                   own[0] != '\0' ? "," : "", own);

    while (at != NULL && used < limit) {
        size_t bytes = strcspn(at + 1, ",");

        if (!is_ours(at + 1))
            used += (size_t)snprintf(text + used, limit - used, ",%.*s", (int)bytes, at + 1);
        at = strchr(at + 1, ',');
    }
}

/* A BIOS that halts: at the reset vector cli, hlt, and back to the hlt. */
static int make_firmware(void)
{
    static const uint8_t code[] = {0xFA, 0xF4, 0xEB, 0xFD};
    int fd = memfd_create("firmware", MFD_CLOEXEC);

    if (fd >= 0 && (ftruncate(fd, FIRMWARE_BYTES) != 0 ||
                    pwrite(fd, code, sizeof(code), FIRMWARE_BYTES - 16) != sizeof(code))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void keep_open(int fd)
{
    fcntl(fd, F_SETFD, 0);
}

static _Noreturn void become_qemu(const char *device, int ram_fd, uint64_t ram_bytes, int firmware,
                                  int socket_fd, int error_fd, pid_t parent)
{
    const char *program = getenv("DRYDOCK_QEMU");
    char memory[160], bios[48], size[32], chardev[48];
    int null = open("/dev/null", O_RDWR);
    char *arguments[] = {
        (char *)(program != NULL && program[0] != '\0' ? program : "qemu-system-x86_64"),
        "-machine", "pc,memory-backend=ram,pit=off,hpet=on", "-accel", "tcg", "-icount",
        "shift=0,sleep=off", "-nodefaults", "-no-user-config", "-display", "none", "-bios", bios,
        "-m", size, "-object", memory, "-blockdev",
        "driver=null-co,read-zeroes=on,size=67108864,node-name=disk", "-chardev", chardev, "-object",
        "qtest,id=qtest,chardev=qtest,log=/dev/null", "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", "-device",
        (char *)device, NULL};
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    setpgid(0, 0); /* the terminal's signals are for the supervisor */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(bios, sizeof(bios), "/proc/self/fd/%d", firmware);
    snprintf(size, sizeof(size), "%lluM", (unsigned long long)(ram_bytes >> 20));
    snprintf(memory, sizeof(memory),
             "memory-backend-file,id=ram,mem-path=/proc/self/fd/%d,share=on,size=%s", ram_fd, size);
    snprintf(chardev, sizeof(chardev), "socket,id=qtest,fd=%d", socket_fd);
    dup2(null, 0);
    dup2(null, 1);
    dup2(error_fd, 2);
    keep_open(ram_fd);
    keep_open(firmware);
    keep_open(socket_fd);
    execvp(arguments[0], arguments);
    if (errno == ENOENT)
        dprintf(2, "there is no program %s; Debian's package is qemu-system-x86\n", arguments[0]);
    else
        dprintf(2, "%s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

int qemu_spawn(struct qemu *qemu, const char *device, int ram_fd, uint64_t ram_bytes)
{
    char text[600];
    pid_t parent = getpid();
    int pair[2], firmware = make_firmware();

    write_device(qemu->name, device, text, sizeof(text));
    qemu->error_fd = memfd_create("errors", MFD_CLOEXEC);
    if (firmware < 0 || qemu->error_fd < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        if (firmware >= 0)
            close(firmware);
        return -1;
    }
    qemu->child = fork();
    if (qemu->child == 0)
        become_qemu(text, ram_fd, ram_bytes, firmware, pair[1], qemu->error_fd, parent);
    close(firmware);
    close(pair[1]);
    qemu->fd = pair[0];
    return qemu->child > 0 ? 0 : -1;
}

/* The first line that it wrote, without the program's name; warnings do not count. */
static bool last_words(struct qemu *qemu, char *text, size_t limit)
{
    char all[4096];
    ssize_t n = pread(qemu->error_fd, all, sizeof(all) - 1, 0);
    char *save = NULL;

    all[n > 0 ? n : 0] = '\0';
    for (char *line = strtok_r(all, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        const char *colon = strstr(line, ": ");

        if (strstr(line, "warning:") != NULL)
            continue;
        snprintf(text, limit, "%s",
                 strncmp(line, "qemu-system", 11) == 0 && colon != NULL ? colon + 2 : line);
        return true;
    }
    return false;
}

void qemu_fail(struct qemu *qemu, const char *what)
{
    char words[300] = "";
    int status = 0;

    if (qemu->failed)
        return;
    qemu->failed = true;
    if (strcmp(what, "it has ended") == 0)
        while (waitpid(qemu->child, &status, 0) < 0 && errno == EINTR)
            ;
    else
        kill(qemu->child, SIGKILL);
    if (strcmp(what, "it has ended") == 0)
        qemu->child = -1;
    if (last_words(qemu, words, sizeof(words)))
        snprintf(qemu->why, sizeof(qemu->why), "QEMU: %s", words);
    else if (WIFSIGNALED(status))
        snprintf(qemu->why, sizeof(qemu->why), "QEMU was ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(qemu->why, sizeof(qemu->why), "QEMU: %s", what);
}

void qemu_stop(struct qemu *qemu)
{
    if (qemu->child > 0) {
        kill(qemu->child, SIGKILL);
        while (waitpid(qemu->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (qemu->fd > 0)
        close(qemu->fd);
    if (qemu->error_fd > 0)
        close(qemu->error_fd);
    qemu->child = -1;
    qemu->fd = qemu->error_fd = -1;
}
