# The guest kernel: portable part, lguest port, and the C library's pure sources,
# all compiled without floating point.  Output: build/guest/kernel/9kernel.

KCC = $(GUESTCC) -mgeneral-regs-only -Iguest/kernel/port -Iguest/kernel/lguest
KC := $(wildcard guest/kernel/port/*.c guest/kernel/ip/*.c guest/kernel/lguest/*.c)
KS := $(wildcard guest/kernel/lguest/*.S)
KO := $(KS:%.S=$(B)/%.o) $(KC:%.c=$(B)/%.o)
KLIBO := $(patsubst guest/lib/%.c,$(B)/guest/kernel/lib/%.o,$(filter %.c,$(LIBC_KERNEL_SRC)))
KERNEL := $(B)/guest/kernel/9kernel

kernel: $(KERNEL)
.PHONY: kernel

$(KERNEL): guest/kernel/lguest/kernel.ld $(KO) $(KLIBO)
	@mkdir -p $(@D)
	ld -m elf_i386 -nostdlib -static --build-id=none -z noexecstack -T guest/kernel/lguest/kernel.ld -o $@ $(KO) $(KLIBO)

$(B)/guest/kernel/%.o: guest/kernel/%.c
	@mkdir -p $(@D)
	$(KCC) -c -o $@ $<

$(B)/guest/kernel/%.o: guest/kernel/%.S
	@mkdir -p $(@D)
	$(KCC) -c -o $@ $<

$(B)/guest/kernel/lib/%.o: guest/lib/%.c
	@mkdir -p $(@D)
	$(KCC) -DKERNEL -c -o $@ $<

-include $(KO:.o=.d) $(KLIBO:.o=.d)
