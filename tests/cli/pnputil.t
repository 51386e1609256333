#!/bin/bash
# pnputil: packages into and out of the driver store, onto and off devices; devices listed, disabled, enabled, restarted, removed;
# its exit codes; on a booted machine as well.
. tests/cli/tap.sh

fresh() {
    machine=$work/machine$1
    mkdir -p "$machine/C/pkg/sub" "$machine/C/out"
    cp build/drivers/busenum.inf build/drivers/busenum.sys "$machine/C/pkg"
    cp build/drivers/toaster.inf build/drivers/toaster.sys "$machine/C/pkg/sub"
}
# The programs' output, without blank lines and headings.
said() { sed '/^Summary/,$d' "$work/out" | tr -d '\r' | grep -v '^Microsoft PnP Utility$' | sed '/^$/d'; }
install="devcon install C:\\pkg\\busenum.inf root\\busenum"
device='Instance ID:                ROOT\SYSTEM\0000
Device Description:         Toaster bus enumerator
Class Name:                 System
Class GUID:                 {4d36e97d-e325-11ce-bfc1-08002be10318}
Manufacturer Name:          Drydock'

# ---- packages ----
fresh 1
run run --machine "$machine" -- pnputil /add-driver 'C:\pkg\*.inf' /subdirs -- pnputil /enum-drivers \
    -- pnputil -e -- pnputil /enum-drivers /class System /files -- pnputil /add-driver 'C:\pkg\busenum.inf'
is $status 0 'add, list: runs to its end'
oem0='Published Name:     oem0.inf
Original Name:      busenum.inf
Provider Name:      Drydock
Class Name:         System
Class GUID:         {4d36e97d-e325-11ce-bfc1-08002be10318}
Driver Version:     11/21/2026 1.0.0.0'
oem1='Published Name:     oem1.inf
Original Name:      toaster.inf
Provider Name:      Drydock
Class Name:         DrydockToaster
Class GUID:         {9b6f0c34-3a5b-4e0e-9d0b-7c1e52a0f101}
Driver Version:     11/21/2026 1.0.0.0'
is "$(said)" "Adding driver package:  busenum.inf
Driver package added successfully.
Published Name:         oem0.inf
Adding driver package:  toaster.inf
Driver package added successfully.
Published Name:         oem1.inf
Total driver packages:  2
Added driver packages:  2
$oem0
$oem1
$oem0
$oem1
$oem0
Driver Files:
    busenum.inf
    busenum.sys
Adding driver package:  busenum.inf
Driver package added successfully. (Already exists in the system)
Published Name:         oem0.inf
Total driver packages:  1
Added driver packages:  1" 'two packages, from folders below too; of a class, with their files; one again'

fresh 2
run run --machine "$machine" -- pnputil -a 'C:\pkg\busenum.inf' -- pnputil -a 'C:\pkg\sub\toaster.inf' \
    -- pnputil /export-driver oem0.inf 'C:\out' -- pnputil /export-driver '*' 'C:\out' -- pnputil -d oem0.inf \
    -- pnputil /delete-driver oem1.inf /force -- pnputil /enum-drivers
is $status 0 'export, delete: runs to its end'
is "$(said | sed -n '11,$p')" 'Exporting driver package:  oem0.inf (busenum.inf)
Driver package exported successfully.
Total driver packages:  1
Exported driver packages: 1
Exporting driver package:  oem0.inf (busenum.inf)
Driver package exported successfully.
Exporting driver package:  oem1.inf (toaster.inf)
Driver package exported successfully.
Total driver packages:  2
Exported driver packages: 2
Driver package deleted successfully.
Driver package deleted successfully.
No published driver packages were found on the system.' 'exported, deleted'
cmp -s "$machine/C/out/busenum.sys" build/drivers/busenum.sys
ok $? 'one is exported into the folder'
cmp -s "$machine"/C/out/toaster.inf_amd64_*/toaster.sys build/drivers/toaster.sys
ok $? 'all are exported into folders of their own'
is "$(ls "$machine/C/Windows/INF" "$machine/C/Windows/System32/DriverStore/FileRepository" | grep -c 'oem\|amd64')" 0 'nothing is left of them'

# ---- devices ----
fresh 3
run run --machine "$machine" -- $install -- pnputil /enum-devices /instanceid 'root\system\0000' /ids /relations /drivers /bus /stack \
    /services /interfaces -- pnputil /disable-device 'ROOT\SYSTEM\0000' -- pnputil /enum-devices /problem \
    -- pnputil /enum-devices /problem 28 -- pnputil /enable-device /class System /bus ROOT -- pnputil /restart-device /deviceid 'root\busenum' \
    -- pnputil /enum-devices /disconnected -- pnputil /enum-interfaces /enabled -- pnputil /enum-interfaces /disabled \
    -- pnputil /enum-classes /class System -- pnputil /enum-devicetree -- pnputil /scan-devices
