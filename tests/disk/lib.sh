# Sourced by tests of disks, after tests/lib/tap.sh: images that are files in the guest, and what strangers say of them.
export PATH=$PATH:/sbin:/usr/sbin

# with FILE ...: $work/root.cpio is the root archive with these files in /img.
with() {
	rm -rf "$work/extra"
	mkdir -p "$work/extra/img"
	cp --sparse=always "$@" "$work/extra/img"
	(cd "$work/extra" && find img | sort | cpio -o -H newc -R 0:0 --quiet) >"$work/extra.cpio"
	cat build/root.cpio "$work/extra.cpio" >"$work/root.cpio"
}

# in9 RC-COMMAND: in the guest with /img; leaves what run leaves.
in9() {
	run "$N9" -m 512M --initrd "$work/root.cpio" -c "$1" </dev/null
}

# same NAME WANT GOT: two files with equal bytes; shows the difference of texts.
same() {
	if cmp -s "$2" "$3"; then ok 0 "$1"; else
		ok 1 "$1"
		diff -a "$2" "$3" | head -20 | tr -d '\000\033' | sed 's/^/# /'
	fi
}
