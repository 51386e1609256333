#!/bin/bash
# --device: what is refused and how, devices that go away, models that misbehave, saved machines with devices.
. tests/cli/tap.sh
reader=$drivers/reads_device.sys
models=build/cli-devices

refused() { # ARGUMENT PATTERN NAME
    run run --device "$1" "$reader"
    is $status 1 "$3: refused"
    is "$(grep -c '^drydock: ' "$work/err")" 1 "$3: in one message"
    like "$work/err" "$2" "$3: which says why"
}
refused nothing 'there is no device model build/devices/nothing.so|there is no device model .*/devices/nothing.so' 'no such model'
refused "$models/none.so" 'exports no drydock_device_model' 'a library that is no model'
refused "$models/bad_version.so" 'another version of the device interface' 'a model of another version'
refused /etc/passwd 'passwd: ' 'a file that is no library'
refused timer,msi=3 'msi is 1, 2, 4, 8, 16 or 32' "an argument that makes no sense"
refused timer,irq=99 'irq is at most 23' 'a line that there is not'
refused timer,arrives=50,leaves=50 'it leaves before it arrives' 'a device that leaves too early'
refused timer,leaves=50,returns=20 'it returns before it has left' 'one that returns too early'
refused timer,arrives=5,returns=20 'it returns before it has left' 'one that never left'
run run --ram 4096 --device timer "$reader"
is $status 1 'more memory than leaves room for the device: refused'
like "$work/err" 'needs addresses below 4 GiB: --ram at most 3584' 'it says how much is possible'

run run --device timer "$reader"
is $status 0 'a device is read'
is "$(grep -c '524d4954$' "$work/out")" 3 'three times the same'
run run --device timer,gone-after=2 "$reader"
is $status 0 'a device that is pulled out is no error by itself'
is "$(sed -n 's/.*reads_device: //p' "$work/out" | tr '\n' ' ')" '524d4954 524d4954 ffffffff ' 'it reads as ones afterwards'
like "$work/err" 'device timer: pulled out after 2 accesses' 'and the log says when'

run run --device "$models/bad.so,fault=1" "$reader"
is $status 70 'a model with a stray pointer ends the machine'
like "$work/err" 'code of the device model bad ended the machine' 'and is named'
run run --device "$models/bad.so,call=1" "$reader"
is $status 70 'a model that makes a system call ends the machine'
like "$work/err" 'code of the device model bad ended the machine.*SYS|code of the device model bad ended the machine: signal 31' 'and is named'

ticker=(build/drivers/ticker.sys -- build/programs/ticker.exe)
run run --device timer --hwid 'PCI\VEN_D12D&DEV_0001' "${ticker[@]}"
is $status 0 'ticker: runs to its end'
is "$(tr -d '\r' < "$work/out" | grep -c '^tick after 10[0-9][0-9] us$')" 4 'ticker: a tick each millisecond'
run run --device timer --hwid 'PCI\VEN_D12D&DEV_0001' --processors 1 --gate on "${ticker[@]}"
is $status 0 'ticker: with one processor and checked calls'
run run --device timer,irq=20 --device timer,irq=20 --hwid 'PCI\VEN_D12D&DEV_0001' build/drivers/ticker.sys
is $status 0 'ticker: a second device, whose name is taken'
run run --device timer,gone-after=12 --hwid 'PCI\VEN_D12D&DEV_0001' "${ticker[@]}"
is $status 5 'ticker: the device is pulled out while the program reads'
like "$work/err" 'read: error' 'ticker: and the read fails'
run run --device timer,lose=1000000 --timeout 5 --hwid 'PCI\VEN_D12D&DEV_0001' "${ticker[@]}"
is $status 4 'ticker: interrupts that get lost'

