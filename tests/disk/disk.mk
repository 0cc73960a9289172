# Guest programs of the tests of disks, build/tests/disk/NAME from tests/disk/NAME.c, and the shim that
# makes a host's file faulty.  Included by tests.mk.

DISK_TESTS := $(patsubst tests/disk/%.c,$(B)/tests/disk/%,$(filter-out tests/disk/faulty.c,$(wildcard tests/disk/*.c)))

$(B)/tests/disk/%.o: tests/disk/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTUSERFLAGS) -c -o $@ $<

$(DISK_TESTS:=.elf): %.elf: %.o $(GUESTLINK) $(GUESTLIBS) guest/lib/aout.ld
	$(GUESTLD) -o $@ $(GUESTLINK) $< $(GUESTLDLIBS)

$(DISK_TESTS): %: %.elf $(B)/elf2aout
	$(B)/elf2aout $< $@

$(B)/tests/disk/faulty.so: tests/disk/faulty.c
	@mkdir -p $(@D)
	$(CC) $(TESTCFLAGS) -shared -fPIC -o $@ $<

tests: $(DISK_TESTS) $(B)/tests/disk/faulty.so

-include $(DISK_TESTS:%=%.d)
