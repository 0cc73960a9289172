#!/usr/bin/env bash
# GUID partition tables: what sfdisk makes is read, from the copy at the end too, and neither changed nor written over.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

truncate -s 40M "$work/g"
sfdisk -q "$work/g" <<'X'
label: gpt
start=2048, size=4M, type=U, name="boot"
size=2M, type=C91818F9-8025-47AF-89D2-F030D7000C2C, name="Grüße"
size=1M, type=L
size=1M, type=21686148-6449-6E6F-744E-656564454649
size=3M, type=L
size=1M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
size=1M, type=8DA63339-0007-60C0-C436-083AC8230908
X
# sfdisk's words for it as messages for ctl
ctl() { sfdisk -d "$1" 2>/dev/null | sed -n 's/^.*[^0-9]\([0-9]*\) : start= *\([0-9]*\), size= *\([0-9]*\), type=\([0-9A-F]*\)-.*/\1 \2 \3 \4/p' | sort -n -k2 | awk '
	$4 == "C12A7328" { n = "esp" } $4 == "C91818F9" { n = "plan9" } $4 == "0FC63DAF" { n = "linux" } $4 == "21686148" || $4 == "8DA63339" { n = "p" $1 }
	$4 == "EBD0A0A2" { n = "dos" } { print "part " n (c[n]++ ? "." c[n]-1 : "") " " $2 " " $2+$3 }'; }
cp "$work/g" "$work/g1"; dd if=/dev/zero of="$work/g1" bs=512 seek=1 count=1 conv=notrunc status=none
cp "$work/g" "$work/g2"; printf x | dd of="$work/g2" bs=1 seek=$((1024 + 60)) conv=notrunc status=none
cp "$work/g1" "$work/g3"; dd if=/dev/zero of="$work/g3" bs=512 seek=81919 count=1 conv=notrunc status=none
ctl "$work/g" >"$work/want"
with "$work/g" "$work/g1" "$work/g2" "$work/g3"
in9 'disk/fdisk -p /img/g'; same "fdisk -p reads a GUID table that sfdisk made" "$work/want" "$work/out"
[ -s "$work/want" ] && [ ! -s "$work/err" ]; ok $? "  without a word"
in9 'echo q | disk/fdisk -r /img/g'; expect "  fdisk shows what kinds and names there are" 0 "p2 +10240 +14336 .*PLAN9 Grüße plan9" -
in9 'disk/fdisk -p /img/g1'; same "its copy does when the header is gone" "$work/want" "$work/out"
grep -q 'GPT: the header in sector 1 is missing' "$work/err"; ok $? "  and that is said"
in9 'disk/fdisk -p /img/g2'; same "  and when the entries were changed" "$work/want" "$work/out"
grep -q 'GPT: the entries of the header in sector 1 are damaged: their sum is wrong' "$work/err"; ok $? "  and that is said"
in9 'disk/fdisk -p /img/g3'; expect "without either there are no partitions" 0 '' 'header in sector 81919 is missing'

in9 'cp /img/g /tmp/g; { echo a p9; echo d p1; echo t p1 LINUX; echo A p1; echo w; echo q } | disk/fdisk /tmp/g >/dev/null
	disk/fdisk -w /tmp/g; disk/fdisk -bw /tmp/g; disk/prep -w /tmp/g; disk/prep -bw /tmp/g; disk/mbr -9 /tmp/g
	cmp /img/g /tmp/g && echo same'
expect "a GUID table is neither changed nor written over" 0 '^same$' 'which fdisk only reads'
[ "$(grep -c 'GUID partition table' "$work/err")" = 10 ]; ok $? "  and every command says why"
[ "$(grep -c 'GUID partition table' "$work/err")" = 10 ] || show "$work/err" err
in9 'cp /img/g /tmp/g; disk/fdisk -bgaw /tmp/g; cat /tmp/g'; cp "$work/out" "$work/got.img"
sfdisk -d "$work/got.img" >"$work/out" 2>&1; status=$?
expect "  but with -g: then it is gone, for sfdisk as well" 0 'label: dos' -
! LC_ALL=C grep -aq 'EFI PART' "$work/got.img"; ok $? "  with its copy"
in9 'cp /img/g /tmp/g; disk/mbr /tmp/g; cat /tmp/g'; cp "$work/out" "$work/got.img"
sfdisk -V "$work/got.img" >"$work/out" 2>&1; status=$?
expect "  and disk/mbr leaves it whole" 0 'No errors detected' -
run "$N9" -d "$work/g" -c "sed -n '/^part/p' /dev/sd00/ctl" </dev/null
sed -i 1d "$work/out"; same "its partitions are there after boot" "$work/want" "$work/out"
[ ! -s "$work/err" ]; ok $? "  without a word"

# Entries that lie, in tables whose sums are right; and noise.
cat >"$work/gpt.pl" <<'X'
# gpt.pl FILE OFFSET HEX: bytes of the header in sector 1, or of its entries from 1024 on, become these, and the sums are made right
my ($file, $o, $h) = @ARGV;
open my $f, '+<', $file or die; binmode $f; my $d = do { local $/; <$f> };
substr $d, $o, length($h) / 2, pack 'H*', $h;
sub crc { my $c = 0xFFFFFFFF; for (unpack 'C*', $_[0]) { $c ^= $_; $c = $c & 1 ? $c >> 1 ^ 0xEDB88320 : $c >> 1 for 1 .. 8 } $c ^ 0xFFFFFFFF }
substr $d, 512 + 88, 4, pack 'V', crc(substr $d, 1024, unpack('V', substr $d, 512 + 80, 4) * unpack 'V', substr $d, 512 + 84, 4);
substr $d, 512 + 16, 4, pack 'V', 0;
substr $d, 512 + 16, 4, pack 'V', crc(substr $d, 512, 92);
seek $f, 0, 0; print $f $d;
X
lie() { cp "$work/g" "$work/$1"; perl "$work/gpt.pl" "$work/$1" "$2" "$3"; }
lie outside $((1024 + 40)) ffffffffffffff7f
lie overlap $((1024 + 128 + 32)) 0009000000000000
lie backwards $((1024 + 40)) ff07000000000000
lie odd $((512 + 84)) 79000000
lie huge $((512 + 48)) ffffffffffffff7f
lie away $((512 + 72)) ffffffffffffff7f
with "$work"/{outside,overlap,backwards,odd,huge,away}
for i in 'outside:p1 .*reaches outside' 'overlap:p1 and p2 overlap' 'backwards:p1 .*reaches outside' 'odd:more or larger entries' 'huge:of a larger disk' 'away:entries.*outside of the disk'; do
	in9 "disk/fdisk -p /img/${i%%:*}"; expect "what is wrong in a GUID table is named (${i%%:*})" 0 '^part plan9(.1)? ' "GPT: .*${i#*:}"
done
with "$work/g" build/tests/disk/scribble
cat >"$work/fuzz.rc" <<'X'
for(i in `{seq 100}){
	cp /img/g /tmp/g; /img/scribble /tmp/g 1024 $i 512; /img/scribble /tmp/g 92 $i 41942528
	disk/fdisk -p /tmp/g >/tmp/out >[2]/dev/null
	for(m in `{sed 's/part [^ ]* //' /tmp/out}) if(test $m -gt 81920) echo beyond $i
	@{ echo p; echo a p9; echo w } | disk/fdisk /tmp/g >/dev/null >[2]/dev/null
}
ps | grep -c Broken
echo done
X
run "$N9" -m 512M --initrd "$work/root.cpio" -c "$(cat "$work/fuzz.rc")" </dev/null
printf '0\ndone\n' >"$work/want"
same "100 noisy GUID tables: nothing dies, nothing lies outside" "$work/want" "$work/out"
finish
