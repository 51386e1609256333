# One seed, one run: the same output and the same memory, also for a machine that was saved and restored.
. tests/cli/tap.sh
first=build/drivers/first.sys

hash_of() { sed -n 's/^drydock: hash of memory: //p' "$work/err"; }

run run --hash --seed 5 "$first"
cp "$work/out" "$work/out1"
one=$(hash_of)
ok "$([ -n "$one" ]; echo $?)" 'there is a hash'
for i in 1 2 3; do
    run run --hash --seed 5 "$first"
    is "$(hash_of)" "$one" "the same memory, time $i"
    cmp -s "$work/out" "$work/out1"
    ok $? "the same output, time $i"
done
cp "$first" "$work/first.sys"
(cd "$work" && "$OLDPWD/$drydock" run --hash --seed 5 first.sys > out2 2> err)
is "$(hash_of)" "$one" 'the same memory from another folder'
run run --hash --seed 6 "$first"
ok "$([ "$(hash_of)" != "$one" ]; echo $?)" 'another seed gives another memory'

for point in 1 2 3 4; do
    rm -rf "$work/saved"
    run run --hash --seed 5 --save-at $point --save "$work/saved" "$first"
    is "$(hash_of)" "$one" "saving at point $point changes nothing"
    [ -d "$work/saved" ] || continue
    run run --hash --seed 5 --restore "$work/saved" "$first"
    is $status 0 "restored from point $point: exit status"
    is "$(hash_of)" "$one" "restored from point $point: the same memory"
    tail -n "$(($(wc -l < "$work/out")))" "$work/out1" | cmp -s - "$work/out"
    ok $? "restored from point $point: the rest of the output"
done
ok "$([ -d "$work/saved" ]; echo $?)" 'the last point was reached'

# A driver with a thread and an open file, and a program.
log=build/drivers/passivelog.sys
program=build/programs/create_write_close.exe
run run --hash "$log" -- "$program"
one=$(hash_of)
cp "$work/out" "$work/out1"
for point in 1 2 3; do
    rm -rf "$work/saved"
    run run --save-at $point --save "$work/saved" "$log" -- "$program"
    run run --hash --restore "$work/saved" "$log" -- "$program"
    is "$(hash_of)" "$one" "a machine with open files, restored from point $point: the same memory"
    tail -n "$(($(wc -l < "$work/out")))" "$work/out1" | cmp -s - "$work/out"
    ok $? "a machine with open files, restored from point $point: the rest of the output"
done
# Two processes at the same addresses, one beside the other.
both=("$drivers/plain.sys" --background 'build/cli-programs/agent.exe handled')
beats=(-- build/cli-programs/beats.exe 5 -- build/cli-programs/beats.exe 2)
run run --hash "${both[@]}" "${beats[@]}"
one=$(hash_of)
for point in 2 3 4; do
    rm -rf "$work/saved"
    run run --save-at $point --save "$work/saved" "${both[@]}" "${beats[@]}"
    run run --hash --restore "$work/saved" "${both[@]}" "${beats[@]}"
    is "$(hash_of)" "$one" "a machine with two programs, restored from point $point: the same memory"
done
run run --restore "$work/nothing" "$first"
is $status 1 'restore of nothing: exit status'
run run --save-at 1 --save "$work/saved" "$first"
like "$work/err" 'cannot be saved: File exists' 'an older save is not overwritten'
echo rubbish > "$work/saved/state"
run run --restore "$work/saved" "$first"
is $status 1 'restore of rubbish: exit status'
run run --save-at 1000000 --save "$work/late" "$first"
like "$work/err" 'nothing was saved' 'a point that is never reached is said'
nothing_left 'saving and restoring'
done_testing
