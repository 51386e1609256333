/* The requests of holds.sys, for it and for programs. */
#pragma once

#define HOLDS_CODE(n) ((ULONG)CTL_CODE(0x8000, 0x900 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS))
#define HOLDS_PEND HOLDS_CODE(0)      /* waits until it is cancelled */
#define HOLDS_LATE HOLDS_CODE(1)      /* cannot be cancelled; a timer completes it after 20 ms */
#define HOLDS_WAIT HOLDS_CODE(2)      /* waits in the kernel for 5 ms, as nobody can interrupt */
#define HOLDS_SLEEP HOLDS_CODE(3)     /* waits in the kernel for ever, as a user-mode wait */
#define HOLDS_MAP HOLDS_CODE(4)       /* out: the address of 16 pages, mapped until the file is closed */
#define HOLDS_LOCK HOLDS_CODE(5)      /* in: an address; its page is locked until the file is closed */
#define HOLDS_LEAK_LOCK HOLDS_CODE(6) /* in: an address; its page is locked for ever */
#define HOLDS_LEAK_MAP HOLDS_CODE(7)  /* out: as HOLDS_MAP, and nobody unmaps it */
#define HOLDS_READ_ALIEN HOLDS_CODE(8) /* in: an address, read by a worker thread, in the System process */
