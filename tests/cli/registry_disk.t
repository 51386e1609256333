# The registry of a machine that keeps it: from run to run, as hive files that others read, with a full disk, after damage.
. tests/cli/tap.sh
machine=$work/machine
keep=(run --machine "$machine" --keep-registry)
runs=$drivers/registry_runs.sys
registry=$machine/registry

run run --keep-registry "$runs"
is $status 1 'without a folder there is nothing to keep it in'
like "$work/err" '--keep-registry needs --machine' 'which is said'

for i in 1 2 3; do
    run "${keep[@]}" "$runs"
    is $status 0 "run $i"
    like "$work/out" "runs: $i, status 0x00000000" "run $i finds what the one before wrote"
done
like "$work/out" 'Plain: there, class .of a class' 'a key and its class are there again'
like "$work/out" 'Link: there' 'a link is'
like "$work/out" 'Volatile: new' 'a volatile key is not'
run run --machine "$machine" "$runs"
like "$work/out" 'runs: 1, ' 'a plain run has a registry of its own'

for hive in SYSTEM SOFTWARE DEFAULT BCD SAM SECURITY NTUSER.DAT; do
    hivexregedit --export "$registry/$hive" '\' > "$work/export" 2> "$work/err"
    ok $? "$hive: hivexregedit exports it"
    printf 'ls\n' | hivexsh "$registry/$hive" > /dev/null 2> "$work/err"
    ok $? "$hive: hivexsh opens it"
done
printf 'cd Select\nlsval Current\n' | hivexsh "$registry/SYSTEM" > "$work/out" 2>&1
is "$(cat "$work/out")" '1' 'SYSTEM says which control set is current'
hivexregedit --export "$registry/SOFTWARE" '\Drydock Test' > "$work/export"
like "$work/export" '"Runs"=dword:00000003' 'hivexregedit sees the value'
unlike "$work/export" 'Volatile' 'and no volatile key'

# Select\Current says which control set is CurrentControlSet; links to it are in no hive.
hivexregedit --export "$registry/SYSTEM" '\' > "$work/export"
unlike "$work/export" 'CurrentControlSet' 'CurrentControlSet is in no hive'
cp "$registry/SYSTEM" "$work/SYSTEM"
printf 'Windows Registry Editor Version 5.00\n\n[\\Select]\n"Current"=dword:00000002\n\n[\\ControlSet002]\n"two"=dword:00000002\n' |
    hivexregedit --merge "$registry/SYSTEM"
run "${keep[@]}" -- reg query 'HKLM\SYSTEM\CurrentControlSet' /v two
like "$work/out" 'two    REG_DWORD    0x2' 'another control set is current when the hive says so'
rm "$registry/SYSTEM.LOG1"
cp "$work/SYSTEM" "$registry/SYSTEM"

# Another program writes the hive: the next run takes that.
printf 'Windows Registry Editor Version 5.00\n\n[\\Drydock Test]\n"Runs"=dword:00000063\n' |
    hivexregedit --merge "$registry/SOFTWARE"
run "${keep[@]}" "$runs"
like "$work/out" 'runs: 100, status 0x00000000' 'a hive that hivexregedit has changed is read'
is "$(grep -c registry "$work/err")" 0 'with nothing to say'

# Damage: from the log, or not at all.
printf 'Z' | dd of="$registry/SOFTWARE" bs=1 seek=5000 conv=notrunc status=none
run "${keep[@]}" "$runs"
like "$work/out" 'runs: 101, ' 'a damaged hive is recovered'
like "$work/err" 'SOFTWARE: it is not as it was written; recovered from its log' 'which is said'
rm "$registry/SOFTWARE"
run "${keep[@]}" "$runs"
like "$work/out" 'runs: 102, ' 'a missing hive is recovered'
rm "$registry/SOFTWARE.LOG1"
run "${keep[@]}" "$runs"
like "$work/out" 'runs: 103, ' 'without its log a hive is taken as it is'
rm "$registry/SOFTWARE.LOG1"
truncate -s 6000 "$registry/SOFTWARE"
run "${keep[@]}" "$runs"
is $status 1 'but not a damaged one'
like "$work/err" 'SOFTWARE: not loaded: ' 'which is said'
is "$(wc -c < "$work/out")" 0 'and no machine runs'

# Descriptors that are none: each key gets an inherited one, for good.
rm -rf "$machine"
run "${keep[@]}" "$runs"
rm "$registry/SOFTWARE.LOG1"
perl -0777 -pi -e 's/(\xFF\xFF\xFFsk.{18})\x01/$1\x09/gs' "$registry/SOFTWARE"
run "${keep[@]}" "$runs"
is $status 0 'damaged security descriptors: the machine starts'
like "$work/err" 'registry: the security descriptor of .REGISTRY.Machine.Software.* is damaged' 'damaged security descriptors: which key'
like "$work/out" 'runs: 2, ' 'damaged security descriptors: the values are there'
run "${keep[@]}" "$runs"
is $status 0 'damaged security descriptors: the next start'
unlike "$work/err" 'security descriptor' 'damaged security descriptors: they are whole now'

# A second machine in the same folder, while the first waits for its input.
rm -rf "$machine"
mkfifo "$work/pipe"
"$drydock" "${keep[@]}" "$runs" -- build/cli-programs/reads.exe < "$work/pipe" > "$work/first" 2>&1 &
first=$!
exec 3> "$work/pipe"
until grep -qaP "R\x00u\x00n\x00s" "$registry/SOFTWARE.LOG1" 2> /dev/null; do kill -0 $first || break; done
run "${keep[@]}" "$runs"
is $status 1 'a second machine'
like "$work/err" 'another machine runs with this registry' 'is told who is there'
kill -KILL $first
exec 3>&-
wait $first 2> /dev/null
run "${keep[@]}" "$runs"
like "$work/out" 'runs: 2, ' 'a run that was killed kept what it wrote, and the folder is free'
nothing_left 'at the end'
done_testing
