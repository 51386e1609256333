/*
 * Authenticode signatures: the digest of the file, the signer's signature over it, the signer's
 * certificate and its chain, and the time at which it was signed. [doc: Windows Authenticode
 * Portable Executable Signature Format; RFC 2315; RFC 3161] Certificates that the machine does not
 * allow are refused; left out: revocation lists (there is no network), policies within
 * certificates, hashes of pages (all of the file is hashed before any of it is mapped). That a
 * certificate is not yet valid is no error: a virtual clock may stand long before the day on which
 * a test certificate was made.
 */
#include "sign/sign.h"

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sign/der.h"

#define OID_INDIRECT "1.3.6.1.4.1.311.2.1.4"
#define OID_TRUST_LIST "1.3.6.1.4.1.311.10.1"
#define OID_NESTED "1.3.6.1.4.1.311.2.4.1"
#define OID_TIMESTAMP "1.3.6.1.4.1.311.3.3.1"
#define OID_COUNTERSIGNATURE "1.2.840.113549.1.9.6"
#define NESTED_LIMIT 8
#define CHAIN_LIMIT 16
#define NT_EPOCH_SECONDS 11644473600ll

struct check {
    const struct sign_image *image;
    X509_STORE *production, *test, *disallowed;
    time_t now;
    HAL_SIGN_REQUEST *request;
    bool in_catalog; /* what is looked at now */
};

/* ---- the answer: the best of the signatures ---- */

/* A catalog that is no good is as if it were not there. */
static void refuse(struct check *check, const char *why)
{
    HAL_SIGN_REQUEST *request = check->request;

    if (request->level != HAL_SIGN_NONE)
        return;
    request->level = check->in_catalog ? HAL_SIGN_NONE : HAL_SIGN_BAD;
    snprintf(request->reason, sizeof(request->reason), "%s", why);
}

static void name_signer(X509 *signer, char *name, size_t limit)
{
    const X509_NAME *subject = X509_get_subject_name(signer);

    if (X509_NAME_get_text_by_NID((X509_NAME *)subject, NID_commonName, name, (int)limit) < 0)
        X509_NAME_oneline(subject, name, (int)limit);
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7F)
            *name = '.';
}

static void accept_level(struct check *check, uint32_t level, X509 *signer)
{
    HAL_SIGN_REQUEST *request = check->request;

    if (request->level >= level)
        return;
    request->level = level;
    request->embedded = !check->in_catalog;
    request->reason[0] = '\0';
    name_signer(signer, request->signer, sizeof(request->signer));
}

/* ---- certificates ---- */

static bool seconds_of(const ASN1_TIME *at, time_t *seconds)
{
    struct tm tm;

    if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1)
        return false;
    *seconds = timegm(&tm);
    return true;
}

static bool is_current(X509 *certificate, time_t when)
{
    time_t end;

    return seconds_of(X509_get0_notAfter(certificate), &end) && when <= end;
}

static bool chain_is_current(X509_STORE_CTX *context, time_t when)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);

    for (int i = 0; i < sk_X509_num(chain); i++)
        if (!is_current(sk_X509_value(chain, i), when))
            return false;
    return true;
}

/* Does a chain lead from the certificate to one of the store's, all of it valid then? */
static bool is_trusted(X509_STORE *store, X509 *certificate, STACK_OF(X509) *others, time_t when)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool trusted = false;

    if (context != NULL && X509_STORE_CTX_init(context, store, certificate, others) == 1) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
        trusted = X509_verify_cert(context) == 1 && chain_is_current(context, when);
    }
    X509_STORE_CTX_free(context);
    return trusted;
}

/* Is it the certificate, or one that the certificate's key has signed? */
static bool leads_to(X509 *certificate, X509 *other)
{
    return X509_cmp(certificate, other) == 0 ||
           (X509_check_issued(other, certificate) == X509_V_OK &&
            X509_verify(certificate, X509_get0_pubkey(other)) == 1);
}

static bool store_leads(X509_STORE *store, X509 *certificate)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);

    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++)
        if (leads_to(certificate, X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i))))
            return true;
    return false;
}

/* The certificate that issued it: of those with the signature, or of the store's. */
static X509 *find_issuer(X509_STORE *store, X509 *certificate, STACK_OF(X509) *others)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    int given = sk_X509_num(others) > 0 ? sk_X509_num(others) : 0;

    for (int i = 0; i < given + sk_X509_OBJECT_num(objects); i++) {
        X509 *other = i < given
                          ? sk_X509_value(others, i)
                          : X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i - given));

        if (X509_cmp(other, certificate) != 0 && leads_to(certificate, other))
            return other;
    }
    return NULL;
}

