/*
 * The one seam between the guest (the NT-compatible kernel, a PE image) and the host program.
 *
 * Both worlds include this file: fixed-width types only, no long, no wchar_t, no errno, no libc.
 * The guest calls the host through a vector of function pointers that the host maps, read-only, at
 * HAL_VECTOR_VA. The host enters the guest in three ways only: the first jump to the kernel's entry
 * point, the return from a HAL call, and a trap (HAL_TRAP_FRAME on the guest's stack, jump to the
 * trap entry).
 *
 * Everything the machine is lives in RAM (one memfd of HAL_PAGE_SIZE pages, numbered by PFN; PFN 0
 * is never used) and in the register set. The guest's page tables are in RAM too, in the x64
 * four-level format, rooted at HAL_LOADER_BLOCK.root_pfn: hal_map and its kin only bring the host's
 * mappings in line with them, the way a TLB fill would.
 */
#pragma once

#include <stdint.h>

#define HAL_ABI_VERSION 1u
#define HAL_CALL __attribute__((ms_abi))

#define HAL_PAGE_SHIFT 12
#define HAL_PAGE_SIZE 4096u

/* ---- address map: guest virtual addresses, all canonical low half ---- */
#define HAL_USER_START 0x0000000000010000ull /* NT user mode: of one process at a time */
#define HAL_USER_END 0x0000400000000000ull
#define HAL_SYSTEM_START 0x0000600000000000ull /* NT system range */
#define HAL_IMAGE_BASE 0x0000600000000000ull   /* ntoskrnl.exe, then drivers */
#define HAL_PHYSMAP_VA 0x0000610000000000ull   /* all of RAM, linear, read-write, never execute */
#define HAL_SYSTEM_END 0x00006FFFFFFF0000ull
#define HAL_VECTOR_VA 0x00006FFFFFFF0000ull    /* host page: the call vector below */
#define HAL_KUSER_VA 0x00006FFFFFFE0000ull     /* KUSER_SHARED_DATA, read-write, for the kernel */
#define HAL_KUSER_USER_VA 0x000000007FFE0000ull /* the same page, read-only, for user mode */
#define HAL_LOADER_VA 0x00006FFFFFFD0000ull    /* HAL_LOADER_BLOCK, read-write */
#define HAL_BOOT_STACK_TOP                                                                         \
    0x00006FFFFFF80000ull /* first stack, HAL_BOOT_STACK_BYTES, guard page below */
#define HAL_BOOT_STACK_BYTES 0x8000u
#define HAL_KUSER_NT_VA 0xFFFFF78000000000ull  /* where NT has it; cannot be mapped, loads trap */

/* ---- page-table entries: x64 hardware format ---- */
#define HAL_PTE_PRESENT 0x001ull
#define HAL_PTE_WRITE 0x002ull
#define HAL_PTE_USER 0x004ull
#define HAL_PTE_NX 0x8000000000000000ull
#define HAL_PTE_PFN_MASK 0x000FFFFFFFFFF000ull

/* ---- status: 0 or negative ---- */
#define HAL_OK 0
#define HAL_E_INVALID (-1)  /* an argument is out of range: a defect of the guest kernel */
#define HAL_E_NOMEM (-2)    /* the host ran out of memory or mappings */
#define HAL_E_DENIED (-3)

/* ---- fixed offsets in the structures that the host reads while it delivers a trap ---- */
#define HAL_PCR_IRQL 0x50          /* uint8_t */
#define HAL_PCR_CURRENT_THREAD 0x188
#define HAL_PCR_RSP_BASE 0x1A8     /* kernel stack top used for traps from user mode */
#define HAL_PCR_EXCEPTION_STACK                                                                    \
    0xC0 /* top of the emergency stack for double faults (HalReserved[0]) */

/* ---- traps: what the host writes on the guest stack (layout of NT's KTRAP_FRAME, x64) ---- */
typedef struct HAL_TRAP_FRAME {
    uint64_t p_home[5];
    uint8_t previous_mode;
    uint8_t previous_irql;
    uint8_t fault_indicator;
    uint8_t exception_active;
    uint32_t mxcsr;
    uint64_t rax, rcx, rdx, r8, r9, r10, r11;
    uint64_t gs_base; /* of the interrupted code, when that was user mode */
    uint8_t xmm[6][16]; /* xmm0-5 */
    uint64_t fault_address;
    uint64_t dr[6];
    uint64_t debug_control, last_branch_to, last_branch_from, last_exception_to,
        last_exception_from;
    uint16_t seg_ds, seg_es, seg_fs, seg_gs;
    uint64_t nested_trap_frame; /* NT: TrapFrame */
    uint64_t rbx, rdi, rsi, rbp;
    uint64_t error_code;
    uint64_t rip;
    uint16_t seg_cs;
    uint8_t fill0;
    uint8_t logging;
    uint16_t fill1[2];
    uint32_t eflags;
    uint32_t fill2;
    uint64_t rsp;
    uint16_t seg_ss;
    uint16_t fill3;
    uint32_t fill4;
} HAL_TRAP_FRAME;
#define HAL_TRAP_FRAME_SIZE 0x190

