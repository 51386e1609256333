#!/bin/bash
# The kernel tests that are expected to pass, as a check before a commit lands: seconds, not minutes. `make test` runs
# everything. --baseline writes each test that fails now into tests/known_failures.tsv.
set -u
cd "$(dirname "$0")/.."
[ -x build/drydock ] || exit 0
shopt -s nullglob
marked() { cut -f1 tests/known_failures.tsv | grep -qx "$1"; }
tests=()
for source in tests/kernel/*.c tests/kmdf/*.c; do
    name=$(basename "$source" .c)
    marked "$name" || tests+=("build/tests/$name.sys")
done
[ ${#tests[@]} -gt 0 ] || exit 0
if [ "${1:-}" = --baseline ]; then
    for test in "${tests[@]}"; do
        prove -Q --exec tools/tap_run "$test" > /dev/null 2>&1 ||
            printf '%s\tfails since its component came together\n' "$(basename "$test" .sys)" >> tests/known_failures.tsv
    done
    exit 0
fi
exec prove -j2 --exec tools/tap_run "${tests[@]}"
