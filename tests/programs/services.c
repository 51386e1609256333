/* Services: installing, starting, asking after, stopping and deleting a driver. Argument 1: a
 * driver's file on C:. */
#include <windows.h>

#include <string.h>

#include "tap.h"

static SC_HANDLE manager;

static SC_HANDLE create(const char *name, const char *path, DWORD start, const char *needs,
                        const char *account)
{
    return CreateServiceA(manager, name, NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, start,
                          SERVICE_ERROR_NORMAL, path, "Some Group", NULL, needs, account, NULL);
}

static DWORD state_of(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status;
    SERVICE_STATUS shorter;
    DWORD needed = 0;

    memset(&status, 0xA5, sizeof(status));
    memset(&shorter, 0xA5, sizeof(shorter));
    OK(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof(status),
                            &needed) &&
           status.dwServiceType == SERVICE_KERNEL_DRIVER && status.dwProcessId == 0,
       "QueryServiceStatusEx");
    OK(QueryServiceStatus(service, &shorter) && shorter.dwCurrentState == status.dwCurrentState,
       "QueryServiceStatus says the same");
    return status.dwCurrentState;
}

static void test_refused(const char *path)
{
    DWORD tag, needed = 0;
    BYTE small[4];
    SC_HANDLE service;

    OK(create("a\\b", path, SERVICE_DEMAND_START, NULL, NULL) == NULL &&
           GetLastError() == ERROR_INVALID_NAME,
       "a name with a backslash");
    OK(create("refused", path, 9, NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER,
       "a start type");
    OK(create("refused", path, SERVICE_DEMAND_START, NULL, "\\Driver\\other") == NULL &&
           GetLastError() == ERROR_INVALID_SERVICE_ACCOUNT, "an object of another name");
    OK(CreateServiceA(manager, "refused", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                      SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, &tag, NULL, NULL,
                      NULL) == NULL &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "a tag in no group");
    OK(CreateServiceA(manager, "refused", NULL, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                      SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL,
                      NULL) == NULL &&
           GetLastError() == ERROR_NOT_SUPPORTED,
       "a program that is a service");
    OK(create("refused", path, SERVICE_DEMAND_START, "other\0refused\0", NULL) == NULL &&
           GetLastError() == ERROR_CIRCULAR_DEPENDENCY, "it needs itself");
    OK(CreateServiceA(manager, "refused", "plain", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                      SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL,
                      NULL) == NULL &&
           GetLastError() == ERROR_DUPLICATE_SERVICE_NAME,
       "another service's name for a display name");
    OK(OpenServiceA(manager, "refused", SERVICE_ALL_ACCESS) == NULL &&
           GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST,
       "what was refused is not there");
    service = create("disabled", path, SERVICE_DISABLED, NULL, NULL);
    OK(service != NULL && !StartServiceA(service, 0, NULL) &&
           GetLastError() == ERROR_SERVICE_DISABLED,
       "disabled");
    OK(!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, small, sizeof(small), &needed) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed == sizeof(SERVICE_STATUS_PROCESS),
       "a small buffer");
    OK(!QueryServiceStatusEx(service, (SC_STATUS_TYPE)1, small, sizeof(small), &needed) &&
           GetLastError() == ERROR_INVALID_LEVEL, "a level that there is not");
    OK(DeleteService(service) && CloseServiceHandle(service), "it is deleted");
}

static void test_course(const char *path)
{
    SC_HANDLE service = create("again", path, SERVICE_DEMAND_START, NULL, "\\Driver\\again");
    SERVICE_STATUS status;

    OK(service != NULL, "CreateService");
    OK(create("again", path, SERVICE_DEMAND_START, NULL, NULL) == NULL &&
           GetLastError() == ERROR_SERVICE_EXISTS,
       "once");
    OK(state_of(service) == SERVICE_STOPPED, "it does not run yet");
    OK(!ControlService(service, SERVICE_CONTROL_STOP, &status) &&
           GetLastError() == ERROR_SERVICE_NOT_ACTIVE,
       "nothing to stop");
    OK(StartServiceA(service, 0, NULL), "StartService");
    OK(state_of(service) == SERVICE_RUNNING, "it runs");
    OK(!StartServiceA(service, 0, NULL) && GetLastError() == ERROR_SERVICE_ALREADY_RUNNING, "once");
    OK(ControlService(service, SERVICE_CONTROL_STOP, &status) &&
           status.dwCurrentState == SERVICE_STOPPED,
       "stop");
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
    OK(!DeleteService(two) && GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE,
       "it is marked, and not a second time");
    OK(state_of(two) == SERVICE_RUNNING, "it still runs");
    OK(create("going", path, SERVICE_DEMAND_START, NULL, NULL) == NULL &&
           GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE,
       "no other takes its name");
    OK(ControlService(two, SERVICE_CONTROL_STOP, &status), "it is stopped");
    OK(!StartServiceA(two, 0, NULL) && GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE,
       "and not started again");
    CloseServiceHandle(one);
    one = OpenServiceA(manager, "going", SERVICE_ALL_ACCESS);
    OK(one != NULL, "it is there while a handle is open");
    CloseServiceHandle(one);
    CloseServiceHandle(two);
    OK(OpenServiceA(manager, "going", SERVICE_ALL_ACCESS) == NULL &&
           GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST,
       "it goes with the last");
    one = create("going", path, SERVICE_DEMAND_START, NULL, NULL);
    OK(one != NULL && DeleteService(one) && CloseServiceHandle(one), "its name is free");
}

