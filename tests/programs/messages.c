/* FormatMessage: the system's texts by code and language, the caller's text, inserts, widths,
 * buffers; languages of texts. */
#include <windows.h>

#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "tap.h"

#define ENGLISH MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)
#define JAPANESE MAKELANGID(LANG_JAPANESE, SUBLANG_JAPANESE_JAPAN)
#define SYSTEM (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS)

static const WCHAR blocked[] =
    L"\x3053\x306E\x30C9\x30E9\x30A4\x30D0\x30FC\x306E\x8AAD\x307F\x8FBC\x307F\x306F"
    L"\x30D6\x30ED\x30C3\x30AF\x3055\x308C\x3066\x3044\x307E\x3059\r\n";

static BOOL system_says(DWORD code, const char *text)
{
    char buffer[512];
    DWORD length;

    memset(buffer, 0xA5, sizeof(buffer));
    length = FormatMessageA(SYSTEM, NULL, code, ENGLISH, buffer, sizeof(buffer), NULL);
    if (length == strlen(text) && strcmp(buffer, text) == 0)
        return TRUE;
    printf("# %lu: %lu, %s\n", code, GetLastError(), length != 0 ? buffer : "nothing");
    return FALSE;
}

static void test_texts(void)
{
    OK(system_says(0, "The operation completed successfully.\r\n"), "0");
    OK(system_says(ERROR_FILE_NOT_FOUND, "The system cannot find the file specified.\r\n"), "2");
    OK(system_says(ERROR_BAD_EXE_FORMAT, "%1 is not a valid Win32 application.\r\n"),
       "193, its insert left alone");
    OK(system_says(ERROR_INVALID_SERVICE_CONTROL,
                   "The requested control is not valid for this service.\r\n"),
       "1052");
    OK(system_says(ERROR_DRIVER_BLOCKED, "This driver has been blocked from loading\r\n"),
       "1275: no full stop");
    OK(system_says(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), "Access is denied.\r\n"),
       "an HRESULT of a Win32 error");
    SetLastError(0);
    OK(!system_says(0x0FFFFFFF, "") && GetLastError() == ERROR_MR_MID_NOT_FOUND,
       "a code without a text");
}

static void test_languages(void)
{
    WCHAR wide[256];
    DWORD length;

    memset(wide, 0xA5, sizeof(wide));
    length = FormatMessageW(SYSTEM, NULL, ERROR_DRIVER_BLOCKED, JAPANESE, wide, 256, NULL);
    OK(length == wcslen(blocked) && wcscmp(wide, blocked) == 0, "1275 in Japanese, asked for");
    OK(FormatMessageW(SYSTEM, NULL, ERROR_DRIVER_BLOCKED, MAKELANGID(LANG_FRENCH, SUBLANG_FRENCH),
                      wide, 256, NULL) == 0 &&
           GetLastError() == ERROR_RESOURCE_LANG_NOT_FOUND,
       "a language that the text is not there in");
    OK(FormatMessageW(SYSTEM, NULL, ERROR_DRIVER_BLOCKED, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
                      wide, 256, NULL) != 0 &&
           wcscmp(wide, L"This driver has been blocked from loading\r\n") == 0,
       "the user's language");
    OK(GetThreadUILanguage() == GetUserDefaultUILanguage() &&
           GetSystemDefaultUILanguage() == ENGLISH,
       "English by default");
    OK(SetThreadUILanguage(JAPANESE) == JAPANESE && GetThreadUILanguage() == JAPANESE,
       "a thread's own language");
    OK(FormatMessageW(SYSTEM, NULL, ERROR_DRIVER_BLOCKED, 0, wide, 256, NULL) != 0 &&
           wcscmp(wide, blocked) == 0,
       "is that of its texts");
    OK(FormatMessageW(SYSTEM, NULL, ERROR_NOT_LOCKED, 0, wide, 256, NULL) != 0 &&
           wcscmp(wide, L"The segment is already unlocked.\r\n") == 0,
       "but where only English is there");
    OK(SetThreadUILanguage(0) == ENGLISH, "and is given back");
}

/* The caller's text with inserts of a va_list. */
static const WCHAR *with_list(DWORD flags, const WCHAR *text, ...)
{
    static WCHAR buffer[256];
    va_list list;
    DWORD length;

    memset(buffer, 0xA5, sizeof(buffer));
    va_start(list, text);
    length = FormatMessageW(FORMAT_MESSAGE_FROM_STRING | flags, text, 0, 0, buffer, 256, &list);
    va_end(list);
    return length != 0 ? buffer : L"";
}

