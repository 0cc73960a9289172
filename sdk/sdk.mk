# The kit for building Plan 9 programs on Linux: 9c, 9l and what they use, staged in build/sdk as make install lays it
# out under PREFIX.  sdk/common.sh lists the tree.

SDKKIT := $(B)/sdk/lib/9guest
SDKHEADERS := $(wildcard guest/include/*.h)

# gcc for Linux predefines these; the target is Plan 9
SDKNAMES := -D__plan9__ $(addprefix -U,linux __linux __linux__ __gnu_linux__ unix __unix __unix__ i386)

# What a library defines is weak: a program may have a function of its own with the name of one in the library, as with
# Plan 9's linker, which takes from a library only what is missing.  Debugging data are left out: they name files that
# the user does not have.
define SDKLIBRULE
$(SDKKIT)/lib/$(1).a: $(B)/guest/lib/$(1).a sdk/sdk.mk
	@rm -rf $$@ $(B)/sdk.tmp/$(1); mkdir -p $$(@D)
	@for o in $(patsubst $(B)/guest/lib/%,%,$(call guestobjs,guest/lib/$(1))); do \
		d=$(B)/sdk.tmp/$$$$o; mkdir -p $$$${d%/*} && \
		nm -g --defined-only $(B)/guest/lib/$$$$o | sed 's/.* //' >$$$$d.names && \
		objcopy --strip-debug --weaken-symbols=$$$$d.names $(B)/guest/lib/$$$$o $$$$d || exit 1; \
	done
	@ar rcsD $$@ $(patsubst $(B)/guest/lib/%,$(B)/sdk.tmp/%,$(call guestobjs,guest/lib/$(1)))
endef
$(foreach l,$(GUESTLIBNAMES),$(eval $(call SDKLIBRULE,$(l))))

$(B)/sdk.done: $(GUESTLIBNAMES:%=$(SDKKIT)/lib/%.a) $(GUESTLINK) $(B)/elf2aout guest/flags.mk $(SDKHEADERS) $(wildcard sdk/*)
	@rm -rf $(B)/sdk/bin $(SDKKIT)/include
	@mkdir -p $(B)/sdk/bin $(SDKKIT)/include
	@install -m 755 sdk/9c sdk/9l $(B)/sdk/bin
	@strip -o $(SDKKIT)/elf2aout $(B)/elf2aout
	@install -m 644 sdk/aout.ld sdk/common.sh $(SDKKIT)
	@install -m 644 $(SDKHEADERS) $(SDKKIT)/include
	@objcopy --strip-debug $(GUESTLINK) $(SDKKIT)/lib/entry.o
	@echo '$(GUESTABI) $(SDKNAMES) -fcommon -fno-merge-constants -O2 $(GUESTUSERFLAGS) $(GUESTWARN)' >$(SDKKIT)/cflags
	@touch $@

sdk: $(B)/sdk.done

install-sdk: sdk
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/sdk/bin/9c $(B)/sdk/bin/9l $(DESTDIR)$(PREFIX)/bin
	rm -rf $(DESTDIR)$(PREFIX)/lib/9guest
	cp -R $(SDKKIT) $(DESTDIR)$(PREFIX)/lib/9guest
	install -m 644 doc/9c.1 doc/9l.1 $(DESTDIR)$(PREFIX)/share/man/man1

uninstall-sdk:
	rm -rf $(DESTDIR)$(PREFIX)/lib/9guest
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/9c bin/9l share/man/man1/9c.1 share/man/man1/9l.1)

.PHONY: sdk install-sdk uninstall-sdk
