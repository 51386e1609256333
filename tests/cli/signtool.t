#!/bin/bash
# signtool and certmgr: a test certificate is made, signs a driver, and the machine trusts it.
. tests/cli/tap.sh
export XDG_DATA_HOME=$work/data DRYDOCK_MACHINE=$work/machine
mkdir "$DRYDOCK_MACHINE"
cp $drivers/plain.sys "$work/own.sys"

run signtool verify "$work/own.sys"
is $status 1 'an unsigned driver'
like "$work/err" 'SignTool Error: No signature found' 'and what is said'
run signtool sign /fd sha256 "$work/own.sys"
is $status 0 'sign'
is "$(cat "$work/out")" "Successfully signed: $work/own.sys" 'its text'
is "$(stat -c %a "$work/data/drydock/test-signing.key")" 600 'the key is its owner'"'"'s alone'
thumbprint=$(sha1sum "$work/data/drydock/test-signing.pem")
run signtool verify "$work/own.sys"
is $status 1 'nobody trusts it yet'
run signtool verify /pa "$work/own.sys"
is $status 0 'any certificate will do with /pa'
run run --signing test "$work/own.sys"
is $status 0 'it loads with test signing on'
run run --signing enforce "$work/own.sys"
like "$work/err" 'STATUS_DRIVER_BLOCKED ' 'and not without'

run certmgr /add test /s /r localMachine root
is $status 0 'the machine trusts it'
run signtool verify /v "$work/own.sys"
is $status 0 'then it is verified'
like "$work/out" 'signed by Drydock Test Certificate \(test, trusted by the machine\), in the file' 'by whom'
run signtool verify /kp "$work/own.sys"
is $status 1 'but not as a driver for production'
run certmgr /add "$work/data/drydock/test-signing.pem" production
run signtool verify /kp "$work/own.sys"
is $status 0 'until its certificate is production'"'"'s'
run run --signing enforce "$work/own.sys"
is $status 0 'then it loads without test signing'

cp $drivers/plain.sys "$work/second.sys"
run signtool sign "$work/second.sys" "$work/none.sys"
is $status 1 'a file that is not there'
run signtool verify "$work/second.sys"
is $status 0 'the other one is signed'
is "$(sha1sum "$work/data/drydock/test-signing.pem")" "$thumbprint" 'by the same certificate'
printf '\x55' | dd of="$work/second.sys" bs=1 seek=70 conv=notrunc status=none
run signtool verify "$work/second.sys"
is $status 1 'a file that was changed'
like "$work/err" 'the file was changed after it was signed' 'and what is said'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key" -out "$work/pem" -subj '/CN=Mine' \
    -days 3650 -addext extendedKeyUsage=codeSigning 2> /dev/null
openssl pkcs12 -export -inkey "$work/key" -in "$work/pem" -passout pass:secret -out "$work/mine.pfx"
cp $drivers/plain.sys "$work/third.sys"
run signtool sign /f "$work/mine.pfx" /p secret /fd SHA256 "$work/third.sys"
is $status 0 'a certificate of one'"'"'s own'
run signtool verify /pa /v "$work/third.sys"
like "$work/out" 'signed by Mine ' 'signs'
run signtool sign /f "$work/mine.pfx" /p wrong "$work/third.sys"
is $status 1 'a wrong password'
run signtool verify /pa /v "$work/third.sys"
like "$work/out" 'signed by Mine ' 'leaves the file as it was'
echo rubbish > "$work/rubbish.cer"
run certmgr /add "$work/rubbish.cer"
is $status 1 'what is no certificate'
run signtool frobnicate
is $status 1 'no such command'
printf 'no image at all' > "$work/text.sys"
run signtool sign "$work/text.sys"
is $status 1 'no image: exit status'
is "$(cat "$work/err")" "SignTool Error: This file format cannot be signed because it is not recognized.
SignTool Error: An error occurred while attempting to sign: $work/text.sys" 'no image: the message'
run signtool sign /f "$work/none.pfx" "$work/text.sys"
is "$(cat "$work/err")" "SignTool Error: File not found: $work/none.pfx" 'no such key: the message'
done_testing
