#!/usr/bin/env bash
# dossrv: what mtools wrote reads right; what it wrote mtools read and fsck.vfat finds clean, also when 9guest is killed in the middle;
# a damaged file system harms nobody.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh
export TZ=GMT

mount='dossrv; mount -c /srv/dos /n/d /dev/sd00/data; cd /n/d'
fs=$work/fs
fresh() {	# BITS
	rm -f "$fs"
	case $1 in 12) truncate -s 8M "$fs" ;; 16) truncate -s 40M "$fs" ;; 32) truncate -s 80M "$fs" ;; esac
	mkfs.vfat -F "$1" ${2:+-s $2} "$fs" >/dev/null
}
in9() { run "$N9" -m 256M -d "$fs" --initrd "$work/root.cpio" -c "$1" </dev/null; }
clean() {
	fsck.vfat -n "$fs" >"$work/fsck" 2>&1 && [ "$(wc -l <"$work/fsck")" = 2 ]
	ok $? "$1"
	[ "$(wc -l <"$work/fsck")" = 2 ] || head -20 "$work/fsck" | sed 's/^/# /'
}
sums() { (cd "$1" && find . -type f -exec sha1sum {} + | sort); }

with build/tests/disk/treemodel build/tests/disk/treesum
mkdir -p "$work/tree/Sub/deeper" "$work/tree/empty"
seq 20000 >"$work/tree/Numbers.txt"
echo hi >"$work/tree/Sub/a file with a rather long name, which is longer than 8.3.text"
head -c 300000 /dev/urandom >"$work/tree/Sub/deeper/random.bin"
echo x >"$work/tree/README"; echo y >"$work/tree/lower.txt"; : >"$work/tree/Sub/none"; echo z >"$work/tree/Grüße 日本.txt"
for bits in 12 16 32; do
	fresh $bits
	mcopy -s -i "$fs" "$work/tree" ::/
	in9 "$mount; cd tree; /img/treesum"
	sums "$work/tree" >"$work/want"
	sort "$work/out" >"$work/got"
	same "FAT$bits: a tree written by mtools" "$work/want" "$work/got"
	in9 "$mount"'
	cp tree/Numbers.txt tree/copy; cp tree/Numbers.txt n2; mkdir new; echo hello >new/Hello.World.Text; mv tree/lower.txt tree/lower2.text
	rm tree/README; rm -r tree/Sub/deeper tree/empty; cat new/hello.world.text; ls tree; { cat nosuch; mkdir new; rm tree; @{echo >new/a:b}; cd tree; pwd } >[2=1]'
	cat >"$work/want" <<'X'
hello
tree/Grüße 日本.txt
tree/Numbers.txt
tree/Sub
tree/copy
tree/lower2.text
X
	head -6 "$work/out" | tr -d "'" >"$work/got"; same "FAT$bits: files are made, renamed, removed" <(sort "$work/want") <(sort "$work/got")
	sed 1,6d "$work/out" >"$work/got"
	for e in 'does not exist' 'exists' 'not empty' 'bad character' '/n/d/tree'; do grep -q "$e" "$work/got" || { echo "# missing: $e"; show "$work/got" got; false; } || break; done
	ok $? "FAT$bits: what cannot be is said"
	clean "FAT$bits: fsck.vfat finds nothing"
	mtype -i "$fs" ::/tree/copy | cmp -s - "$work/tree/Numbers.txt"; ok $? "FAT$bits: mtype reads a copy"
	# random work on files
	fresh $bits
	in9 "$mount; /img/treemodel /n/d ${STEPS:-600} $RANDOM$RANDOM"
	grep '^#' "$work/out"
	grep -q '^ok 1' "$work/out" && grep -q '^ok 2' "$work/out"; ok $? "FAT$bits: random work against a model"
	clean "FAT$bits: fsck.vfat finds nothing after that"
	rm -rf "$work/back"; mkdir "$work/back"
	mcopy -s -n -i "$fs" '::/*' "$work/back" 2>/dev/null
	sums "$work/back" >"$work/got"; sort "$work/err" >"$work/want"
	same "FAT$bits: mtools read every file as it was written" "$work/want" "$work/got"
done

