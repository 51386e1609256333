/* <usbdlib.h>: mingw-w64's, with the contract version that clients of the newer USB driver stack name. */
#pragma once
#pragma GCC system_header

#include <wdm.h>
#include <usb.h>
#include_next <usbdlib.h>

#ifndef USBD_CLIENT_CONTRACT_VERSION_602
#define USBD_CLIENT_CONTRACT_VERSION_602 0x602
#define USBD_INTERFACE_VERSION_602 0x602
#endif
