#!/bin/bash
# Programs: the tests in build/programs by clang and by gcc, what drivers hear of them, and how each kind of bad end is told.
. tests/cli/tap.sh

# tap DRIVERS PROGRAM [ARGUMENT...]: the program's own TAP is all ok, and nothing is left behind.
tap() {
    local driver=$1 program=$2
    shift 2
    run run $driver -- "build/programs/$program.exe" "$@"
    is $status 0 "$program: exit status"
    like "$work/out" '^1\.\.[0-9]+' "$program: ran to its end"
    unlike "$work/out" '^not ok' "$program: each of its checks passed"
    unlike "$work/out" $'\r' "$program: lines end as the host's do"
    nothing_left "$program"
}

first=build/drivers/first.sys
echo_driver=build/drivers/ioctl_echo.sys
for program in create_write_close crt exceptions files scan threads; do
    tap $first $program
done
for program in create_write_close crt files scan threads; do
    tap $first $program-gcc
done
for program in crt files scan threads; do
    tap $first $program-ucrt
done
tap $first processes
tap $first changes
tap $first pipes
tap $first pool
tap $first registry_api
tap $first messages
tap $first eventlog
tap $echo_driver ioctl_echo
tap build/drivers/ioctl_echo_kmdf.sys ioctl_echo
tap "build/cli-drivers/plain.sys $echo_driver" services 'C:\Windows\System32\drivers\plain.sys'
unlike "$work/err" 'not unloaded|Sess' 'services: a driver that the program has unloaded is done with'

run run $echo_driver -- build/programs/ioctl_bench.exe 1000
is $status 0 'ioctl_bench: exit status'
like "$work/out" '^1000 requests' 'ioctl_bench: printed its count, with %f'

run run $echo_driver -- build/programs/leaves_handles.exe
is $status 5 'handles left open: exit status'
like "$work/err" 'exit code 7' 'handles left open: the exit code is told'
like "$work/err" 'no error found in the driver' 'handles left open: nobody is to blame'
unlike "$work/err" 'handles? left|Echo|objects? left' 'handles left open: none is left'
nothing_left 'handles left open'

run run build/drivers/ioctl_echo_kmdf.sys -- build/programs/leaves_handles.exe
is $status 5 'handles left open with KMDF: exit status'
like "$work/err" 'no error found in the driver' 'handles left open with KMDF: nobody is to blame'
unlike "$work/err" 'kmdf|FxDr|handles? left' 'handles left open with KMDF: nothing is left'

run run $first -- build/cli-programs/asserts.exe
like "$work/err" 'asserts.exe: exit code 3 ' 'an assertion that does not hold: the exit code'
like "$work/err" '^Assertion failed: argc == 4711, file .*asserts.c, line 8' 'an assertion that does not hold: the message'

run run $first -- build/programs/unhandled.exe
is $status 5 'unhandled exception: exit status'
is "$(grep -c 'unhandled.exe: unhandled exception 0xC0000005' "$work/err")" 1 'unhandled exception: one message'

run run $first -- build/programs/missing_import.exe
is $status 2 'missing imports: exit status'
like "$work/err" 'missing_import.exe needs KERNEL32.dll!DeleteTimerQueue, which Drydock does not have' \
    'missing imports: the first is named'
like "$work/err" 'needs KERNEL32.dll!GetTapeStatus' 'missing imports: and the second'
unlike "$work/out" 'main ran' 'missing imports: main does not run'

run run build/cli-drivers/ps_watch.sys -- build/programs/create_write_close.exe one "two three"
is $status 0 'a driver that watches: exit status'
like "$work/out" 'watch: process .*create_write_close.exe, command line \[.*one .*two three.*\], parent 4' \
    'it hears of the process'
like "$work/out" 'watch: image .*create_write_close.exe, mapped in process the current one' 'of its image'
like "$work/out" 'watch: image .*ntdll.dll, mapped' 'of ntdll'
like "$work/out" 'watch: image .*(kernel32|KERNEL32).dll, mapped' 'of kernel32'
like "$work/out" 'watch: process ends, status 0x0, threads 1 begun 1 ended' 'of its thread, and of its end'

cp build/programs/create_write_close.exe "$work/refused.exe"
run run build/cli-drivers/ps_watch.sys -- "$work/refused.exe"
is $status 2 'a program that a driver refuses: exit status'
like "$work/err" 'refused.exe: could not start: STATUS_ACCESS_DENIED' 'its status is told'
unlike "$work/out" 'CreateFile' 'it does not run'
nothing_left 'a refused program'

mkdir -p "$work/machine/C"
cp "$work/refused.exe" "$work/machine/C/"
run run --machine "$work/machine" build/cli-drivers/ps_watch.sys -- build/programs/spawns.exe \
    'spawns "spawns inner" "refused now" up "spawns last"'
is $status 0 'processes that processes make: exit status'
first_id=$(sed -n 's/^spawns: \([0-9]*\), thread .*/\1/p' "$work/out" | sed -n 1p)
second=$(sed -n 's/^spawns: \([0-9]*\), thread \([0-9]*\)/\1.\2/p' "$work/out" | sed -n 2p)
like "$work/out" "command line \[spawns inner\], parent ${second%.*}\$" 'the parent is who has made it'
like "$work/out" "made by $second, called in ${second%.*}: spawns.exe" 'the creating thread, in whose context drivers are told'
like "$work/out" "command line \[spawns last\], parent $first_id\$" 'the parent is another one when asked for'
is "$(grep -c "made by $second," "$work/out")" 3 'which is not who has made it'
unlike "$work/out" 'watch: image .* in process another' 'images are told of in their process'
like "$work/out" '^refused now: error 5$' 'a driver refuses a child'
is "$(grep -c 'watch: process ends, status 0x[01],' "$work/out")" 4 'the ends of the others'

done_testing
