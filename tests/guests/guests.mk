# Tiny guests: build/tests/guests/DIR/NAME from tests/guests/DIR/NAME.[cS].  "start" alone on a line of a C
# guest's first comment links start.S, "support" the support library too.

TINY_CFLAGS := -m32 -march=i686 -msse2 -std=gnu11 -O1 -g -ffreestanding -fno-builtin -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -fno-omit-frame-pointer -mno-red-zone \
	-mgeneral-regs-only -Wall -Wextra -Werror -Iabi -Itests/guests -MMD -MP
TINY_LDFLAGS := -m32 -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
	-Wl,-z,max-page-size=4096 -T tests/guests/guest.ld
TINY_SRCS := $(wildcard tests/guests/steps/*.[cS] tests/guests/machine/*.[cS] tests/guests/hostile/*.[cS] tests/guests/tap/*.c)
TINY_GUESTS := $(addprefix $(B)/,$(basename $(TINY_SRCS)))
TINY_SUPPORT := $(B)/tests/guests/start.o $(B)/tests/guests/traps.o $(B)/tests/guests/support.o

tiny_needs = $(if $(shell grep -x ' [*] support' $(1)),$(TINY_SUPPORT),$(if $(shell grep -x ' [*] start' $(1)),$(B)/tests/guests/start.o))

$(B)/tests/guests/%.o: tests/guests/%.c tests/guests/guests.mk
	@mkdir -p $(@D)
	gcc $(TINY_CFLAGS) -c -o $@ $<

$(B)/tests/guests/%.o: tests/guests/%.S tests/guests/guests.mk
	@mkdir -p $(@D)
	gcc -m32 -Iabi -MMD -MP -c -o $@ $<

$(TINY_GUESTS): $(B)/%: $(B)/%.o $(TINY_SUPPORT) tests/guests/guest.ld
	gcc $(TINY_LDFLAGS) -o $@ $< $(call tiny_needs,$(wildcard $*.[cS]))

guests: $(TINY_GUESTS)
tests: guests

-include $(patsubst %,%.d,$(TINY_GUESTS)) $(TINY_SUPPORT:.o=.d)

.PHONY: guests tests
