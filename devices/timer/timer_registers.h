/* Registers of the timer device, for its model and for drivers. Both its regions, memory and ports,
 * show the same. */
#pragma once

#define TIMER_VENDOR_ID 0xD12D
#define TIMER_DEVICE_ID 0x0001

#define TIMER_ID 0x00 /* 32 bits, read only */
#define TIMER_ID_VALUE 0x524D4954u
#define TIMER_CONTROL 0x04 /* 32 bits; a write starts the period anew */
#define TIMER_CONTROL_ENABLE 1u
#define TIMER_CONTROL_INTERRUPT 2u /* an expiry raises an interrupt */
#define TIMER_CONTROL_ONE_SHOT 4u
#define TIMER_CONTROL_MASK 7u
#define TIMER_STATUS 0x08 /* 32 bits; ones that are written clear */
#define TIMER_STATUS_EXPIRED 1u
#define TIMER_PERIOD_US 0x0C /* 32 bits */
#define TIMER_COUNT 0x10     /* 64 bits, read only: expiries */
#define TIMER_SCRATCH 0x18   /* 64 bits, any width */
#define TIMER_NOW 0x20       /* 64 bits, read only: 100 ns since power-on */
#define TIMER_RAISE \
    0x28 /* 32 bits, write only: expires now; the value is the message that is sent */
