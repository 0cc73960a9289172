# Tests.  make check runs ./test's parts one after the other; each prints TAP.
#   build/tests/host/diff/diff  the translator against the reference CPU (tests/host/diff)
#   build/tests/host/diff/programs  compiled programs on both (tests/host/programs)
#   build/tests/host/diff/spaces  address spaces that change, against a model

DIFF_COMMON := space decode reference plain special native rng gen table subject judge shrink
DIFF_OBJS := $(DIFF_COMMON:%=$(B)/tests/host/diff/%.o) $(B)/tests/host/diff/plain_enter.o $(B)/tests/host/diff/native_enter.o
ENGINE_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard host/engine/*.c) host/ram.c host/error.c) \
	$(patsubst %.S,$(B)/%.o,$(wildcard host/engine/*.S))
TESTCFLAGS := -std=c11 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror -MMD -MP

$(B)/tests/host/diff/%.o: tests/host/diff/%.c tests/tests.mk
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) -c -o $@ $<

$(B)/tests/host/diff/%.o: tests/host/diff/%.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

$(B)/tests/host/diff/diff: $(B)/tests/host/diff/diff.o $(DIFF_OBJS) $(ENGINE_OBJS)
	$(CC) $(HOSTLDFLAGS) -o $@ $^ $(HOSTLDLIBS)

$(B)/tests/host/diff/spaces: $(B)/tests/host/diff/spaces.o $(ENGINE_OBJS)
	$(CC) $(HOSTLDFLAGS) -o $@ $^ $(HOSTLDLIBS)

$(B)/tests/host/diff/programs: $(B)/tests/host/diff/programs.o $(DIFF_OBJS) $(ENGINE_OBJS)
	$(CC) $(HOSTLDFLAGS) -o $@ $^ $(HOSTLDLIBS)

# Unit tests of the host (cmocka) and fuzzers, each linked with only what it tests.
UNITS := ram loader paging netfs share confine ring wire tap group
HOST_UNIT := ram error elf image loader overlay pagetable segment
HOST_UNIT_LIB := $(B)/tests/host/unit/host.a
NET_UNIT := io patience monotonic $(patsubst host/%.c,%,$(wildcard host/net/*.c))
DEV_UNIT := dev/group

$(B)/tests/host/unit/%.o: tests/host/unit/%.c tests/tests.mk
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) -c -o $@ $<

$(B)/tests/host/unit/%: $(B)/tests/host/unit/%.o $(HOST_UNIT_LIB)
	$(CC) $(HOSTLDFLAGS) -o $@ $^ -lcmocka -lpthread

$(HOST_UNIT_LIB): $(HOST_UNIT:%=$(B)/host/%.o) $(NET_UNIT:%=$(B)/host/%.o) $(DEV_UNIT:%=$(B)/host/%.o) $(B)/host/embed-none.o
	@mkdir -p $(@D)
	rm -f $@
	ar -rcs $@ $^

# The 9P server of the host's network.
HOSTNET_FUZZ_SRCS := tests/host/fuzz/hostnet.c host/dev/hostnet.c host/dev/events.c host/dev/request_read.c host/dev/share/message.c host/io.c host/patience.c host/monotonic.c host/error.c $(wildcard host/net/*.c)
$(B)/tests/host/fuzz/hostnet: $(HOSTNET_FUZZ_SRCS) tests/host/fuzz/fuzz.h $(wildcard host/net/*.h host/dev/*.h host/dev/share/*.h host/*.h)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-strict-aliasing -o $@ \
		$(HOSTNET_FUZZ_SRCS) -lpthread

# The loader under the sanitizers.
ELF_FUZZ_SRCS := tests/host/fuzz/elf.c $(HOST_UNIT:%=host/%.c)
$(B)/tests/host/fuzz/elf: $(ELF_FUZZ_SRCS) tests/host/fuzz/fuzz.h $(B)/host/embed-none.o
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-strict-aliasing -o $@ \
		$(ELF_FUZZ_SRCS) $(B)/host/embed-none.o

# The 9P server without a machine, under the sanitizers: its fuzzer and its unit tests.
SHARE_SRCS := tests/host/share/harness.c host/ram.c host/error.c host/patience.c host/monotonic.c host/dev/dev.c host/dev/local.c host/dev/request.c host/dev/request_read.c $(wildcard host/dev/share/*.c)
SHARE_CC = $(CC) -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-strict-aliasing
$(B)/tests/host/fuzz/share: tests/host/fuzz/share.c tests/host/fuzz/fuzz.h $(SHARE_SRCS) $(wildcard host/*.h host/dev/*.h host/dev/share/*.h tests/host/share/*.h)
	@mkdir -p $(@D)
	$(SHARE_CC) -o $@ $(filter %.c,$^) -lpthread

$(B)/tests/host/unit/share_test: $(wildcard tests/host/unit/share_*.c) tests/host/share/client.c $(SHARE_SRCS) $(wildcard host/*.h host/dev/*.h host/dev/share/*.h tests/host/share/*.h)
	@mkdir -p $(@D)
	$(SHARE_CC) -Wno-format-truncation -o $@ $(filter %.c,$^) -lcmocka -lpthread

include tests/host/fuzz/fuzz.mk
include tests/guest/guest.mk
include tests/host/ip/ip.mk
include tests/go/go.mk
include tests/disk/disk.mk
include tests/share/share.mk

UNIT_PROGRAMS := $(UNITS:%=$(B)/tests/host/unit/%_test)
FUZZ_PROGRAMS := $(B)/tests/host/fuzz/elf $(B)/tests/host/fuzz/hostnet $(B)/tests/host/fuzz/share $(FUZZDIR)/cpio $(FUZZDIR)/mnt $(FUZZDIR)/name

# Compiled programs: each source by several compilers, levels and instruction sets, as a flat 32-bit image; and once
# for 64-bit Linux, which says what the result must be.
PROGRAMS := sieve sha256 quicksort strings long_arith interpreter structs recursion bits doubles x87 convert jumps virtuals smc
IMAGECFLAGS := -m32 -std=gnu11 -ffreestanding -fno-builtin-memcpy -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -nostdinc -fcf-protection=none -w
CC_i386 := gcc -O0 -march=i386
CC_i586 := gcc -O1 -march=i586
CC_i686 := gcc -O2 -march=i686
CC_size := gcc -Os -march=i486
CC_sse2 := gcc -O3 -march=pentium4 -msse2 -mfpmath=sse
CC_sse3 := gcc -O2 -march=i686 -msse3 -mfpmath=387
CC_ssse3 := gcc -O3 -march=core2 -mssse3 -mfpmath=both
CC_sse42 := gcc -O3 -march=i686 -msse4.2 -mfpmath=sse
CC_clang-i586 := clang -O0 -march=i586
CC_clang-i686 := clang -O2 -march=i686
CC_clang-sse42 := clang -O3 -march=nehalem -msse4.2
IMAGE_VARIANTS := i386 i586 i686 size sse2 sse3 ssse3 sse42
ifneq ($(shell command -v clang),)
IMAGE_VARIANTS += clang-i586 clang-i686 clang-sse42
endif

define VARIANT_RULE
$(B)/tests/host/programs/runtime.$(1).o: tests/host/programs/runtime.c tests/host/programs/program.h
	@mkdir -p $$(@D)
	$$(CC_$(1)) $$(IMAGECFLAGS) -c -o $$@ $$<
endef
define IMAGE_RULE
$(B)/tests/host/programs/$(1).$(2).bin: tests/host/programs/$(1).c tests/host/programs/program.h tests/host/programs/image.ld \
	$(B)/tests/host/programs/start.o $(B)/tests/host/programs/runtime.$(2).o
	$$(CC_$(2)) $$(IMAGECFLAGS) -nostdlib -static -Wl,--build-id=none,--oformat=binary,-T,tests/host/programs/image.ld \
		-o $$@ $(B)/tests/host/programs/start.o $(B)/tests/host/programs/runtime.$(2).o $$<
IMAGES += $(B)/tests/host/programs/$(1).$(2).bin
endef
$(B)/tests/host/programs/start.o: tests/host/programs/start.S
	@mkdir -p $(@D)
	gcc -m32 -c -o $@ $<
$(foreach v,$(IMAGE_VARIANTS),$(eval $(call VARIANT_RULE,$(v))))
IMAGES :=
$(foreach p,$(PROGRAMS),$(foreach v,$(IMAGE_VARIANTS),$(eval $(call IMAGE_RULE,$(p),$(v)))))

$(B)/tests/host/programs/%.expect: tests/host/programs/%.c tests/host/programs/native.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -w -o $(@:.expect=.native) $^
	$(@:.expect=.native) > $@

# Nothing but 32-bit code can say; it counts what went wrong.
$(B)/tests/host/programs/smc.expect:
	@mkdir -p $(@D)
	echo 00008000 > $@

$(IMAGES): | $(PROGRAMS:%=$(B)/tests/host/programs/%.expect)

-include $(DIFF_OBJS:.o=.d) $(B)/tests/host/diff/diff.d $(B)/tests/host/diff/programs.d $(wildcard $(B)/tests/host/unit/*.d $(B)/tests/fuzz/*.d)

# What whole-machine tests need of a terminal.
$(B)/tests/pty: tests/lib/pty.c
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) -o $@ $< -lutil

# tests: everything that tests/run wants built; list-tests: the programs among it that are tests by themselves.
$(B)/tests/host/engine_smoke: tests/host/engine_smoke.c $(ENGINE_OBJS)
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) $(HOSTLDFLAGS) -o $@ $^ $(HOSTLDLIBS)

tests: all $(B)/tests/host/engine_smoke $(UNIT_PROGRAMS) $(FUZZ_PROGRAMS) $(B)/tests/pty $(B)/tests/host/diff/diff $(B)/tests/host/diff/programs $(B)/tests/host/diff/spaces $(IMAGES) $(addprefix $(B)/tests/host/ip/,simsan flood rules uncut fuzz tap peer)
list-tests:
	@echo $(B)/tests/host/engine_smoke $(UNIT_PROGRAMS)
check:
	tests/run
# HOURS or MINUTES say how long
check-long: all $(GUEST_TESTS)
	HOURS="$(HOURS)" MINUTES="$(MINUTES)" tests/long
.PHONY: tests list-tests check check-long
