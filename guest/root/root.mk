# The root that the guest boots from: commands, and what stands in guest/root, in one cpio archive (newc), build/root.cpio.
# guest/root mirrors it: lib, rc/bin, sys/man ...  Same inputs, same bytes: order, owner and times do not depend on
# when or where the archive was made (SOURCE_DATE_EPOCH, else the last commit, says what time the files carry).

ROOTSRC := $(shell find guest/root -type f ! -name '*.mk' ! -name '*:' | sort)	# make cannot have a colon in a name
ROOTDIRS := 386/bin adm/timezone bin boot dev env fd lib mnt n net net.alt proc rc/bin rc/lib root srv sys/man tmp usr
ROOTTIME := $(shell t=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null)}; echo $${t:-0})
ROOTLIST := $(B)/root.list

# the names of what goes in: an archive is also out of date when one disappears
$(ROOTLIST): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(ROOTSRC) $(GUEST_CMDS) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Staged in a directory of its own, so that two makes at once do not meet.  boot and init are not in /bin: only the kernel
# and boot start them.
$(B)/root.cpio: $(GUEST_CMDS) $(ROOTSRC) $(ROOTLIST) guest/root/root.mk
	@set -e; t=$(B)/root.$$$$; rm -rf "$$t"; trap 'rm -rf "$$t" "$$t.cpio"' EXIT; \
	mkdir -p $(addprefix "$$t"/,$(ROOTDIRS)); \
	cp -R guest/root/. "$$t"; rm -f "$$t/root.mk"; \
	(cd $(B)/guest/cmd && cp --parents $(GUESTCMD1) $(GUESTCMDN) "$(CURDIR)/$$t/386/bin"); \
	mv "$$t/386/bin/boot" "$$t/boot/boot"; mv "$$t/386/bin/init" "$$t/386/init"; \
	find "$$t" -type f -exec chmod 444 {} +; \
	find "$$t" -type d -exec chmod 755 {} +; \
	find "$$t/386" "$$t/boot" "$$t/rc/bin" -type f -exec chmod 555 {} +; \
	find "$$t" -exec touch -h -d @$(ROOTTIME) {} +; \
	(cd "$$t" && find . -mindepth 1 | sed 's,^\./,,' | LC_ALL=C sort | \
		cpio -o -H newc --reproducible -R 0:0 --quiet) >"$$t.cpio"; \
	mv "$$t.cpio" $@

# What a guest starts from whose root is elsewhere: boot, and the init that runs what the host asks for.
$(B)/boot.cpio: $(GUEST_CMDS) guest/root/root.mk
	@set -e; t=$(B)/bootroot.$$$$; rm -rf "$$t"; trap 'rm -rf "$$t" "$$t.cpio"' EXIT; \
	mkdir -p "$$t/boot"; cp $(B)/guest/cmd/boot $(B)/guest/cmd/init "$$t/boot"; \
	chmod 755 "$$t/boot"; chmod 555 "$$t"/boot/*; find "$$t" -exec touch -h -d @$(ROOTTIME) {} +; \
	(cd "$$t" && find . -mindepth 1 | sed 's,^\./,,' | LC_ALL=C sort | \
		cpio -o -H newc --reproducible -R 0:0 --quiet) >"$$t.cpio"; \
	mv "$$t.cpio" $@

.PHONY: FORCE
