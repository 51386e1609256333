#!/bin/bash
# The gate: a call at an IRQL that its contract forbids stops the run, with the rule and the caller's line; legal calls pass.
. tests/cli/tap.sh
"$drydock" run --gate on $drivers/gate.sys > "$work/out" 2> "$work/err"
is $? 3 "a broken contract: exit status"
like "$work/out" 'at PASSIVE_LEVEL 0xC0000034' "a legal call passes"
like "$work/err" '0x000000C4 \(0x0*2000D' "bug check 0xC4 with the rule's number"
like "$work/err" 'rule IrqlIoPassive4: IoDeleteSymbolicLink was called at IRQL 2; legal is 0 to 0' "what was wrong"
like "$work/err" 'gate!DriverEntry +tests/cli/drivers/gate.c:[0-9]+' "the caller's line"
"$drydock" run --gate on build/tests/ke_timer.sys > "$work/out" 2>&1
is $? 0 "a driver that keeps its contracts: exit status"
unlike "$work/out" '^ *[0-9.]+ +not ok' "and runs as without the gate"
done_testing
