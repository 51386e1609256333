/* See image.h. What an image is, is decided by the loader's own reader. */
#include "cli/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool map_file(struct image *image, const char *path, char *why)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat stat;
    void *bytes = MAP_FAILED;

    if (fd < 0 || fstat(fd, &stat) != 0) {
        snprintf(why, IMAGE_WHY_LIMIT, "%s", strerror(errno));
    } else if (!S_ISREG(stat.st_mode)) {
        snprintf(why, IMAGE_WHY_LIMIT, "%s, not a file",
                 S_ISDIR(stat.st_mode) ? "a folder" : "a device or pipe");
    } else if (stat.st_size == 0) {
        snprintf(why, IMAGE_WHY_LIMIT, "the file is empty");
    } else {
        image->size = (size_t)stat.st_size;
        bytes = mmap(NULL, image->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED)
            snprintf(why, IMAGE_WHY_LIMIT, "%s", strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    image->bytes = bytes == MAP_FAILED ? NULL : bytes;
    return bytes != MAP_FAILED;
}

static const char *machine_name(uint16_t machine)
{
    switch (machine) {
    case PE_MACHINE_I386: return "32-bit x86";
    case PE_MACHINE_ARM64: return "ARM64";
    case 0x1C0:
    case 0x1C2:
    case 0x1C4: return "32-bit ARM";
    case 0x200: return "Itanium";
    default: return NULL;
    }
}

static void explain_format(const PE_IMAGE *pe, char *why)
{
    const char *machine = machine_name(pe->Machine);

    if (machine != NULL)
        snprintf(why, IMAGE_WHY_LIMIT, "an image for %s; Drydock runs x64 images only", machine);
    else
        snprintf(why, IMAGE_WHY_LIMIT, "not a valid x64 PE image: %s",
                 pe->Reason != NULL ? pe->Reason : "bad format");
}

static bool check_kind(const PE_IMAGE *pe, enum image_kind kind, char *why)
{
    bool is_program = pe->Subsystem == PE_SUBSYSTEM_CONSOLE || pe->Subsystem == PE_SUBSYSTEM_GUI;

    if (kind == IMAGE_DRIVER && pe->Subsystem != PE_SUBSYSTEM_NATIVE)
        snprintf(why, IMAGE_WHY_LIMIT, "%s, not a driver (subsystem %u; a driver has 1, native)",
                 is_program ? "a Windows program or DLL" : "an image of another kind",
                 pe->Subsystem);
    else if (kind == IMAGE_PROGRAM && !is_program)
        snprintf(why, IMAGE_WHY_LIMIT,
                 "not a Windows program (subsystem %u; a console program has 3)", pe->Subsystem);
    else if (kind == IMAGE_PROGRAM && (pe->Characteristics & PE_FILE_DLL) != 0)
        snprintf(why, IMAGE_WHY_LIMIT, "a DLL, not a program");
    else
        return true;
    return false;
}

bool image_open(struct image *image, const char *path, enum image_kind kind,
                char why[IMAGE_WHY_LIMIT])
{
    memset(image, 0, sizeof(*image));
    if (!map_file(image, path, why))
        return false;
    if (PeOpenFile(&image->pe, image->bytes, image->size) != PE_OK ||
        PeValidate(&image->pe) != PE_OK) {
        explain_format(&image->pe, why);
        image_close(image);
        return false;
    }
    if (!check_kind(&image->pe, kind, why)) {
        image_close(image);
        return false;
    }
    return true;
}

void image_close(struct image *image)
{
    munmap((void *)image->bytes, image->size);
    image->bytes = NULL;
}
