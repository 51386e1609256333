/*
 * ci: code integrity. How this start was configured (the boot configuration, what the loader would
 * hand over), and which drivers may be loaded by it. What other components may call.
 */
#pragma once

#include "../ke/ke.h"

/*
 * Reads the boot configuration; what it says holds until the machine ends. After the registry is
 * there. PASSIVE_LEVEL.
 */
NTSTATUS CiInitSystem(VOID);

/*
 * May the driver whose file these bytes are be loaded? PASSIVE_LEVEL. STATUS_SUCCESS, with *Level
 * its signature's HAL_SIGN_* (HAL_SIGN_NONE also when nobody looked); else what is wrong is on
 * HAL_STREAM_LOG:
 * STATUS_INVALID_IMAGE_HASH: its signature is damaged; or test signing is on and it has none. [doc:
 * Enable loading of test-signed drivers: "each driver image file must have a digital signature"]
 * STATUS_DRIVER_BLOCKED: test signing is off and it has none, or one that is not production's.
 * [doc: drivers without it are not loaded; the number 1275 for it is measured, on Windows 10]
 */
NTSTATUS CiValidateImage(PCUNICODE_STRING Path, const VOID *Bytes, ULONG64 Length, PUCHAR Level);

/*
 * From now on, or not any longer, an image's signature must be within the image: a catalog will not
 * do. So it is while boot-start drivers are loaded, and what they import from. PASSIVE_LEVEL, the
 * thread that starts the system.
 */
VOID CiRequireEmbedded(BOOLEAN Required);

BOOLEAN CiIsSecureBoot(VOID);
const char *CiPolicyText(VOID); /* which drivers load, for people */
ULONG CiOptions(VOID); /* CODEINTEGRITY_OPTION_*, as SystemCodeIntegrityInformation gives them */
