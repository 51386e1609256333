#!/bin/bash
# ai_driver's programs without the driver: help, usage errors, exit codes, and what they say of a driver that is not there.
. tests/cli/tap.sh

# program EXIT_CODE NAME.exe ARGUMENT...: runs it beside a driver that has nothing to do with it.
program() {
    local code=$1 name=$2
    shift 2
    run run build/drivers/first.sys -- "build/programs/$name.exe" "$@"
    if [ "$code" = 0 ]; then
        is $status 0 "$name $*: exit code 0"
    else
        like "$work/err" "$name.exe: exit code $code " "$name $*: exit code $code"
    fi
}

program 0 aictl --help
like "$work/out" '^usage: aictl' 'help goes to standard output'
for word in status pool stats path alloc free boost watch bench script --json; do
    like "$work/out" "(^| |\[)$word" "help: $word"
done
program 1 aictl
like "$work/err" '^aictl: which command\?' 'no command'
program 1 aictl frobnicate
like "$work/err" "^aictl: 'frobnicate' is not a command" 'an unknown command is named'
program 1 aictl alloc 5x
program 2 aictl pool
like "$work/err" '^aictl: open: ai_driver is not running' 'no driver: told in words, with the error'
like "$work/err" 'error 2\)' 'no driver: ERROR_FILE_NOT_FOUND'
program 2 aictl --json status
like "$work/out" '^\{"command":"open","error":2,"text":"ai_driver is not running' 'no driver: as JSON'

program 0 ai_gpu_agent --help
program 1 ai_gpu_agent --rate 0
like "$work/err" "'0' is not a rate" 'agent: a bad rate is named'
program 5 ai_gpu_agent --service
like "$work/err" 'this system runs no services' 'agent: no service dispatcher'
nothing_left 'the programs'
done_testing
