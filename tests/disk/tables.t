#!/usr/bin/env bash
# Partition tables: what sfdisk makes, ours read, and the other way round; what is wrong in one is named, and left alone.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

# sfdisk's words for a table: sectors, type, bootable; and the lines that fdisk -p has for it.
table() { sfdisk -d "$1" 2>/dev/null | sed -n 's/^.* : start= *\([0-9]*\), size= *\([0-9]*\), type=\([0-9a-f]*\)/\1 \2 \3/p'; }
ctl() { sed 's/,.*//' | sort -n | awk '
	$3 == "39" { n = "plan9" } $3 ~ /^(1|4|6|b|c|e)$/ { n = "dos" } $3 == "83" { n = "linux" } $3 ~ /^(5|f|85)$/ { next }
	{ print "part " n (c[n]++ ? "." c[n]-1 : "") " " $1 " " $1+$2 }'; }

truncate -s 20M "$work/a" "$work/b" "$work/c" "$work/d"
printf 'label: dos\n2048,2M,39\n,1M,6,*\n,8M,5\n,2M,83\n,1M,39\n,1M,c\n,2M,83\n' | sfdisk -q "$work/a"
printf 'label: dos\n63,1000,39\n5000,30000,f\n5063,100,83\n5500,1000,6\n5200,100,39\n' | sfdisk -q "$work/b" 2>/dev/null
with "$work/a" "$work/b" "$work/c"
for i in a b; do
	table "$work/$i" | ctl >"$work/want"
	in9 "disk/fdisk -p /img/$i"
	same "fdisk -p reads what sfdisk made ($i)" "$work/want" "$work/out"
done
in9 'echo P | disk/fdisk -r /img/c'
expect "a disk without a table has no partitions" 0 '^  empty +1 +40960 ' '^>>> >>> $'

# Made by our fdisk, judged by sfdisk.
in9 'cp /img/c /tmp/c
{
	echo a p1 2048 2048+2m; echo t p1 LINUX; echo a p2 8192; echo t p2 EXTENDED; echo a s1 10240 .+1m; echo t s1 FAT16
	echo a s2 16384 20480; echo a s3 12800 14000; echo a s9; echo A p1; echo w; echo q
} | disk/fdisk /tmp/c >/dev/null >[2]/tmp/err
disk/fdisk -p /tmp/c >/tmp/ctl; cat /tmp/err /tmp/ctl >[1=2]; cat /tmp/c'
cp "$work/out" "$work/c"
cp "$work/err" "$work/said"
sfdisk -V "$work/c" >"$work/out" 2>&1
status=$?
expect "sfdisk finds nothing wrong with what fdisk made" 0 'No errors detected' -
printf '%s\n' '2048 4096 83, bootable' '8192 32768 5' '10240 2048 4' '12800 1200 39' '16384 4096 39' '22528 18432 39' >"$work/want"
table "$work/c" >"$work/got"
same "sfdisk reads what fdisk made" "$work/want" "$work/got"
table "$work/c" | ctl >"$work/want"
sed -n 's/^\(>>> \)*part/part/p' "$work/said" >"$work/got"
same "fdisk reads what fdisk made" "$work/want" "$work/got"

# sfdisk's table changed by ours: the rest of it stays.
with "$work/a"
in9 'cp /img/a /tmp/a; {echo d s2; echo d p4; echo a p4 '\''$-1m $'\''; echo w} | disk/fdisk /tmp/a >/dev/null >[2]/dev/null; cat /tmp/a'
table "$work/a" | sed '/ 2048 c$/d; s/^24576 4096 83$/38912 2048 39/' >"$work/want"
cp "$work/out" "$work/got.img"
table "$work/got.img" >"$work/got"
same "fdisk changes what sfdisk made, and leaves the rest" <(sort "$work/want") <(sort "$work/got")
sfdisk -V "$work/got.img" >"$work/out" 2>&1; status=$?
expect "sfdisk finds nothing wrong with that" 0 'No errors detected' -

