# Drivers that import from drivers: by name and ordinal, data, forwarded; DllInitialize and DllUnload; what is missing is
# named.
. tests/cli/tap.sh
machine=$work/machine
folder=$machine/C/Windows/System32/drivers
mkdir -p "$folder"
said() { grep -oE "(importer|exporter): .*" "$work/out"; }
# patched FROM TO FIND REPLACE: a copy with bytes replaced wherever they are.
patched() {
    perl -e 'my ($from, $to, $find, $put) = @ARGV; open my $in, "<:raw", $from or die; local $/; my $b = <$in>;
        my $n = $b =~ s/\Q${\ pack "H*", $find}\E/pack "H*", $put/ge; die "not found\n" unless $n; open my $out, ">:raw", $to or die; print $out $b;' "$@"
}
hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }

cp $drivers/exporter.sys "$folder"
run run --machine "$machine" $drivers/importer.sys
is $status 0 'a driver that imports from another: exit status'
is "$(said)" 'exporter: DllInitialize \REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services\exporter, IRQL 0
importer: add 34, square 81, value 42, same 2
importer: unload, value 43
exporter: DllUnload' 'initialised first, unloaded last'

cp $drivers/importer.sys "$work/second.sys"
run run --machine "$machine" $drivers/importer.sys "$work/second.sys"
is $status 0 'two that import from one: exit status'
is "$(said)" 'exporter: DllInitialize \REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services\exporter, IRQL 0
importer: add 34, square 81, value 42, same 2
importer: add 34, square 81, value 42, same 2
importer: unload, value 43
importer: unload, value 44
exporter: DllUnload' 'they share one image'

run run --machine "$machine" $drivers/exporter.sys $drivers/importer.sys
is $status 0 'an export driver that is loaded as a driver: exit status'
is "$(said)" 'exporter: DriverEntry
importer: add 34, square 81, value 42, same 2
importer: unload, value 43' 'it is a driver like another'

run run --machine "$machine" --cycles 20 $drivers/importer.sys
is $status 0 'twenty times: exit status'
is "$(said | grep -c 'DllUnload')" 20 'unloaded each time'

patched $drivers/exporter.sys "$folder/exporter.sys" ede5a75700000000 ede5a757010000c0
run run --machine "$machine" $drivers/importer.sys
is $status 2 'DllInitialize fails: exit status'
like "$work/err" 'exporter.sys: DllInitialize failed with 0xC0000001' 'DllInitialize fails: the message'
unlike "$work/out" 'DllUnload|importer' 'DllInitialize fails: nothing more of it runs'

patched $drivers/exporter.sys "$folder/exporter.sys" "$(hex ExporterAdd)" "$(hex ExporterAdc)"
run run --machine "$machine" $drivers/importer.sys
is $status 2 'a missing routine: exit status'
like "$work/err" 'importer.sys: missing import exporter.sys!ExporterAdd' 'a missing routine: it is named'

cp $drivers/exporter.sys "$folder"
patched $drivers/importer.sys "$work/importer.sys" 1100000000000080 1000000000000080 # in two tables
run run --machine "$machine" "$work/importer.sys"
is $status 2 'a missing ordinal: exit status'
like "$work/err" 'importer.sys: missing import exporter.sys!#16' 'a missing ordinal: it is named'

rm "$folder/exporter.sys"
run run --machine "$machine" $drivers/importer.sys
is $status 2 'a missing module: exit status'
like "$work/err" 'importer.sys: imports from exporter.sys, which cannot be loaded' 'a missing module: it is named'

head -c 1000 $drivers/exporter.sys > "$folder/exporter.sys"
run run --machine "$machine" $drivers/importer.sys
is $status 2 'a damaged module: exit status'
like "$work/err" 'exporter.sys: the headers are cut short' 'a damaged module: what is wrong with it'

# header FILE OFFSET HEX: a copy of the driver, $work/header.sys, with bytes of the PE header changed.
header() {
    perl -e 'my ($from, $to, $where, $hex) = @ARGV; open my $in, "<:raw", $from or die; local $/; my $b = <$in>;
        substr($b, unpack("V", substr $b, 60, 4) + $where, length($hex) / 2) = pack "H*", $hex;
        open my $out, ">:raw", $to or die; print $out $b;' "$1" "$work/$4.sys" "$2" "$3"
}
run run $drivers/walker.sys -- build/cli-programs/walks.exe
is $status 0 'the user mode part of a stack: exit status'
like "$work/out" 'inner found, outer next, main next' 'the user mode part of a stack: its callers, in order'

run run $drivers/plain_flat.sys
is $status 0 'sections that are not page aligned: exit status'
like "$work/out" 'plain: unloaded' 'sections that are not page aligned: the driver runs'
run run $drivers/plain_sum.sys
is $status 0 'a right checksum: exit status'
header $drivers/plain_sum.sys 88 01020304 wrong_sum
run run "$work/wrong_sum.sys"
is $status 2 'a wrong checksum: exit status'
like "$work/err" 'checksum is not the file' 'a wrong checksum: the message'
like "$work/err" '0xC0000221' 'a wrong checksum: STATUS_IMAGE_CHECKSUM_MISMATCH'
header $drivers/plain.sys 22 2300 fixed # IMAGE_FILE_RELOCS_STRIPPED, and no relocations
header "$work/fixed.sys" 176 0000000000000000 fixed_for_good
run run "$work/fixed_for_good.sys"
is $status 2 'no relocations: exit status'
like "$work/err" '0xC0000018' 'no relocations: STATUS_CONFLICTING_ADDRESSES'
done_testing
