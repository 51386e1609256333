/* Where this program lies: the kernel and the images that Windows ships with are beside it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool build_folder_find(char *path, size_t limit); /* false: errno says why */
