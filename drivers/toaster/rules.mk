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
TOASTER_INFS := $(B)/drivers/busenum.inf $(B)/drivers/toaster.inf
$(TOASTER_INFS):
	@mkdir -p $(@D)
	cp $< $@

$(B)/programs/toaster.exe: $(TOASTER)/exe/toaster.c $(TOASTER)/include/toaster.h
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -Itests/programs,$(PROGRAM_CFLAGS)) -std=gnu11 -fuse-ld=lld $< -lsetupapi -o $@

TOASTER_FILES := $(TOASTER_DRIVERS:%=$(B)/drivers/%.sys) $(TOASTER_INFS) $(B)/programs/toaster.exe
all: $(TOASTER_FILES)
