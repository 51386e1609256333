#!/bin/bash
# A machine's folder on a disk that is full: what fails says which file, nothing is half written, and with room it goes on.
if [ "${1:-}" != mounted ]; then
    unshare -m true 2> /dev/null || { echo '1..0 # SKIP no file system can be mounted here'; exit 0; }
    exec unshare -m bash "$0" mounted
fi
. tests/cli/tap.sh
machine=$work/machine
mkdir "$machine"
mount -t tmpfs -o size=1m none "$machine" || { echo '1..0 # SKIP no file system can be mounted here'; exit 0; }
trap 'timeout 20 "$drydock" shutdown --machine "$machine" > /dev/null 2>&1; umount "$machine"; rm -rf "$work"' EXIT
plain=$drivers/plain.sys
copied=$machine/C/Windows/System32/drivers/plain.sys

# fill LEFT: all of the disk but so many KiB.
fill() {
    rm -f "$machine/filler"
    dd if=/dev/zero of="$machine/filler" bs=1k count=$(($(df --output=avail "$machine" | tail -1) - $1)) 2> /dev/null
}

fill 12
run boot --machine "$machine"
is $status 2 'boot without room: exit status'
like "$work/err" 'registry/[A-Z]+(\.DAT)?(\.LOG1)?: not written: No space left on device' 'boot without room: which file, and why'
is "$(find "$machine" -name '*.new' -o -name stopped -empty -o -name boot.json -empty)" '' 'boot without room: nothing is half written'
run run --machine "$machine" "$plain"
is $status 1 'run without room: exit status'
like "$work/err" 'plain.sys: cannot be copied to .*: No space left on device' 'run without room: which file, and why'
is "$(find "$machine" -name 'plain.sys*')" '' 'run without room: no part of the driver is there'

rm "$machine/filler"
run run --machine "$machine" "$plain"
is $status 0 'with room the driver runs'
fill 0
cp "$plain" "$work/plain.sys"
printf 'more' >> "$work/plain.sys"
run run --machine "$machine" "$work/plain.sys"
is $status 1 'no room for another plain.sys'
cmp -s "$plain" "$copied"
ok $? 'the one that was there is whole'
rm "$machine/filler"

fill 100
run run --save-at 1 --save "$machine/saved" "$plain"
is $status 1 'no room to save: exit status'
like "$work/err" 'saved: the machine cannot be saved: No space left on device' 'no room to save: which file, and why'
[ ! -e "$machine/saved" ]
ok $? 'no room to save: no part is left'
rm "$machine/filler"

run boot --machine "$machine"
is $status 0 'with room it boots'
fill 0
run reg --machine "$machine" add 'HKLM\Software\Full' /v lost /d "$(printf 'a%.0s' $(seq 9000))"
like "$work/err" 'ERROR: There is not enough space on the disk' 'a change without room is refused'
run shutdown --machine "$machine"
is $status 0 'it shuts down without room'
rm "$machine/filler"
run boot --machine "$machine"
is $status 0 'and boots again'
run reg --machine "$machine" query 'HKLM\Software\Full' /v lost
is $status 1 'what was refused is not there'
done_testing
