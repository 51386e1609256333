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

run version
is $status 0 'version: exit status'
like "$work/out" '^drydock [0-9]' 'version: the version'
nothing_left 'after all that'
done_testing
