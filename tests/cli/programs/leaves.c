/* Ends with a file, an event, a thread and memory still open. */
#include <windows.h>

static DWORD WINAPI wait_for_ever(void *event)
{
    return WaitForSingleObject(event, INFINITE);
}

int main(void)
{
    HANDLE file = CreateFileW(L"C:\\Users\\left.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD written;

    CreateThread(NULL, 0, wait_for_ever, event, 0, NULL);
    return file == INVALID_HANDLE_VALUE || !WriteFile(file, "left", 4, &written, NULL) ||
           VirtualAlloc(NULL, 65536, MEM_COMMIT, PAGE_READWRITE) == NULL;
}
