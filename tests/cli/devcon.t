#!/bin/bash
# devcon and the driver store: a root device installed by its INF, changed and removed. (A child: tests/cli/toaster_scene.t.)
. tests/cli/tap.sh

machine=$work/machine
mkdir -p "$machine/C/pkg"
cp build/drivers/busenum.inf build/drivers/busenum.sys build/drivers/toaster.inf build/drivers/toaster.sys "$machine/C/pkg"
install="devcon install C:\\pkg\\busenum.inf root\\busenum"
# The programs' output, without the summary.
said() { sed '/^Summary/,$d' "$work/out" | tr -d '\r' | sed '/^$/d'; }

run run --machine "$machine" -- $install -- devcon status 'root\*' -- devcon driverfiles 'root\busenum'
is $status 0 'install: runs to its end'
is "$(said | head -3)" 'Device node created. Install is complete when drivers are installed...
Updating drivers for root\busenum from C:\pkg\busenum.inf.
Drivers installed successfully.' 'install: what it says'
is "$(said | sed -n 4,7p)" 'ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    Driver is running.
1 matching device(s) found.' 'the device runs, as its INF names it'
like "$work/out" 'installed from C:.Windows.INF.oem0.inf .Bus_Install.NT.. 1 file' 'its driver is of the published INF'
ok "$(cmp -s "$machine"/C/Windows/System32/DriverStore/FileRepository/busenum.inf_amd64_*/busenum.sys build/drivers/busenum.sys; echo $?)" \
    'its file is in the driver store'

run run --machine "$machine" -- $install -- devcon disable 'root\busenum' -- devcon status 'root\busenum' \
    -- devcon enable 'root\busenum' -- devcon restart '@ROOT\SYSTEM\0000' -- devcon status '=System' \
    -- devcon hwids 'root\busenum' -- devcon remove 'root\busenum' -- devcon find '*'
is $status 0 'states: runs to its end'
is "$(said | sed -n '4,$p' | sed 's/  *:/ :/')" 'ROOT\SYSTEM\0000 : Disabled
1 device(s) disabled.
ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    Device is disabled.
1 matching device(s) found.
ROOT\SYSTEM\0000 : Enabled
1 device(s) are enabled.
ROOT\SYSTEM\0000 : Restarted
1 device(s) restarted.
ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    Driver is running.
1 matching device(s) found.
ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    Hardware IDs:
        root\busenum
1 matching device(s) found.
ROOT\SYSTEM\0000 : Removed
1 device(s) were removed.
No matching devices found.' 'disabled, enabled, restarted, removed'

run run --machine "$machine" -- $install -- devcon install 'C:\pkg\absent.inf' 'root\x'
is $status 5 'an INF that is not there: the program fails'
like "$work/err" 'devcon.exe: exit code 2' 'with devcon s exit code 2'
run run --machine "$machine" -- devcon install 'C:\pkg\busenum.inf' 'root\another' -- devcon find '*'
like "$work/err" 'devcon.exe: exit code 2' 'an INF without that hardware ID: exit code 2'
like "$work/out" 'No matching devices found' 'and no device is left behind'
run run --machine "$machine" -- devcon install
like "$work/err" 'devcon.exe: exit code 3' 'wrong usage: exit code 3'

for line in 1 4 8; do
    sed "${line}s/.*/[broken/" build/drivers/busenum.inf > "$machine/C/pkg/broken$line.inf"
    run run --machine "$machine" -- devcon dp_add "C:\\pkg\\broken$line.inf"
    like "$work/err" 'devcon.exe: exit code 2' "an INF whose line $line is no section is refused"
    like "$machine/C/Windows/INF/setupapi.dev.log" "broken$line.inf, line $line: error 0xe0000001" 'with its line and its error'
done

done_testing
