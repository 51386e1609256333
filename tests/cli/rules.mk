# Drivers that the tests of the command line run: tests/cli/drivers/NAME.c becomes build/cli-drivers/NAME.sys.
CLI_DRIVERS := $(patsubst tests/cli/drivers/%.c,$(B)/cli-drivers/%.sys,$(wildcard tests/cli/drivers/*.c))
$(B)/obj/tests/cli/drivers/%.c.o: tests/cli/drivers/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@
$(B)/cli-drivers/%.sys: $(B)/obj/tests/cli/drivers/%.c.o $(B)/lib/ntoskrnl.lib
	@mkdir -p $(@D)
	$(LINK_DRIVER)
