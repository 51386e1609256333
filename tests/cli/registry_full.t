# A machine whose disk is full: what fails changes nothing, and what was done before is there.
if [ "${1:-}" != mounted ]; then
    unshare -m true 2> /dev/null || { echo '1..0 # SKIP no file system can be mounted here'; exit 0; }
    exec unshare -m bash "$0" mounted
fi
. tests/cli/tap.sh
machine=$work/machine
mkdir "$machine"
mount -t tmpfs -o size=400k none "$machine" || { echo '1..0 # SKIP no file system can be mounted here'; exit 0; }
keep=(run --machine "$machine" --keep-registry)
data=$(printf 'a%.0s' $(seq 3000))

written=0
while [ $written -lt 100 ]; do
    run "${keep[@]}" -- reg add 'HKLM\Software\Full' /v "v$((written + 1))" /d "$data"
    grep -q 'exit code' "$work/err" && break
    written=$((written + 1))
done
ok $((written == 0 || written == 100)) "a disk that fills up ($written values)"
like "$work/err" 'ERROR: There is not enough space on the disk.' 'the registry says so'
like "$work/err" 'reg.exe: exit code 1' 'and the program fails'
run "${keep[@]}" -- reg query 'HKLM\Software\Full'
is "$(grep -c "REG_SZ    $data" "$work/out")" $written 'what was done is there, and no more'
run "${keep[@]}" -- reg delete 'HKLM\Software\Full' /v v1 /f
mount -o remount,size=4m "$machine"
run "${keep[@]}" -- reg add 'HKLM\Software\Full' /v last /d "$data"
is $status 0 'with room, changes succeed again'
run "${keep[@]}" -- reg query 'HKLM\Software\Full' /v last
is $status 0 'and stay'
hivexregedit --export "$machine/registry/SOFTWARE" '\Full' > "$work/export"
like "$work/export" '^"last"=' 'in a hive that others read'
umount "$machine"
done_testing
