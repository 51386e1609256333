# The README's first example: its source is the driver's, and each line of the report that it shows is printed.
. tests/cli/tap.sh

# block N LANGUAGE: the README's Nth fenced block of that language ("" for none).
block() {
    awk -v wanted="$1" -v fence='```'"$2" '
        inside && /^```/ { inside = 0; next }
        !inside && /^```/ { inside = 1; shown = $0 == fence && ++count == wanted; next }
        inside && shown' README.md
}
general() { sed -E 's/[0-9A-F]{16}/H/g; s/0x[0-9A-Fa-f]+/0xH/g; s/^ +[0-9]+\.[0-9]{6} /TIME /; s/(ntoskrnl![A-Za-z]+)  .*/\1/'; }

block 1 c > "$work/source"
cmp -s "$work/source" drivers/oops/oops.c
ok $? "the driver's source"
run run build/drivers/oops.sys
is $status 3 'the exit status'
cat "$work/out" "$work/err" | general > "$work/printed"
block 1 '' | grep -v '^ *\.\.\.$' | general > "$work/shown"
ok "$([ "$(wc -l < "$work/shown")" -ge 15 ]; echo $?)" 'the README shows a report'
missing=$(grep -vxFf "$work/printed" "$work/shown" | grep -v '^$')
is "$missing" '' 'each line of it is printed'
cp "$work/out" "$work/first.out" && cp "$work/err" "$work/first.err"
run run --seed 1 build/drivers/oops.sys
sed 's/^ *build.drydock.*//' "$work/err" > "$work/err.plain"
cmp -s "$work/out" "$work/first.out" && sed 's/^ *build.drydock.*//' "$work/first.err" | cmp -s - "$work/err.plain"
ok $? 'the same seed, the same run'
done_testing
