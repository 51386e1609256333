/* Registers of QEMU's edu device. [doc: QEMU, docs/specs/edu.rst] For its model and for drivers. */
#pragma once

#define EDU_VENDOR_ID 0x1234
#define EDU_DEVICE_ID 0x11E8
#define EDU_REGION_BYTES 0x100000u

/* Below 0x80 every access has 32 bits, from there on 32 or 64. */
#define EDU_ID 0x00 /* read only: major version << 24 | minor << 16 | 0xED */
#define EDU_ID_MASK 0xFFFFu
#define EDU_ID_VALUE 0x00EDu
#define EDU_LIVENESS 0x04  /* reads as the inverse of what was written */
#define EDU_FACTORIAL 0x08 /* a number is written, its factorial read once COMPUTING is off */
#define EDU_STATUS 0x20
#define EDU_STATUS_COMPUTING 0x01u /* read only */
#define EDU_STATUS_INTERRUPT 0x80u /* the end of a factorial raises EDU_INTERRUPT_FACTORIAL */
#define EDU_INTERRUPT_STATUS 0x24  /* read only */
#define EDU_INTERRUPT_RAISE 0x60   /* write only: sets these bits and raises the interrupt */
#define EDU_INTERRUPT_ACKNOWLEDGE 0x64 /* write only: clears these bits */
#define EDU_INTERRUPT_FACTORIAL 0x001u
#define EDU_INTERRUPT_DMA 0x100u
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_TARGET 0x88
#define EDU_DMA_COUNT 0x90 /* bytes */
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_START 1u /* reads as 1 until the transfer is over */
#define EDU_DMA_TO_MEMORY 2u
#define EDU_DMA_INTERRUPT 4u /* the end raises EDU_INTERRUPT_DMA */

#define EDU_BUFFER 0x40000u /* address of the device's own memory in transfers */
#define EDU_BUFFER_BYTES 4096u
#define EDU_ADDRESS_BITS 28u /* of memory that it can reach; QEMU's dma_mask can change it */