# Devices that come and go by the clock.
hot=(--await --hwid 'PCI\VEN_D12D&DEV_0001' build/drivers/ticker.sys)
run run --tree --device timer,arrives=50 "${hot[@]}"
is $status 0 'ticker: the device comes when the driver is there already'
like "$work/err" 'device timer: plugged in$' 'ticker: the log says so'
like "$work/err" '\(ticker\)  started' 'ticker: and it is started'
unlike "$work/err" 'objects? left|Objects left' 'ticker: the bus keeps its device, which is no driver'"'"'s'
run run --tree --device timer,leaves=3,returns=20 "${hot[@]:1}" -- build/programs/ticker.exe
is $status 5 'ticker: it goes while the program reads'
like "$work/err" '\(ticker\)  started' 'ticker: and is started again when it is back'
for i in 1 2; do
    run run --hash --device timer,arrives=20,leaves=90,returns=120 "${hot[@]}"
    hash[i]=$(sed -n 's/.*hash of memory: //p' "$work/err")
done
is "${hash[1]}" "${hash[2]}" 'devices that come and go: the same run, the same memory'
run run --hash --device timer,arrives=20,leaves=90,returns=120 --save-at 2 --save "$work/hot" "${hot[@]}"
is $status 0 'a machine whose device is yet to come is saved'
run run --hash --device timer,arrives=20,leaves=90,returns=120 --restore "$work/hot" "${hot[@]}"
is "$(sed -n 's/.*hash of memory: //p' "$work/err")" "${hash[1]}" 'and goes on to the same end'

# Behind a bridge.
refused timer,bus=1 'there is no bridge to that bus before it' 'a device behind no bridge'
refused bridge,arrives=5 'a bridge is there from the start' 'a bridge that comes late'
behind=(--device bridge --device timer,bus=1 --hwid 'PCI\VEN_D12D&DEV_0001')
run run --tree "${behind[@]}" "${ticker[@]}"
is $status 0 'ticker: behind a bridge'
is "$(tr -d '\r' < "$work/out" | grep -c '^tick after 10[0-9][0-9] us$')" 4 'ticker: its interrupts come through it'
like "$work/err" '^      PCI.VEN_D12D&DEV_0B1D&.*  \(pci\)  started' 'the bridge is in the tree'
like "$work/err" '^        PCI.VEN_D12D&DEV_0001&.*  \(ticker\)  started' 'the device under it'
bridge=$(sed -n 's/^ *\(PCI.VEN_D12D&DEV_0B1D[^ ]*\)  (pci).*/\1/p' "$work/err")
run run --tree "${behind[@]}" --surprise-remove "$bridge" build/drivers/ticker.sys
is $status 0 'the bridge is pulled out'
unlike "$work/err" 'VEN_D12D' 'and what is behind it goes too'
run run --tree --device bridge,leaves=3 --device timer,bus=1 --hwid 'PCI\VEN_D12D&DEV_0001' "${ticker[@]}"
is $status 5 'the bridge goes while the program reads from the device behind it'
like "$work/err" 'read: error' 'the read fails'
unlike "$work/err" 'VEN_D12D' 'both have left the tree'
for i in 1 2; do
    run run --hash --device bridge --device dma,bus=1 --device timer,bus=1,msix=3 "$reader"
    hash[i]=$(sed -n 's/.*hash of memory: //p' "$work/err")
done
is "${hash[1]}" "${hash[2]}" 'a bridge: the same run, the same memory'

# The model in devices/README.md, built as it says there.
sed -n '/^```c$/,/^```$/{/^```/!p}' devices/README.md > "$work/counter.c"
is "$(($(wc -l < "$work/counter.c") < 45))" 1 'a model is short'
build=$(sed -n 's/^    clang \(-shared.*\) counter.c -o counter.so$/\1/p' devices/README.md)
# shellcheck disable=SC2086
${CLANG:-clang-19} $build -Wall -Wextra -Werror "$work/counter.c" -o "$work/counter.so"
is $? 0 'it builds'
run run --device "$work/counter.so" "$reader"
is $status 0 'it runs'
is "$(sed -n 's/.*reads_device: //p' "$work/out" | tr '\n' ' ')" '00000001 00000002 00000003 ' 'and counts'

