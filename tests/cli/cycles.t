#!/bin/bash
# Ten thousand loads and unloads in one machine leave as much behind as ten do.
set -u
drydock=${DRYDOCK:-build/drydock}
left() { "$drydock" run --cycles "$1" --timeout 120 build/drivers/first.sys 2>&1 >/dev/null | grep -E '^ *\(kernel\)|^Pool left|verdict'; }
few=$(left 10)
many=$(left 10000)
echo 1..2
[ -n "$few" ] && [ "$few" = "$many" ] && echo "ok 1 - no pool, object or handle grows over 10,000 cycles" ||
    { echo "not ok 1 - no pool, object or handle grows over 10,000 cycles"; printf '%s\n' "$few" "$many" | sed 's/^/# /'; }
"$drydock" run --cycles 3 build/drivers/first.sys 2>/dev/null | grep -c 'unloaded' | grep -qx 3 &&
    echo "ok 2 - each cycle loads and unloads" || echo "not ok 2 - each cycle loads and unloads"
