/* Texts of messages by code and language: what FormatMessage puts together. */
#pragma once

#include "k32.h"

/*
 * The system's text of a Win32 error code, or of an HRESULT that wraps one, in that language (the
 * sublanguage does not matter); NULL where there is none. Without the line's end that each message
 * has.
 */
const WCHAR *SystemMessageText(DWORD Code, LANGID Language);
/*
 * The text of a code in the module's message table, with the line's end that it has there, from the
 * heap; NULL with the error set. Language: as FindResourceEx takes it.
 */
WCHAR *ModuleMessageText(HMODULE Module, DWORD Code, LANGID Language);

/* A module mapped as data: a handle for resources alone, NULL with the error set. */
HMODULE LoadDataFile(LPCWSTR Path);
BOOL FreeDataFile(HMODULE Module);
