#!/bin/bash
# Devices: a bus driver and a function driver that an INF or --hwid brings together; the tree, sleep, surprise removal.
. tests/cli/tap.sh

# The debug output of the function driver, without times.
func() { sed -n 's/^ *[0-9.]* *func: //p' "$work/out"; }
tree() { awk '/^  [A-Z]/ {on = /^  Device tree$/; next} on' "$work/err" | sed 's/^    //'; }

run run --tree --hwid 'pnp_func=DDBUS\Widget' --hwid 'pnp_func=DDBUS\Generic' $drivers/pnp_bus.sys $drivers/pnp_func.sys
is $status 0 'bus, then function driver: runs to its end'
is "$(tree)" 'ROOT\PNP_BUS\0000  (pnp_bus)  started
  DDBUS\Widget\1  (pnp_func)  started
  DDBUS\Widget\2  (pnp_func)  started
  DDBUS\Raw\3  (no driver)  started' 'its device tree'
is "$(func)" 'DDBUS\Widget&Rev2 starts
DDBUS\Other starts
DDBUS\Widget&Rev2 is removed
DDBUS\Other is removed
unloaded' 'each widget gets its driver, by hardware or compatible ID'

run run --tree --hwid 'pnp_func.sys=DDBUS\Widget' --hwid 'PNP_FUNC=ddbus\generic' $drivers/pnp_func.sys $drivers/pnp_bus.sys
is $status 0 'the other way round: runs to its end'
is "$(tree | grep -c 'pnp_func)  started')" 2 'the driver waits for its devices'

run run --tree --hwid 'pnp_func=DDBUS\Widget' $drivers/pnp_func.sys
is "$(tree)" 'ROOT\PNP_FUNC\0000  (pnp_func)  started' 'no device comes: it gets one of its own'

run run --tree --hwid 'pnp_func=DDBUS\Absent' $drivers/pnp_bus.sys $drivers/pnp_func.sys
like "$work/err" 'DDBUS.Widget.1  \(no driver\)  .*\(Code 28\)' 'a device without driver has code 28'
like "$work/err" 'ROOT.PNP_FUNC.0000  \(pnp_func\)  started' 'and the driver one of its own'

# ---- INF files ----
mkdir "$work/inf"
cp $drivers/pnp_bus.sys $drivers/pnp_func.sys "$work/inf"
cat > "$work/inf/bus.inf" <<'INF'
[Version]
Signature = "$WINDOWS NT$" ; a comment
[Manufacturer]
%Mfg% = Models, NTamd64
[Models.NTamd64]
%BusDesc% = Bus_Install, \
    root\ddbus
[Bus_Install.NT]
CopyFiles = @pnp_bus.sys
[Bus_Install.NT.Services]
AddService = pnp_bus, %SPSVCINST_ASSOCSERVICE%, Bus_Service
[Bus_Service]
ServiceType = 1
ServiceBinary = %12%\pnp_bus.sys
[Strings]
Mfg = "Drydock; tests"
BusDesc = "A bus"
SPSVCINST_ASSOCSERVICE = 0x00000002
INF
sed -e 's/bus/func/g; s/Bus/Func/g; s/root.ddfunc/%Id%, DDBUS\\Generic/' -e 's/^Mfg = .*/&\nId = "DDBUS\\Widget"/' \
    "$work/inf/bus.inf" | iconv -t UTF-16 > "$work/inf/func.inf"
run run --tree "$work/inf/pnp_bus.sys" "$work/inf/pnp_func.sys"
is $status 0 'with INF files beside the drivers: runs to its end'
is "$(tree | grep -c 'pnp_func)  started')" 2 'their hardware IDs are taken, from UTF-16 too'

# ---- sleep ----
run run --sleep S3:2 --hwid 'pnp_func=DDBUS\Widget' $drivers/pnp_bus.sys $drivers/pnp_func.sys
is $status 0 'sleep: runs to its end'
is "$(func | grep -c sleeps) $(func | grep -c wakes)" '2 2' 'down and up, twice'
like "$work/err" 'drydock: power: asleep in S3' 'which the log says'
run run --sleep S5 $drivers/pnp_func.sys
is $status 1 'S5 is no sleep'
cp $drivers/pnp_func.sys "$work/stays.sys"
run run "$work/stays.sys"
is "$(func)" 'ROOT\STAYS starts
ROOT\STAYS shuts down' 'a driver that cannot be unloaded is told of S5'

# ---- surprise ----
run run --tree --surprise-remove 'ddbus\widget\2' --hwid 'pnp_func=DDBUS\Generic' $drivers/pnp_bus.sys $drivers/pnp_func.sys
is $status 0 'surprise removal: runs to its end'
is "$(func)" 'DDBUS\Other starts
DDBUS\Other is pulled out
DDBUS\Other is removed
unloaded' 'surprise, then removal'
is "$(tree | grep -c 'Widget.2')" 0 'it is not in the tree any more'
run run --surprise-remove 'no\such\device' $drivers/pnp_func.sys
is $status 1 'no such device'
like "$work/err" 'no.such.device: .*STATUS_NO_SUCH_DEVICE' 'is said'

# ---- again and again ----
run run --cycles 20 --hwid 'pnp_func=DDBUS\Widget' $drivers/pnp_bus.sys $drivers/pnp_func.sys
is $status 0 'twenty times in one machine'
is "$(func | grep -c starts)" 20 'each with its devices'
run run --json --tree $drivers/pnp_func.sys
like "$work/out" '"key":"tree","fields":\["0","ROOT..PNP_FUNC..0000","pnp_func","started","0","0"\]' 'the tree for programs'
nothing_left 'afterwards'
done_testing
