#!/usr/bin/env bash
# paqfs: paqs by another writer, alone and inside of a kernel, read right; damaged ones harm nobody.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

t=$work/tree
mkdir -p "$t/386/bin/aux" "$t/many" "$t/empty" "$t/a/b/c/d/e"
cp build/guest/cmd/rc build/guest/cmd/dossrv "$t/386/bin"
seq 50000 >"$t/numbers"; head -c 700000 /dev/urandom >"$t/a/random"; : >"$t/a/none"; head -c 8192 /dev/zero >"$t/a/zeros"
for i in $(seq 300); do echo "$i" >"$t/many/a file called $i, which has a name that takes room"; done
echo deep >"$t/a/b/c/d/e/f"; chmod 604 "$t/a/b/c/d/e/f"; chmod 705 "$t/a/b"
touch -d '2001-02-03 04:05:06 UTC' "$t/numbers"
(cd "$t" && find . -type f -exec sha1sum {} + | sort) >"$work/want"
mkdir "$work/share"
paqs() {	# rc commands, in the guest with the share
	run "$N9" -m 256M --initrd "$work/root.cpio" -s "$work/share:s" -c "$1" </dev/null
}
with build/tests/disk/treesum
make() { tests/disk/mkpaq.py "${@:2}" "$t" "$work/share/$1"; }
make usual; make plain --plain; make seed --seed 1; make small --block 2048; make large --block 65536; make huge --block 524288
{ head -c 300001 build/guest/cmd/rc; head -c 4097 /dev/urandom; printf '\x52\x9a\xb1\x2b\0\1\x10\0 no header'; cat "$work/share/usual"; seq 1000; } >"$work/share/kernel"
for p in usual plain seed small large huge kernel; do
	paqs "cd /n/s; paqfs -m /mnt $p; cd /mnt; /img/treesum"
	sort "$work/out" >"$work/got"; same "$p: every name and byte" "$work/want" "$work/got"
done
paqs "cd /n/s; mkdir /tmp/p; paqfs -s usual; mount -c /srv/paqfs /tmp/p; cd /tmp/p; ls -l numbers a/b/c/d/e a; /img/treesum -t | sed -n /numbers/p; /tmp/p/386/bin/rc -c 'echo it runs'; ls -d empty; ls empty; @{echo x >numbers}; @{echo x >new}; rm numbers; mkdir d"
for e in '^--rw-r--r-- M .* sys adm 288894 .* numbers' '^--rw----r-- .*f$' '^d-rwx---r-x .* a/b$' 981173106 '^it runs$' '^empty$'; do
	grep -q -e "$e" "$work/out" || { echo "# missing: $e"; show "$work/out" out; break; }
done
ok $? "modes, owners, times; programs run from it"
[ "$(grep -c 'read-only\|permission denied' "$work/err")" = 4 ] || { show "$work/err" err; false; }; ok $? "it cannot be written"
head -c 200000 "$work/share/usual" >"$work/share/cut"; seq 10000 >"$work/share/text"; : >"$work/share/none"
paqs 'cd /n/s; for(f in cut text none nosuch) paqfs -m /mnt $f; paqfs -q -m /mnt text; echo end' 
expect "what is no paq" 0 '^end$' 'nosuch'
[ "$(grep -c 'there is no paq in it' "$work/err")" = 2 ] && grep -q 'cut: the paq in it is damaged' "$work/err"; ok $? "  is told from what was one"

# One byte of a data block is another: that block cannot be read, the rest can.
mkdir "$work/one"; seq 9000 >"$work/one/f"; tests/disk/mkpaq.py --plain "$work/one" "$work/share/bad"
printf X | dd of="$work/share/bad" bs=1 seek=$((44 + 12 + 4096 + 12 + 100)) conv=notrunc status=none
paqs 'paqfs -m /mnt /n/s/bad; dd -if /mnt/f -bs 4096 -count 1 -quiet 1 | wc -c; dd -if /mnt/f -iseek 2 -bs 4096 -quiet 1 | md5sum; cat /mnt/f >/dev/null'
expect "a damaged block is an error" 1 '^ *4096$' 'the block at byte 4152 is damaged'
grep -q "$(tail -c +8193 "$work/one/f" | md5sum | cut -c1-32)" "$work/out"; ok $? "  of that block alone"

# Each of these has some bytes changed; headers, entries and pointers are more than half of it.
mkdir -p "$work/small/d/e"; echo text >"$work/small/d/e/f"; seq 200 >"$work/small/g"
tests/disk/mkpaq.py --block 512 --plain "$work/small" "$work/p"; tests/disk/mkpaq.py "$work/small" "$work/z"
mkdir "$work/share/fuzz"
perl -e 'use strict; srand(7);
	for my $f ("p", "z") { open my $in, "<", "$ARGV[0]/$f"; binmode $in; local $/; my $all = <$in>;
		for my $i (1..150) { my $s = $all;
			for (1..1+int rand 4) { my $at = int rand(length $s);
				my $v = (pack("C", rand 256), pack("N", rand 2**32), pack("N", 44 + int rand 4000), "\0\0", "\xff\xff\xff\xff")[rand 5];
				substr($s, $at, length $v) = $v if $at + length($v) <= length $s }
			# sums that are right again for blocks that are as they were written: the reader must not lean on them
			if ($f eq "p" && rand() < 0.7) { for (my $at = 44; $at + 524 <= length $s && substr($s, $at, 4) eq "\x19\x8a\x1c\xbf"; $at += 524) {
				my ($a, $b) = (0, 0); for my $c (unpack "C*", substr($s, $at+12, 512)) { $a = ($a+$c) % 65521; $b = ($b+$a) % 65521 }
				substr($s, $at+8, 4) = pack("nn", $b, $a) } }
			open my $o, ">", "$ARGV[0]/share/fuzz/$f$i"; binmode $o; print $o $s } }' "$work"
paqs "cd /n/s/fuzz; for(f in *){ paqfs -q -m /mnt \$f && cat \`{du -a /mnt | sed 's/^[^	]*	//'} >/dev/null; unmount /mnt >[2]/dev/null }; ps | grep Broken; cd /n/s; paqfs -m /mnt usual; cat /mnt/a/b/c/d/e/f"
expect "300 damaged paqs: each is refused or served as far as it can be" 0 '^deep$' 'damaged'
! grep -q 'suicide\|Broken' "$work/out" "$work/err"; ok $? "  and no server dies of one"
finish
