# The root that the guest boots from: commands, and what stands in guest/root, in one cpio archive (newc), build/root.cpio.
# guest/root mirrors it: lib, rc/bin, sys/man ...  Same inputs, same bytes: order, owner and times do not depend on
# when or where the archive was made (SOURCE_DATE_EPOCH, else the last commit, says what time the files carry).

ROOTSRC := $(shell find guest/root -type f ! -name '*.mk' | sort)
ROOTDIRS := 386/bin adm/timezone bin boot dev env fd lib mnt n net net.alt proc rc/bin rc/lib root srv sys/man tmp usr
ROOTTIME := $(shell t=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null)}; echo $${t:-0})
ROOTLIST := $(B)/root.list

# the names of what goes in: an archive is also out of date when one disappears
$(ROOTLIST): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(ROOTSRC) $(GUEST_CMDS) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# boot and init are not in /bin: only the kernel and boot start them
$(B)/root.cpio: $(GUEST_CMDS) $(ROOTSRC) $(ROOTLIST) guest/root/root.mk
	@rm -rf $(B)/root
	@mkdir -p $(addprefix $(B)/root/,$(ROOTDIRS))
	@cp -R guest/root/. $(B)/root/
	@rm -f $(B)/root/root.mk
	@cp $(GUEST_CMDS) $(B)/root/386/bin/
	@mv $(B)/root/386/bin/boot $(B)/root/boot/boot
	@mv $(B)/root/386/bin/init $(B)/root/386/init
	@find $(B)/root -type f -exec chmod 444 {} +
	@find $(B)/root -type d -exec chmod 755 {} +
	@chmod 555 $(B)/root/boot/boot $(B)/root/386/init $(B)/root/386/bin/*
	@for f in $(B)/root/rc/bin/*; do if [ -f "$$f" ]; then chmod 555 "$$f"; fi; done
	@find $(B)/root -exec touch -h -d @$(ROOTTIME) {} +
	cd $(B)/root && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --reproducible -R 0:0 --quiet > ../root.cpio.new
	@mv $(B)/root.cpio.new $@

.PHONY: FORCE
