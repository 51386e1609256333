#!/bin/bash
# Sleep and wake: --sleep Sn:wake in a run, and drydock power on a machine that stays.
. tests/cli/tap.sh
toaster=build/programs/toaster.exe
export DRYDOCK_MACHINE=$work/machine
cleanup() {
    timeout 20 "$drydock" shutdown > /dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT

# ---- woken by a device ----
for kind in '' _kmdf; do
    run run --await --gate on --sleep S3:wake build/drivers/busenum$kind.sys build/drivers/toaster$kind.sys \
        -- $toaster plug 1 2 -- $toaster pop 2 5000 -- $toaster use 1 1
    is $status 0 "toaster$kind: a toaster pops while the machine sleeps"
    like "$work/err" 'power: woken by .*DrydockToaster.02' "toaster$kind: it wakes the machine"
    run run --await --gate on --sleep S4:wake build/drivers/busenum$kind.sys build/drivers/toaster$kind.sys \
        -- $toaster plug 1 -- $toaster pop 1 5000
    is $status 0 "toaster$kind: a state from which it cannot wake the machine"
    like "$work/err" 'power: nothing has woken it' "toaster$kind: an hour later the machine works again"
done
run run --sleep S3:soon build/drivers/first.sys
is $status 1 'a sleep that is none'

# ---- programs stand still ----
run run --await --sleep S3:wake --background "build/cli-programs/naps.exe 10" build/drivers/busenum.sys \
    build/drivers/toaster.sys -- $toaster plug 1 -- $toaster pop 1 30000
is $status 0 'a program that runs while the machine falls asleep'
like "$work/out" 'longest nap: (29|30) s' 'it goes on when the machine is awake'

# ---- a machine that stays ----
run power status
is $status 1 'no machine runs'
run boot
is $status 0 'boot'
run power status
is "$(cat "$work/out")" 'working' 'it works'
run power resume
is $status 1 'it is not asleep: resume is refused'
like "$work/err" 'refuses: STATUS_POWER_STATE_INVALID' 'which is said'
for state in S1 S2 S3 S4; do
    case $state in S4) run power hibernate ;; *) run power sleep $state ;; esac
    is "$status $(cat "$work/out")" "0 asleep in $state" "to $state"
    run power status
    is "$(cat "$work/out")" "asleep in $state" "it stays in $state"
    run power resume
    is "$status $(cat "$work/out")" '0 working' "and back from $state"
done
run power requests
is "$(tr '\n' '|' < "$work/out")" 'DISPLAY:|None.||SYSTEM:|None.||AWAYMODE:|None.||EXECUTION:|None.||' 'nobody wants it to stay awake'
mkfifo "$work/in" "$work/said"
timeout 60 "$drydock" exec build/cli-programs/awake.exe < "$work/in" > "$work/said" 2>&1 &
exec 4> "$work/in" 3< "$work/said"
while read -r line <&3 && [ "${line%$'\r'}" != awake ]; do echo "$line"; done > "$work/tap"
unlike "$work/tap" '^not ok' 'a program asks for it: each of its checks holds'
like "$work/tap" '^1\.\.14' 'it gets to its end'
run power requests
is "$(sed 's/^.PROCESS. .*awake.exe$/[PROCESS] awake/' "$work/out" | tr '\n' '|')" \
    'DISPLAY:|[PROCESS] awake||SYSTEM:|[PROCESS] awake|a film is shown||AWAYMODE:|None.||EXECUTION:|[PROCESS] awake|a film is shown||' \
    'what it asks for, and why'
exec 4>&- 3<&-
wait
run power requests
is "$(grep -c None "$work/out")" 4 'it ends, and so do its requests'
run power sleep
is "$(cat "$work/out")" 'asleep in S3' 'sleep is S3'
run power sleep
is $status 1 'asleep already'
run sc query
is $status 1 'no program starts while it sleeps'
like "$work/err" 'STATUS_POWER_STATE_INVALID' 'which is said'
run power resume
run sc query
is $status 0 'awake again, it runs programs'
run summary
like "$work/out" 'IRPs: allocated, freed' 'what it has done so far'
run power sleep S2
run summary
is $status 1 'nobody looks at it while it sleeps'
run power shutdown
is $status 0 'shutdown wakes it first'
run power status
is $status 1 'it is gone'
run power sleep S5
is $status 1 'S5 is no sleep'
run power
is $status 1 'no word'
done_testing
