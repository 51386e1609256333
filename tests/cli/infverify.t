#!/bin/bash
# drydock infverify: what it says of an INF by code and line, the modes, the options; the program in a machine.
. tests/cli/tap.sh

cat > "$work/good.inf" <<'INF'
[Version]
Signature = "$Windows NT$"
Class = System
ClassGuid = {4D36E97D-E325-11CE-BFC1-08002BE10318}
Provider = %Company%
DriverVer = 02/29/2024,1.2.3.4
CatalogFile = good.cat
PnpLockdown = 1
[DestinationDirs]
DefaultDestDir = 13
[SourceDisksNames]
1 = %Disk%
[SourceDisksFiles]
good.sys = 1
[Manufacturer]
%Company% = Models, NTamd64.10.0...16299
[Models.NTamd64.10.0...16299]
%Device% = Install, root\good
[Install]
CopyFiles = Files
[Files]
good.sys
[Install.Services]
AddService = good, 2, Service
[Service]
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\good.sys
AddReg = Keys
[Keys]
HKR, Parameters, Speed, 0x00010001, 5
[Install.Wdf]
KmdfService = good, Wdf
[Wdf]
KmdfLibraryVersion = 1.15
[Strings]
Company = "Drydock"
Disk = "Disk; one"
Device = "Good device"
INF

# changed SED FILE: good.inf with a change.
changed() { sed "$1" "$work/good.inf" > "$work/$2"; }
# codes: what was said, as code:line.
codes() { sed -n 's/^[A-Z]*(\([0-9]*\)) in [^,]*\(, line \([0-9]*\)\)*: .*/\1:\3/p' "$work/out" | tr '\n' ' ' | sed 's/ $//'; }

for mode in '' /k /u /w /h; do
    run infverify $mode "$work/good.inf"
    is "$status $(cat "$work/out")" '0 ' "a good INF ${mode:-without a mode}: nothing to say"
done
run infverify /v /h "$work/good.inf"
is "$(cat "$work/out")" "Running in Verbose
Running signature requirements check

Validating $work/good.inf
INF is VALID

Checked 1 INF(s)" 'verbose'
iconv -t UTF-16 "$work/good.inf" > "$work/wide.inf"
run infverify /w "$work/wide.inf"
is "$status $(cat "$work/out")" '0 ' 'in UTF-16 too'

# Each change of the good INF, and what is said of it: SED | MODE | CODES
number=0
while IFS='|' read -r change mode expected; do
    number=$((number + 1))
    changed "$change" "c$number.inf"
    run infverify $mode "$work/c$number.inf"
    is "$(codes)" "$expected" "$change $mode"
    case $(sed -n 's/^\(ERROR\).*/\1/p' "$work/out" | head -1) in
        ERROR) is $status 1 "  an error" ;;
        *) is $status 0 "  no error" ;;
    esac
