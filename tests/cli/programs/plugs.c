/* Loads and frees plugin.dll, which imports from needed.dll: references, what DllMain hears, what is mapped. */
#include <windows.h>
#include <stdio.h>

#include "../../programs/tap.h"

static HANDLE plugin_ends, needed_ends;

static int is_set(HANDLE event)
{
    return WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
}

static int is_mapped(const void *address)
{
    MEMORY_BASIC_INFORMATION info;

    return VirtualQuery(address, &info, sizeof(info)) != 0 && info.State == MEM_COMMIT;
}

static void test_references(void)
{
    HMODULE one = LoadLibraryA("plugin.dll"), two = LoadLibraryA("PLUGIN"), needed, handle;
    int (*value)(void) = (int (*)(void))(void *)GetProcAddress(one, "plugin_value");

    OK(one != NULL && one == two, "loaded twice: the same");
    OK(value != NULL && value() == 53 && value() == 55, "it works, with its thread-local storage");
    needed = GetModuleHandleA("needed.dll");
    OK(needed != NULL, "what it needs is there");
    OK(FreeLibrary(one) && is_mapped((void *)one) && !is_set(plugin_ends), "freed once: it stays");
    OK(GetModuleHandleExA(0, "plugin.dll", &handle) && handle == one && FreeLibrary(one) && is_mapped((void *)one),
       "GetModuleHandleEx adds a reference");
    OK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                          (LPCSTR)(void *)value, &handle) && handle == one,
       "or does not, when told so");
    OK(FreeLibrary(one) && is_set(plugin_ends) && !is_mapped((void *)one), "freed as often: it is told and unmapped");
    OK(is_set(needed_ends) && !is_mapped((void *)needed) && GetModuleHandleA("needed.dll") == NULL, "and so is what it needed");
    OK(!FreeLibrary(one) && GetLastError() == ERROR_MOD_NOT_FOUND, "once more: there is none");
}

static void test_again(void)
{
    HMODULE needed = LoadLibraryA("needed.dll"), plugin = NULL;
    int right = 0;

    for (int i = 0; i < 50; i++) {
        int (*value)(void);

        plugin = LoadLibraryA("C:\\plugin.dll");
        value = (int (*)(void))(void *)GetProcAddress(plugin, "plugin_value");
        right += value != NULL && value() == 53 && FreeLibrary(plugin);
    }
    OK(right == 50, "50 times fresh");
    OK(is_mapped((void *)needed) && !is_set(needed_ends), "what somebody else has loaded stays");
    FreeLibrary(needed);
    OK(is_set(needed_ends), "until he frees it");
    OK(FreeLibrary(GetModuleHandleA("kernel32.dll")) && is_mapped((void *)GetModuleHandleA("kernel32.dll")),
       "what came with the program stays");
}

static void test_failures(void)
{
    ResetEvent(plugin_ends);
    SetEnvironmentVariableA("PLUGIN_REFUSES", "1");
    OK(LoadLibraryA("plugin.dll") == NULL && GetLastError() == ERROR_DLL_INIT_FAILED, "DllMain refuses");
    OK(is_set(plugin_ends) && GetModuleHandleA("plugin.dll") == NULL && GetModuleHandleA("needed.dll") == NULL,
       "it is told of its end, and nothing of it stays");
    SetEnvironmentVariableA("PLUGIN_REFUSES", NULL);
    OK(LoadLibraryA("nothing.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "a DLL that is not there");
    OK(LoadLibraryExA("plugin.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32) == NULL && GetLastError() == ERROR_MOD_NOT_FOUND,
       "one that is not in System32");
}

int main(void)
{
    plugin_ends = CreateEventA(NULL, FALSE, FALSE, "PluginEnds");
    needed_ends = CreateEventA(NULL, FALSE, FALSE, "NeededEnds");
    test_references();
    test_again();
    test_failures();
    return tap_end();
}