/* Trap vectors: the x86 numbers where one exists. */
enum {
    HAL_TRAP_DIVIDE = 0,
    HAL_TRAP_DEBUG = 1,
    HAL_TRAP_BREAKPOINT = 3, /* rip is already after the CC */
    HAL_TRAP_INVALID_OPCODE = 6,
    HAL_TRAP_DOUBLE_FAULT =
        8, /* the guest stack cannot take a frame: delivered on the emergency stack */
    HAL_TRAP_GENERAL_PROTECTION = 13,
    HAL_TRAP_PAGE_FAULT = 14, /* info.address; info.access */
    HAL_TRAP_FLOATING_POINT = 16,
    HAL_TRAP_ALIGNMENT = 17,
    HAL_TRAP_SIMD = 19,
    HAL_TRAP_FASTFAIL = 0x29,  /* int 29h */
    HAL_TRAP_ASSERTION = 0x2C, /* int 2Ch */
    HAL_TRAP_DEBUG_SERVICE = 0x2D,
    HAL_TRAP_SPIN = 0x100,       /* the watchdog found guest code that goes round in a circle */
    HAL_TRAP_PRIVILEGED = 0x101, /* a privileged instruction, decoded in info */
    HAL_TRAP_SYSCALL =
        0x102, /* syscall / int 80h / int 2Eh in guest code; nothing reached the host */
    HAL_TRAP_STALL = 0x103, /* no progress for the watchdog's whole allowance */
    HAL_TRAP_INTERRUPT =
        0x104, /* a device raised an interrupt during the access just made: rip is after it */
    HAL_TRAP_CLOCK = 0x106,      /* with the real clock: some time has passed in user code */
    HAL_TRAP_TIME_IS_UP = 0x107, /* guest code runs while HAL_LOADER_BLOCK.time_is_up */
    HAL_TRAP_DEVICE_ACCESS =
        0x105 /* an access to a device's registers that the host cannot do for the instruction */
};

enum { HAL_ACCESS_READ = 0, HAL_ACCESS_WRITE = 1, HAL_ACCESS_EXECUTE = 8 };

/* Privileged instructions, decoded by the host. */
enum {
    HAL_PRIV_OTHER = 0, /* not emulated: STATUS_PRIVILEGED_INSTRUCTION */
    HAL_PRIV_READ_CR,   /* reg = general register index (0 = rax), value = CR number */
    HAL_PRIV_WRITE_CR,
    HAL_PRIV_READ_DR,
    HAL_PRIV_WRITE_DR,
    HAL_PRIV_IN,        /* width = bytes; rep/string flags */
    HAL_PRIV_OUT,
    HAL_PRIV_CLI,
    HAL_PRIV_STI,
    HAL_PRIV_RDMSR,
    HAL_PRIV_WRMSR,
    HAL_PRIV_RDTSC,     /* rdtsc/rdtscp trap so that time stays virtual; value = 1 for rdtscp */
    HAL_PRIV_HLT,
    HAL_PRIV_RDPMC,
    HAL_PRIV_CACHE,     /* wbinvd, invd, invlpg: nothing to do but go on */
};

typedef struct HAL_TRAP_INFO {
    uint32_t vector;
    uint32_t access;      /* HAL_ACCESS_* for page faults */
    uint64_t address;     /* faulting address, or ~0 when a #GP hides it (non-canonical) */
    uint32_t instruction; /* HAL_PRIV_* */
    uint8_t length;       /* bytes of the instruction: add to rip to skip it */
    uint8_t reg;          /* general register index 0..15 */
    uint8_t value;
    uint8_t width;
    uint8_t repeat;       /* string form (ins/outs): 1; with rep: 2 */
    uint8_t pad[7];
} HAL_TRAP_INFO;

