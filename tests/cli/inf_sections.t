#!/bin/bash
# What sections of an INF do to a device: AddReg, .HW, .Services, .Filters, AddProperty, .Wdf; what is left aside, by name; extension
# INFs; rolling back.
. tests/cli/tap.sh
device=build/cli-programs/device.exe

fresh() {
    machine=$work/machine$1
    mkdir -p "$machine/C/pkg" "$machine/C/ext"
    cp build/drivers/busenum.sys build/drivers/toastup.sys build/drivers/toastlow.sys "$machine/C/pkg"
    cp build/drivers/toastup.sys "$machine/C/ext"
}
said() { sed '/^Summary/,$d' "$work/out" | tr -d '\r' | sed '/^$/d'; }
log=C/Windows/INF/setupapi.dev.log
# value KEY NAME: words of a run that show a value of the device's driver key or of another.
key='HKLM\SYSTEM\CurrentControlSet'
class="$key\\Control\\Class\\{4D36E97D-E325-11CE-BFC1-08002BE10318}\\0000"
enum="$key\\Enum\\ROOT\\SYSTEM\\0000"

# package VERSION ADDITIONS...: a base driver's INF; each addition is a line of the install section or [section] lines after it.
package() {
    cat <<INF
[Version]
Signature = "\$Windows NT\$"
Class = System
ClassGuid = {4D36E97D-E325-11CE-BFC1-08002BE10318}
Provider = Drydock
DriverVer = $1
[DestinationDirs]
DefaultDestDir = 13
[SourceDisksNames]
1 = Disk
[SourceDisksFiles]
busenum.sys = 1
toastup.sys = 1
toastlow.sys = 1
[Manufacturer]
Drydock = Models, NTamd64
[Models.NTamd64]
"The bus" = Install, root\\busenum
[Install.NT]
CopyFiles = Files
AddReg = Registry
AddProperty = Properties
LogConfig = Anything
[Files]
busenum.sys
toastup.sys
toastlow.sys
[Registry]
HKR,,Text,,"words, with a comma"
HKR,,Number,0x00010001,0x12
HKR,,List,0x00010000,one,two
HKR,,List,0x00010008,two,three
HKR,,Bytes,1,01,02,ff
HKR,,Expand,0x00020000,"%%SystemRoot%%\\x"
HKR,Sub\\Key,Deep,,yes
HKR,,Number,0x00010003,0x99
HKR,,Other,0x00010021,1
HKU,,Nobody,,is logged on
[Properties]
DeviceModel,,,,"A model"
DeviceIcon,,,,"one.ico","two.ico"
{11223344-0001-0002-0304-05060708090a},2,18,,"a string"
{11223344-0001-0002-0304-05060708090a},3,7,,0x10
{11223344-0001-0002-0304-05060708090a},3,7,8,0x01
{11223344-0001-0002-0304-05060708090a},3,7,1,0x99
{11223344-0001-0002-0304-05060708090a},4,17,,1
{11223344-0001-0002-0304-05060708090a},5,0x1003,,01,fe
{11223344-0001-0002-0304-05060708090a},6,0x2012,,a,b
{11223344-0001-0002-0304-05060708090a},6,0x2012,4,b,c
{11223344-0001-0002-0304-05060708090a},7,7,2,5
ContainerModelName,,,,"left aside"
[Install.NT.HW]
AddReg = Hardware
[Hardware]
HKR,,FriendlyName,,"A friend"
HKR,,Own,,of the device
[Install.NT.Services]
AddService = busenum, 2, Service, Log
AddService = toastup,, Filter
AddService = toastlow,, Filter
[Service]
DisplayName = "Bus service"
Description = "What it does"
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\\busenum.sys
LoadOrderGroup = Extended Base
Dependencies = first, +group, second
Security = "D:P(A;;GA;;;SY)"
AddReg = ServiceKeys
[ServiceKeys]
HKR,Parameters,Speed,0x00010001,7
[Filter]
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\\toastup.sys
[Log]
AddReg = Nothing
[Install.NT.Filters]
AddFilter = toastup,, Up
AddFilter = toastlow,, Low
AddFilter = other,, Level
[Up]
FilterPosition = Upper
[Low]
FilterPosition = Lower
[Level]
FilterLevel = Some
[Install.NT.Components]
AddComponent = part,, Part
[Part]
ComponentIDs = VID0001
[Install.NT.Wdf]
KmdfService = busenum, Wdf
[Wdf]
KmdfLibraryVersion = 1.15
INF
}

