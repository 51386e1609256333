/* See export_name.h. The image is read with the kernel loader's own reader. */
#include "report/export_name.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kernel/ldr/pe.h"

static const void *map_file(const char *path, size_t *bytes)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    void *map = MAP_FAILED;
    struct stat stat;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size != 0) {
        *bytes = (size_t)stat.st_size;
        map = mmap(NULL, *bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return map == MAP_FAILED ? NULL : map;
}

static void find_nearest(PE_IMAGE *image, struct symbol_query *query)
{
    struct symbol_place *place = &query->place[0];
    PE_EXPORT export = {0}, best = {0};

    while (PeNextExport(image, &export) == PE_OK)
        if (export.Rva != 0 && export.Rva <= query->rva && export.Rva >= best.Rva)
            best = export;
    if (best.Name == NULL)
        return;
    snprintf(place->function, sizeof(place->function), "%.140s+0x%llx", best.Name,
             (unsigned long long)(query->rva - best.Rva));
    for (char *c = place->function; *c != '\0'; c++)
        *c = (unsigned char)*c < 0x21 || (unsigned char)*c > 0x7E ? '?' : *c;
    place->file[0] = '\0';
    place->line = 0;
    query->count = 1;
}

void export_name_lookup(const char *image_path, struct symbol_query *queries, size_t count)
{
    size_t bytes = 0;
    const void *map = map_file(image_path, &bytes);
    PE_IMAGE image;

    if (map == NULL)
        return;
    if (PeOpenFile(&image, map, bytes) == PE_OK)
        for (size_t i = 0; i < count; i++)
            if (queries[i].count == 0)
                find_nearest(&image, &queries[i]);
    munmap((void *)map, bytes);
}
