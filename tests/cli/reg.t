# reg: its commands, output, errors and exit codes; scripts in each form; scripts that are damaged.
. tests/cli/tap.sh
machine=$work/machine

# reg WORD...: leaves $code, $work/out and $work/said, without what drydock itself says.
reg() {
    run run --machine "$machine" --keep-registry -- reg "$@"
    code=$(sed -n 's/^drydock: reg.exe: exit code \([0-9]*\).*/\1/p' "$work/err")
    code=${code:-$status}
    sed '/^$/,/^drydock: verdict/d' "$work/err" > "$work/said"
}

# shows TEXT NAME: the last command's output.
shows() {
    is "$(cat "$work/out" "$work/said")" "$1" "$2"
}

done_text='The operation completed successfully.'
missing='ERROR: The system was unable to find the specified registry key or value.'
key='HKCU\Software\Test'
full='HKEY_CURRENT_USER\Software\Test'

reg add "$key\\Sub" /v One /d text
is "$code" 0 'add: exit code'
shows "$done_text" 'add: a key and a value'
reg add "$key" /v Two /t reg_dword /d 0x10
reg add "$key" /v Three /t REG_MULTI_SZ /d 'a\0b\0cc'
reg add "$key" /v Four /t REG_MULTI_SZ /s ';' /d 'x;y'
reg add "$key" /ve /d 'a "default"'
reg add "$key" /v bin /t REG_BINARY /d 123fe
reg add "$key" /v q /t REG_QWORD /d 99999999999
reg add "$key" /v path /t REG_EXPAND_SZ /d '%SystemRoot%\x'
reg query "$key"
is "$code" 0 'query: exit code'
shows "
$full
    Two    REG_DWORD    0x10
    Three    REG_MULTI_SZ    a\\0b\\0cc
    Four    REG_MULTI_SZ    x\\0y
    (Default)    REG_SZ    a \"default\"
    bin    REG_BINARY    0123FE
    q    REG_QWORD    0x174876e7ff
    path    REG_EXPAND_SZ    %SystemRoot%\\x

$full\\Sub" 'query: values of each type, then subkeys'
reg query "$key" /v TWO
shows "
$full
    TWO    REG_DWORD    0x10" 'query /v'
reg query "$key\\Sub" /ve
shows "
$full\\Sub
    (Default)    REG_SZ    (value not set)" 'query /ve, of a key without one'
reg query "$key" /s
like "$work/out" 'Test.Sub$' 'query /s: the subkey'
like "$work/out" '^    One    REG_SZ    text' 'query /s: its value'
reg query HKCU /s /f TEX /d
shows "
$full\\Sub
    One    REG_SZ    text

End of search: 1 match(es) found." 'query /f: a search in data'
reg query "$key" /f t /c /e /s
is "$code" 1 'query /f: nothing is found'
like "$work/out" '^End of search: 0 match' 'which is told'
reg query "$key" /t REG_BINARY /z
like "$work/out" 'bin    REG_BINARY .3.    0123FE' 'query /t and /z'
reg query "$key" /v none
is "$code" 1 'query: no such value'
shows "$missing" 'query: its message'
reg query HKLM\\None
shows "$missing" 'query: no such key'
reg add "$key\\日本" /v 名前 /d 'テスト'
reg query "$key\\日本"
shows "
$full\\日本
    名前    REG_SZ    テスト" 'names and data of any characters'
reg delete "$key\\日本" /f
reg query HKXX\\None
is "$code" 1 'no such root'
shows 'ERROR: Invalid key name.
Type "REG QUERY /?" for usage.' 'no such root: its message'
reg add "$key" /v x /t REG_DWORD /d 12x
is "$code" 1 'add: no number'
like "$work/said" "^ERROR: Invalid syntax. Specify valid numeric value for '/d'.\$" 'add: its message'
reg add "$key" /v x /t REG_DWORD /d 4294967296
is "$code" 1 'add: a number that is too large'
reg add "$key" /v x /t REG_BINARY /d 0g
is "$code" 1 'add: no bytes'
for words in 'add' 'frob' 'query' "delete" "copy $key" "add $key /z" "query $key /v a /v b" "export $key" 'import' "add $key /t REG_SZ"; do
    reg $words
    is "$code $(head -1 "$work/said")" '1 ERROR: Invalid syntax.' "syntax: $words"
