/* The PC that QEMU plays around the device ("pc": i440FX and PIIX3), as far as it matters. */
#pragma once

#define BOARD_SLOT 4u        /* of the device on PCI bus 0 */
#define BOARD_INTERRUPT 11   /* every PCI line is routed to this input of the I/O APIC */
#define BOARD_BRIDGE_SLOT 0u /* host bridge: what of the first MiB is RAM */
#define BOARD_ISA_SLOT 1u    /* PIIX3: routing of the PCI lines */
#define BOARD_HPET 0xFED00000ull /* its counter shows QEMU's virtual time in units of 10 ns */
#define BOARD_HOTPLUG_EJECT 0xAE08u  /* a bit for each slot of the bus that the next port selects */
#define BOARD_HOTPLUG_SELECT 0xAE10u
