# Guest tests: each tests/guest/NAME.c is a program that runs in the guest and
# prints TAP; tests/guest/guest.t runs them.  Included by tests.mk.

GUEST_TESTS := $(patsubst tests/guest/%.c,$(B)/tests/guest/%,$(wildcard tests/guest/*.c))

$(B)/tests/guest/%.o: tests/guest/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTUSERFLAGS) -c -o $@ $<

$(B)/tests/guest/%.elf: $(B)/tests/guest/%.o $(GUESTLINK) $(GUESTLIBS) guest/lib/aout.ld
	$(GUESTLD) -o $@ $(GUESTLINK) $< $(GUESTLDLIBS)

$(GUEST_TESTS): $(B)/tests/guest/%: $(B)/tests/guest/%.elf $(B)/elf2aout
	$(B)/elf2aout $< $@

tests: $(GUEST_TESTS)

-include $(GUEST_TESTS:%=%.d)
