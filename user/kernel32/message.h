/* Texts of messages by code and language: what FormatMessage puts together. */
#pragma once

#include "k32.h"

/*
 * The system's text of a Win32 error code, or of an HRESULT that wraps one, in that language (the
 * sublanguage does not matter); NULL where there is none. Without the line's end that each message
 * has.
 */
const WCHAR *SystemMessageText(DWORD Code, LANGID Language);