static void test_inserts(void)
{
    ULONG_PTR array[] = {4, 2, (ULONG_PTR)L"Bill", (ULONG_PTR)L"Bob", 6, (ULONG_PTR)L"Bill"};
    ULONG_PTR narrow[] = {(ULONG_PTR) "bytes", (ULONG_PTR)L"wide", (ULONG_PTR) "hs"};
    WCHAR wide[64];
    char bytes[64];

    OK(wcscmp(with_list(0, L"%1!*.*s! %2 %3!*s!", 4, 2, L"Bill", L"Bob", 6, L"Bill"),
              L"  Bi Bob   Bill") == 0,
       "a list: widths and precisions come with their insert");
    OK(FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                      L"%1!*.*s! %4 %5!*s!", 0, 0, wide, 64, (va_list *)array) != 0 &&
           wcscmp(wide, L"  Bi Bob   Bill") == 0,
       "an array: they have places of their own");
    OK(wcscmp(with_list(0, L"%2 %1 %2 %3!#x! %4!I64u!", L"one", L"two", 0xABC, 1ull << 40),
              L"two one two 0xabc 1099511627776") == 0,
       "in any order, numbers too");
    OK(wcscmp(with_list(0, L"50%% %. %! %n|%0 not this", 0), L"50% . ! \r\n|") == 0, "escapes");
    OK(wcscmp(with_list(FORMAT_MESSAGE_IGNORE_INSERTS, L"%1%n", 0), L"%1%n") == 0,
       "left alone on request");
    OK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                      "%1 %2!S! %3!-4hs!|", 0, 0, bytes, 64, (va_list *)narrow) != 0 &&
           strcmp(bytes, "bytes wide hs  |") == 0,
       "strings of bytes");
    OK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_BAD_EXE_FORMAT, ENGLISH, bytes, 64,
                      NULL) == 0 &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "an insert that nothing was given for");
}

static void test_widths(void)
{
    char bytes[128];

    OK(FormatMessageA(SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, ERROR_ACCESS_DENIED, ENGLISH,
                      bytes, sizeof(bytes), NULL) != 0 &&
           strcmp(bytes, "Access is denied. ") == 0,
       "no line breaks: a blank for each");
    OK(wcscmp(with_list(FORMAT_MESSAGE_MAX_WIDTH_MASK, L"a\r\nb%nc", 0), L"a b\r\nc") == 0,
       "but those that are asked for");
    OK(wcscmp(with_list(10, L"one two three four", 0), L"one two\r\nthree four") == 0,
       "a width of 10");
}

static void test_buffers(void)
{
    char *text = NULL, bytes[20];

    memset(bytes, 0xA5, sizeof(bytes));
    OK(FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, ENGLISH, bytes, 19, NULL) == 0 &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER,
       "a byte too small");
    OK(FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, ENGLISH, bytes, 20, NULL) == 19,
       "just large enough");
    OK(FormatMessageA(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, ERROR_ACCESS_DENIED, ENGLISH,
                      (char *)&text, 100, NULL) == 19 &&
           strcmp(text, "Access is denied.\r\n") == 0,
       "allocated");
    memset(text, 'x', 100); /* no less than was asked for */
    OK(LocalFree(text) == NULL, "freed by LocalFree");
    OK(FormatMessageA(0, NULL, 5, ENGLISH, bytes, sizeof(bytes), NULL) == 0 &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "from nowhere");
}

/* A library without a message table; one that a driver has: tests/cli/events.t. */
static void test_modules(void)
{
    HMODULE data = LoadLibraryExW(L"kernel32.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
    char bytes[64];

    OK(data != NULL && ((ULONG_PTR)data & 3) != 0, "a module as data");
    OK(FindResourceW(data, MAKEINTRESOURCEW(1), (LPCWSTR)RT_MESSAGETABLE) == NULL &&
           GetLastError() == ERROR_RESOURCE_DATA_NOT_FOUND,
       "without resources");
    OK(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, data, ERROR_ACCESS_DENIED, 0, bytes, 64, NULL) ==
               0 &&
           GetLastError() == ERROR_RESOURCE_DATA_NOT_FOUND,
       "no message in it");
    OK(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | SYSTEM, data, ERROR_ACCESS_DENIED, ENGLISH,
                      bytes, 64, NULL) == 19,
       "the system's in its place, on request");
    OK(FreeLibrary(data), "FreeLibrary");
    OK(LoadLibraryExW(L"C:\\none.dll", NULL, LOAD_LIBRARY_AS_DATAFILE) == NULL &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "a file that is not there");
}

int main(void)
{
    test_texts();
    test_languages();
    test_inserts();
    test_widths();
    test_buffers();
    test_modules();
    return tap_end();
}
