#!/bin/bash
# --drive Z:=DIR: a folder of the host's as another drive, which nothing in the machine can change.
. tests/cli/tap.sh
programs=build/cli-programs
export XDG_STATE_HOME=$work/state
share=$work/share

cleanup() {
    timeout 20 "$drydock" shutdown --machine "$work/machine" > /dev/null 2>&1
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$share/folder" "$work/other"
printf 'hello' > "$share/ReadMe.txt"
printf 'inside' > "$share/folder/inner"
printf 'other' > "$work/other/readme.TXT"
cp $drivers/plain.sys "$programs/talks.exe" "$share/"
ln -s /etc/passwd "$share/link"
ln -s ../other "$share/away"
touch -d '2001-01-01' "$share"/* "$share"
before=$(find "$share" -printf '%p %y %s %T@ %m\n' | sort)

run run --drive "Z:=$share" -- "$programs/share.exe"
is $status 0 'a program looks at it'
is "$(sed -E 's/^(plain.sys|talks.exe) [0-9]+/\1/; s/\r//' "$work/out" | paste -sd'|')" \
    'folder\ 0|plain.sys|ReadMe.txt 5|talks.exe|read: hello|link: 5|open to read: 0|open to write: 19|overwrite: 19|truncate: 19|create: 19|folder: 19|delete: 19|rename: 19|attributes: 19|copy: 0|type: 3, drives: 2000004|free: 0' \
    'it can be read; links do not lead out of it; what would change it is refused: the medium is write protected'
is "$(find "$share" -printf '%p %y %s %T@ %m\n' | sort)" "$before" 'and it is as it was'
is "$(ls "$share")" "$(printf 'ReadMe.txt\naway\nfolder\nlink\nplain.sys\ntalks.exe')" 'nothing was added'
run run --drive "z:=$share" --drive "D:=$work/other" -- "$programs/share.exe" 'D:\' -- "$programs/share.exe" 'Z:\folder\'
is "$(tr -d '\r' < "$work/out" | grep -E '^(read:|inner|type)' | paste -sd'|')" \
    'read: other|type: 3, drives: 200000c|inner 6|read: no|type: 3, drives: 200000c' 'two drives, a file of the same name in each'
run run -- "$programs/share.exe" 'Z:\'
like "$work/out" '^read: no' 'without the option there is none'
like "$work/out" 'type: 1, drives: 4' 'and no drive but C:'
a=$("$drydock" run --drive "Z:=$share" -- "$programs/share.exe" 2>&1)
b=$("$drydock" run --drive "Z:=$share" -- "$programs/share.exe" 2>&1)
is "$a" "$b" 'two runs are the same'

# ---- drivers and programs from it ----
run run --drive "Z:=$share" -- sc create plain type= kernel 'binPath=' 'Z:\plain.sys' -- sc start plain -- sc stop plain
like "$work/out" 'plain: loaded' 'a driver is loaded from it'
like "$work/out" 'plain: unloaded' 'and unloaded'
run boot --machine "$work/machine" --drive "Z:=$share"
is $status 0 'boot'
run exec --machine "$work/machine" 'Z:\talks.exe' 7 one
is $status 7 'a program is run from it'
run exec --machine "$work/machine" 'Y:\talks.exe'
like "$work/err" 'STATUS_OBJECT_(NAME|PATH)_NOT_FOUND' 'a drive that there is not'
printf 'changed' > "$share/ReadMe.txt"
run exec --machine "$work/machine" "$programs/share.exe"
like "$work/out" 'read: changed' 'what the host writes is seen'
run shutdown --machine "$work/machine"
(cd "$work" && "$OLDPWD/$drydock" boot --machine machine --drive Z:=share > /dev/null)
run shutdown --machine "$work/machine" /r
run exec --machine "$work/machine" 'Z:\talks.exe' 5
is $status 5 'a relative folder is the same after shutdown /r from elsewhere'

# ---- usage ----
for bad in Z Z: Z:= Z=x ZZ:=x 1:=x C:=x; do
    run run --drive "$bad" -- sc query
    is $status 1 "--drive $bad"
    like "$work/err" 'drive' "--drive $bad: it is told"
done
run run --drive "Z:=$share" --drive "z:=$share" -- sc query
is $status 1 'the same letter twice'
run run --drive "Z:=$work/none" -- sc query
is $status 1 'a folder that there is not'
like "$work/err" "Z:=$work/none: No such file" 'it is told'
run run --drive "Z:=$share/plain.sys" -- sc query
is $status 1 'a file'
run run $(printf -- "--drive %s:=$share " D E F G H I J K L) -- sc query
like "$work/err" 'more than 8 drives' 'too many'
run run --drive "Z:=$share" --save-at 1 --save "$work/saved" -- sc query
like "$work/err" 'cannot be saved' 'no saved machine with one'
run boot --machine "$work/x" --drive "Z:=$work/none"
is $status 1 'boot with a folder that there is not'

done_testing