fresh 1
package '01/02/2024,1.2.3.4' > "$machine/C/pkg/bus.inf"
# The filters are the toaster's and refuse this stack: what is looked at is what is written.
run run --machine "$machine" -- devcon install 'C:\pkg\bus.inf' 'root\busenum' -- reg query "$class" -- reg query "$class\\Sub\\Key" \
    -- reg query "$enum" -- reg query "$enum\\Device Parameters" -- reg query "$key\\Services\\busenum" \
    -- reg query "$key\\Services\\busenum\\Parameters" /s -- $device properties 'ROOT\SYSTEM\0000'
shows() { like "$work/out" "^    $1 +REG_$2 +$3.?$" "$4"; }
shows Text SZ 'words, with a comma' 'AddReg: text'
shows Number DWORD 0x12 'a number; the flag 2 keeps it'
shows List MULTI_SZ 'one.0two.0three' 'a list; the flag 8 appends what is not there'
shows Bytes BINARY 0102FF 'bytes'
shows Expand EXPAND_SZ '%SystemRoot%.x' 'text to be expanded'
unlike "$work/out" '^    Other ' 'the flag 0x20 makes no new value'
shows Deep SZ yes 'a key below'
shows DriverVersion SZ 1.2.3.4 'what [Version] says'
shows MatchingDeviceId SZ 'root.busenum' 'the ID that matched'
shows FriendlyName SZ 'A friend' '.HW: a property of the device'
shows Own SZ 'of the device' '.HW: its parameters'
shows UpperFilters MULTI_SZ toastup '.Filters: an upper one'
shows LowerFilters MULTI_SZ toastlow '.Filters: a lower one'
shows DisplayName SZ 'Bus service' '.Services: the name'
shows Description SZ 'What it does' '.Services: the description'
shows Group SZ 'Extended Base' '.Services: the group'
shows DependOnService MULTI_SZ 'first.0second' '.Services: what it depends on'
shows DependOnGroup MULTI_SZ group '.Services: groups it depends on'
shows Speed DWORD 0x7 '.Services: its parameters'
shows KmdfLibraryVersion SZ 1.15 '.Wdf: the framework'
is "$(said | grep type)" '11223344 2 type 12: a string
11223344 3 type 7: 11 00 00 00
11223344 4 type 11: ff
11223344 5 type 1003: 01 fe
11223344 6 type 2012: a b c
cf73bb51 2 type 12: A model
cf73bb51 6 type 2012: one.ico two.ico' 'AddProperty: by name, by key, each type, kept, or-ed, appended'
for what in 'HKU.* cannot be opened: ignored' 'LogConfig: ignored' 'Security of service busenum: ignored' 'event log section .Log.: ignored' \
    'filter other by level: ignored' '.Install.NT.Components.: ignored' 'AddProperty of no property of devices: ignored'; do
    like "$machine/$log" "$what" "left aside, by name: $what"
done

# ---- extension INFs ----
# extension VERSION ID TEXT
extension() {
    cat <<INF
[Version]
Signature = "\$Windows NT\$"
Class = Extension
ClassGuid = {e2f84ce7-8efa-411c-aa69-97454ca4cb57}
ExtensionId = {$2-0000-0000-0000-000000000000}
Provider = Drydock
DriverVer = $1
[Manufacturer]
Drydock = Models, NTamd64
[Models.NTamd64]
"An extension" = Install, root\\busenum
[Install.NT]
AddReg = Registry
AddProperty = Properties
[Registry]
HKR,,Text,,"$3"
HKR,,$3,,yes
[Properties]
DeviceModel,,,,"$3"
[Install.NT.HW]
AddReg = Hardware
[Hardware]
HKR,,FriendlyName,,"$3"
INF
}
plain() { package "$1" | sed '/^AddFilter/d'; } # a device that starts
fresh 2
plain '01/02/2024,1.2.3.4' > "$machine/C/pkg/bus.inf"
extension '01/02/2024,1.0.0.0' 0000000a first > "$machine/C/ext/a1.inf"
extension '01/02/2024,2.0.0.0' 0000000a second > "$machine/C/ext/a2.inf"
extension '01/02/2020,9.0.0.0' 0000000a old > "$machine/C/ext/a0.inf"
run run --machine "$machine" -- pnputil /add-driver 'C:\ext\a1.inf' /install -- devcon install 'C:\pkg\bus.inf' 'root\busenum' \
    -- pnputil /enum-devices -- pnputil /add-driver 'C:\ext\a2.inf' /install -- pnputil /add-driver 'C:\ext\a0.inf' /install \
    -- pnputil /enum-devices -- reg query "$class" -- pnputil /add-driver 'C:\ext\a2.inf' /install \
    -- pnputil /delete-driver oem2.inf -- pnputil /delete-driver oem2.inf /uninstall -- pnputil /enum-devices
