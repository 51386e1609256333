# Figures: `make bench` prints name TAB value TAB unit, one a line, and tests nothing.
$(B)/bench/%.sys: $(B)/obj/bench/%.c.o $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
$(B)/obj/bench/%.c.o: bench/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@
BENCH_DRIVERS := $(patsubst bench/%.c,$(B)/bench/%.sys,$(wildcard bench/*.c))
bench: all $(BENCH_DRIVERS)
	@bench/run.sh $(B)
