# The hypervisor: build/9guest with the guest kernel and its root archive inside, and build/9guest-bare without
# them (it needs -k).  HOST_OBJS_NOMAIN is everything but main, for unit tests and fuzzers.

HOSTCFLAGS := -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror \
	-fno-strict-aliasing -MMD -MP
HOSTLDLIBS := -lZydis -lZycore -lpthread	# tests of the translator; 9guest itself needs only libc
ifdef DEBUG
HOSTCFLAGS += -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined
HOSTLDFLAGS := -fsanitize=address,undefined
else
HOSTCFLAGS += $(CFLAGS)
endif
HOSTLDFLAGS += -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack

# These run while the FPU holds the guest's state.
HOST_LIGHT := fast trap segment pagetable dev/request_light dev/block_light
HOST_LIGHT_CFLAGS := -mgeneral-regs-only -fno-tree-loop-distribute-patterns -fno-sanitize=all

HOST_SRCS := $(wildcard host/*.c host/dev/*.c host/dev/*/*.c host/engine/*.c host/net/*.c)
HOST_ASM := $(wildcard host/engine/*.S)
HOST_OBJS := $(HOST_SRCS:%.c=$(B)/%.o) $(HOST_ASM:%.S=$(B)/%.o)
HOST_OBJS_NOMAIN := $(filter-out $(B)/host/main.o,$(HOST_OBJS)) $(B)/host/embed-none.o

$(B)/host/%.o: host/%.c host/host.mk
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) $(HOST_EXTRA_CFLAGS) -c -o $@ $<

$(HOST_LIGHT:%=$(B)/host/%.o): HOST_EXTRA_CFLAGS := $(HOST_LIGHT_CFLAGS)

$(B)/host/engine/%.o: host/engine/%.S
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# What is embedded must be rebuilt when it changes.
$(B)/host/embed.o: host/embed.S $(B)/guest/kernel/9kernel $(B)/root.cpio $(B)/boot.cpio
	@mkdir -p $(@D)
	$(CC) -DEMBED_KERNEL='"$(B)/guest/kernel/9kernel"' -DEMBED_ROOT='"$(B)/root.cpio"' \
		-DEMBED_BOOT='"$(B)/boot.cpio"' -c -o $@ $<

$(B)/host/embed-none.o: host/embed.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

$(B)/9guest: $(HOST_OBJS) $(B)/host/embed.o
	$(CC) $(HOSTLDFLAGS) -o $@.new $^ -lpthread
	@mv -f $@.new $@		# at once: somebody may be running it

$(B)/9guest-bare: $(HOST_OBJS) $(B)/host/embed-none.o
	$(CC) $(HOSTLDFLAGS) -o $@.new $^ -lpthread
	@mv -f $@.new $@		# at once: somebody may be running it

host: $(B)/9guest-bare

-include $(HOST_OBJS:.o=.d)

include tests/guests/guests.mk

.PHONY: host
