#!/bin/bash
# Programs find a device by the class of its interface: cfgmgr32 and setupapi.
. tests/cli/tap.sh

run run --hwid 'root\interface' build/cli-drivers/interface.sys -- build/cli-programs/interface.exe
is $status 0 'the program ends well'
unlike "$work/out" "^not ok" "each of its checks holds"
like "$work/out" '^1\.\.47' 'it gets to its end'
done_testing
