#!/bin/bash
# `drydock run --wmi`: the blocks that are registered, and their data.
. tests/cli/tap.sh

run run --wmi build/tests/wmi_dump.sys
is "$status" 0 'a provider: exit status'
like "$work/err" '\{7A3C0001-1111-2222-0102-030405060708\} +Lamp +2 +0x8$' 'a block, its device, instances, flags'
like "$work/err" '\{7A3C0002-.*0x48$' 'an event block'
like "$work/err" 'Lamp1 +8 +0107060504030201$' 'the data of an instance'
unlike "$work/err" 'without an answer' 'every block answers'
run run --wmi=7a3c0001-1111-2222-0102-030405060708 --json build/tests/wmi_dump.sys
is "$(grep -c '"key":"wmi"' "$work/out")" 1 'one block alone, as JSON'
is "$(grep -c '"key":"wmidata"' "$work/out")" 2 'with its instances'
run run --wmi='{7a3c0009-1111-2222-0102-030405060708}' build/tests/wmi_dump.sys
is "$status" 0 'a block that nobody has is no error'
unlike "$work/err" 'WMI' 'and nothing is shown'
run run --wmi=lamp build/tests/wmi_dump.sys
is "$status" 1 'a GUID that is none'
nothing_left 'after WMI'
done_testing
