# The test, demo and bench targets. Every TAP producer goes through one prove, which prints one total.
HOST_TESTS := $(patsubst tests/host/%.c,$(B)/hosttests/%,$(wildcard tests/host/*.c))
SHELL_TESTS := $(sort $(wildcard tests/cli/*.t) $(wildcard tests/abi/*.t))

# A unit test of the host world: one file, linked with every host object but the program's main.
$(B)/hosttests/%: tests/host/%.c $(filter-out %/cli/main.c.o,$(HOST_OBJ))
	@mkdir -p $(@D)
	$(CLANG) $(HOST_CFLAGS) -Itests/host -MMD -MP -MF $(B)/obj/hosttest-$*.d -fuse-ld=lld -pie $(filter %.c %.o,$^) \
	  $(HOST_LIBS) -o $@

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
