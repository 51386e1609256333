#!/bin/bash
# Debug output of booted machines: what the machine's filter lets out, and what dbgview shows of it.
. tests/cli/tap.sh
programs=build/cli-programs
export DRYDOCK_MACHINE=$work/machine
unset XDG_STATE_HOME
need "$programs/shouts.exe" "$drivers/prints.sys"

cleanup() {
    timeout 20 "$drydock" shutdown > /dev/null 2>&1
    timeout 20 "$drydock" shutdown --machine "$work/other" > /dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT

# texts: the text of each line that is kept, joined.
texts() {
    "$drydock" dbgview --once "$@" > "$work/out" 2> "$work/err"
    sed -E 's/^ *[0-9]+\.[0-9]+  [0-9]+  [^ ]+ +//' "$work/out" | paste -sd'|'
}

run dbgview
is $status 1 'no machine runs: exit status'
like "$work/err" 'no machine runs here' 'no machine runs: it is told'
run machines
unlike "$work/out" "$work" 'machines: none of these'

# ---- the documented filter ----
run run $drivers/prints.sys
like "$work/out" 'by DbgPrint' 'a run shows DbgPrint without being told to'
unlike "$work/out" 'driver warning' 'but other components only with their errors'

run boot --signing off
is $status 0 'boot'
cp $drivers/prints.sys "$DRYDOCK_MACHINE/C/"
run sc create prints type= kernel binPath= 'C:\prints.sys'
run sc start prints
is "$(texts --module prints)" 'default error|driver error' 'a booted machine shows errors only'
run sc stop prints
run shutdown /r
is $status 0 'the masks are in the registry, and it is booted again'
is "$(texts)" '' 'what was printed before is gone'
run sc start prints
is "$(texts --module prints.sys)" 'by DbgPrint|driver trace|bus ten|bus mask' 'the masks of the components, and of all'

# ---- choosing ----
is "$(texts --component ihvbus)" 'bus ten|bus mask' '--component'
is "$(texts --component IHVBUS --component DEFAULT --module prints)" 'by DbgPrint|bus ten|bus mask' '--component twice'
is "$(texts --text MASK)" 'bus mask' '--text in any case'
is "$(texts --regex '^(bus|driver) t')" 'driver trace|bus ten' '--regex'
is "$(texts --module none)" '' '--module that prints nothing'
run dbgview --once --json --text 'bus ten'
is "$(sed -E 's/"time_100ns":[0-9]+,"processor":[01]/T/' "$work/out")" \
    '{T,"level":10,"component":"IHVBUS","module":"prints.sys","text":"bus ten"}' '--json'
run dbgview --once --text 'bus ten'
like "$work/out" '^ +[0-9]+\.[0-9]{6}  [01]  prints\.sys        bus ten$' 'time, processor, module, text'
is "$("$drydock" dbgview --once --highlight bus --text 'bus ten' | grep -c $'\x1b')" 0 'no highlight where there is no terminal'
run dbgview --once --component IHVBUS --save "$work/saved"
is "$(cat "$work/saved")" "$(cat "$work/out")" '--save'
run dbgview --once --save "$work/none/file"
is $status 1 '--save to where nothing can be written'
if script -V > /dev/null 2>&1; then
    script -qec "$drydock dbgview --once --text 'bus ten' --highlight bus" /dev/null > "$work/out" < /dev/null
    like "$work/out" $'\x1b\\[7mbus\x1b\\[27m ten' '--highlight on a terminal'
    run exec "$programs/shouts.exe" ESC
    script -qec "$drydock dbgview --once --module shouts.exe" /dev/null > "$work/out" < /dev/null
    like "$work/out" '\\x1b\[2J' 'what would drive a terminal is shown'
fi

# ---- following ----
timeout 60 "$drydock" dbgview --since-boot --module shouts --text word --lines 3 > "$work/follow" 2>&1 &
follower=$!
run exec "$programs/shouts.exe" 'word 1' 'other' 'word 2' 'word 3'
wait $follower
is $? 0 '--lines ends it'
is "$(grep -o 'word .' "$work/follow" | paste -sd'|')" 'word 1|word 2|word 3' 'it follows'
run boot --signing off --machine "$work/other"
run machines
like "$work/out" "  $work/machine\$" 'machines: the one'
like "$work/out" "  $work/other\$" 'machines: the other'
run machines --json
is "$(grep -c "\"machine\":\"$work/" "$work/out")" 2 'machines --json'
mkfifo "$work/pipe"
# a shell's background job ignores Ctrl-C: perl gives it back
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' timeout 60 "$drydock" dbgview --all --since-boot --text "$work" > "$work/pipe" 2> "$work/err" &
all=$!
exec 3< "$work/pipe"
run exec "$programs/shouts.exe" "$work 1"
read -r one <&3
run exec --machine "$work/other" "$programs/shouts.exe" "$work 2"
read -r other <&3
is "${one%%: *} ${other%%: *}" "$work/machine $work/other" '--all follows each, behind its folder'
kill -INT $all
wait $all
[ $? -le 1 ] # another user of this host may have had a machine that stopped
ok $? 'Ctrl-C ends it'
exec 3<&-
timeout 60 "$drydock" dbgview --machine "$work/machine" --machine "$work/other" --since-boot --text both > "$work/follow" 2> "$work/err" &
follower=$!
run exec "$programs/shouts.exe" 'both first'
run exec --machine "$work/other" "$programs/shouts.exe" 'both second'
run shutdown --machine "$work/other"
run shutdown
wait $follower
is $? 0 'a shutdown ends it'
like "$work/follow" "^$work/machine: .*both first$" 'several: the one'
like "$work/follow" "^$work/other: .*both second$" 'several: the other'
is "$(cat "$work/err")" '' 'and nothing to say of it'

# ---- usage ----
run dbgview --regex '('
is $status 1 'a regular expression that is none'
like "$work/err" "regex '\\('" 'it is told'
run dbgview --lines 0
is $status 1 '--lines 0'
run dbgview --all --machine x
is $status 1 '--all with --machine'
run dbgview extra
is $status 1 'a word that is no option'
run machines extra
is $status 1 'machines extra'
run help dbgview
like "$work/out" 'Debug Print Filter' 'help tells of the key'
run help run
like "$work/out" 'DbgPrint' 'and the help of run of what a run shows'

done_testing
