#!/bin/bash
# The tutorial's driver, and the work-item article's log writer: done right, and with the article's mistake.
. tests/cli/tap.sh

run run build/drivers/first.sys
is $status 0 'first: runs to its end'
is "$(sed 's/^ *[0-9.]* *//' "$work/out")" "first: hello from kernel mode
first: Windows 10.0 build 22000
first: unloaded" 'first: its output'

if [ -e build/drivers/passivelog.sys ]; then
    run run --machine "$work/m" build/drivers/passivelog.sys
    is $status 0 'passivelog: runs to its end'
    like "$work/out" 'passivelog: 5 lines written of 5, 0 refused' 'passivelog: says what it wrote'
    log=$work/m/C/Logs/passivelog.log
    is "$(tr -d '\r' < "$log" | cut -d' ' -f2-)" "tick 1
tick 2
tick 3
tick 4
tick 5" 'passivelog: the lines that a DPC handed over, in order'
    is "$(grep -c $'\r$' "$log")" 5 'passivelog: each line ends in CR LF'
    is "$(cut -d' ' -f1 "$log" | sort -c -n 2>&1)" '' 'passivelog: their times rise'
    run run --machine "$work/m" build/drivers/passivelog.sys
    is "$(wc -l < "$log")" 10 'passivelog: a second run appends'
    run run --cycles 20 --machine "$work/n" build/drivers/passivelog.sys
    is "$(tr -d '\r' < "$work/n/C/Logs/passivelog.log" | cut -d' ' -f2- | sort | uniq -c | awk '{print $1}' | sort -u)" 20 \
        'passivelog: 20 loads and unloads lose no line'
    rm -r "$work/m" "$work/n"
fi

run run build/drivers/passivelog_stack_item.sys
is $status 3 'passivelog_stack_item: the machine stops'
like "$work/err" 'STOP: 0x00000096' 'passivelog_stack_item: with INVALID_WORK_QUEUE_ITEM'
like "$work/err" 'work item .* lies on the stack of a DPC routine' 'passivelog_stack_item: the report says why'
like "$work/err" 'passivelog_stack_item\.c:47' 'passivelog_stack_item: and on which line'
nothing_left 'afterwards'
done_testing
