# The IP stack's core as host programs (tests/host/ip):
#   build/tests/host/ip/sim   two stacks and a bad wire, in simulated time
#   build/tests/host/ip/fuzz  hostile frames, under the sanitizers
#   build/tests/host/ip/libfuzz the same, led by libFuzzer; made and run by hand
#   build/tests/host/ip/flood more than there is room for
#   build/tests/host/ip/rules TCP, one segment at a time
#   build/tests/host/ip/uncut packets that the device has not cut
#   build/tests/host/ip/tap   our stack on a tap, against Linux's
#   build/tests/host/ip/peer  the other end, on Linux's stack

IPT := $(B)/tests/host/ip
IPCORE := $(filter-out guest/kernel/ip/dev%.c,$(wildcard guest/kernel/ip/*.c))
IPFMT := $(addprefix guest/lib/libc/fmt/,core.c number.c string.c quote.c buffer.c kernelverbs.c) guest/lib/libc/utf/rune.c
IPHOSTCC := $(CC) -std=gnu11 -g -O2 -fplan9-extensions -fno-builtin -ffunction-sections -fwrapv -fno-strict-aliasing -Dmalloc=ipmalloc -Dfree=ipfree \
	-Wall -Wno-parentheses -Wno-missing-braces -Wno-main -Werror \
	-Itests/host/ip/shim -Itests/host/ip -Iguest/kernel/ip -Iguest/include -I$(IPT)/include -MMD -MP
IPSAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
IPHOST := tests/host/ip/host.c tests/host/ip/wire.c
IPIO := $(IPT)/io.o $(B)/host/net/tap.o $(B)/host/net/tapframe.o $(B)/host/error.o

# qio.h alone, without the kernel's other headers beside it
$(IPT)/include/qio.h: guest/kernel/port/qio.h
	@mkdir -p $(@D)
	cp $< $@

$(IPT)/obj/%.o: %.c $(IPT)/include/qio.h tests/host/ip/ip.mk
	@mkdir -p $(@D)
	$(IPHOSTCC) -c -o $@ $<

$(IPT)/san/%.o: %.c $(IPT)/include/qio.h tests/host/ip/ip.mk
	@mkdir -p $(@D)
	$(IPHOSTCC) $(IPSAN) -c -o $@ $<

$(IPT)/io.o: tests/host/ip/io.c tests/tests.mk
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) -c -o $@ $<

IPOBJ = $(patsubst %.c,$(IPT)/$(1)/%.o,$(IPCORE) $(IPFMT) $(IPHOST))

$(IPT)/sim: $(IPT)/obj/tests/host/ip/sim.o $(call IPOBJ,obj) $(IPIO)
	$(CC) -Wl,--gc-sections -o $@ $^

$(IPT)/simsan: $(IPT)/san/tests/host/ip/sim.o $(call IPOBJ,san) $(IPIO)
	$(CC) $(IPSAN) -Wl,--gc-sections -o $@ $^

$(IPT)/fuzz: $(IPT)/san/tests/host/ip/fuzz.o $(call IPOBJ,san) $(IPIO)
	$(CC) $(IPSAN) -Wl,--gc-sections -o $@ $^

$(IPT)/libfuzz: tests/host/ip/fuzz.c $(IPCORE) $(IPFMT) $(IPHOST) $(IPIO) $(IPT)/include/qio.h
	clang -std=gnu11 -g -O1 -fms-extensions -fno-builtin -fwrapv -fno-strict-aliasing -DLIBFUZZER -Dmalloc=ipmalloc -Dfree=ipfree -w \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -Itests/host/ip/shim -Itests/host/ip -Iguest/kernel/ip \
		-Iguest/include -I$(IPT)/include -o $@ $(filter %.c %.o,$^)

$(IPT)/flood $(IPT)/rules $(IPT)/uncut: $(IPT)/%: $(IPT)/san/tests/host/ip/%.o $(IPT)/san/tests/host/ip/stranger.o $(call IPOBJ,san) $(IPIO)
	$(CC) $(IPSAN) -Wl,--gc-sections -o $@ $^

$(IPT)/tap: $(IPT)/obj/tests/host/ip/tap.o $(call IPOBJ,obj) $(IPIO)
	$(CC) -Wl,--gc-sections -o $@ $^

$(IPT)/peer: tests/host/ip/peer.c tests/host/ip/pattern.h
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) -o $@ $<

-include $(wildcard $(IPT)/*/*/*/*/*.d)
