# The test, demo and bench targets. Every TAP producer goes through one prove, which prints one total.
include tests/host/rules.mk
SHELL_TESTS := $(sort $(wildcard tests/cli/*.t) $(wildcard tests/abi/*.t))

deps:
	@tools/deps.sh
test: deps
	@$(MAKE) -j2 --no-print-directory run-tests
run-tests: all $(HOST_TESTS)
	prove -j2 --exec tools/tap_run $(KTESTS) $(HOST_TESTS) $(SHELL_TESTS)
demo: deps all
bench: all
oracle: all

.PHONY: deps run-tests
