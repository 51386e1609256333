#!/bin/bash
# Installs what the build and the tests need, on Debian 12. Does nothing when all of it is there; otherwise needs root or sudo.
set -eu
packages=(
    clang-19 lld-19 llvm-19             # both compilers' worlds, the linker, llvm-symbolizer, llvm-readobj
    mingw-w64-x86-64-dev                # the DDK headers and the C library that test programs are linked with
    gcc-mingw-w64-x86-64-win32          # a second compiler for test programs
    libclang-rt-19-dev                  # sanitizers of the host's unit tests, libFuzzer
    libzydis-dev libjansson-dev libseccomp-dev # instruction decoder, JSON reports, the machine's sandbox
    libssl-dev                          # signatures
    osslsigncode openssl wixl msitools  # make package: signatures, the MSI (a few megabytes)
    libhivex-bin libwin-hivex-perl      # hivexsh and hivexregedit, which must read what we write
    qemu-system-x86                     # --qemu-device: 26 MB with what it needs
    libc6-dev make perl binutils procps # make, prove, strings, pgrep
)
missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "deps: installing ${missing[*]}" >&2
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
