# The report of a bug check: code, name, meaning, parameters, the driver's line, state, registers, the command to repeat.
. tests/cli/tap.sh

run run --seed 7 "$drivers/faults.sys"
is $status 3 'exit status'
like "$work/err" '^\*\*\* STOP: 0x[0-9A-F]{8} \(0x[0-9A-F]{16},0x[0-9A-F]{16},0x[0-9A-F]{16},0x[0-9A-F]{16}\)$' \
    'the line that Windows prints'
like "$work/err" '^\*\*\* SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' 'the name'
like "$work/err" 'system thread raised an exception that no handler caught' 'the meaning'
like "$work/err" '^    1  0x[0-9a-f]{16}  exception code: STATUS_ACCESS_VIOLATION \(0xC0000005\)$' 'the first parameter explained'
like "$work/err" '^  >.*faults!WriteThere  tests/cli/drivers/faults.c:[0-9]+$' 'the line to blame'
like "$work/err" '\*Target = Value; /\* the faulting line \*/' 'its source'
like "$work/err" 'faults!Prepare  tests/cli/drivers/faults.c:' 'the caller'
like "$work/err" 'faults!DriverEntry  tests/cli/drivers/faults.c:' "and the caller's caller"
like "$work/err" 'IRQL 0 \(PASSIVE_LEVEL\)' 'the IRQL'
like "$work/err" 'of process System' 'the process'
like "$work/err" '    rip [0-9a-f]{16}' 'the registers'
like "$work/err" "^    $drydock run --seed 7 $drivers/faults.sys\$" 'the command that repeats it'
unlike "$work/err" $'\033' 'no colour in a file'
nothing_left 'a bug check'
command=$(grep "^    $drydock run" "$work/err")
cp "$work/err" "$work/first"
$command > /dev/null 2> "$work/err"
cmp -s "$work/first" "$work/err"
ok $? 'the command gives the same report'

mkdir "$work/dir" && cp "$drivers/faults.sys" "$drivers/faults.pdb" "$work/dir"
run run "$work/dir/faults.sys"
like "$work/err" 'faults!WriteThere  .*faults.c:' 'a PDB beside the driver is found'
# Without the symboliser: the names that images export, else offsets.
/usr/bin/env -i PATH=/nowhere "$drydock" run "$drivers/bugcheck.sys" > /dev/null 2> "$work/err"
is $? 3 'no symboliser: exit status'
like "$work/err" 'ntoskrnl!KeBugCheckEx\+0x[0-9a-f]+$' 'no symboliser: an exported name'
like "$work/err" ' bugcheck.sys\+0x[0-9a-f]+$' 'no symboliser: module and offset'
like "$work/err" 'llvm-symbolizer was not found' 'no symboliser: it is said'

run run "$drivers/bugcheck.sys"
is $status 3 'a code of its own: exit status'
like "$work/err" 'STOP: 0xDEADBEEF \(0x0000000000000001,0x0000000000000002,0x0000000000000003,0x0000000000000004\)' \
    'a code of its own: the line'
like "$work/err" 'Windows documents no bug check' 'a code of its own: the meaning'
like "$work/err" 'bugcheck!DriverEntry  tests/cli/drivers/bugcheck.c:' 'a code of its own: who called'
done_testing