# A tree of many files, copied as a whole and removed again.
mkdir -p "$work/many/flat" "$work/many/deep/er/still"
for i in $(seq 1500); do echo "file $i"; done | split -l 1 -a 4 --additional-suffix=.a-long-name - "$work/many/flat/"
head -c 70000 /dev/urandom | split -b 700 -a 3 - "$work/many/deep/er/still/"
for bits in 12 32; do
	fresh $bits
	run "$N9" -m 256M -s "$work/many:many,ro" -d "$fs" -c "$mount; dircp /n/many /n/d && ls flat | wc -l; cp -r /n/many/flat deep/again; rm -r flat" </dev/null
	expect "FAT$bits: a tree is copied, and one of its directories removed" 0 '^ *1500$' ''
	clean "  fsck.vfat finds nothing"
	rm -rf "$work/back"; mkdir "$work/back"; mcopy -s -n -i "$fs" '::/*' "$work/back" 2>/dev/null; mv "$work/back/deep/again" "$work/back/flat"
	diff -r "$work/many" "$work/back" >"$work/diff"; ok $? "  mtools read every file of it"; head -5 "$work/diff" | sed 's/^/# /'
done

# One file system by two names is one.
fresh 12
rc="$(cat <<'X'
dossrv; mount -c /srv/dos /n/a /dev/sd00/data; mount -c /srv/dos /n/b '#S/sd00/data'
for(i in 1 2 3 4 5 6){ echo a$i >/n/a/a$i; echo b$i >/n/b/b$i }
ls /n/a | wc -l; cmp /n/a/b6 /n/b/b6 && echo same
X
)"
in9 "$rc"
expect "one file system by two names is one" 0 '^ *12$' ''
clean "  and fsck.vfat finds nothing"

# A full disk: the write fails, nothing is lost, and room that is given back can be used.
fresh 12
in9 "$mount"'; { cp /dev/zero big } >[2=1]; rm big; cp /img/treemodel again; cmp /img/treemodel again && echo same'
expect "a full disk: said, and room can be had again" 0 '^same$' -
grep -q 'file system full' "$work/out"; ok $? "  by Plan 9's words"
clean "  and fsck.vfat finds nothing"
fresh 16
in9 "$mount"'; for(i in `{seq 600}) touch f$i >>[2]/tmp/e; sed 1q /tmp/e; ls | wc -l'
expect "the fixed root directory is full at 512 entries" 0 'directory is full' -
clean "  and fsck.vfat finds nothing"
run "$N9" -d "$fs,ro" -c "$mount"'; ls | wc -l; echo x >y' </dev/null; expect "a read-only disk can be read, and no more" 1 '^ +[0-9]+$' 'read-only'

# A disk that takes three seconds for the root directory: the end waits for what is being written.
fresh 32; mcopy -i "$fs" "$work/tree/Numbers.txt" ::/
at=$(fsck.vfat -n -v "$fs" | sed -n 's/^Data area starts at byte \([0-9]*\).*/\1/p')
run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=hang,1000000,$((at / 4096)) "$N9" -d "$fs" -c "$mount; echo one >f; echo two >g" </dev/null
[ "$(mtype -i "$fs" ::/f; mtype -i "$fs" ::/g)" = "$(printf 'one\ntwo')" ]; ok $? "the end waits for a slow disk: what was written last is there"
clean "  and fsck.vfat finds nothing"

