#!/bin/bash
# Several programs in one run: one after the other, and beside others in the background.
. tests/cli/tap.sh
programs=build/cli-programs
plain=$drivers/plain.sys

run run "$plain" -- "$programs/talks.exe" 0 one -- "$programs/talks.exe" 0 two -- "$programs/beats.exe"
is $status 5 'one after the other: the exit status is that of the worst'
is "$(grep -E '^\[[a-z]+\]$|no agent' "$work/out" | tr '\n' ' ')" '[one] [two] no endno agent: 2 ' 'in their order'
is "$(grep -c 'exit code' "$work/err")" 1 'only what is not 0 is told'
like "$work/out" 'plain: unloaded' 'the driver is unloaded at the end'
run run "$plain" -- "$programs/talks.exe" 7 -- "$programs/talks.exe" 0 last
is $status 5 'the first fails: exit status'
like "$work/out" '^\[last\]$' 'the first fails: the second runs'
run run --json "$plain" -- "$programs/talks.exe" 7 -- "$programs/talks.exe" 8
like "$work/out" '"program_exit_codes": ?\[7, ?8\]' 'exit codes in JSON'
like "$work/out" '"text":"to standard error\\n","program":"talks.exe"' 'the name in JSON'
nothing_left 'one after the other'

run run "$plain" --background "$programs/agent.exe" -- "$programs/beats.exe" 5 -- "$programs/beats.exe" 2
is $status 0 'in the background: exit status'
is "$(grep -oE '[0-9]+ beats' "$work/out" | tr '\n' ' ')" '5 beats 2 beats ' 'the others hear of it'
like "$work/out" 'agent: started' 'it has started'
unlike "$work/err" 'Event|Process|Thread|Section' 'nothing of it is left'
run run --background "$programs/agent.exe handled" -- "$programs/beats.exe"
like "$work/out" '^agent: event 2$' 'its console is closed'
unlike "$work/out" 'agent: over' 'and after its handler it does not go on'
run run "$plain" --background "$programs/agent.exe stays" -- "$programs/beats.exe" 2
is $status 0 'a handler that does not return: exit status'
like "$work/out" '^ *5\.[0-9]+ +plain: unloaded' 'a handler that does not return: five seconds later it is terminated'
run run --background "$programs/agent.exe short" -- "$programs/talks.exe" 0
is $status 0 'one that ends early: its exit code does not count'
like "$work/err" 'agent.exe: ended before the other programs, exit code 9' 'one that ends early: it is told of'
run run --background "$programs/agent.exe" --background "$programs/agent.exe handled" -- "$programs/beats.exe" 3
is "$(grep -c 'agent: started' "$work/out")" 2 'two in the background'
run run "$plain" --background "$programs/agent.exe"
is $status 0 'nothing but a program in the background: exit status'
like "$work/out" 'agent: started' 'nothing but a program in the background: it runs'
run run "$plain" --sleep S3:2 --background "$programs/agent.exe handled" -- "$programs/beats.exe"
is $status 0 'in the background while the machine sleeps: exit status'
is "$(grep -c 'working again' "$work/err")" 2 'in the background while the machine sleeps: it does'
like "$work/out" '^agent: event 2$' 'in the background while the machine sleeps: it ends after that'
run run "$plain" --cycles 3 --background "$programs/agent.exe handled" -- "$programs/beats.exe"
is "$(grep -c 'agent: event 2' "$work/out")" 3 'a fresh one in each cycle'

perl -pe 's/GetStdHandle\0/GetStdHandlf\0/' "$programs/talks.exe" > "$work/absent.exe"
run run "$plain" --background "$work/absent.exe" -- "$programs/talks.exe" 0 me
is $status 2 'a program in the background that cannot start: exit status'
like "$work/err" 'absent.exe: could not start: STATUS_ENTRYPOINT_NOT_FOUND' 'why'
unlike "$work/out" '^\[me\]$' 'the others do not run'
like "$work/out" 'plain: unloaded' 'the driver is unloaded'

run run --prefix --background "$programs/agent.exe handled" -- "$programs/talks.exe" 0 one -- "$programs/beats.exe"
like "$work/out" '^agent.exe: agent: started as [0-9]+$' 'a prefix for each line'
is "$(grep -E '^talks' "$work/out" | tr '\n' '|')" 'talks.exe: [0]|talks.exe: [one]|talks.exe: no end|' 'and for one without an end'
like "$work/err" '^talks.exe: to standard error$' 'on standard error too'

mkdir "$work/other"
cp "$programs/beats.exe" "$work/other/talks.exe"
run run -- "$programs/talks.exe" 0 -- "$work/other/talks.exe"
is $status 1 'two files of one name: exit status'
like "$work/err" 'another program has this name' 'two files of one name: the message'
run run --background '"a b' "$plain"
is $status 1 'a quote that is not closed'
run run --background ' ' "$plain"
is $status 1 'a background of blanks'
run run "$plain" -- -- "$programs/talks.exe"
is $status 1 'no program between two --'
cp "$programs/talks.exe" "$work/two words.exe"
run run --background "\"$work/two words.exe\" 0 \"a b\" c\\\"d"
is "$(sed -n '2,3p' "$work/out" | tr '\n' ' ')" '[a b] [c"d] ' 'quotes in a command line'
nothing_left 'in the background'
done_testing
