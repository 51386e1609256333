#!/bin/bash
# Processes that end with everything outstanding: requests, waits, locked pages, mappings, handles; killed at random points.
. tests/cli/tap.sh
programs=build/cli-programs
holds=$drivers/holds.sys
mkdir -p "$work/machine/C"
cp "$programs/victim.exe" "$programs/killer.exe" build/programs/pool.exe "$work/machine/C/"

for seed in 1 2 3 4; do
    gate=$([ $((seed % 2)) -eq 0 ] && echo on || echo off)
    run run --machine "$work/machine" --seed $seed --gate $gate --processors $seed "$holds" -- \
        "$programs/killer.exe" $seed 40 victim
    is $status 0 "40 processes killed, seed $seed: exit status"
    like "$work/out" '^40 of 40 killed$' "seed $seed: each of them ends"
    like "$work/out" 'holds: nothing is held' "seed $seed: their requests are cancelled"
    unlike "$work/err" 'Hold|File|Process|Thread|Event|not unloaded' "seed $seed: nothing is left"
done
for seed in 1 2 3; do # killed while they make processes of their own, which stay until the end of the run
    run run --machine "$work/machine" --seed $seed "$holds" -- "$programs/killer.exe" $seed 20 'killer 3 1000 victim'
    like "$work/out" '^20 of 20 killed$' "killers killed, seed $seed: each of them ends"
    like "$work/out" 'holds: nothing is held' "killers killed, seed $seed: and what they have made"
    unlike "$work/err" 'Hold|File|Process|Thread|Event|not unloaded' "killers killed, seed $seed: nothing is left"
done
run run --machine "$work/machine" -- "$programs/killer.exe" 5 40 pool
like "$work/out" '^40 of 40 killed$' 'thread pools killed'
run run --machine "$work/machine" --ram 32 --timeout 120 "$holds" -- "$programs/killer.exe" 9 1500 victim
like "$work/out" '^1500 of 1500 killed$' 'processes come and go in little memory'

# With a program in the background the machine is never without something to do.
for code in 1:'a request that cannot be cancelled' 2:'a wait in the kernel' 4:'a mapping' 5:'a locked page'; do
    run run --background "$programs/agent.exe" "$holds" -- "$programs/victim.exe" 1 ${code%%:*}
    is $status 0 "${code#*:} at the end: exit status"
    like "$work/out" '^sent: 0$' "${code#*:} at the end: it was there"
    like "$work/out" 'holds: nothing is held' "${code#*:} at the end: the driver is unloaded"
done
run run "$holds" -- "$programs/victim.exe" 1 7
is $status 0 'a mapping that nobody takes back: it goes with the process'
run run "$holds" -- "$programs/victim.exe" 1 6
is $status 3 'a page that stays locked: exit status'
like "$work/err" 'STOP: 0x00000076 \(0x0+,0x[0-9A-F]+,0x0+1,' 'a page that stays locked: PROCESS_HAS_LOCKED_PAGES'
like "$work/err" 'still holds 1 of its pages locked' 'a page that stays locked: in words'

run run --gate on "$holds" -- "$programs/victim.exe" 1 8
like "$work/out" 'holds: a worker cannot read, 0xC0000005' 'a system thread sees no user memory when calls are checked'

# One that waits for ever in the kernel ends with the machine.
run run --background "$programs/victim.exe 1 3" --background "$programs/victim.exe 7" "$holds" -- "$programs/beats.exe"
is $status 5 'victims in the background: exit status of the program'
like "$work/out" 'holds: nothing is held' 'victims in the background: they end with the others'
nothing_left 'deaths'
done_testing
