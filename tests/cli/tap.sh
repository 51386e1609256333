# TAP for the command line's tests, which are bash scripts run from the root of the tree. Each starts with
# `. tests/cli/tap.sh`, has a folder $work of its own, and ends with `done_testing`.
set -u
drydock=${DRYDOCK:-build/drydock}
drivers=build/cli-drivers
work=$(mktemp -d "${TMPDIR:-/tmp}/drydock-test-XXXXXX")
export TMPDIR=$work/tmp # where machines' folders are made
mkdir "$TMPDIR"
unset DRYDOCK_MACHINE
export LC_ALL=C # the machine's texts are English
trap 'rm -rf "$work"' EXIT
count=0
failures=0

# ok STATUS NAME: passes when STATUS is 0.
ok() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        failures=$((failures + 1))
    fi
}

# is GOT EXPECTED NAME
is() {
    [ "$1" = "$2" ]
    ok $? "$3"
    [ "$1" = "$2" ] || printf '#      got: %s\n# expected: %s\n' "$1" "$2"
}

# like FILE PATTERN NAME: a line of the file matches.
like() {
    grep -Eq -- "$2" "$1"
    local status=$?
    ok $status "$3"
    [ $status -eq 0 ] || { echo "# no line matches: $2"; head -20 "$1" | sed 's/^/# | /'; }
}

# unlike FILE PATTERN NAME
unlike() {
    ! grep -Eq -- "$2" "$1"
    ok $? "$3"
}

# run ARGUMENT...: runs drydock; leaves $status, $work/out and $work/err. Never longer than a minute.
run() {
    timeout -s KILL 60 "$drydock" "$@" > "$work/out" 2> "$work/err"
    status=$?
}

# nothing_left NAME: no machine folder and no process of ours is left.
nothing_left() {
    is "$(ls -A "$TMPDIR")" '' "$1: no file is left"
}

done_testing() {
    echo "1..$count"
    [ "$failures" -eq 0 ]
    exit $?
}
