/* The registry by advapi32: keys, values, texts and their ends, short buffers, trees, notification,
 * errors. */
#include <windows.h>

#include <string.h>

#include "tap.h"

#define TEST_KEY "Software\\Drydock API"

static HKEY key;

static void fill(void *buffer, size_t bytes)
{
    memset(buffer, 0xA5, bytes);
}

/* ---- keys ---- */

static void test_create(void)
{
    DWORD disposition = 0;
    HKEY again, deep;

    RegDeleteTreeA(HKEY_CURRENT_USER, TEST_KEY);
    OK(RegCreateKeyExA(HKEY_CURRENT_USER, TEST_KEY, 0, "a class", 0, KEY_ALL_ACCESS, NULL, &key,
                       &disposition) == 0 &&
           disposition == REG_CREATED_NEW_KEY,
       "a new key");
    OK(RegCreateKeyExA(HKEY_CURRENT_USER, TEST_KEY, 0, NULL, 0, KEY_READ, NULL, &again,
                       &disposition) == 0 &&
           disposition == REG_OPENED_EXISTING_KEY,
       "the same key again");
    OK(RegCloseKey(again) == 0, "RegCloseKey");
    OK(RegCreateKeyExW(key, L"one\\two\\three\\", 0, NULL, 0, KEY_READ, NULL, &deep,
                       &disposition) == 0 &&
           disposition == REG_CREATED_NEW_KEY,
       "a key with those on the way to it");
    RegCloseKey(deep);
    OK(RegOpenKeyExA(key, "ONE\\Two", 0, KEY_READ, &deep) == 0, "names in any case");
    RegCloseKey(deep);
    OK(RegOpenKeyExA(key, "one\\four", 0, KEY_READ, &deep) == ERROR_FILE_NOT_FOUND && deep == NULL,
       "a key that is not there");
    OK(RegOpenKeyExA(key, "\\one", 0, KEY_READ, &deep) == ERROR_BAD_PATHNAME,
       "a name that starts with a backslash");
    OK(RegOpenKeyExA(NULL, "one", 0, KEY_READ, &deep) == ERROR_INVALID_HANDLE, "no key");
    OK(RegOpenKeyExA((HKEY)(ULONG_PTR)0x1234, "one", 0, KEY_READ, &deep) == ERROR_INVALID_HANDLE,
       "what is no key");
    OK(RegOpenKeyExA(key, NULL, 0, KEY_READ, &deep) == 0 && deep != key,
       "without a name: another handle");
    RegCloseKey(deep);
    OK(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "", 0, KEY_READ, &deep) == 0 && deep == HKEY_LOCAL_MACHINE,
       "without a name below a predefined key: that");
    OK(RegCreateKeyExA(key, NULL, 0, NULL, 0, KEY_READ, NULL, &deep, NULL) == ERROR_BADKEY,
       "making a key without a name");
    OK(RegOpenKeyExA(key, "one", 0, KEY_READ, NULL) == ERROR_INVALID_PARAMETER,
       "nowhere to give it to");
    OK(RegCloseKey(HKEY_CURRENT_USER) == 0 && RegCloseKey(NULL) == ERROR_INVALID_HANDLE, "closing");
}

static void test_volatile(void)
{
    HKEY child, below;

    OK(RegCreateKeyExA(key, "volatile", 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &child,
                       NULL) == 0,
       "a volatile key");
    OK(RegCreateKeyExA(child, "stable", 0, NULL, 0, KEY_READ, NULL, &below, NULL) ==
           ERROR_CHILD_MUST_BE_VOLATILE,
       "one that is not, below it");
    RegCloseKey(child);
    OK(RegDeleteKeyA(key, "volatile") == 0, "deleted");
}

static void test_access(void)
{
    HKEY reader;
    DWORD value = 1;

    OK(RegOpenKeyExA(HKEY_CURRENT_USER, TEST_KEY, 0, KEY_READ, &reader) == 0, "for reading");
    OK(RegSetValueExA(reader, "x", 0, REG_DWORD, (BYTE *)&value, 4) == ERROR_ACCESS_DENIED,
       "writing is refused");
    OK(RegDeleteKeyExA(reader, "one", 0, 1) == ERROR_INVALID_PARAMETER, "a reserved parameter");
    RegCloseKey(reader);
}

