#!/bin/bash
# `drydock run --etw`: events of drivers, decoded where they describe themselves.
. tests/cli/tap.sh
test=build/tests/etw_event.sys
guid=0e7f0001-aaaa-bbbb-0102-030405060708

run run $test
unlike "$work/out" ' etw ' 'nobody listens: nothing is printed'
run run --etw all $test
is "$status" 0 'all providers: exit status'
unlike "$work/out" '^ *[0-9.]+ +not ok' 'the driver sees itself enabled'
like "$work/out" 'etw \{0E7F0001-[-0-9A-F]+\} id 7 level 2 keyword 0x10: data=0x443322116162$' 'data without a description'
like "$work/out" 'etw Test.Etw/State id 0 level 4 keyword 0x2: u8=200 i32=-5 x64=0xabcdef wide="wé"' 'data with one'
like "$work/out" 'ansi="tab.here" counted="ok" bin=0xdead01 guid=\{0E7F0001-.* bool=true' 'strings, bytes, GUID'
like "$work/out" 'array=\[1,2,3\] var=\[7,8\] pair=\{2 fields\} left=-1 right=5$' 'arrays and a structure'
like "$work/out" 'x64=0xabcdef wide="wé" ansi=""\.\.\.$' 'data that end too soon'
is "$(grep -c ' id 9 ' "$work/out")" 3 'events at each IRQL'
run run --etw $guid:4:0x2 $test
unlike "$work/out" 'not ok' 'level and keywords reach the driver'
is "$(grep -c ' etw ' "$work/out")" 2 'and choose among its events'
run run --etw {11111111-2222-3333-4444-555555555555} $test
is "$(grep -c ' etw ' "$work/out")" 0 'another provider is not heard'
run run --etw $guid --json $test
is "$(grep '"type":"event"' "$work/out" | grep '"name":"State"' | head -1 | grep -o '"i32":"[^"]*"')" '"i32":"-5"' 'a field as JSON'
for bad in lamp all:256 all:x "$guid:4:x"; do
    run run --etw "$bad" $test
    is "$status" 1 "--etw $bad is refused"
done
nothing_left 'after events'
done_testing
