#!/bin/bash
# The toaster's scene on a booted machine, with the WDM and with the KMDF drivers: what it shows at its turning points.
. tests/cli/tap.sh

for kind in '' _kmdf; do
    timeout -s KILL 120 tools/toaster_scene $kind > "$work/out" 2>&1
    is $? 0 "scene$kind: each step does what it should"
    like "$work/out" '^Drivers installed successfully.$' "scene$kind: the bus is installed by its INF"
    is "$(grep -c 'Driver is running' "$work/out")" 3 "scene$kind: and each toaster by its own, when it is plugged in"
    like "$work/out" '^\(in the background\) toaster 2: waits for toast$' "scene$kind: one is read"
    like "$work/out" '^\(in the background\) toaster 2: error 1617$' "scene$kind: pulled out, its reader hears that the device is gone"
    like "$work/out" '^asleep in S3$' "scene$kind: the machine sleeps"
    like "$work/out" '^toaster 1: 2 slices$' "scene$kind: and a toaster works after that"
    like "$work/out" '^1 device\(s\) were removed.$' "scene$kind: the bus is removed"
    is "$(awk '/IRPs: allocated/ { getline; print ($1 > 0 && $1 == $2) }' "$work/out")" 1 "scene$kind: every IRP is freed"
    is "$(awk '/Devices: created/ { getline; print ($1 > 0 && $1 == $2) }' "$work/out")" 1 "scene$kind: and every device"
    unlike "$work/out" 'STOP|violation|Rules broken|Left behind' "scene$kind: no rule is broken"
done
nothing_left 'scene'
done_testing
