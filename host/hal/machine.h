/*
 * The machine process: RAM, the host's mappings of it, entry to the guest. One machine a process,
 * so its state is one static structure; everything that matters to the guest is in RAM.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "hal.h"

#define MACHINE_BOOT_TIME_100NS                                                                    \
    133801632000000000ull /* NT time at virtual time 0: 2025-01-01 00:00 UTC */
#define MACHINE_ROOT_PFN                                                                           \
    1u /* where the top-level page table is: the first page that the boot allocator gives out */

struct machine_options {
    const char *kernel_path;  /* ntoskrnl.exe on the host */
    uint64_t ram_bytes;
    uint64_t seed;
    uint32_t processors;
    uint32_t flags;           /* HAL_FLAG_* */
    uint32_t language;        /* HAL_LOADER_BLOCK's */
    uint32_t boot_options;    /* HAL_BOOT_* */
    uint32_t drives;          /* HAL_LOADER_BLOCK's */
    uint64_t fail_allocation; /* HAL_LOADER_BLOCK's */
    uint32_t special_pool;    /* HAL_LOADER_BLOCK's */
    uint64_t save_at;         /* safe point number at which to save, 0 = never */
    uint32_t watchdog_ms;     /* CPU time without progress until HAL_TRAP_STALL */
};

struct machine {
    int ram_fd;
    int channel_fd;
    int doorbell_fd;     /* an eventfd that the supervisor writes */
    uint8_t *ram;        /* the host's own linear view */
    uint64_t ram_pages;
    uint64_t next_pfn;   /* boot allocator */
    uint64_t root_pfn;
    HAL_LOADER_BLOCK *loader; /* host address of the loader block in RAM */
    uint64_t kernel_start, kernel_end;
    uint64_t save_at;
    uint64_t safe_points;
    uint32_t watchdog_ms;
};
extern struct machine g_machine;

/* Creates RAM; in the supervisor, before the fork. 0 or -errno. */
int machine_create_ram(uint64_t bytes, int *fd, uint8_t **view);
/* Loads the kernel and builds the first page tables in RAM. 0, -errno, or -ENOEXEC for a bad kernel
 * image. */
int machine_load_kernel(const struct machine_options *options, uint64_t *entry);
/* Maps everything the page tables in RAM say: at boot and when a saved machine is restored. */
int machine_map_all(void);
/* Signals, seccomp, and into the guest. Never returns. */
_Noreturn void machine_enter(uint64_t rip, uint64_t rsp, uint64_t argument);
_Noreturn void machine_resume(uint64_t rsp, uint64_t gs_base);
/* Ends the machine process after telling the supervisor. */
_Noreturn void machine_stop(uint32_t kind, uint64_t argument, uint32_t trap_signal, uint64_t rip);

/* ---- memory.c ---- */
uint64_t memory_alloc_pages(uint64_t count); /* boot allocator; first PFN or 0 */
int memory_set_pte(uint64_t va, uint64_t pte); /* boot page tables */
/* Host address of guest memory, or NULL when not mapped (or not writable). Good to the end of its
 * page. */
void *memory_translate(uint64_t va, bool write);
/* The bus address that va is mapped to, when that is no RAM; false also when the page may not be
 * written. */
bool memory_bus_address(uint64_t va, bool write, uint64_t *address);
bool memory_read(uint64_t va, void *buffer, size_t bytes);
bool memory_write(uint64_t va, const void *buffer, size_t bytes);
int64_t memory_map(uint64_t va, uint64_t pfn, uint64_t pages, uint64_t pte_flags);
int64_t memory_unmap(uint64_t va, uint64_t pages);
int64_t memory_protect(uint64_t va, uint64_t pages, uint64_t pte_flags);

/* ---- trap.c ---- */
int trap_install(void);

/* ---- sandbox.c ---- */
int sandbox_enter(const struct machine *machine);

/* ---- vector.c ---- */
int vector_install(void);
/* Notes in the loader block that the supervisor rang, once it does, at the latest when patience is
 * over (NULL: never). */
void machine_poll_doorbell(const struct timespec *patience);

/* ---- enter.S ---- */
extern uint64_t hal_host_stack; /* rsp for HAL calls */
_Noreturn void hal_enter_guest(uint64_t rip, uint64_t rsp, uint64_t argument);
_Noreturn void hal_resume_guest(uint64_t rsp, uint64_t gs_base);
