/* Starts and ends the machine process. See supervisor.h. */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hal/channel.h"
#include "hal/device.h"
#include "supervisor/signals.h"

/* One run of data of a sparse image into RAM, which is zero elsewhere. */
static int copy_extent(int from, uint8_t *ram, uint64_t at, uint64_t end)
{
    while (at < end) {
        ssize_t n = pread(from, ram + at, end - at, (off_t)at);

        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (uint64_t)n : 0;
    }
    return 0;
}

static int copy_ram_image(int from, uint8_t *ram, uint64_t bytes)
{
    uint64_t at = 0;
    int error = 0;

    while (error == 0 && at < bytes) {
        off_t data = lseek(from, (off_t)at, SEEK_DATA), hole;

        if (data < 0 || (uint64_t)data >= bytes)
            return data >= 0 || errno == ENXIO ? 0 : -errno;
        hole = lseek(from, data, SEEK_HOLE);
        at = hole < 0 || (uint64_t)hole > bytes ? bytes : (uint64_t)hole;
        error = copy_extent(from, ram, (uint64_t)data, at);
    }
    return error;
}

static uint64_t loader_physical(void)
{
    return (uint64_t)((uint8_t *)memory_translate(HAL_LOADER_VA, true) - g_machine.ram);
}

static _Noreturn void restore_machine(const struct supervisor_restore *restore, int image)
{
    int error = copy_ram_image(image, g_machine.ram, g_machine.ram_pages * HAL_PAGE_SIZE);

    device_reserve();
    g_machine.root_pfn = restore->root_pfn;
    if (error != 0 || memory_translate(HAL_LOADER_VA, true) == NULL || machine_map_all() != 0)
        machine_stop(HAL_STOP_DEFECT, 0, 0, 0);
    g_machine.loader = (HAL_LOADER_BLOCK *)(g_machine.ram + loader_physical());
    if (device_attach() != 0)
        machine_stop(HAL_STOP_DEFECT, (uint64_t)(int64_t)-EINVAL, 0, 0);
    machine_resume(restore->rsp, restore->gs_base);
}

static _Noreturn void boot_machine(const struct machine_options *options)
{
    uint64_t entry = 0;
    int error;

    device_reserve();
    error = machine_load_kernel(options, &entry);
    if (error == 0)
        error = machine_map_all();
    if (error == 0)
        error = device_init();
    if (error != 0)
        machine_stop(HAL_STOP_DEFECT, (uint64_t)(int64_t)error, 0, 0);
    machine_enter(entry, HAL_BOOT_STACK_TOP, HAL_LOADER_VA);
}

static _Noreturn void run_machine(struct supervisor *supervisor, int channel_fd,
                                  const struct machine_options *options,
                                  const struct supervisor_restore *restore, int image)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A handler that it inherited would end in a system call from outside the HAL: its signal
     * return. */
    ending_signals_leave();
    g_machine = (struct machine){.ram_fd = supervisor->ram_fd,
                                 .channel_fd = channel_fd,
                                 .doorbell_fd = supervisor->doorbell_fd,
                                 .ram = supervisor->ram,
                                 .ram_pages = supervisor->ram_bytes / HAL_PAGE_SIZE,
                                 .save_at = options->save_at,
                                 .watchdog_ms = options->watchdog_ms};
    if (restore != NULL)
        restore_machine(restore, image);
    boot_machine(options);
}

int supervisor_create_ram(struct supervisor *supervisor, uint64_t bytes)
{
    int error = machine_create_ram(bytes, &supervisor->ram_fd, &supervisor->ram);

    if (error != 0)
        return error;
    supervisor->ram_bytes = bytes;
    supervisor->child = -1;
    supervisor->channel_fd = -1;
    supervisor->doorbell_fd = -1;
    return 0;
}

/* Forks with the ending signals blocked, so that the child gets none before it ignores them. */
static pid_t fork_blocked(void)
{
    sigset_t before;
    pid_t child;

    ending_signals_hold(&before);
    child = fork();
    if (child != 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}

int supervisor_start(struct supervisor *supervisor, const struct machine_options *options,
                     const struct supervisor_restore *restore, int ram_image_fd)
{
    int pair[2];
    int error = supervisor->ram != NULL ? 0 : supervisor_create_ram(supervisor, options->ram_bytes);

    if (error != 0)
        return error;
    supervisor->doorbell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (supervisor->doorbell_fd < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        error = -errno;
        supervisor_end(supervisor);
        return error;
    }
    for (int i = 0; i < 2; i++) {
        int bytes = (int)CHANNEL_MAX_PACKET * 4;

        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    }
    supervisor->child = fork_blocked();
    if (supervisor->child == 0) {
        close(pair[0]);
        run_machine(supervisor, pair[1], options, restore, ram_image_fd);
    }
    close(pair[1]);
    supervisor->channel_fd = pair[0];
    if (supervisor->child < 0) {
        supervisor_end(supervisor);
        return -EAGAIN;
    }
    mprotect(supervisor->ram, supervisor->ram_bytes, PROT_READ);
    return 0;
}

void supervisor_end(struct supervisor *supervisor)
{
    if (supervisor->child > 0) {
        kill(supervisor->child, SIGKILL);
        while (waitpid(supervisor->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (supervisor->channel_fd >= 0)
        close(supervisor->channel_fd);
    if (supervisor->doorbell_fd >= 0)
        close(supervisor->doorbell_fd);
    munmap(supervisor->ram, supervisor->ram_bytes);
    close(supervisor->ram_fd);
    supervisor->ram = NULL;
    supervisor->child = -1;
}
