# Drydock: everything is built by clang-19 and lld-19, for both worlds. `make`, `make demo`, `make test`, `make bench`.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

B       := build
CCACHE  ?= $(shell command -v ccache)
CLANG   := $(CCACHE) clang-19
LLDLINK := lld-link-19
MINGW   := /usr/share/mingw-w64/include
WARN    := -Wall -Wextra -Werror

# ---- NT world: PE images, Microsoft ABI ----
NT_TARGET := --target=x86_64-w64-windows-gnu
NT_BASE := $(NT_TARGET) -std=gnu11 -O2 -g -gcodeview -ffreestanding -fms-extensions -Wno-microsoft \
  -fno-omit-frame-pointer -mno-stack-arg-probe -mfsgsbase -fno-strict-aliasing -fno-delete-null-pointer-checks \
  -Xclang -fasync-exceptions -fexceptions -fseh-exceptions -fasynchronous-unwind-tables -Xclang -fno-elide-constructors \
  -D__INTRINSIC_DEFINED_InterlockedBitTestAndSet -D__INTRINSIC_DEFINED_InterlockedBitTestAndReset \
  -D_MM3DNOW_H_INCLUDED -DNTDDI_VERSION=0x0A00000B -D_WIN32_WINNT=0x0A00 -D_AMD64_ -DUNICODE -D_UNICODE
# Drivers and kernel tests: as a WDK project would be built.
DRIVER_CFLAGS := $(NT_BASE) $(WARN) -Iinclude/ddk -isystem $(MINGW)/ddk -isystem $(MINGW) -DDBG=1 -D__USE_MINGW_ANSI_STDIO=0
KERNEL_CFLAGS := $(NT_BASE) $(WARN) -Iinclude/ddk -isystem $(MINGW)/ddk -isystem $(MINGW) -Ikernel -I$(B)/gen \
  -D_NTSYSTEM_ -D_NTOSKRNL_ -D_NTHAL_ -DNT_KERNEL
USER_CFLAGS := $(NT_BASE) $(WARN) -Iuser -I$(B)/gen -isystem $(MINGW)

KERNEL_SRC := $(wildcard kernel/*/*.c) $(wildcard kernel/*/*.S)
KERNEL_OBJ := $(KERNEL_SRC:%=$(B)/obj/%.o) $(B)/obj/gen/services.S.o

