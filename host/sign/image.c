/*
 * What Authenticode covers of a PE file: all of it but the checksum, the certificate table's entry
 * in the header, and the table. [doc: Windows Authenticode Portable Executable Signature Format; PE
 * Format, The Attribute Certificate Table] Left out: hashes of pages.
 */
#include "sign/sign.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#define TABLE_ENTRY_HEADER 8u
#define REVISION_2 0x200u
#define TYPE_PKCS_SIGNED_DATA 2u
#define SECURITY_DIRECTORY 4u

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

/*
 * Offset of the optional header and of its directories, which depend on its magic; 0: no PE file.
 */
static size_t find_headers(const uint8_t *bytes, size_t size, size_t *directories)
{
    size_t nt, optional;
    uint16_t magic;

    if (size < 64 || get16(bytes) != 0x5A4D)
        return 0;
    nt = get32(bytes + 0x3C);
    if (nt > size || size - nt < 24 + 128 || get32(bytes + nt) != 0x4550)
        return 0;
    optional = nt + 24;
    magic = get16(bytes + optional);
    if (magic != 0x10B && magic != 0x20B)
        return 0;
    *directories = optional + (magic == 0x20B ? 112 : 96);
    if (size - *directories < (SECURITY_DIRECTORY + 1) * 8 ||
        get32(bytes + *directories - 4) <= SECURITY_DIRECTORY)
        return 0;
    return optional;
}

bool sign_image_open(struct sign_image *image, const uint8_t *bytes, size_t size, const char **why)
{
    size_t directories = 0, optional = find_headers(bytes, size, &directories);

    memset(image, 0, sizeof(*image));
    *why = "not a PE file";
    if (optional == 0)
        return false;
    image->bytes = bytes;
    image->size = size;
    image->checksum = optional + 64;
    image->directory = directories + SECURITY_DIRECTORY * 8;
    image->table = get32(bytes + image->directory);
    image->table_bytes = get32(bytes + image->directory + 4);
    *why = NULL;
    if (image->table_bytes == 0)
        return true;
    *why = "its certificate table is not within the file";
    if (image->table < image->directory + 8 || image->table > size ||
        image->table_bytes > size - image->table)
        return false;
    *why = NULL;
    return true;
}

bool sign_image_next(const struct sign_image *image, size_t *offset, const uint8_t **der,
                     size_t *bytes, const char **why)
{
    *why = NULL;
    while (image->table_bytes - *offset >= TABLE_ENTRY_HEADER) {
        const uint8_t *entry = image->bytes + image->table + *offset;
        size_t left = image->table_bytes - *offset, length = get32(entry);
        size_t step = (length + 7) & ~(size_t)7;

        if (length < TABLE_ENTRY_HEADER || length > left) {
            *why = "its certificate table is damaged";
            return false;
        }
        *offset += step < left ? step : left;
        if (get16(entry + 4) != REVISION_2 || get16(entry + 6) != TYPE_PKCS_SIGNED_DATA)
            continue;
        *der = entry + TABLE_ENTRY_HEADER;
        *bytes = length - TABLE_ENTRY_HEADER;
        return true;
    }
    return false;
}

/* What of the file lies before, between and behind the parts that are left out. */
static void digest_parts(const struct sign_image *image, EVP_MD_CTX *context)
{
    size_t table = image->table_bytes != 0 ? image->table : image->size;
    size_t end = table + image->table_bytes;

    EVP_DigestUpdate(context, image->bytes, image->checksum);
    EVP_DigestUpdate(context, image->bytes + image->checksum + 4,
                     image->directory - image->checksum - 4);
    EVP_DigestUpdate(context, image->bytes + image->directory + 8, table - image->directory - 8);
    EVP_DigestUpdate(context, image->bytes + end, image->size - end);
}

unsigned sign_image_digest(const struct sign_image *image, int nid, uint8_t digest[64])
{
    const EVP_MD *algorithm = NULL;
    EVP_MD_CTX *context;
    unsigned bytes = 0;

    if (nid == NID_sha1 || nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512)
        algorithm = EVP_get_digestbynid(nid);
    context = algorithm != NULL ? EVP_MD_CTX_new() : NULL;
    if (context != NULL && EVP_DigestInit_ex(context, algorithm, NULL) == 1) {
        digest_parts(image, context);
        if (EVP_DigestFinal_ex(context, digest, &bytes) != 1)
            bytes = 0;
    }
    EVP_MD_CTX_free(context);
    return bytes;
}
