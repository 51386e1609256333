#!/bin/bash
# Each pool allocation in a driver's life, from the start of its load to the end of its unload, fails once: each time the run ends
# with a clean error or none, never with a bug check, a defect or a time out.
set -u
drydock=${DRYDOCK:-build/drydock}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count=0

# Prints one result for a driver: the first allocation that ends badly, or how many were failed.
sweep() {
    local name=$1 driver=$2 n=1 status
    shift 2
    count=$((count + 1))
    while :; do
        "$drydock" run --fail-alloc $n "$driver" "$@" > "$log" 2>&1
        status=$?
        if [ $status -ne 0 ] && [ $status -ne 2 ] && [ $status -ne 5 ]; then
            echo "not ok $count - $name: allocation $n"
            sed 's/^/# /' "$log" | head -40
            echo "# repeat: $drydock run --fail-alloc $n $driver $*"
            return
        fi
        grep -q 'there were only' "$log" && break
        if ! grep -q "allocation $n failed on purpose" "$log"; then
            echo "not ok $count - $name: allocation $n was not failed"
            return
        fi
        n=$((n + 1))
    done
    if [ $n -gt 10 ]; then
        echo "ok $count - $name: each of $((n - 1)) allocations failed once"
    else
        echo "not ok $count - $name: only $((n - 1)) allocations were seen"
    fi
}

sweep first build/drivers/first.sys
[ -e build/drivers/passivelog.sys ] && sweep passivelog build/drivers/passivelog.sys
echo "1..$count"
