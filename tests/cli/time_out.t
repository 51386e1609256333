# --timeout: what a run that did not end was doing then.
. tests/cli/tap.sh

# check DRIVER WHY FRAME [OPTION...]
ends() {
    local driver=$1 why=$2 frame=$3
    shift 3
    run run --timeout 1 "$@" "$drivers/$driver.sys"
    is $status 4 "$driver $*: exit status"
    like "$work/err" 'no end after 1 s' "$driver $*: the message"
    like "$work/err" '^\*\*\* The run had not ended when its time was over' "$driver $*: a report"
    like "$work/err" "$why" "$driver $*: what the machine did"
    like "$work/err" "$frame" "$driver $*: and where"
}
for clock in virtual real; do
    ends computes 'code at [0-9A-F]* still runs' '> *0  computes!DriverEntry .*computes.c' --clock $clock
    ends sleeps 'every thread waits, some for a timer' '>.*sleeps!DriverEntry .*sleeps.c' --clock $clock
done
programs=build/cli-programs
mkfifo "$work/silent"
run run --timeout 1 -- "$programs/reads.exe" <> "$work/silent"
is $status 4 'a program that waits for input: exit status'
like "$work/err" 'a program waits for standard input' 'a program that waits for input: the message'
run run --timeout 1 --json "$drivers/computes.sys"
is $status 4 'with --json: exit status'
like "$work/out" '"type": *"report","kind": *"time_out"' "with --json: the kind of report"
done_testing
