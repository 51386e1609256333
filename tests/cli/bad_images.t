# Files that are no x64 driver: one clear message, exit status 2, nothing left behind.
. tests/cli/tap.sh
good=$drivers/plain.sys

# patch FILE OFFSET-EXPRESSION HEX: a copy of the good driver with bytes changed; the expression may use $pe.
patch() {
    perl -e 'my ($from, $to, $where, $hex) = @ARGV; open my $in, "<:raw", $from or die; local $/; my $b = <$in>;
        my $pe = unpack "V", substr $b, 60, 4; my $at = eval $where; substr($b, $at, length($hex) / 2) = pack "H*", $hex;
        open my $out, ">:raw", $to or die; print $out $b;' "$good" "$work/$1" "$2" "$3"
}
# refused FILE PATTERN NAME
refused() {
    run run "$1"
    is $status 2 "$3: exit status"
    is "$(wc -l < "$work/err")" 1 "$3: one line"
    like "$work/err" "^drydock: .*$2" "$3: the message"
    nothing_left "$3"
}

patch x86.sys '$pe + 4' 4c01
patch arm64.sys '$pe + 4' 64aa
patch program.sys '$pe + 24 + 68' 0300
patch signature.sys '$pe' 50450100
patch sections.sys '$pe + 6' ffff
patch headers.sys '60' f0ffff7f
head -c 100 "$good" > "$work/dos.sys"
head -c 600 "$good" > "$work/half.sys"
: > "$work/empty.sys"
echo 'not a driver' > "$work/text.sys"
mkfifo "$work/pipe.sys"
head -c 100000 /dev/zero > "$work/zeros.sys"

refused "$work/absent.sys" 'No such file' 'a file that is not there'
refused "$work" 'a folder' 'a folder'
refused /dev/zero 'a device' 'a device'
refused "$work/pipe.sys" 'a device or pipe' 'a pipe'
refused "$work/empty.sys" 'empty' 'an empty file'
refused "$work/text.sys" 'not a valid x64 PE image' 'a text'
refused "$work/zeros.sys" 'not a valid x64 PE image' 'zeros'
refused "$drydock" 'not a valid x64 PE image' 'an ELF program'
refused "$work/x86.sys" '32-bit x86' 'a 32-bit driver'
refused "$work/arm64.sys" 'ARM64' 'an ARM64 driver'
refused "$work/program.sys" 'a Windows program' 'a program'
refused "$work/signature.sys" 'not a valid x64 PE image' 'a wrong signature'
refused "$work/sections.sys" 'not a valid x64 PE image' 'too many sections'
refused "$work/headers.sys" 'not a valid x64 PE image' 'headers outside of the file'
refused "$work/dos.sys" 'not a valid x64 PE image' 'a file cut in the DOS stub'
refused "$work/half.sys" 'not a valid x64 PE image' 'a file cut in its sections'
for percent in 20 40 60 80 95; do
    head -c $(($(stat -c %s "$good") * percent / 100)) "$good" > "$work/cut.sys"
    run run "$work/cut.sys"
    [ $status -eq 2 ] || [ $status -eq 0 ] # what is cut off may be nothing that a loader needs
    ok $? "a file cut at $percent percent: loads or is refused"
    nothing_left "a file cut at $percent percent"
done
run run "$good" -- "$good"
is $status 2 'a driver as the program: exit status'
like "$work/err" 'not a Windows program' 'a driver as the program: the message'
run run "$good" "$good"
is $status 1 'the same driver twice: exit status'
run imports "$work/text.sys"
is $status 2 'imports of a text: exit status'
done_testing