# What is not the file system's stays: a table that prep writes into the second sector while dossrv is at work.
fresh 12; rm "$fs"; truncate -s 8M "$fs"; mkfs.vfat -F 12 -R 2 "$fs" >/dev/null
in9 "$mount"'; for(i in `{seq 30}) echo $i >f$i; { echo a other 100 200; echo w; echo q } | disk/prep /dev/sd00/data >/dev/null >[2]/dev/null
for(i in `{seq 30}) echo $i >g$i; mkdir d; ls | wc -l; cat g30'
expect "a partition table in the second sector, written meanwhile" 0 '^30$' ''
dd if="$fs" bs=512 skip=1 count=1 status=none | head -1 >"$work/got"; echo 'part other 100 200' >"$work/want"; same "  stays" "$work/want" "$work/got"
clean "  and fsck.vfat finds nothing"

# The mark of being written: set by somebody who stopped, it is said, and stays.
for bits in 16 32; do
	fresh $bits; mcopy -i "$fs" "$work/tree/Numbers.txt" ::/
	printf '\x01' | dd of="$fs" bs=1 seek=$((bits == 32 ? 65 : 37)) conv=notrunc status=none
	in9 "$mount; cat Numbers.txt | wc -l; cp Numbers.txt b"
	expect "FAT$bits: a disk that somebody left marked is said to be so" 0 '^ *20000$' 'was stopped while it was being written'
	fsck.vfat -n "$fs" >"$work/fsck" 2>&1; grep -q 'Dirty bit' "$work/fsck"; ok $? "  and stays so, for fsck.vfat"
done

# Killed after any write, and at any moment: fsck.vfat finds nothing at all, and what a null wstat acknowledged is whole.
judge() {	# of $fs and $work/out
	local n
	if ! fsck.vfat -n "$fs" >"$work/fsck" 2>&1 || [ "$(wc -l <"$work/fsck")" != 2 ]; then bad=1; head -20 "$work/fsck" | sed 's/^/# fsck: /'; fi
	n=$(sed -n 's/^safe //p' "$work/out" | tail -1)
	safe=$((safe + ${n:-0}))
	[ "${n:-0}" -gt 0 ] || return
	rm -rf "$work/back"; mkdir "$work/back"; mcopy -s -i "$fs" ::/safe "$work/back"
	perl -e 'my $bad = 0;
	for my $i (1 .. $ARGV[1]) {
		my $want = join "", map { "$_\n" } $i .. $i + $i * 37 % 2000;
		open my $f, "<", "$ARGV[0]/file$i" or $bad++, next;
		$bad++ if do { local $/; <$f> } ne $want;
	}
	print "# of $ARGV[1] files $bad are not whole\n" if $bad;
	exit $bad > 0' "$work/back/safe" "$n" || bad=1
}
steady="$mount; mkdir safe work; echo up; /img/fatsteady /n/d 100000"
copying="$mount; echo up; for(i in 1 2 3 4 5 6 7 8 9) { cp -r /n/many c\$i && rm -r c\$i }"
with build/tests/disk/treemodel build/tests/disk/fatsteady
for bits in 32 16; do
	bad=0 safe=0 n=0
	for k in $(seq $((RANDOM % 10 + 3)) ${STRIDE:-$((bits == 32 ? 11 : 22))} 90); do
		fresh $bits
		{ run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=kill,$k "$N9" -m 256M -d "$fs" --initrd "$work/root.cpio" -c "$steady" </dev/null; } 2>/dev/null
		judge
		n=$((n + 1))
	done
	ok $bad "FAT$bits: killed after a write, $n of them in turn: fsck.vfat finds nothing, and $safe files acknowledged are whole"
done
killed() {	# BITS RC-COMMAND 9GUEST-OPTIONS...
	local bits=$1 rc=$2
	shift 2
	bad=0 safe=0
	for k in $(seq "${KILLS:-6}"); do
		fresh $bits
		: >"$work/out"
		"$N9" -m 256M -d "$fs" --initrd "$work/root.cpio" "$@" -c "$rc" </dev/null >"$work/out" 2>&1 & pid=$!
		eventually has "$work/out" up
		sleep 0.$((RANDOM % 900 + 100))
		kill -9 $pid; wait $pid 2>/dev/null
		judge
	done
	ok $bad "FAT$bits: kill -9 at any moment, ${KILLS:-6} times: fsck.vfat finds nothing, and $safe files acknowledged are whole"
}
killed 32 "$steady"
killed 12 "$steady"
killed 32 "$copying" -s "$work/many:many,ro"

# What is too much for one request is written in order.  Killed in the middle of that there can be clusters that
# nobody uses yet, a chain longer than its file, copies of the FAT that differ, the mark of being written: nothing else, and fsck.vfat -a puts it right.
harmless='^$|^fsck.fat|^/|Dirty bit is set|removing dirty bit|differences between boot sector|mostly harmless|^ +(37|65):01/00|fixing this
FATs differ but appear to be intact|Using first FAT|^Reclaimed|Free cluster summary|chain length is > |Truncating|Leaving filesystem'
bad=0 n=0
rm -f "$fs"; truncate -s 120M "$fs"; mkfs.vfat -F 32 -s 1 "$fs" >/dev/null
truncate -s 100M "$work/large"; mcopy -i "$fs" "$work/large" ::/; mv "$fs" "$work/good"
for k in $(seq 20); do
	cp --sparse=always "$work/good" "$fs"
	{ run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=kill,$k "$N9" -d "$fs" -c "$mount; rm large" </dev/null; } 2>/dev/null
	if [ "$status" = 0 ]; then break; fi
	fsck.vfat -n "$fs" >"$work/fsck" 2>&1
	if grep -vE "$(tr '\n' '|' <<<"$harmless" | sed 's/|$//')" "$work/fsck" >"$work/unexpected"; then bad=1; sed 's/^/# fsck: /' "$work/fsck"; fi
	fsck.vfat -a "$fs" >"$work/repair" 2>&1
	fsck.vfat -n "$fs" >"$work/fsck" 2>&1 || { bad=1; sed 's/^/# after repair: /' "$work/fsck"; }
	n=$((n + 1))
done
[ $n -gt 4 ] || { bad=1; echo "# only $n writes"; }
ok $bad "a file of 100 MB in clusters of 512 bytes is removed, and 9guest killed after a write, $n of them in turn: fsck.vfat -a puts it right"
clean "  and when it was not killed, there is nothing to put right"
rm -f "$work/large" "$work/good"

# Errors of the disk reach who asked, and nobody else.
fresh 16
mcopy -i "$fs" "$work/tree/Numbers.txt" ::/
run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=eio,40,39 "$N9" -d "$fs" -c "$mount"'; cat Numbers.txt | wc -c; ls; echo still' </dev/null
expect "a fault in a file's data is said with the place" 0 '^still$' 'i/o error'

with build/tests/disk/treemodel
bad=0
for n in 1 4 9 16 27; do
	fresh 12 8
	run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=eio,31,$n "$N9" -d "$fs" --initrd "$work/root.cpio" \
		-c "$mount; /img/treemodel /n/d 200 $n >/tmp/out; grep -c 'i/o error' /tmp/out; ps | grep -c dossrv" </dev/null
	[ "$status" = 0 ] && [ "$(tail -1 "$work/out")" = 2 ] || { bad=1; show "$work/out" out; }
	fsck.vfat -n "$fs" >"$work/fsck" 2>&1 || { bad=1; sed "s/^/# $n: /" "$work/fsck"; }
done
ok $bad "faults everywhere, at five places in turn: the server goes on, and fsck.vfat finds nothing"

# Damaged file systems: each sector of the tables in turn, with noise in it.
fresh 12; mcopy -s -i "$fs" "$work/tree" ::/
cp "$fs" "$work/good"
cat >"$work/fuzz.rc" <<'X'
n=()
for(i in `{seq 200}){
	cp /img/good /tmp/f$i
	/img/scribble /tmp/f$i 40960 $i
	dossrv -f /tmp/f$i f$i >[2]/dev/null
	if(mount -c /srv/f$i /n/x >[2]/dev/null){
		n=($n x)
		@{ du -a /n/x; cat /n/x/tree/*; echo hi >/n/x/new; mkdir /n/x/tree/more; rm -r /n/x/tree/Sub; mv /n/x/tree/Numbers.txt /n/x/tree/another } >/dev/null >[2]/dev/null
		unmount /n/x
	}
	if(! test -e /srv/f$i) echo gone $i
	rm /srv/f$i /tmp/f$i
}
ps | grep -c Broken
if(test $#n -gt 50) echo done
X
dd if="$work/good" of="$work/small" bs=1M count=2 status=none
mv "$work/small" "$work/good"
with "$work/good" build/tests/disk/scribble
run "$N9" -m 512M --initrd "$work/root.cpio" -c "$(cat "$work/fuzz.rc")" </dev/null
printf '0\ndone\n' >"$work/want"
same "200 damaged file systems: no server dies" "$work/want" "$work/out"
finish
