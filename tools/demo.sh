#!/bin/bash
# make demo: the tutorial's driver, the log writer, and a program that sends requests to a driver; then a driver with a mistake.
set -eu
cd "$(dirname "$0")/.."
drydock=build/drydock
disk=$(mktemp -d)
trap 'rm -rf "$disk"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { say "\$ $*"; "$@"; }

show $drydock run build/drivers/first.sys
show $drydock run --machine "$disk" build/drivers/passivelog.sys
show cat "$disk/C/Logs/passivelog.log"
show $drydock run build/drivers/ioctl_echo.sys -- build/programs/ioctl_echo.exe
say "\$ $drydock run build/drivers/passivelog_stack_item.sys     (a mistake: the report, and exit status 3)"
status=0
$drydock run build/drivers/passivelog_stack_item.sys || status=$?
[ $status -eq 3 ]
say "demo: all as expected"