static void test_roots(void)
{
    static const HKEY root[] = {HKEY_CLASSES_ROOT, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE,
                                HKEY_USERS, HKEY_CURRENT_CONFIG};
    DWORD keys;
    HKEY user, machine;

    for (unsigned i = 0; i < sizeof(root) / sizeof(root[0]); i++)
        OK(RegQueryInfoKeyA(root[i], NULL, NULL, NULL, &keys, NULL, NULL, NULL, NULL, NULL, NULL,
                            NULL) == 0,
           "a predefined key");
    OK(RegOpenCurrentUser(KEY_READ, &user) == 0, "RegOpenCurrentUser");
    OK(RegOpenKeyExA(user, TEST_KEY, 0, KEY_READ, &machine) == 0, "the same keys are there");
    RegCloseKey(machine);
    RegCloseKey(user);
    OK(RegConnectRegistryA(NULL, HKEY_LOCAL_MACHINE, &machine) == 0 && machine != NULL,
       "RegConnectRegistry: this machine");
    RegCloseKey(machine);
    OK(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Services", 0, KEY_READ,
                     &machine) == 0,
       "by a link");
    RegCloseKey(machine);
}

/* ---- values ---- */

static LSTATUS query(const char *name, DWORD *type, void *data, DWORD *size)
{
    fill(data, *size);
    return RegQueryValueExA(key, name, NULL, type, data, size);
}

static void test_values(void)
{
    DWORD type = 0, number = 0x12345678, size;
    BYTE data[64];
    WCHAR wide[16];

    OK(RegSetValueExA(key, "number", 0, REG_DWORD, (BYTE *)&number, 4) == 0, "a number");
    size = sizeof(data);
    OK(query("NUMBER", &type, data, &size) == 0 && type == REG_DWORD && size == 4 &&
           memcmp(data, &number, 4) == 0,
       "is read, by a name in any case");
    size = 3;
    OK(query("number", &type, data, &size) == ERROR_MORE_DATA && size == 4 && data[0] == 0xA5,
       "too short a buffer");
    size = 0;
    OK(RegQueryValueExA(key, "number", NULL, &type, NULL, &size) == 0 && size == 4,
       "no buffer: the size");
    OK(RegQueryValueExA(key, "number", NULL, NULL, NULL, NULL) == 0, "nothing wanted");
    OK(RegQueryValueExA(key, "number", NULL, NULL, data, NULL) == ERROR_INVALID_PARAMETER,
       "a buffer of no size");
    OK(RegQueryValueExA(key, "none", NULL, NULL, NULL, NULL) == ERROR_FILE_NOT_FOUND,
       "a value that is not there");
    OK(RegSetValueExA(key, NULL, 0, REG_SZ, (BYTE *)"default", 8) == 0, "the unnamed value");
    size = sizeof(data);
    OK(query("", &type, data, &size) == 0 && type == REG_SZ && size == 8 &&
           strcmp((char *)data, "default") == 0,
       "is read");
    size = sizeof(wide);
    OK(RegQueryValueExW(key, L"", NULL, &type, (BYTE *)wide, &size) == 0 && size == 16 &&
           lstrcmpW(wide, L"default") == 0,
       "is in UTF-16 behind that");
    OK(RegSetValueExW(key, L"empty", 0, REG_BINARY, NULL, 0) == 0, "a value without data");
    size = sizeof(data);
    OK(query("empty", &type, data, &size) == 0 && size == 0 && type == REG_BINARY, "is read");
    OK(RegSetValueExA(key, "latin", 0, REG_SZ, (BYTE *)"gr\xfc\xdf", 5) == 0,
       "letters of the code page");
    size = sizeof(wide);
    OK(RegQueryValueExW(key, L"latin", NULL, NULL, (BYTE *)wide, &size) == 0 && wide[2] == 0xFC &&
           wide[3] == 0xDF,
       "are those of Unicode");
    OK(RegSetValueExA(key, "odd type", 0, 0x80001234, (BYTE *)"abc", 3) == 0,
       "a type of no meaning");
    size = sizeof(data);
    OK(query("odd type", &type, data, &size) == 0 && type == 0x80001234 && size == 3, "is kept");
    OK(RegSetValueExA(key, "x", 1, REG_DWORD, (BYTE *)&number, 4) == ERROR_INVALID_PARAMETER,
       "a reserved parameter");
    OK(RegDeleteValueA(key, "number") == 0 &&
           RegDeleteValueA(key, "number") == ERROR_FILE_NOT_FOUND,
       "deleted, once");
}