# ---- host world: ELF ----
HOST_LIBS := -lcrypto -lZydis -ljansson -lseccomp
HOST_CFLAGS := -std=gnu11 -O2 -g $(WARN) -Iinclude -Ihost -fPIE -fvisibility=hidden -mfsgsbase -D_GNU_SOURCE
HOST_SRC := $(wildcard host/*/*.c) $(wildcard host/*/*.S)
# The loader's PE reader is plain C: the host looks at images with the same code.
HOST_PE_SRC := kernel/ldr/pe.c kernel/ldr/pedir.c
# So are the parser of INF files and what checks them.
HOST_INF_SRC := user/setupapi/infparse.c $(filter-out %/infverify.c,$(wildcard user/tools/infverify/*.c))
HOST_OBJ := $(HOST_SRC:%=$(B)/obj/%.o) $(HOST_PE_SRC:%=$(B)/obj/host-pe/%.o) \
  $(HOST_INF_SRC:%=$(B)/obj/host-pe/%.o) \
  $(patsubst %,$(B)/obj/gen/%_table.c.o,bugcheck ntstatus problem ledger)

DRIVER_DIRS := $(patsubst %/,%,$(sort $(dir $(wildcard drivers/*/*.c))))
DRIVERS := $(DRIVER_DIRS:drivers/%=$(B)/drivers/%.sys)
INBOX := $(patsubst inbox/%/,%,$(sort $(dir $(wildcard inbox/*/*.c))))
ifeq ($(wildcard include/wdf/wdfstatus.h),)
INBOX := $(filter-out wdf01000,$(INBOX))
endif
INBOX_IMAGES := $(INBOX:%=$(B)/inbox/%.sys)
KTESTS := $(patsubst tests/kernel/%.c,$(B)/tests/%.sys,$(wildcard tests/kernel/*.c)) \
  $(patsubst tests/kmdf/%.c,$(B)/tests/%.sys,$(wildcard tests/kmdf/*.c))
KMDF_DRIVERS := $(patsubst drivers/%/kmdf,%,$(wildcard drivers/*/kmdf))
PROGRAMS := $(patsubst tests/programs/%.c,$(B)/programs/%.exe,$(wildcard tests/programs/*.c))
DEVICES := $(patsubst devices/%/,$(B)/devices/%.so,$(sort $(dir $(wildcard devices/*/*.c))))
USER_DLLS := $(patsubst user/%/exports.def,$(B)/system32/%.dll,$(wildcard user/*/exports.def))

all: $(if $(wildcard host/cli/main.c),$(B)/drydock) $(B)/ntoskrnl.exe $(B)/hal.dll $(USER_DLLS) $(INBOX_IMAGES) $(DRIVERS) $(KTESTS) $(PROGRAMS) $(DEVICES)

# ---- kernel ----
$(B)/gen/services.S: abi/syscalls.tsv tools/gen_services.awk
	@mkdir -p $(@D)
	LC_ALL=C sort -u $< | awk -f tools/gen_services.awk -v out=kernel > $@
$(B)/gen/ntdll_services.S: abi/syscalls.tsv tools/gen_services.awk
	@mkdir -p $(@D)
	LC_ALL=C sort -u $< | awk -f tools/gen_services.awk -v out=ntdll > $@
$(B)/obj/gen/%.S.o: $(B)/gen/%.S
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -c $< -o $@
$(B)/obj/kernel/%.c.o: kernel/%.c
	@mkdir -p $(@D)
	$(CLANG) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/kernel/%.S.o: kernel/%.S
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -Ikernel -MMD -MP -c $< -o $@

$(B)/ntoskrnl.exe $(B)/lib/ntoskrnl.lib &: $(KERNEL_OBJ)
	@mkdir -p $(B)/lib
	printf '%s\n' $(KERNEL_OBJ) > $(B)/obj/kernel.rsp
	$(LLDLINK) /out:$(B)/ntoskrnl.exe /dll /machine:x64 /subsystem:native /entry:KiSystemStartup /nodefaultlib \
	  /base:0x140000000 /implib:$(B)/lib/ntoskrnl.lib /debug /pdb:$(B)/ntoskrnl.pdb @$(B)/obj/kernel.rsp

# hal.dll forwards the names Windows still exports there to ntoskrnl.
$(B)/hal.dll $(B)/lib/hal.lib &: abi/hal_forwards.txt $(B)/lib/ntoskrnl.lib
	@mkdir -p $(B)/obj $(B)/lib
	sed -e '/^#/d' -e 's/.*/-export:&=ntoskrnl.&/' $< > $(B)/obj/hal.rsp
	$(LLDLINK) /out:$(B)/hal.dll /dll /noentry /machine:x64 /subsystem:native /nodefaultlib /implib:$(B)/lib/hal.lib \
	  $(B)/lib/ntoskrnl.lib @$(B)/obj/hal.rsp

$(B)/gen/contracts.inc: abi/contracts.tsv tools/gen_contracts.awk
	@mkdir -p $(@D)
	LC_ALL=C sort $< | awk -f tools/gen_contracts.awk > $@
$(B)/obj/kernel/vf/gate.c.o: $(B)/gen/contracts.inc
$(B)/gen/winerror.inc: abi/winerror.tsv tools/gen_winerror.awk
	@mkdir -p $(@D)
	LC_ALL=C awk -f tools/gen_winerror.awk $< > $@
$(B)/obj/user/kernel32/winerror.c.o: $(B)/gen/winerror.inc

# ---- drivers: one folder, one .sys; kernel tests: one file, one .sys ----
$(B)/obj/drivers/%.c.o: drivers/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/tests/kernel/%.c.o: tests/kernel/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -Itests/kernel -MMD -MP -c $< -o $@

include include/wdf/rules.mk
include lib/rules.mk
include inbox/rules.mk
include lib/wdfentry/rules.mk
# What `drydock cc` compiles with: this tree's options, wherever it is called.
$(B)/driver.flags: Makefile include/wdf/rules.mk
	@mkdir -p $(@D)
	printf '%s\n' $(patsubst -I%,-I$(CURDIR)/%,$(filter-out -Werror,$(DRIVER_CFLAGS)) $(WDF_INCLUDE)) > $@
all: $(B)/driver.flags
LINK_DRIVER = $(LLDLINK) /out:$@ /machine:x64 /driver /subsystem:native /entry:DriverEntry /nodefaultlib /debug \
  /base:0x140000000 /merge:.CRT=.rdata /section:INIT,ERD /pdb:$(@:.sys=.pdb) $(LINK_MORE) \
  $(filter %.o %.lib,$^)
define DRIVER_RULE
$(B)/drivers/$(1).sys: $(patsubst %,$(B)/obj/%.o,$(wildcard drivers/$(1)/*.c)) $(DRIVER_LIBS) $(B)/lib/ntoskrnl.lib
	@mkdir -p $$(@D)
	$$(LINK_DRIVER)
endef
$(foreach d,$(filter-out $(KMDF_DRIVERS),$(DRIVER_DIRS:drivers/%=%)),$(eval $(call DRIVER_RULE,$(d))))
$(B)/tests/%.sys: $(B)/obj/tests/kernel/%.c.o $(DRIVER_LIBS) $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)

include user/rules.mk
include drivers/ai_driver/rules.mk
include drivers/toaster/rules.mk
include drivers/edu/rules.mk
include drivers/simgpu/rules.mk

# ---- host ----
$(B)/obj/host/%.c.o: host/%.c
	@mkdir -p $(@D)
	$(CLANG) $(HOST_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/host/%.S.o: host/%.S
	@mkdir -p $(@D)
	$(CLANG) -Iinclude -g -MMD -MP -c $< -o $@
BUGCHECK_DATA := abi/bugcheck_meanings.tsv abi/bugchecks.tsv abi/verifier_codes.tsv
$(B)/gen/bugcheck_table.c: tools/gen_bugchecks.awk $(BUGCHECK_DATA)
	@mkdir -p $(@D)
	LC_ALL=C awk -f tools/gen_bugchecks.awk $(BUGCHECK_DATA) > $@
$(B)/gen/ntstatus_table.c: tools/gen_ntstatus.awk $(MINGW)/ntstatus.h
	@mkdir -p $(@D)
	LC_ALL=C awk -f tools/gen_ntstatus.awk $(MINGW)/ntstatus.h > $@
$(B)/gen/problem_table.c: tools/gen_problems.awk abi/problems.tsv
	@mkdir -p $(@D)
	LC_ALL=C awk -f $^ > $@
$(B)/gen/ledger_table.c: tools/gen_ledger_table.awk abi/exports.tsv
	@mkdir -p $(@D)
	LC_ALL=C sort -t '	' -k2,2 -k4,4r abi/exports.tsv | LC_ALL=C awk -f $< > $@
$(B)/obj/host-pe/%.c.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(HOST_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/gen/%.c.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	$(CLANG) $(HOST_CFLAGS) -MMD -MP -c $< -o $@
$(B)/drydock: $(HOST_OBJ)
	@mkdir -p $(@D)
	$(CLANG) -fuse-ld=lld -pie -Wl,-z,now,-z,relro $^ $(HOST_LIBS) -o $@

# ---- device models: one folder, one shared library ----
DEVICE_CFLAGS := -std=gnu11 -O2 -g $(WARN) -Iinclude -fPIC -fvisibility=hidden
define DEVICE_RULE
$(B)/devices/$(1).so: $(wildcard devices/$(1)/*.c) $(wildcard devices/$(1)/*.h) include/drydock_device.h
	@mkdir -p $$(@D)
	$$(CLANG) $$(DEVICE_CFLAGS) -shared -fuse-ld=lld -Wl,-z,now $$(filter %.c,$$^) -o $$@
endef
$(foreach d,$(DEVICES:$(B)/devices/%.so=%),$(eval $(call DEVICE_RULE,$(d))))
devices: $(DEVICES)
.PHONY: devices

include tests/rules.mk
include bench/rules.mk

clean:
	rm -rf $(B)

.PHONY: all clean demo test bench oracle
-include $(shell [ -d $(B)/obj ] && find $(B)/obj -name '*.d')
