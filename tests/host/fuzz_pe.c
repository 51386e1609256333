/*
 * Fuzzes the PE reader. The first byte says how: even, the input is a file of its own; odd, it is a
 * list of changes to a good image, three bytes each (where, what), bit 1 choosing the image in
 * memory. Each image lies in a heap block of its exact size.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pe_image.h"

static void run_own(const uint8_t *data, size_t size, int is_mapped)
{
    uint8_t *image = malloc(size + 1);

    memcpy(image, data, size);
    pe_image_exercise(image, size, is_mapped);
    free(image);
}

static void run_changed(const uint8_t *data, size_t size, int is_mapped)
{
    size_t length = is_mapped ? PE_IMAGE_MAPPED_BYTES : PE_IMAGE_FILE_BYTES;
    uint8_t *file = malloc(PE_IMAGE_FILE_BYTES), *image = malloc(length);

    pe_image_build(file);
    if (is_mapped)
        pe_image_map(file, image);
    else
        memcpy(image, file, length);
    for (; size >= 3; data += 3, size -= 3)
        image[(data[0] | (size_t)data[1] << 8) % length] ^= data[2];
    pe_image_exercise(image, length, is_mapped);
    free(image);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        run_changed(data + 1, size - 1, (data[0] & 2) != 0);
    else
        run_own(data + 1, size - 1, (data[0] & 2) != 0);
    return 0;
}
