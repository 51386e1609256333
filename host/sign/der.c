/*
 * See der.h. Left out: members of a catalog that are known by something else than the digest of the
 * whole file.
 */
#include "sign/der.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <limits.h>
#include <string.h>

#define INDEFINITE 0x01
#define ERROR 0x80

bool der_next(struct der *in, int *tag, struct der *body, struct der *whole)
{
    const uint8_t *at = in->at;
    long length;
    int class, kind;

    if (in->left == 0 || in->left > LONG_MAX)
        return false;
    kind = ASN1_get_object(&at, &length, tag, &class, (long)in->left);
    if (kind & (ERROR | INDEFINITE))
        return false;
    if (class != V_ASN1_UNIVERSAL)
        *tag = -1 - *tag;
    *body = (struct der){at, (size_t)length};
    if (whole != NULL)
        *whole = (struct der){in->at, (size_t)(at - in->at) + (size_t)length};
    in->left -= (size_t)(at - in->at) + (size_t)length;
    in->at = at + length;
    return true;
}

bool der_take(struct der *in, int tag, struct der *body)
{
    struct der rest = *in, found;
    int found_tag;

    if (!der_next(&rest, &found_tag, &found, NULL) || found_tag != tag)
        return false;
    *in = rest;
    *body = found;
    return true;
}

/* What an algorithm's OID is to OpenSSL. */
static int oid_nid(struct der value)
{
    static const int digests[] = {NID_sha1, NID_sha256, NID_sha384, NID_sha512};

    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        const ASN1_OBJECT *object = OBJ_nid2obj(digests[i]);

        if (OBJ_length(object) == value.left &&
            memcmp(OBJ_get0_data(object), value.at, value.left) == 0)
            return digests[i];
    }
    return NID_undef;
}

bool der_indirect_digest(struct der content, struct der_digest *digest)
{
    struct der data, info, algorithm, oid, bytes;

    if (!der_take(&content, V_ASN1_SEQUENCE, &data) ||
        !der_take(&content, V_ASN1_SEQUENCE, &info) ||
        !der_take(&info, V_ASN1_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, V_ASN1_OBJECT, &oid) ||
        !der_take(&info, V_ASN1_OCTET_STRING, &bytes))
        return false;
    *digest = (struct der_digest){oid_nid(oid), bytes.at, bytes.left};
    return true;
}

static bool same(const struct der_digest *a, const struct der_digest *b)
{
    return a->nid == b->nid && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* 1.3.6.1.4.1.311.2.1.4, SPC_INDIRECT_DATA_OBJID */
static const uint8_t indirect_oid[] = {0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04};

static bool attribute_has(struct der attribute, const struct der_digest *digests, size_t count)
{
    struct der_digest found;
    struct der oid, values, content;

    if (!der_take(&attribute, V_ASN1_OBJECT, &oid) || oid.left != sizeof(indirect_oid) ||
        memcmp(oid.at, indirect_oid, oid.left) != 0 || !der_take(&attribute, V_ASN1_SET, &values) ||
        !der_take(&values, V_ASN1_SEQUENCE, &content) || !der_indirect_digest(content, &found))
        return false;
    for (size_t i = 0; i < count; i++)
        if (same(&found, &digests[i]))
            return true;
    return false;
}

static bool member_has(struct der member, const struct der_digest *digests, size_t count)
{
    struct der id, attributes, attribute;

    if (!der_take(&member, V_ASN1_OCTET_STRING, &id))
        return false;
    for (size_t i = 0; i < count; i++)
        if (id.left == digests[i].size && memcmp(id.at, digests[i].bytes, id.left) == 0)
            return true;
    if (!der_take(&member, V_ASN1_SET, &attributes))
        return false;
    while (der_take(&attributes, V_ASN1_SEQUENCE, &attribute))
        if (attribute_has(attribute, digests, count))
            return true;
    return false;
}

/* Its members come after a time, perhaps a second one, and an algorithm. */
static bool find_members(struct der content, struct der *members)
{
    struct der body;
    int tag;

    do {
        if (!der_next(&content, &tag, &body, NULL))
            return false;
    } while (tag != V_ASN1_UTCTIME && tag != V_ASN1_GENERALIZEDTIME);
    if (!der_take(&content, V_ASN1_UTCTIME, &body))
        der_take(&content, V_ASN1_GENERALIZEDTIME, &body);
    return der_take(&content, V_ASN1_SEQUENCE, &body) &&
           der_take(&content, V_ASN1_SEQUENCE, members);
}

bool der_catalog_has(struct der content, const struct der_digest *digests, size_t count)
{
    struct der members, member;

    if (!find_members(content, &members))
        return false;
    while (der_take(&members, V_ASN1_SEQUENCE, &member))
        if (member_has(member, digests, count))
            return true;
    return false;
}
