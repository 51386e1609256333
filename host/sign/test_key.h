/*
 * The user's own test certificate, as makecert or the WDK makes one: self-signed, for code, until
 * 2049.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sign_test_key {
    char key[PATH_MAX + 32], certificate[PATH_MAX + 32]; /* PEM files */
};
/*
 * Where it is: drydock/test-signing.{key,pem} in $XDG_DATA_HOME, or ~/.local/share. Made if it is
 * not there yet; the key is readable by its owner alone. 0 or -errno.
 */
int sign_test_key_find(struct sign_test_key *found);

/* SHA-1 of a certificate in DER or PEM, as hexadecimal digits. False: it is none. */
bool sign_thumbprint(const uint8_t *data, size_t bytes, char thumbprint[41]);
