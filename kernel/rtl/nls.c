/*
 * Code pages and case: what drivers see of NT's national language support. The ANSI code page is 1252, the OEM
 * code page 437, both of one byte a character, so no lead bytes exist. Left out: other code pages.
 */
#include "rtl.h"
#include "nls.h"

NT_EXPORT_DATA(NlsAnsiCodePage);
USHORT NlsAnsiCodePage = 1252;
NT_EXPORT_DATA(NlsOemCodePage);
USHORT NlsOemCodePage = 437;
NT_EXPORT_DATA(NlsMbCodePageTag);
BOOLEAN NlsMbCodePageTag_ __asm__("NlsMbCodePageTag") = FALSE; /* TRUE when the ANSI page is multi-byte */
NT_EXPORT_DATA(NlsMbOemCodePageTag);
BOOLEAN NlsMbOemCodePageTag_ __asm__("NlsMbOemCodePageTag") = FALSE;
static USHORT RtlpNoLeadBytes[256]; /* by byte; 0: not a lead byte */
NT_EXPORT_DATA(NlsLeadByteInfo);
PUSHORT NlsLeadByteInfo_ __asm__("NlsLeadByteInfo") = RtlpNoLeadBytes;
NT_EXPORT_DATA(NlsOemLeadByteInfo);
PUSHORT NlsOemLeadByteInfo_ __asm__("NlsOemLeadByteInfo") = RtlpNoLeadBytes;