/* ---- RegGetValue ---- */

static LSTATUS get(const char *name, DWORD flags, DWORD *type, void *data, DWORD *size)
{
    fill(data, *size);
    return RegGetValueA(HKEY_CURRENT_USER, TEST_KEY, name, flags, type, data, size);
}

static void test_get_texts(void)
{
    DWORD type, size;
    char text[64];
    WCHAR wide[64];

    SetEnvironmentVariableA("REGTEST", "here");
    RegSetValueExA(key, "unended", 0, REG_SZ, (BYTE *)"abc", 3);
    size = sizeof(text);
    OK(get("unended", RRF_RT_REG_SZ, &type, text, &size) == 0 && size == 4 &&
           memcmp(text, "abc", 4) == 0,
       "a text without its end gets one");
    size = 3;
    OK(get("unended", RRF_RT_REG_SZ, &type, text, &size) == ERROR_MORE_DATA && size == 4,
       "which counts");
    RegSetValueExA(key, "list", 0, REG_MULTI_SZ, (BYTE *)"a\0bc", 4);
    size = sizeof(text);
    OK(get("list", RRF_RT_REG_MULTI_SZ, &type, text, &size) == 0 && size == 6 &&
           memcmp(text, "a\0bc\0", 6) == 0,
       "a list without its ends gets both");
    RegSetValueExA(key, "variable", 0, REG_EXPAND_SZ, (BYTE *)"<%REGTEST%> 5% %none%", 22);
    size = sizeof(text);
    OK(get("variable", RRF_RT_REG_SZ, &type, text, &size) == 0 && type == REG_SZ &&
           strcmp(text, "<here> 5% %none%") == 0,
       "variables are replaced");
    size = sizeof(text);
    OK(get("variable", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &type, text, &size) == 0 &&
           type == REG_EXPAND_SZ && strcmp(text, "<%REGTEST%> 5% %none%") == 0,
       "or not");
    size = sizeof(text);
    OK(get("variable", RRF_RT_REG_EXPAND_SZ, &type, text, &size) == ERROR_INVALID_PARAMETER,
       "they must be for that type");
    size = sizeof(wide);
    OK(RegGetValueW(key, NULL, L"unended", RRF_RT_REG_SZ, NULL, wide, &size) == 0 && size == 8 &&
           lstrcmpW(wide, L"abc") == 0,
       "RegGetValueW, without a subkey");
    size = 0;
    OK(RegGetValueA(key, "", "unended", RRF_RT_ANY, &type, NULL, &size) == 0 && size == 4,
       "no buffer: the size");
}

static void test_get_types(void)
{
    DWORD type, size, number = 77;
    DWORD64 large = 1;
    BYTE data[16];

    RegSetValueExA(key, "number", 0, REG_DWORD, (BYTE *)&number, 4);
    RegSetValueExA(key, "four", 0, REG_BINARY, (BYTE *)&number, 4);
    RegSetValueExA(key, "three", 0, REG_BINARY, (BYTE *)&number, 3);
    RegSetValueExA(key, "large", 0, REG_QWORD, (BYTE *)&large, 8);
    size = sizeof(data);
    OK(get("number", RRF_RT_REG_DWORD, &type, data, &size) == 0 && size == 4 && type == REG_DWORD,
       "a number");
    size = sizeof(data);
    OK(get("number", RRF_RT_REG_SZ, &type, data, &size) == ERROR_UNSUPPORTED_TYPE, "is no text");
    size = sizeof(data);
    OK(get("four", RRF_RT_DWORD, &type, data, &size) == 0 && type == REG_BINARY,
       "four bytes are one too");
    size = sizeof(data);
    OK(get("three", RRF_RT_DWORD, &type, data, &size) == ERROR_INVALID_DATA, "three are not");
    size = sizeof(data);
    OK(get("large", RRF_RT_REG_QWORD, &type, data, &size) == 0 && size == 8, "a large number");
    size = sizeof(data);
    OK(get("number", RRF_RT_REG_SZ | RRF_ZEROONFAILURE, &type, data, &size) ==
               ERROR_UNSUPPORTED_TYPE &&
           data[0] == 0 && data[15] == 0,
       "zeros where it fails, if asked for");
    size = sizeof(data);
    OK(RegGetValueA(HKEY_CURRENT_USER, "Software\\None", "x", RRF_RT_ANY, NULL, data, &size) ==
           ERROR_FILE_NOT_FOUND,
       "no such subkey");
}

