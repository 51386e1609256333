#!/bin/bash
# What ai_driver is installed from: the INF against the public header, the projects against the sources, the package itself.
. tests/cli/tap.sh
ai=drivers/ai_driver
header=$ai/include/ai_driver.h
inf=$ai/ai_driver.inf

# value NAME: the words that the header defines NAME as.
value() { sed -nE "s/^#define $1 (.*)$/\1/p" "$header" | head -1 | sed 's/ *\/\*.*//'; }
unquoted() { sed -E 's/^L"(.*)"$/\1/; s/\\\\/\\/g'; }

sid=$(value AI_AGENT_SERVICE_SID | unquoted)
sddl=$(value AI_DEVICE_SDDL | sed -E "s/L?\"([^\"]*)\"/\1/g; s/ *AI_AGENT_SERVICE_SID */$sid/")
like "$inf" "^HKR,,Security,,\"$(sed 's/[()]/\\&/g' <<< "$sddl")\"\$" 'the security descriptor'
is "$(perl -MDigest::SHA=sha1 -MEncode=encode -e 'print join "-", "S-1-5-80", unpack "V5", sha1(encode "UTF-16LE", uc shift)' \
    "$(value AI_AGENT_SERVICE_NAME | unquoted)")" "$sid" 'the agent'\''s service SID is that of its name'
hwid=$(value AI_HARDWARE_ID | unquoted)
is "$(sed -nE 's/^%DeviceName% = ai_driver_Install,(.*)$/\1/p' "$inf")" "$hwid" 'the hardware ID'
for pair in POOL_MEGABYTES QUOTA_MEGABYTES BOOST_INCREMENT; do
    name=$(value AI_VALUE_$pair | unquoted)
    is "$(sed -nE "s/^HKR,Parameters,$name,0x00010003,(.*)$/\1/p" "$inf")" "$(value AI_DEFAULT_$pair | tr -d u)" "$name"
done
is "$(sed -nE 's/^HKR,Parameters,ProcessNames,0x00010002,//p' "$inf" | tr -d '"' | tr ',' '\n')" \
    "$(sed -n '/define AI_DEFAULT_PROCESS_NAMES/,/^$/p' "$header" | sed -nE 's/^ *L"(.*)\\0".*/\1/p')" 'ProcessNames'
is "$(grep -cE '^[^;]*%[^%]*%' "$inf")" "$(grep -E '^[^;]*%[^%]*%' "$inf" | while read -r line; do
    for s in $(grep -oE '%[A-Za-z]+%' <<< "$line" | tr -d %); do grep -qE "^$s +=" "$inf" || echo missing; done; echo
    done | grep -vc missing)" 'each string of the INF is defined'
for section in $(grep -oE '^(CopyFiles|AddReg) *= *[A-Za-z_]+' "$inf" | sed 's/.*= *//'); do
    like "$inf" "^\[$section\]" "section $section"
done

# The header alone, for each world that includes it; its asserts are of the layout.
mingw=/usr/share/mingw-w64/include
printf '#include "ai_driver.h"\nint x;\n' > "$work/t.c"
printf '#include <ntddk.h>\n#include "ai_driver.h"\nint x;\n' > "$work/k.c"
cp "$work/t.c" "$work/t.cpp"
for target in x86_64 i686; do
    for file in t.c t.cpp; do
        clang-19 --target=$target-w64-windows-gnu -isystem $mingw -Wall -Wextra -Werror -I$ai/include -fsyntax-only "$work/$file"
        is $? 0 "the header alone: $target, $file"
    done
done
clang-19 --target=x86_64-w64-windows-gnu -Iinclude/ddk -isystem $mingw/ddk -isystem $mingw -D_AMD64_ -Wall -Wextra -Werror \
    -Wno-microsoft -fms-extensions -I$ai/include -fsyntax-only "$work/k.c"
is $? 0 'the header in a driver'

for project in $ai/ai_driver.vcxproj $ai/libai/libai.vcxproj $ai/aictl/aictl.vcxproj $ai/agent/ai_gpu_agent.vcxproj \
    $ai/setup/aisetup.vcxproj; do
    name=$(basename "$project")
    like "$project" '<ClCompile Include="\*.c" />' "$name: the sources are the folder's, as the Makefile's are"
    like "$project" '<WarningLevel>Level4<' "$name: /W4"
    like "$project" '<TreatWarningAsError>true<' "$name: /WX"
    is "$(grep -c "$(sed -nE 's/.*<ProjectGuid>(.*)<.*/\1/p' "$project")" $ai/ai_driver.sln)" 5 "$name: in the solution"
done

# The package, of what is built.
mkdir -p "$work/build/drivers"
cp -r build/programs "$work/build/"
cp build/drivers/ai_driver.sys "$work/build/drivers/"
$ai/package/build.sh "$work/build" > "$work/out" 2> "$work/err"
is $? 0 'make package'
is "$(cat "$work/err")" '' 'without a word of complaint'
msi=$work/build/package/ai_driver-1.0.0.msi
folder=$work/build/package/ai_driver-1.0.0
for file in "$folder/ai_driver.sys" "$folder"/*.exe "$msi"; do
    osslsigncode verify -CAfile "$work/build/package/key/test.pem" -in "$file" > "$work/verify" 2>&1
    is $? 0 "$(basename "$file"): signed"
done
printf 'x' | dd of="$folder/aictl.exe" bs=1 seek=4096 conv=notrunc 2> /dev/null
osslsigncode verify -CAfile "$work/build/package/key/test.pem" -in "$folder/aictl.exe" > /dev/null 2>&1
is $? 1 'a file that was changed afterwards is not'
is "$(msiinfo export "$msi" File | tail -n +4 | cut -f3 | sort | tr '\n' ' ')" \
    'README.txt ai_driver.inf ai_driver.sys ai_gpu_agent.exe aictl.exe aisetup.exe ' 'the MSI'\''s files'
order() { msiinfo export "$msi" InstallExecuteSequence | awk -F '\t' -v a="$1" '$1 == a { print $3 + 0 }'; }
ok "$([ "$(order RemoveExistingProducts)" -lt "$(order InstallFiles)" ] && [ "$(order InstallServices)" -lt "$(order InstallDevice)" ] &&
    [ "$(order InstallDevice)" -lt "$(order StartServices)" ] && [ "$(order RemoveDevice)" -lt "$(order RemoveFiles)" ]; echo $?)" \
    'its actions are in order'
done_testing
