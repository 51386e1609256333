/* reg save, restore, load, unload: keys as hive files. */
#include "script.h"

#include <stdlib.h>

/* What these commands need and no program has switched on. */
static void EnablePrivilege(const WCHAR *Name)
{
    TOKEN_PRIVILEGES Privileges = {.PrivilegeCount = 1};
    HANDLE Token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token))
        return;
    Privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (LookupPrivilegeValueW(NULL, Name, &Privileges.Privileges[0].Luid))
        AdjustTokenPrivileges(Token, FALSE, &Privileges, 0, NULL, NULL);
    CloseHandle(Token);
}

int RegSave(int Count, WCHAR **Words)
{
    REG_PATH Path;
    BOOL Force;
    HKEY Key;
    LSTATUS Error;

    if (!ParseFile(Count, Words, &Force))
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path))
        return FailKeyName();
    EnablePrivilege(SE_BACKUP_NAME);
    Error = OpenPath(&Path, KEY_READ, &Key);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    Error = ERROR_CANCELLED;
    if (AskFile(Words[1], Force) == 0) {
        DeleteFileW(Words[1]); /* RegSaveKey overwrites no file */
        Error = RegSaveKeyW(Key, Words[1], NULL);
    }
    RegCloseKey(Key);
    if (Error == ERROR_CANCELLED)
        return REG_FAILED;
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}

int RegRestore(int Count, WCHAR **Words)
{
    REG_PATH Path;
    BOOL Force;
    HKEY Key;
    LSTATUS Error;

    if (!ParseFile(Count, Words, &Force) || Force)
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path))
        return FailKeyName();
    EnablePrivilege(SE_BACKUP_NAME);
    EnablePrivilege(SE_RESTORE_NAME);
    Error = OpenPath(&Path, KEY_READ | KEY_WRITE, &Key);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    Error = RegRestoreKeyW(Key, Words[1], REG_FORCE_RESTORE);
    RegCloseKey(Key);
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}

int RegLoad(int Count, WCHAR **Words)
{
    REG_PATH Path;
    BOOL Force;
    LSTATUS Error;

    if (!ParseFile(Count, Words, &Force) || Force)
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path) || Path.SubKey[0] == 0)
        return FailKeyName();
    EnablePrivilege(SE_RESTORE_NAME);
    Error = RegLoadKeyW(Path.Root, Path.SubKey, Words[1]);
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}

int RegUnload(int Count, WCHAR **Words)
{
    REG_PATH Path;
    LSTATUS Error;

    if (Count != 1)
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path) || Path.SubKey[0] == 0)
        return FailKeyName();
    EnablePrivilege(SE_RESTORE_NAME);
    Error = RegUnLoadKeyW(Path.Root, Path.SubKey);
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}
