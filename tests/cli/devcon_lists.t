#!/bin/bash
# devcon's commands that list and edit: hardware IDs, class filters, driver nodes, resources, classes, packages, stacks; update, rescan.
. tests/cli/tap.sh

fresh() {
    machine=$work/machine$1
    mkdir -p "$machine/C/pkg"
    cp build/drivers/busenum.inf build/drivers/busenum.sys build/drivers/toaster.inf build/drivers/toaster.sys "$machine/C/pkg"
}
# The programs' output, without blank lines, blanks before a colon folded.
said() { sed '/^Summary/,$d' "$work/out" | tr -d '\r' | sed '/^$/d; s/  *:/ :/'; }
install="devcon install C:\\pkg\\busenum.inf root\\busenum"

# ---- sethwid: the documented examples ----
fresh 1
run run --machine "$machine" -- $install -- devcon sethwid '@ROOT\SYSTEM\0000' ':=' '=Hw3' Hw4 \
    -- devcon sethwid '@ROOT\SYSTEM\0000' ':=' +Hw2 -- devcon sethwid '@ROOT\SYSTEM\0000' ':=' +Hw1 Hw2 \
    -- devcon sethwid Hw3 ':=' '!Hw1' Hw5 -- devcon sethwid '=System' ':=' -Hw2 +Hw0 '!Hw4' Hw6 \
    -- devcon sethwid '@ROOT\*' ':=' Hw3 -- devcon sethwid '@ROOT\*' ':=' '=root\busenum' -- devcon hwids '@ROOT\SYSTEM\0000'
is $status 0 'sethwid: runs to its end'
is "$(said | sed -n '4,$p')" 'ROOT\SYSTEM\0000 : Hw3,Hw4
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000 : Hw2,Hw3,Hw4
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000 : Hw1,Hw2,Hw3,Hw4
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000 : Hw2,Hw3,Hw4,Hw5
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000 : Hw0,Hw6,Hw3,Hw5,Hw2
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000 : Hw0,Hw6,Hw5,Hw2,Hw3
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000 : root\busenum
Modified 1 hardware ID(s).
ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    Hardware IDs:
        root\busenum
1 matching device(s) found.' 'to the end, to the front in order, away, in place of all'
run run --machine "$machine" -- devcon sethwid 'no\such' ':=' x
is "$(said)" 'No hardware IDs modified.' 'of no device'
run run --machine "$machine" -- devcon sethwid 'x'
like "$work/err" 'exit code 3' 'without := it is used wrongly'

# ---- classfilter: the documented examples ----
fresh 2
filters=()
for name in PartMgr Disklog MyFilter MyNewFilter; do
    filters+=(-- sc create $name type= kernel binPath= "C:\\$name.sys")
done
run run --machine "$machine" -- $install "${filters[@]}" -- devcon classfilter System upper -- devcon classfilter System upper +PartMgr \
    -- devcon /r classfilter System upper +Disklog -- devcon classfilter System upper '@Disklog' -MyFilter \
    -- devcon classfilter System upper '!MyFilter' +MyNewFilter -- devcon classfilter System upper '!Disklog' '=@PartMgr' +Disklog \
    -- devcon classfilter System upper -MyFilter -- devcon classfilter System upper -- devcon classfilter System lower \
    -- devcon classfilter System upper +Disklgg
changed='Class filters changed. Class devices must be restarted for changes to take effect.'
is "$(said | grep -v '^\[SC\]' | sed -n '4,$p')" "Class filters unchanged.
$changed
    PartMgr
$changed
    PartMgr
    Disklog
The machine has to be restarted, which /r does not do here.
$changed
    PartMgr
    MyFilter
    Disklog
$changed
    PartMgr
    MyNewFilter
    Disklog
$changed
    PartMgr
    Disklog
    MyNewFilter
$changed
    MyFilter
    PartMgr
    Disklog
    MyNewFilter
Class filters unchanged.
    MyFilter
    PartMgr
    Disklog
    MyNewFilter
Class filters unchanged.
devcon.exe failed." 'shown, added, before, replaced, moved; what has no service is refused'
is "$(grep -c 'exit code 1' "$work/err")" 6 'a change wants a restart: exit code 1'

# ---- packages ----
fresh 3
run run --machine "$machine" -- devcon dp_enum -- devcon dp_add 'C:\pkg\busenum.inf' -- devcon dp_add 'C:\pkg\busenum.inf' \
    -- devcon dp_add 'C:\pkg\toaster.inf' -- devcon dp_enum -- devcon dp_delete oem0.inf -- devcon dp_enum
