#!/bin/bash
# Makes the package of ai_driver: build/package/ai_driver-VERSION/ with test-signed files, and the MSI beside it. The test key is
# made once for a build folder. Usage: build.sh BUILD_FOLDER
set -eu
build=${1:-build}
here=$(dirname "$0")
version=$(sed -nE 's/^DriverVer *= *[^,]*,([0-9]+\.[0-9]+\.[0-9]+)\..*/\1/p' "$here/../ai_driver.inf")
out=$build/package/ai_driver-$version
key=$build/package/key
msi=$build/package/ai_driver-$version.msi
for tool in openssl osslsigncode wixl; do
    command -v $tool > /dev/null || { echo "package: $tool is not installed (tools/deps.sh)" >&2; exit 1; }
done

rm -rf "$out" "$msi"
mkdir -p "$out" "$key"
chmod 700 "$key"
if [ ! -s "$key/test.pem" ] || [ ! -s "$key/test.key" ]; then
    openssl req -x509 -newkey rsa:3072 -sha256 -days 3650 -nodes -keyout "$key/test.key" -out "$key/test.pem" \
        -subj '/CN=AI driver test certificate' -addext 'keyUsage=critical,digitalSignature' \
        -addext 'extendedKeyUsage=codeSigning' 2> /dev/null
fi
openssl x509 -in "$key/test.pem" -outform DER -out "$out/ai_driver_test.cer"

# sign IN OUT [OPTION...]
sign() {
    local in=$1 to=$2
    shift 2
    osslsigncode sign -certs "$key/test.pem" -key "$key/test.key" -h sha256 -n 'AI driver' "$@" -in "$in" -out "$to" > /dev/null
}
sign "$build/drivers/ai_driver.sys" "$out/ai_driver.sys" -ph # with page hashes, as a boot-loaded image may need
for program in aictl ai_gpu_agent aisetup; do
    sign "$build/programs/$program.exe" "$out/$program.exe"
done
sed 's/$/\r/' "$here/../ai_driver.inf" > "$out/ai_driver.inf"
sed 's/$/\r/' "$here/README.txt" > "$out/README.txt"

# wixl takes files by relative paths only.
cp "$here/ai_driver.wxs" "$build/package/"
(cd "$build/package" && wixl -a x64 -D Version="$version" -D Files="ai_driver-$version" -o unsigned.msi ai_driver.wxs)
sign "$build/package/unsigned.msi" "$msi"
rm "$build/package/unsigned.msi" "$build/package/ai_driver.wxs"
echo "$msi"