/* ---- boot ---- */
#define HAL_MAX_BOOT_MODULES 8
typedef struct HAL_BOOT_MODULE {
    char name[32];       /* "ntoskrnl.exe", "hal.dll" */
    uint64_t base;       /* guest virtual address of the mapped image */
    uint64_t size_bytes; /* SizeOfImage */
    uint64_t entry;
} HAL_BOOT_MODULE;

enum {
    HAL_FLAG_GATE = 1,
    HAL_FLAG_REAL_CLOCK = 2,
    HAL_FLAG_BOOTED =
        4, /* with the real clock: it lives until it is shut down, and takes commands at any time */
    HAL_FLAG_REQUESTS = 16, /* the summary counts PnP, power and WMI requests by what they ask */
    HAL_FLAG_REGISTRY = 8   /* the host keeps the registry's hives: HAL_VECTOR.hive */
};

enum { /* HAL_LOADER_BLOCK.boot_options */
       HAL_BOOT_SIGNING =
           1, /* the next two say which drivers load, whatever the boot configuration says */
       HAL_BOOT_TESTSIGNING = 2,
       HAL_BOOT_NOINTEGRITYCHECKS = 4,
       HAL_BOOT_SECURE = 8 /* the firmware has Secure Boot, and it is on */
};

typedef struct HAL_LOADER_BLOCK {
    uint32_t version;
    uint32_t flags; /* HAL_FLAG_* */
    uint64_t ram_pages;
    uint64_t first_free_pfn; /* PFNs from here on are free and zero */
    uint64_t root_pfn;       /* top-level page table */
    uint64_t seed;
    uint64_t boot_time_100ns; /* NT time (1601) at virtual time 0 */
    uint32_t processors;
    uint32_t xsave_bytes;    /* size of the xsave area for xsave_mask */
    uint64_t xsave_mask;
    uint32_t module_count;
    uint32_t language; /* LANGID of the texts that a new machine shows */
    HAL_BOOT_MODULE modules[HAL_MAX_BOOT_MODULES];
    /* Written by the guest: what the host needs while it delivers a trap. */
    uint64_t trap_entry;  /* entry(rcx = HAL_TRAP_FRAME*, rdx = HAL_TRAP_INFO*), rsp 16-byte aligned
                             less 8 */
    uint64_t current_pcr; /* KPCR of the processor that runs now */
    uint64_t
        progress; /* counter that moves whenever the machine gets on: the watchdog looks at it */
    uint64_t fail_allocation; /* set by the host: the allocation that fails, counted from 1 at the
                                 first load; 0 none */
    /*
     * Devices. The host writes, the guest reads; the guest clears interrupt_request,
     * interrupt_edges and interrupt_messages when it has taken them.
     */
    uint32_t device_count;
    uint32_t device_active; /* while a device model's code runs: its index + 1 (of interest when it
                               never returns) */
    uint64_t device_due; /* virtual time of the earliest timer of a device, ~0 when there is none */
    uint32_t interrupt_request; /* not 0: a line or message came since the guest last looked, or
                                   device_changed */
    uint32_t device_changed; /* not 0: a device came, went or signalled wake-up since the guest last
                                looked; the guest clears it */
    uint64_t interrupt_lines;     /* bit n: interrupt line n is asserted now */
    uint64_t interrupt_edges;     /* bit n: line n was asserted since the guest last looked */
    uint64_t interrupt_messages[4]; /* bit v: a message with vector v arrived */
    uint32_t doorbell; /* not 0: the supervisor rang, since a command waits; set by the host, the
                          guest clears it */
    uint32_t boot_options; /* set by the host: HAL_BOOT_* */
    uint32_t drives;     /* bit n: drive 'A' + n, not C, is a folder of the host's, which cannot be
                            written to */
    uint32_t time_is_up; /* not 0: the run has had its time, the guest stops and says where it is;
                            set by the host */
    uint32_t special_pool; /* set by the host: the pool tag whose blocks get a page each, '*':
                              drivers' all; 0 none */
    uint32_t pad3;
} HAL_LOADER_BLOCK;

/* ---- devices: simulated by models that the host loads (drydock_device.h) ---- */
#define HAL_DEVICE_REGIONS 6
#define HAL_DEVICE_LINES 24    /* interrupt lines of the machine */
#define HAL_DEVICE_NO_LINE 0xFF
#define HAL_DEVICE_MESSAGES 32 /* message-signalled interrupts of one device at most */
enum {
    HAL_BUS_PCI = 1,
    HAL_BUS_ROOT = 2
}; /* HAL_DEVICE_INFO.bus; root: wired to the board, found by hardware id */
enum { HAL_REGION_NONE = 0, HAL_REGION_MEMORY32, HAL_REGION_MEMORY64, HAL_REGION_PORT };