is $status 0 'packages: runs to its end'
is "$(said)" "There are no 3rd party Driver Packages on this machine.
Driver Package 'oem0.inf' added.
Driver Package 'oem0.inf' added.
Driver Package 'oem1.inf' added.
The following 3rd party Driver Packages are on this machine:
oem0.inf
    Provider: Drydock
    Class: System
    Date, version: 11/21/2026,1.0.0.0
oem1.inf
    Provider: Drydock
    Class: DrydockToaster
    Date, version: 11/21/2026,1.0.0.0
Driver Package 'oem0.inf' deleted.
The following 3rd party Driver Packages are on this machine:
oem1.inf
    Provider: Drydock
    Class: DrydockToaster
    Date, version: 11/21/2026,1.0.0.0" 'none, added once and again, listed, deleted'
fresh 4
run run --machine "$machine" -- $install -- devcon dp_delete oem0.inf -- devcon dp_delete busenum.inf -- devcon dp_delete -f oem0.inf
is "$(said | sed -n '4,$p')" "Deleting the specified Driver Package from the machine failed. The specified package is in use
by one or more devices.
devcon.exe failed.
Deleting the specified Driver Package from the machine failed.
devcon.exe failed.
Driver Package 'oem0.inf' deleted." 'in use, by its original name, by force'

# ---- nodes, stacks, classes, update ----
fresh 5
mkdir "$machine/C/pkg2"
cp build/drivers/busenum.sys "$machine/C/pkg2"
sed 's/1\.0\.0\.0/2.0.0.0/' build/drivers/busenum.inf > "$machine/C/pkg2/busenum.inf"
run run --machine "$machine" -- $install -- devcon update 'C:\pkg2\busenum.inf' 'root\busenum' -- devcon drivernodes 'root\busenum' \
    -- devcon stack 'root\busenum' -- devcon classes -- devcon listclass System Display -- devcon rescan
is $status 0 'update and lists: runs to its end'
is "$(said | sed -n '4,$p')" 'Updating drivers for root\busenum from C:\pkg2\busenum.inf.
Drivers installed successfully.
ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    DriverNode #0:
        Inf file is C:\Windows\INF\oem1.inf
        Inf section is Bus_Install
        Driver description is Toaster bus enumerator
        Manufacturer name is Drydock
        Provider name is Drydock
        Driver date is 11/21/2026
        Driver version is 2.0.0.0
        Driver node rank is 16711680
        Driver node flags are 00000000
    DriverNode #1:
        Inf file is C:\Windows\INF\oem0.inf
        Inf section is Bus_Install
        Driver description is Toaster bus enumerator
        Manufacturer name is Drydock
        Provider name is Drydock
        Driver date is 11/21/2026
        Driver version is 1.0.0.0
        Driver node rank is 16711680
        Driver node flags are 00000000
1 matching device(s) found.
ROOT\SYSTEM\0000
    Name: Toaster bus enumerator
    Setup Class: {4d36e97d-e325-11ce-bfc1-08002be10318} System
    Controlling service:
        busenum
1 matching device(s) found.
Listing 1 setup class(es).
System : System devices
Listing 1 device(s) for setup class "System" (System devices).
ROOT\SYSTEM\0000 : Toaster bus enumerator
No devices for setup class "Display" (Display adapters).
Scanning for new hardware.
Scanning completed.' 'the later version before the other; stack, classes, rescan'
run run --machine "$machine" -- devcon update 'C:\pkg\busenum.inf' 'root\absent'
like "$work/err" 'devcon.exe: exit code 2' 'an update of no device fails'

# ---- resources, and devices that are gone ----
run run --device timer --hwid 'PCI\VEN_D12D&DEV_0001' build/drivers/ticker.sys -- devcon resources '*'
is $status 0 'resources: runs to its end'
is "$(said | sed 's/^PCI.*/PCI/; s/\(MEM :\) .*/\1/; s/\(IO :\) .*/\1/; s/\(IRQ :\) .*/\1/; /ticker:/d')" 'PCI
    Name: Drydock timer device
    Device is currently using the following resources:
        MEM :
        IO :
        IRQ :
ROOT\PCI\0000
    Name: pci
    Device is not using any resources.
2 matching device(s) found.' 'memory, ports, an interrupt; none'
fresh 6
run run --machine "$machine" -- $install -- pnputil /add-driver 'C:\pkg\toaster.inf' -- build/programs/toaster.exe plug 5 \
    -- build/programs/toaster.exe unplug 5 -- devcon find '=DrydockToaster' -- devcon findall '=DrydockToaster'
is "$(said | grep -c 'DRYDOCKTOASTER.05')" 1 'a toaster that was there is found by findall alone'
like "$work/out" 'No matching devices found' 'find has those that are present'
nothing_left 'afterwards'
done_testing
