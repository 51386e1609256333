#!/bin/bash
# docs/PNP.md: each request of the headers has a row, each row's test exists and shows what the row says.
set -u
cd "$(dirname "$0")/../.."
header=/usr/share/mingw-w64/include/ddk/wdm.h
page=docs/PNP.md
count=0
failures=0
check() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failures=$((failures + 1)); fi
}

# The PnP minor functions are numbers to 0x19, the power ones 0 to 3; the headers list them by name.
names() {
    sed -n 's/^#define \(IRP_MN_[A-Z_]*\) *\(0x[0-9a-fA-F]*\).*/\1 \2/p' "$header" include/ddk/supplement/io.h |
        grep -Ev 'IRP_MN_(QUERY_ALL_DATA|QUERY_SINGLE|CHANGE_SINGLE|ENABLE_|DISABLE_|REGINFO|EXECUTE_METHOD|SCSI_CLASS|NOTIFY_|QUERY_DIRECTORY|USER_FS|MOUNT_|VERIFY_|LOAD_FILE|TRACK_LINK|KERNEL_CALL|LOCK|UNLOCK|NORMAL|DPC|MDL|COMPLETE|COMPRESSED|FLUSH|EXECUTE|REGINFO_EX|QUERY_LEGACY_INFO|SET_TRACE)' |
        cut -d' ' -f1 | sort -u
}
missing=
for name in $(names); do grep -q "^| $name[ |]" "$page" || missing="$missing $name"; done
[ -z "$missing" ]
check $? "every request has a row"
[ -z "$missing" ] || echo "# without:$missing"

bad=
while IFS='|' read -r _ request _ test shows _; do
    test=${test// /}
    [ -n "$test" ] || continue
    shows=$(sed 's/^ *`//; s/` *$//' <<< "$shows")
    case $test in
    *.t) file=tests/cli/${test}; set -- "$file" tests/cli/drivers/*.c ;;
    *) file=tests/kernel/$test.c; set -- "$file" ;;
    esac
    [ -e "$file" ] && [ -n "$shows" ] && grep -qF -- "$shows" "$@" || bad="$bad
# $request: $file: $shows"
done < <(grep '^| IRP_MN_' "$page")
[ -z "$bad" ]
check $? "every row's test has what the row says"
[ -z "$bad" ] || echo "$bad"
echo "1..$count"
[ $failures -eq 0 ]
