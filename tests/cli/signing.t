#!/bin/bash
# Signatures and which drivers load by them: each kind of signature under each policy, by a load and by sc start.
. tests/cli/tap.sh

cd "$work" || exit 1
drydock=$OLDPWD/$drydock
plain=$OLDPWD/$drivers/plain.sys
other=$OLDPWD/$drivers/refuses.sys

cat > ca.cnf << 'END'
[authority]
basicConstraints=critical,CA:true
keyUsage=keyCertSign,digitalSignature
subjectKeyIdentifier=hash
[code]
extendedKeyUsage=codeSigning
[stamp]
extendedKeyUsage=critical,timeStamping
[server]
extendedKeyUsage=serverAuth
[ca]
default_ca=made
[made]
database=./index
new_certs_dir=./made
serial=./serial
default_md=sha256
policy=any
unique_subject=no
[any]
commonName=supplied
END
mkdir made certificates
: > index
echo 01 > serial

# certificate NAME SUBJECT KIND ISSUER START END: NAME.key and NAME.pem; ISSUER is - when it signs itself.
certificate() {
    local by=(-cert "$4.pem" -keyfile "$4.key")

    [ "$4" != - ] || by=(-selfsign -keyfile "$1.key")
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$1.csr" 2> ca.log &&
        openssl ca -batch -notext -config ca.cnf -extensions "$3" "${by[@]}" -startdate "$5" -enddate "$6" -in "$1.csr" \
            -out "$1.pem" 2> ca.log
    ok $? "certificate $1"
}
certificate root 'Root of the test' authority - 20190101000000Z 20490101000000Z
certificate signer 'Driver Signer' code root 20190101000000Z 20400101000000Z
certificate expired 'Expired Signer' code root 20190101000000Z 20210101000000Z
certificate web 'Web Server' server root 20190101000000Z 20400101000000Z
certificate tsa 'Time Stamper' stamp root 20190101000000Z 20400101000000Z
certificate fired 'Fired Signer' code root 20190101000000Z 20400101000000Z
certificate alone 'Nobody Knows' code - 20190101000000Z 20400101000000Z

# sign IN OUT SIGNER OPTION...
sign() {
    osslsigncode sign -certs "$3.pem" -key "$3.key" -ac root.pem -h sha256 "${@:4}" -in "$1" -out "$2" > sign.log 2>&1
    ok $? "sign $2"
}
sign "$plain" good.sys signer
sign "$plain" alone.sys alone
sign "$plain" fired.sys fired
sign "$plain" pages.sys signer -ph # with hashes of its pages
sign "$plain" expired.sys expired
# Debian 12's own osslsigncode, 2.5, makes no time stamps without a server and signs no catalogs; 2.9 does.
newer=false
osslsigncode --help 2>&1 | grep -q -e -TSA-certs && newer=true
if $newer; then
    sign "$plain" stamped.sys expired -TSA-certs tsa.pem -TSA-key tsa.key -TSA-time 1590000000
    sign "$plain" late.sys expired -TSA-certs tsa.pem -TSA-key tsa.key -TSA-time 1650000000
else
    ok 0 'time stamps # SKIP this osslsigncode makes none'
fi
sign "$plain" web.sys web
sign good.sys twice.sys alone -nest
sign alone.sys nested.sys signer -nest
osslsigncode sign -certs signer.pem -key signer.key -ac root.pem -h sha1 -in "$plain" -out sha1.sys > sign.log 2>&1
ok $? 'sign sha1.sys'
cp "$plain" unsigned.sys