/* ---- enumeration ---- */

static void test_enumerate(void)
{
    DWORD keys, name_size, class_size, values, longest, longest_name, longest_data, type, size,
        security = 0;
    char name[64], class_name[32];
    BYTE data[64];
    FILETIME time;
    HKEY child;

    class_size = sizeof(class_name);
    OK(RegQueryInfoKeyA(key, class_name, &class_size, NULL, &keys, &longest, NULL, &values,
                        &longest_name, &longest_data, &security, &time) == 0 &&
           strcmp(class_name, "a class") == 0 && class_size == 7,
       "RegQueryInfoKey");
    OK(keys == 1 && longest == 3 && values == 11 && longest_name == 8 && longest_data == 44 &&
           security != 0,
       "with its counts and longest names");
    class_size = 7;
    OK(RegQueryInfoKeyA(key, class_name, &class_size, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                        NULL, NULL) == ERROR_MORE_DATA,
       "a class that is too long");
    RegCreateKeyExW(key, L"Alpha", 0, L"class of alpha", 0, KEY_READ, NULL, &child, NULL);
    RegCloseKey(child);
    name_size = sizeof(name);
    class_size = sizeof(class_name);
    OK(RegEnumKeyExA(key, 0, name, &name_size, NULL, class_name, &class_size, &time) == 0 &&
           strcmp(name, "Alpha") == 0 && name_size == 5 &&
           strcmp(class_name, "class of alpha") == 0,
       "subkeys come sorted");
    name_size = 5;
    OK(RegEnumKeyExA(key, 0, name, &name_size, NULL, NULL, NULL, NULL) == ERROR_MORE_DATA,
       "too short for the end");
    OK(RegEnumKeyA(key, 1, name, sizeof(name)) == 0 && strcmp(name, "one") == 0, "RegEnumKey");
    OK(RegEnumKeyA(key, 2, name, sizeof(name)) == ERROR_NO_MORE_ITEMS, "the end");
    name_size = sizeof(name);
    size = sizeof(data);
    OK(RegEnumValueA(key, 0, name, &name_size, NULL, &type, data, &size) == 0 && name_size == 0 &&
           type == REG_SZ && strcmp((char *)data, "default") == 0 && size == 8,
       "values come as they were made");
    name_size = sizeof(name);
    size = 2;
    OK(RegEnumValueA(key, 0, name, &name_size, NULL, &type, data, &size) == ERROR_MORE_DATA &&
           size == 8,
       "too short for the data");
    name_size = 3;
    OK(RegEnumValueA(key, 1, name, &name_size, NULL, NULL, NULL, NULL) == ERROR_MORE_DATA,
       "for the name");
    name_size = sizeof(name);
    OK(RegEnumValueA(key, 1, name, &name_size, NULL, NULL, NULL, NULL) == 0 &&
           strcmp(name, "empty") == 0,
       "the name alone");
    OK(RegEnumValueA(key, 100, name, &name_size, NULL, NULL, NULL, NULL) == ERROR_NO_MORE_ITEMS,
       "the end");
}

/* ---- deleting, copying, renaming ---- */

