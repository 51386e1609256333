# The program that drives edu, and the INF beside the driver, so that a run finds its hardware ID.
$(B)/programs/edutool.exe: drivers/edu/edutool/edutool.c drivers/edu/edu.h
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -Itests/programs,$(PROGRAM_CFLAGS)) -fuse-ld=lld $< -o $@
$(B)/drivers/edu.inf: drivers/edu/edu.inf
	@mkdir -p $(@D)
	cp $< $@
all: $(B)/programs/edutool.exe $(B)/drivers/edu.inf
