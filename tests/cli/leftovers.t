# However a run ends (signals, a closed pipe, a machine that is killed), nothing is left: no folder, no process.
. tests/cli/tap.sh

# Machine processes of a drydock process.
machines_of() { pgrep -P "$1"; }
alive() { kill -0 "$1" 2> /dev/null; }
# Waits until a condition holds; at most 20 seconds.
await() {
    for _ in $(seq 400); do
        if eval "$1"; then return 0; fi
        read -r -t 0.05 _ <> <(:)
    done
    return 1
}
start() { # DRIVER NAME [SECONDS]: a run that does not end by itself; $pid, $machine
    "$drydock" run --timeout "${3:-0}" "$drivers/$1.sys" > "$work/out" 2> "$work/err" &
    pid=$!
    await '[ -n "$(machines_of $pid)" ] && [ -n "$(ls -A "$TMPDIR")" ]'
    ok $? "$2: the machine runs"
    machine=$(machines_of $pid)
}

for signal in INT TERM HUP QUIT; do
    start sleeps "SIG$signal"
    kill -$signal "$pid"
    wait "$pid" 2> /dev/null
    is $? $((128 + $(kill -l $signal))) "SIG$signal: ends by that signal"
    await "! alive $machine"
    ok $? "SIG$signal: the machine is gone"
    nothing_left "SIG$signal"
done

# The terminal and timeout send their signal to the whole group: the machine's process leaves it to its supervisor.
start sleeps 'signals to the machine alone' 2
kill -INT "$machine"; kill -TERM "$machine"; kill -HUP "$machine"; kill -QUIT "$machine"
wait "$pid"
is $? 4 'signals to the machine alone: it runs on until its time is out'
nothing_left 'signals to the machine alone'

start sleeps 'the supervisor is killed'
kill -KILL "$pid"
wait "$pid" 2> /dev/null
await "! alive $machine"
ok $? 'the supervisor is killed: the machine is gone with it'
rm -rf "$TMPDIR"/*

start sleeps 'the machine is killed'
kill -KILL "$machine"
wait "$pid"
is $? 70 'the machine is killed: exit status'
like "$work/err" 'killed by signal 9' 'the machine is killed: the message'
like "$work/err" 'run --seed 1' 'the machine is killed: the command that repeats it'
nothing_left 'the machine is killed'

start sleeps 'the machine is stopped and ended'
kill -STOP "$machine"
kill -INT "$pid"
wait "$pid"
is $? 130 'the machine is stopped and ended: exit status'
nothing_left 'the machine is stopped and ended'

"$drydock" run "$drivers/chatters.sys" 2> "$work/err" | head -1 > "$work/out"
is "${PIPESTATUS[0]}" 1 'a closed pipe: exit status'
is "$(cat "$work/err")" '' 'a closed pipe: no message'
nothing_left 'a closed pipe'

timeout -s KILL 60 "$drydock" run "$drivers/chatters.sys" > /dev/full 2> "$work/err"
is $? 1 'a full device as standard output: exit status'
like "$work/err" 'standard output: No space left' 'a full device as standard output: the message'
nothing_left 'a full device as standard output'

(ulimit -f 1; timeout -s KILL 60 "$drydock" run "$drivers/plain.sys" > /dev/null 2> "$work/err2"; echo $? > "$work/status2")
rm -f "$work/err2" # one block is all that fits in it
is "$(cat "$work/status2")" 1 'no room for the driver in the machine folder: exit status'
nothing_left 'no room for the driver'

TMPDIR=$work/nowhere run run "$drivers/plain.sys"
is $status 1 'no place for the machine folder: exit status'
like "$work/err" 'no folder for the machine: No such file' 'no place for the machine folder: the message'

mkdir "$work/kept"
run run --machine "$work/kept" "$drivers/plain.sys"
[ -f "$work/kept/C/Windows/System32/drivers/plain.sys" ]
ok $? 'a folder that was given is kept'
run run --machine "$drivers/plain.sys" "$drivers/plain.sys"
is $status 1 'a file as the machine folder: exit status'
run run --timeout 1 "$drivers/sleeps.sys"
is $status 4 'time out: exit status'
like "$work/err" 'no end after 1 s' 'time out: the message'
nothing_left 'time out'
done_testing
