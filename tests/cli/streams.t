# Standard streams that are closed or full, and a machine's folder that is deleted under way.
. tests/cli/tap.sh

export DRYDOCK_MACHINE=$work/machine
await() {
    for _ in $(seq 400); do
        if eval "$1"; then return 0; fi
        read -r -t 0.05 _ <> <(:)
    done
    return 1
}
keeper() { "$drydock" machines --json | sed -n "s|^{\"pid\":\([0-9]*\),.*\"machine\":\"$DRYDOCK_MACHINE\"}\$|\1|p"; }

timeout 60 "$drydock" boot --signing off >&- 2> "$work/err"
is $? 1 'boot with closed standard output: exit status'
is "$(cat "$work/err")" '' 'boot with closed standard output: no message'
ok "$([ -n "$(keeper)" ]; echo $?)" 'the machine is up'
timeout 60 "$drydock" reg query HKLM > /dev/full 2> "$work/err"
is $? 1 'a full standard output: exit status'
is "$(cat "$work/err")" 'drydock: standard output: No space left on device' 'a full standard output: the message'
timeout 60 "$drydock" reg query HKLM >&- 2> "$work/err"
is $? 1 'a closed standard output: exit status'
timeout 60 "$drydock" reg query HKLM 2>&- < /dev/null > "$work/out"
is $? 0 'a closed standard error: exit status'
like "$work/out" '^HKEY_LOCAL_MACHINE' 'a closed standard error: the output'
timeout 60 "$drydock" reg query HKLM <&- > "$work/out"
is $? 0 'a closed standard input: exit status'
timeout 60 "$drydock" help > /dev/full
is $? 1 'help that cannot be written: exit status'

run run "$drivers/plain.sys" # DRYDOCK_MACHINE says where
is $status 1 'a run in the folder of a booted machine: exit status'
like "$work/err" 'a booted machine runs here' 'a run in the folder of a booted machine: the message'
pid=$(keeper)
rm -rf "$DRYDOCK_MACHINE"
await '! kill -0 "$pid" 2> /dev/null'
ok $? 'its folder is deleted: the machine ends'
run machines
unlike "$work/out" "$DRYDOCK_MACHINE" 'it is not listed'
run sc query
is $status 1 'its folder is deleted: exit status of who asks for it'
like "$work/err" 'no machine runs here' 'its folder is deleted: the message'
run boot --signing off
is $status 0 'another can start there'
run shutdown
is $status 0 'and ends'
done_testing