is "$(said | grep -E '^(Device D|Driver Name|Extension|Status|Class Name)|^Driver package (inst|up|is)|^Failed')" 'Device Description:         first
Class Name:                 System
Status:                     Started
Driver Name:                oem1.inf
Extension Driver Names:     oem0.inf
Driver package installed on device: ROOT\SYSTEM\0000
Driver package is not the best one for device: ROOT\SYSTEM\0000
Device Description:         second
Class Name:                 System
Status:                     Started
Driver Name:                oem1.inf
Extension Driver Names:     oem2.inf
Driver package is up-to-date on device: ROOT\SYSTEM\0000
Failed to delete driver package: One or more devices are presently installed using the specified INF.
Device Description:         first
Class Name:                 System
Status:                     Started
Driver Name:                oem1.inf
Extension Driver Names:     oem0.inf' 'extensions: applied over the base, the latest of an ID, and back when it goes'
shows Text SZ second 'its AddReg wins over the base'
shows second SZ yes 'and adds to it'

# ---- rolling back ----
fresh 3
plain '01/02/2024,1.0.0.0' > "$machine/C/pkg/bus.inf"
mkdir "$machine/C/pkg2"
cp "$machine/C/pkg/"*.sys "$machine/C/pkg2"
plain '01/03/2024,1.0.0.0' > "$machine/C/pkg2/bus.inf"
run run --machine "$machine" -- devcon install 'C:\pkg\bus.inf' 'root\busenum' -- $device rollback 'ROOT\SYSTEM\0000' \
    -- pnputil /add-driver 'C:\pkg2\bus.inf' /install -- pnputil /enum-devices -- $device rollback 'ROOT\SYSTEM\0000' \
    -- pnputil /enum-devices -- $device set 'ROOT\SYSTEM\0000'
is "$(said | grep -E '^roll|^Driver Name|^Status|99')" 'rollback: error 259
Status:                     Started
Driver Name:                oem1.inf
rolled back
Status:                     Started
Driver Name:                oem0.inf
11223344 99 type 12: set by a program
11223344 99: error 1168' 'rolled back to the driver before; a property set and taken away by a program'
# ---- CopyINF: a bus that brings its children's driver ----
fresh 4
cp build/drivers/toaster.inf build/drivers/toaster.sys "$machine/C/pkg"
plain '01/02/2024,1.0.0.0' | sed 's/^CopyFiles = Files/&\nCopyINF = toaster.inf/' > "$machine/C/pkg/bus.inf"
run run --machine "$machine" -- devcon install 'C:\pkg\bus.inf' 'root\busenum' -- pnputil /enum-drivers -- build/programs/toaster.exe plug 1 \
    -- pnputil /enum-devices /class DrydockToaster
is $status 0 'CopyINF: runs to its end'
is "$(said | grep -E '^(Original Name|Status|Driver Name)')" 'Original Name:      bus.inf
Original Name:      toaster.inf
Status:                     Started
Driver Name:                oem1.inf' 'the other INF is a package of its own, and its driver runs'
rm "$machine/C/pkg/toaster.inf"
plain '01/02/2024,2.0.0.0' | sed 's/^CopyFiles = Files/&\nCopyINF = toaster.inf/' > "$machine/C/pkg/bus.inf"
run run --machine "$machine" -- pnputil /add-driver 'C:\pkg\bus.inf'
like "$work/err" 'exit code 2' 'one that is not there: the package is refused'
nothing_left 'afterwards'
done_testing
