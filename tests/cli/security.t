# Who may open what: descriptors of devices against a program's token, kernel handles and bad pointers from user mode.
. tests/cli/tap.sh

run run "$drivers/secured.sys" -- build/cli-programs/secured.exe
is $status 0 'exit status'
tr -d '\r' < "$work/out" > "$work/lines"
line() { like "$work/lines" "^$1\$" "$2"; }
line 'SecAdmins read and write: 0' 'administrators are let in'
line 'SecSystem read: 5' 'only the system is: access denied'
line 'SecRead read: 0' 'everybody may read'
line 'SecRead write: 5' 'but not write'
line 'SecDeny read: 5' 'a denial in front'
line 'SecHigh write: 0' 'the level of the program is enough'
line 'SecAbove read: 0' 'a higher level may be read'
line 'SecAbove write: 5' 'but not written'
line 'SecHidden read: 5' 'nor read, when it says so'
line 'secret: 8 bytes, kernel handle: 1' 'the driver tells a kernel handle'
line 'secret set: 0xc0000008' 'it is none to a program'
line 'secret close: 0xc0000008' 'nor can it be closed'
line 'token: 0x0' 'a program opens its token'
line 'elevated: 0x0 1' 'which is elevated'
line 'bad buffer: 0xc0000005' 'a buffer that is not there'
line 'kernel address: 0xc0000005' 'a kernel address'
line 'second event: 1 183' 'a name that exists'
line 'without the right to wait: 0xc0000022' 'a handle without SYNCHRONIZE'
line 'with it: 0x102' 'a handle with it'
nothing_left 'security'
done_testing
