# Programs: output, arguments, exit codes, what they leave open, how they fail.
. tests/cli/tap.sh
programs=build/cli-programs

run run "$drivers/plain.sys" -- "$programs/talks.exe" 0 'two words' 'quo"te' 'back\slash\' '' '--json'
is $status 0 'exit code 0: exit status'
is "$(sed -n 2,7p "$work/out")" $'[0]\n[two words]\n[quo"te]\n[back\\slash\\]\n[]\n[--json]' 'the arguments arrive'
like "$work/err" '^to standard error$' 'standard error'
like "$work/out" '^no end$' 'a line without an end is ended before debug output'
is "$(tail -1 "$work/out" | sed 's/^ *[0-9.]* *//')" 'plain: unloaded' 'the driver is unloaded after the program'

run run "$drivers/plain.sys" -- "$programs/talks.exe" 7
is $status 5 'exit code 7: exit status'
like "$work/err" '^drydock: talks.exe: exit code 7 \(0x7\)$' 'exit code 7: it is reported'
run run -- "$programs/talks.exe" 0
is $status 0 'a program without a driver'

run run "$drivers/plain.sys" -- "$programs/leaves.exe"
is $status 0 'a program that leaves handles open: exit status'
unlike "$work/err" '^ +(File|Event|Thread|Process) ' 'a program that leaves handles open: none is left'
nothing_left 'a program that leaves handles open'

run run "$drivers/plain.sys" -- "$programs/crashes.exe"
is $status 5 'a program that crashes: exit status'
like "$work/err" '0xc0000005' 'a program that crashes: its exit code'
like "$work/out" 'plain: unloaded' 'a program that crashes: the driver is unloaded'

printf 'abc\ntwo\n\nno end' | run run -- "$programs/reads.exe"
is "$(cat "$work/out")" $'3 bytes, the thread has worked\n1: \n4: two\n1: \n6: no end\nend' 'standard input by lines'
printf 'abce\xc3\xa9\xe2\x82\xac\nlast\n' > "$work/in"
run run -- "$programs/reads.exe" wide < "$work/in"
like "$work/out" '^U\+20AC$' 'standard input as wide characters'
like "$work/out" '^5: last$' 'standard input after wide characters'
run run -- "$programs/reads.exe" < /dev/null
is "$(cat "$work/out")" $'0 bytes, the thread has worked\nend' 'standard input at its end'
run run -- "$programs/reads.exe" <&-
is "$(cat "$work/out")" $'0 bytes, the thread has worked\nend' 'no standard input'
printf 'ab\nq' | run run -- "$programs/keys.exe"
is "$(tr '\r' _ < "$work/out")" $'a=97\nb=98\n_=13\nq\nthen -1' 'keys of the console, with their echo'
mkfifo "$work/fifo"
run run --timeout 1 -- "$programs/reads.exe" <> "$work/fifo"
is $status 4 'standard input that does not come: the time out is kept'
nothing_left 'standard input'

perl -pe 's/GetStdHandle\0/GetStdHandlf\0/' "$programs/talks.exe" > "$work/absent.exe"
run run "$drivers/plain.sys" -- "$work/absent.exe"
is $status 2 'a program with a missing import: exit status'
like "$work/err" 'GetStdHandlf' 'a program with a missing import: it is named'
like "$work/out" 'plain: unloaded' 'a program with a missing import: the driver is unloaded'
run run "$drivers/plain.sys" -- "$work/none.exe"
is $status 2 'a program that is not there: exit status'
run run "$drivers/plain.sys" -- "$drivers/plain.sys"
is $status 2 'a driver as the program: exit status'
nothing_left 'programs'
done_testing
