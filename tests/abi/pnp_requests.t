#!/bin/bash
# docs/PNP.md: each request of the headers has a row; each row's test sends it, and shows what the row says. What a test sends is
# counted by the machine: `drydock run --requests`.
set -u
cd "$(dirname "$0")/../.."
header=/usr/share/mingw-w64/include/ddk/wdm.h
page=docs/PNP.md
drydock=${DRYDOCK:-build/drydock}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failures=0
check() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failures=$((failures + 1)); fi
}

# PnP, power and WMI minor functions, of all the minor functions that the headers have.
names() {
    sed -n 's/^#define \(IRP_MN_[A-Z_]*\) *\(0x[0-9a-fA-F]*\).*/\1 \2/p' "$header" include/ddk/supplement/io.h |
        grep -Ev 'IRP_MN_(SCSI_CLASS|NOTIFY_|QUERY_DIRECTORY|USER_FS|MOUNT_|VERIFY_|LOAD_FILE|TRACK_LINK|KERNEL_CALL|LOCK|UNLOCK|NORMAL|DPC|MDL|COMPLETE|COMPRESSED|FLUSH|QUERY_LEGACY_INFO|SET_TRACE)' |
        cut -d' ' -f1 | sort -u
}
missing=
for name in $(names); do grep -q "^| $name[ |]" "$page" || missing="$missing $name"; done
[ -z "$missing" ]
check $? "every request has a row"
[ -z "$missing" ] || echo "# without:$missing"

rows() { grep '^| IRP_MN_' "$page" | sed 's/^| *//; s/ *| */|/g'; }

# ---- what each row's test has in its text ----
bad=
while IFS='|' read -r request _ test shows _; do
    [ -n "$test" ] || continue
    shows=${shows#\`}
    shows=${shows%\`}
    case $test in
    *.t) file=tests/cli/$test; set -- "$file" tests/cli/drivers/*.c ;;
    *) file=tests/kernel/$test.c; set -- "$file" ;;
    esac
    [ -e "$file" ] && [ -n "$shows" ] && grep -qF -- "$shows" "$@" || bad="$bad
# $request: $file: $shows"
done < <(rows)
[ -z "$bad" ]
check $? "every row's test has what the row says"
[ -z "$bad" ] || echo "$bad"

# ---- what each row's test sends ----
# sent NAME OPTION...: runs a machine; what was sent is in the file NAME, one request a line.
sent() {
    local name=$1
    shift
    timeout 60 "$drydock" run --requests "$@" 2>&1 > /dev/null | sed -n 's/^    \(IRP_MN_.*[^ ]\)  *[0-9][0-9]*$/\1/p' > "$work/$name"
}
options() { [ -e "tests/kernel/$1.options" ] && grep -v '^#' "tests/kernel/$1.options"; }
for test in $(rows | cut -d'|' -f3 | sort -u | grep -v '\.t$'); do
    # shellcheck disable=SC2046 # words
    sent "$test" $(options "$test") "build/tests/$test.sys"
done
bad=
while IFS='|' read -r request _ test _; do
    case $test in '' | *.t) continue ;; esac
    grep -qxF -- "$request" "$work/$test" || bad="$bad
# $test does not send: $request"
done < <(rows)
[ -z "$bad" ]
check $? "every row's test sends what the row is about"
[ -z "$bad" ] || echo "$bad"

# ---- what the toasters' drivers are sent: the column says so, and says no more ----
toaster=build/programs/toaster.exe
id='{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}\DrydockToaster'
for kind in '' _kmdf; do
    sent "toaster$kind" --await --wmi --sleep S1 --sleep S2 --sleep S3 --sleep S4 --surprise-remove "$id\\02" \
        --background "$toaster hold 2" "build/drivers/busenum$kind.sys" "build/drivers/toaster$kind.sys" -- $toaster plug 1 2 3 \
        -- $toaster use 1 2 -- $toaster wait 30000 -- $toaster use 1 -- $toaster wait 30000 -- $toaster press 1 -- $toaster eject 3
    rows | awk -F'|' -v kind="toaster$kind" '$5 ~ "(^| )" kind "( |$)" {print $1}' | sort > "$work/said"
    sort "$work/toaster$kind" > "$work/seen"
    cmp -s "$work/said" "$work/seen"
    status=$?
    check $status "what the drivers of toaster$kind are sent is what the page says"
    [ $status -eq 0 ] || diff "$work/said" "$work/seen" | sed 's/^/# /'
done
echo "1..$count"
[ $failures -eq 0 ]