typedef struct HAL_DEVICE_INFO {
    uint32_t bus;           /* HAL_BUS_* */
    uint32_t slot;          /* PCI device number */
    uint32_t bus_number;    /* of the PCI bus that it is on */
    uint32_t secondary_bus; /* of the one behind it, if it is a bridge; else 0 */
    uint32_t present;       /* 0: it is not there; else how often it has been plugged in */
    uint8_t line;           /* interrupt line, HAL_DEVICE_NO_LINE without one */
    uint8_t line_latched;   /* the line is edge triggered */
    uint8_t
        power_offset; /* of PCI's power management in the configuration space; 0: always in D0 */
    uint8_t
        wakes; /* it can signal wake-up: 1 and the deepest S state that this ends; 0: it cannot */
    uint32_t message_limit; /* messages that it can send; 0 none */
    uint32_t msix;          /* they are MSI-X */
    struct {
        uint32_t kind;      /* HAL_REGION_* */
        uint32_t base_register; /* PCI: its first base address register, 0 to 5 */
        uint64_t base;      /* bus address that the host gave it at the start */
        uint64_t size_bytes;
    } region[HAL_DEVICE_REGIONS];
    struct {                /* by HAL_REGION_*: where its bus has room for regions */
        uint64_t low, high;
    } window[HAL_REGION_PORT + 1];
    char hardware_id[64];   /* root devices */
    char name[64];          /* for people */
} HAL_DEVICE_INFO;

/* operation of HAL_VECTOR.device */
enum {
    HAL_DEVICE_QUERY = 1,   /* argument: guest address of a HAL_DEVICE_INFO */
    HAL_DEVICE_CONFIG_READ, /* argument: guest address of a HAL_DEVICE_CONFIG */
    HAL_DEVICE_CONFIG_WRITE,
    HAL_DEVICE_SET_MESSAGE, /* argument: message number << 32 | vector; vector 0: off */
    HAL_DEVICE_ADVANCE, /* argument: virtual time to which the devices' clocks go; index is not used
                         */
    HAL_DEVICE_UNPLUG   /* the device is pulled out: reads give ones, it raises nothing more */
};
typedef struct HAL_DEVICE_CONFIG {
    uint32_t offset;
    uint32_t width;          /* 1, 2 or 4 bytes, aligned */
    uint32_t value;
    uint32_t pad;
} HAL_DEVICE_CONFIG;

/* ---- console: a stream, and in the high half of the number the ID of the process that writes ----
 */
#define HAL_STREAM_OF(stream, process) ((uint64_t)(stream) | (uint64_t)(process) << 32)
enum {
    HAL_STREAM_DEBUG =
        0, /* DbgPrint; virtual time is prefixed by the supervisor, a line at a time */
    HAL_STREAM_STDOUT = 1, /* the test program's standard output */
    HAL_STREAM_STDERR = 2,
    HAL_STREAM_REPORT = 3, /* records for the summary: "key<TAB>value..." lines */
    HAL_STREAM_LOG = 4,    /* Drydock's own messages */
    HAL_STREAM_NAME = 5,   /* the name of the process, once before it first writes */
    HAL_STREAM_EVENT = 6,  /* trace events, a line each: fields between tabs (kernel/etw/etwp.h) */
    /*
     * Of programs that HAL_COMMAND_SPAWN started; the high half of each of their streams is the
     * number of their terminal, also when a process that the program made writes.
     */
    HAL_STREAM_EXIT =
        7, /* it has ended: "exit code TAB status", the NTSTATUS if it never came to run, else 0 */
    HAL_STREAM_WANT =
        8, /* it reads its standard input, of which nothing is left: HAL_COMMAND_INPUT answers */
    /* With HAL_FLAG_BOOTED, before debug output: "processor TAB level TAB component TAB module" of
       who prints it. */
    HAL_STREAM_SOURCE = 9
};

#define HAL_INPUT_CHUNK 4096u /* bytes that one read_input moves at most */

/* ---- stop ---- */
enum {
    HAL_STOP_SHUTDOWN = 0,
    HAL_STOP_BUGCHECK = 1, /* argument: guest address of a HAL_BUGCHECK */
    /*
     * As for a bug check, with code 0 and object_text saying what happened. The host's own part of
     * a machine gives -errno or 0 as the argument of a defect.
     */
    HAL_STOP_DEFECT = 2,    /* a defect of Drydock */
    HAL_STOP_HANG = 3,      /* nothing can ever run again */
    HAL_STOP_TIME_IS_UP = 4 /* because of HAL_LOADER_BLOCK.time_is_up */
};

