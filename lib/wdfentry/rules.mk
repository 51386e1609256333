# KMDF drivers: build/lib/kmdf/1.N/wdfdriverentry.lib for each version, and how a driver or a test is linked with one.
# - drivers/NAME/kmdf holds the minor version that drivers/NAME is built for.
# - tests/kmdf/NAME.c says "KMDF 1.N" in its first line (1.15 otherwise) and becomes build/tests/NAME.sys.
KMDF_LIBS := $(KMDF_MINORS:%=$(B)/lib/kmdf/1.%/wdfdriverentry.lib)
KMDF_CFLAGS = $(DRIVER_CFLAGS) $(WDF_INCLUDE) -DKMDF_VERSION_MAJOR=1
KMDF_LINK = $(LLDLINK) /out:$@ /machine:x64 /driver /subsystem:native /entry:FxDriverEntry /nodefaultlib /debug \
  /base:0x140000000 /merge:.CRT=.rdata /section:INIT,ERD /pdb:$(@:.sys=.pdb) $(LINK_MORE) $(filter %.o %.lib,$^)
all: $(KMDF_LIBS)
# hal.lib first, as with the kit: what hal.dll has exported from the first day is imported from there.
KMDF_LINK_LIBS := $(DRIVER_LIBS) $(B)/lib/wdfldr.lib $(B)/lib/hal.lib $(B)/lib/ntoskrnl.lib

define KMDF_ENTRY_RULE
$(B)/obj/lib/wdfentry/1.$(1)/%.c.o: lib/wdfentry/%.c | $(WDF_GEN_HEADERS)
	@mkdir -p $$(@D)
	$$(CLANG) $$(KMDF_CFLAGS) -Iinbox/wdfldr -DKMDF_VERSION_MINOR=$(1) -fno-stack-protector -MMD -MP -c $$< -o $$@
$(B)/lib/kmdf/1.$(1)/wdfdriverentry.lib: $(B)/obj/lib/wdfentry/1.$(1)/entry.c.o $(B)/obj/lib/wdfentry/1.$(1)/minimum.c.o
	@mkdir -p $$(@D)
	rm -f $$@
	llvm-ar-19 rcs $$@ $$^
endef
$(foreach n,$(KMDF_MINORS),$(eval $(call KMDF_ENTRY_RULE,$(n))))

# NAME=MINOR of each test.
KMDF_TEST_VERSIONS := $(if $(wildcard tests/kmdf/*.c),$(shell awk 'FNR == 1 { m = 15; if (match($$0, /KMDF 1\.[0-9]+/)) \
  m = substr($$0, RSTART + 7, RLENGTH - 7); f = FILENAME; sub(/.*\//, "", f); sub(/\.c$$/, "", f); print f "=" m }' \
  tests/kmdf/*.c))
define KMDF_TEST_RULE
$(B)/obj/tests/kmdf/$(1).c.o: tests/kmdf/$(1).c | $(WDF_GEN_HEADERS)
	@mkdir -p $$(@D)
	$$(CLANG) $$(KMDF_CFLAGS) -DKMDF_VERSION_MINOR=$(2) -Itests/kernel -Itests/kmdf -MMD -MP -c $$< -o $$@
$(B)/tests/$(1).sys: $(B)/obj/tests/kmdf/$(1).c.o $(B)/lib/kmdf/1.$(2)/wdfdriverentry.lib $(KMDF_LINK_LIBS)
	@mkdir -p $$(@D)
	$$(KMDF_LINK)
endef
$(foreach t,$(KMDF_TEST_VERSIONS),$(eval $(call KMDF_TEST_RULE,$(word 1,$(subst =, ,$(t))),$(word 2,$(subst =, ,$(t))))))

define KMDF_DRIVER_RULE
$(B)/obj/drivers/$(1)/%.c.o: DRIVER_CFLAGS += $(WDF_INCLUDE) -DKMDF_VERSION_MAJOR=1 -DKMDF_VERSION_MINOR=$(2)
$(patsubst %,$(B)/obj/%.o,$(wildcard drivers/$(1)/*.c)): | $(WDF_GEN_HEADERS)
$(B)/drivers/$(1).sys: $(patsubst %,$(B)/obj/%.o,$(wildcard drivers/$(1)/*.c)) \
    $(B)/lib/kmdf/1.$(2)/wdfdriverentry.lib $(KMDF_LINK_LIBS)
	@mkdir -p $$(@D)
	$$(KMDF_LINK)
endef
$(foreach d,$(KMDF_DRIVERS),$(eval $(call KMDF_DRIVER_RULE,$(d),$(shell cat drivers/$(d)/kmdf))))