# patch FILE OFFSET BYTES...: in place.
patch() {
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
cp good.sys changed.sys # a byte of the DOS stub
patch changed.sys 70 '\x55'
size=$(stat -c %s unsigned.sys)
table=$(($(stat -c %s good.sys) - size))
cp good.sys broken.sys # in the signature's last bytes
patch broken.sys $((size + table - 16)) '\x55\x55\x55\x55\x55\x55\x55\x55'
head -c -64 good.sys > cut.sys
cp good.sys length.sys # of the table's entry
patch length.sys "$size" '\xFF\xFF\xFF\x7F'
cp good.sys garbage.sys
patch garbage.sys $((size + 8)) '\x30\x80\x30\x80\x30\x80'
# Another driver with the signature of this one.
cp "$other" moved.sys
moved_size=$(stat -c %s moved.sys)
tail -c "$table" good.sys >> moved.sys
header=$(od -An -tu4 -j60 -N4 moved.sys | tr -d ' ')
patch moved.sys $((header + 24 + 112 + 32)) "$(printf '\\x%02x' $((moved_size & 255)) $((moved_size >> 8 & 255)) $((moved_size >> 16 & 255)) 0 $((table & 255)) $((table >> 8)) 0 0)"

# load FILE MACHINE POLICY EXPECTED: fine, or the status' name.
load() {
    run run --machine "$2" --signing "$3" "$1.sys"
    if [ "$4" = fine ]; then
        is $status 0 "$3 in $2: $1.sys loads"
    else
        like err "could not load: STATUS_$4 " "$3 in $2: $1.sys gives $4"
    fi
}

mkdir -p plain_machine/certificates known/certificates/test product/certificates/production
cp root.pem known/certificates/test/
openssl x509 -in root.pem -outform DER -out product/certificates/production/root.cer
while read -r file test enforce off production; do
    [ -e "$file.sys" ] || continue # for want of time stamps
    load "$file" plain_machine test "$test"
    load "$file" plain_machine enforce "$enforce"
    load "$file" plain_machine off "$off"
    load "$file" product enforce "$production"
done << 'END'
unsigned INVALID_IMAGE_HASH DRIVER_BLOCKED     fine DRIVER_BLOCKED
good     fine               DRIVER_BLOCKED     fine fine
sha1     fine               DRIVER_BLOCKED     fine fine
pages    fine               DRIVER_BLOCKED     fine fine
alone    fine               DRIVER_BLOCKED     fine DRIVER_BLOCKED
nested   fine               DRIVER_BLOCKED     fine fine
twice    fine               DRIVER_BLOCKED     fine fine
changed  INVALID_IMAGE_HASH INVALID_IMAGE_HASH IMAGE_CHECKSUM_MISMATCH INVALID_IMAGE_HASH
broken   INVALID_IMAGE_HASH INVALID_IMAGE_HASH IMAGE_CHECKSUM_MISMATCH INVALID_IMAGE_HASH
length   INVALID_IMAGE_HASH INVALID_IMAGE_HASH IMAGE_CHECKSUM_MISMATCH INVALID_IMAGE_HASH
garbage  INVALID_IMAGE_HASH INVALID_IMAGE_HASH IMAGE_CHECKSUM_MISMATCH INVALID_IMAGE_HASH
expired  INVALID_IMAGE_HASH INVALID_IMAGE_HASH fine INVALID_IMAGE_HASH
stamped  INVALID_IMAGE_HASH INVALID_IMAGE_HASH fine fine
late     INVALID_IMAGE_HASH INVALID_IMAGE_HASH fine INVALID_IMAGE_HASH
web      INVALID_IMAGE_HASH INVALID_IMAGE_HASH fine INVALID_IMAGE_HASH
END
$newer && load stamped known test fine
load good known enforce DRIVER_BLOCKED
# What the machine does not allow: a signer, or all that one certificate has issued.
load fired product enforce fine
"$drydock" certmgr /add fired.pem disallowed --machine product > /dev/null
is $? 0 'certmgr: a certificate that is not allowed'
load fired product enforce INVALID_IMAGE_HASH
like err 'among those that the machine does not allow' 'and the log says why'
load fired product off fine
load good product enforce fine
rm product/certificates/disallowed/*
load fired product enforce fine
mkdir -p known/certificates/disallowed && cp root.pem known/certificates/disallowed/
load good known test INVALID_IMAGE_HASH
load alone known test fine
mkdir -p plain_machine/certificates/disallowed && cp root.pem plain_machine/certificates/disallowed/
load good plain_machine test INVALID_IMAGE_HASH # the root is not with the signature's certificates
rm -r plain_machine/certificates/disallowed known/certificates/disallowed
load moved product enforce INVALID_IMAGE_HASH
like err 'moved.sys because .* the file was changed after it was signed' 'and the log says why'
load cut product enforce INVALID_IMAGE_HASH

# A catalog: what a list of one member with this digest is in DER, signed as it is.
digest=$(osslsigncode verify -CAfile root.pem -in good.sys 2> /dev/null | sed -n 's/^Calculated message digest *: *//p' | head -1)
cat > list.cnf << END
asn1=SEQUENCE:info
[info]
type=OID:1.2.840.113549.1.7.2
data=EXPLICIT:0,SEQUENCE:signed
[signed]
version=INTEGER:1
algorithms=SET:none
content=SEQUENCE:content
signers=SET:none
[none]
[content]
type=OID:1.3.6.1.4.1.311.10.1
list=EXPLICIT:0,SEQUENCE:list
[list]
usage=SEQUENCE:usage
id=FORMAT:HEX,OCT:00112233445566778899AABBCCDDEEFF
time=UTCTIME:240101000000Z
algorithm=SEQUENCE:algorithm
members=SEQUENCE:members
[usage]
use=OID:1.3.6.1.4.1.311.12.1.1
[algorithm]
id=OID:1.3.6.1.4.1.311.12.1.3
none=NULL
[members]
one=SEQUENCE:member
[member]
id=FORMAT:HEX,OCT:0102
attributes=SET:attributes
[attributes]
one=SEQUENCE:attribute
[attribute]
type=OID:1.3.6.1.4.1.311.2.1.4
values=SET:values
[values]
one=SEQUENCE:indirect
[indirect]
data=SEQUENCE:data
digest=SEQUENCE:digest
[data]
type=OID:1.3.6.1.4.1.311.2.1.15
[digest]
algorithm=SEQUENCE:sha256
hash=FORMAT:HEX,OCT:$digest
[sha256]
id=OID:2.16.840.1.101.3.4.2.1
none=NULL
END
openssl asn1parse -genconf list.cnf -noout -out list.cat 2> asn1.log
ok $? 'a catalog'
if $newer; then
    sign list.cat signed.cat signer
    catalogs='C/Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}'
    for machine in known product; do
        mkdir -p "$machine/$catalogs"
        cp signed.cat "$machine/$catalogs/plain.cat"
    done
    load unsigned known test fine
    load unsigned known enforce DRIVER_BLOCKED
    load unsigned product enforce fine
    # A boot-start driver's must be in its file; other drivers may start with the machine by a catalog.
    for start in boot system; do
        run run --machine product --keep-registry --signing enforce good.sys \
            -- sc create "listed_$start" type= kernel start= $start binPath= 'C:\listed.sys'
        is $status 0 "a $start-start service"
    done
    cp unsigned.sys product/C/listed.sys
    run run --machine product --keep-registry --signing enforce -- sc query listed_boot -- sc query listed_system
    like err "ci: .*listed.sys because .* a boot-start driver's signature must be in its file" 'boot-start by a catalog: the log'
    like err 'listed_boot did not start by itself' 'boot-start by a catalog: it does not start'
    unlike err 'listed_system did not start by itself' 'system-start by a catalog: it starts'
    cp good.sys product/C/listed.sys
    run run --machine product --keep-registry --signing enforce -- sc query listed_boot
    unlike err 'listed_boot did not start by itself' 'boot-start with its own signature: it starts'
    rm -r product/registry
    cp changed.sys other.sys
    load other product enforce INVALID_IMAGE_HASH
    cp "$other" strange.sys
    load strange product enforce DRIVER_BLOCKED
    cp list.cat "product/$catalogs/plain.cat"
    load unsigned product enforce DRIVER_BLOCKED
    cp signed.cat "product/$catalogs/plain.cat"
    patch "product/$catalogs/plain.cat" 200 '\x55\x55\x55\x55'
    load unsigned product enforce DRIVER_BLOCKED
else
    ok 0 'signed catalogs # SKIP this osslsigncode signs none'
fi

# By the service control manager: the documented numbers. The driver that runs is signed for production.
start() {
    run run --machine product --signing "$1" good.sys \
        -- sc create it type= kernel binPath= "C:\\$2" -- sc start it
    like out "\\[SC\\] StartService FAILED $3:" "$1: sc start of $2 gives $3"
}
cp unsigned.sys product/C/unlisted.sys
patch product/C/unlisted.sys 70 '\x66'
cp changed.sys product/C/
start enforce unlisted.sys 1275
start test unlisted.sys 577
start enforce changed.sys 577

# Secure Boot lets nothing be turned off.
run run --secure-boot unsigned.sys
like err 'could not load: STATUS_DRIVER_BLOCKED ' 'with Secure Boot an unsigned driver is blocked whatever --signing says'
run run unsigned.sys
like err 'test signing is on, integrity checks are off: any driver loads' 'the summary says which drivers load'
run run --signing sometimes unsigned.sys
is $status 1 'a policy that there is not'
done_testing