is $status 0 'devices: runs to its end'
is "$(said | sed -n '4,$p')" "$device
Status:                     Started
Driver Name:                oem0.inf
Bus Enumerator Name:        ROOT
Hardware IDs:               root\\busenum
Parent:                     HTREE\\ROOT\\0
Service Name:               busenum
Stack:                      busenum
Interfaces:                 \\\\?\\ROOT#SYSTEM#0000#{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F102}
Matching Drivers:
    Driver Name:            oem0.inf
    Original Name:          busenum.inf
    Provider Name:          Drydock
    Class Name:             System
    Class GUID:             {4d36e97d-e325-11ce-bfc1-08002be10318}
    Driver Version:         11/21/2026 1.0.0.0
    Driver Rank:            00FF0000
    Driver Status:          Best Ranked / Installed
Disabling device:       ROOT\\SYSTEM\\0000
Device disabled successfully.
$device
Status:                     Disabled
Problem Code:               22 (0x16) [CM_PROB_DISABLED]
Driver Name:                oem0.inf
No devices were found on the system.
Enabling device:        ROOT\\SYSTEM\\0000
Device enabled successfully.
Restarting device:      ROOT\\SYSTEM\\0000
Device restarted successfully.
No devices were found on the system.
Interface Path:             \\\\?\\ROOT#SYSTEM#0000#{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F102}
Interface Class GUID:       {9b6f0c34-3a5b-4e0e-9d0b-7c1e52a0f102}
Device Instance ID:         ROOT\\SYSTEM\\0000
Interface Status:           Enabled
No device interfaces were found on the system.
Class Name:                 System
Class Description:          System devices
Class GUID:                 {4d36e97d-e325-11ce-bfc1-08002be10318}
HTREE\\ROOT\\0
    ROOT\\SYSTEM\\0000  Toaster bus enumerator
Scanning for device hardware changes.
Scan complete." 'a device in each of its states'

# ---- a device with children, and its drivers going ----
fresh 4
run run --machine "$machine" -- $install -- pnputil /add-driver 'C:\pkg\sub\toaster.inf' -- build/programs/toaster.exe plug 1 2 \
    -- pnputil /enum-devices /class DrydockToaster /connected -- pnputil /delete-driver oem1.inf /uninstall \
    -- pnputil /enum-devices /problem 28 /deviceid '{9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}\DrydockToaster' \
    -- pnputil /remove-device 'ROOT\SYSTEM\0000' /subtree -- pnputil /enum-devices
is $status 0 'a bus: runs to its end'
is "$(said | grep -c '^Status: *Started')" 2 'its children have started'
is "$(said | grep -A1 '^Status: *Problem' | grep -c '28 (0x1C) .CM_PROB_FAILED_INSTALL.')" 2 'without their driver they have a problem'
is "$(said | sed -n '/^Removing/,$p')" 'Removing device:        ROOT\SYSTEM\0000
    {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}\DRYDOCKTOASTER\01
    {9B6F0C34-3A5B-4E0E-9D0B-7C1E52A0F101}\DRYDOCKTOASTER\02
Device removed successfully.
No devices were found on the system.' 'the bus goes with its children'

# ---- exit codes ----
# exits CODE WORDS...: the program's last exit code; 0: none is reported.
exits() {
    local expected=$1 name=$2
    shift 2
    run run --machine "$machine" "$@"
    is "$(sed -n 's/.*exit code \([0-9]*\).*/\1/p' "$work/err" | tail -1)" "$expected" "$name"
}
fresh 5
exits 2 'no such file: ERROR_FILE_NOT_FOUND' -- pnputil /add-driver 'C:\pkg\absent.inf'
like "$work/out" 'Failed to add driver package: The system cannot find the file specified.' 'which is said'
fresh 6
exits 259 'no device for the package: ERROR_NO_MORE_ITEMS' -- pnputil /add-driver 'C:\pkg\busenum.inf' /install
fresh 7
exits 259 'a device that has it: ERROR_NO_MORE_ITEMS' -- $install -- pnputil /add-driver 'C:\pkg\busenum.inf' /install
like "$work/out" 'Driver package is up-to-date on device: ROOT.SYSTEM.0000' 'and the device is named'
fresh 8
exits 3758096957 'in use: ERROR_INF_IN_USE_BY_DEVICES' -- $install -- pnputil /delete-driver oem0.inf
like "$work/out" 'One or more devices are presently installed using the specified INF.' 'which is said'
fresh 9
exits 3758096907 'no such device: ERROR_NO_SUCH_DEVINST' -- pnputil /restart-device 'ROOT\NO\0000'
exits 3758096956 'no INF of a package: ERROR_NOT_AN_INSTALLED_OEM_INF' -- pnputil /delete-driver machine.inf
exits 2 'a package that there is not' -- pnputil /delete-driver oem7.inf
exits 87 'no command' -- pnputil
exits 87 'an option that the command has not' -- pnputil /enum-drivers /install
exits 87 'an option without its value' -- pnputil /enum-devices /class
exits 87 'no device named' -- pnputil /disable-device
exits 87 'two arguments for one' -- pnputil /delete-driver oem1.inf oem2.inf
exits 87 'refused by name' -- pnputil /enum-containers
like "$work/out" '/enum-containers is not supported here' 'with its name'
exits '' 'help' -- pnputil '/?'
sed 's/^\[Version\]/[Version/' build/drivers/busenum.inf > "$machine/C/pkg/busenum.inf"
exits 3758096385 'a broken INF: ERROR_BAD_SECTION_NAME_LINE' -- pnputil /add-driver 'C:\pkg\busenum.inf'

