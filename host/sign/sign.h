/*
 * Authenticode: is this image signed, and how far is the signature to be trusted? What it is by the
 * bytes alone; what a machine makes of it is its kernel's policy (kernel/ci).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"
#include "report/guest_memory.h"

/* ---- store.c: what a machine trusts ---- */
struct sign_store;
/*
 * machine_path: the machine's folder, NULL: none. Read anew for each image: its certificates/test,
 * /production and /disallowed (*.cer, *.crt, *.pem, in DER or PEM), and the catalogs on its volume,
 * C/Windows/System32/CatRoot. build_path: the folder of the images that come with the machine,
 * which need no signature, or NULL. NULL: no memory.
 */
struct sign_store *sign_store_open(const char *machine_path, const char *build_path);
void sign_store_close(struct sign_store *store);
/*
 * Verifies an image's bytes, which nobody else can change meanwhile. now_100ns: NT time of the
 * machine. Fills the answer's fields of *request. A hostile image can make this process neither
 * wait long nor grow: another one that may do nothing but compute does the work.
 */
void sign_store_verify(struct sign_store *store, const uint8_t *image, size_t bytes,
                       uint64_t now_100ns,
                       HAL_SIGN_REQUEST *request);

/*
 * The same for the image that request says, in a machine's memory; what cannot be read there is a
 * bad image.
 */
void sign_store_serve(struct sign_store *store, const struct guest_memory *memory,
                      HAL_SIGN_REQUEST *request);

/* ---- image.c: what Authenticode covers of a PE file ---- */
struct sign_image {
    const uint8_t *bytes;
    size_t size;
    size_t checksum, directory;  /* offsets of what is left out: 4 and 8 bytes */
    size_t table, table_bytes;   /* the certificate table; 0 bytes: none */
};
/* False: not a PE file, or one whose certificate table is not within it; *why says so. */
bool sign_image_open(struct sign_image *image, const uint8_t *bytes, size_t size, const char **why);
/*
 * The PKCS #7 signature at *offset of the table (0 at first), which is moved on. False: there is no
 * further one; *why is not NULL when that is because the table makes no sense.
 */
bool sign_image_next(const struct sign_image *image, size_t *offset, const uint8_t **der,
                     size_t *bytes, const char **why);
/* Digest by an algorithm's NID into digest[64]; its bytes, 0: no algorithm that signatures use. */
unsigned sign_image_digest(const struct sign_image *image, int nid, uint8_t digest[64]);

/* ---- verify.c: signatures ---- */
struct sign_blob {
    uint8_t *bytes;
    size_t size;
};
struct sign_blobs {
    struct sign_blob *blob;
    size_t count;
};
struct sign_trust {
    struct sign_blobs production, test; /* certificates */
    struct sign_blobs disallowed; /* certificates: nothing that they or theirs signed is good */
    struct sign_blobs catalogs;
};
/* In this process: sign_store_verify is for whoever has something to lose. */
void sign_verify(const struct sign_trust *trust, const uint8_t *image, size_t bytes,
                 uint64_t now_100ns,
                 HAL_SIGN_REQUEST *request);
