# Drivers that go wrong in every way: one clear message, the right exit status, nothing left, never a stuck process.
. tests/cli/tap.sh

# ends DRIVER STATUS PATTERN NAME
ends() {
    run run "$drivers/$1.sys"
    is $status "$2" "$4: exit status"
    like "$work/err" "$3" "$4: the message"
    like "$work/err" '^drydock: verdict: ' "$4: a verdict"
    nothing_left "$4"
}
ends refuses 2 'STATUS_DEVICE_NOT_READY' 'DriverEntry fails'
ends faults 3 'faults!WriteThere' 'DriverEntry faults'
ends recurses 3 'recurses!Deeper .*recurses.c' 'DriverEntry recurses'
like "$work/err" 'the kernel stack of the current thread ran out' 'DriverEntry recurses: why'
like "$work/err" 'more of the same' 'DriverEntry recurses: the backtrace is short'
ends raises 3 'returned at IRQL 2' 'DriverEntry returns at DISPATCH_LEVEL'
ends overwrites 3 'STOP: 0x' 'kernel objects are overwritten'
ends wrecks 3 'destroyed from inside' 'all memory is overwritten'
ends spins 4 'spins!DriverEntry .*spins.c' 'DriverEntry goes round in a circle'

rm -f /tmp/escaped
run run "$drivers/escapes.sys"
for what in exit kill open fork exit32; do
    like "$work/out" "escapes: $what stopped" "a system call is stopped: $what"
done
like "$work/out" 'parent folder c0000033' 'a path with .. is no name'
like "$work/out" 'absolute path c0000033' 'nor is an absolute path'
like "$work/out" 'long path c000000d' 'a path that is too long is refused'
like "$work/out" 'no memory c000000d' 'a path that is not there is refused'
like "$work/out" 'big file c000007f' 'a file that is too big: the disk is full'
like "$work/out" 'handles c000011f' 'handles without end: there is one'
[ ! -e /tmp/escaped ]
ok $? 'no file was made outside'
nothing_left 'attempts to escape'
done_testing
