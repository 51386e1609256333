#!/bin/bash
# DLLs of a program's own: loading, references, unloading.
. tests/cli/tap.sh
mkdir -p "$work/machine/C"
cp build/cli-programs/plugin.dll build/cli-programs/needed.dll "$work/machine/C/"
run run --machine "$work/machine" -- build/cli-programs/plugs.exe
is $status 0 'exit status'
like "$work/out" '^1\.\.[0-9]+' 'ran to its end'
unlike "$work/out" '^not ok' 'each check passed'
run run --machine "$work/machine" build/cli-drivers/ps_watch.sys -- build/cli-programs/plugs.exe
is "$(grep -c 'watch: image .*plugin.dll, mapped in process the current one' "$work/out")" 52 'drivers hear of each load'
done_testing