#define HAL_MAX_FRAMES 64
typedef struct HAL_BUGCHECK {
    uint32_t code;
    uint32_t processor;
    uint64_t parameter[4];
    uint8_t irql;
    uint8_t pad[3];
    uint32_t frame_count;
    uint64_t frame[HAL_MAX_FRAMES]; /* return addresses, innermost first */
    uint64_t frame_sp[HAL_MAX_FRAMES];
    uint64_t thread;      /* KTHREAD */
    uint64_t process;
    uint64_t process_id, thread_id;
    char process_name[16];
    uint64_t driver_base; /* image that is blamed, 0 if none */
    uint8_t has_registers;
    uint8_t pad2[7];
    uint64_t reg[17];     /* rax rcx rdx rbx rsp rbp rsi rdi r8..r15 rip */
    uint64_t eflags;
    uint64_t module_list; /* guest address of HAL_MODULE_RECORD[module_count] */
    uint32_t module_count;
    uint32_t object_text_length; /* bytes */
    uint64_t object_text; /* guest address: UTF-8 text on the pool block, IRP or object concerned,
                             or 0 */
    uint64_t virtual_time_100ns;
} HAL_BUGCHECK;

typedef struct HAL_MODULE_RECORD {
    uint64_t base;
    uint64_t size_bytes;
    char name[48];  /* "first.sys", UTF-8 */
    char host_hint[200]; /* NT path of the file, UTF-8 */
} HAL_MODULE_RECORD;

/*
 * ---- files: requests to the broker, which sees nothing but the machine's C/ folder and its other
 * drives' ----
 *
 * Times: what an operation creates or changes is stamped with the virtual time of the request; a
 * file that this run has not touched reports the machine's boot time. File ids and list order
 * depend on names alone. So two runs see the same bytes.
 */
enum {
    HAL_FILE_OPEN = 1, /* drive, path, open fields -> handle, info */
    HAL_FILE_CLOSE,
    HAL_FILE_READ, /* handle, offset, length -> data */
    HAL_FILE_WRITE,
    HAL_FILE_FLUSH,
    HAL_FILE_STAT, /* handle -> info */
    HAL_FILE_SET_SIZE,
    HAL_FILE_SET_TIMES, /* info times and info.attributes; 0 = leave */
    HAL_FILE_RENAME,    /* handle, path; an existing file is replaced only with disposition
                           HAL_OPEN_OVERWRITE_IF */
    HAL_FILE_DELETE,    /* handle: unlink now; the handle stays and must be closed */
    HAL_FILE_LIST, /* directory handle, offset = index of the first entry -> whole HAL_DIR_ENTRY
                      records, sorted, without "." and ".."; offset 0 takes a new snapshot;
                      STATUS_NO_MORE_FILES at the end */
    HAL_FILE_SPACE /* drive; info.size = bytes of the volume, info.allocation = free bytes */
};
enum { /* disposition, as NT's FILE_* create dispositions */
       HAL_OPEN_SUPERSEDE = 0,
       HAL_OPEN_EXISTING,
       HAL_OPEN_CREATE,
       HAL_OPEN_IF,
       HAL_OPEN_OVERWRITE,
       HAL_OPEN_OVERWRITE_IF
};
enum { HAL_OPEN_DIRECTORY = 1, HAL_OPEN_NON_DIRECTORY = 2, HAL_OPEN_WRITE = 4, HAL_OPEN_READ = 8 };

typedef struct HAL_FILE_INFO {
    uint64_t size, allocation;
    uint64_t created, accessed, written, changed; /* NT time; virtual unless the clock is real */
    uint64_t file_id;
    uint32_t attributes; /* FILE_ATTRIBUTE_* */
    uint32_t links;
} HAL_FILE_INFO;

typedef struct HAL_DIR_ENTRY { /* packed end to end, each rounded up to 8 bytes */
    uint32_t record_bytes;
    uint32_t name_bytes; /* UTF-8, follows */
    HAL_FILE_INFO info;
} HAL_DIR_ENTRY;

