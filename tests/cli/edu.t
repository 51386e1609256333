#!/bin/bash
# drivers/edu on our own model of the edu device and, where QEMU is installed, on QEMU's.
. tests/cli/tap.sh
tool=build/programs/edutool.exe

edu() { # OPTION... -- COMMAND...: a run of the driver and its tool
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    run run "${options[@]}" build/drivers/edu.sys -- "$tool" "$@"
    tr -d '\r' < "$work/out" > "$work/text"
}

device() { # WHAT OPTION: everything that holds on either
    local what=$1 option=$2
    edu "$option" edu --gate on -- id factorial statistics
    is $status 0 "$what: factorials end the run well, with checked calls"
    like "$work/text" '^edu 1.0, liveness right$' "$what: identification and liveness"
    is "$(sed -n 's/^[0-9]*! = //p' "$work/text" | tr '\n' ' ')" \
        '1 1 2 6 24 120 720 5040 40320 362880 3628800 39916800 479001600 ' "$what: 0! to 12!"
    like "$work/text" '^interrupts 13 by message, factorials 13, .* recovered 0$' "$what: each by its interrupt"
    edu "$option" edu -- dma 1048576 statistics
    is $status 0 "$what: 1 MiB by DMA"
    like "$work/text" '^1048576 bytes there and back, the same$' "$what: both ways, and compared"
    like "$work/text" 'transfers 1024 of 2097152 bytes, recovered 0$' "$what: every byte by transfers with interrupts"
    edu "$option" edu --ram 1024 -- dma 65536
    is $status 0 "$what: memory that the device cannot reach is moved through memory that it can"
    edu "$option" edu -- cancel refused
    is $status 0 "$what: cancelling and refusing"
    is "$(grep -cE '^(the first: done|the second: cancelled|.*: refused .*)$' "$work/text")" 7 "$what: each as it should be"
    edu "$option" edu,gone-after=9 --tree -- wait
    is $status 0 "$what: surprise removal during a transfer"
    like "$work/text" '^gone after 0 transfers$' "$what: the request that was under way fails with 'not connected'"
    like "$work/err" '^drydock: device edu: pulled out after 9 accesses$' "$what: which the log tells"
    unlike "$work/err" 'VEN_1234' "$what: the device has left the tree"
    edu "$option" edu,lose=1 -- dma 100 statistics
    is $status 0 "$what: an interrupt that gets lost"
    like "$work/text" 'recovered 1$' "$what: is found missing, and the operation ends all the same"
    edu "$option" edu --sleep S3:2 --background "$tool interrupts 50" -- factorial
    is $status 0 "$what: sleep and resume"
}

device 'own model' --device
edu --device edu,msi=0 -- factorial interrupts 100 dma 8192 statistics
is $status 0 'own model: by line'
like "$work/text" '^interrupts 121 by line' 'own model: no message'
edu --device edu -- interrupts 10000 statistics
like "$work/text" '^interrupts 10000 by message' 'own model: 10,000 interrupts'
for i in 1 2; do
    edu --hash --device edu -- factorial dma 20000
    hash[i]=$(sed -n 's/.*hash of memory: //p' "$work/err")
done
is "${hash[1]}" "${hash[2]}" 'own model: the same run, the same memory'

refused() { # DEVICE PATTERN NAME
    run run --qemu-device "$1" build/drivers/first.sys
    is $status 2 "$3: refused"
    is "$(grep -c '^drydock: ' "$work/err")" 1 "$3: in one message"
    like "$work/err" "$2" "$3: which says why"
}
export DRYDOCK_QEMU="$work/nothing"
refused edu 'there is no program .*; Debian.s package is qemu-system-x86' 'no QEMU'
printf '#!/bin/sh\necho "sorry" >&2\nexit 3\n' > "$work/qemu"
chmod +x "$work/qemu"
DRYDOCK_QEMU=$work/qemu refused edu 'QEMU: sorry' 'a QEMU that ends at once'
unset DRYDOCK_QEMU
run run --qemu-device help
is $status 0 'help on the devices'
like "$work/out" '^  nvme ' 'which lists them'
run run --qemu-device edu --save-at 1 --save "$work/saved" build/drivers/first.sys
is $status 1 'a machine with such a device is not saved'

if command -v qemu-system-x86_64 > /dev/null; then
    device QEMU --qemu-device
    edu --qemu-device edu,messages=0 -- factorial interrupts 100 dma 8192 statistics
    is $status 0 'QEMU: by line'
    like "$work/text" '^interrupts 121 by line' 'QEMU: no message'
    edu --qemu-device edu -- interrupts 10000 statistics
    like "$work/text" '^interrupts 10000 by message' 'QEMU: 10,000 interrupts'
    refused nosuch "'nosuch' is not a valid device model name" 'a device that QEMU does not have'
    refused edu,foo=1 "Property 'edu.foo' not found" 'a property that it does not have'
    run run --ram 4096 --qemu-device edu build/drivers/first.sys
    is $status 2 'QEMU: more memory than leaves room'
    run run --qemu-device edu --qemu-device edu --tree build/drivers/edu.sys
    is "$(grep -c 'VEN_1234.*(edu)  started' "$work/err")" 2 'QEMU: two devices, each with a QEMU of its own'
else
    ok 0 'QEMU # SKIP it is not installed'
fi
is "$(pgrep -P $$ qemu-system | wc -l)" 0 'no QEMU is left'
nothing_left 'afterwards'
done_testing