/*
 * Is the certificate, or one above it, among those that are not allowed? Whether it is trusted, and
 * when it signed, makes no difference. [doc: Certificate stores, "Untrusted Certificates"]
 */
static bool is_disallowed(const struct check *check, X509 *certificate, STACK_OF(X509) *others)
{
    for (int depth = 0; depth < CHAIN_LIMIT && certificate != NULL; depth++) {
        X509 *issuer = find_issuer(check->production, certificate, others);

        if (store_leads(check->disallowed, certificate))
            return true;
        certificate = issuer != NULL ? issuer : find_issuer(check->test, certificate, others);
    }
    return false;
}

/* ---- attributes ---- */

static bool is_oid(const ASN1_OBJECT *object, const char *oid)
{
    char text[64];

    return OBJ_obj2txt(text, sizeof(text), object, 1) > 0 && strcmp(text, oid) == 0;
}

/* The index-th value of the attribute, when it is a SEQUENCE. */
static const ASN1_STRING *find_attribute(STACK_OF(X509_ATTRIBUTE) *attributes, const char *oid,
                                         int index)
{
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); i++) {
        X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(attributes, i);

        if (!is_oid(X509_ATTRIBUTE_get0_object(attribute), oid))
            continue;
        if (index < X509_ATTRIBUTE_count(attribute)) {
            ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, index);

            return ASN1_TYPE_get(value) == V_ASN1_SEQUENCE ? value->value.sequence : NULL;
        }
        index -= X509_ATTRIBUTE_count(attribute);
    }
    return NULL;
}

/* ---- when it was signed ---- */

/* By a token of RFC 3161, whose own certificate must lead to a certificate of the store. */
static bool token_time(X509_STORE *store, PKCS7_SIGNER_INFO *info, time_t *when)
{
    const ASN1_STRING *value = find_attribute(info->unauth_attr, OID_TIMESTAMP, 0);
    const unsigned char *at = value != NULL ? ASN1_STRING_get0_data(value) : NULL;
    PKCS7 *token = value != NULL ? d2i_PKCS7(NULL, &at, ASN1_STRING_length(value)) : NULL;
    TS_VERIFY_CTX *context = token != NULL ? TS_VERIFY_CTX_new() : NULL;
    TS_TST_INFO *stamp = NULL;
    bool good = false;

    if (context != NULL && X509_STORE_up_ref(store) == 1) {
        TS_VERIFY_CTX_set_flags(context, TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_DATA);
        TS_VERIFY_CTX_set_store(context, store);
        TS_VERIFY_CTX_set_data(context, BIO_new_mem_buf(ASN1_STRING_get0_data(info->enc_digest),
                                                        ASN1_STRING_length(info->enc_digest)));
        good = TS_RESP_verify_token(context, token) == 1;
        stamp = good ? PKCS7_to_TS_TST_INFO(token) : NULL;
        good = stamp != NULL && seconds_of(TS_TST_INFO_get_time(stamp), when);
    }
    TS_TST_INFO_free(stamp);
    TS_VERIFY_CTX_free(context);
    PKCS7_free(token);
    return good;
}

/* Is info a signature, by the certificate, of the bytes of signed_bytes? */
static bool signs_bytes(PKCS7 *p7, PKCS7_SIGNER_INFO *info, X509 *certificate,
                        const ASN1_STRING *signed_bytes)
{
    const EVP_MD *algorithm = EVP_get_digestbyobj(info->digest_alg->algorithm);
    BIO *data =
        BIO_new_mem_buf(ASN1_STRING_get0_data(signed_bytes), ASN1_STRING_length(signed_bytes));
    BIO *digest = algorithm != NULL ? BIO_new(BIO_f_md()) : NULL;
    char sink[4096];
    bool good = false;

    if (data != NULL && digest != NULL && BIO_set_md(digest, algorithm) == 1) {
        BIO_push(digest, data);
        while (BIO_read(digest, sink, sizeof(sink)) > 0)
            ;
        good = PKCS7_signatureVerify(digest, p7, info, certificate) == 1;
    }
    BIO_free(digest);
    BIO_free(data);
    return good;
}

