# KMDF's headers: include/wdf by hand, build/include/wdf/gen from abi/kmdf; and what the framework makes its table of.
KMDF_MINORS := 9 11 13 15 17 19 21 23 25 27 29 31 33
WDF_DATA := abi/kmdf/enums.tsv abi/kmdf/callbacks.tsv abi/kmdf/structs.tsv abi/kmdf/functions.tsv
WDF_INCLUDE := -Iinclude/wdf -I$(B)/include/wdf
WDF_GEN := $(B)/include/wdf/gen
WDF_CALL_HEADERS := childlist collection commonbuffer companiontarget control cx device dmaenabler dmatransaction dpc driver \
  fdo fileobject interrupt io iotarget memory miniport object pdo queryinterface registry request resource string sync timer \
  usb verifier wmi workitem
WDF_GEN_HEADERS := $(WDF_GEN)/types.h $(WDF_GEN)/usb_types.h $(WDF_GEN)/indices.h $(WDF_CALL_HEADERS:%=$(WDF_GEN)/wdf%.h)
WDF_FX_FILES := $(B)/gen/wdf/fxprotos.h $(B)/gen/wdf/fxtable.inc $(B)/gen/wdf/fxsizes.inc
GEN_WDF = @mkdir -p $(@D) && LC_ALL=C awk -f tools/gen_wdf.awk

$(WDF_GEN_HEADERS) $(WDF_FX_FILES) $(B)/gen/wdf/asserts.c: tools/gen_wdf.awk $(WDF_DATA)
$(WDF_GEN)/types.h:
	$(GEN_WDF) -v out=types $(WDF_DATA) > $@
$(WDF_GEN)/usb_types.h:
	$(GEN_WDF) -v out=types -v usb=1 $(WDF_DATA) > $@
$(WDF_GEN)/indices.h:
	$(GEN_WDF) -v out=indices $(WDF_DATA) > $@
$(WDF_CALL_HEADERS:%=$(WDF_GEN)/wdf%.h):
	$(GEN_WDF) -v out=calls -v header=$(@F) $(WDF_DATA) > $@
$(B)/gen/wdf/fxprotos.h:
	$(GEN_WDF) -v out=protos $(WDF_DATA) > $@
$(B)/gen/wdf/fxtable.inc:
	$(GEN_WDF) -v out=table $(WDF_DATA) > $@
$(B)/gen/wdf/fxsizes.inc:
	$(GEN_WDF) -v out=sizes $(WDF_DATA) > $@
$(B)/gen/wdf/asserts.c:
	$(GEN_WDF) -v out=asserts $(WDF_DATA) > $@
wdf-headers: $(WDF_GEN_HEADERS) $(WDF_FX_FILES)
.PHONY: wdf-headers

# The structures of each version, as drivers of that version see them.
WDF_ASSERTS := $(KMDF_MINORS:%=$(B)/obj/gen/wdf_asserts_%.o)
$(WDF_ASSERTS): $(B)/obj/gen/wdf_asserts_%.o: $(B)/gen/wdf/asserts.c $(WDF_GEN_HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(DRIVER_CFLAGS) $(WDF_INCLUDE) -DKMDF_VERSION_MINOR=$* -MMD -MP -c $< -o $@