done

# Questions.
echo No | "$drydock" run --machine "$machine" --keep-registry -- reg add "$key" /v Two /t REG_DWORD /d 1 > "$work/out" 2> "$work/err"
is "$(head -1 "$work/out")" 'Value Two exists, overwrite(Yes/No)? The operation was cancelled by the user.' 'add: no'
echo maybe | "$drydock" run --machine "$machine" --keep-registry -- reg delete "$key" > "$work/out" 2> "$work/err"
like "$work/out" "^Permanently delete the registry key HKEY_CURRENT_USER.Software.Test .Yes/No.\\? Perm" 'delete: asked again'
reg query "$key" /v Two
like "$work/out" 'Two    REG_DWORD    0x10' 'neither was done'
reg add "$key" /v Two /t REG_DWORD /d 17 /f
reg query "$key" /v Two
like "$work/out" 'Two    REG_DWORD    0x11' 'add /f: overwritten'

# Scripts.
reg export "$key" 'C:\x.reg'
shows "$done_text" 'export'
is "$(od -An -tx1 -N4 "$machine/C/x.reg")" ' ff fe 57 00' 'export: UTF-16 with its mark'
is "$(iconv -f utf-16 "$machine/C/x.reg" | tr -d '\r')" "Windows Registry Editor Version 5.00

[$full]
\"Two\"=dword:00000011
\"Three\"=hex(7):61,00,00,00,62,00,00,00,63,00,63,00,00,00,00,00
\"Four\"=hex(7):78,00,00,00,79,00,00,00,00,00
@=\"a \\\"default\\\"\"
\"bin\"=hex:01,23,fe
\"q\"=hex(b):ff,e7,76,48,17,00,00,00
\"path\"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,00,74,\\
  00,25,00,5c,00,78,00,00,00

[$full\\Sub]
\"One\"=\"text\"" 'export: each type'
reg query "$key" /s
cp "$work/out" "$work/before"
reg delete "$key" /f
shows "$done_text" 'delete /f'
reg query "$key"
shows "$missing" 'it is gone'
reg import 'C:\x.reg'
shows "$done_text" 'import'
reg query "$key" /s
cmp -s "$work/out" "$work/before"
ok $? 'import: all is as it was'
printf 'REGEDIT4\r\n\r\n[%s\\Old]\r\n; a comment\r\n"a"="gr\374n"  ; another\r\n"b"=hex(7):61,00,62,\\\r\n  00,00\r\n"c"=hex(2):25,\\\r\n 41,25,00\r\nnonsense\r\n"d"=dword:ff\r\n"e"=frob\r\n' "$full" > "$machine/C/old.reg"
reg import 'C:\old.reg'
is "$code" 0 'import: version 4'
reg query "$key\\Old"
shows "
$full\\Old
    a    REG_SZ    grün
    b    REG_MULTI_SZ    a\\0b
    c    REG_EXPAND_SZ    %A%
    d    REG_DWORD    0xff" 'import: its texts are of the code page; a line of nonsense is left out'
printf 'Windows Registry Editor Version 5.00\n\n[-%s\\Old]\n[%s]\n"Two"=-\n"none"=-\n"back\\\\slash \\"q\\""="x]y"\n[%s\\[a]]\n@="b"\n' "$full" "$full" "$full" > "$machine/C/five.reg"
reg import 'C:\five.reg'
is "$code" 0 'import: deletions'
reg query "$key\\Old"
is "$code" 1 'a key'
reg query "$key" /v Two
is "$code" 1 'a value'
reg query "$key" /v 'back\slash "q"'
like "$work/out" 'REG_SZ    x]y' 'characters behind a backslash'
reg query "$key\\[a]" /ve
is "$code" 0 'brackets in a name'
reg import 'C:\none.reg'
shows 'ERROR: The system cannot find the file specified.' 'import: no file'
echo 'no script' > "$machine/C/bad.reg"
reg import 'C:\bad.reg'
is "$code" 1 'import: no script'
iconv -f utf-16 -t utf-16 "$machine/C/x.reg" > "$work/script"
codes=
for i in $(seq 40); do # a byte changed, or the end cut off
    cp "$work/script" "$machine/C/hurt.reg"
    [ $((i % 4)) -eq 0 ] && truncate -s $((i * 11)) "$machine/C/hurt.reg"
    printf "\\x$(printf %02x $((i * 37 % 256)))" | dd of="$machine/C/hurt.reg" bs=1 seek=$((80 + i * 19)) conv=notrunc status=none
    mv "$machine/C/hurt.reg" "$machine/C/hurt$i.reg"
