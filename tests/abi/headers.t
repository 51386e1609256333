#!/bin/bash
# include/ddk: each header compiles alone, as C and as C++, with and without our flags; letters' case does not matter with an
# overlay; the routines of the newer kits are declared.
set -u
cd "$(dirname "$0")/../.."
mingw=/usr/share/mingw-w64/include
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags="--target=x86_64-w64-windows-gnu -ffreestanding -fms-extensions -Wall -Wextra -Werror -Wno-microsoft -DDBG=1
  -Iinclude/ddk -isystem $mingw/ddk -isystem $mingw"
n=0
check() { # description, command...
    local what=$1; shift
    n=$((n + 1))
    if "$@" > "$work/log" 2>&1; then echo "ok $n - $what"; else echo "not ok $n - $what"; sed 's/^/# /' "$work/log" | head -20; fi
}
driver='NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) { (void)d; (void)r; return 0; }'

for header in include/ddk/*.h; do
    name=$(basename "$header")
    first=
    case $name in ntstrsafe.h|ntintsafe.h) first='#include <ntddk.h>' ;; esac
    printf '%s\n#include <%s>\nint x;\n' "$first" "$name" > "$work/t.c"
    check "$name alone, C" clang-19 $flags -std=gnu11 -fsyntax-only "$work/t.c"
    cp "$work/t.c" "$work/t.cpp"
    check "$name alone, C++" clang-19 $flags -std=c++17 -fsyntax-only "$work/t.cpp"
done

printf '#include <ntddk.h>\n%s\n' "$driver" > "$work/t.c"
check "a driver with the compiler's defaults, optimised" clang-19 $flags -O2 -c "$work/t.c" -o "$work/t.o"
check "no routine is emitted that the driver does not have" \
    bash -c "[ \"\$(llvm-nm-19 --defined-only $work/t.o | grep -c ' T ')\" = 1 ]"

tools/gen_vfs_overlay include/ddk "$mingw/ddk" "$mingw" > "$work/overlay.yaml"
printf '#include <NTDDK.h>\n#include <NtStrSafe.h>\n%s\n' "$driver" > "$work/t.c"
check '<NTDDK.h> with an overlay' clang-19 $flags -Wno-nonportable-include-path -ivfsoverlay "$work/overlay.yaml" -fsyntax-only "$work/t.c"

cat > "$work/t.c" <<'C'
#include <ntifs.h>
#include <wdmsec.h>
#include <csq.h>
#include <initguid.h>
#include <ntstrsafe.h>
#define USE(name) (void)sizeof(__typeof__(name) *)
void use(void);
void use(void)
{
    USE(ExAllocatePool2); USE(ExAllocatePool3); USE(ExFreePool2); USE(ExAllocatePoolZero); USE(ExInitializeDriverRuntime);
    USE(MmMapIoSpaceEx); USE(IoOpenDriverRegistryKey); USE(KeQuerySystemTimePrecise); USE(KeQueryUnbiasedInterruptTime);
    USE(KeQueryInterruptTimePrecise); USE(ExAllocateTimer); USE(ExSetTimer); USE(ExDeleteTimer); USE(ExCancelTimer);
    USE(PsSetCreateProcessNotifyRoutineEx2); USE(PsSetCreateThreadNotifyRoutineEx); USE(PsSetLoadImageNotifyRoutineEx);
    USE(ExInitializeLookasideListEx); USE(ExAllocateFromLookasideListEx); USE(IoSetDevicePropertyData); USE(MmCopyMemory);
    USE(ExAcquirePushLockExclusiveEx); USE(KeSetSystemGroupAffinityThread); USE(KeGetProcessorNumberFromIndex);
    USE(ObCloseHandle); USE(CmCallbackGetKeyObjectIDEx); USE(IoCreateDeviceSecure); USE(IoCsqInitializeEx);
    USE(ZwQueryVirtualMemory); USE(RtlUnicodeStringPrintf); USE(RtlStringCchCopyUnicodeString); USE(KeGetCurrentIrql);
    _Static_assert(MdlMappingNoExecute == 0x40000000 && POOL_FLAG_NON_PAGED == 0x40 && DriverRegKeyParameters == 0, "");
}
C
check 'routines of the newer kits are declared' clang-19 $flags -std=gnu11 -fsyntax-only "$work/t.c"
echo "1..$n"
