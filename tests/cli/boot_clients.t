#!/bin/bash
# Many clients of a booted machine, and bad ones: whatever one does, the others go on.
. tests/cli/tap.sh
programs=build/cli-programs
export DRYDOCK_MACHINE=$work/machine
unset XDG_STATE_HOME

cleanup() {
    timeout 20 "$drydock" shutdown > /dev/null 2>&1
    [ -z "${mounted:-}" ] || umount "$work/small"
    rm -rf "$work"
}
trap cleanup EXIT

# client MODE ARGUMENT...: one in the background that says when it is there; descriptor 4 is its input.
client() {
    mkfifo "$work/in.pipe" "$work/out.pipe"
    timeout 60 perl tests/cli/client.pl "$DRYDOCK_MACHINE/socket" "$@" < "$work/in.pipe" > "$work/out.pipe" &
    client=$!
    exec 4> "$work/in.pipe" 5< "$work/out.pipe"
    read -r said <&5
    rm "$work/in.pipe" "$work/out.pipe"
}
# release: the input of it ends; what it says then is in $said.
release() {
    exec 4>&-
    said=$(cat <&5)
    exec 5<&-
    wait "$client"
}
goes_on() {
    run exec "$programs/talks.exe" 3
    is $status 3 "$1: others go on"
}

run boot --signing off
is $status 0 'boot'

# ---- that hang ----
client hold 300
goes_on 'more who say nothing than there are places'
release
client hold 100 "$(printf '\001')"
goes_on 'a hundred in the middle of a frame'
release
client stall '{"verb":"debug"}'
for i in 1 2 3 4 5 6; do
    "$drydock" exec "$programs/shouts.exe" "$(printf '%01000d' 0)" > /dev/null
done
goes_on 'one that follows and does not read'
run exec "$programs/spouts.exe" 60000
is $status 0 'while a program prints more than is kept for one client'
run dbgview --once --text 'line 59999 '
like "$work/out" 'line 59999 ' 'who reads gets the last of it'
like "$work/err" '[0-9]+ older lines are not kept any more' 'and is told that there was more'
release
[ "$said" -lt 5000000 ]
ok $? "what waits for the other is bounded: $said bytes"
run machines --json
like "$work/out" "\"programs\":0.*\"$work/machine\"" 'and it does not count any more'

# ---- many ----
for i in $(seq 100); do
    "$drydock" exec "$programs/talks.exe" "$i" > "$work/many.$i" 2> /dev/null &
    many[i]=$!
done
right=0
for i in $(seq 100); do
    wait "${many[i]}"
    [ $? -eq "$i" ] && [ "$(head -1 "$work/many.$i")" = "[$i]" ] && right=$((right + 1))
done
is $right 100 'a hundred at once, each with its own output and exit code'

# ---- the end of the machine ----
cp $drivers/bugcheck.sys "$DRYDOCK_MACHINE/C/"
run sc create bugs type= kernel binPath= 'C:\bugcheck.sys'
timeout 60 "$drydock" dbgview --since-boot > /dev/null 2> "$work/follower" &
follower=$!
mkfifo "$work/pipe"
"$drydock" exec "$programs/agent.exe" stays > "$work/pipe" 2> "$work/runner" &
runner=$!
exec 3< "$work/pipe"
read -r first <&3
run sc start bugs
wait $follower
is $? 1 'a bug check ends who follows'
wait $runner
is $? 1 'and whose program ran'
like "$work/runner" 'bug check 0xDEADBEEF' 'who are told'
exec 3<&-

# ---- no room ----
mkdir "$work/small"
if mount -t tmpfs -o size=3m none "$work/small" 2> /dev/null; then
    mounted=yes
    export DRYDOCK_MACHINE=$work/small/machine
    run boot
    is $status 0 'boot on a small disk'
    run exec "$programs/talks.exe" 0
    dd if=/dev/zero of="$work/small/filler" bs=1k > /dev/null 2>&1
    run exec 'C:\talks.exe' 3
    is $status 3 'a full disk: programs run'
    for i in $(seq 50); do # there may be room in the last page of a log
        run sc create "full$i" type= kernel binPath= "C:\\$(printf '%0250d' 0).sys"
        [ $status -eq 0 ] || break
    done
    like "$work/out" 'CreateService FAILED 112:' 'a full disk: what cannot be written fails'
    run sc qc "full$i"
    like "$work/out" 'FAILED 1060' 'and is not there'
    run exec "$programs/walks.exe"
    is $status 1 'a full disk: a program that cannot be copied'
    like "$work/err" 'No space left' 'it is told'
    rm "$work/small/filler"
    run sc create full type= kernel binPath= 'C:\x.sys'
    is $status 0 'there is room again: it goes on'
    run shutdown
    is $status 0 'shutdown'
    run boot
    run sc qc full
    is $status 0 'and it is kept'
    if [ "$i" -gt 1 ]; then
        run sc qc full1
        is $status 0 'as is what was said to be done before'
    fi
    run sc qc "full$i"
    like "$work/out" 'FAILED 1060' 'and what was not is not'
    run shutdown
    dd if=/dev/zero of="$work/small/filler" bs=1k > /dev/null 2>&1
    run boot
    [ $status -eq 0 ] || like "$work/err" 'No space left' 'a boot that has no room says so'
    rm -f "$work/small/filler"
    run shutdown
else
    ok 0 'no room # SKIP nothing can be mounted here'
fi

done_testing