typedef struct HAL_FILE_REQUEST {
    uint32_t operation;
    uint32_t status;      /* out: an NTSTATUS */
    uint64_t handle;      /* in/out */
    uint64_t offset;
    uint64_t buffer;      /* guest address; at most HAL_FILE_CHUNK bytes */
    uint32_t length;      /* in: buffer bytes; out: bytes moved */
    uint32_t path_bytes;
    uint64_t
        path; /* guest address of UTF-8, '/' separated, relative to C/ ("Logs/passivelog.log") */
    uint32_t disposition, options;
    uint32_t attributes;  /* for creation */
    uint32_t action;      /* out: FILE_OPENED, FILE_CREATED, ... */
    uint32_t drive;       /* of OPEN and SPACE: the letter of HAL_LOADER_BLOCK.drives, 0: C: */
    uint32_t pad;
    HAL_FILE_INFO info;
} HAL_FILE_REQUEST;
#define HAL_FILE_CHUNK 65536u

/*
 * ---- GPUs: figures of the host's, or of simulated ones; what the machine's nvml.dll answers with
 * ---- Simulated figures are a function of the seed, the index and the virtual time. Those of the
 * host make a run unrepeatable.
 */
enum { HAL_GPU_SIMULATED = 1 }; /* flags */
enum {                          /* valid: what is not has value 0 */
       HAL_GPU_HAS_UTILIZATION = 1,
       HAL_GPU_HAS_MEMORY = 2,
       HAL_GPU_HAS_TEMPERATURE = 4,
       HAL_GPU_HAS_PCI = 8
};

#define HAL_GPU_NAME_BYTES 96u
typedef struct HAL_GPU_INFO {
    uint32_t index;  /* in */
    uint32_t status; /* out: an NTSTATUS; STATUS_NO_MORE_ENTRIES when index is not below count */
    uint32_t count;  /* out: adapters there are; what follows is 0 unless status is 0 */
    uint32_t flags, valid;
    uint32_t gpu_percent, memory_percent; /* of the time */
    uint32_t celsius;
    uint64_t memory_total_bytes, memory_used_bytes;
    uint32_t pci_domain, pci_bus, pci_device;
    uint32_t pci_id, pci_subsystem_id; /* device << 16 | vendor */
    uint32_t pad;
    char name[HAL_GPU_NAME_BYTES]; /* UTF-8, zero-padded */
} HAL_GPU_INFO;

/*
 * ---- hives: the part of the registry that outlives the machine; only with HAL_FLAG_REGISTRY ----
 *
 * A hive travels as records, both ways: what the host has is the records that make it, in an order
 * in which each key comes after its parent, and each change of the guest's is one record. A change
 * is done when its status is success: the host has it in its log then.
 */
enum {
    HAL_HIVE_SYSTEM,
    HAL_HIVE_SOFTWARE,
    HAL_HIVE_DEFAULT,
    HAL_HIVE_BCD,
    HAL_HIVE_SAM,
    HAL_HIVE_SECURITY,
    HAL_HIVE_USER, /* of the one who runs programs */
    HAL_HIVE_COUNT,
    /* One that has no file and no log, with or without HAL_FLAG_REGISTRY: for files of the guest's.
     */
    HAL_HIVE_SCRATCH = HAL_HIVE_COUNT
};
enum {
    /* offset, length -> bytes of the hive's records, total; total 0: there is no such hive yet */
    HAL_HIVE_LOAD = 1,
    HAL_HIVE_CHANGE, /* length bytes at offset of a record of total bytes; the last piece does it */
    HAL_HIVE_READY,  /* new hives are complete with what every machine starts with */
    HAL_HIVE_FLUSH,  /* what is in the log is on the disk */
    /* Of the scratch hive: */
    HAL_HIVE_CLEAR, /* there is none */
    HAL_HIVE_IMAGE, /* as HAL_HIVE_LOAD: the bytes of a regf file of it */
    HAL_HIVE_PARSE  /* as HAL_HIVE_CHANGE: a regf file's bytes; the last piece makes it that */
};
typedef struct HAL_HIVE_REQUEST {
    uint32_t operation;
    uint32_t status; /* out: an NTSTATUS */
    uint32_t hive;   /* HAL_HIVE_SYSTEM, ... */
    uint32_t length; /* in: buffer bytes, at most HAL_HIVE_CHUNK; out: bytes moved */
    uint64_t buffer; /* guest address */
    uint64_t offset, total;
} HAL_HIVE_REQUEST;
#define HAL_HIVE_CHUNK 65536u
#define HAL_HIVE_RECORD_LIMIT 0x200000u
#define HAL_HIVE_IMAGE_LIMIT 0x4000000u

