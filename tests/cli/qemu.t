#!/bin/bash
# QEMU's own e1000, e1000e, NVMe and virtio devices, each driven by a driver of this test's; hot plug; QEMU that ends.
. tests/cli/tap.sh

refused() { # STATUS PATTERN NAME OPTION...
    run run "${@:4}" build/drivers/first.sys
    is $status "$1" "$3: refused"
    like "$work/err" "$2" "$3: which the message says"
}
refused 1 'id=NAME is missing' 'a disk without a name' --qemu-drive file=/dev/null
refused 1 'file=PATH is missing' 'a disk without a file' --qemu-drive id=d
refused 1 'id=NAME is missing' 'a network without a name' --qemu-netdev user

# Programs that say they are QEMU and mean harm.
printf '#!/bin/sh\nexec perl %s/tests/cli/hostile_qemu.pl "$@"\n' "$PWD" > "$work/hostile"
chmod +x "$work/hostile"
export DRYDOCK_QEMU=$work/hostile
hostile() { # HOW STATUS PATTERN NAME
    export HOSTILE=$1
    run run --qemu-device edu build/drivers/first.sys
    is $status "$2" "hostile: $4"
    like "$work/err" "$3" "hostile: $4, and what comes of it"
}
hostile last 2 'need more than 6 base registers' 'a 64-bit region in the last register'
hostile odd 2 'region 0 has no possible size' 'a size that is no power of two'
hostile tiny 2 'region 0 has no possible size' 'a region of 16 bytes'
hostile huge 2 'region 0 has no possible size' 'a region of half of all addresses'
hostile ports 2 'region 0 has no possible size' 'every port there is'
hostile loop 0 'no error found' 'capabilities that never end'
hostile messages 0 'no error found' 'a message table that is nowhere'
hostile endless 2 'its interrupt line does not come to rest' 'interrupts without end'
hostile long 2 'its answer has no end' 'an answer without end'
hostile words 2 'it refuses a command: FAIL %s%n%s' 'words that are no answer'
unset DRYDOCK_QEMU

if ! command -v qemu-system-x86_64 > /dev/null; then
    ok 0 'QEMU # SKIP it is not installed'
    nothing_left 'afterwards'
    done_testing
fi

declare -A id=([e1000]='PCI\VEN_8086&DEV_100E' [e1000e]='PCI\VEN_8086&DEV_10D3' [nvme]='PCI\VEN_1B36&DEV_0010'
    [virtio-rng-pci]='PCI\VEN_1AF4&DEV_1005' [virtio-blk-pci]='PCI\VEN_1AF4&DEV_1001'
    [virtio-net-pci]='PCI\VEN_1AF4&DEV_1000')
declare -A driver=([e1000]=e1000 [e1000e]=e1000 [nvme]=nvme [virtio-rng-pci]=virtio_rng [virtio-blk-pci]=virtio_blk
    [virtio-net-pci]=virtio_net)

drive() { # NAME LEAST DEVICE OPTION...: runs the device's driver, which checks the rest: LEAST checks and more
    local name=${3%%,*}
    run run --gate on --hwid "${id[$name]}" "${@:4}" --qemu-device "$3" "$drivers/qemu_${driver[$name]}.sys"
    is $status 0 "$1: a run without an error"
    is "$(grep -c ' not ok ' "$work/out")" 0 "$1: what its driver checks holds"
    grep ' not ok \|#   ' "$work/out"
    [ "$(grep -c ' ok [0-9]' "$work/out")" -ge "$2" ]
    ok $? "$1: all of it"
}
drive 'e1000, by line' 28 e1000
like "$work/out" '# interrupts by line' 'as QEMU has it'
drive 'e1000e, by MSI-X' 28 e1000e
like "$work/out" '# interrupts by message' 'several messages'
drive 'e1000e, by line' 28 e1000e,messages=0
drive 'NVMe' 25 nvme
drive 'virtio-rng' 24 virtio-rng-pci
drive 'virtio-rng, by line' 24 virtio-rng-pci,messages=0
like "$work/out" '# interrupts by line' 'one line'
drive 'virtio-blk' 19 virtio-blk-pci
drive 'virtio-net' 14 virtio-net-pci

# A disk that is a file; a network that answers, where QEMU has been built with it.
truncate -s 1M "$work/disk"
printf 'drydock disk' | dd of="$work/disk" conv=notrunc status=none
disk=(--qemu-drive "file=$work/disk,id=d0")
drive 'NVMe with a file' 25 nvme,drive=d0 "${disk[@]}"
like "$work/out" "# the disk is the test's" 'it is read'
is "$(od -An -tu1 -j4098 -N3 "$work/disk" | tr -d ' ')" 142128 'and written: the bytes are in the file'
drive 'virtio-blk with a file' 19 virtio-blk-pci,drive=d0 "${disk[@]}"
refused 2 "nosuch|can't find value 'd1'" 'a disk that there is not' --qemu-device nvme,drive=d1 "${disk[@]}"
if qemu-system-x86_64 -netdev help 2> /dev/null | grep -qx user; then
    drive 'virtio-net with a network' 18 virtio-net-pci,netdev=n0,mac=52:54:00:12:34:99 --qemu-netdev user,id=n0
    like "$work/out" "of the gateway's" 'its gateway answers'
else
    ok 0 'a network # SKIP this QEMU has none of its own'
fi

# Hot plug, by QEMU's monitor.
drive 'hot plug' 50 nvme,drive=d0,arrives=50,leaves=90,returns=200 --await --tree "${disk[@]}"
is "$(grep -c 'device nvme: plugged in' "$work/err")" 2 'plugged in twice'
is "$(grep -c '# surprise removal' "$work/out")" 1 'pulled out once'
like "$work/err" 'qemu_nvme.  started' 'and started in the end'

# QEMU is killed under a driver that uses it: a wrapper tells which process it is.
printf '#!/bin/sh\necho $$ > "%s"\nexec qemu-system-x86_64 "$@"\n' "$work/pid" > "$work/qemu"
chmod +x "$work/qemu"
DRYDOCK_QEMU=$work/qemu timeout -s KILL 60 "$drydock" run --tree --qemu-device edu --device timer,arrives=5 \
    build/drivers/edu.sys -- build/programs/edutool.exe interrupts 100000000 > "$work/out" 2> "$work/err" &
run=$!
until grep -q 'device timer: plugged in' "$work/err" || ! kill -0 $run 2> /dev/null; do sleep 0.05; done
kill -9 "$(cat "$work/pid")"
wait $run
is $? 2 'QEMU is killed: the run ends'
like "$work/err" '^drydock: --qemu-device edu: QEMU was ended by signal 9 \(Killed\)' 'which says why'
like "$work/err" 'device edu: QEMU is gone, and the device with it' 'and that the device has gone'
unlike "$work/err" 'VEN_1234|BUGCHECK|defect of Drydock' 'it was pulled out; nothing else broke'
is "$(pgrep -P $$ qemu-system | wc -l)" 0 'no QEMU is left'
nothing_left 'afterwards'
done_testing
