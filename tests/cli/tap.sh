# TAP for the command line's tests, which are bash scripts run from the root of the tree. Each starts with
# `. tests/cli/tap.sh`, has a folder $work of its own, and ends with `done_testing`.
set -u
# A test that does not end is ended: it runs once more below itself, in a process group of its own.
if [ -z "${TAP_BOUND_S:-}" ]; then
    export TAP_BOUND_S=${TAP_LIMIT_S:-600}
    timeout -k 20 "$TAP_BOUND_S" bash "$0" "$@" <&0 &
    bounded=$!
    trap 'kill -TERM $bounded' INT TERM HUP
    wait $bounded
    status=$?
    while kill -0 $bounded 2> /dev/null; do # a signal came meanwhile
        wait $bounded
        status=$?
    done
    if [ $status -eq 124 ] || [ $status -eq 137 ]; then
        echo "# $0: no end after $TAP_BOUND_S s, it was ended (TAP_LIMIT_S sets another bound)"
    fi
    exit $status
fi
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
    [ $status -ne 137 ] || echo "# no end after 60 s: drydock $*"
}

# need FILE...: the test cannot do without these, and would wait for what never comes.
need() {
    local file

    for file; do
        [ -e "$file" ] && continue
        echo "# $0: there is no $file: make it first (make test makes all of them)"
        exit 1
    done
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