enum { /* operation of a record; the path leads to the key, from the hive's root */
    /* name: class; data: security descriptor; type: HAL_KEY_*: made, or what it is now */
    HAL_CHANGE_KEY = 1,
    HAL_CHANGE_DELETE_KEY,
    HAL_CHANGE_RENAME_KEY,   /* name: the new one */
    HAL_CHANGE_SET_VALUE,    /* name, type, data */
    HAL_CHANGE_DELETE_VALUE, /* name */
};
enum { HAL_KEY_LINK = 1 };
/* Path, name and data follow; names are UTF-16, spelled as they were made. */
typedef struct HAL_HIVE_RECORD {
    uint32_t bytes;      /* of all */
    uint32_t operation;  /* HAL_CHANGE_* */
    uint32_t type;
    uint32_t path_bytes; /* components, each after its length in bytes (uint16_t) */
    uint32_t name_bytes, data_bytes;
    uint64_t time;       /* last-write time of the key, and of the parent whose subkeys change */
} HAL_HIVE_RECORD;

/*
 * ---- signatures: of an image's file, as it lies in the guest's memory ----
 *
 * What signature it has; what to make of that is the kernel's policy.
 */
enum {
    HAL_SIGN_NONE,
    HAL_SIGN_BAD,       /* damaged, changed, expired, not for code: reason says which */
    HAL_SIGN_UNTRUSTED, /* good, by a certificate that nobody here knows */
    HAL_SIGN_TEST, /* good, and its chain ends in a certificate that the machine trusts for tests */
    HAL_SIGN_PRODUCTION /* in one that it trusts as production's; or the image came with the machine
                         */
};
typedef struct HAL_SIGN_REQUEST {
    uint64_t image; /* guest address of the file's bytes */
    uint64_t bytes; /* at most HAL_SIGN_LIMIT */
    uint64_t time_100ns; /* NT time, for the validity of certificates */
    uint32_t level;    /* out: HAL_SIGN_* */
    uint32_t embedded; /* out: the signature is in the image, not in a catalog */
    char signer[128];  /* out: name of the certificate, UTF-8 */
    char reason[160];  /* out: of HAL_SIGN_NONE and HAL_SIGN_BAD, a sentence without its subject's
                          name */
} HAL_SIGN_REQUEST;
#define HAL_SIGN_LIMIT 0x10000000ull

/* ---- commands from the supervisor to the machine's session manager ---- */
enum {
    HAL_COMMAND_NONE = 0,
    HAL_COMMAND_LOAD =
        1, /* text: service name TAB NT path of the image TAB hardware ids, commas between */
    HAL_COMMAND_UNLOAD = 2, /* text: service name */
    HAL_COMMAND_RUN =
        3, /* text: NT path of the program TAB command line; ends when the program ends */
    HAL_COMMAND_IDLE =
        4, /* wait until nothing is left to run but timers further than argument (100 ns) */
    HAL_COMMAND_SUMMARY = 5, /* write the summary to HAL_STREAM_REPORT */
    HAL_COMMAND_SHUTDOWN = 6,
    HAL_COMMAND_REGISTRY = 7, /* text: key path TAB value name TAB type TAB data */
    HAL_COMMAND_START = 8, /* as HAL_COMMAND_RUN, but ends when the program first waits with nothing
                              else left to run */
    HAL_COMMAND_END =
        9, /* ends every program that still runs: its console is closed, then it is terminated */
    /*
     * For machines with HAL_FLAG_BOOTED, whose session manager never waits in next_command: NONE
     * sends it to wait for the doorbell. Argument, low half: the number of a terminal,
     * HAL_TERMINAL_FIRST or more, which SPAWN makes.
     */
    HAL_COMMAND_SPAWN =
        16, /* as HAL_COMMAND_RUN, but ends at once, and the program has that terminal */
    HAL_COMMAND_INPUT = 17, /* text: text_bytes of its input, up to and with the end of a line;
                               none: the end of all */
    HAL_COMMAND_SIGNAL =
        18, /* high half: a console event; CTRL_CLOSE_EVENT also ends what does not end by it */
    HAL_COMMAND_SHOW = 20, /* text: "tree", "devices", "summary", "power", or "wmi" TAB "{GUID}" or
                              nothing: records, with that number, then HAL_STREAM_EXIT */
    HAL_COMMAND_FLOW = 19, /* high half: 0: its writers wait, 1: they go on */
    HAL_COMMAND_PLACE =
        32, /* text: service name; gets a root device after all if no device has come for it */
    HAL_COMMAND_WMI = 40, /* write WMI's blocks and their data to HAL_STREAM_REPORT; text: "{GUID}",
                             or empty: all */
    HAL_COMMAND_ETW = 41, /* enables event providers; text: "{GUID}" or "all" TAB level TAB
                             keywords, high half TAB low */
    HAL_COMMAND_TREE = 33,            /* write the device tree to HAL_STREAM_REPORT */
    HAL_COMMAND_SURPRISE_REMOVE = 34, /* text: instance path of a device that is pulled out */
    /*
     * argument: 1 to 4: S1 to S4 and back; ends when the machine is idle again. With
     * HAL_SLEEP_UNTIL_WOKEN: it stays asleep until a device wakes it, for an hour at most.
     */
    HAL_COMMAND_SLEEP = 35,
#define HAL_SLEEP_UNTIL_WOKEN 0x100u
    /* argument, low half: 1 to 4: to S1 to S4; 5: back; 0: neither. argument becomes the state: 0
       it works, 1 to 4 */
    HAL_COMMAND_POWER = 36
};
#define HAL_TERMINAL_FIRST 0x80000000u /* no process has such an ID */
typedef struct HAL_COMMAND {
    uint32_t kind;
    uint32_t text_bytes;
    uint64_t argument;
    uint64_t status; /* NTSTATUS of the previous command; argument is then the last program's exit
                        code */
    char text[4096]; /* UTF-8 */
} HAL_COMMAND;

