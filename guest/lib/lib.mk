# The guest's libraries, and the tools that make its executables.  Each directory
# guest/lib/libNAME is one archive build/guest/lib/libNAME.a, whatever C and
# assembly files it and its subdirectories hold.  Sources in LIBC_KERNEL_SRC need
# no system call and no floating point: the kernel compiles them with its own flags.

GUESTLIBDIRS := $(wildcard guest/lib/lib*/.)
GUESTLIBNAMES := $(patsubst guest/lib/%/.,%,$(GUESTLIBDIRS))
GUESTLIBS := $(GUESTLIBNAMES:%=$(B)/guest/lib/%.a)
GUESTUSERFLAGS := -ffunction-sections -fdata-sections
GUESTLINK := $(B)/guest/lib/libc/386/entry.o

LIBC_KERNEL_SRC := $(filter-out guest/lib/libc/port/malloc.c guest/lib/libc/port/strdup.c, \
	$(wildcard guest/lib/libc/port/*.c guest/lib/libc/utf/*.c guest/lib/libc/9conv/*.c guest/lib/libc/386/div64.c)) \
	$(addprefix guest/lib/libc/fmt/,core.c number.c string.c quote.c buffer.c encode.c kernelverbs.c) \
	$(addprefix guest/lib/libsec/,md.c md5.c sha1.c sha256.c)

# everything below a directory, less what only the kernel takes
guestsrcs = $(filter-out %/kernelverbs.c,$(sort $(wildcard $(1)/*.[cS] $(1)/*/*.[cS])))
guestobjs = $(patsubst %,$(B)/%.o,$(basename $(call guestsrcs,$(1))))

# a file that lists words and changes only when they do: what depends on it is
# made anew when a source disappears
define LISTRULE
$(1): FORCE
	@mkdir -p $$(@D)
	@echo '$(2)' | cmp -s - $$@ || echo '$(2)' >$$@
endef

define GUESTLIBRULE
$(call LISTRULE,$(B)/guest/lib/$(1).list,$(call guestobjs,guest/lib/$(1)))
$(B)/guest/lib/$(1).a: $(call guestobjs,guest/lib/$(1)) $(B)/guest/lib/$(1).list
	@rm -f $$@
	ar rcs $$@ $$(filter %.o,$$^)
endef
$(foreach l,$(GUESTLIBNAMES),$(eval $(call GUESTLIBRULE,$(l))))

$(B)/guest/lib/%.o: guest/lib/%.c guest/flags.mk
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTUSERFLAGS) -c -o $@ $<

$(B)/guest/lib/%.o: guest/lib/%.S guest/flags.mk
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTUSERFLAGS) -c -o $@ $<

# an ELF file with all symbols becomes a Plan 9 executable
$(B)/elf2aout: guest/lib/tools/elf2aout.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=c11 -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror -o $@ $<

guestlib: $(GUESTLIBS) $(B)/elf2aout
.PHONY: guestlib FORCE

-include $(shell find $(B)/guest/lib -name '*.d' 2>/dev/null)