/* By a countersignature of PKCS #9. */
static bool countersignature_time(X509_STORE *store, PKCS7 *p7, PKCS7_SIGNER_INFO *info,
                                  time_t *when)
{
    const ASN1_STRING *value = find_attribute(info->unauth_attr, OID_COUNTERSIGNATURE, 0);
    const unsigned char *at = value != NULL ? ASN1_STRING_get0_data(value) : NULL;
    PKCS7_SIGNER_INFO *counter =
        value != NULL ? d2i_PKCS7_SIGNER_INFO(NULL, &at, ASN1_STRING_length(value)) : NULL;
    ASN1_TYPE *time =
        counter != NULL ? PKCS7_get_signed_attribute(counter, NID_pkcs9_signingTime) : NULL;
    bool is_time = time != NULL &&
        (ASN1_TYPE_get(time) == V_ASN1_UTCTIME || ASN1_TYPE_get(time) == V_ASN1_GENERALIZEDTIME);
    X509 *certificate =
        is_time ? X509_find_by_issuer_and_serial(p7->d.sign->cert,
                                                 counter->issuer_and_serial->issuer,
                                                                 counter->issuer_and_serial->serial)
                                : NULL;
    bool good = certificate != NULL && seconds_of(time->value.asn1_string, when) &&
                (X509_get_extended_key_usage(certificate) & XKU_TIMESTAMP) != 0 &&
                signs_bytes(p7, counter, certificate, info->enc_digest) &&
                is_trusted(store, certificate, p7->d.sign->cert, *when);

    PKCS7_SIGNER_INFO_free(counter);
    return good;
}

/* A certificate that has expired since is good when a time stamp says that it was used before. */
static time_t signing_time(const struct check *check, PKCS7 *p7, PKCS7_SIGNER_INFO *info)
{
    X509_STORE *const stores[] = {check->production, check->test};
    time_t when = check->now;

    for (int i = 0; i < 2; i++)
        if (token_time(stores[i], info, &when) || countersignature_time(stores[i], p7, info, &when))
            return when;
    return check->now;
}

/* ---- signatures ---- */

/* What is signed: the content without its header. */
static bool signed_content(PKCS7 *p7, const char *type, struct der *content)
{
    PKCS7 *inner = PKCS7_type_is_signed(p7) ? p7->d.sign->contents : NULL;
    const ASN1_STRING *whole;
    struct der in;

    if (inner == NULL || !is_oid(inner->type, type) || inner->d.other == NULL ||
        ASN1_TYPE_get(inner->d.other) != V_ASN1_SEQUENCE)
        return false;
    whole = inner->d.other->value.sequence;
    in = (struct der){ASN1_STRING_get0_data(whole), (size_t)ASN1_STRING_length(whole)};
    return der_take(&in, V_ASN1_SEQUENCE, content);
}

static bool signature_holds(PKCS7 *p7, struct der content)
{
    BIO *data = BIO_new_mem_buf(content.at, (int)content.left);
    bool good = data != NULL && PKCS7_verify(p7, NULL, NULL, data, NULL, PKCS7_NOVERIFY) == 1;

    BIO_free(data);
    return good;
}

/* The signer's certificate, and what it is worth. */
static void judge_signer(struct check *check, PKCS7 *p7, PKCS7_SIGNER_INFO *info, X509 *signer)
{
    time_t when = signing_time(check, p7, info);

    if ((X509_get_extended_key_usage(signer) & XKU_CODE_SIGN) == 0)
        refuse(check, "its certificate is not for signing code");
    else if (is_disallowed(check, signer, p7->d.sign->cert))
        refuse(check,
               "its certificate, or one above it, is among those that the machine does not allow");
    else if (!is_current(signer, when))
        refuse(check, "its certificate has expired, and no trusted time stamp says that it was "
                      "signed before");
    else if (is_trusted(check->production, signer, p7->d.sign->cert, when))
        accept_level(check, HAL_SIGN_PRODUCTION, signer);
    else if (is_trusted(check->test, signer, p7->d.sign->cert, when))
        accept_level(check, HAL_SIGN_TEST, signer);
    else
        accept_level(check, HAL_SIGN_UNTRUSTED, signer);
}

static void judge_signature(struct check *check, PKCS7 *p7, struct der content)
{
    STACK_OF(X509) *signers = signature_holds(p7, content) ? PKCS7_get0_signers(p7, NULL, 0) : NULL;

    if (sk_X509_num(signers) == 1)
        judge_signer(check, p7, sk_PKCS7_SIGNER_INFO_value(p7->d.sign->signer_info, 0),
                     sk_X509_value(signers, 0));
    else
        refuse(check, check->in_catalog ? "the signature of the catalog that lists it is damaged"
                                        : "its signature is damaged");
    sk_X509_free(signers);
}

