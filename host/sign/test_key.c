/*
 * See test_key.h. The certificate is valid from 2020 on, for machines whose clock stands in the
 * past.
 */
#include "sign/test_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BITS 2048
#define FIRST_DAY "20200101000000Z"
#define LAST_DAY "20491231235959Z"

/* Makes each folder of the path that is missing. */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return -errno;
        if (slash == NULL)
            return 0;
        *slash = '/';
    }
}

static int find_folder(char *folder, size_t limit)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int bytes;

    if (data != NULL && data[0] == '/')
        bytes = snprintf(folder, limit, "%s/drydock", data);
    else if (home != NULL && home[0] == '/')
        bytes = snprintf(folder, limit, "%s/.local/share/drydock", home);
    else
        return -ENOENT;
    return bytes > 0 && (size_t)bytes < limit ? make_folders(folder) : -ENAMETOOLONG;
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return good;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    BIGNUM *serial = BN_new();
    bool good = serial != NULL && BN_rand(serial, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL &&
                X509_set_version(certificate, X509_VERSION_3) == 1 &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                           (const unsigned char *)"Drydock Test Certificate", -1,
                                           -1, 0) == 1 &&
                X509_set_issuer_name(certificate, name) == 1 &&
                X509_set_pubkey(certificate, key) == 1 &&
                ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), FIRST_DAY) == 1 &&
                ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), LAST_DAY) == 1 &&
                add_extension(certificate, NID_ext_key_usage, "codeSigning") &&
                add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
                X509_sign(certificate, key, EVP_sha256()) != 0;

    BN_free(serial);
    return good;
}

/* A new file of the caller's own, as a stream. */
static FILE *create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

/* The certificate is written last: while it is not there, there is none. */
static int write_both(const struct sign_test_key *to, EVP_PKEY *key, X509 *certificate)
{
    char temporary[sizeof(to->certificate) + 16];
    FILE *file = create(to->key);
    bool good = file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;

    good = file != NULL && fclose(file) == 0 && good;
    snprintf(temporary, sizeof(temporary), "%s.%d", to->certificate, (int)getpid());
    file = good ? create(temporary) : NULL;
    good = file != NULL && PEM_write_X509(file, certificate) == 1;
    good = file != NULL && fclose(file) == 0 && good;
    return good && rename(temporary, to->certificate) == 0 ? 0 : errno != 0 ? -errno : -EIO;
}

static int make(const struct sign_test_key *to)
{
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    X509 *certificate = X509_new();
    int error = -ENOMEM;

    errno = 0;
    if (key != NULL && certificate != NULL && fill(certificate, key))
        error = write_both(to, key, certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return error;
}

int sign_test_key_find(struct sign_test_key *found)
{
    char folder[PATH_MAX];
    int error = find_folder(folder, sizeof(folder));

    if (error != 0)
        return error;
    snprintf(found->key, sizeof(found->key), "%s/test-signing.key", folder);
    snprintf(found->certificate, sizeof(found->certificate), "%s/test-signing.pem", folder);
    return access(found->certificate, R_OK) == 0 && access(found->key, R_OK) == 0 ? 0 : make(found);
}

bool sign_thumbprint(const uint8_t *data, size_t bytes, char thumbprint[41])
{
    const unsigned char *at = data;
    X509 *certificate = d2i_X509(NULL, &at, (long)bytes);
    BIO *text = certificate == NULL ? BIO_new_mem_buf(data, (int)bytes) : NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes = 0;
    bool good;

    if (text != NULL)
        certificate = PEM_read_bio_X509(text, NULL, NULL, NULL);
    good = certificate != NULL && X509_digest(certificate, EVP_sha1(), digest, &digest_bytes) == 1;
    for (unsigned i = 0; good && i < digest_bytes && i < 20; i++)
        snprintf(thumbprint + 2 * i, 3, "%02x", digest[i]);
    X509_free(certificate);
    BIO_free(text);
    return good;
}