# What is refused.
in9 'cp /img/a /tmp/a; {
	echo a p1; echo a p9; echo a s1 100 200; echo a s7 4000 5000; echo d p3; echo t p3 LINUX; echo A s1; echo t p1 EXTENDED
	echo a p4 40000 40961; echo a p4 2048 10240; echo a p4 7+; echo a p4 5 4; echo xyz; echo d nosuch; echo t p1 nosuch; echo q
} | disk/fdisk /tmp/a >/dev/null >[2]/tmp/e; cat /tmp/e; cmp /tmp/a /img/a && echo same'
cat >"$work/want" <<'X'
fdisk: there is a partition of that name
fdisk: names are p1 to p4, and s1 on in the extended partition
fdisk: there is a partition of that name
fdisk: outside of the extended partition (8192 to 24576)
fdisk: there are partitions in it
fdisk: there are partitions in it
fdisk: only a primary partition can be active
fdisk: there is an extended partition already
fdisk: there is a partition of that name
fdisk: there is a partition of that name
fdisk: not a number
fdisk: there is a partition of that name
fdisk: unknown command; h lists them
fdisk: no such partition
fdisk: unknown type; t alone prints those with names
same
X
sed -i 's/>>> //g; /^$/d' "$work/out"
same "fdisk refuses what cannot be, and writes nothing" "$work/want" "$work/out"
in9 'cp /img/a /tmp/a; {
	echo d p4; echo a p4 40000 40961; echo a p4 2048 10240; echo a p4 0 100; echo a p4 7+; echo a p4 30000 29000; echo a p4 1/0
	echo a p4 9999999999999t; echo q; echo q
} | disk/fdisk /tmp/a >/dev/null >[2]/tmp/e; ~ $status *unwritten && echo unwritten >>/tmp/e; cat /tmp/e; cmp /tmp/a /img/a && echo same'
cat >"$work/want" <<'X'
fdisk: outside of sectors 1 to 40960
fdisk: overlaps p1 (2048 to 6144)
fdisk: outside of sectors 1 to 40960
fdisk: not a number
fdisk: the end must be beyond the start
fdisk: division by zero
fdisk: number too large
fdisk: changes are not written; q again to quit without them
unwritten
same
X
sed -i 's/>>> //g; /^$/d' "$work/out"
same "fdisk refuses places that are none" "$work/want" "$work/out"

