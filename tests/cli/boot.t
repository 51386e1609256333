#!/bin/bash
# A machine that stays: boot, programs in it, shutdown; and every way in which it or a client of it can end.
. tests/cli/tap.sh
programs=build/cli-programs
export DRYDOCK_MACHINE=$work/machine
unset XDG_STATE_HOME

# pids: the machine's keeper and the machine, as the keeper says.
pids() {
    perl tests/cli/client.pl "$DRYDOCK_MACHINE/socket" request '{"verb":"status"}' |
        sed -nE 's/.*"pid":([0-9]+),"machine_pid":([0-9]+).*/\1 \2/p'
}

# until_gone PID: waits until the process has ended.
until_gone() {
    tail --pid="$1" -f /dev/null
}

cleanup() {
    timeout 20 "$drydock" shutdown > /dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT

# ---- the course ----
run sc query
is $status 1 'no machine: exit status'
like "$work/err" 'no machine runs here' 'no machine: it is told'
like "$work/err" "drydock boot --machine $work/machine" 'no machine: and what boots one'
run shutdown
is $status 1 'no machine to shut down'

run boot --signing off
is $status 0 'boot: exit status'
like "$work/out" "^$work/machine is up$" 'boot: it is up'
is "$(stat -c %a "$DRYDOCK_MACHINE")" 700 "the folder is the owner's alone"
is "$(stat -c %a "$DRYDOCK_MACHINE/socket")" 600 "and so is the socket"
run boot --signing off
is $status 1 'a second one: exit status'
like "$work/err" 'a machine runs here already' 'a second one: it is told'

cp $drivers/plain.sys $drivers/bugcheck.sys "$DRYDOCK_MACHINE/C/"
run sc create plain type= kernel binPath= 'C:\plain.sys'
is "$(cat "$work/out")" '[SC] CreateService SUCCESS' 'sc create'
run sc start plain
is $status 0 'sc start'
like "$work/out" 'STATE              : 4  RUNNING' 'it runs'
run sc query plain
like "$work/out" 'STATE              : 4  RUNNING' 'and runs on'
run sc query none
is $status 1 'an exit code that does not fit is 1'
like "$work/out" 'FAILED 1060:' 'which the program says itself'
run sc --machine
is $status 1 'sc --machine without a folder'
run help sc
like "$work/out" "Windows' sc" 'help of a tool'

# ---- programs ----
run exec "$programs/talks.exe" 7 one 'two words'
is $status 7 "exec: the program's exit code"
is "$(tr '\n' '|' < "$work/out")" '[7]|[one]|[two words]|no end' 'exec: its output'
is "$(cat "$work/err")" 'to standard error' 'exec: its standard error'
seq -f 'line %g' 3 > "$work/in"
"$drydock" exec "$programs/reads.exe" < "$work/in" > "$work/out" 2>&1
is $? 0 'exec: input'
is "$(tail -n 3 "$work/out" | tr '\n' '|')" '7: line 2|7: line 3|end|' 'exec: it reads lines to their end'
"$drydock" exec 'C:\talks.exe' 0 < /dev/null > "$work/out" 2>/dev/null
is $? 0 'exec: a path in the machine'
run exec 'C:\none.exe'
is $status 1 'exec: a program that is not there'
like "$work/err" 'could not start: STATUS_OBJECT_NAME_NOT_FOUND' 'exec: why'
run exec "$work/none.exe"
is $status 2 'exec: a file that is not there'
run exec "$drivers/plain.sys"
is $status 2 'exec: a file that is no program'
for i in 1 2 3 4 5 6 7 8; do
    "$drydock" exec "$programs/talks.exe" "$i" > "$work/out.$i" 2>/dev/null &
    together[i]=$!
done
right=0
for i in 1 2 3 4 5 6 7 8; do
    wait "${together[i]}"
    [ $? -eq "$i" ] && [ "$(head -1 "$work/out.$i")" = "[$i]" ] && right=$((right + 1))
done
is $right 8 'eight at a time, each with its own output'

# ---- clients that end, stop or break the rules ----
# starts AGENT-MODE: an agent in the background whose first line has come.
starts() {
    mkfifo "$work/pipe"
    # a shell's background job ignores Ctrl-C: perl gives it back
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$drydock" exec "$programs/agent.exe" $1 > "$work/pipe" 2> "$work/err" &
    client=$!
    exec 3< "$work/pipe"
    read -r first <&3
    rm "$work/pipe"
}
starts handled
kill -INT $client
is "$(cat <&3 | head -1)" 'agent: event 0' "Ctrl-C is the program's"
wait $client
is $? 3 'and its handler decides'
exec 3<&-
starts stays
kill -INT $client
is "$(head -1 <&3)" 'agent: event 0' 'Ctrl-C to one that does not end by it'
kill -INT $client
wait $client
is $? 1 'a second Ctrl-C ends it'
exec 3<&-
starts handled
kill -KILL $client
wait $client 2> /dev/null
run exec "$programs/talks.exe" 0
is $status 0 'a client that is killed: others go on'
exec 3<&-

# A program whose client does not read waits; others go on; the output comes when it reads.
mkfifo "$work/pipe"
"$drydock" exec "$programs/floods.exe" 100000 > "$work/pipe" 2> "$work/err" &
client=$!
exec 3< "$work/pipe"
run exec "$programs/talks.exe" 0
is $status 0 'a client that does not read: others go on'
is "$(wc -c <&3)" 10000000 'and all of its output comes when it does'
wait $client
is $? 0 'its program ends well'
rm "$work/pipe"

perl tests/cli/client.pl "$DRYDOCK_MACHINE/socket" rubbish > "$work/out"
is $(cat "$work/out") closed 'rubbish: the connection is closed'
for bad in '' 'x' '{}' '[]' '{"verb":"none"}' '{"verb":"exec"}' '{"verb":"exec","path":1,"command":"x"}' '{"verb":"exec","path":"","command":""}' \
    '{"verb":"exec","path":"a\tb","command":"x"}' '{"verb":"exec","path":"a\u0000b","command":"x"}' "{\"verb\":\"exec\",\"path\":\"$(printf '%040000d' 0)\",\"command\":\"x\"}"; do
    perl tests/cli/client.pl "$DRYDOCK_MACHINE/socket" request "$bad" > "$work/out"
    like "$work/out" 'error|closed' "a request that is none: ${bad:0:40}"
done
perl tests/cli/client.pl "$DRYDOCK_MACHINE/socket" many 300 > "$work/out"
like "$work/out" '^connected' 'three hundred that connect and say nothing'
run exec "$programs/talks.exe" 0
is $status 0 'others go on'

# ---- again, and the ends ----
read -r keeper machine < <(pids)
run shutdown /r /t 0
is $status 0 'shutdown /r'
like "$work/out" 'is up' 'it is up again'
run sc qc plain
like "$work/out" 'BINARY_PATH_NAME   : .*C:.plain.sys' 'with its registry'
until_gone "$keeper"
ok 0 'the old keeper is gone'
run shutdown /q
is $status 1 'a switch that there is not'
run shutdown
is $status 0 'shutdown'
run sc query
is $status 1 'it is down'
is "$(ls "$DRYDOCK_MACHINE" | tr '\n' ' ')" 'C boot.json lock log registry ' 'what stays in its folder'

run boot --signing off
run sc create bugs type= kernel binPath= 'C:\bugcheck.sys'
run sc start bugs
is $status 1 'a bug check: the client hears of it'
like "$work/err" 'stopped with bug check 0xDEADBEEF' 'a bug check: with its code'
run sc query
like "$work/err" 'no machine runs here any more: the machine stopped with bug check 0xDEADBEEF' 'the next is told'
like "$DRYDOCK_MACHINE/report.txt" 'bugcheck!DriverEntry' 'the report is kept'

run boot --signing off
is $status 0 'booted again after it'
read -r keeper machine < <(pids)
kill -KILL "$machine"
until_gone "$keeper"
run sc query
like "$work/err" 'the machine process was killed by signal 9' 'the machine is killed: its keeper says so and ends'
run boot --signing off
read -r keeper machine < <(pids)
kill -KILL "$keeper"
until_gone "$machine"
ok 0 'the keeper is killed: the machine ends with it'
run sc query
like "$work/err" 'no machine runs here' 'and nobody hears'
run boot --signing off
is $status 0 'what was left does not keep it from booting'

# ---- options ----
run boot --signing off --ram 8
is $status 1 '--ram too small'
like "$work/err" '32 to 16384' 'and told'
run boot extra
is $status 1 'a word that is no option'
run boot --signing off --machine "$work/other" --processors 4 --seed 5
is $status 0 'a second machine beside the first'
run exec --machine "$work/other" "$programs/talks.exe" 5
is $status 5 'a program in it'
run shutdown --machine "$work/other"
is $status 0 'it is shut down'
head -c 5000 /dev/zero > "$work/other/registry/SYSTEM"
head -c 5000 /dev/zero > "$work/other/registry/SYSTEM.LOG1"
run boot --signing off --machine "$work/other"
is $status 2 'a registry that cannot be had whole'
like "$work/err" 'SYSTEM' 'it is told'
: > "$work/file"
run boot --signing off --machine "$work/file/x"
is $status 2 'a folder that cannot be made'

done_testing