static bool digest_matches(const struct sign_image *image, const struct der_digest *digest)
{
    uint8_t actual[64];

    return digest->size != 0 && sign_image_digest(image, digest->nid, actual) == digest->size &&
           memcmp(actual, digest->bytes, digest->size) == 0;
}

static void check_embedded(struct check *check, const uint8_t *der, size_t bytes, bool nested)
{
    const unsigned char *at = der;
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)bytes);
    struct der_digest digest;
    struct der content;

    if (p7 == NULL || !signed_content(p7, OID_INDIRECT, &content) ||
        !der_indirect_digest(content, &digest)) {
        refuse(check, "its signature cannot be read");
    } else if (!digest_matches(check->image, &digest)) {
        refuse(check, "the file was changed after it was signed");
    } else {
        judge_signature(check, p7, content);
        for (int i = 0; !nested && i < NESTED_LIMIT; i++) {
            PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_value(p7->d.sign->signer_info, 0);
            const ASN1_STRING *value =
                info != NULL ? find_attribute(info->unauth_attr, OID_NESTED, i) : NULL;

            if (value == NULL)
                break;
            check_embedded(check, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
                           true);
        }
    }
    PKCS7_free(p7);
}

static void check_table(struct check *check)
{
    size_t offset = 0, bytes;
    const uint8_t *der;
    const char *why;

    while (sign_image_next(check->image, &offset, &der, &bytes, &why))
        check_embedded(check, der, bytes, false);
    if (why != NULL)
        refuse(check, why);
}

static void check_catalogs(struct check *check, const struct sign_blobs *catalogs)
{
    static const int nids[] = {NID_sha256, NID_sha1};
    uint8_t digest[2][64];
    struct der_digest digests[2];

    check->in_catalog = true;
    for (int i = 0; i < 2; i++)
        digests[i] = (struct der_digest){nids[i], digest[i],
                                         sign_image_digest(check->image, nids[i], digest[i])};
    for (size_t i = 0; i < catalogs->count; i++) {
        const unsigned char *at = catalogs->blob[i].bytes;
        PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)catalogs->blob[i].size);
        struct der content;

        if (p7 != NULL && signed_content(p7, OID_TRUST_LIST, &content) &&
            der_catalog_has(content, digests, 2))
            judge_signature(check, p7, content);
        PKCS7_free(p7);
    }
}

/* ---- the whole ---- */

/* A certificate in DER, or all of a file of PEM. */
static void add_certificates(X509_STORE *store, const struct sign_blob *blob)
{
    const unsigned char *at = blob->bytes;
    X509 *certificate = d2i_X509(NULL, &at, (long)blob->size);
    BIO *text = certificate == NULL ? BIO_new_mem_buf(blob->bytes, (int)blob->size) : NULL;

    while (certificate != NULL ||
           (text != NULL && (certificate = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL)) {
        X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        certificate = NULL;
        if (text == NULL)
            break;
    }
    BIO_free(text);
}

static X509_STORE *make_store(const struct sign_blobs *certificates)
{
    X509_STORE *store = X509_STORE_new();

    for (size_t i = 0; store != NULL && i < certificates->count; i++)
        add_certificates(store, &certificates->blob[i]);
    if (store != NULL) /* a time stamp is for what comes after its certificate has expired */
        X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
    return store;
}

void sign_verify(const struct sign_trust *trust, const uint8_t *image, size_t bytes,
                 uint64_t now_100ns,
                 HAL_SIGN_REQUEST *request)
{
    struct sign_image opened;
    struct check check = {.image = &opened,
                          .production = make_store(&trust->production),
                          .test = make_store(&trust->test),
                          .disallowed = make_store(&trust->disallowed),
                          .now = (time_t)(now_100ns / 10000000) - NT_EPOCH_SECONDS,
                          .request = request};
    const char *why;

    request->level = HAL_SIGN_NONE;
    request->embedded = 0;
    request->signer[0] = request->reason[0] = '\0';
    if (check.production == NULL || check.test == NULL || check.disallowed == NULL) {
        refuse(&check, "no memory");
    } else if (!sign_image_open(&opened, image, bytes, &why)) {
        refuse(&check, why);
    } else {
        check_table(&check);
        if (request->level < HAL_SIGN_UNTRUSTED)
            check_catalogs(&check, &trust->catalogs);
    }
    if (request->level == HAL_SIGN_NONE && request->reason[0] == '\0')
        snprintf(request->reason, sizeof(request->reason),
                 "it has no signature, and no catalog lists it");
    X509_STORE_free(check.production);
    X509_STORE_free(check.test);
    X509_STORE_free(check.disallowed);
}
