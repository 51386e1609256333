# drydock cc: sources to a driver that runs.
. tests/cli/tap.sh

cat > "$work/one.cpp" <<'EOF'
#include <ntddk.h>

void OneUnload(_In_ PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KdPrint(("one: gone\n"));
}

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = OneUnload;
    KdPrint(("one: number %d\n", NUMBER));
    return STATUS_SUCCESS;
}
EOF
run cc -o "$work/one.sys" "$work/one.cpp" -- -DNUMBER=7
is $status 0 'C++: exit status'
ok "$([ -s "$work/one.pdb" ]; echo $?)" 'the PDB is beside the driver'
run run "$work/one.sys"
is "$(sed 's/^ *[0-9.]* *//' "$work/out")" $'one: number 7\none: gone' 'what it prints'
run cc --release -o "$work/one.sys" "$work/one.cpp" -- -DNUMBER=7
run run "$work/one.sys"
is "$(cat "$work/out")" '' '--release: KdPrint is not there'

run cc --kmdf 1.15 -o "$work/echo.sys" drivers/ioctl_echo_kmdf/*.c -- -Idrivers/ioctl_echo
is $status 0 'a driver of the framework: exit status'
run imports "$work/echo.sys"
like "$work/out" 'WdfVersionBind' 'it binds to the framework'

run cc -o "$work/none.sys" "$work/one.cpp"
is $status 2 'an error in the source: exit status'
like "$work/err" "error: use of undeclared identifier 'NUMBER'" 'the compiler says where'
ok "$([ ! -e "$work/none.sys" ]; echo $?)" 'there is no driver then'
run cc -o "$work/no/folder/one.sys" "$work/one.cpp" -- -DNUMBER=7
is $status 2 'no folder for the output: exit status'
run cc "$work/absent.c"
is $status 2 'no such source: exit status'
is "$(cat "$work/err")" "drydock: $work/absent.c: No such file or directory" 'no such source: the message'
run cc "$work"
is "$(cat "$work/err")" "drydock: $work: Is a directory" 'a folder as source: the message'
run cc
is $status 1 'no source: exit status'
run cc --kmdf 2.0 "$work/one.cpp"
is $status 1 'a version that there is not: exit status'
like "$work/err" "from 1.9 to 1.33, not '2.0'" 'a version that there is not: it says which there are'
run cc "$work/one.cpp" -o "$work/two.sys" -- -DNUMBER=8
is $status 0 'an option after the source: exit status'
ok "$([ -s "$work/two.sys" ]; echo $?)" 'an option after the source counts'
(cd "$work" && timeout 60 "$OLDPWD/$drydock" cc one.cpp -o x -- -DNUMBER=8 && [ -s x ] && [ -s x.pdb ])
ok $? 'a short name of the output'
run cc "$work/one.cpp" -o
like "$work/err" "option '-o' needs a value" 'an option without its value'
run cc "$work/one.cpp" --fly
like "$work/err" "no option '--fly'; the compiler's come after" 'an option that there is not'
nothing_left 'after all of it'
done_testing
