#!/bin/bash
# bcdedit: its texts and exit codes, and that what it changes holds from the next start.
. tests/cli/tap.sh

machine=$work/machine
mkdir "$machine"
signed=$work/signed.sys
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key" -out "$work/pem" -subj '/CN=Test' \
    -days 3650 -addext extendedKeyUsage=codeSigning 2> /dev/null &&
    osslsigncode sign -certs "$work/pem" -key "$work/key" -h sha256 -in $drivers/plain.sys -out "$signed" > /dev/null
ok $? 'a driver with a test signature'

# boot NAME STATUS ARGUMENT...: one start of the machine, by its own boot configuration.
boot() {
    local name=$1 expected=$2
    shift 2
    run run --machine "$machine" --keep-registry --signing bcd "$@"
    is $status "$expected" "$name: exit status"
    sed -i 's/\r$//' "$work/out"
}

# shows NAME: what was printed is what standard input has.
shows() {
    cat > "$work/expected"
    diff -u "$work/expected" "$work/out" > "$work/difference"
    ok $? "$1"
    sed 's/^/# /' "$work/difference"
}

start_options='reg query HKLM\SYSTEM\CurrentControlSet\Control /v SystemStartOptions'

boot 'a new machine' 0 -- bcdedit
shows 'the entries of a new machine' << 'END'

Windows Boot Manager
--------------------
identifier              {bootmgr}
path                    \EFI\MICROSOFT\BOOT\BOOTMGFW.EFI
description             Windows Boot Manager
locale                  en-US
inherit                 {globalsettings}
default                 {current}
displayorder            {current}
timeout                 30

Windows Boot Loader
-------------------
identifier              {current}
path                    \Windows\system32\winload.efi
description             Drydock
locale                  en-US
inherit                 {bootloadersettings}
systemroot              \Windows
nx                      OptIn
bootmenupolicy          Standard
END
boot 'without test signing' 2 "$signed"
like "$work/err" 'could not load: STATUS_DRIVER_BLOCKED ' 'a test-signed driver is blocked'

boot 'test signing is set' 0 -- bcdedit /set testsigning on -- $start_options
like "$work/out" '^The operation completed successfully\.$' 'bcdedit says so'
like "$work/out" 'REG_SZ +NOEXECUTE=OPTIN' 'this start goes on without'
boot 'the next start' 0 "$signed" -- $start_options -- bcdedit /enum '{current}'
like "$work/out" 'REG_SZ +TESTSIGNING  NOEXECUTE=OPTIN' 'SystemStartOptions has it'
like "$work/out" '^testsigning             Yes$' 'so has bcdedit'
boot 'an unsigned driver' 2 $drivers/plain.sys
like "$work/err" 'could not load: STATUS_INVALID_IMAGE_HASH ' 'needs a signature all the same'
boot 'test signing is deleted, integrity checks are turned off' 0 \
    -- bcdedit -deletevalue '{current}' TestSigning -- bcdedit /set '{default}' nointegritychecks yes
boot 'no integrity checks' 0 $drivers/plain.sys -- bcdedit /set nointegritychecks off
boot 'integrity checks' 2 $drivers/plain.sys

boot 'a debugger' 0 -- bcdedit /debug on -- bcdedit /dbgsettings serial debugport:2 baudrate:57600 -- bcdedit /dbgsettings
shows 'its settings' << 'END'
The operation completed successfully.
The operation completed successfully.
debugtype               Serial
debugport               2
baudrate                57600
The operation completed successfully.
END
boot 'booted with debugging' 0 -- $start_options
like "$work/out" 'NOEXECUTE=OPTIN  DEBUG  DEBUGPORT=COM2  BAUDRATE=57600' 'the options say so'
boot 'without a debugger that is attached' 2 $drivers/plain.sys
boot 'other settings' 0 -- bcdedit /dbgsettings net hostip:10.125.5.10 port:50000 key:1.2.3.4 nodhcp /start AutoEnable /noumex \
    -- bcdedit /enum '{dbgsettings}' -- bcdedit /debug off
shows 'a network' << 'END'
The operation completed successfully.

Debugger Settings
-----------------
identifier              {dbgsettings}
debugtype               Net
debugport               2
baudrate                57600
noumex                  Yes
debugstart              AutoEnable
hostip                  10.125.5.10
port                    50000
dhcp                    No
key                     1.2.3.4
The operation completed successfully.
END

# refused NAME WORDS...: exit code 1, and the store stays.
refused() {
    local name=$1
    shift
    boot "$name" 5 -- bcdedit "$@"
    like "$work/err" 'bcdedit.exe: exit code 1 ' "$name: bcdedit's exit code"
}
boot 'before' 0 -- bcdedit /enum all
cp "$work/out" "$work/before"
refused 'no command' /frobnicate
refused 'no value' /set testsigning
refused 'a bad value' /set testsigning perhaps
refused 'a bad number' /set numproc many
refused 'a bad choice' /set nx Sometimes
refused 'a bad address' /dbgsettings net hostip:1.2.3
refused 'no such element' /set frobs on
refused 'no such entry' /set '{00000000-0000-0000-0000-000000000001}' testsigning on
like "$work/out" 'The system cannot find the file specified\.' 'no such entry: the text'
refused 'nothing to delete' /deletevalue testsigning
boot 'after' 0 -- bcdedit /enum all
diff "$work/before" "$work/out" > "$work/difference"
ok $? 'what is refused changes nothing'
sed 's/^/# /' "$work/difference"

# Secure Boot: nothing that weakens the machine can be set, and what was set before does not count.
boot 'test signing again' 0 -- bcdedit /set testsigning on
run run --machine "$machine" --keep-registry --signing bcd --secure-boot -- bcdedit /set testsigning on
sed -i 's/\r$//' "$work/out"
shows 'Secure Boot refuses' << 'END'
An error has occurred setting the element data.
The value is protected by Secure Boot policy and cannot be modified or deleted.
END
is $status 5 'with an exit code'
run run --machine "$machine" --keep-registry --signing bcd --secure-boot "$signed" -- $start_options
like "$work/err" 'could not load: STATUS_DRIVER_BLOCKED ' 'and test signing is off in spite of the entry'
done_testing
