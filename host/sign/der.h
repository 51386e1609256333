/*
 * Reads DER a value at a time, for what OpenSSL has no template of: the contents of signatures and
 * catalogs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct der {
    const uint8_t *at;
    size_t left;
};

/*
 * Takes the next value off *in: its tag, *body, and *whole with its header (may be NULL). False:
 * none, or no DER.
 */
bool der_next(struct der *in, int *tag, struct der *body, struct der *whole);
/* The next value when it has this universal tag; else *in stays and the answer is false. */
bool der_take(struct der *in, int tag, struct der *body);

/* The digest in an SpcIndirectDataContent, given what is within its outer SEQUENCE. */
struct der_digest {
    int nid;
    const uint8_t *bytes;
    size_t size;
};
bool der_indirect_digest(struct der content, struct der_digest *digest);
/*
 * Looks through a certificate trust list (a catalog's content, within its outer SEQUENCE) for a
 * member with one of these digests. [doc: Catalog Files; MS-CAESO, certificate trust lists]
 */
bool der_catalog_has(struct der content, const struct der_digest *digests, size_t count);