static void test_dependencies(const char *path)
{
    SC_HANDLE needed = create("needed", path, SERVICE_DEMAND_START, NULL, NULL);
    SC_HANDLE needs = create("needs", path, SERVICE_DEMAND_START, "needed\0", NULL);
    SC_HANDLE absent = create("absent", path, SERVICE_DEMAND_START, "none\0", NULL);
    SC_HANDLE group = create("group", path, SERVICE_DEMAND_START, "+Some Group\0", NULL);
    SC_HANDLE none = create("none at all", path, SERVICE_DEMAND_START, "+No Group\0", NULL);
    SC_HANDLE all[] = {needs, needed, absent, group, none};
    SERVICE_STATUS status;

    OK(StartServiceA(needs, 0, NULL), "a service that needs another");
    OK(state_of(needed) == SERVICE_RUNNING, "the other was started");
    OK(!ControlService(needed, SERVICE_CONTROL_STOP, &status) &&
           GetLastError() == ERROR_DEPENDENT_SERVICES_RUNNING &&
           status.dwCurrentState == SERVICE_RUNNING,
       "which cannot stop before it");
    OK(ControlService(needs, SERVICE_CONTROL_STOP, &status) &&
           ControlService(needed, SERVICE_CONTROL_STOP, &status),
       "both stop");
    OK(!StartServiceA(absent, 0, NULL) && GetLastError() == ERROR_SERVICE_DEPENDENCY_FAIL,
       "it needs one that is not there");
    OK(!ChangeServiceConfigA(needed, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL,
                             NULL, NULL, "needs\0", NULL, NULL, NULL) &&
           GetLastError() == ERROR_CIRCULAR_DEPENDENCY,
       "none needs itself in the end");
    OK(!StartServiceA(none, 0, NULL) && GetLastError() == ERROR_SERVICE_DEPENDENCY_FAIL,
       "it needs a group without members");
    OK(StartServiceA(group, 0, NULL) && state_of(needs) == SERVICE_RUNNING,
       "it needs a group, whose members are started");
    for (unsigned i = 0; i < 2; i++)
        OK(ControlService(all[i], SERVICE_CONTROL_STOP, &status), "a member stops");
    OK(ControlService(group, SERVICE_CONTROL_STOP, &status), "the service stops");
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        OK(DeleteService(all[i]) && CloseServiceHandle(all[i]), "deleted");
}

static void test_dependents(const char *path)
{
    SC_HANDLE one = create("one", path, SERVICE_DEMAND_START, NULL, NULL);
    SC_HANDLE two = create("two", path, SERVICE_DEMAND_START, "one\0", NULL);
    SC_HANDLE three = create("three", path, SERVICE_DEMAND_START, "two\0", NULL);
    union { ENUM_SERVICE_STATUSA services[8]; char bytes[2048]; } found;
    SERVICE_STATUS status;
    DWORD needed = 0, count = 99;

    OK(EnumDependentServicesA(one, SERVICE_STATE_ALL, found.services, sizeof(found), &needed,
                              &count) &&
           count == 2 && strcmp(found.services[0].lpServiceName, "three") == 0 &&
           strcmp(found.services[1].lpServiceName, "two") == 0,
       "dependents come in the order in which they can be stopped");
    OK(EnumDependentServicesA(one, SERVICE_ACTIVE, found.services, sizeof(found), &needed,
                              &count) &&
           count == 0,
       "none of them runs");
    OK(!EnumDependentServicesA(one, SERVICE_STATE_ALL, NULL, 0, &needed, &count) &&
           GetLastError() == ERROR_MORE_DATA && count == 0 &&
           needed > 2 * sizeof(ENUM_SERVICE_STATUSA),
       "without room it is said how much they take");
    OK(EnumDependentServicesA(one, SERVICE_STATE_ALL, found.services, needed, &needed, &count) &&
           count == 2,
       "which is enough");
    OK(StartServiceA(three, 0, NULL), "the last starts all");
    OK(EnumDependentServicesA(one, SERVICE_ACTIVE, found.services, sizeof(found), &needed,
                              &count) &&
           count == 2 && found.services[1].ServiceStatus.dwCurrentState == SERVICE_RUNNING,
       "they run");
    OK(ControlService(three, SERVICE_CONTROL_STOP, &status) &&
           ControlService(two, SERVICE_CONTROL_STOP, &status) &&
           ControlService(one, SERVICE_CONTROL_STOP, &status),
       "they stop");
    OK(DeleteService(one) && DeleteService(two) && DeleteService(three), "deleted");
    CloseServiceHandle(one);
    CloseServiceHandle(two);
    CloseServiceHandle(three);
}

