#!/bin/bash
# Devices on a booted machine: those that were installed start at its next boot, disabled ones stay disabled, a driver that fails
# leaves the code that Device Manager shows, and an uninstalled device comes back when its bus is asked again.
. tests/cli/tap.sh
export DRYDOCK_MACHINE=$work/machine
cleanup() {
    timeout 20 "$drydock" shutdown > /dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT
service='HKLM\SYSTEM\CurrentControlSet\Services\troubles'
store=$DRYDOCK_MACHINE/C/Windows/System32/DriverStore/FileRepository

# device PATH-PATTERN: its line of the tree, without what is before its path.
device() {
    run tree
    tr -d '\r' < "$work/out" | grep -E "^ +$1" | sed 's/^ *//'
}
value() { run reg add "$service" /v "$1" /t REG_DWORD /d "$2" /f; }
restart() { run devcon restart 'root\troubles'; }

mkdir -p "$DRYDOCK_MACHINE/C/pkg"
cp build/drivers/busenum.inf build/drivers/busenum.sys build/drivers/toaster.inf build/drivers/toaster.sys \
    tests/cli/drivers/troubles.inf "$drivers/troubles.sys" "$DRYDOCK_MACHINE/C/pkg"
run boot --signing off
run devcon dp_add 'C:\pkg\toaster.inf'
run devcon install 'C:\pkg\busenum.inf' 'root\busenum'
is $status 0 'a bus is installed'
run devcon install 'C:\pkg\troubles.inf' 'root\troubles'
is $status 0 'and a device whose driver can be told to fail'
is "$(device 'ROOT.SYSTEM.0001')" 'ROOT\SYSTEM\0001  (troubles)  started' 'it runs'

# what a driver's failure leaves
for case in '1 37 STATUS_OBJECT_NAME_NOT_FOUND DriverEntry' '2 31 STATUS_NOT_SUPPORTED AddDevice' \
    '3 10 STATUS_IO_DEVICE_ERROR IRP_MN_START_DEVICE'; do
    set -- $case
    value Fails "$1"
    restart
    like <(device 'ROOT.SYSTEM.0001') "Code $2\\).*$3" "$4 fails: code $2"
done
run devcon status 'root\troubles'
like "$work/out" 'The device has the following problem: 10' 'devcon says so too'
value Fails 0
value Start 4
restart
like <(device 'ROOT.SYSTEM.0001') 'Code 32\)' 'its service is disabled: code 32'
value Start 3
image=$(echo "$store"/troubles.inf_*/troubles.sys)
mv "$image" "$work"
restart
like <(device 'ROOT.SYSTEM.0001') 'Code 39\).*STATUS_OBJECT_NAME_NOT_FOUND' 'its file is not there: code 39'
echo 'no image' > "$image"
restart
like <(device 'ROOT.SYSTEM.0001') 'Code 39\).*STATUS_INVALID_IMAGE' 'its file is no image: code 39'
mv "$work/troubles.sys" "$image"
restart
is "$(device 'ROOT.SYSTEM.0001')" 'ROOT\SYSTEM\0001  (troubles)  started' 'and runs again'

run tree --verbose
for line in 'description: Troubled device' 'inf: oem2.inf' 'hardware ID: root.troubles' 'stack: .Driver.troubles' \
    'stack: .Driver.PnpManager' 'power: D0' 'provider: Drydock'; do
    like "$work/out" "^        $line" "tree --verbose: $line"
done
run tree -v --json
like "$work/out" '"key":"device","fields":\["hardware ID","root.*troubles"' 'and in JSON'

# an uninstalled child comes back
run exec build/programs/toaster.exe plug 1 2
run devcon status '@*TOASTER*'
run devcon remove '@*TOASTER*2'
is $status 0 'a toaster is uninstalled'
run devcon find '@*TOASTER*'
like "$work/out" '^1 matching' 'it is not there'
run devcon rescan
run devcon status '@*TOASTER*2'
like "$work/out" 'Driver is running' 'rescan: it is found again, and gets its driver'

# over a restart
run devcon disable '@*TOASTER*1'
run devcon disable 'root\busenum'
is "$(device 'ROOT.SYSTEM.0000' | grep -c 'Code 22)')" 1 'the bus is disabled: code 22'
value Fails 3
run shutdown /r
like <(device 'ROOT.SYSTEM.0000') 'Code 22\)' 'after a restart, the bus is disabled'
like <(device 'ROOT.SYSTEM.0001') 'Code 10\).*STATUS_IO_DEVICE_ERROR' 'and the device was tried, and fails'
run devcon enable 'root\busenum'
run exec build/programs/toaster.exe plug 1 2
is "$(device '.*DrydockToaster.02' | grep -c started)" 1 'a toaster that was installed has its driver at once'
like <(device '.*DrydockToaster.01') 'Code 22\)' 'and one that was disabled stays disabled'
value Fails 0
run shutdown /r
is "$(device 'ROOT.SYSTEM.0000')" 'ROOT\SYSTEM\0000  (busenum)  started' 'after another, the bus runs'
is "$(device 'ROOT.SYSTEM.0001')" 'ROOT\SYSTEM\0001  (troubles)  started' 'and the device'
done_testing
