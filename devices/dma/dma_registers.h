/* Registers and descriptors of the DMA device, for its model and for drivers. */
#pragma once

#define DMA_VENDOR_ID 0xD12D
#define DMA_DEVICE_ID 0x0002

#define DMA_ID 0x00 /* 32 bits, read only */
#define DMA_ID_VALUE 0x20414D44u
#define DMA_CONTROL 0x04         /* 32 bits */
#define DMA_CONTROL_START 1u     /* begins; reads as 0 */
#define DMA_CONTROL_INTERRUPT 2u /* the end raises an interrupt */
#define DMA_CONTROL_ABORT 4u
#define DMA_STATUS 0x08 /* 32 bits; DONE and ERROR are cleared by ones that are written */
#define DMA_STATUS_BUSY 1u
#define DMA_STATUS_DONE 2u
#define DMA_STATUS_ERROR \
    4u /* a descriptor that the device could not read or carry out; DONE is set too */
#define DMA_COUNT 0x0C /* 32 bits: descriptors in the table, 1 to 1024 */
#define DMA_TABLE 0x10 /* 64 bits: physical address of the table */
#define DMA_MOVED 0x18 /* 64 bits, read only: bytes of the last transfer */
#define DMA_MAX_DESCRIPTORS 1024u
#define DMA_LOCAL_BYTES 65536u /* the device's own memory */

/* Addresses are physical, or offsets in the device's own memory, as the flags say. 24 bytes. */
struct dma_descriptor {
    unsigned long long source, target;
    unsigned int length, flags;
};
#define DMA_SOURCE_LOCAL 1u
#define DMA_TARGET_LOCAL 2u