done
for i in 0 10 20 30; do
    words=()
    for j in $(seq $((i + 1)) $((i + 10))); do words+=(-- reg import "C:\\hurt$j.reg"); done
    run run --machine "$machine" --keep-registry "${words[@]}"
    codes="$codes $status $(grep -c 'exit code [^1]' "$work/err")"
done
unlike <(echo "$codes") '[^ 05]' "import: damaged scripts are taken or refused ($codes)"

# Copies and comparisons.
reg delete "$key" /f
reg import 'C:\x.reg'
reg copy "$key" 'HKCU\Software\Other' /s /f
shows "$done_text" 'copy'
reg compare "$key" 'HKCU\Software\Other' /s
is "$code" 0 'compare: the same'
like "$work/out" '^Results Compared: Identical' 'which is told'
reg add 'HKCU\Software\Other' /v Two /t REG_DWORD /d 18 /f
reg delete 'HKCU\Software\Other\Sub' /f
reg compare "$key" 'HKCU\Software\Other' /s
is "$code" 2 'compare: different'
shows "< Value: $full  Two  REG_DWORD  0x11
> Value: HKEY_CURRENT_USER\\Software\\Other  Two  REG_DWORD  0x12
< Key:  $full\\Sub

Results Compared: Different
$done_text" 'what is'

# Hive files.
reg save "$key" 'C:\x.hiv'
shows "$done_text" 'save'
printf 'cd Sub\nlsval One\n' | hivexsh "$machine/C/x.hiv" > "$work/out"
is "$(cat "$work/out")" 'text' 'save: hivexsh reads the file'
echo n | "$drydock" run --machine "$machine" --keep-registry -- reg save "$key" 'C:\x.hiv' > "$work/out" 2> "$work/err"
like "$work/out" '^File C:.x.hiv already exists. Overwrite .Yes/No.\? The operation was cancelled' 'save: asked before a file is overwritten'
reg save "$key" 'C:\x.hiv' /y
shows "$done_text" 'save /y'
run run --machine "$machine" --keep-registry -- reg load 'HKLM\Loaded' 'C:\x.hiv' -- reg query 'HKLM\Loaded\Sub' \
    -- reg add 'HKLM\Loaded' /v new /d value -- reg unload 'HKLM\Loaded' -- reg query 'HKLM\Loaded'
is "$(cat "$work/out")" "$done_text

HKEY_LOCAL_MACHINE\\Loaded\\Sub
    One    REG_SZ    text

$done_text
$done_text" 'load, query, add, unload'
like "$work/err" "^$missing\$" 'and then it is not there'
printf 'lsval new\n' | hivexsh "$machine/C/x.hiv" > "$work/out"
is "$(cat "$work/out")" 'value' 'the change is in the file'
reg load 'HKLM\Loaded' 'C:\bad.reg'
like "$work/said" 'not in a registry file format' 'load: what is no hive'
is "$code" 1 'load: no hive'
reg load 'HKCU\Loaded' 'C:\x.hiv'
is "$code" 1 'load: not below that root'
reg unload 'HKLM\Software'
is "$code" 1 'unload: not what was loaded'
reg delete "$key\\Sub" /f
reg restore "$key" 'C:\x.hiv'
shows "$done_text" 'restore'
reg query "$key\\Sub"
is "$code" 0 'restore: the subkey is there again'
reg query "$key" /v new
is "$code" 0 "restore: and what the file had"
reg delete "$key" /va /f
reg query "$key"
shows "
$full\\Sub" 'delete /va: the values alone'
nothing_left 'at the end'
done_testing
