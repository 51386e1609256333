/*
 * The sandbox of the machine process: each try runs in a fork that closes itself in and makes one
 * system call with the HAL's own instruction, as code that has taken over the process could.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hal/machine.h"
#include "hal/syscall.h"
#include "tap.h"

static int g_pair[2];
static int g_other_fd;
static char g_byte[4096];

enum { DONE = 40, FAILED };

static long call(long number, long a, long b, long c, long d, long e)
{
    return hal_syscall(number, a, b, c, d, e, 0);
}

static void leave(int status)
{
    call(SYS_exit_group, status, 0, 0, 0, 0);
}

/* Runs the call in a closed process; its wait status. */
static int try(long number, long a, long b, long c, long d, long e)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct machine machine = {.channel_fd = g_pair[1], .ram_fd = g_other_fd};

        signal(SIGSYS, SIG_DFL);
        g_machine = machine;
        if (sandbox_enter(&g_machine) != 0)
            _exit(FAILED);
        leave(call(number, a, b, c, d, e) >= 0 ? DONE : FAILED);
    }
    waitpid(child, &status, 0);
    return status;
}

static void refused(const char *name, long number, long a, long b, long c, long d, long e)
{
    int status = try(number, a, b, c, d, e);

    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s is refused (wait status 0x%x)", name,
       status);
}

static void allowed(const char *name, long number, long a, long b, long c, long d, long e)
{
    int status = try(number, a, b, c, d, e);

    ok(WIFEXITED(status) && WEXITSTATUS(status) == DONE, "%s works (wait status 0x%x)", name,
       status);
}

static void test_refused(void)
{
    struct iovec iov = {g_byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    refused("open", SYS_open, (long)"/etc/passwd", O_RDONLY, 0, 0, 0);
    refused("openat", SYS_openat, AT_FDCWD, (long)"/etc/passwd", O_RDONLY, 0, 0);
    refused("creat", SYS_creat, (long)"/tmp/drydock-escaped", 0600, 0, 0, 0);
    refused("unlink", SYS_unlink, (long)"/tmp/drydock-nothing", 0, 0, 0, 0);
    refused("execve", SYS_execve, (long)"/bin/true", 0, 0, 0, 0);
    refused("fork", SYS_fork, 0, 0, 0, 0, 0);
    refused("vfork", SYS_vfork, 0, 0, 0, 0, 0);
    refused("clone", SYS_clone, SIGCHLD, 0, 0, 0, 0);
    refused("clone3", SYS_clone3, 0, 0, 0, 0, 0);
    refused("socket", SYS_socket, AF_INET, SOCK_STREAM, 0, 0, 0);
    refused("connect", SYS_connect, g_pair[1], (long)g_byte, 2, 0, 0);
    refused("kill", SYS_kill, 1, 0, 0, 0, 0);
    refused("tgkill", SYS_tgkill, 1, 1, 0, 0, 0);
    refused("ptrace", SYS_ptrace, PTRACE_TRACEME, 0, 0, 0, 0);
    refused("process_vm_readv", SYS_process_vm_readv, 1, 0, 0, 0, 0);
    refused("prctl", SYS_prctl, 15, (long)g_byte, 0, 0, 0);
    refused("ioctl", SYS_ioctl, 0, 0x5413, (long)g_byte, 0, 0);
    refused("dup", SYS_dup, 0, 0, 0, 0, 0);
    refused("read", SYS_read, g_other_fd, (long)g_byte, 1, 0, 0);
    refused("write to standard output", SYS_write, 1, (long)g_byte, 0, 0, 0);
    refused("ftruncate of RAM", SYS_ftruncate, g_other_fd, 0, 0, 0, 0);
    refused("io_uring_setup", SYS_io_uring_setup, 1, (long)g_byte, 0, 0, 0);
    refused("bpf", SYS_bpf, 0, 0, 0, 0, 0);
    refused("userfaultfd", SYS_userfaultfd, 0, 0, 0, 0, 0);
    refused("memfd_create", SYS_memfd_create, (long)"x", 0, 0, 0, 0);
    refused("mmap of another file", SYS_mmap, 0x10000000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED,
            0);
    refused("sendmsg to another descriptor", SYS_sendmsg, g_pair[0], (long)&message, 0, 0, 0);
    refused("recvmsg from another descriptor", SYS_recvmsg, g_pair[0], (long)&message, MSG_DONTWAIT,
            0, 0);
    refused("seccomp", SYS_seccomp, 0, 0, 0, 0, 0);
}

static void test_allowed(void)
{
    struct iovec iov = {g_byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    allowed("sendmsg on the channel", SYS_sendmsg, g_pair[1], (long)&message, 0, 0, 0);
    allowed("mmap of RAM", SYS_mmap, 0x610000000000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED,
            g_other_fd);
}

int main(void)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, g_pair) != 0)
        abort();
    g_other_fd = memfd_create("ram", 0);
    if (g_other_fd < 0 || ftruncate(g_other_fd, 4096) != 0)
        abort();
    test_refused();
    test_allowed();
    return done_testing();
}
