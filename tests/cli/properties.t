#!/bin/bash
# Properties of devices, interfaces and classes, as programs get and set them: cfgmgr32.
. tests/cli/tap.sh

run run --hwid 'root\interface' "$drivers/interface.sys" -- build/cli-programs/properties.exe
is $status 0 'the program ends well'
unlike "$work/out" '^not ok' 'each of its checks holds'
like "$work/out" '^1\.\.64$' 'it gets to its end'
done_testing
