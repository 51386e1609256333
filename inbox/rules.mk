# Inbox drivers: PE images that Windows ships with and drivers import from. One folder, one build/inbox/NAME.sys; its
# exports.def, where it has one, gives the import library build/lib/NAME.lib.
INBOX_CFLAGS := $(DRIVER_CFLAGS) -DDDK_INLINE_IRQL -DWDF_FRAMEWORK -Iinclude/wdf -I$(B)/include/wdf -I$(B)/gen/wdf

$(B)/obj/inbox/%.c.o: inbox/%.c
	@mkdir -p $(@D)
	$(CLANG) $(INBOX_CFLAGS) -I$(dir $<) -MMD -MP -c $< -o $@
define INBOX_RULE
$(B)/inbox/$(1).sys $(if $(wildcard inbox/$(1)/exports.def),$(B)/lib/$(1).lib) &: \
    $(patsubst %,$(B)/obj/%.o,$(wildcard inbox/$(1)/*.c)) $(INBOX_MORE_$(1)) $(wildcard inbox/$(1)/exports.def) $(B)/lib/ntoskrnl.lib
	@mkdir -p $(B)/inbox $(B)/lib
	$(LLDLINK) /out:$(B)/inbox/$(1).sys $(if $(wildcard inbox/$(1)/exports.def),/dll /def:inbox/$(1)/exports.def \
	  /implib:$(B)/lib/$(1).lib) /machine:x64 /driver /subsystem:native /entry:DriverEntry /nodefaultlib /debug \
	  /base:0x140000000 /merge:.CRT=.rdata /section:INIT,ERD /pdb:$(B)/inbox/$(1).pdb $(INBOX_LINK_$(1)) $$(filter %.o %.lib,$$^)
endef
# The framework's table: the facts and the marks in its sources.
$(B)/gen/wdf/fxtable.c: abi/kmdf/functions.tsv tools/gen_kmdf_table.awk $(wildcard inbox/wdf01000/*.c)
	@mkdir -p $(@D)
	LC_ALL=C awk -f tools/gen_kmdf_table.awk abi/kmdf/functions.tsv $(sort $(wildcard inbox/wdf01000/*.c)) > $@
$(B)/obj/gen/wdf/fxtable.c.o: $(B)/gen/wdf/fxtable.c
	@mkdir -p $(@D)
	$(CLANG) $(INBOX_CFLAGS) -Iinbox/wdf01000 -MMD -MP -c $< -o $@

INBOX_MORE_wdf01000 := $(B)/obj/inbox/wmilib/wmilib.c.o $(B)/obj/gen/wdf/fxtable.c.o $(B)/lib/wdfldr.lib $(B)/lib/wdmsec.lib
$(foreach m,$(INBOX),$(eval $(call INBOX_RULE,$(m))))
