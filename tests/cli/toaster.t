#!/bin/bash
# drivers/toaster: the bus and the toasters, WDM and KMDF in each combination: plugged in and out, used, pulled out with a read in
# flight, ejected, idle, asleep; every IRP accounted for, with checked calls, from several seeds and with each allocation failed.
. tests/cli/tap.sh
toaster=build/programs/toaster.exe
id='{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}\DrydockToaster'

# with BUS FUNC ARGUMENT...: runs both drivers; each further argument is a command of toaster.exe, or an option of run before them.
with() {
    local bus=build/drivers/$1.sys func=build/drivers/$2.sys options=() programs=() command
    shift 2
    while [ $# -gt 0 ] && [[ $1 == --* ]]; do
        options+=("$1")
        shift
    done
    for command in "$@"; do
        programs+=(-- "$toaster")
        # shellcheck disable=SC2206 # words of a command
        programs+=($command)
    done
    run run --await --gate=on --timeout=50 "${options[@]}" "$bus" "$func" "${programs[@]}"
}
out() { tr -d '\r' < "$work/out"; }
tree() { awk '/^  [A-Z]/ {on = /^  Device tree$/; next} on' "$work/err" | sed 's/^    //'; }
# Two numbers of a line of the summary that have to be the same.
accounted() {
    local line
    line=$(grep -A1 'IRPs: allocated, freed' "$work/err" | tail -1)
    # shellcheck disable=SC2086 # two words
    set -- $line
    [ $# -eq 2 ] && [ "$1" = "$2" ]
}

for bus in busenum busenum_kmdf; do
    for func in toaster toaster_kmdf; do
        name="$bus, $func"
        with $bus $func --tree 'list' 'plug 1 2 3' 'use 1 3' 'status 1' 'giveup 2' 'brown 2 3' 'use 2 1' 'unplug 3' 'eject 2' 'wait 100' 'list'
        is $status 0 "$name: plugged in, used, given up, unplugged, ejected"
        accounted
        ok $? "$name: every IRP is accounted for"
        is "$(tree | tail -n +2)" "  $id\\01  ($func)  started" "$name: one toaster is left"
        is "$(out | grep -v 'may wake\|started')" '0 on the bus
toaster 1: plugged in
toaster 2: plugged in
toaster 3: plugged in
toaster 1: 3 slices
toaster 1: browning 1, toasted 21, 0 reads and 0 writes wait, 1 starts, 0 power downs, 0 wakes
toaster 2: given up
browning 3
toaster 2: 1 slices
toaster 3: unplugged
toaster 2: asked to be ejected
1 on the bus' "$name: what the program says"

        with $bus $func --tree --sleep=S3 --surprise-remove="$id\\02" --background="$toaster plug 1 2 3" \
            --background="$toaster hold 2" --background="$toaster hold 1" 'use 3 2'
        is $status 0 "$name: asleep and back, one pulled out while it is read"
        accounted
        ok $? "$name: every IRP is accounted for"
        is "$(out | tail -1)" 'toaster 2: error 1617' "$name: the read fails with ERROR_DEVICE_REMOVED"
        is "$(tree | grep -c "$func)  started")" 2 "$name: the others are there"

        with $bus $func 'plug 1' 'use 1' 'wait 30000' 'list' 'use 1' 'status 1'
        is $status 0 "$name: idle and used again"
        is "$(out | sed -n 4p)" 'toaster 1: D2, started, may wake' "$name: idle, it is powered down and armed"
        like "$work/out" '1 starts, 1 power downs, 0 wakes' "$name: used, it is powered up"
        with $bus $func 'plug 1' 'use 1' 'wait 30000' 'press 1' 'wait 100' 'list' 'status 1'
        is "$(out | sed -n 5p | cut -d, -f1)" 'toaster 1: D0' "$name: its lever powers it up"
        like "$work/out" '1 power downs, 1 wakes' "$name: which counts as a wake"
        with $bus $func 'plug 1' 'use 1' 'pop 1 40000' 'wait 30000' 'list' 'wait 10100' 'list' 'press 2' 'plug 1' 'plug 0'
        is "$(out | grep -o 'D[0-3]' | tr '\n' ' ')" 'D2 D0 ' "$name: as it does when it pops by itself"
        is "$(grep -c 'error' "$work/err")" 4 "$name: no such toaster, one twice, no number: refused"
        like "$work/err" 'plugged in: error 183' "$name: twice is ERROR_ALREADY_EXISTS"

        with $bus $func --wmi 'plug 7' 'brown 7 4' 'use 7 1'
        like "$work/err" 'F106. ROOT.BUSENUM.*_0 +16 +01000000010000000000000000000000' "$name: WMI of the bus"
        like "$work/err" 'F107. .*07_0 +32 +07000000040000000700000000000000000000000100000000000000' "$name: WMI of a toaster"
    done
done

# ---- pulled out before it is up ----
for kind in '' _kmdf; do
    with busenum$kind toaster$kind 'plug 1' 'unplug 1' 'wait 100' 'plug 1' 'use 1'
    is $status 0 "toaster$kind is pulled out at once, and comes again"
done

# ---- the bus itself is pulled out, with all that is on it ----
for kind in '' _kmdf; do
    instance=$(tr a-z A-Z <<< "ROOT\\BUSENUM$kind\\0000")
    with busenum$kind toaster$kind --surprise-remove="$instance" --background="$toaster plug 1 2 3" \
        --background="$toaster hold 2" 'use 1 1'
    is $status 0 "busenum$kind is pulled out"
    accounted
    ok $? "busenum$kind is pulled out: every IRP is accounted for"
    is "$(out | tail -1)" 'toaster 2: error 1617' "busenum$kind is pulled out: so is the toaster that is read"
done

# ---- filters: an upper and a lower one of the device, of its class; the device has them when it is plugged in again ----
class='{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}'
key="HKLM\\SYSTEM\\CurrentControlSet\\Enum\\$id\\01"
class_key="HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\$class"
set_filter() { filters+=(-- reg add "$1" /v "$2" /t REG_MULTI_SZ /d "$3"); }
for kind in '' _kmdf; do
    filters=()
    set_filter "$key" UpperFilters toastup
    set_filter "$key" LowerFilters toastlow
    set_filter "$class_key" UpperFilters toastclassup
    set_filter "$class_key" LowerFilters toastclasslow
    run run --await --gate on --timeout 50 --sleep S3 --hwid 'toastup=None\1' --hwid 'toastlow=None\2' \
        --hwid 'toastclassup=None\3' --hwid 'toastclasslow=None\4' build/drivers/toast{up,low,classup,classlow}.sys \
        build/drivers/busenum$kind.sys build/drivers/toaster$kind.sys -- $toaster plug 1 -- $toaster wait 100 -- $toaster unplug 1 \
        -- $toaster wait 100 "${filters[@]}" -- reg add "$key" /v ClassGUID /d "$class" -- $toaster plug 1 -- $toaster use 1 2 \
        -- $toaster giveup 1 -- $toaster wait 30000 -- $toaster use 1 1
    is $status 0 "toaster$kind with four filters"
    accounted
    ok $? "toaster$kind with four filters: every IRP is accounted for"
    is "$(grep -c '[1-9][0-9]* passed: .* [1-9][0-9]* pnp, [1-9][0-9]* power, .*; 0 still out' "$work/out")" 4 \
        "toaster$kind: each has seen requests, and has seen them back"
    like "$work/out" 'toastclassup: .* 2 create|toastclassup: .* [1-9] create.* [1-9] read, [1-9] write' "toaster$kind: the upper ones see the program's"
    like "$work/out" 'toastlow: .* 0 create.* 0 read, 0 write' "toaster$kind: the lower ones do not"
done

for sleep in S1 S2 S3 S4; do
    with busenum toaster --sleep=$sleep:3 'plug 1 2' 'use 1'
    is "$status $(grep -c "asleep in $sleep" "$work/err")" '0 3' "three times to $sleep and back"
done
bad=
for seed in 2 3 4 5 6 7 8 9; do
    for kind in '' _kmdf; do
        with busenum$kind toaster$kind --seed=$seed --processors=4 --sleep=S3 --surprise-remove="$id\\02" \
            --background="$toaster plug 1 2 3" --background="$toaster hold 2" --background="$toaster use 1 5" 'use 3 5' \
            'eject 3' 'unplug 1'
        [ $status -eq 0 ] && accounted || bad="$bad $seed$kind"
    done
done
is "$bad" '' 'with eight seeds and four processors'

# Each allocation fails once: here every STEP-th, each with `STEP=1 bash tests/cli/toaster.t`.
step=${STEP:-47}
for kind in '' _kmdf; do
    bad=
    for ((n = 1; n < 100000; n += step)); do
        with busenum$kind toaster$kind --fail-alloc=$n --sleep=S3 --background="$toaster plug 1 2" --background="$toaster hold 2" \
            'use 1 1' 'unplug 2' 'eject 1'
        case $status in 0 | 2 | 5) ;; *) bad="$bad $n" ;; esac
        grep -q 'there were only' "$work/err" && break
    done
    is "$bad" '' "busenum$kind, toaster$kind: allocations fail, nothing worse (up to number $n, every $step-th)"
done
nothing_left 'afterwards'
done_testing
