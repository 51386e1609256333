/* sc create, config, description, delete. */
#include "settings.h"

#define OPTIONS_TEXT \
    "OPTIONS:\n" \
    "NOTE: The option name includes the equal sign.\n" \
    "      A space is required between the equal sign and the value.\n" \
    " type= <own|share|kernel|filesys|rec|adapt>\n" \
    " start= <boot|system|auto|demand|disabled>\n" \
    " error= <normal|severe|critical|ignore>\n" \
    " binPath= <BinaryPathName to the .exe file>\n" \
    " group= <LoadOrderGroup>\n" \
    " tag= <yes|no>\n" \
    " depend= <Dependencies(separated by / (forward slash))>\n" \
    " obj= <AccountName|ObjectName>\n" \
    " DisplayName= <display name>\n" \
    " password= <password>\n"

static const char CreateText[] =
    "DESCRIPTION:\n"
    "        Creates a service entry in the registry and Service Database.\n"
    "USAGE:\n"
    "        sc <server> create [service name] [binPath= ] <option1> <option2>...\n\n" OPTIONS_TEXT;
static const char ConfigText[] =
    "DESCRIPTION:\n"
    "        Modifies a service entry in the registry and Service Database.\n"
    "USAGE:\n"
    "        sc <server> config [service name] <option1> <option2>...\n\n" OPTIONS_TEXT;

static int Create(const WCHAR *Name, const SC_SETTINGS *Settings)
{
    SC_HANDLE Manager = ScOpenManager(SC_MANAGER_CREATE_SERVICE), Service;
    DWORD Error, Tag;

    if (Manager == NULL)
        return (int)GetLastError();
    Service = CreateServiceW(
        Manager, Name, Settings->DisplayName, SERVICE_ALL_ACCESS,
        Settings->Type == SERVICE_NO_CHANGE ? SERVICE_WIN32_OWN_PROCESS : Settings->Type,
        Settings->Start == SERVICE_NO_CHANGE ? SERVICE_DEMAND_START : Settings->Start,
        Settings->ErrorControl == SERVICE_NO_CHANGE ? SERVICE_ERROR_NORMAL : Settings->ErrorControl,
        Settings->Path, Settings->Group, Settings->WantsTag ? &Tag : NULL, Settings->Dependencies,
        Settings->Account, Settings->Password);
    Error = Service == NULL ? GetLastError() : ERROR_SUCCESS;
    if (Service != NULL)
        CloseServiceHandle(Service);
    CloseServiceHandle(Manager);
    if (Error != ERROR_SUCCESS)
        return ScFail("CreateService", Error);
    printf("[SC] CreateService SUCCESS\n");
    return 0;
}

int ScCreate(int Count, WCHAR **Words)
{
    SC_SETTINGS Settings = {0};
    int Error;

    if (Count < 1 || !ScReadSettings(&Settings, Count - 1, Words + 1) || Settings.Path == NULL)
        Error = ScUsage(CreateText);
    else
        Error = Create(Words[0], &Settings);
    ScFreeSettings(&Settings);
    return Error;
}

static int Configure(const WCHAR *Name, const SC_SETTINGS *Settings)
{
    int Error;
    DWORD Tag;
    SC_HANDLE Service = ScOpenService(Name, SERVICE_CHANGE_CONFIG, &Error);

    if (Service == NULL)
        return Error;
    if (ChangeServiceConfigW(Service, Settings->Type, Settings->Start, Settings->ErrorControl,
                             Settings->Path, Settings->Group, Settings->WantsTag ? &Tag : NULL,
                             Settings->Dependencies, Settings->Account, Settings->Password,
                             Settings->DisplayName))
        Error = printf("[SC] ChangeServiceConfig SUCCESS\n") < 0;
    else
        Error = ScFail("ChangeServiceConfig", GetLastError());
    CloseServiceHandle(Service);
    return Error;
}

int ScConfig(int Count, WCHAR **Words)
{
    SC_SETTINGS Settings = {0};
    int Error;

    if (Count < 2 || !ScReadSettings(&Settings, Count - 1, Words + 1))
        Error = ScUsage(ConfigText);
    else
        Error = Configure(Words[0], &Settings);
    ScFreeSettings(&Settings);
    return Error;
}

int ScDescription(int Count, WCHAR **Words)
{
    SERVICE_DESCRIPTIONW Description;
    SC_HANDLE Service;
    int Error;

    if (Count < 1 || Count > 2)
        return ScUsage("DESCRIPTION:\n"
                       "        Sets the description string for a service.\n"
                       "USAGE:\n"
                       "        sc <server> description [service name] [description]\n\n");
    Service = ScOpenService(Words[0], SERVICE_CHANGE_CONFIG, &Error);
    if (Service == NULL)
        return Error;
    Description.lpDescription = Count == 2 ? Words[1] : L"";
    if (ChangeServiceConfig2W(Service, SERVICE_CONFIG_DESCRIPTION, &Description))
        Error = printf("[SC] ChangeServiceConfig2 SUCCESS\n") < 0;
    else
        Error = ScFail("ChangeServiceConfig2", GetLastError());
    CloseServiceHandle(Service);
    return Error;
}

int ScDelete(int Count, WCHAR **Words)
{
    SC_HANDLE Service;
    int Error;

    if (Count != 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Deletes a service entry from the registry.\n"
                       "        If the service is running, or another process has an\n"
                       "        open handle to the service, the service is simply marked\n"
                       "        for deletion.\n"
                       "USAGE:\n"
                       "        sc <server> delete [service name]\n\n");
    Service = ScOpenService(Words[0], DELETE, &Error);
    if (Service == NULL)
        return Error;
    if (DeleteService(Service))
        Error = printf("[SC] DeleteService SUCCESS\n") < 0;
    else
        Error = ScFail("DeleteService", GetLastError());
    CloseServiceHandle(Service);
    return Error;
}
