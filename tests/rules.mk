# The test, demo and bench targets. Every TAP producer goes through one prove, which prints one total.
include tests/host/rules.mk
include tests/cli/rules.mk
SHELL_TESTS := $(sort $(wildcard tests/cli/*.t) $(wildcard tests/abi/*.t))

# Layouts: static asserts of abi/layouts.tsv with the flags of the kernel and with those of drivers.
LAYOUTS := $(B)/obj/gen/layouts.kernel.o $(B)/obj/gen/layouts.driver.o
$(B)/gen/layouts.c: abi/layouts.tsv tools/gen_layouts.awk
	@mkdir -p $(@D)
	awk -f tools/gen_layouts.awk $< > $@
$(B)/obj/gen/layouts.kernel.o: $(B)/gen/layouts.c
	@mkdir -p $(@D)
	$(CLANG) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@
$(B)/obj/gen/layouts.driver.o: $(B)/gen/layouts.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@
all: $(LAYOUTS) $(WDF_ASSERTS) wdf-headers

# No driver reaches the kernel's SDDL parser: its test has the kernel's object linked in.
$(B)/tests/se_sddl.sys: $(B)/obj/kernel/se/sddl.c.o

# Rewrites abi/exports.tsv, abi/hal_forwards.txt and docs/FIDELITY.md from the marks in the sources.
ledger:
	tools/ledger update

deps:
	@tools/deps.sh
test: deps
	@$(MAKE) -j2 --no-print-directory run-tests
run-tests: all $(HOST_TESTS) $(CLI_DRIVERS) $(CLI_PROGRAMS)
	prove -j2 --exec tools/tap_run $(KTESTS) $(HOST_TESTS) $(SHELL_TESTS)
# The toaster's scene on a machine that stays: installed by INF, plugged, pulled out, asleep, removed.
demo-toaster: all
	tools/toaster_scene
.PHONY: demo-toaster
demo: deps
	@$(MAKE) -j2 --no-print-directory run-demo
run-demo: all $(B)/cli-programs/ai_stress.exe
	tools/demo.sh
# Only where wine64 is installed; says so and does nothing else.
oracle: all
	tools/oracle
	tools/oracle_scene

.PHONY: deps run-tests run-demo ledger