done <<'TABLE'
2s/Windows/Widows/||1001:2
1s/.*/[Version/||1002:1
4s/{/{x/||1010:4
4s/7D/7E/||1281:4
3s/System/Ports/||1281:4
3s/System/Mine/||1280:3
4s/=.*/= {78A1C341-4539-11D3-B88D-00C04FAD5171}/;3s/System/Sample/||1284:4
5d||1234:1
5s/%Company%/"Microsoft Research"/||1204:5
6s/29/30/||1218:6
6s/29.2024/29\/2023/||1218:6
6s/1.2.3.4/1.2.3/||1217:6
6s/1.2.3.4/1.2.3.65537/||1217:6
7d||1233:1
7s/cat$/dog/||1214:7
8d||1324:1
8d|/w|1324:1
5s/$/,two/||1201:5
10s/13/14/||1243:10
10s/13/12/||
10s/13/12/|/w|1322:22
10d||1275:21
10s/13/13,sub/||1100:22
22s/$/,other.sys/;14s/$/\nother.sys = 1/||1100:23
14s/1/x/||1008:14
14s/1/2/||1273:14
14s/good.sys/bad.sys/||1230:22
14s/$/\ngood.cat = 1/||1213:15
16s/Models/Modells/||1297:15 1203:16 2083:17 2083:19 2083:21 2083:23 2083:25 2083:31 2083:33 2083:35
16s/=.*/=/||1297:15 1011:16 2083:17 2083:19 2083:21 2083:23 2083:25 2083:31 2083:33 2083:35
16s/16299/14000/;17s/16299/14000/||1288:16
16s/,.*//;17s/\.NT.*/]/||2010:16
16s/amd64/vax/;17s/amd64/vax/||1297:15 1287:16 2083:17 2083:19 2083:21 2083:23 2083:25 2083:31 2083:33 2083:35
16,17s/amd64/$ARCH$/||1297:15 1274:16 2083:17 2083:19 2083:21 2083:23 2083:25 2083:31 2083:33 2083:35
16,17s/amd64/$ARCH$/|/stampinf|
18s/Install/Instal/||1261:18 2083:19 2083:21 2083:23 2083:25 2083:31 2083:33 2083:35
18s/= Install/=/||1271:18 2083:19 2083:21 2083:23 2083:25 2083:31 2083:33 2083:35
18s/, root.*//||1297:15
20s/Files$/Fils/||1203:20 2083:21 2084:29
20s/=.*/=/||1005:20 2083:21 2084:29
20s/Files$/Files\nDelReg = Files/||1206:21 1224:23 1308:23
20s/$/\nAddReg = More/;34s/$/\n[More]\nHKLM,Software\\X,Y,,z/|/w|1321:37
20s/$/\nAddReg = More/;34s/$/\n[More]\nHKLM,Software\\X,Y,,z/|/u|1304:37
20s/$/\nAddReg = More/;34s/$/\n[More]\nHKLM,Software\\Khronos,Y,,z/|/h|
20s/$/\nAddReg = More/;34s/$/\n[More]\nHKLM,SYSTEM\\ControlSet001,Y,,z/|/h|1222:37 1321:37
20s/$/\nRegisterDlls = More/;34s/$/\n[More]\n13,,x.dll/|/u|1307:21
20s/$/\nNeeds = Other/||1315:21
20s/$/\nInclude = x.inf\nNeeds = Other/||
24s/2/0/||1296:18
24s/2/two/||1296:18 1268:24
24s/Service$/Servic/||2006:24 2083:25 2083:31
24s/, Service//||1005:24 2083:25 2083:31
24s/$/\nAddService = other, 2, Service/||1211:25
24s/good//||1272:24 2083:31
26d||1234:25
27s/3/4/||1251:27
28s/1/one/||1234:28
29s/%13%/C:/||2085:29
29s/good.sys/gud.sys/|/w|2084:29
32s/HKR/HKX/||1224:32
32s/5$/five/||1268:32
32s/0x.*/1, 0, ff, 100/||1267:32
32s/0x.*/0x8, x/||1265:32
32s/0x.*/0x10008, x/||1305:32
32s/0x.*/flags, x/||1268:32
32s/5$/%Five%/||1235:32 1268:32
32s/Parameters/Other/|/w|1323:32
32s/Parameters/Other/|/u|
32s/Parameters/Instances/|/w|
16,17s/16299/25952/;32s/Parameters/Instances/|/w|1323:32
36d||1084:34
36s/1.15/new/||1081:36
37s/.*/[Strings]\n[Files]\n[Strings]/||1209:38 1209:39
$s/$/\n[Alone]/||2083:41
$s/$/\n[Strings.0407]\nCompany="D"/||1295:41
TABLE

# ---- options ----
run infverify "$work/absent.inf"
is "$status $(codes)" '1 1000:' 'a file that is not there'
run infverify /code 1296
is "$status $(head -1 "$work/out")" '0 Code 1296' 'what a code means'
run infverify /code 77
is $status 87 'no such code'
run infverify /provider Other "$work/good.inf"
is "$status $(codes)" '1 1210:5' 'another provider'
run infverify /osver NTamd64.6.3 "$work/good.inf"
is "$status $(cat "$work/out")" '0 ' 'a system that the INF is not for'
for option in /rulever /wbuild /l /product; do
    run infverify $option x "$work/good.inf"
    is "$status $(cat "$work/out")" "87 $option is not supported here." "$option is refused by name"
done
run infverify /zap "$work/good.inf"
is "$status $(head -1 "$work/out")" "87 Invalid option '/zap'." 'an option that there is not'
run infverify /h /w "$work/good.inf"
is "$status $(cat "$work/out")" '87 Only one mode option may be passed at a time.' 'two modes'
run infverify
is $status 87 'no file'
run infverify /info "$work/good.inf"
like "$work/out" 'root.good  amd64  10.0.16299  "Good device" .Install.' 'the summary has hardware IDs'
run infverify '/v' "$work/c[12].inf" "$work/c?.inf"
like "$work/out" 'Checked 10 INF' 'wildcards'
run infverify --json "$work/c32.inf"
is "$(cat "$work/out")" "{\"type\":\"inf\",\"level\":\"warning\",\"code\":2010,\"line\":16,\"file\":\"$work/c32.inf\",\"text\":\"Section [Models] should have '.NTx86' decoration.\"}" \
    'for programs'
for inf in drivers/toaster/*/*.inf drivers/ai_driver/*.inf drivers/simgpu/*.inf; do
    run infverify "$inf"
    is $status 0 "$inf is valid"
done

# ---- the program ----
machine=$work/machine
mkdir -p "$machine/C"
cp "$work/good.inf" "$work/c1.inf" "$machine/C"
run run --machine "$machine" -- infverify /v 'C:\*.inf'
is $status 5 'in a machine: runs'
like "$work/err" 'infverify.exe: exit code 1' 'with its exit code'
is "$(tr -d '\r' < "$work/out" | grep -c VALID)" 2 'it looks at each file'
like "$work/out" 'ERROR\(1001\) in C:.c1.inf, line 2: Invalid INF' 'and says the same'
done_testing