# ---- an update, by version ----
fresh 10
for n in 2 3; do
    mkdir "$machine/C/pkg$n"
    cp build/drivers/busenum.sys "$machine/C/pkg$n"
    sed "s/1\.0\.0\.0/$n.0.0.0/" build/drivers/busenum.inf > "$machine/C/pkg$n/busenum.inf"
done
run run --machine "$machine" -- devcon install 'C:\pkg2\busenum.inf' 'root\busenum' -- pnputil /add-driver 'C:\pkg3\busenum.inf' /install \
    -- pnputil /enum-devices /drivers
is $status 0 'an update: runs to its end'
like "$work/out" 'Driver package installed on device: ROOT.SYSTEM.0000' 'a later version is better'
is "$(said | grep -E 'Driver (Version|Status)')" '    Driver Version:         11/21/2026 3.0.0.0
    Driver Status:          Best Ranked / Installed
    Driver Version:         11/21/2026 2.0.0.0
    Driver Status:          Outranked' 'it is ranked before the other'
run run --machine "$machine" -- devcon install 'C:\pkg3\busenum.inf' 'root\busenum' -- pnputil /add-driver 'C:\pkg2\busenum.inf' /install
like "$work/err" 'pnputil.exe: exit code 259' 'an earlier version is not: ERROR_NO_MORE_ITEMS'
like "$work/out" 'Driver package is not the best one for device: ROOT.SYSTEM.0000' 'which is said'

# ---- a feature score counts before version and kind of ID ----
fresh 12
mkdir "$machine/C/pkg4"
cp build/drivers/busenum.sys "$machine/C/pkg4"
sed 's/1\.0\.0\.0/0.5.0.0/; s/^\(CopyFiles *= *Bus_Files\)/\1\nFeatureScore = 0x40/' build/drivers/busenum.inf > "$machine/C/pkg4/busenum.inf"
run run --machine "$machine" -- $install -- pnputil /add-driver 'C:\pkg4\busenum.inf' /install -- pnputil /enum-devices /drivers
is $status 0 'a feature score: runs to its end'
is "$(said | grep -E 'Driver (Version|Rank|Status)')" '    Driver Version:         11/21/2026 0.5.0.0
    Driver Rank:            00400000
    Driver Status:          Best Ranked / Installed
    Driver Version:         11/21/2026 1.0.0.0
    Driver Rank:            00FF0000
    Driver Status:          Outranked' 'a lower one is better'

# ---- on a booted machine ----
fresh 11
export DRYDOCK_MACHINE=$machine
run boot --signing off
is $status 0 'boot'
run pnputil /add-driver 'C:\pkg\busenum.inf'
is $status 0 'boot: a package is added'
run devcon install 'C:\pkg\busenum.inf' 'root\busenum'
run shutdown
run boot --signing off
run pnputil /enum-drivers
is "$(said)" "$oem0" 'booted again: the driver store is kept'
run pnputil /disable-device 'ROOT\SYSTEM\0000'
is $status 0 'the device is disabled'
run shutdown
run boot --signing off
run pnputil /enum-devices /problem 22
is "$(said | head -1)" 'Instance ID:                ROOT\SYSTEM\0000' 'and stays so'
run pnputil /remove-device 'ROOT\SYSTEM\0000'
run pnputil /delete-driver oem0.inf
is $status 0 'its package is deleted'
run pnputil /delete-driver oem0.inf
is $status 2 'once'
run shutdown
is $status 0 'shutdown'
nothing_left 'afterwards'
done_testing
