/*
 * QEMU's NVM Express controller: reset, admin queues, IDENTIFY by DMA, an I/O queue pair with a
 * message of its own, blocks written and read. [doc: NVM Express Base Specification 1.4, 3.1 and 5]
 * The disk may be a file that the test has filled (its first block begins with "drydock disk").
 */
#include <initguid.h>
#include <ntddk.h>
#include <wdmguid.h>

#include "qemu_device.h"

enum {
    CAP = 0x00,
    VS = 0x08,
    CC = 0x14,
    CSTS = 0x1C,
    AQA = 0x24,
    ASQ = 0x28,
    ACQ = 0x30,
    DOORBELLS = 0x1000
};
enum { DELETE_SQ = 0x00, CREATE_SQ = 0x01, CREATE_CQ = 0x05, IDENTIFY = 0x06 };
enum { FLUSH = 0x00, WRITE = 0x01, READ = 0x02 };
#define ENTRIES 8u
#define READY 1u
#define BLOCK_BYTES 512u
#define TURNS 1000 /* of 1 ms: then it does not become ready */

/* Where things are in the common buffer. */
enum { ADMIN_SQ = 0x0000, ADMIN_CQ = 0x1000, IO_SQ = 0x2000, IO_CQ = 0x3000, DATA = 0x4000 };

typedef struct _COMMAND {
    ULONG Dword0, Namespace;
    ULONG64 Reserved, Metadata, Prp1, Prp2;
    ULONG Dword[6]; /* 10 to 15 */
} COMMAND;
C_ASSERT(sizeof(COMMAND) == 64);

typedef struct _COMPLETION {
    ULONG Result, Reserved;
    USHORT SqHead, SqId, CommandId;
    volatile USHORT Status; /* bit 0: phase */
} COMPLETION;
C_ASSERT(sizeof(COMPLETION) == 16);

typedef struct _QUEUE {
    ULONG Id, Sq, Cq, Tail, Head, Phase;
} QUEUE;

static ULONG Stride;

static BOOLEAN qemu_claim(QDEV *Device, ULONG Message)
{
    UNREFERENCED_PARAMETER(Device);
    return Message < QEMU_MESSAGES;
}

static VOID put64(QDEV *Device, ULONG Offset, ULONG64 Value)
{
    qemu_put(Device, 0, Offset, (ULONG)Value);
    qemu_put(Device, 0, Offset + 4, (ULONG)(Value >> 32));
}

