/* What ai_driver's failures mean, in the words of its interface rather than the system's. */
#include "libai.h"

#define AIP_NO_SUCH_DEVICE 433 /* ERROR_NO_SUCH_DEVICE, which older headers lack */

typedef struct AIP_ERROR_TEXT {
    DWORD Error;
    const char *Text;
} AIP_ERROR_TEXT;

static const AIP_ERROR_TEXT AipErrorTexts[] = {
    {0, "no error"},
    {ERROR_INVALID_FUNCTION, "the driver has no such function"},
    {ERROR_FILE_NOT_FOUND, "ai_driver is not running, or its device was removed"},
    {ERROR_PATH_NOT_FOUND, "ai_driver is not running"},
    {ERROR_ACCESS_DENIED, "access is denied: this is for administrators and the agent"},
    {ERROR_INVALID_HANDLE, "the device is not open"},
    {ERROR_NOT_ENOUGH_MEMORY, "no room in the address space of this process"},
    {ERROR_NOT_READY, "no agent has published a sample of the adapter"},
    {ERROR_BAD_LENGTH, "the driver did not take the length of the request"},
    {ERROR_SHARING_VIOLATION, "another handle already does this"},
    {ERROR_NOT_SUPPORTED, "the driver cannot do this here"},
    {ERROR_DEV_NOT_EXIST, "the device was removed"},
    {AIP_NO_SUCH_DEVICE, "ai_driver is not running, or its device was removed"},
    {ERROR_INVALID_PARAMETER, "the driver did not take a value of the request"},
    {ERROR_INSUFFICIENT_BUFFER, "the driver is newer and needs a larger buffer"},
    {ERROR_NO_MORE_ITEMS, "there is no such adapter"},
    {ERROR_NOT_FOUND, "nothing of this handle and this process has that id"},
    {ERROR_REVISION_MISMATCH, "the driver speaks another version of the interface"},
    {ERROR_PRIVILEGE_NOT_HELD, "the privilege to increase scheduling priority is not held"},
    {ERROR_NO_SYSTEM_RESOURCES, "no run of free blocks is long enough"},
    {ERROR_NOT_ENOUGH_QUOTA, "the process would have more than its quota"},
};

const char *AiErrorText(DWORD Error)
{
    for (size_t i = 0; i < sizeof(AipErrorTexts) / sizeof(AipErrorTexts[0]); i++)
        if (AipErrorTexts[i].Error == Error)
            return AipErrorTexts[i].Text;
    return "an error that ai_driver does not document";
}
