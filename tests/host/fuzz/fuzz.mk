# Fuzzers that run parts of the guest kernel on the host, under the sanitizers:
#   build/tests/host/fuzz/{cpio,mnt,name}   [seconds [seed]]; 0 seconds: until killed
# The sources are copied, so that they include the shims of tests/host/fuzz/shim and not the kernel's own headers.

FUZZDIR := $(B)/tests/host/fuzz
FUZZCC := gcc -std=gnu11 -g -O1 -fplan9-extensions -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -fno-builtin -Wall -Wno-parentheses -Wno-unused -Wno-clobbered -I$(FUZZDIR)/src -Iguest/include
FUZZSRC := cpio.c cpio.h error.c error.h chan.h qio.h kept.h block.c mnt.h mntrpc.c mntio.c mntcache.c mntstart.c devmnt.c \
	chan.c path.c name.c mount.c pgrp.c dev.c devroot.c

$(FUZZDIR)/src/.copied: $(FUZZSRC:%=guest/kernel/port/%) $(wildcard tests/host/fuzz/shim/*.h) guest/include/fcall.h tests/host/fuzz/fuzz.mk
	@mkdir -p $(@D)
	cp $(filter-out %.mk,$^) $(@D)
	@touch $@

$(FUZZDIR)/cpio: tests/host/fuzz/cpio.c $(FUZZDIR)/src/.copied
	$(FUZZCC) -o $@ $< $(FUZZDIR)/src/cpio.c

$(FUZZDIR)/mnt: tests/host/fuzz/mnt.c $(FUZZDIR)/src/.copied
	$(FUZZCC) -o $@ $< $(addprefix $(FUZZDIR)/src/,mntrpc.c mntio.c mntcache.c mntstart.c devmnt.c block.c error.c)

$(FUZZDIR)/name: tests/host/fuzz/name.c $(FUZZDIR)/src/.copied
	$(FUZZCC) -o $@ $< $(addprefix $(FUZZDIR)/src/,chan.c path.c name.c mount.c pgrp.c dev.c devroot.c cpio.c error.c)

fuzz: $(FUZZDIR)/cpio $(FUZZDIR)/mnt $(FUZZDIR)/name
.PHONY: fuzz
