# User mode. Each folder user/NAME with an exports.def becomes build/system32/NAME.dll with an import library; programs are
# tests/programs/*.c. ntdll is built against the kernel's headers and shares the sources in kernel/rtl that need nothing
# of the kernel; its exports are marked in the sources, as the kernel's are.
USER_IMAGE_BASE_ntdll := 0x7FFA0000000
USER_IMAGE_BASE_kernel32 := 0x7FF90000000
USER_IMAGE_BASE_advapi32 := 0x7FF88000000
USER_IMAGE_BASE_psapi := 0x7FF84000000
USER_IMAGE_BASE_msvcrt := 0x7FF80000000
USER_IMAGE_BASE_nvml := 0x7FF70000000
USER_IMAGE_BASE_cfgmgr32 := 0x7FF68000000
USER_IMAGE_BASE_setupapi := 0x7FF60000000
USER_IMAGE_BASE_newdev := 0x7FF5C000000
USER_IMAGE_BASE_vcruntime140 := 0x7FF7C000000
USER_IMAGE_BASE_ucrtbase := 0x7FF78000000

# What of kernel/rtl needs nothing of the kernel (the rest walks its stacks, its tables of images, its registry...).
NTDLL_RTL_NAMES := ansi bitmap c_handler chkstk context convert cstring error exception fsname format guid memory nls nls_data \
  number prefix printf status string time unicode unwind utf8 wstring
NTDLL_RTL := $(wildcard $(NTDLL_RTL_NAMES:%=kernel/rtl/%.c) $(NTDLL_RTL_NAMES:%=kernel/rtl/%.S))
NTDLL_CFLAGS = $(KERNEL_CFLAGS) -DNT_USER -DRtlRaiseException=RtlpRaiseFrameException
NTDLL_OBJ := $(patsubst kernel/rtl/%,$(B)/obj/user/rtl/%.o,$(NTDLL_RTL)) \
  $(patsubst %,$(B)/obj/%.o,$(wildcard user/ntdll/*.c user/ntdll/*.S)) $(B)/obj/gen/ntdll_services.S.o

$(B)/obj/user/rtl/%.c.o: kernel/rtl/%.c
	@mkdir -p $(@D)
	$(CLANG) $(NTDLL_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/user/rtl/%.S.o: kernel/rtl/%.S
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -Ikernel -MMD -MP -c $< -o $@
$(B)/obj/user/ntdll/%.c.o: user/ntdll/%.c
	@mkdir -p $(@D)
	$(CLANG) $(KERNEL_CFLAGS) -DNT_USER -MMD -MP -c $< -o $@
$(B)/obj/user/ntdll/%.S.o: user/ntdll/%.S
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -Ikernel -MMD -MP -c $< -o $@
$(B)/obj/user/msvcrt/%.c.o: user/msvcrt/%.c
	@mkdir -p $(@D)
	$(CLANG) $(USER_CFLAGS) -D_CRTIMP= -D__NO_INLINE__ -MMD -MP -c $< -o $@
$(B)/obj/user/ucrtbase/%.c.o: user/ucrtbase/%.c
	@mkdir -p $(@D)
	$(CLANG) $(USER_CFLAGS) -D_CRTIMP= -D__NO_INLINE__ -MMD -MP -c $< -o $@
$(B)/obj/user/%.c.o: user/%.c
	@mkdir -p $(@D)
	$(CLANG) $(USER_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/user/%.S.o: user/%.S
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -MMD -MP -c $< -o $@

$(B)/system32/ntdll.dll $(B)/lib/ntdll.lib &: $(NTDLL_OBJ) user/ntdll/exports.def
	@mkdir -p $(B)/system32 $(B)/lib
	$(LLDLINK) /out:$(B)/system32/ntdll.dll /dll /noentry /machine:x64 /subsystem:console /nodefaultlib /debug \
	  /pdb:$(B)/system32/ntdll.pdb /base:$(USER_IMAGE_BASE_ntdll) /merge:.CRT=.rdata /implib:$(B)/lib/ntdll.lib \
	  /def:user/ntdll/exports.def $(NTDLL_OBJ)

define USER_DLL_RULE
$(B)/system32/$(1).dll $(B)/lib/$(1).lib &: $(patsubst %,$(B)/obj/%.o,$(wildcard user/$(1)/*.c user/$(1)/*.S $(4))) \
  user/$(1)/exports.def $(patsubst %,$(B)/lib/%.lib,$(2))
	@mkdir -p $(B)/system32 $(B)/lib
	$(LLDLINK) /out:$(B)/system32/$(1).dll /dll /machine:x64 /subsystem:console /nodefaultlib /debug $(3) \
	  /pdb:$(B)/system32/$(1).pdb /base:$(USER_IMAGE_BASE_$(1)) /merge:.CRT=.rdata /implib:$(B)/lib/$(1).lib \
	  /def:user/$(1)/exports.def $$(filter %.o %.lib,$$^)
endef
# kernel32 calls by their Win32 names what it forwards to ntdll.
KERNEL32_ALIAS := EnterCriticalSection=RtlEnterCriticalSection LeaveCriticalSection=RtlLeaveCriticalSection \
  HeapAlloc=RtlAllocateHeap HeapFree=RtlFreeHeap HeapReAlloc=RtlReAllocateHeap HeapSize=RtlSizeHeap \
  AcquireSRWLockExclusive=RtlAcquireSRWLockExclusive ReleaseSRWLockExclusive=RtlReleaseSRWLockExclusive \
  InitializeCriticalSection=RtlInitializeCriticalSection WakeConditionVariable=RtlWakeConditionVariable \
  WakeAllConditionVariable=RtlWakeAllConditionVariable
$(eval $(call USER_DLL_RULE,kernel32,ntdll,/entry:DllMain $(KERNEL32_ALIAS:%=/alternatename:%)))
$(eval $(call USER_DLL_RULE,msvcrt,kernel32 ntdll,/entry:DllMain))
# The universal C runtime is msvcrt's sources and a few of its own.
$(eval $(call USER_DLL_RULE,ucrtbase,kernel32 ntdll,/entry:DllMain,user/msvcrt/*.c))
$(eval $(call USER_DLL_RULE,vcruntime140,ntdll,/noentry))
$(eval $(call USER_DLL_RULE,advapi32,kernel32 ntdll,/entry:DllMain))
$(eval $(call USER_DLL_RULE,nvml,ntdll,/noentry))
$(eval $(call USER_DLL_RULE,psapi,kernel32,/noentry))
$(eval $(call USER_DLL_RULE,cfgmgr32,kernel32 ntdll,/noentry /alternatename:HeapAlloc=RtlAllocateHeap /alternatename:HeapFree=RtlFreeHeap))
$(eval $(call USER_DLL_RULE,setupapi,cfgmgr32 kernel32 ntdll,/noentry))
$(eval $(call USER_DLL_RULE,newdev,setupapi advapi32 kernel32 ntdll,/noentry))

# The programs that Windows ships with: user/tools/NAME/*.c becomes build/system32/NAME.exe. Plain mingw programs, with wmain;
# TOOL_LIBS_name and TOOL_SHARED_name (sources of other folders) are given above the rule. They run under Wine and on Windows as well.
TOOL_LIBS_devcon := -lnewdev -lsetupapi -lcfgmgr32
# mingw's import libraries lack some of newdev and cfgmgr32
TOOL_LIBS_pnputil = $(B)/lib/newdev.lib $(B)/lib/cfgmgr32.lib -lsetupapi
TOOL_LIBS_drvinst = $(B)/lib/newdev.lib -lsetupapi
$(B)/system32/pnputil.exe $(B)/system32/drvinst.exe: $(B)/lib/newdev.lib $(B)/lib/cfgmgr32.lib
TOOL_SHARED_infverify := user/setupapi/infparse.c
TOOL_CFLAGS := --target=x86_64-w64-windows-gnu -std=gnu11 -O2 -g $(WARN) -fms-extensions -Wno-microsoft -DUNICODE -D_UNICODE \
  -D_WIN32_WINNT=0x0A00 -Iinclude -Iuser/tools -MMD -MP
TOOL_SHARED_ps := user/tools/lm/query.c
TOOL_LIBS_lm := -lntdll
TOOL_LIBS_ps := -lntdll
TOOL_SHARED_events := user/tools/wevtutil/record.c user/tools/wevtutil/text.c
TOOLS := $(patsubst user/tools/%/,%,$(sort $(dir $(wildcard user/tools/*/*.c))))
$(B)/obj/user/tools/%.c.o: user/tools/%.c
	@mkdir -p $(@D)
	$(CLANG) $(TOOL_CFLAGS) -c $< -o $@
