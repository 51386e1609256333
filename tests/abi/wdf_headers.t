#!/bin/bash
# include/wdf: each header compiles alone, as C and as C++; a driver compiles for each version, which declares what it has and
# nothing newer; the wrappers call through the table.
set -u
cd "$(dirname "$0")/../.."
mingw=/usr/share/mingw-w64/include
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
flags="--target=x86_64-w64-windows-gnu -ffreestanding -fms-extensions -Wall -Wextra -Werror -Wno-microsoft -DDBG=1
  -Iinclude/ddk -isystem $mingw/ddk -isystem $mingw -Iinclude/wdf -Ibuild/include/wdf"
n=0
result() { # 0 or 1, description
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/log" | head -20; fi
}
check() { local what=$1; shift; "$@" > "$work/log" 2>&1; result $(($? != 0)) "$what"; }
refuse() { local what=$1; shift; "$@" > "$work/log" 2>&1; result $(($? == 0)) "$what"; }

for header in include/wdf/*.h; do
    name=$(basename "$header")
    printf '#include <%s>\nint x;\n' "$name" > "$work/t.c"
    check "$name alone, C" clang-19 $flags -std=gnu11 -fsyntax-only "$work/t.c"
    cp "$work/t.c" "$work/t.cpp"
    check "$name alone, C++" clang-19 $flags -std=c++17 -fsyntax-only "$work/t.cpp"
done

cat > "$work/driver.c" <<'C'
#include <ntddk.h>
#include <wdf.h>
typedef struct _CONTEXT_A { int Value; } CONTEXT_A;
WDF_DECLARE_CONTEXT_TYPE(CONTEXT_A)
typedef struct _CONTEXT_B { WDFQUEUE Queue; } CONTEXT_B, *PCONTEXT_B;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CONTEXT_B, GetB)
EVT_WDF_DRIVER_DEVICE_ADD Add;
NTSTATUS NTAPI Add(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, CONTEXT_A);
    Status = WdfDeviceCreate(&DeviceInit, &Attributes, &Device);
    if (NT_SUCCESS(Status))
        WdfObjectGet_CONTEXT_A(Device)->Value = GetB(WdfGetDriver())->Queue != NULL;
    WdfObjectReference(Device);
    return Status;
}
C
cp "$work/driver.c" "$work/driver.cpp"
for minor in 9 11 13 15 17 19 21 23 25 27 29 31 33; do
    check "a driver for 1.$minor, C" clang-19 $flags -O2 -DKMDF_VERSION_MINOR=$minor -c "$work/driver.c" -o "$work/$minor.o"
    check "a driver for 1.$minor, C++" \
        clang-19 $flags -std=c++17 -DKMDF_VERSION_MINOR=$minor -fsyntax-only "$work/driver.cpp"
    table=$(printf 'WdfFunctions_01%03d' "$minor")
    check "it calls through $table" bash -c "llvm-nm-19 $work/$minor.o | grep -q ' U $table\$'"
    check "and exports nothing but its own" \
        bash -c "[ \"\$(llvm-nm-19 --defined-only $work/$minor.o | grep -c ' T ')\" = 1 ]"
done
refuse "there is no 1.14" clang-19 $flags -DKMDF_VERSION_MINOR=14 -fsyntax-only "$work/driver.c"

since() { # a function, first minor version, the one before
    printf '#include <wdf.h>\nPVOID f(void);\nPVOID f(void) { return (PVOID)(ULONG_PTR)%sTableIndex; }\nPFN_%s p;\n' "$1" "${1^^}" \
        > "$work/t.c"
    check "$1 in 1.$2" clang-19 $flags -DKMDF_VERSION_MINOR="$2" -fsyntax-only "$work/t.c"
    refuse "$1 not in 1.$3" clang-19 $flags -DKMDF_VERSION_MINOR="$3" -fsyntax-only "$work/t.c"
}
since WdfIoQueueStopAndPurge 11 9
since WdfDeviceInitSetIoTypeEx 13 11
since WdfDeviceStopIdleActual 15 13
since WdfRequestGetRequestorProcessId 21 19
since WdfPdoInitRemovePowerDependencyOnParent 29 27

# A client of a newer framework asks before it calls.
cat > "$work/t.c" <<'C'
#include <wdf.h>
VOID f(WDFDRIVER d);
VOID f(WDFDRIVER d)
{
    WDF_DEVICE_STATE State;

    WDF_DEVICE_STATE_INIT(&State);
    if (WDF_IS_FUNCTION_AVAILABLE(WdfDeviceSetDeviceInterfaceStateEx) && WDF_IS_FIELD_AVAILABLE(WDF_DEVICE_STATE, AssignedToGuest))
        WdfObjectDelete(d);
}
C
check "a driver for 1.31 that runs on 1.25" clang-19 $flags -DKMDF_VERSION_MINOR=31 -DKMDF_MINIMUM_VERSION_REQUIRED=25 \
    -c "$work/t.c" -o "$work/t.o"
check "it asks how old the framework is" bash -c "llvm-nm-19 $work/t.o | grep -q ' U WdfClientVersionHigherThanFramework\$'"
refuse "no such driver before 1.25" clang-19 $flags -DKMDF_VERSION_MINOR=23 -DKMDF_MINIMUM_VERSION_REQUIRED=23 -fsyntax-only "$work/t.c"
echo "1..$n"
