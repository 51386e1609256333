#!/bin/bash
# GPUs in a machine: nvml.dll, the device behind it, --gpu, the agent that reads them; the host's NVML by a stand-in for its library.
. tests/cli/tap.sh
first=build/drivers/first.sys
agent=build/programs/ai_gpu_agent.exe

# tap_run NAME ARGUMENT...: a run whose program or driver prints TAP, all of it ok.
tap_run() {
    local name=$1
    shift
    run run "$@"
    is $status 0 "$name: exit status"
    like "$work/out" '(^| )1\.\.[0-9]+' "$name: ran to its end"
    unlike "$work/out" '(^| )not ok' "$name: each of its checks passed"
    unlike "$work/err" 'handles? left|objects? left|not unloaded' "$name: nothing is left"
}
tap_run 'the device' --gpu simulated:2 $drivers/gpu_device.sys
tap_run 'nvml.dll' $first -- build/cli-programs/nvml.exe

samples() { grep -P '^\d+\t' "$work/out"; }
run run --seed 7 $first -- $agent --print --seconds 3 --rate 5
is $status 0 'the agent: exit status'
samples > "$work/samples"
is "$(wc -l < "$work/samples")" 15 'the agent: five samples a second for three seconds'
is "$(grep -cE 'NVIDIA GeForce RTX 3080 \(simulated\).*simulated$' "$work/samples")" 15 'each says that it is simulated'
is "$(cut -f1 "$work/samples" | tr '\n' ' ')" '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ' 'they are numbered'
ok "$([ "$(cut -f4 "$work/samples" | sort -u | wc -l)" -gt 5 ]; echo $?)" 'the figures move'
run run --seed 7 $first -- $agent --print --seconds 3 --rate 5
samples | cmp -s - "$work/samples"
ok $? 'the same seed gives the same samples'
run run --seed 8 $first -- $agent --print --seconds 3 --rate 5
samples | cmp -s - "$work/samples"
is $? 1 'another seed gives others'

run run --gpu simulated:3 $first -- $agent --print --once
is "$(samples | cut -f3 | tr '\n' ' ')" 'pci 0000:01:00.0 pci 0000:02:00.0 pci 0000:03:00.0 ' 'three GPUs'
run run --device timer --device gpu --gpu simulated:2 $first -- $agent --print --once
is "$(samples | cut -f3 | tr '\n' ' ')" 'pci 0000:00:03.0 pci 0000:02:00.0 ' 'a GPU that is a device too is where the device is'
run run --gpu none $first -- $agent --print --once
like "$work/err" 'ai_gpu_agent.exe: exit code 3' 'no GPU: exit code 3'
like "$work/err" 'no source finds a GPU' 'no GPU: told'
run run --gpu simulated:9 $first
is $status 1 'too many GPUs: a usage error'
like "$work/err" '^drydock: --gpu takes none, host or simulated' 'and its message'

# The host's NVML: a library of the same name with two GPUs, one of which tells little.
cat > "$work/nvml.c" <<'C'
#include <string.h>
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } pci;
static int used;
int nvmlInit_v2(void) { used++; return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return used != 1; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) { *d = (void *)(i + 16ul); return i > 1; }
int nvmlDeviceGetName(void *d, char *s, unsigned n) { memset(s, 'x', n); strcpy(s, "Host GPU"); (void)d; return 0; }
int nvmlDeviceGetUtilizationRates(void *d, unsigned *u) { u[0] = 250; u[1] = 3; return d == (void *)16 ? 0 : 3; }
int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m) { m[0] = 100; m[1] = 58; m[2] = 42; return d == (void *)16 ? 0 : 3; }
int nvmlDeviceGetTemperature(void *d, int s, unsigned *c) { (void)d; *c = 33; return s; }
int nvmlDeviceGetPciInfo_v3(void *d, pci *p) { p->domain = 1; p->bus = 0x41; p->device = (unsigned)(unsigned long)d - 16; return 0; }
C
clang-19 -shared -fPIC -o "$work/libnvidia-ml.so.1" "$work/nvml.c"
export LD_LIBRARY_PATH=$work
run run --gpu host $first -- $agent --print --once
is "$(samples | head -1)" $'1\tHost GPU\tpci 0001:41:00.0\tbusy 100.00 %\tused 42\ttotal 100\t33 C' \
    'the host'\''s first GPU, not marked as simulated'
is "$(samples | tail -1)" $'1\tHost GPU\tpci 0001:41:01.0\t33 C' 'the second, without what it does not tell'
unlike "$work/out" 'simulated' 'nothing of it is simulated'
# A library of the name that is not NVML at all.
echo 'int nothing;' | clang-19 -shared -fPIC -o "$work/libnvidia-ml.so.1" -x c -
export LD_LIBRARY_PATH=$work
run run --gpu host $first -- $agent --print --once
like "$work/err" 'no source finds a GPU' 'a library that is not NVML: no GPU'
unset LD_LIBRARY_PATH

# The system's own counters, by a stand-in for pdh.dll in the machine's System32.
mkdir -p "$work/machine/C/Windows/System32"
clang-19 --target=x86_64-w64-windows-gnu -O1 -shared -fuse-ld=lld tests/cli/pdh_standin.c -o "$work/machine/C/Windows/System32/pdh.dll"
run run --machine "$work/machine" --gpu none $first -- $agent --print --once
like "$work/err" 'ai_gpu_agent: reading pdh' 'no NVML: the system'\''s counters'
is "$(samples)" $'1\t-\tluid 00000000:00000001\tbusy 50.75 %\tused 333\n1\t-\tluid 00000000:00000002\tbusy 100.00 %' \
    'as busy as the busiest engine, over processes; what is not known is left out'
run run --machine "$work/machine" $first -- $agent --print --once --source pdh
like "$work/err" 'reading pdh' 'asked for: beside NVML too'
run run --machine "$work/machine" $first -- $agent --print --once
like "$work/err" 'reading nvml' 'NVML comes first'
nothing_left 'the GPUs'
done_testing
