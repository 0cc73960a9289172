# The guest's commands.  guest/cmd/NAME.c is the command NAME; a directory
# guest/cmd/NAME with C files is the command NAME made of all of them.  Both are
# found by their presence.  A directory in GUESTGROUPS holds commands in the same two
# ways, called GROUP/NAME (disk/prep is /bin/disk/prep).  The result is
# build/guest/cmd/NAME, a Plan 9 executable; build/guest/cmd/NAME.elf beside it is
# for debuggers.

GUESTGROUPS := disk ndb ip aux
GUESTCMDDIRS := guest/cmd $(GUESTGROUPS:%=guest/cmd/%)
GUESTCMD1 := $(patsubst guest/cmd/%.c,%,$(wildcard $(GUESTCMDDIRS:=/*.c)))
GUESTCMDN := $(filter-out $(GUESTGROUPS),$(sort $(patsubst guest/cmd/%/,%,$(dir $(wildcard $(GUESTCMDDIRS:=/*/*.c))))))
GUEST_CMDS := $(addprefix $(B)/guest/cmd/,$(GUESTCMD1) $(GUESTCMDN))

GUESTLD := ld -m elf_i386 -nostdlib --gc-sections --build-id=none -z noexecstack -T guest/lib/aout.ld
GUESTLDLIBS := --start-group $(GUESTLIBS) --end-group

$(B)/guest/cmd/%.o: guest/cmd/%.c guest/flags.mk
	@mkdir -p $(@D)
	$(GUESTCC) $(GUESTUSERFLAGS) -c -o $@ $<

define GUESTCMD1RULE
$(B)/guest/cmd/$(1).elf: $(B)/guest/cmd/$(1).o $(GUESTLINK) $(GUESTLIBS) guest/lib/aout.ld
	$(GUESTLD) -o $$@ $(GUESTLINK) $(B)/guest/cmd/$(1).o $(GUESTLDLIBS)
endef
$(foreach c,$(GUESTCMD1),$(eval $(call GUESTCMD1RULE,$(c))))

# objects of a directory NAME are in NAME.d, as NAME is the command
cmdobjs = $(patsubst guest/cmd/$(1)/%.c,$(B)/guest/cmd/$(1).d/%.o,$(sort $(wildcard guest/cmd/$(1)/*.c)))

define GUESTCMDNRULE
$(B)/guest/cmd/$(1).d/%.o: guest/cmd/$(1)/%.c guest/flags.mk
	@test -d $$(@D) || rm -f $$(@D) 2>/dev/null; mkdir -p $$(@D)	# it may be the .d file of when this was one file
	$(GUESTCC) $(GUESTUSERFLAGS) -Iguest/cmd/$(1) -c -o $$@ $$<

$(call LISTRULE,$(B)/guest/cmd/$(1).list,$(call cmdobjs,$(1)))
$(B)/guest/cmd/$(1).elf: $(call cmdobjs,$(1)) $(B)/guest/cmd/$(1).list $(GUESTLINK) $(GUESTLIBS) guest/lib/aout.ld
	$(GUESTLD) -o $$@ $(GUESTLINK) $$(filter $(B)/guest/cmd/$(1).d/%.o,$$^) $(GUESTLDLIBS)
endef
$(foreach c,$(GUESTCMDN),$(eval $(call GUESTCMDNRULE,$(c))))

$(GUEST_CMDS): $(B)/guest/cmd/%: $(B)/guest/cmd/%.elf $(B)/elf2aout
	$(B)/elf2aout $< $@

guestcmd: $(GUEST_CMDS)
.PHONY: guestcmd

-include $(shell find $(B)/guest/cmd -name '*.d' -type f 2>/dev/null)
