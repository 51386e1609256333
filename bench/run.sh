#!/bin/bash
# Prints the figures of this build: name TAB value TAB unit. Whole-process figures are the best of several runs; the others are
# the machine's own, by the real clock. Wine's figure is there where Wine is installed.
set -eu
build=${1:-build}
drydock=$build/drydock
wine=/usr/lib/wine/wine64

# Best of $1 wall times of a command, in milliseconds.
best_ms() {
    perl -MTime::HiRes=time -e '
        my $runs = shift;
        my $best = 1e9;
        open(my $out, ">&", \*STDOUT); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
        for (1 .. $runs) { my $t = time; system(@ARGV); my $d = (time - $t) * 1000; $best = $d if $d < $best; }
        printf $out "%.2f", $best;' "$@"
}

# Largest resident set of a command and its children, in KiB.
largest_rss_kib() {
    perl -e '
        open(my $out, ">&", \*STDOUT); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
        system(@ARGV);
        my $usage = "\0" x 144;
        syscall(98, -1, $usage); # getrusage(RUSAGE_CHILDREN)
        print $out unpack("x32 q", $usage);' "$@"
}

# Best of five batches of METHOD_BUFFERED requests to a driver, as the program in the machine sees it; options for drydock
# run follow.
ioctl_ns() {
    local driver=$1
    shift
    for _ in 1 2 3 4 5; do
        "$drydock" run --clock real "$@" "$driver" -- "$build/programs/ioctl_bench.exe" 200000 2>/dev/null
    done | sed -nE 's/.* ([0-9.]+) ns each.*/\1/p' | sort -n | head -1
}

wine_ioctl_ns() {
    local prefix=$PWD/$build/oracle/prefix c
    export WINEPREFIX=$prefix WINEARCH=win64 WINEDEBUG=-all
    mkdir -p "$prefix"
    if [ ! -d "$prefix/drive_c" ]; then # made once; the server must have written it before it is used
        "$wine" wineboot -i > /dev/null 2>&1 || true
        /usr/lib/wine/wineserver64 -w
    fi
    c=$prefix/drive_c
    cp "$build/drivers/ioctl_echo.sys" "$c/windows/system32/drivers/"
    cp "$build/programs/ioctl_bench.exe" "$c/"
    printf '%s\r\n' 'sc create ioctl_echo binPath= c:\windows\system32\drivers\ioctl_echo.sys type= kernel' \
        'sc start ioctl_echo' 'c:\ioctl_bench.exe 3000 > c:\ioctl_bench.txt' 'sc stop ioctl_echo' \
        'sc delete ioctl_echo' > "$c/ioctl_bench.bat"
    timeout 60 "$wine" cmd /c 'c:\ioctl_bench.bat' > /dev/null 2>&1
    sed -nE 's/.* ([0-9.]+) ns each.*/\1/p' "$c/ioctl_bench.txt"
}

# A figure; one that could not be measured is named, and the others go on.
line() {
    if [ -n "$2" ]; then printf '%s\t%s\t%s\n' "$1" "$2" "$3"; else echo "bench: no figure for $1" >&2; fi
}

