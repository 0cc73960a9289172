#!/usr/bin/env bash
# disk/format: fsck.vfat finds nothing wrong with what it makes, and mtools read it; disk/mbr leaves the table alone.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

clean() {	# NAME IMAGE
	fsck.vfat -n -v "$2" >"$work/out" 2>&1
	status=$?
	expect "$1" 0 '[0-9]+ files, [0-9]+/[0-9]+ clusters' -
}

seq 12000 >"$work/numbers.txt"
printf 'bootfile=9pc\n' >"$work/plan9.ini"
: >"$work/empty"
for s in 64K 1440K 10M 30M 70M; do truncate -s $s "$work/$s"; done
with "$work/numbers.txt" "$work/plan9.ini" "$work/empty" "$work"/{64K,1440K,10M,30M,70M}
while read -r size bits opts; do
	in9 "cp /img/$size /tmp/d; disk/format $opts -l disk9 /tmp/d /img/numbers.txt /img/plan9.ini /img/empty && cat /tmp/d"
	[ "$size" = 64K ] || { cp "$work/out" "$work/img"; clean "FAT$bits on $size ($opts)" "$work/img"; }
	[ "$size" = 64K ] && { expect "FAT12 on 64K: no room for the files is said" 1 '' 'no room|full'; continue; }
	grep -q "$bits bits per FAT entry\|FAT$bits" <(fsck.vfat -n -v "$work/img"; head -c 512 "$work/img" | strings)
	ok $? "  is a FAT$bits"
	mtype -i "$work/img" ::/NUMBERS.TXT >"$work/got"; same "  mtype reads a file" "$work/numbers.txt" "$work/got"
	[ "$(mlabel -s -i "$work/img" ::)" = ' Volume label is DISK9      ' ] || mlabel -s -i "$work/img" :: | grep -q DISK9
	ok $? "  with its label"
done <<'X'
64K 12
1440K 12
10M 12 -c 8
10M 16 -t16
30M 16 -r2
70M 32 -t32
70M 32 -t32 -r2
X
in9 'cp /img/64K /tmp/d; disk/format /tmp/d && cat /tmp/d'; cp "$work/out" "$work/img"; clean "FAT12 on 64K, empty" "$work/img"
in9 'cp /img/64K /tmp/d; disk/format -t32 /tmp/d'; expect "a disk too small for so many bits" 1 '' 'do not suit'
in9 'dd -if /dev/zero -of /tmp/d -bs 512 -count 2 >[2]/dev/null; disk/format /tmp/d'; expect "a disk too small" 1 '' 'too small'
in9 'cp /img/1440K /tmp/d; cp /img/empty /tmp/a.b.c; disk/format /tmp/d /tmp/a.b.c'; expect "a name that does not do" 1 '' 'a.b.c: not a name'
in9 'disk/format /img/nosuch'; expect "no such disk" 1 '' 'does not exist'

truncate -s 10M "$work/m"; printf 'label: dos\n2048,2M,39\n,1M,6,*\n' | sfdisk -q "$work/m"
head -c 440 /dev/urandom >"$work/code"; head -c 446 /dev/urandom >"$work/long"
with "$work/m" "$work/code" "$work/long"
in9 'cp /img/m /tmp/m; disk/mbr -m /img/code /tmp/m && cat /tmp/m'
cp "$work/out" "$work/got"
{ cat "$work/code"; tail -c +441 "$work/m"; } >"$work/want"; same "disk/mbr changes the code and nothing else" "$work/want" "$work/got"
in9 'cp /img/m /tmp/m; disk/mbr -m /img/long /tmp/m; cmp /img/m /tmp/m && echo same'; expect "code that is too long is refused" 0 '^same' '446|more than'
in9 'cp /img/m /tmp/m; disk/mbr -9 -m /img/code /tmp/m && cat /tmp/m'; cp "$work/out" "$work/got"
sfdisk -d "$work/got" >"$work/out" 2>&1; status=$?
expect "disk/mbr -9: one partition, judged by sfdisk" 0 'start= *2048, size= *18432, type=39, bootable' -
in9 'disk/mbr -m /img/nosuch /tmp/m'; expect "boot code that is missing is named" 1 '' '/img/nosuch'
in9 'cp /img/m /tmp/m; disk/mbr /tmp/m && cat /tmp/m'; cp "$work/out" "$work/got"
expect "without boot code it says what it writes instead" 0 - 'no /386/mbr.*does not boot'
cmp -s <(tail -c +441 "$work/m") <(tail -c +441 "$work/got"); ok $? "  and leaves the table"
if command -v qemu-system-i386 >/dev/null; then
	# a PC starts from it; its screen is our input, its keyboard our output
	mkfifo "$work/keys"
	timeout 60 qemu-system-i386 -nographic -no-reboot -m 16 -nic none -drive file="$work/got",format=raw,if=ide,snapshot=on <"$work/keys" >"$work/screen" 2>&1 & pid=$!
	exec 3>"$work/keys"
	for what in 'Press a key' 'No bootable device'; do
		for _ in $(seq 300); do grep -aq "$what" "$work/screen" && break; sleep 0.1; done
		printf 'x' >&3
	done
	exec 3>&-
	kill $pid 2>/dev/null; wait $pid 2>/dev/null
	grep -aq 'This disk has no boot loader' "$work/screen" && grep -aq 'Press a key' "$work/screen"; ok $? "  a PC prints it"
	grep -aq 'No bootable device' "$work/screen"; ok $? "  and goes on when a key is pressed"
	[ "$(grep -ac 'No bootable device' "$work/screen")" -gt 0 ] || show "$work/screen" screen
else
	skip "a PC prints it" "no qemu-system-i386"
fi
finish
