/* See build_folder.h. */
#include "cli/build_folder.h"

#include <string.h>
#include <unistd.h>

bool build_folder_find(char *path, size_t limit)
{
    ssize_t bytes = readlink("/proc/self/exe", path, limit - 1);

    if (bytes <= 0)
        return false;
    path[bytes] = '\0';
    *strrchr(path, '/') = '\0';
    return true;
}
