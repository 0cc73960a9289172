#!/usr/bin/env bash
# Turning off with disks: however the end is asked for, what a file server keeps back is written first; asked twice, it ends at once.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

fs=$work/fs
fresh() { rm -f "$fs"; truncate -s 40M "$fs"; mkfs.vfat -F 16 "$fs" >/dev/null; }
clean() {
	fsck.vfat -n "$fs" >"$work/fsck" 2>&1
	ok $? "$1: fsck.vfat finds nothing"
	kept=$(mtype -i "$fs" ::/kept 2>&1)
	[ "$kept" = "not closed" ]; ok $? "$1: what was written is there"
	[ "$kept" = "not closed" ] || echo "# $kept"
}
# A file that is open, and so has not been written out but for its data.
open='dossrv; mount -c /srv/dos /n/d /dev/sd00/data; { echo not closed; echo up >[1=2]; sleep 100 } >/n/d/kept'

# signalled SIGNAL: a guest that has it open, asked to end; leaves $st and $took, in ms
signalled() {
	fresh
	: >"$work/err"
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$N9" -d "$fs" -c "$open" </dev/null >"$work/out" 2>"$work/err" & pid=$!
	eventually has "$work/err" up
	start=$(date +%s%N)
	kill -$1 $pid; wait $pid 2>/dev/null; st=$?
	took=$((($(date +%s%N) - start) / 1000000))
}
# It has five seconds, and needs a few milliseconds; a busy host may take them away, but not each time.
for sig in TERM HUP INT; do
	for try in 1 2 3; do signalled $sig; [ $took -lt 4000 ] && break; done
	[ $st = $((128 + $(kill -l $sig))) ] && [ $took -lt 4000 ]; ok $? "SIG$sig ends it, by that signal (status $st, $took ms)"
	clean "SIG$sig"
done
fresh
run "$N9" -d "$fs" -c "dossrv; mount -c /srv/dos /n/d /dev/sd00/data; { echo not closed; sleep 100 } >/n/d/kept & while(! test -s /n/d/kept) sleep 0; fshalt" </dev/null
expect "fshalt" 0 '' ''; clean fshalt
fresh
run "$N9" -d "$fs" -c "dossrv; mount -c /srv/dos /n/d /dev/sd00/data; { echo not closed; sleep 100 } >/n/d/kept & while(! test -s /n/d/kept) sleep 0; status=()" </dev/null
expect "the end of a command" 0 '' ''; clean "its end"
fresh
terminal "^A x" "expect %\\x20
send mkdir /tmp/d; dossrv; mount -c /srv/dos /tmp/d /dev/sd00/data\\r
expect %\\x20
send { echo not closed; sleep 100 } >/tmp/d/kept >[2]/dev/null &\\r
expect %\\x20
send while(! test -s /tmp/d/kept) sleep 0; echo do''ne\\r
expect done
send \\x01x
status 0" "$N9" -d "$fs"
clean "^A x"
# File servers of other systems are told on their consoles, and waited for.
mkdir "$work/srv" && cp build/tests/share/cmdserver "$work/srv"
run "$N9" -d "$fs" -s "$work/srv:s" -c '/n/s/cmdserver hjfs.cmd; /n/s/cmdserver fscons talks; /n/s/cmdserver other' </dev/null
expect "the end of a command, with file servers of other systems" 0 '' '^heard halt$'
grep -q '^heard fsys all sync$' "$work/err" && [ "$(grep -c '^halted$' "$work/err")" = 2 ]; ok $? "  both have halted before the machine"
# An init that knows nothing of the host: a process of boot's hears.
strange=$work/strange
mkdir -p "$strange"
(cd "$strange" && cpio -id --quiet) <build/root.cpio
chmod -R u+w "$strange"
cp build/tests/share/strangeinit "$strange/386/init"
mkdir -p "$strange/usr/ann/tmp"
cat >"$strange/lib/namespace" <<'X'
mount -aC #s/boot /root $rootspec
bind -a $rootdir /
bind #c /dev
bind -a #S /dev
bind #d /fd
bind -c #e /env
bind #p /proc
bind -c #s /srv
bind /$cputype/bin /bin
bind -a /rc/bin /bin
bind -c /usr/$user/tmp /tmp
X
export USER=ann
fresh
start=$(date +%s%N)
terminal "^A x with a stranger's init" "expect starting /bin/rc
send dossrv; mount -c /srv/dos /n /dev/sd00/data\r
send { echo not closed; sleep 100 } >/n/kept >[2]/dev/null &\r
send while(! test -s /n/kept) sleep 0; echo do''ne\r
expect done
send \x01x
expect ^A x again
status 0" "$N9" -r "$strange" -d "$fs"
took=$((($(date +%s%N) - start) / 1000000))
echo "# all of it took $took ms"
clean "a stranger's init"

# The same from a disk, whose file server is halted by the distribution's own script.
truncate -s 60M "$work/d"
printf 'label: dos\n2048,,39\n' | sfdisk -q "$work/d"
printf 'part fs 100 100000\n' | dd of="$work/d" bs=512 seek=2049 conv=notrunc status=none
truncate -s $(((100000 - 100) * 512)) "$work/tree"
mkfs.vfat -F 16 "$work/tree" >/dev/null
printf '#!/bin/rc\necho halted >/root/mark\n' >"$strange/rc/bin/fshalt"
for f in 386 lib rc usr; do mcopy -s -i "$work/tree" "$strange/$f" ::/; done
dd if="$work/tree" of="$work/d" bs=512 seek=2148 conv=notrunc status=none
mkdir -p "$work/add/boot"
cp build/guest/cmd/dossrv "$work/add/boot/kfs"
(cd "$work/add" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --quiet) >"$work/add.cpio"
cat build/root.cpio "$work/add.cpio" >"$work/initrd"
terminal "^A x with a stranger's root on a disk" "expect starting /bin/rc
send echo do''ne\r
expect done
send \x01x
expect ^A x again
status 0" "$N9" -d "$work/d" --initrd "$work/initrd" --append 'bootargs=local!#S/sd00/fs'
dd if="$work/d" of="$work/tree" bs=512 skip=2148 count=99900 status=none
mark=$(mtype -i "$work/tree" ::/mark 2>&1)
[ "$mark" = halted ]; ok $? "its fshalt was run, and what it wrote is there"; [ "$mark" = halted ] || echo "# $mark"
fsck.vfat -n "$work/tree" >"$work/fsck" 2>&1; ok $? "and its file system is clean"

# A file server that cannot write: the disk hangs.  The second request ends it.
fresh
cat >"$work/slow.sh" <<X
exec env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=delay,1,0 $N9 -d $fs -c 'echo up; while() cat /dev/sd00/data >/dev/null'
X
for try in 1 2 3; do
	: >"$work/out"
	sh "$work/slow.sh" </dev/null >"$work/out" 2>"$work/err" & pid=$!
	eventually has "$work/out" up
	start=$(date +%s%N)
	while kill -TERM $pid 2>/dev/null; do sleep 0.05; done	# two that come together are one
	wait $pid 2>/dev/null; st=$?
	took=$((($(date +%s%N) - start) / 1000000))
	[ $took -lt 2000 ] && break
done
[ $st = 143 ] && [ $took -lt 2000 ]; ok $? "a second signal ends it at once (status $st, $took ms)"
finish