/* ---- configuration ---- */

static void test_configuration(const char *path)
{
    union { QUERY_SERVICE_CONFIGA config; char bytes[4096]; } at;
    union { QUERY_SERVICE_CONFIGW config; char bytes[4096]; } wide;
    DWORD tag = 0, other_tag = 0, needed = 0;
    SC_HANDLE service = CreateServiceA(
        manager, "kept", "Kept Service", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
        SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, "Tagged", &tag, "a\0+G\0b\0", NULL, NULL);
    SC_HANDLE other = CreateServiceA(
        manager, "kept2", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
        SERVICE_ERROR_NORMAL, path, "Tagged", &other_tag, NULL, NULL, NULL);

    OK(service != NULL && other != NULL && tag != 0 && other_tag != 0 && tag != other_tag,
       "each has a tag of its own");
    memset(&at, 0xA5, sizeof(at));
    OK(QueryServiceConfigA(service, &at.config, sizeof(at), &needed), "QueryServiceConfigA");
    OK(at.config.dwServiceType == SERVICE_KERNEL_DRIVER &&
           at.config.dwStartType == SERVICE_DEMAND_START &&
           at.config.dwErrorControl == SERVICE_ERROR_NORMAL && at.config.dwTagId == tag,
       "its numbers");
    OK(strcmp(at.config.lpDisplayName, "Kept Service") == 0 &&
           strcmp(at.config.lpLoadOrderGroup, "Tagged") == 0 && *at.config.lpServiceStartName == 0,
       "its texts");
    OK(strncmp(at.config.lpBinaryPathName, "\\??\\C:\\", 7) == 0 &&
           strcmp(at.config.lpBinaryPathName + 4, path) == 0,
       "its path is one of NT");
    OK(memcmp(at.config.lpDependencies, "a\0b\0+G\0", 8) == 0, "what it depends on, groups last");
    memset(&at, 0xA5, sizeof(at));
    OK(!QueryServiceConfigA(service, &at.config, 16, &needed) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER,
       "a buffer too small");
    OK(QueryServiceConfigA(service, &at.config, needed, &needed) &&
           (unsigned char)at.bytes[needed] == 0xA5,
       "as much as it takes, and no more");
    OK(!QueryServiceConfigW(service, NULL, 0, &needed) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed < sizeof(wide) &&
           QueryServiceConfigW(service, &wide.config, needed, &needed) &&
           lstrcmpW(wide.config.lpDisplayName, L"Kept Service") == 0,
       "QueryServiceConfigW");

    OK(ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_AUTO_START, SERVICE_ERROR_SEVERE,
                            "system32\\x.sys", "", NULL, "", NULL, NULL, "Another"),
       "ChangeServiceConfigA");
    OK(QueryServiceConfigA(service, &at.config, sizeof(at), &needed) &&
           at.config.dwStartType == SERVICE_AUTO_START &&
           at.config.dwErrorControl == SERVICE_ERROR_SEVERE &&
           at.config.dwServiceType == SERVICE_KERNEL_DRIVER &&
           strcmp(at.config.lpBinaryPathName, "system32\\x.sys") == 0 &&
           *at.config.lpLoadOrderGroup == 0 && *at.config.lpDependencies == 0 &&
           strcmp(at.config.lpDisplayName, "Another") == 0,
       "all of it");
    OK(!ChangeServiceConfigA(service, 77, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL, NULL, NULL,
                             NULL, NULL, NULL, NULL) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "a type that there is not");
    OK(!ChangeServiceConfigA(other, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL,
                             NULL, NULL, NULL, NULL, NULL, "another") &&
           GetLastError() == ERROR_DUPLICATE_SERVICE_NAME,
       "a display name is one's own");
    OK(DeleteService(service) &&
           !ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_DEMAND_START,
                                 SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL) &&
           GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE,
       "a service that is deleted is not changed");
    OK(DeleteService(other) && CloseServiceHandle(service) && CloseServiceHandle(other), "deleted");
}