static BOOLEAN wait_ready(QDEV *Device, ULONG Ready)
{
    LARGE_INTEGER Pause;

    Pause.QuadPart = -10000;
    for (ULONG i = 0; i < TURNS; i++) {
        if ((qemu_get(Device, 0, CSTS) & READY) == Ready)
            return TRUE;
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    return FALSE;
}

/* One command; its status, MAXULONG when it never ends. */
static ULONG run_command(QDEV *Device, QUEUE *Queue, COMMAND *Command)
{
    volatile COMPLETION *Done = (COMPLETION *)(Device->Buffer + Queue->Cq) + Queue->Head;
    ULONG Status;

    Command->Dword0 |= Queue->Tail << 16;
    RtlCopyMemory((COMMAND *)(Device->Buffer + Queue->Sq) + Queue->Tail, Command, sizeof(*Command));
    Queue->Tail = (Queue->Tail + 1) % ENTRIES;
    qemu_put(Device, 0, DOORBELLS + 2 * Queue->Id * Stride, Queue->Tail);
    if (qemu_wait(Device) != STATUS_SUCCESS || (Done->Status & 1) != Queue->Phase)
        return MAXULONG;
    Status = Done->Status >> 1;
    Queue->Head = (Queue->Head + 1) % ENTRIES;
    if (Queue->Head == 0)
        Queue->Phase ^= 1;
    qemu_put(Device, 0, DOORBELLS + (2 * Queue->Id + 1) * Stride, Queue->Head);
    return Status;
}

static BOOLEAN set_up(QDEV *Device)
{
    ULONG64 Cap = READ_REGISTER_ULONG64((PULONG64)(Device->Bar[0].Address + CAP));

    Stride = 4u << (Cap >> 32 & 15);
    ok((Cap & 0xFFFF) + 1 >= ENTRIES && (Cap >> 37 & 1), "capabilities: queues of %u, NVM commands",
       (ULONG)(Cap & 0xFFFF) + 1);
    is_hex(qemu_get(Device, 0, VS) >> 16, 1, "version 1.x");
    qemu_put(Device, 0, CC, 0);
    if (!ok(wait_ready(Device, 0), "it can be switched off"))
        return FALSE;
    qemu_put(Device, 0, AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
    put64(Device, ASQ, qemu_physical(Device, ADMIN_SQ));
    put64(Device, ACQ, qemu_physical(Device, ADMIN_CQ));
    qemu_put(Device, 0, CC, 4u << 20 | 6u << 16 | 1); /* 16-byte completions, 64-byte commands */
    return ok(wait_ready(Device, READY), "and on");
}

static BOOLEAN starts_with(const UCHAR *Text, const char *Expected)
{
    while (*Expected != 0)
        if (*Text++ != (UCHAR)*Expected++)
            return FALSE;
    return TRUE;
}

static VOID test_identify(QDEV *Device, QUEUE *Admin)
{
    COMMAND Controller = {.Dword0 = IDENTIFY, .Prp1 = qemu_physical(Device, DATA), .Dword = {1}};
    COMMAND Namespace = {.Dword0 = IDENTIFY, .Namespace = 1, .Prp1 = qemu_physical(Device, DATA)};
    COMMAND Bad = {.Dword0 = 0x7F};
    LONG Before = Device->Messages[0];

    RtlFillMemory(Device->Buffer + DATA, PAGE_SIZE, 0xA5);
    is_hex(run_command(Device, Admin, &Controller), 0, "IDENTIFY of the controller");
    ok(starts_with(Device->Buffer + DATA + 4, "drydock "), "its serial number");
    ok(starts_with(Device->Buffer + DATA + 24, "QEMU NVMe Ctrl"), "its model");
    is_hex(run_command(Device, Admin, &Namespace), 0, "IDENTIFY of namespace 1");
    ok(*(PULONG64)(Device->Buffer + DATA) >= 128, "its size: %I64u blocks",
       *(PULONG64)(Device->Buffer + DATA));
    ok((run_command(Device, Admin, &Bad) & 0x7FF) == 1, "a command that there is not is refused");
    is_long(Device->Messages[0] - Before, 3, "a message for each");
}

static VOID test_blocks(QDEV *Device, QUEUE *Io)
{
    COMMAND Read = {.Dword0 = READ, .Namespace = 1, .Prp1 = qemu_physical(Device, DATA)};
    COMMAND Write = {.Dword0 = WRITE,
                     .Namespace = 1,
                     .Prp1 = qemu_physical(Device, DATA),
                     .Prp2 = qemu_physical(Device, DATA + PAGE_SIZE),
                     .Dword = {8, 0, 15}};
    COMMAND Again = Write, Flush = {.Dword0 = FLUSH, .Namespace = 1};
    BOOLEAN IsFile;

    is_hex(run_command(Device, Io, &Read), 0, "block 0 is read");
    IsFile = starts_with(Device->Buffer + DATA, "drydock disk");
    if (!IsFile)
        ok(tap_all_bytes(Device->Buffer + DATA, BLOCK_BYTES, 0), "it is all zeros");
    diag("the disk is %s", IsFile ? "the test's" : "empty");
    for (ULONG i = 0; i < 16 * BLOCK_BYTES; i++)
        Device->Buffer[DATA + i] = (UCHAR)(i * 7 + (i >> 8));
    is_hex(run_command(Device, Io, &Write), 0, "16 blocks are written");
    is_hex(run_command(Device, Io, &Flush), 0, "and flushed");
    RtlFillMemory(Device->Buffer + DATA, 16 * BLOCK_BYTES, 0xA5);
    Again.Dword0 = READ;
    is_hex(run_command(Device, Io, &Again), 0, "and read");
    if (IsFile) {
        ULONG Wrong = 0;

        for (ULONG i = 0; i < 16 * BLOCK_BYTES; i++)
            Wrong += Device->Buffer[DATA + i] != (UCHAR)(i * 7 + (i >> 8));
        is_ulong(Wrong, 0, "the same bytes");
    }
}

static VOID qemu_test(QDEV *Device)
{
    QUEUE Admin = {.Sq = ADMIN_SQ, .Cq = ADMIN_CQ, .Phase = 1};
    QUEUE Io = {.Id = 1, .Sq = IO_SQ, .Cq = IO_CQ, .Phase = 1};
    COMMAND Create = {.Dword0 = CREATE_CQ,
                      .Prp1 = qemu_physical(Device, IO_CQ),
                      .Dword = {(ENTRIES - 1) << 16 | 1, 1u << 16 | 3}}; /* message 1 */
    COMMAND CreateSq = {.Dword0 = CREATE_SQ,
                        .Prp1 = qemu_physical(Device, IO_SQ),
                        .Dword = {(ENTRIES - 1) << 16 | 1, 1u << 16 | 1}};

    if (!set_up(Device))
        return;
    test_identify(Device, &Admin);
    ok(Device->Table != NULL && Device->Table->MessageCount > 1, "it has several messages");
    is_hex(run_command(Device, &Admin, &Create), 0, "a completion queue");
    is_hex(run_command(Device, &Admin, &CreateSq), 0, "a submission queue");
    test_blocks(Device, &Io);
    is_long(Device->Messages[1], 4, "its commands ended with its own message");
    qemu_put(Device, 0, CC, 0);
}