one=$(best_ms 11 "$drydock" run "$build/drivers/first.sys")
many=$(best_ms 3 "$drydock" run --cycles 2001 "$build/drivers/first.sys")
line run_first_ms "$one" ms
line load_unload_us "$(awk -v a="$one" -v b="$many" 'BEGIN { printf "%.1f", (b - a) * 1000 / 2000 }')" us
line rss_kib "$(largest_rss_kib "$drydock" run "$build/drivers/first.sys")" KiB
line ioctl_buffered_fast_ns "$(ioctl_ns "$build/drivers/ioctl_echo.sys")" ns
line ioctl_buffered_gate_ns "$(ioctl_ns "$build/drivers/ioctl_echo.sys" --gate on)" ns
line kmdf_ioctl_fast_ns "$(ioctl_ns "$build/bench/kmdf_ioctl.sys")" ns
# Interrupt, ISR, DPC, completed read, of a driver: its figures as it and its program print them.
interrupt_bench() {
    "$drydock" run --clock real --device timer,msi=1 --hwid 'PCI\VEN_D12D&DEV_0001' "$1" \
        -- "$build/programs/interrupt_bench.exe" 2>/dev/null | tr -d '\r' |
        sed -nE 's/^( *[0-9]+\.[0-9]+  )?((register|interrupt)_[a-z_]+\t)/\2/p'
}
interrupt_bench "$build/bench/interrupt_bench.sys"
interrupt_bench "$build/bench/kmdf_interrupt.sys" | sed 's/^/kmdf_/'
# A register read of the edu device: of our model, and of QEMU where it is installed.
edu_read_ns() {
    "$drydock" run --clock real "$@" "$build/bench/edu_bench.sys" 2>/dev/null | sed -nE 's/.*edu_read_ns\t([0-9]+)\t.*/\1/p'
}
line register_read_ns "$(edu_read_ns --device edu)" ns
if type qemu-system-x86_64 > /dev/null 2>&1; then
    line qemu_mmio_read_us "$(edu_read_ns --qemu-device edu | awk '{ printf "%.1f", $1 / 1000 }')" us
fi
if [ -x "$wine" ]; then line ioctl_buffered_wine_ns "$(wine_ioctl_ns)" ns; fi
"$drydock" run --clock real "$build/bench/kernel_bench.sys" 2>/dev/null | sed -nE 's/^ *[0-9]+\.[0-9]+  ([a-z_]+\t)/\1/p'

# ai_driver, from a program: each figure the best of five batches. For the last one another process holds half of the pool, as much
# as its quota allows.
ai_bench() {
    "$drydock" run --clock real --ram 1024 --background "$build/programs/ai_gpu_agent.exe" "$@" "$build/drivers/ai_driver.sys" \
        -- "$build/programs/aictl.exe" bench 2> /dev/null | grep '^ai_' || true
}
ai_bench | grep -v '^ai_pool_full'
ai_bench --background "$build/programs/aictl.exe alloc 8K --count 16384 --keep --hold 600000" | grep '^ai_pool_full' || true

# The registry, from a program: in memory, and with its changes in the log on the disk before each call returns.
registry_bench() {
    local folder
    folder=$(mktemp -d)
    "$drydock" run --clock real -- "$build/programs/registry_bench.exe" reg 2> /dev/null
    "$drydock" run --clock real --machine "$folder/machine" --keep-registry -- "$build/programs/registry_bench.exe" reg_kept 2> /dev/null
    rm -rf "$folder"
}
registry_bench | tr -d '\r'

# A machine that stays: whole processes, from their start to their end.
booted_bench() {
    local folder
    folder=$(mktemp -d)
    export DRYDOCK_MACHINE=$folder/machine
    "$drydock" boot --signing off > /dev/null
    cp "$build/drivers/first.sys" "$DRYDOCK_MACHINE/C/"
    "$drydock" sc create first type= kernel binPath= 'C:\first.sys' > /dev/null
    "$drydock" shutdown
    perl -MTime::HiRes=time -e '
        my $drydock = shift;
        my %best;
        open(my $out, ">&", \*STDOUT); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
        sub timed { my ($name, @words) = @_; my $t = time; system($drydock, @words) == 0 or die; $t = (time - $t) * 1000;
                    $best{$name} = $t if !defined $best{$name} || $t < $best{$name}; }
        for (1 .. 5) {
            timed("boot_to_ready_ms", "boot", "--signing", "off");
            timed("exec_ms", "sc", "qc", "first");
            for (1 .. 3) { timed("sc_start_ms", "sc", "start", "first"); timed("sc_stop_ms", "sc", "stop", "first"); }
            timed("shutdown_ms", "shutdown");
        }
        printf $out "%s\t%.2f\tms\n", $_, $best{$_} for sort keys %best;' "$drydock"
    rm -rf "$folder"
}
booted_bench
