# Guest programs for the tests of shares, tests/share/guest/NAME.c: they reach the guest through a share.

SHARE_TESTS := $(patsubst tests/share/guest/%.c,$(B)/tests/share/%,$(wildcard tests/share/guest/*.c))

$(B)/tests/share/%.o: tests/share/guest/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTUSERFLAGS) -Itests/guest -c -o $@ $<

$(B)/tests/share/%.elf: $(B)/tests/share/%.o $(GUESTLINK) $(GUESTLIBS) guest/lib/aout.ld
	$(GUESTLD) -o $@ $(GUESTLINK) $< $(GUESTLDLIBS)

$(SHARE_TESTS): $(B)/tests/share/%: $(B)/tests/share/%.elf $(B)/elf2aout
	$(B)/elf2aout $< $@

tests: $(SHARE_TESTS)

-include $(SHARE_TESTS:%=%.d)

$(B)/tests/share/faults.so: tests/share/faults.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Wall -Wextra -Werror -fPIC -shared -o $@ $<

tests: $(B)/tests/share/faults.so
