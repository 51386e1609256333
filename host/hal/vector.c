/* The HAL calls: what hal.h's vector points to. They run on the host stack; guest memory is read by
 * translation. */
#include "hal/channel.h"
#include "hal/device.h"
#include "hal/machine.h"
#include "hal/syscall.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Each thunk of enter.S calls its hal_do_ function. */
#define HAL_DO(name) hal_do_##name
int64_t HAL_CALL hal_do_map(uint64_t va, uint64_t pfn, uint64_t pages, uint64_t pte_flags);
int64_t HAL_CALL hal_do_unmap(uint64_t va, uint64_t pages);
int64_t HAL_CALL hal_do_protect(uint64_t va, uint64_t pages, uint64_t pte_flags);
int64_t HAL_CALL hal_do_write(uint64_t stream, uint64_t va, uint64_t bytes,
                              uint64_t virtual_time_100ns);
int64_t HAL_CALL hal_do_file(uint64_t request_va);
int64_t HAL_CALL hal_do_next_command(uint64_t command_va);
int64_t HAL_CALL hal_do_stop(uint64_t kind, uint64_t argument);
uint64_t HAL_CALL hal_do_real_time(void);
void machine_poll_doorbell(const struct timespec *patience)
{
    struct pollfd poller = {g_machine.doorbell_fd, POLLIN, 0};
    struct timespec left = patience != NULL ? *patience : (struct timespec){0};
    uint64_t rings;

    if (hal_syscall(SYS_ppoll, (long)&poller, 1, patience != NULL ? (long)&left : 0, 0, 8, 0) <= 0)
        return;
    hal_syscall(SYS_read, g_machine.doorbell_fd, (long)&rings, sizeof(rings), 0, 0, 0);
    if (rings >= CHANNEL_TIME_IS_UP)
        g_machine.loader->time_is_up = 1;
    else
        g_machine.loader->doorbell = 1;
}

int64_t HAL_CALL hal_do_wait(uint64_t timeout_100ns);
int64_t HAL_CALL hal_do_safe_point(uint64_t count, uint64_t rsp);
int64_t HAL_CALL hal_do_read_input(uint64_t va, uint64_t bytes);
int64_t HAL_CALL hal_do_gpu(uint64_t info_va);
int64_t HAL_CALL hal_do_device(uint64_t operation, uint64_t index, uint64_t argument);
int64_t HAL_CALL hal_do_hive(uint64_t request_va);
int64_t HAL_CALL hal_do_verify_image(uint64_t request_va);

extern const char hal_thunk_map[], hal_thunk_unmap[], hal_thunk_protect[], hal_thunk_write[],
    hal_thunk_file[], hal_thunk_next_command[], hal_thunk_stop[], hal_thunk_real_time[],
    hal_thunk_wait[], hal_thunk_safe_point[], hal_thunk_read_input[], hal_thunk_gpu[],
    hal_thunk_device[], hal_thunk_hive[], hal_thunk_verify_image[];

static uint8_t packet[CHANNEL_MAX_PACKET]; /* one request at a time */

int vector_install(void)
{
    HAL_VECTOR *vector = mmap((void *)HAL_VECTOR_VA, HAL_PAGE_SIZE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    const char *thunks[] = {hal_thunk_map,        hal_thunk_unmap,      hal_thunk_protect,
                            hal_thunk_write,      hal_thunk_file,       hal_thunk_next_command,
                            hal_thunk_stop,       hal_thunk_real_time,  hal_thunk_wait,
                            hal_thunk_safe_point, hal_thunk_read_input, hal_thunk_gpu,
                            hal_thunk_device,     hal_thunk_hive,       hal_thunk_verify_image};

    if (vector == MAP_FAILED)
        return -errno;
    vector->version = HAL_ABI_VERSION;
    vector->entries = sizeof(thunks) / sizeof(thunks[0]);
    _Static_assert(offsetof(HAL_VECTOR, map) + sizeof(thunks) == sizeof(HAL_VECTOR),
                   "one thunk a call");
    memcpy(&vector->map, thunks, sizeof(thunks));
    return mprotect(vector, HAL_PAGE_SIZE, PROT_READ) == 0 ? 0 : -errno;
}

/* ---- channel, by raw system calls ---- */

static void channel_lost(void)
{
    hal_syscall(SYS_exit_group, 1, 0, 0, 0, 0,
                0); /* the supervisor is gone: nobody is left to tell */
    __builtin_unreachable();
}

static void channel_send(uint32_t kind, const void *body, size_t bytes)
{
    struct channel_header header = {kind, (uint32_t)bytes};
    struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)body, bytes}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
    long result;

    do {
        result =
            hal_syscall(SYS_sendmsg, g_machine.channel_fd, (long)&message, MSG_NOSIGNAL, 0, 0, 0);
    } while (result == -EINTR);
    if (result < 0)
        channel_lost();
}