define TOOL_RULE
$(B)/system32/$(1).exe: $(patsubst %,$(B)/obj/%.o,user/tools/console.c $(wildcard user/tools/$(1)/*.c $(TOOL_SHARED_$(1))))
	@mkdir -p $$(@D)
	$(CLANG) --target=x86_64-w64-windows-gnu -fuse-ld=lld -municode $$^ $(TOOL_LIBS_$(1)) -ladvapi32 -o $$@
endef
$(foreach tool,$(TOOLS),$(eval $(call TOOL_RULE,$(tool))))
all: $(TOOLS:%=$(B)/system32/%.exe)

# Programs are plain mingw programs: clang and lld with mingw's C runtime, a few also by gcc.
PROGRAM_CFLAGS := --target=x86_64-w64-windows-gnu -O2 -g $(WARN) -fms-extensions -Wno-microsoft -Xclang -fasync-exceptions \
  -fexceptions -fseh-exceptions -Itests/programs
$(B)/programs/%.exe: tests/programs/%.c $(wildcard tests/programs/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(PROGRAM_CFLAGS) -fuse-ld=lld $< $(PROGRAM_LIBS) -o $@
$(B)/programs/processes.exe: PROGRAM_LIBS := -lpsapi
$(B)/programs/registry_api.exe: PROGRAM_LIBS := -ladvapi32
# For the universal C runtime, by its import library.
UCRT_PROGRAMS := crt files scan threads
$(UCRT_PROGRAMS:%=$(B)/programs/%-ucrt.exe): $(B)/programs/%-ucrt.exe: tests/programs/%.c $(wildcard tests/programs/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(PROGRAM_CFLAGS) -D_UCRT -fuse-ld=lld $< -nodefaultlibs -lmingw32 -lgcc -lmoldname -lmingwex -lucrt \
	  -lkernel32 -o $@
all: $(UCRT_PROGRAMS:%=$(B)/programs/%-ucrt.exe)
# By mingw's gcc, as its users would build them.
GCC_PROGRAMS := create_write_close threads files crt scan
$(GCC_PROGRAMS:%=$(B)/programs/%-gcc.exe): $(B)/programs/%-gcc.exe: tests/programs/%.c $(wildcard tests/programs/*.h)
	@mkdir -p $(@D)
	x86_64-w64-mingw32-gcc -O2 -g -Wall -Wextra -Itests/programs $< -o $@
all: $(GCC_PROGRAMS:%=$(B)/programs/%-gcc.exe)
