# What a run prints, where, and in which form.
. tests/cli/tap.sh

run run "$drivers/plain.sys"
is $status 0 'a plain driver: exit status'
like "$work/out" '^ +[0-9]+\.[0-9]{6}  plain: loaded$' 'debug output with its time'
like "$work/out" '^ +[0-9]+\.[0-9]{6}  plain: unloaded$' 'and at unload'
is "$(grep -cv plain: "$work/out")" 0 'nothing else on standard output'
like "$work/err" '^Summary$' 'a summary on standard error'
like "$work/err" '^drydock: verdict: no error found$' 'a verdict'
nothing_left 'a plain driver'

run run "$drivers/control.sys"
like "$work/out" '  control: one, two, three$' 'pieces make one line'
like "$work/out" '  next$' 'a carriage return before a line end is none'
is "$(grep -c 'control: no end$' "$work/out")" 1 'a line without an end is printed'
is "$(tr -dc '\033' < "$work/out" | wc -c)" 1 'a file gets what the driver wrote'
if script --version > /dev/null 2>&1; then
    script -qec "$drydock run $drivers/control.sys" /dev/null < /dev/null > "$work/out" 2>&1
    like "$work/out" 'control: \\x1b\[2Jclear\\x07' 'a terminal gets control characters made visible'
    script -qec "$drydock run --timeout 3 $drivers/sleeps.sys" /dev/null < /dev/null > "$work/out" 2>&1
    is $? 4 'a long run on a terminal: exit status'
    like "$work/out" '[0-9]+ s, in the machine [0-9]+\.[0-9]{3} s' 'a long run on a terminal shows that it is alive'
else
    ok 0 'a terminal gets control characters made visible # SKIP no script(1)'
fi

run run --json "$work/absent.sys"
is $status 2 'JSON, no driver: exit status'
like "$work/out" '^\{"type":"verdict","exit_status":2,' 'JSON, no driver: a verdict all the same'
run run "$drivers/refuses.sys"
is $status 2 'a DriverEntry that fails: exit status'
like "$work/err" 'refuses.sys: could not load: STATUS_DEVICE_NOT_READY \(0xC00000A3\)' 'its status by name'
nothing_left 'a DriverEntry that fails'
run run "$drivers/plain.sys" "$drivers/refuses.sys"
is $status 2 'the second driver fails: exit status'
like "$work/out" 'plain: unloaded' 'the first one is unloaded'

run run "$drivers/leaks.sys"
is $status 3 'pool left behind: exit status'
like "$work/err" '^    leaks.*: 2 pool blocks with 300 bytes not freed at unload$' 'pool left behind: how much'
like "$work/err" '^    Lak1 +nonpaged +1 +100$' 'pool left behind: by tag'
like "$work/err" '^    Lak2 +paged +1 +200$' 'pool left behind: by tag, paged'

# lines_are_json FILE: every line is a JSON object with a type; prints the types, sorted.
lines_are_json() {
    perl -MJSON::PP -ne 'my $o = decode_json($_); die "no type\n" unless $o->{type}; $seen{$o->{type}}++;
        END { print join(" ", sort keys %seen), "\n" }' "$1"
}
run run --json "$drivers/plain.sys"
is $status 0 'JSON: exit status'
is "$(lines_are_json "$work/out")" 'debug summary verdict' 'JSON: what there is'
run run --json "$drivers/faults.sys"
is "$(lines_are_json "$work/out")" 'report verdict' 'JSON of a bug check: what there is'
is "$(perl -MJSON::PP -ne 'my $o = decode_json($_); print $o->{exit_status} if $o->{type} eq "verdict"' "$work/out")" 3 \
    'JSON of a bug check: the exit status in it'
is "$(perl -MJSON::PP -ne 'my $o = decode_json($_); next unless $o->{type} eq "report";
    print $o->{frames}[$o->{blamed_frame}]{places}[-1]{function}' "$work/out")" WriteThere \
    'JSON of a bug check: the function to blame'
done_testing
