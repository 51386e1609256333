# Static libraries for drivers: one folder, one build/lib/NAME.lib; wdfentry has rules of its own.
LIB_DIRS := $(filter-out lib/wdfentry,$(patsubst %/,%,$(sort $(dir $(wildcard lib/*/*.c lib/*/*.S)))))
DRIVER_LIBS := $(LIB_DIRS:lib/%=$(B)/lib/%.lib) $(B)/lib/wmilib.lib $(B)/lib/usbd.lib # the last two are import libraries of inbox

$(B)/obj/lib/%.c.o: lib/%.c
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) -fno-stack-protector -MMD -MP -c $< -o $@
$(B)/obj/lib/%.S.o: lib/%.S
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -g -MMD -MP -c $< -o $@
define LIB_RULE
$(B)/lib/$(1).lib: $(patsubst %,$(B)/obj/%.o,$(wildcard lib/$(1)/*.c lib/$(1)/*.S))
	@mkdir -p $$(@D)
	rm -f $$@
	llvm-ar-19 rcs $$@ $$^
endef
$(foreach d,$(LIB_DIRS:lib/%=%),$(eval $(call LIB_RULE,$(d))))
