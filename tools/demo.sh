#!/bin/bash
# make demo: the tutorial's driver, the log writer, and a program that sends requests to a driver; a driver with a mistake; then
# the AI driver with its programs.
set -eu
cd "$(dirname "$0")/.."
drydock=build/drydock
disk=$(mktemp -d)
trap 'rm -rf "$disk"' EXIT

bold='' plain=''
[ ! -t 1 ] || bold=$'\033[1m' plain=$'\033[0m'
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { say "\$ $*"; "$@"; }

show $drydock run build/drivers/first.sys
show $drydock run --machine "$disk" build/drivers/passivelog.sys
show cat "$disk/C/Logs/passivelog.log"
show $drydock run build/drivers/ioctl_echo.sys -- build/programs/ioctl_echo.exe
say "\$ $drydock run build/drivers/passivelog_stack_item.sys     (a mistake: the report, and exit status 3)"
status=0
$drydock run build/drivers/passivelog_stack_item.sys || status=$?
[ $status -eq 3 ]
ai="$drydock run --prefix --background build/programs/ai_gpu_agent.exe build/drivers/ai_driver.sys"
programs=build/programs
say "The AI driver: an agent publishes GPU figures, here simulated ones; aictl shows them"
show $ai -- $programs/aictl.exe status -- $programs/aictl.exe watch --count 3 -- $programs/aictl.exe stats
say "Pinned memory: zeroed, written, read back, freed; then a process that is killed with memory outstanding"
show $ai -- $programs/aictl.exe alloc 64M -- build/cli-programs/ai_stress.exe leave -- $programs/aictl.exe pool
say "demo: all as expected"
