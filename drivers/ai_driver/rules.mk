# The programs of ai_driver: libai as build/lib/libai.lib, each program folder as build/programs/NAME.exe.
AI := drivers/ai_driver
AI_PROGRAMS := aictl ai_gpu_agent aisetup
# The folder of each.
ai_gpu_agent_FOLDER := agent
aictl_FOLDER := aictl
aisetup_FOLDER := setup
aisetup_LIBS := -lsetupapi -lnewdev
AI_CFLAGS := $(filter-out -Itests/programs,$(PROGRAM_CFLAGS)) -std=gnu11 -D__USE_MINGW_ANSI_STDIO=0

$(B)/obj/ai/%.c.o: $(AI)/%.c
	@mkdir -p $(@D)
	$(CLANG) $(AI_CFLAGS) -MMD -MP -c $< -o $@
$(B)/lib/libai.lib: $(patsubst $(AI)/%,$(B)/obj/ai/%.o,$(wildcard $(AI)/libai/*.c))
	@mkdir -p $(@D)
	rm -f $@
	llvm-ar-19 rcs $@ $^
define AI_PROGRAM_RULE
$(B)/programs/$(1).exe: $(patsubst $(AI)/%,$(B)/obj/ai/%.o,$(wildcard $(AI)/$($(1)_FOLDER)/*.c)) $(B)/lib/libai.lib
	@mkdir -p $$(@D)
	$$(CLANG) $$(AI_CFLAGS) -fuse-ld=lld $$^ $($(1)_LIBS) -o $$@
endef
$(foreach p,$(AI_PROGRAMS),$(eval $(call AI_PROGRAM_RULE,$(p))))
all: $(AI_PROGRAMS:%=$(B)/programs/%.exe)

# Notifications of processes are for drivers whose image is checked when it is loaded.
$(B)/drivers/ai_driver.sys: LINK_MORE := /integritycheck
# The driver's hardware ID is in its INF: beside the driver, so that a run finds it.
$(B)/drivers/ai_driver.inf: $(AI)/ai_driver.inf
	@mkdir -p $(@D)
	cp $< $@
all: $(B)/drivers/ai_driver.inf

# The package: signed files and an MSI. Needs osslsigncode and wixl.
package: $(B)/drivers/ai_driver.sys $(AI_PROGRAMS:%=$(B)/programs/%.exe)
	$(AI)/package/build.sh $(B)
.PHONY: package
# PAGED_CODE reads the IRQL inline, as drivers for every Windows do.
$(B)/obj/drivers/ai_driver/%.c.o: DRIVER_CFLAGS += -DDDK_INLINE_IRQL
# Static analysis of the driver: clang's, clang-tidy (its checks are in .clang-tidy), and cppcheck's, which has to be told of the
# kit's macros. Needs clang-tidy-19 and cppcheck.
ai-analyze: | $(WDF_GEN_HEADERS)
	clang-tidy-19 --quiet --warnings-as-errors='*' $(wildcard $(AI)/*.c) -- $(DRIVER_CFLAGS) \
	  $(WDF_INCLUDE) -DKMDF_VERSION_MAJOR=1 -DKMDF_VERSION_MINOR=15 -DDDK_INLINE_IRQL
	for f in $(wildcard $(AI)/*.c); do $(CLANG) --analyze -Xclang -analyzer-output=text -Xclang -analyzer-werror $(DRIVER_CFLAGS) \
	  $(WDF_INCLUDE) -DKMDF_VERSION_MAJOR=1 -DKMDF_VERSION_MINOR=15 -DDDK_INLINE_IRQL $$f || exit 1; done
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability '-DWDF_DECLARE_CONTEXT_TYPE_WITH_NAME(a,b)=' \
	  -DFORCEINLINE=static '-D__try=if(1)' '-D__except(a)=else' $(wildcard $(AI)/*.c)
.PHONY: ai-analyze
