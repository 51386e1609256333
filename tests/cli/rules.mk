# Drivers that the tests of the command line run: tests/cli/drivers/NAME.c becomes build/cli-drivers/NAME.sys.
CLI_DRIVERS := $(patsubst tests/cli/drivers/%.c,$(B)/cli-drivers/%.sys,$(wildcard tests/cli/drivers/*.c))
$(B)/obj/tests/cli/drivers/%.c.o: tests/cli/drivers/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@
$(B)/cli-drivers/%.sys: $(B)/obj/tests/cli/drivers/%.c.o $(DRIVER_LIBS) $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
# The texts of what it logs, as a message table.
$(B)/obj/tests/cli/drivers/logs.rc.o: tests/cli/drivers/logs.mc
	@mkdir -p $(@D)
	x86_64-w64-mingw32-windmc -h $(@D) -r $(@D) $<
	x86_64-w64-mingw32-windres -O coff -I $(@D) $(@D)/logs.rc $@
$(B)/cli-drivers/logs.sys: $(B)/obj/tests/cli/drivers/logs.rc.o
$(B)/cli-drivers/ps_watch.sys: LINK_MORE := /integritycheck
# An export driver and a driver that imports from it.
$(B)/cli-drivers/exporter.sys $(B)/cli-drivers/exporter.lib &: $(B)/obj/tests/cli/drivers/exporter.c.o \
    tests/cli/drivers/exporter.def $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LLDLINK) /out:$(B)/cli-drivers/exporter.sys /dll /machine:x64 /driver /subsystem:native /entry:DriverEntry \
	  /nodefaultlib /def:tests/cli/drivers/exporter.def /implib:$(B)/cli-drivers/exporter.lib $(filter %.o %.lib,$^)
$(B)/cli-drivers/importer.sys: $(B)/cli-drivers/exporter.lib
# Programs that they run: tests/cli/programs/NAME.c becomes build/cli-programs/NAME.exe.
CLI_PROGRAMS := $(patsubst tests/cli/programs/%.c,$(B)/cli-programs/%.exe,$(wildcard tests/cli/programs/*.c))
$(B)/cli-programs/%.exe: tests/cli/programs/%.c
	@mkdir -p $(@D)
	$(CLANG) $(PROGRAM_CFLAGS) -fuse-ld=lld $< $(filter %.lib,$^) $(PROGRAM_LIBS) -o $@
$(patsubst %,$(B)/cli-programs/%.exe,ai_contract ai_stress ai_week): $(B)/lib/libai.lib
# mingw's import library lacks what is new in cfgmgr32.
$(B)/cli-programs/properties.exe: PROGRAM_LIBS := -ladvapi32
$(B)/cli-programs/notify.exe $(B)/cli-programs/properties.exe: $(B)/lib/cfgmgr32.lib
# The whole of ai_driver's checklist: loaded 1,000 times, 8 threads x 100,000 allocations, a week of the machine's time.
ai-checklist: all $(CLI_DRIVERS) $(CLI_PROGRAMS)
	AI_FULL=1 TAP_LIMIT_S=20000 prove --exec bash tests/cli/ai_driver.t
.PHONY: ai-checklist
# Machines that are killed while they change their registry and services, 1,000 times; make test does it a few times.
kill-test: all $(B)/cli-programs/registry_writer.exe
	tools/kill_test 1000
.PHONY: kill-test
$(B)/cli-programs/device.exe: $(B)/lib/setupapi.lib $(B)/lib/newdev.lib
# The plain driver, unaligned and with a checksum.
$(B)/cli-drivers/plain_flat.sys: LINK_EXTRA := /align:32 /filealign:32
$(B)/cli-drivers/plain_sum.sys: LINK_EXTRA := /release
$(B)/cli-drivers/plain_flat.sys $(B)/cli-drivers/plain_sum.sys: $(B)/obj/tests/cli/drivers/plain.c.o $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LLDLINK) /out:$@ /machine:x64 /driver /subsystem:native /entry:DriverEntry /nodefaultlib $(LINK_EXTRA) $^
CLI_DRIVERS += $(B)/cli-drivers/plain_flat.sys $(B)/cli-drivers/plain_sum.sys
# Device models that the tests plug in.
CLI_DEVICES := $(B)/cli-devices/bad.so $(B)/cli-devices/bad_version.so $(B)/cli-devices/none.so
$(B)/cli-devices/bad.so $(B)/cli-devices/bad_version.so: tests/cli/devices/bad.c include/drydock_device.h
	@mkdir -p $(@D)
	$(CLANG) $(DEVICE_CFLAGS) -DBAD_VERSION=$(if $(findstring version,$@),1,0) -shared -fuse-ld=lld $< -o $@
$(B)/cli-devices/none.so:
	@mkdir -p $(@D)
	$(CLANG) $(DEVICE_CFLAGS) -shared -fuse-ld=lld -x c /dev/null -o $@
CLI_DRIVERS += $(CLI_DEVICES)
# DLLs for programs of theirs.
$(B)/cli-programs/needed.dll $(B)/cli-programs/needed.lib &: tests/cli/dlls/needed.c
	@mkdir -p $(@D)
	$(CLANG) $(PROGRAM_CFLAGS) -fuse-ld=lld -shared $< -Wl,--out-implib=$(B)/cli-programs/needed.lib -o $(B)/cli-programs/needed.dll
$(B)/cli-programs/plugin.dll: tests/cli/dlls/plugin.c $(B)/cli-programs/needed.lib
	@mkdir -p $(@D)
	$(CLANG) $(PROGRAM_CFLAGS) -fuse-ld=lld -shared $^ -o $@
CLI_PROGRAMS += $(B)/cli-programs/plugin.dll
