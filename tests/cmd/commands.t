#!/usr/bin/env bash
# The commands: each tests/cmd/NAME.rc runs in an empty directory of its own in 9guest, all in one boot, and prints what
# NAME.out holds: the output of the same script under 9base, read over by a person.  tests/cmd/record makes NAME.out.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

mkdir -p "$work/root/cases"
cp tests/cmd/*.rc "$work/root/cases"
(cd "$work/root" && find cases | sort | cpio -o -H newc -R 0:0 --quiet) >"$work/extra.cpio"
cat build/root.cpio "$work/extra.cpio" >"$work/root.cpio"
LIMIT=300 run $N9 --initrd "$work/root.cpio" -c 'for(i in /cases/*.rc){
	n=`{basename $i .rc}
	mkdir /tmp/$n; cd /tmp/$n
	echo '"'=== '"'^$n
	rc $i >[2=1]
	echo; echo '"'=== end'"'
}' </dev/null
expect "all cases ran in one boot" 0 - -
for out in tests/cmd/*.out; do
	name=$(basename "$out" .out)
	# an echo ends each case, so that a last line without newline is whole: both sides have it
	awk -v n="=== $name" '$0 == n { on = 1; next } $0 == "=== end" { on = 0 } on' "$work/out" >"$work/got"
	{ cat "$out"; echo; } >"$work/want"
	if cmp -s "$work/want" "$work/got"; then ok 0 "$name"; else
		ok 1 "$name"
		diff "$work/want" "$work/got" | head -30 | sed 's/^/# /'
	fi
done
finish
