# Verbs, help, options: one clear line and exit status 1 for what is not understood.
. tests/cli/tap.sh

run
is $status 1 'no verb: exit status'
like "$work/err" '^usage: drydock VERB' 'no verb: usage on standard error'
for words in '--help' 'help' '-h'; do
    run $words
    is $status 0 "$words: exit status"
    like "$work/out" '^  run  ' "$words: the verbs are listed"
    is "$(cat "$work/err")" '' "$words: nothing on standard error"
done
for verb in run imports version; do
    run "$verb" --help
    is $status 0 "$verb --help: exit status"
    like "$work/out" "^usage: drydock $verb" "$verb --help: its page"
    cp "$work/out" "$work/page"
    run help "$verb"
    cmp -s "$work/out" "$work/page"
    ok $? "help $verb: the same page"
done

# wrong NAME PATTERN ARGUMENT...: exit status 1 and a first line that matches.
wrong() {
    local name=$1 pattern=$2
    shift 2
    run "$@"
    is $status 1 "$name: exit status"
    is "$(head -1 "$work/err" | grep -cE "^drydock: .*$pattern")" 1 "$name: the message"
    is "$(cat "$work/out")" '' "$name: nothing on standard output"
}
wrong 'unknown verb' "no verb 'fly'" fly
wrong 'a slip in a verb' "no verb 'dbgveiw'; did you mean 'dbgview'" dbgveiw
wrong 'a slip in a tool' "did you mean 'bcdedit'" bcdeit
wrong 'a slip in an option' "no option '--tiemout'; did you mean '--timeout'" run --tiemout 3 x.sys
wrong 'a slip in an option with a value' "no option '--sead=3'; did you mean '--seed'" run --sead=3 x.sys
wrong 'a slip in an option of boot' "did you mean '--signing'" boot --sining off
wrong 'a slip in an option of dbgview' "did you mean '--since-boot'" dbgview --since-bot
wrong 'a word too many' "machines does not take 'x'" machines --json x
wrong 'help for an unknown verb' "no verb 'fly'" help fly
wrong 'unknown option' "no option '--fly'" run --fly x.sys
wrong 'unknown short option' "no option '-x'" run -x x.sys
wrong 'option without value' "'--seed' needs a value" run --seed
wrong 'no driver' 'which driver' run
wrong 'seed that is no number' "not 'x'" run --seed x a.sys
wrong 'negative seed' "not '-1'" run --seed -1 a.sys
wrong 'too many processors' 'from 1 to 32' run --processors 33 a.sys
wrong 'no processor' 'from 1 to 32' run --processors 0 a.sys
wrong 'too little memory' 'from 32 to' run --ram 1 a.sys
wrong 'gate half open' 'on or off' run --gate ajar a.sys
wrong 'no program after --' 'no program' run a.sys --
wrong 'save without a point' 'go together' run --save x a.sys
wrong 'imports without a file' 'one image' imports
wrong 'imports of two files' 'one image' imports a b
wrong 'version with an argument' 'no arguments' version now

env -u HOME -u XDG_STATE_HOME -u DRYDOCK_MACHINE "$drydock" boot > "$work/out" 2> "$work/err"
is $? 1 'boot without any folder: exit status'
like "$work/err" 'which machine\? none of --machine, .* and HOME says' 'boot without any folder: the message'
env -u HOME -u XDG_STATE_HOME -u DRYDOCK_MACHINE "$drydock" sc query > "$work/out" 2> "$work/err"
is $? 1 'a tool without any folder: exit status'
like "$work/err" 'which machine\?' 'a tool without any folder: the message'
TMPDIR=/nosuch run run "$drivers/plain.sys"
is $status 1 'no folder for temporary files: exit status'
like "$work/err" '/nosuch/drydock-.*: no folder for the machine: No such file' 'no folder for temporary files: which'
run sc --help # no machine runs
is $status 0 'the page of a tool needs no machine'
like "$work/out" '^exit status: ' 'it has the exit status'
for verb in $("$drydock" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | grep -v '^help$'); do
    "$drydock" help "$verb" > "$work/out"
    like "$work/out" "^usage: drydock $verb" "help $verb: usage"
    like "$work/out" '^exit status: ' "help $verb: exit status"
done

run version
is $status 0 'version: exit status'
like "$work/out" '^drydock [0-9]' 'version: the version'
nothing_left 'after all that'
done_testing
