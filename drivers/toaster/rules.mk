# The toaster's drivers and its program: build/drivers/*.sys with their INFs beside them, build/programs/toaster.exe.
TOASTER := drivers/toaster
TOASTER_FILTERS := toastup toastlow toastclassup toastclasslow
TOASTER_WDM_OBJ = $(patsubst %,$(B)/obj/%.o,$(wildcard $(TOASTER)/$(1)/*.c))

$(B)/drivers/busenum.sys: $(call TOASTER_WDM_OBJ,bus) $(call TOASTER_WDM_OBJ,wdm) $(DRIVER_LIBS) $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
$(B)/drivers/toaster.sys: $(call TOASTER_WDM_OBJ,func) $(call TOASTER_WDM_OBJ,wdm) $(DRIVER_LIBS) $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
# One source, one driver for each place in a stack.
$(TOASTER_FILTERS:%=$(B)/drivers/%.sys): $(call TOASTER_WDM_OBJ,filter) $(DRIVER_LIBS) $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
TOASTER_DRIVERS := busenum toaster $(TOASTER_FILTERS)

# INF files beside the drivers: a run finds their hardware IDs there, and setup the files.
$(B)/drivers/busenum.inf: $(TOASTER)/bus/busenum.inf
$(B)/drivers/toaster.inf: $(TOASTER)/func/toaster.inf
$(B)/drivers/toastfilters.inf: $(TOASTER)/filter/toastfilters.inf
TOASTER_INFS := $(B)/drivers/busenum.inf $(B)/drivers/toaster.inf $(B)/drivers/toastfilters.inf
$(TOASTER_INFS):
	@mkdir -p $(@D)
	cp $< $@

$(B)/programs/toaster.exe: $(TOASTER)/exe/toaster.c $(TOASTER)/include/toaster.h
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -Itests/programs,$(PROGRAM_CFLAGS)) -std=gnu11 -fuse-ld=lld $< -lsetupapi -o $@

TOASTER_FILES := $(TOASTER_DRIVERS:%=$(B)/drivers/%.sys) $(TOASTER_INFS) $(B)/programs/toaster.exe
all: $(TOASTER_FILES)

# The same with KMDF 1.15.
TOASTER_KMDF_MINOR := 15
TOASTER_KMDF_OBJ = $(patsubst %,$(B)/obj/%.o,$(wildcard $(TOASTER)/$(1)/*.c))
$(call TOASTER_KMDF_OBJ,kmdf_bus) $(call TOASTER_KMDF_OBJ,kmdf_func): DRIVER_CFLAGS += $(WDF_INCLUDE) -DKMDF_VERSION_MAJOR=1 \
  -DKMDF_VERSION_MINOR=$(TOASTER_KMDF_MINOR)
$(call TOASTER_KMDF_OBJ,kmdf_bus) $(call TOASTER_KMDF_OBJ,kmdf_func): | $(WDF_GEN_HEADERS)
$(B)/drivers/busenum_kmdf.sys: $(call TOASTER_KMDF_OBJ,kmdf_bus)
$(B)/drivers/toaster_kmdf.sys: $(call TOASTER_KMDF_OBJ,kmdf_func)
$(B)/drivers/busenum_kmdf.sys $(B)/drivers/toaster_kmdf.sys: $(B)/lib/kmdf/1.$(TOASTER_KMDF_MINOR)/wdfdriverentry.lib $(KMDF_LINK_LIBS)
	@mkdir -p $(@D)
	$(KMDF_LINK)
$(B)/drivers/busenum_kmdf.inf: $(TOASTER)/kmdf_bus/busenum_kmdf.inf
$(B)/drivers/toaster_kmdf.inf: $(TOASTER)/kmdf_func/toaster_kmdf.inf
$(B)/drivers/busenum_kmdf.inf $(B)/drivers/toaster_kmdf.inf:
	@mkdir -p $(@D)
	cp $< $@
all: $(patsubst %,$(B)/drivers/%.sys,busenum_kmdf toaster_kmdf) $(patsubst %,$(B)/drivers/%.inf,busenum_kmdf toaster_kmdf)
