#!/bin/bash
# A test that waits for what never comes is ended and says so; one without its programs does not begin.
. tests/cli/tap.sh

cat > "$work/waits.t" << 'END'
. tests/cli/tap.sh
mkfifo "$work/nobody"
read -r word < "$work/nobody"
done_testing
END
(unset TAP_BOUND_S; TAP_LIMIT_S=1 timeout -s KILL 60 bash "$work/waits.t" > "$work/out" 2>&1)
is $? 124 'a test that waits for ever: exit status'
like "$work/out" 'waits.t: no end after 1 s, it was ended' 'a test that waits for ever: the message'
nothing_left 'a test that waits for ever'

cat > "$work/needs.t" << 'END'
. tests/cli/tap.sh
need tests/cli/tap.sh build/none.exe
done_testing
END
timeout -s KILL 60 bash "$work/needs.t" > "$work/out" 2>&1
is $? 1 'a test without its program: exit status'
like "$work/out" 'there is no build/none.exe: make it first' 'a test without its program: the message'
nothing_left 'a test without its program'
done_testing