/* Receives one packet of the kind into body; returns its body's length. */
static size_t channel_receive(uint32_t kind, void *body, size_t capacity)
{
    struct channel_header header;
    struct iovec iov[2] = {{&header, sizeof(header)}, {body, capacity}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
    long result;

    do {
        result = hal_syscall(SYS_recvmsg, g_machine.channel_fd, (long)&message, 0, 0, 0, 0);
    } while (result == -EINTR);
    if (result < (long)sizeof(header) || header.kind != kind)
        channel_lost();
    return (size_t)result - sizeof(header);
}

_Noreturn void machine_stop(uint32_t kind, uint64_t argument, uint32_t trap_signal, uint64_t rip)
{
    struct channel_stop stop = {kind, trap_signal, argument, rip};

    channel_send(CHANNEL_STOP, &stop, sizeof(stop));
    hal_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

/* A guest kernel that hands the HAL bad memory is a defect of Drydock. */
static _Noreturn void bad_call(uint64_t argument)
{
    machine_stop(HAL_STOP_DEFECT, 0, 0, argument);
}

/* ---- calls ---- */

/* A machine that talks is not stuck. Part of RAM, so only for calls that every run of the same
 * machine makes. */
static void note_progress(void)
{
    g_machine.loader->progress++;
}

int64_t HAL_CALL hal_do_map(uint64_t va, uint64_t pfn, uint64_t pages, uint64_t pte_flags)
{
    return memory_map(va, pfn, pages, pte_flags);
}

int64_t HAL_CALL hal_do_unmap(uint64_t va, uint64_t pages)
{
    return memory_unmap(va, pages);
}

int64_t HAL_CALL hal_do_protect(uint64_t va, uint64_t pages, uint64_t pte_flags)
{
    return memory_protect(va, pages, pte_flags);
}

int64_t HAL_CALL hal_do_write(uint64_t stream, uint64_t va, uint64_t bytes,
                              uint64_t virtual_time_100ns)
{
    static const struct timespec at_once;

    note_progress();
    while (bytes != 0) {
        struct channel_console *console = (void *)packet;
        uint64_t piece = bytes > 32768 ? 32768 : bytes;

        *console = (struct channel_console){stream, piece, virtual_time_100ns};
        if (!memory_read(va, console + 1, piece))
            return HAL_E_INVALID;
        channel_send(CHANNEL_CONSOLE, packet, sizeof(*console) + piece);
        va += piece;
        bytes -= piece;
    }
    /* who writes much is told to wait: the clock's next tick would come too late for that */
    if (g_machine.loader->flags & HAL_FLAG_BOOTED)
        machine_poll_doorbell(&at_once);
    return HAL_OK;
}

static uint64_t virtual_now(void)
{
    uint64_t time = 0;

    memory_read(HAL_KUSER_VA + 8, &time, sizeof(time));
    return time;
}

int64_t HAL_CALL hal_do_file(uint64_t request_va)
{
    struct channel_file *file = (void *)packet;
    HAL_FILE_REQUEST request;
    uint8_t *tail = (uint8_t *)(file + 1);
    size_t received;

    note_progress();
    if (!memory_read(request_va, &request, sizeof(request)) || request.length > HAL_FILE_CHUNK ||
        request.path_bytes > CHANNEL_MAX_PATH)
        return HAL_E_INVALID;
    *file = (struct channel_file){request, request.path_bytes, 0, virtual_now()};
    if (!memory_read(request.path, tail, request.path_bytes))
        return HAL_E_INVALID;
    if (request.operation == HAL_FILE_WRITE) {
        file->data_bytes = request.length;
        if (!memory_read(request.buffer, tail + request.path_bytes, request.length))
            return HAL_E_INVALID;
    }
    channel_send(CHANNEL_FILE, packet, sizeof(*file) + file->path_bytes + file->data_bytes);
    received = channel_receive(CHANNEL_FILE, packet, sizeof(packet));
    if (received < sizeof(*file) || file->data_bytes > received - sizeof(*file) ||
        file->data_bytes > request.length)
        channel_lost();
    file->request.buffer = request.buffer; /* guest addresses never come from outside */
    file->request.path = request.path;
    if (!memory_write(request.buffer, tail, file->data_bytes) ||
        !memory_write(request_va, &file->request, sizeof(file->request)))
        return HAL_E_INVALID;
    return HAL_OK;
}

int64_t HAL_CALL hal_do_next_command(uint64_t command_va)
{
    HAL_COMMAND *command = (void *)packet;

    note_progress();
    if (!memory_read(command_va, command, sizeof(*command)))
        return HAL_E_INVALID;
    channel_send(CHANNEL_COMMAND, command, offsetof(HAL_COMMAND, text));
    if (channel_receive(CHANNEL_COMMAND, packet, sizeof(packet)) != sizeof(*command))
        channel_lost();
    return memory_write(command_va, command, sizeof(*command)) ? HAL_OK : HAL_E_INVALID;
}

int64_t HAL_CALL hal_do_stop(uint64_t kind, uint64_t argument)
{
    if (kind > HAL_STOP_TIME_IS_UP)
        bad_call(kind);
    machine_stop((uint32_t)kind, argument, 0, 0);
}

uint64_t HAL_CALL hal_do_real_time(void)
{
    struct timespec now;

    if (!(g_machine.loader->flags & HAL_FLAG_REAL_CLOCK))
        return (uint64_t)HAL_E_DENIED;
    hal_syscall(SYS_clock_gettime, CLOCK_REALTIME, (long)&now, 0, 0, 0, 0);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000u + (uint64_t)now.tv_nsec / 100;
}

int64_t HAL_CALL hal_do_wait(uint64_t timeout_100ns)
{
    struct timespec pause = {(time_t)(timeout_100ns / 10000000),
                             (long)(timeout_100ns % 10000000) * 100};

    if (!(g_machine.loader->flags & HAL_FLAG_REAL_CLOCK))
        return HAL_E_DENIED;
    if (g_machine.loader->doorbell ==
        0) /* else a write has heard it already, and it rings no more */
        machine_poll_doorbell(timeout_100ns == UINT64_MAX ? NULL : &pause);
    return HAL_OK;
}

int64_t HAL_CALL hal_do_safe_point(uint64_t count, uint64_t rsp)
{
    struct channel_save save = {rsp, __builtin_ia32_rdgsbase64(), count};

    if (g_machine.save_at == 0 || ++g_machine.safe_points != g_machine.save_at)
        return HAL_OK;
    channel_send(CHANNEL_SAVE, &save, sizeof(save));
    channel_receive(CHANNEL_SAVE, packet, sizeof(packet));
    return HAL_OK;
}

int64_t HAL_CALL hal_do_read_input(uint64_t va, uint64_t bytes)
{
    struct channel_input input = {(uint32_t)bytes};
    size_t received;

    if (bytes == 0 || bytes > HAL_INPUT_CHUNK)
        return HAL_E_INVALID;
    channel_send(CHANNEL_INPUT, &input, sizeof(input));
    received = channel_receive(CHANNEL_INPUT, packet, sizeof(packet));
    if (received > bytes)
        channel_lost();
    return memory_write(va, packet, received) ? (int64_t)received : HAL_E_INVALID;
}

int64_t HAL_CALL hal_do_gpu(uint64_t info_va)
{
    HAL_GPU_INFO *info = (void *)packet;
    struct channel_gpu request = {.virtual_time_100ns = virtual_now()};

    note_progress();
    if (!memory_read(info_va, info, sizeof(*info)))
        return HAL_E_INVALID;
    request.index = info->index;
    channel_send(CHANNEL_GPU, &request, sizeof(request));
    if (channel_receive(CHANNEL_GPU, packet, sizeof(packet)) != sizeof(*info))
        channel_lost();
    return memory_write(info_va, info, sizeof(*info)) ? HAL_OK : HAL_E_INVALID;
}

int64_t HAL_CALL hal_do_device(uint64_t operation, uint64_t index, uint64_t argument)
{
    return device_call(operation, index, argument);
}

int64_t HAL_CALL hal_do_hive(uint64_t request_va)
{
    struct channel_hive *hive = (void *)packet;
    HAL_HIVE_REQUEST request;
    size_t received;

    note_progress();
    if (!memory_read(request_va, &request, sizeof(request)) || request.length > HAL_HIVE_CHUNK)
        return HAL_E_INVALID;
    if (!(g_machine.loader->flags & HAL_FLAG_REGISTRY) && request.hive != HAL_HIVE_SCRATCH)
        return HAL_E_DENIED;
    *hive = (struct channel_hive){.request = request};
    if (request.operation == HAL_HIVE_CHANGE || request.operation == HAL_HIVE_PARSE) {
        hive->data_bytes = request.length;
        if (!memory_read(request.buffer, hive + 1, request.length))
            return HAL_E_INVALID;
    }
    channel_send(CHANNEL_HIVE, packet, sizeof(*hive) + hive->data_bytes);
    received = channel_receive(CHANNEL_HIVE, packet, sizeof(packet));
    if (received < sizeof(*hive) || hive->data_bytes > received - sizeof(*hive) ||
        hive->data_bytes > request.length)
        channel_lost();
    hive->request.buffer = request.buffer; /* guest addresses never come from outside */
    if (!memory_write(request.buffer, hive + 1, hive->data_bytes) ||
        !memory_write(request_va, &hive->request, sizeof(hive->request)))
        return HAL_E_INVALID;
    return HAL_OK;
}

int64_t HAL_CALL hal_do_verify_image(uint64_t request_va)
{
    HAL_SIGN_REQUEST request, answer;

    note_progress();
    if (!memory_read(request_va, &request, sizeof(request)) || request.bytes > HAL_SIGN_LIMIT)
        return HAL_E_INVALID;
    channel_send(CHANNEL_SIGN, &request, sizeof(request));
    if (channel_receive(CHANNEL_SIGN, &answer, sizeof(answer)) != sizeof(answer))
        channel_lost();
    answer.image = request.image;
    return memory_write(request_va, &answer, sizeof(answer)) ? HAL_OK : HAL_E_INVALID;
}

/* Called as device_log is. */
void device_ask_outside(struct channel_qemu *access)
{
    channel_send(CHANNEL_QEMU, access, sizeof(*access));
    if (channel_receive(CHANNEL_QEMU, access, sizeof(*access)) != sizeof(*access))
        channel_lost();
}

/* Not in device.c: the channel is here. Called between two instructions of the guest, so packet is
 * free. */
void device_log(const char *format, ...)
{
    struct channel_console *console = (void *)packet;
    va_list arguments;
    int bytes;

    va_start(arguments, format);
    bytes = vsnprintf((char *)(console + 1), 512, format, arguments);
    va_end(arguments);
    bytes = bytes < 0 ? 0 : bytes > 511 ? 511 : bytes;
    *console = (struct channel_console){HAL_STREAM_LOG, (uint32_t)bytes, virtual_now()};
    channel_send(CHANNEL_CONSOLE, packet, sizeof(*console) + (size_t)bytes);
}
