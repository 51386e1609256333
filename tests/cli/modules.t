#!/bin/bash
# The kernel's modules and the processes, as the programs lm and ps show them.
. tests/cli/tap.sh
programs=build/cli-programs

# tool DRIVER... -- PROGRAM ARGUMENT...: what programs print in a run, without debug output.
tool() {
    run run "$@"
    grep -Ev '^ +[0-9]+\.[0-9]{6}  ' "$work/out" > "$work/text"
}

tool $drivers/plain.sys -- lm
is "$(head -1 "$work/text")" 'start             end                 module name' 'lm: its heading'
like "$work/text" '^[0-9a-f]{8}`[0-9a-f]{8} [0-9a-f]{8}`[0-9a-f]{8}   nt         \(deferred\)$' 'lm: the kernel'
like "$work/text" '   plain      \(deferred\)$' 'lm: a driver'
unlike "$work/text" 'Unloaded' 'lm: nothing was unloaded'
tool $drivers/plain.sys -- lm '/?' -- ps '/?' -- events '/?'
is $status 0 'usage that is asked for is no error'
is "$(grep -cE '^(lm|ps) \[|^usage: events' "$work/text")" 3 'usage: three pages'
tool $drivers/plain.sys -- lm n m 'pl?in' -- lm f m 'PL*' -- lm m none
is "$(cut -c 39- "$work/text" | grep -v '^module')" 'plain    plain.sys
plain    \SystemRoot\System32\drivers\plain.sys' 'lm n, lm f and patterns in any case'
base=$("$drydock" run $drivers/plain.sys -- lm m plain 2> /dev/null | sed -nE 's/^([0-9a-f`]{17}) .*plain .*/\1/p')
tool $drivers/plain.sys -- lm na "${base%0}f" -- lm n a "0x1"
is "$(cut -c 39- "$work/text" | grep -v '^module')" 'plain    plain.sys' 'lm a: who has an address'
for bad in x a m 'a zz' 'a 12x' 'mo x' 'o x'; do
    tool -- lm $bad
    like "$work/text" '^lm \[Options\]' "lm $bad: its usage"
done
cp $drivers/plain.sys $drivers/stalls.sys "$work"
mkdir -p "$work/machine/C"
cp $drivers/plain.sys $drivers/stalls.sys "$work/machine/C"
tool --machine "$work/machine" -- sc create plain type= kernel binPath= 'C:\plain.sys' -- sc create stalls type= kernel binPath= 'C:\stalls.sys' \
    -- sc start plain -- sc start stalls -- sc stop plain -- sc stop stalls -- sc start plain -- lm -- lm o m plain -- lm m stalls.sys -- lm --json m 'plain*'
sed -n '/^start/,$p' "$work/text" > "$work/lm"
is "$(sed -n '/^Unloaded/,/^start/p; 2,${/^start/q}' "$work/lm" | sed -E 's/^[0-9a-f`]+ [0-9a-f`]+   //' | paste -sd'|')" \
    'Unloaded modules:|stalls.sys|plain.sys|start             end                 module name' 'lm: the unloaded ones, the latest first'
is "$(grep -c '   stalls.sys$' "$work/lm")" 2 'lm: a pattern finds them too, and o hides them'
is "$(grep -cE '"name":"plain".*"loaded":true,"image":"plain.sys"' "$work/lm")" 1 'lm --json: a loaded one'
is "$(grep -cE '"name":"plain.sys","start":"0x[0-9a-f]{16}","end":"0x[0-9a-f]{16}","loaded":false,"unload_time":13[0-9]{16}' "$work/lm")" 1 'lm --json: an unloaded one'

tool $drivers/stalls.sys -- ps
is "$(awk '/Deferred procedure calls/ { print $7 }' "$work/text")" 0.050 'ps: the time of DPCs'
like "$work/text" '^ +4 +0 +[0-9]+ .* System$' 'ps: System'
like "$work/text" '^ +[0-9]+ +4 +1 .* ps\.exe$' 'ps: itself, a child of System'
is "$(grep -Ec '^ +-.* (System Idle Process|System interrupts|Deferred procedure calls)$' "$work/text")" 3 'ps: what no process is charged with'
tool --background "$programs/agent.exe stays" -- ps -t
like "$work/text" 'agent\.exe$' 'ps: a program beside it'
like "$work/text" '^ +thread +8  waiting .* nt\+0x[0-9a-f]+$' 'ps -t: a thread of the system, and where it began'
like "$work/text" '^ +thread +[0-9]+  running ' 'ps -t: its own runs'
tool -- ps --json --threads
is "$(perl -MJSON::PP -ne 'next unless /^{/; my $o = decode_json($_); $pseudo += $o->{pseudo} // 0;
    $system = "$o->{pid} " . ($o->{threads} == @{$o->{thread}}) if $o->{name} eq "System"; END { print "$pseudo $system" }' "$work/text")" \
    '3 4 1' 'ps --json'
tool -- ps x
like "$work/text" '^ps \[-t' 'ps x: its usage'

done_testing