static void test_description(const char *path)
{
    union { SERVICE_DESCRIPTIONA description; BYTE bytes[256]; } at;
    SERVICE_DESCRIPTIONA text = {(char *)"What it is for."};
    SC_HANDLE service = create("described", path, SERVICE_DEMAND_START, NULL, NULL);
    DWORD needed;

    OK(QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, at.bytes, sizeof(at), &needed) &&
           at.description.lpDescription == NULL, "it has no description");
    OK(ChangeServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, &text) &&
           QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, at.bytes, sizeof(at),
                                &needed) &&
           strcmp(at.description.lpDescription, text.lpDescription) == 0,
       "it has one");
    OK(!QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, at.bytes, 8, &needed) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed > 16, "a buffer too small");
    OK(!QueryServiceConfig2A(service, 99, at.bytes, sizeof(at), &needed) &&
           GetLastError() == ERROR_INVALID_LEVEL,
       "a level that there is not");
    OK(DeleteService(service) && CloseServiceHandle(service), "deleted");
}

/* ---- enumeration ---- */

static DWORD count_services(DWORD states, const char *group)
{
    static union { ENUM_SERVICE_STATUS_PROCESSA services[1]; BYTE bytes[16384]; } found;
    DWORD needed, count = 0, resume = 0;

    OK(EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER, states, found.bytes,
                             sizeof(found), &needed, &count, &resume, group),
       "EnumServicesStatusExA");
    return count;
}

static void test_enumeration(const char *path)
{
    SC_HANDLE one = create("listed1", path, SERVICE_DEMAND_START, NULL, NULL);
    SC_HANDLE two = create("listed2", path, SERVICE_DEMAND_START, NULL, NULL);
    union { ENUM_SERVICE_STATUSA services[1]; char bytes[96]; } small;
    DWORD needed, count, resume = 0, all = count_services(SERVICE_STATE_ALL, NULL), seen = 0,
                         active;
    char name[64] = "";
    BOOL done;

    OK(count_services(SERVICE_STATE_ALL, "Some Group") == 2, "those of a group");
    OK(count_services(SERVICE_STATE_ALL, "") +
               count_services(SERVICE_STATE_ALL, "WdfLoadGroup") == all - 2, "those of none");
    active = count_services(SERVICE_ACTIVE, NULL);
    OK(active + count_services(SERVICE_INACTIVE, NULL) == all, "each runs or does not");
    OK(StartServiceA(two, 0, NULL) && count_services(SERVICE_ACTIVE, NULL) == active + 1,
       "one more that runs");
    do {
        done = EnumServicesStatusA(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, small.services,
                                   sizeof(small), &needed, &count, &resume);
        seen += count;
        if (count != 0)
            lstrcpynA(name, small.services[count - 1].lpServiceName, sizeof(name));
    } while (!done && GetLastError() == ERROR_MORE_DATA && count != 0);
    OK(done && seen == all && name[0] != 0, "they come by and by through a small buffer");
    OK(!EnumServicesStatusA(manager, SERVICE_DRIVER, 0, small.services, sizeof(small), &needed,
                            &count, NULL) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "no state");
    OK(ControlService(two, SERVICE_CONTROL_STOP, (SERVICE_STATUS *)&small), "it stops");
    OK(DeleteService(one) && DeleteService(two) && CloseServiceHandle(one) &&
           CloseServiceHandle(two),
       "deleted");
}

