#!/usr/bin/env bash
# Runs every guest test (tests/guest/*.c) on a machine of its own and passes its TAP on.  The programs come in by an
# archive behind the root's, as a later member of the initrd.  usage: guest.t [NAME ...]
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

mkdir -p "$work/add/386/bin"
names=("$@")
for f in tests/guest/*.c; do
	name=$(basename "$f" .c)
	cp "build/tests/guest/$name" "$work/add/386/bin/"
	[ $# -gt 0 ] || names+=("$name")
done
cp build/root.cpio "$work/initrd"
(cd "$work/add" && find . | cpio -o -H newc --quiet) >>"$work/initrd"
for name in "${names[@]}"; do
	timeout 400 $N9 -n none --initrd "$work/initrd" -c "cd /; /bin/$name" </dev/null >"$work/out" 2>"$work/err"
	status=$?
	sed "s/^\(not ok\|ok\) [0-9]* - /\1 - $name: /; s/^\(#.\{300\}\).*/\1 .../" "$work/out"
	grep -q '^1\.\.' "$work/out" && { [ $status = 0 ] || [ $status = 1 ]; }
	ok $? "$name runs to its end (status $status)"
	tail -n 30 "$work/err" | sed 's/^/# /'
	# a line that is not whole would go uncounted: show where
	[ "1..$(grep -cE '^(not )?ok ' "$work/out")" = "$(grep -o '^1\.\.[0-9]*' "$work/out")" ] || cut -c -300 "$work/out" | sed 's/^/# whole output: /'
done
finish
