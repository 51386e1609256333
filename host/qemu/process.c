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

#define FIRMWARE_BYTES 65536u

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

struct ends { /* what the process keeps open */
    int ram, firmware, qtest, monitor, errors;
};

static _Noreturn void become_qemu(const struct qemu_words *words, uint64_t ram_bytes,
                                  const struct ends *ends, pid_t parent)
{
    const char *program = getenv("DRYDOCK_QEMU");
    char memory[160], bios[48], size[32], qtest[48], monitor[48];
    int null = open("/dev/null", O_RDWR);
    char *arguments[48 + 2 * QEMU_BACKEND_LIMIT * 2] = {
        (char *)(program != NULL && program[0] != '\0' ? program : "qemu-system-x86_64"),
        "-machine", "pc,memory-backend=ram,pit=off,hpet=on", "-accel", "tcg", "-icount",
        "shift=0,sleep=off", "-nodefaults", "-no-user-config", "-display", "none", "-bios", bios,
        "-m", size, "-object", memory, "-blockdev",
        "driver=null-co,read-zeroes=on,size=67108864,node-name=disk", "-chardev", qtest, "-object",
        "qtest,id=qtest,chardev=qtest,log=/dev/null", "-chardev", monitor, "-mon",
        "chardev=monitor,mode=control", "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"};
    size_t count = 0;
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    setpgid(0, 0); /* the terminal's signals are for the supervisor */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    while (arguments[count] != NULL)
        count++;
    for (unsigned i = 0; i < words->backend_count; i++) {
        arguments[count++] = (char *)words->backend[i].option;
        arguments[count++] = (char *)words->backend[i].text;
    }
    arguments[count++] = "-device";
    arguments[count] = (char *)words->device;
    snprintf(bios, sizeof(bios), "/proc/self/fd/%d", ends->firmware);
    snprintf(size, sizeof(size), "%lluM", (unsigned long long)(ram_bytes >> 20));
    snprintf(memory, sizeof(memory),
             "memory-backend-file,id=ram,mem-path=/proc/self/fd/%d,share=on,size=%s", ends->ram,
             size);
    snprintf(qtest, sizeof(qtest), "socket,id=qtest,fd=%d", ends->qtest);
    snprintf(monitor, sizeof(monitor), "socket,id=monitor,fd=%d", ends->monitor);
    dup2(null, 0);
    dup2(null, 1);
    dup2(ends->errors, 2);
    keep_open(ends->ram);
    keep_open(ends->firmware);
    keep_open(ends->qtest);
    keep_open(ends->monitor);
    execvp(arguments[0], arguments);
    if (errno == ENOENT)
        dprintf(2, "there is no program %s; Debian's package is qemu-system-x86\n", arguments[0]);
    else
        dprintf(2, "%s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

/* Two connected sockets for each of its two channels; -1 with none of them open. */
static int make_sockets(int qtest[2], int monitor[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qtest) != 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor) == 0)
        return 0;
    close(qtest[0]);
    close(qtest[1]);
    return -1;
}

int qemu_spawn(struct qemu *qemu, const struct qemu_words *words, int ram_fd, uint64_t ram_bytes)
{
    pid_t parent = getpid();
    int qtest[2], monitor[2], firmware = make_firmware();

    qemu->error_fd = memfd_create("errors", MFD_CLOEXEC);
    if (firmware < 0 || qemu->error_fd < 0 || make_sockets(qtest, monitor) != 0) {
        if (firmware >= 0)
            close(firmware);
        return -1;
    }
    qemu->child = fork();
    if (qemu->child == 0) {
        struct ends ends = {ram_fd, firmware, qtest[1], monitor[1], qemu->error_fd};

        become_qemu(words, ram_bytes, &ends, parent);
    }
    close(firmware);
    close(qtest[1]);
    close(monitor[1]);
    qemu->qtest.fd = qtest[0];
    qemu->monitor.fd = monitor[0];
    qemu->plugged = true;
    return qemu->child > 0 ? 0 : -1;
}

/* The first line that it wrote, without the program's name; warnings do not count. */
static bool last_words(struct qemu *qemu, char *text, size_t limit)
{
    char all[4096];
    ssize_t n = pread(qemu->error_fd, all, sizeof(all) - 1, 0);
    char *save = NULL;

    all[n > 0 ? n : 0] = '\0';
    for (char *line = strtok_r(all, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
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
    if (qemu->child > 0) {
        if (strcmp(what, "it has ended") != 0)
            kill(qemu->child, SIGKILL);
        while (waitpid(qemu->child, &status, 0) < 0 && errno == EINTR)
            ;
        qemu->child = -1;
    }
    if (last_words(qemu, words, sizeof(words)))
        snprintf(qemu->why, sizeof(qemu->why), "QEMU: %s", words);
    else if (WIFSIGNALED(status) && strcmp(what, "it has ended") == 0)
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
    if (qemu->qtest.fd > 0)
        close(qemu->qtest.fd);
    if (qemu->monitor.fd > 0)
        close(qemu->monitor.fd);
    if (qemu->error_fd > 0)
        close(qemu->error_fd);
    qemu->child = -1;
    qemu->qtest.fd = qemu->monitor.fd = qemu->error_fd = -1;
}
