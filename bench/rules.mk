# Figures: `make bench` prints name TAB value TAB unit, one a line, and tests nothing.
$(B)/bench/%.sys: $(B)/obj/bench/%.c.o $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
$(B)/obj/bench/%.c.o: bench/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@
# KMDF drivers: kmdf_NAME.c, built for 1.15.
$(B)/obj/bench/kmdf_%.c.o: DRIVER_CFLAGS += $(WDF_INCLUDE) -DKMDF_VERSION_MAJOR=1 -DKMDF_VERSION_MINOR=15
$(patsubst %,$(B)/obj/%.o,$(wildcard bench/kmdf_*.c)): | $(WDF_GEN_HEADERS)
$(B)/bench/kmdf_%.sys: $(B)/obj/bench/kmdf_%.c.o $(B)/lib/kmdf/1.15/wdfdriverentry.lib $(KMDF_LINK_LIBS)
	@mkdir -p $(@D)
	$(KMDF_LINK)
BENCH_DRIVERS := $(patsubst bench/%.c,$(B)/bench/%.sys,$(wildcard bench/*.c))
bench: all $(BENCH_DRIVERS)
	@bench/run.sh $(B)