static void test_names(const char *path)
{
    SC_HANDLE service = CreateServiceA(manager, "short", "A long name", SERVICE_ALL_ACCESS,
                                       SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                       SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
    char name[32];
    DWORD length = sizeof(name);

    OK(GetServiceDisplayNameA(manager, "SHORT", name, &length) && length == 11 &&
           strcmp(name, "A long name") == 0,
       "the display name");
    length = 3;
    OK(!GetServiceKeyNameA(manager, "a long name", name, &length) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && length == 5,
       "a buffer too small for the name");
    length++;
    OK(GetServiceKeyNameA(manager, "a long name", name, &length) && strcmp(name, "short") == 0,
       "the name");
    OK(!GetServiceKeyNameA(manager, "none such", name, &length) &&
           GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST,
       "no service has it");
    OK(DeleteService(service) && CloseServiceHandle(service), "deleted");
}

/* ---- rights and states ---- */

static void test_rights(const char *path)
{
    SC_HANDLE made = create("rights", path, SERVICE_DEMAND_START, NULL, NULL);
    SC_HANDLE asks = OpenServiceA(manager, "rights", SERVICE_QUERY_STATUS),
              only = OpenSCManagerA(NULL, NULL, 0);
    SERVICE_STATUS status;

    OK(asks != NULL && QueryServiceStatus(asks, &status), "what was asked for is granted");
    OK(!StartServiceA(asks, 0, NULL) && GetLastError() == ERROR_ACCESS_DENIED,
       "and no more: start");
    OK(!ControlService(asks, SERVICE_CONTROL_STOP, &status) &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "stop");
    OK(!DeleteService(asks) && GetLastError() == ERROR_ACCESS_DENIED, "delete");
    OK(!QueryServiceStatus(manager, &status) && GetLastError() == ERROR_INVALID_HANDLE,
       "the manager is no service");
    OK(only != NULL &&
           CreateServiceA(only, "more", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                          SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL,
                          NULL) == NULL &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "create");
    OK(OpenSCManagerA("\\\\elsewhere", NULL, SC_MANAGER_CONNECT) == NULL &&
           GetLastError() == RPC_S_SERVER_UNAVAILABLE,
       "another machine");
    OK(OpenSCManagerA(NULL, "Other", SC_MANAGER_CONNECT) == NULL &&
           GetLastError() == ERROR_INVALID_NAME,
       "another database");
    OK(DeleteService(made) && CloseServiceHandle(made) && CloseServiceHandle(asks) &&
           CloseServiceHandle(only),
       "closed");
}

/* A driver of which a device is open stays until it is closed. The service is stopping meanwhile.
 */
static void test_stop_pending(void)
{
    SC_HANDLE service = OpenServiceA(manager, "ioctl_echo", SERVICE_ALL_ACCESS);
    HANDLE device = CreateFileA("\\\\.\\IoctlEcho", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    SERVICE_STATUS status;

    OK(device != INVALID_HANDLE_VALUE, "its device is opened");
    OK(ControlService(service, SERVICE_CONTROL_STOP, &status) &&
           status.dwCurrentState == SERVICE_STOP_PENDING && status.dwControlsAccepted == 0,
       "it is stopping");
    OK(state_of(service) == SERVICE_STOP_PENDING, "and stays so");
    OK(!ControlService(service, SERVICE_CONTROL_STOP, &status) &&
           GetLastError() == ERROR_SERVICE_CANNOT_ACCEPT_CTRL,
       "it is told once");
    OK(!StartServiceA(service, 0, NULL) && GetLastError() == ERROR_SERVICE_ALREADY_RUNNING,
       "it cannot start meanwhile");
    CloseHandle(device);
    OK(state_of(service) == SERVICE_STOPPED && QueryServiceStatus(service, &status) &&
           status.dwWin32ExitCode == 0,
       "it has stopped when the handle is closed");
    OK(DeleteService(service) && CloseServiceHandle(service), "deleted");
}

static void test_failed_start(void)
{
    SC_HANDLE service = create("broken", "C:\\none\\such.sys", SERVICE_DEMAND_START, NULL, NULL);
    SERVICE_STATUS status;

    OK(QueryServiceStatus(service, &status) &&
           status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED,
       "never started");
    OK(!StartServiceA(service, 0, NULL) && GetLastError() == ERROR_PATH_NOT_FOUND,
       "there is no such file");
    OK(QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_STOPPED &&
           status.dwWin32ExitCode == ERROR_PATH_NOT_FOUND, "why it does not run is kept");
    OK(!ControlService(service, 0, &status) && GetLastError() == ERROR_INVALID_PARAMETER,
       "a control that there is not");
    OK(DeleteService(service) && CloseServiceHandle(service), "deleted");
}

/* The driver that the machine loaded for this program: the machine finds it gone at the end. */
static void test_stop_the_first(void)
{
    SC_HANDLE service = OpenServiceA(manager, "plain", SERVICE_ALL_ACCESS);
    SERVICE_STATUS status;

    OK(service != NULL && state_of(service) == SERVICE_RUNNING, "the machine's own driver runs");
    OK(ControlService(service, SERVICE_CONTROL_STOP, &status) && DeleteService(service),
       "it is stopped and deleted");
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
    test_dependents(path);
    test_configuration(path);
    test_description(path);
    test_enumeration(path);
    test_names(path);
    test_rights(path);
    test_failed_start();
    test_stop_pending();
    test_stop_the_first();
    OK(CloseServiceHandle(manager), "CloseServiceHandle");
    return tap_end();
}