/* ---- the vector ---- */
typedef struct HAL_VECTOR {
    uint32_t version;
    uint32_t entries;
    /* Makes [va, va+pages) show the pages pfn.. ; pte_flags: HAL_PTE_WRITE, HAL_PTE_NX. Replaces
     * what was there. */
    int64_t (HAL_CALL *map)(uint64_t va, uint64_t pfn, uint64_t pages, uint64_t pte_flags);
    int64_t (HAL_CALL *unmap)(uint64_t va, uint64_t pages);
    /* pte_flags without HAL_PTE_PRESENT: no access at all. */
    int64_t (HAL_CALL *protect)(uint64_t va, uint64_t pages, uint64_t pte_flags);
    int64_t(HAL_CALL *write)(uint64_t stream, uint64_t va, uint64_t bytes,
                             uint64_t virtual_time_100ns);
    int64_t (HAL_CALL *file)(HAL_FILE_REQUEST *request);
    /* Fills *command with the next one; blocks until there is one. The previous one's status is in
     * it. */
    int64_t (HAL_CALL *next_command)(HAL_COMMAND *command);
    int64_t (HAL_CALL *stop)(uint64_t kind, uint64_t argument);
    uint64_t(HAL_CALL *real_time_100ns)(
        void); /* only with HAL_FLAG_REAL_CLOCK; else HAL_E_DENIED */
    /*
     * Sleep of the host process until the time is over (~0: never) or the doorbell rings, which
     * sets HAL_LOADER_BLOCK.doorbell; only with HAL_FLAG_REAL_CLOCK.
     */
    int64_t (HAL_CALL *wait)(uint64_t timeout_100ns);
    /*
     * A safe point: what the caller relies on after the call is put on its stack (232 bytes). The
     * host may save the machine here, as RAM plus (rsp, gs base); a restored machine returns from
     * this call.
     */
    int64_t (HAL_CALL *safe_point)(uint64_t count);
    /*
     * The next bytes of the host's standard input, at most HAL_INPUT_CHUNK: up to and with the end
     * of a line, or the whole of the buffer. Blocks until they are there; returns how many they
     * are, 0 at the end of the input.
     */
    int64_t (HAL_CALL *read_input)(uint64_t va, uint64_t bytes);
    /* Fills *info for the adapter info->index. */
    int64_t (HAL_CALL *gpu)(HAL_GPU_INFO *info);
    /* HAL_DEVICE_*: on the device with this index, below HAL_LOADER_BLOCK.device_count. */
    int64_t (HAL_CALL *device)(uint64_t operation, uint64_t index, uint64_t argument);
    /* The registry on disk; HAL_E_DENIED without HAL_FLAG_REGISTRY. */
    int64_t (HAL_CALL *hive)(HAL_HIVE_REQUEST *request);
    /* Verifies an image's signature: fills level, embedded, signer and reason. */
    int64_t (HAL_CALL *verify_image)(HAL_SIGN_REQUEST *request);
} HAL_VECTOR;

#define HAL ((const HAL_VECTOR *)HAL_VECTOR_VA)
