# Mistakes of drivers' authors whose report must lead to the driver although the driver is not on the stack (any more).
. tests/cli/tap.sh

driver=tests/cli/drivers/mistakes.c
# mistake CODE: runs the driver with that control code.
mistake() { run run "$drivers/mistakes.sys" -- build/cli-programs/control_code.exe '\\.\Mistakes' "$1"; }
# line_of PATTERN: the number of the first line of the driver that matches.
line_of() { grep -n "$1" "$driver" | head -1 | cut -d: -f1; }

control=$(line_of '^static NTSTATUS Control(')
mistake 222003
is $status 3 'a spin lock kept: exit status'
like "$work/err" '^\*\*\* STOP: 0x000000C9 \(0x0000000000000012,0x[0-9A-F]{16},0x0000000000000000,0x0000000000000002\)$' \
    'a spin lock kept: the rule, IRQL before and after'
like "$work/err" 'returned at IRQL 2: it kept a spin lock' 'a spin lock kept: what happened'
like "$work/err" "^    2 .*dispatch routine \(mistakes!Control  $driver:[0-9]+\)$" 'a spin lock kept: whose routine'
like "$work/err" '^ *[0-9]+  control_code!main' 'the stack goes on into the program'
like "$work/err" '^ *[0-9]+  KERNEL32!DeviceIoControl' 'through the libraries'
unlike "$work/err" '^  >' 'no frame is blamed: the driver is not on the stack'
like "$work/err" "routine at [0-9A-F]{16} \(mistakes!Control  $driver:$((control + 1))\) for major" 'and in the text'

mistake 222007
is $status 3 'a pending request not marked: exit status'
like "$work/err" 'STOP: 0x000000C9 \(0x000000000000023D,' 'a pending request not marked: the rule'
like "$work/err" 'mistakes!Control .*STATUS_PENDING, but was never marked' 'a pending request not marked: by whom'
like "$work/err" '^    3 .*  IRP$' 'a pending request not marked: the parameters as documented'

mistake 222017
is $status 3 'completed and pending: exit status'
like "$work/err" '^    2 .*  code \(mistakes!Control ' 'completed and pending: whose routine'

mistake 22200b
is $status 4 'a request that nobody completes: exit status'
like "$work/err" 'IRP [0-9A-F]{16}, major function 0xe, control code 0x22200b, sent by thread [0-9A-F]{16}, is with .Driver.mistakes' \
    'a request that nobody completes: which'
like "$work/err" 'ntoskrnl!NtDeviceIoControlFile' 'a request that nobody completes: the stack of who waits'
like "$work/err" 'of process control_code' 'and its process'

mistake 22200f
is $status 3 'pool left: exit status'
like "$work/err" "mistakes: 1 of tag 'Leak' with 5000 bytes, allocated by mistakes!Leak  .*$driver:$(line_of 5000)\$" \
    'pool left: where it was allocated'
like "$work/err" "mistakes: 1 of tag 'Mdl ' with [0-9]+ bytes, allocated by mistakes!Leak" 'an MDL left: where it was allocated'

mistake 222013
is $status 3 'a freed block written to: exit status'
like "$work/err" "freed by code at [0-9A-F]{16} \(mistakes!UseFreed  $driver:$(line_of 'the free')\)" 'a freed block written to: who freed it'
like "$work/err" 'the free \*/' 'and the line itself'
mistake 22201b
is $status 3 'a device left after unload: exit status'
like "$work/err" '^    .Driver.mistakes left 1 device object\(s\) after DriverUnload' 'a device left after unload: a broken rule'

mistake 22201f
is $status 3 'a timer left set: exit status'
like "$work/err" 'STOP: 0x000000C7 \(0x0000000000000000,0x([0-9A-F]{13})[0-9A-F]{3},0x[0-9A-F]{16},0x[0-9A-F]{16}\)' 'a timer left set'
like "$work/err" "routine is at [0-9A-F]{16} \(mistakes!Later  $driver:" "a timer left set: its DPC's routine"

mistake 222023
is $status 3 'a breakpoint: exit status'
like "$work/err" 'The exception is a breakpoint: DbgBreakPoint, or an assertion' 'a breakpoint: what it means'

mistake 222027
is $status 3 'a wait at DISPATCH_LEVEL: exit status'
like "$work/err" 'a wait that has to block was made at IRQL 2' 'a wait at DISPATCH_LEVEL: what it is'
like "$work/err" '^  > +[0-9]+  mistakes!WaitHigh ' 'a wait at DISPATCH_LEVEL: where'
unlike "$work/err" 'page fault' 'a wait at DISPATCH_LEVEL: no talk of page faults'

mistake 22202b
like "$work/err" '^    1  0x0000000000000004  address touched: a NULL pointer and an offset$' 'a NULL pointer that the kernel uses'
mistake 22202f
like "$work/err" 'read of address F{16}, or one that is not canonical' 'an address that is not canonical'

run run --json "$drivers/mistakes.sys" -- build/cli-programs/control_code.exe '\\.\Mistakes' 22200f
ok "$(grep -c 'allocated by mistakes!Leak' "$work/out" | sed 's/2/0/')" 'pool left, in JSON: where'
nothing_left 'after all that'

machine=$work/machine
run boot --machine "$machine" --signing off
cp "$drivers/mistakes.sys" "$machine/C/"
run sc --machine "$machine" create mistakes type= kernel binPath= 'C:\mistakes.sys'
run sc --machine "$machine" start mistakes
run exec --machine "$machine" build/cli-programs/control_code.exe '\\.\Mistakes' 22200f
is "$status $(cat "$work/out")" '0 control code answered: 0' 'in a booted machine: the driver leaks'
run sc --machine "$machine" stop mistakes
is $status 0 'and is stopped'
like "$work/err" "^drydock: mistakes.sys is unloaded and has left 2 pool blocks with [0-9]+ bytes" 'who stops it is told'
like "$machine/log" "mistakes.sys: 1 of tag 'Leak' with 5000 bytes, allocated by mistakes.sys\+0x[0-9a-f]+" 'the log has it, with the place'
run shutdown --machine "$machine"
is $status 0 'the machine ends'
done_testing
