#!/bin/bash
# What a booted machine shows of itself: its device tree, its WMI blocks.
. tests/cli/tap.sh
export DRYDOCK_MACHINE=$work/machine
cleanup() {
    timeout 20 "$drydock" shutdown > /dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT

run tree
is $status 1 'no machine'
run boot --signing off --device timer
run tree
is $status 0 'tree: exit status'
like "$work/out" '^    ROOT.PCI.0000  \(pci\)  started$' 'tree: a bus'
like "$work/out" '^      PCI.VEN_D12D.*\(no driver\)  The drivers for this device are not installed. \(Code 28\)' 'tree: its child, which has no driver'
run tree --json
like "$work/out" '"key":"tree","fields":\["0","ROOT' 'tree: in JSON'
run tree more
is $status 1 'tree takes no words'

run wmi
is $status 0 'wmi: exit status'
is "$(cat "$work/out")" '' 'wmi: nobody has registered a block'
cp build/tests/wmi_dump.sys "$DRYDOCK_MACHINE/C/"
run sc create lamp type= kernel binPath= 'C:\wmi_dump.sys'
run sc start lamp
run wmi
like "$work/out" '\{7A3C0001-1111-2222-0102-030405060708\} +Lamp +2 +0x8$' 'wmi: a block of a driver'
like "$work/out" 'Lamp1 +8 +0107060504030201$' 'wmi: the data of an instance'
run wmi 7a3c0001-1111-2222-0102-030405060708
is "$(grep -c Lamp1 "$work/out")" 1 'wmi: that block alone'
unlike "$work/out" '7A3C0002' 'wmi: and no other'
for bad in x '{0}' '00000000-0000-0000-0000-00000000000g'; do
    run wmi "$bad"
    is $status 1 "wmi: no GUID: $bad"
done
run wmi '{11111111-2222-3333-4444-555555555555}'
is $status 1 'wmi: a block that nobody has'
like "$work/err" 'no provider has registered the block' 'wmi: it is told'
for i in 1 2 3 4 5 6; do
    "$drydock" tree > "$work/out.$i" 2>&1 &
done
wait
is "$(grep -l 'ROOT.PCI' "$work"/out.[1-6] | wc -l)" 6 'six ask at once, and each is answered'
for bad in '{"verb":"show"}' '{"verb":"show","what":"x","guid":""}' '{"verb":"show","what":"wmi","guid":"\u0009"}' \
    '{"verb":"show","what":"wmi","guid":"{1}"}'; do
    perl tests/cli/client.pl "$DRYDOCK_MACHINE/socket" request "$bad" > "$work/out"
    like "$work/out" 'error' "a request that is none: $bad"
done
run tree
is $status 0 'it goes on'
done_testing
