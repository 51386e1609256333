# The INF beside the driver, so that a run finds its hardware ID.
$(B)/drivers/simgpu.inf: drivers/simgpu/simgpu.inf
	@mkdir -p $(@D)
	cp $< $@
all: $(B)/drivers/simgpu.inf