static void test_trees(void)
{
    DWORD keys, values, size = 4, number = 5;
    HKEY child;

    OK(RegDeleteKeyA(key, "one") == ERROR_ACCESS_DENIED, "a key with subkeys is not deleted");
    OK(RegDeleteKeyA(key, NULL) == ERROR_INVALID_PARAMETER, "nor one without a name");
    OK(RegSetKeyValueA(key, "one\\two", "number", REG_DWORD, &number, 4) == 0, "RegSetKeyValue");
    OK(RegCreateKeyA(key, "copy", &child) == 0, "RegCreateKey");
    OK(RegCopyTreeA(key, "one", child) == 0, "RegCopyTree");
    number = 0;
    OK(RegGetValueA(child, "two", "number", RRF_RT_REG_DWORD, NULL, &number, &size) == 0 &&
           number == 5,
       "the value is there");
    RegCloseKey(child);
    OK(RegRenameKey(key, L"copy", L"renamed") == 0 &&
           RegOpenKeyA(key, "copy", &child) == ERROR_FILE_NOT_FOUND &&
           RegOpenKeyA(key, "renamed\\two\\three", &child) == 0,
       "RegRenameKey");
    OK(RegDeleteKeyA(child, "") == 0, "a key by its own handle");
    OK(RegQueryInfoKeyA(child, NULL, NULL, NULL, &keys, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ==
           ERROR_KEY_DELETED,
       "is deleted");
    RegCloseKey(child);
    OK(RegDeleteKeyValueA(key, "one\\two", "number") == 0, "RegDeleteKeyValue");
    OK(RegDeleteTreeA(key, "one") == 0 && RegOpenKeyA(key, "one", &child) == ERROR_FILE_NOT_FOUND,
       "RegDeleteTree");
    OK(RegDeleteTreeA(key, "one") == ERROR_FILE_NOT_FOUND, "once");
    OK(RegDeleteTreeA(key, NULL) == 0 &&
           RegQueryInfoKeyA(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL,
                            NULL) == 0 &&
           keys == 0 && values == 0,
       "all that is in a key");
}

static void test_old(void)
{
    LONG size = 32;
    char text[32];

    fill(text, sizeof(text));
    OK(RegQueryValueA(HKEY_CURRENT_USER, TEST_KEY, text, &size) == 0 && text[0] == 0 && size == 1,
       "no unnamed value: empty");
    OK(RegSetValueA(key, "old", REG_SZ, "text", 0) == 0, "RegSetValue");
    size = sizeof(text);
    OK(RegQueryValueA(key, "old", text, &size) == 0 && strcmp(text, "text") == 0 && size == 5,
       "RegQueryValue");
    OK(RegSetValueA(key, "old", REG_DWORD, "text", 0) == ERROR_INVALID_PARAMETER, "texts only");
    OK(RegDeleteTreeA(key, "old") == 0, "deleted");
}

/* ---- notification, security ---- */

static DWORD WINAPI change_soon(void *context)
{
    return (DWORD)RegSetValueExA((HKEY)context, "changed", 0, REG_SZ, (BYTE *)"", 1);
}

static void test_notify(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), thread;
    HKEY child;

    OK(RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_NAME, event, TRUE) == 0,
       "RegNotifyChangeKeyValue");
    OK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "nothing has changed");
    RegSetValueExA(key, "x", 0, REG_SZ, (BYTE *)"", 1);
    OK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "a value is no name of a key");
    RegCreateKeyA(key, "below", &child);
    OK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0, "a new key is");
    RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE);
    RegSetValueExA(child, "x", 0, REG_SZ, (BYTE *)"", 1);
    OK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0, "a value below");
    RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE);
    RegSetValueExA(child, "x", 0, REG_SZ, (BYTE *)"", 1);
    OK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "not asked for");
    RegCloseKey(child);
    OK(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_NAME, NULL, TRUE) ==
           ERROR_INVALID_PARAMETER,
       "no event");
    OK(RegNotifyChangeKeyValue(key, FALSE, 0, event, TRUE) == ERROR_INVALID_PARAMETER,
       "for nothing");
    thread = CreateThread(NULL, 0, change_soon, key, 0, NULL);
    OK(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, NULL, FALSE) == 0,
       "waiting for a change");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(event);
}

static void test_security(void)
{
    BYTE descriptor[512], small[4];
    DWORD size = sizeof(small);

    OK(RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR)small, &size) ==
               ERROR_INSUFFICIENT_BUFFER &&
           size > sizeof(small),
       "RegGetKeySecurity: its size");
    size = sizeof(descriptor);
    OK(RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR)descriptor, &size) ==
           0,
       "and itself");
    OK(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR)descriptor) == 0,
       "RegSetKeySecurity");
    OK(RegFlushKey(key) == 0, "RegFlushKey");
}

int main(void)
{
    test_create();
    test_volatile();
    test_access();
    test_roots();
    test_values();
    test_get_texts();
    test_get_types();
    test_enumerate();
    test_trees();
    test_old();
    test_notify();
    test_security();
    OK(RegDeleteTreeA(HKEY_CURRENT_USER, TEST_KEY) == 0, "the test's key goes");
    RegCloseKey(key);
    return tap_end();
}
