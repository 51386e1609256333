/* Services: installing, starting, asking after, stopping and deleting a driver. Argument 1: a driver's file on C:. */
#include <windows.h>

#include <string.h>

#include "tap.h"

static SC_HANDLE manager;

static SC_HANDLE create(const char *name, const char *path, DWORD start, const char *needs, const char *account)
{
    return CreateServiceA(manager, name, "A display name", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, start,
                          SERVICE_ERROR_NORMAL, path, "Some Group", NULL, needs, account, NULL);
}

static DWORD state_of(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status;
    SERVICE_STATUS shorter;
    DWORD needed = 0;

    memset(&status, 0xA5, sizeof(status));
    memset(&shorter, 0xA5, sizeof(shorter));
    OK(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof(status), &needed) &&
           status.dwServiceType == SERVICE_KERNEL_DRIVER && status.dwProcessId == 0, "QueryServiceStatusEx");
    OK(QueryServiceStatus(service, &shorter) && shorter.dwCurrentState == status.dwCurrentState,
       "QueryServiceStatus says the same");
    return status.dwCurrentState;
}

static void test_refused(const char *path)
{
    DWORD tag, needed = 0;
    BYTE small[4];
    SC_HANDLE service;

    OK(create("a\\b", path, SERVICE_DEMAND_START, NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_NAME,
       "a name with a backslash");
    OK(create("refused", path, 9, NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "a start type");
    OK(create("refused", path, SERVICE_DEMAND_START, NULL, "\\Driver\\other") == NULL &&
           GetLastError() == ERROR_INVALID_SERVICE_ACCOUNT, "an object of another name");
    OK(CreateServiceA(manager, "refused", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                      SERVICE_ERROR_NORMAL, path, "Group", &tag, NULL, NULL, NULL) == NULL &&
           GetLastError() == ERROR_INVALID_PARAMETER, "a tag");
    OK(OpenServiceA(manager, "refused", SERVICE_ALL_ACCESS) == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST,
       "what was refused is not there");
    service = create("disabled", path, SERVICE_DISABLED, NULL, NULL);
    OK(service != NULL && !StartServiceA(service, 0, NULL) && GetLastError() == ERROR_SERVICE_DISABLED, "disabled");
    OK(!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, small, sizeof(small), &needed) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed == sizeof(SERVICE_STATUS_PROCESS), "a small buffer");
    OK(!QueryServiceStatusEx(service, (SC_STATUS_TYPE)1, small, sizeof(small), &needed) &&
           GetLastError() == ERROR_INVALID_LEVEL, "a level that there is not");
    OK(DeleteService(service) && CloseServiceHandle(service), "it is deleted");
}

static void test_course(const char *path)
{
    SC_HANDLE service = create("again", path, SERVICE_DEMAND_START, NULL, "\\Driver\\again");
    SERVICE_STATUS status;

    OK(service != NULL, "CreateService");
    OK(create("again", path, SERVICE_DEMAND_START, NULL, NULL) == NULL && GetLastError() == ERROR_SERVICE_EXISTS, "once");
    OK(state_of(service) == SERVICE_STOPPED, "it does not run yet");
    OK(!ControlService(service, SERVICE_CONTROL_STOP, &status) && GetLastError() == ERROR_SERVICE_NOT_ACTIVE,
       "nothing to stop");
    OK(StartServiceA(service, 0, NULL), "StartService");
    OK(state_of(service) == SERVICE_RUNNING, "it runs");
    OK(!StartServiceA(service, 0, NULL) && GetLastError() == ERROR_SERVICE_ALREADY_RUNNING, "once");
    OK(ControlService(service, SERVICE_CONTROL_STOP, &status) && status.dwCurrentState == SERVICE_STOPPED, "stop");
    OK(state_of(service) == SERVICE_STOPPED, "it has stopped");
    OK(DeleteService(service) && CloseServiceHandle(service), "DeleteService");
}

/* A service that runs, or is open, is only marked. */
static void test_deletion(const char *path)
{
    SC_HANDLE one = create("going", path, SERVICE_DEMAND_START, NULL, NULL);
    SC_HANDLE two = OpenServiceA(manager, "going", SERVICE_ALL_ACCESS);
    SERVICE_STATUS status;

    OK(StartServiceA(one, 0, NULL) && DeleteService(one), "a running service is deleted");
    OK(!DeleteService(two) && GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE, "it is marked, and not a second time");
    OK(state_of(two) == SERVICE_RUNNING, "it still runs");
    OK(create("going", path, SERVICE_DEMAND_START, NULL, NULL) == NULL && GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE,
       "no other takes its name");
    OK(ControlService(two, SERVICE_CONTROL_STOP, &status), "it is stopped");
    OK(!StartServiceA(two, 0, NULL) && GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE, "and not started again");
    CloseServiceHandle(one);
    one = OpenServiceA(manager, "going", SERVICE_ALL_ACCESS);
    OK(one != NULL, "it is there while a handle is open");
    CloseServiceHandle(one);
    CloseServiceHandle(two);
    OK(OpenServiceA(manager, "going", SERVICE_ALL_ACCESS) == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST,
       "it goes with the last");
    one = create("going", path, SERVICE_DEMAND_START, NULL, NULL);
    OK(one != NULL && DeleteService(one) && CloseServiceHandle(one), "its name is free");
}

static void test_dependencies(const char *path)
{
    SC_HANDLE needed = create("needed", path, SERVICE_DEMAND_START, NULL, NULL);
    SC_HANDLE needs = create("needs", path, SERVICE_DEMAND_START, "needed\0", NULL);
    SC_HANDLE absent = create("absent", path, SERVICE_DEMAND_START, "none\0", NULL);
    SC_HANDLE circle = create("circle", path, SERVICE_DEMAND_START, "circle\0", NULL);
    SC_HANDLE group = create("group", path, SERVICE_DEMAND_START, "+Some Group\0", NULL);
    SC_HANDLE all[] = {needs, needed, absent, circle, group};
    SERVICE_STATUS status;

    OK(StartServiceA(needs, 0, NULL), "a service that needs another");
    OK(state_of(needed) == SERVICE_RUNNING, "the other was started");
    OK(ControlService(needs, SERVICE_CONTROL_STOP, &status) && ControlService(needed, SERVICE_CONTROL_STOP, &status),
       "both stop");
    OK(!StartServiceA(absent, 0, NULL) && GetLastError() == ERROR_SERVICE_DEPENDENCY_FAIL, "it needs one that is not there");
    OK(!StartServiceA(circle, 0, NULL) && GetLastError() == ERROR_CIRCULAR_DEPENDENCY, "it needs itself");
    OK(!StartServiceA(group, 0, NULL) && GetLastError() == ERROR_SERVICE_DEPENDENCY_FAIL, "it needs a group");
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        OK(DeleteService(all[i]) && CloseServiceHandle(all[i]), "deleted");
}

/* The driver that the machine loaded for this program: the machine finds it gone at the end. */
static void test_stop_the_first(void)
{
    SC_HANDLE service = OpenServiceA(manager, "plain", SERVICE_ALL_ACCESS);
    SERVICE_STATUS status;

    OK(service != NULL && state_of(service) == SERVICE_RUNNING, "the machine's own driver runs");
    OK(ControlService(service, SERVICE_CONTROL_STOP, &status) && DeleteService(service), "it is stopped and deleted");
    OK(CloseServiceHandle(service), "CloseServiceHandle");
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "C:\\Windows\\System32\\drivers\\plain.sys";

    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    OK(manager != NULL, "OpenSCManager");
    test_refused(path);
    test_course(path);
    test_deletion(path);
    test_dependencies(path);
    test_stop_the_first();
    OK(CloseServiceHandle(manager), "CloseServiceHandle");
    return tap_end();
}
