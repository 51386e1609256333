/*
 * Fuzzes what verifies signatures: the input as an image, as the signature in the certificate table
 * of an image that is well formed, as a catalog, and as a certificate. No input is ever found to be
 * signed for production.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sign/sign.h"

#define HEADER_BYTES 512u
#define NOW_100NS 133801632000000000ull

static void put32(uint8_t *at, size_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A PE header that has a certificate table behind it. */
static void make_image(uint8_t *image, size_t table_bytes)
{
    memset(image, 0, HEADER_BYTES);
    memcpy(image, "MZ", 2);
    put32(image + 0x3C, 64);
    memcpy(image + 64, "PE\0", 4);
    put32(image + 64 + 24, 0x20B);
    put32(image + 64 + 24 + 108, 16);
    put32(image + 64 + 24 + 112 + 32, HEADER_BYTES);
    put32(image + 64 + 24 + 112 + 36, table_bytes);
}

static void verify(const struct sign_trust *trust, const uint8_t *image, size_t size)
{
    HAL_SIGN_REQUEST request = {0};

    sign_verify(trust, image, size, NOW_100NS, &request);
    if (request.level == HAL_SIGN_PRODUCTION ||
        (request.level <= HAL_SIGN_BAD && request.reason[0] == '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t image[HEADER_BYTES + 8 + 65536];
    struct sign_blob blob = {(uint8_t *)data, size};
    struct sign_trust none = {0},
                      all = {.test = {&blob, 1}, .disallowed = {&blob, 1}, .catalogs = {&blob, 1}};

    if (size > 65536)
        return 0;
    verify(&none, data, size);
    make_image(image, 8 + size);
    put32(image + HEADER_BYTES, 8 + size);
    put32(image + HEADER_BYTES + 4, 0x00020200);
    memcpy(image + HEADER_BYTES + 8, data, size);
    verify(&all, image, HEADER_BYTES + 8 + size);
    memcpy(image + HEADER_BYTES, data, size); /* the table itself */
    make_image(image, size);
    verify(&none, image, HEADER_BYTES + size);
    return 0;
}