# Damaged tables: an entry beyond the end, a chain in a circle, two that overlap.
cp "$work/a" "$work/beyond"; printf '\xff\xff\xff\x00' | dd of="$work/beyond" bs=1 seek=458 conv=notrunc status=none
cp "$work/a" "$work/circle"
ebr2=$((0x$(xxd -s $((8192*512+446+16+8)) -l 4 -p "$work/a" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')))
xxd -s $((8192*512+446+16)) -l 16 -p "$work/a" | xxd -r -p | dd of="$work/circle" bs=1 seek=$(((8192+ebr2)*512+446+16)) conv=notrunc status=none
cp "$work/a" "$work/overlap"; printf '\x00\x09\x00\x00' | dd of="$work/overlap" bs=1 seek=470 conv=notrunc status=none
with "$work/beyond" "$work/circle" "$work/overlap"
for i in "beyond:p1 .*reaches outside" "circle:go in a circle" "overlap:p1 and p2 overlap"; do
	f=${i%%:*}
	in9 "cp /img/$f /tmp/x; {echo A p2; echo w} | disk/fdisk /tmp/x >/dev/null; cmp /tmp/x /img/$f && echo same"
	expect "damage is named and not written over ($f)" 0 '^same$' "${i#*:}"
	grep -q 'table on the disk is damaged' "$work/err"
	ok $? "  and says so"
done

# Plan 9's own table: a partition of an MBR's, a whole disk, the old form.
printf 'part 9fat 0 204\npart nvram 204 205\npart fossil 205 8000\n' >"$work/text"
truncate -s 4M "$work/p"
dd if="$work/text" of="$work/p" bs=512 seek=1 conv=notrunc status=none
truncate -s 4M "$work/old"
printf 'plan9 partitions\nfs 2 4000\nswap 4000 8190\n' | dd of="$work/old" bs=512 seek=8191 conv=notrunc status=none
truncate -s 4M "$work/bad"
printf 'part a 2 100\npart b 50 200\npart c 200 9000\n' | dd of="$work/bad" bs=512 seek=1 conv=notrunc status=none
truncate -s 100M "$work/big"
with "$work/p" "$work/old" "$work/bad" "$work/big"
in9 'disk/prep -p /img/p'; same "prep -p reads a table" "$work/text" "$work/out"
in9 'disk/prep -p /img/old'; expect "prep -p reads a table of old" 0 '^part fs 2 4000$' ''
in9 'disk/prep -p /img/bad'
expect "prep names what overlaps or is outside" 0 '^part a 2 100$' 'b \(50 to 200\): overlaps a \(2 to 100\)'
[ "$(cat "$work/out")" = "part a 2 100" ] && grep -q 'c (200 to 9000): outside of sectors 0 to 8192' "$work/err"
ok $? "  and leaves it out"
in9 'cp /img/p /tmp/p; {echo d nvram; echo a x 8000 '\''$'\''; echo a y 100 300; echo w; echo q} | disk/prep /tmp/p >/dev/null >[2]/dev/null
	dd -if /tmp/p -bs 512 -skip 1 -count 1 -quiet 1 >[2]/dev/null'
{ printf 'part 9fat 0 204\npart fossil 205 8000\npart x 8000 8192\n'; head -c 512 /dev/zero; } | head -c 512 >"$work/want"
same "prep writes the table, with zeros behind" "$work/want" "$work/out"
in9 'cp /img/old /tmp/o; disk/prep -w /tmp/o && disk/prep -p /tmp/o; disk/prep -b -w /tmp/o; disk/prep -p /tmp/o'
expect "a table of old is replaced, and does not come back" 0 '^part fs 2 4000' ''
[ "$(wc -l <"$work/out")" = 2 ]; ok $? "  once"
in9 'cp /img/big /tmp/b; disk/prep -bw -a^(9fat nvram fossil swap) /tmp/b && disk/prep -p /tmp/b'
expect "prep -a shares a disk among the names" 0 '^part nvram [0-9]+ [0-9]+$' ''
awk '{ if ($3 != at) bad = 1; at = $4; if ($4-$3 < 1) bad = 1 } END { exit !(NR == 4 && !bad && at > 200000 && at <= 204800) }' "$work/out"
ok $? "  one behind the other, nearly all of it"
in9 'cp /img/p /tmp/p; disk/prep -bw -a^(arenas fossil) /tmp/p'; expect "prep -a says when there is no room" 1 '' 'not enough room'

# Found at boot: both tables, and the second of a kind.
cp "$work/a" "$work/boot"
dd if="$work/text" of="$work/boot" bs=512 seek=2049 conv=notrunc status=none
sed -i 's/205 8000/205 4096/' "$work/text"; truncate -s 512 "$work/text"
dd if="$work/text" of="$work/boot" bs=512 seek=2049 conv=notrunc status=none
run "$N9" -d "$work/boot" -d "$work/p" -c 'sed -n /part/p /dev/sd00/ctl; sed -n /part/p /dev/sd01/ctl' </dev/null
printf 'part %s\n' 'data 0 40960' 'plan9 2048 6144' 'dos 6144 8192' 'plan9.1 10240 12288' 'dos.1 14336 16384' 'linux 18432 22528' \
	'linux.1 24576 28672' '9fat 2048 2252' 'nvram 2252 2253' 'fossil 2253 6144' \
	'data 0 8192' '9fat 0 204' 'nvram 204 205' 'fossil 205 8000' >"$work/want"
same "partitions are there after boot" "$work/want" "$work/out"
run "$N9" -d "$work/boot" -c '{ echo d nvram; echo w; echo q } | disk/prep /dev/sd00/plan9 >/dev/null >[2]/dev/null
	{ echo d p4; echo a p4 30000 31000; echo w; echo q } | disk/fdisk /dev/sd00/data >/dev/null >[2]/dev/null; sed -n /part/p /dev/sd00/ctl' </dev/null
printf 'part %s\n' 'data 0 40960' 'plan9 2048 6144' 'dos 6144 8192' 'plan9.1 10240 12288' 'dos.1 14336 16384' 'linux 18432 22528' \
	'9fat 2048 2252' 'fossil 2253 6144' 'plan9.2 30000 31000' | sort >"$work/want"
sort "$work/out" >"$work/got"; same "what fdisk and prep write the kernel knows at once" "$work/want" "$work/got"

# Noise in tables: whatever comes out, no program dies of it.
with "$work/a" "$work/p" build/tests/disk/scribble
cat >"$work/fuzz.rc" <<'X'
for(i in `{seq 150}){
	cp /img/a /tmp/a; cp /img/p /tmp/p
	/img/scribble /tmp/a 66 $i 446; /img/scribble /tmp/a 66 $i 4194750; /img/scribble /tmp/a 66 $i 6291902
	/img/scribble /tmp/p 60 $i 512
	disk/fdisk -p /tmp/a >/tmp/out >[2]/dev/null
	for(m in `{sed 's/part [^ ]* //' /tmp/out}) if(test $m -gt 40960) echo beyond $i
	disk/prep -p /tmp/p >/tmp/out >[2]/dev/null
	for(m in `{sed 's/part [^ ]* //' /tmp/out}) if(test $m -gt 8192) echo beyond $i
	@{ echo p; echo a s9; echo a p4; echo w } | disk/fdisk /tmp/a >/dev/null >[2]/dev/null
	@{ echo p; echo a x; echo w } | disk/prep /tmp/p >/dev/null >[2]/dev/null
}
ps | grep -c Broken
echo done
X
run "$N9" -m 256M --initrd "$work/root.cpio" -c "$(cat "$work/fuzz.rc")" </dev/null
printf '0\ndone\n' >"$work/want"
same "150 noisy tables: nothing dies, nothing lies outside" "$work/want" "$work/out"
finish