# Faults and bad timing, on edu, whose driver measures them.
measure() { # ARGUMENTS: $work/text are the measures
    run run --hash --device "edu,dma-us=100$1" --hwid 'PCI\VEN_1234&DEV_11E8' $drivers/edu_faults.sys
    is $status 0 "edu$1: a run without an error"
    sed -n 's/.*# \(reads\|interrupt\|write\)/\1/p' "$work/out" > "$work/text"
}
measure ''
is "$(grep -c '^reads: \(010000ed *\)*$' "$work/text")" 1 'no fault: every read is answered'
is "$(sed -n 's/^interrupt: //p' "$work/text" | head -1)" 'came after 0 us, 1 by message, 0 by line, 0 without a cause' \
    'no fault: an interrupt comes at once, and once'
is "$(grep -c '^write: .*memory has 11$' "$work/text")" 3 'no fault: what is written is in memory'
measure ,ones-at=2,ones-for=2
like "$work/text" '^reads: 010000ed ffffffff ffffffff 010000ed$' 'reads that are not answered'
like "$work/err" 'device edu: register read 3 is not answered' 'the log tells'
is "$(sed -n 's/^    0x\(30\|[0-9A-F]*\)  *message  *\([0-9]*\)  *\([0-9]*\)  *\([0-9]* us\)$/\2 \3 \4/p' "$work/err")" '2 0 0 us' \
    'the summary counts interrupts'
measure ,late-irq=300
is "$(grep -c '^interrupt: came after 30[01] us, [12] by message' "$work/text")" 2 'messages that are late'
measure ,late-irq=300,msi=0
is "$(grep -c '^interrupt: came after 30[01] us, 0 by message, [12] by line' "$work/text")" 2 'a line that is late'
measure ,twice=1
is "$(sed -n 's/^interrupt: //p' "$work/text" | tr '\n' ' ')" "$(printf '%s ' \
    'came after 0 us, 2 by message, 0 by line, 1 without a cause' 'came after 0 us, 3 by message, 0 by line, 0 without a cause')" \
    'a message that comes twice'
like "$work/err" '^    0x[0-9A-F]+  *message  *3  *1  ' 'the summary says that nobody claimed one'
measure ,lose=1
like "$work/text" '^interrupt: lost after 5000000 us, 0 by message' 'an interrupt that gets lost'
like "$work/text" '^interrupt: came after' 'and the next one comes'
measure ,late-dma=5000
like "$work/text" '^write: at once: memory has a5$' 'what is written to memory is late'
like "$work/text" '^write: at once, with a register read: memory has 11$' 'a register read pushes it ahead'
like "$work/text" '^write: later: memory has 11$' 'or it comes in time'
hash[1]=$(sed -n 's/.*hash of memory: //p' "$work/err")
measure ,late-dma=5000
is "$(sed -n 's/.*hash of memory: //p' "$work/err")" "${hash[1]}" 'the same faults, the same memory'
measure ,fail-dma=2
is "$(grep -c '^write: .*memory has a5$' "$work/text")" 1 'a transfer that fails'
like "$work/err" 'device edu: a transfer reaches no memory' 'the device notices'

run run --device timer $drivers/odd_access.sys
is $status 70 'an instruction that cannot be done for the processor ends the run'
like "$work/err" "instruction 'bts' at .* on bus address 0xe0000018" 'and is named'

for i in 1 2; do
    run run --hash --device timer --device timer,msi=4 "$reader"
    hash[i]=$(sed -n 's/.*hash of memory: //p' "$work/err")
done
is "${hash[1]}" "${hash[2]}" 'the same run, the same memory, devices included'
run run --hash --device timer --device timer,msi=4 --save-at 2 --save "$work/saved" "$reader"
is $status 0 'a machine with devices is saved'
run run --hash --device timer --device timer,msi=4 --restore "$work/saved" "$reader"
is $status 0 'and goes on'
is "$(sed -n 's/.*hash of memory: //p' "$work/err")" "${hash[1]}" 'to the same end'
run run --device timer --restore "$work/saved" "$reader"
is $status 1 'not with other devices'
nothing_left 'afterwards'
done_testing
