#!/bin/bash
# --special-pool: its values, what it says at the end, and that it is off without it.
. tests/cli/tap.sh

run run --special-pool all build/tests/ex_special.sys
is $status 0 'all drivers: exit status'
like "$work/err" '^drydock: special pool: [0-9]+ blocks, 0 more found no place there' 'the run says how many blocks'
run run --special-pool Test build/tests/ex_bugcheck_special_beyond.sys
is $status 3 'by tag: a byte too many stops the machine'
like "$work/err" '^\*\*\* STOP: 0x000000D6 \(0x0000603[0-9A-F]*000,' 'on the page behind the block'
like "$work/err" "48 bytes, tag 'Test', offset 48, allocated by" 'which is described'
run run --special-pool Tesu build/tests/ex_bugcheck_special_freed.sys
unlike "$work/err" 'STOP: 0x000000D5' 'another tag leaves it alone'
run run --special-pool toolong build/tests/ex_pool.sys
is $status 1 'a tag of seven characters'
like "$work/err" "takes 'all' or a pool tag" 'is refused'
done_testing
