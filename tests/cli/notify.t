#!/bin/bash
# Programs hear of devices and interfaces that come and go, and are asked before a device is removed: cfgmgr32.
. tests/cli/tap.sh

run run --hwid 'root\interface' "$drivers/interface.sys" -- build/cli-programs/notify.exe
is $status 0 'the program ends well'
unlike "$work/out" '^not ok' 'each of its checks holds'
like "$work/out" '^1\.\.60$' 'it gets to its end'
run run --hwid 'root\interface' "$drivers/interface.sys" -- build/cli-programs/notify.exe leave \
    -- build/cli-programs/notify.exe
is $status 0 'a program may end while it is registered'
unlike "$work/out" '^not ok' 'and the next is alone'
like "$work/out" '^1\.\.60$' 'it gets to its end'
unlike "$work/out" 'PlugPlayWatch' 'no watch is left'
nothing_left 'notification'
done_testing
