# Unit tests of the host's parts: tests/host/NAME_test.c becomes build/host-tests/NAME_test, a program that prints TAP.
# Fuzz targets: tests/host/fuzz_NAME.c becomes build/host-tests/fuzz_NAME (the same inputs every time), and
# `make fuzz-NAME` runs it under libFuzzer for FUZZ_SECONDS.
HOST_TEST_CFLAGS := $(HOST_CFLAGS) -Itests/host -fsanitize=address,undefined -fno-sanitize-recover=undefined
HOST_TEST_SRC := $(wildcard tests/host/*_test.c)
HOST_FUZZ_SRC := $(filter-out tests/host/fuzz_main.c,$(wildcard tests/host/fuzz_*.c))
HOST_TESTS := $(patsubst tests/host/%.c,$(B)/host-tests/%,$(HOST_TEST_SRC) $(HOST_FUZZ_SRC))
FUZZ_SECONDS ?= 60

# What each test links beside its own source.
broker_UNDER_TEST := $(wildcard host/broker/*.c)
request_UNDER_TEST := host/daemon/request.c host/daemon/frame.c
hive_UNDER_TEST := $(wildcard host/hive/*.c) host/broker/name.c tests/host/hive_records.c
sign_UNDER_TEST := $(addprefix host/sign/,image.c der.c verify.c)
inf_UNDER_TEST := user/setupapi/infparse.c $(filter-out %/infverify.c %/main.c,$(wildcard user/tools/infverify/*.c))
device_config_UNDER_TEST := host/hal/device_config.c
decode_UNDER_TEST := host/hal/decode_access.c
pe_UNDER_TEST := kernel/ldr/pe.c kernel/ldr/pedir.c tests/host/pe_image.c
supervisor_UNDER_TEST := $(addprefix host/supervisor/,serve.c doorbell.c signals.c)
ai_options_UNDER_TEST := drivers/ai_driver/aictl/options.c drivers/ai_driver/agent/options.c drivers/ai_driver/agent/instance.c
qemu_UNDER_TEST := $(wildcard host/qemu/*.c) host/hal/device_load.c host/hal/device_config.c
gpu_UNDER_TEST := $(wildcard host/gpu/*.c)
report_UNDER_TEST := $(wildcard host/report/*.c) kernel/ldr/pe.c kernel/ldr/pedir.c $(patsubst %,$(B)/gen/%_table.c,bugcheck ntstatus problem)

SANITIZED = $(patsubst %.c,$(B)/obj/sanitized/%.o,$(1))
$(B)/obj/sanitized/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(HOST_TEST_CFLAGS) -MMD -MP -c $< -o $@
define HOST_TEST_RULE
$(B)/host-tests/$(1)_test: $(call SANITIZED,tests/host/$(1)_test.c $($(1)_UNDER_TEST))
	@mkdir -p $$(@D)
	$$(CLANG) -fuse-ld=lld -fsanitize=address,undefined $$^ $$(HOST_LIBS) -o $$@
endef
# The sandbox is tested as the program has it: no sanitizer's system calls.
$(B)/host-tests/sandbox_test: tests/host/sandbox_test.c $(filter-out $(B)/obj/host/cli/main.c.o,$(HOST_OBJ))
	@mkdir -p $(@D)
	$(CLANG) $(HOST_CFLAGS) -Itests/host -MMD -MP -MF $(B)/obj/sandbox_test.d -fuse-ld=lld -pie $(filter %.c %.o,$^) \
	  $(HOST_LIBS) -o $@
define HOST_FUZZ_RULE
$(B)/host-tests/fuzz_$(1): $(call SANITIZED,tests/host/fuzz_$(1).c tests/host/fuzz_main.c $($(1)_UNDER_TEST))
	@mkdir -p $$(@D)
	$$(CLANG) -fuse-ld=lld -fsanitize=address,undefined $$^ $$(HOST_LIBS) -o $$@
fuzz-$(1):
	@mkdir -p $(B)/fuzz/$(1)
	$$(CLANG) $$(HOST_TEST_CFLAGS) -fsanitize=fuzzer tests/host/fuzz_$(1).c $($(1)_UNDER_TEST) $$(HOST_LIBS) \
	  -o $(B)/fuzz/fuzz_$(1)
	$(B)/fuzz/fuzz_$(1) -max_total_time=$$(FUZZ_SECONDS) -max_len=4096 $(abspath $(B))/fuzz/$(1)
.PHONY: fuzz-$(1)
endef
$(foreach t,$(filter-out sandbox,$(HOST_TEST_SRC:tests/host/%_test.c=%)),$(eval $(call HOST_TEST_RULE,$(t))))
$(foreach t,$(HOST_FUZZ_SRC:tests/host/fuzz_%.c=%),$(eval $(call HOST_FUZZ_RULE,$(t))))

host-tests: $(HOST_TESTS)
.PHONY: host-tests
