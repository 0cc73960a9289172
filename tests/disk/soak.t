#!/usr/bin/env bash
# Disks for some seconds (SECONDS_SOAK=600: longer) while everything changes at once: partitions come and go under those who read and write
# them, ctl and sdctl are read, groups and flushes are sent, the host cuts the file and makes it longer again, and dossrv has a part of it.  Errors
# are allowed where a partition or its bytes were gone; what was written without one is there, and nothing hangs.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

seconds=${SECONDS_SOAK:-6}
with build/tests/disk/sdgroups
d=$work/disk
truncate -s 24M "$d"
truncate -s 8M "$work/fat"; mkfs.vfat -F 16 -s 1 "$work/fat" >/dev/null; dd if="$work/fat" of="$d" bs=1M conv=notrunc status=none

# 0 to 8 MiB: FAT; 8 to 12: p1 and p2, which stay whole; 12 to 16: g, groups; 16 to 24: p3 and p4, which the host cuts off
cat >"$work/soak.rc" <<'X'
cd /dev/sd00
fn parts { echo part dos 0 16384; echo part p1 16384 20480; echo part p2 20480 24576; echo part g 24576 32768; echo part p3 32768 40960; echo part p4 40960 49152 }
parts >ctl
dossrv
mount -c /srv/dos /n/d /dev/sd00/dos
cp /bin/rc /tmp/rc
fn ends { test -e /tmp/stop }
fn rounds {		# NAME STRICT: the same bytes go out and come back
	n=0
	while(! ends)
		if(dd -quiet 1 -if /tmp/rc -of $1 -trunc 0 -bs 8k >[2]/dev/null && dd -quiet 1 -if $1 -of /tmp/back.$1 -bs 8k -count 8 >[2]/dev/null){
			n=($n x)
			if(~ $2 strict && ! cmp /tmp/back.$1 /tmp/head >/dev/null) echo $1: other bytes
		}
	if(~ $#n 1) echo $1: never
}
dd -quiet 1 -if /tmp/rc -of /tmp/head -bs 8k -count 8
echo up
rounds p1 strict &
rounds p2 strict &
rounds p3 no &
rounds p4 no &
{ while(! ends) { cat ctl /dev/sdctl >/dev/null; cat data >/dev/null >[2]/dev/null; echo flush >ctl } } &
{ while(! ends) for(p in p3 p4) { echo delpart $p >ctl; parts >ctl; echo part x$p 33000 40000 >ctl; echo delpart x$p >ctl } } &
{ while(! ends) { cp /bin/rc /n/d/a; cmp /bin/rc /n/d/a || echo dos: other bytes; mv /n/d/a /n/d/b; rm /n/d/b } } &
/img/sdgroups /dev/sd00/g /tmp/stop &
sed 1q >/dev/null
echo >/tmp/stop
wait
cmp /n/d/c /bin/rc >[2]/dev/null; cp /bin/rc /n/d/c && cmp /n/d/c /bin/rc && echo files
ps | grep -c Broken
echo through
X
with build/tests/disk/sdgroups "$work/soak.rc"
mkfifo "$work/go"
: >"$work/out"
timeout -k 5 $((seconds + 200)) "$N9" -m 256M -d "$d" --initrd "$work/root.cpio" -c 'rc /img/soak.rc' <"$work/go" >"$work/out" 2>"$work/err" & pid=$!
exec 7>"$work/go"
eventually has "$work/out" up
for i in $(seq $((seconds * 5))); do
	truncate -s $((16 + RANDOM % 4))M "$d"
	sleep 0.1
	truncate -s 24M "$d"
	sleep 0.1
done
echo >&7; exec 7>&-
wait $pid; status=$?
printf '0\nfiles\nthrough\nup\n' >"$work/want"
grep '^#' "$work/out"
grep -v '^#\|^ok' "$work/out" | sort >"$work/got"
same "$seconds s of everything at once, with a file that the host cuts and makes longer" "$work/want" "$work/got"
[ $status = 0 ]; ok $? "  to its end"; [ $status = 0 ] || show "$work/err" err
grep -q '^ok 1' "$work/out"; ok $? "  $(sed -n 's/^ok 1 - //p' "$work/out")"
tail -c +1 "$d" | head -c 8M >"$work/fat"; fsck.vfat -n "$work/fat" >"$work/fsck" 2>&1; st=$?
ok $st "  and fsck.vfat finds nothing"; [ $st = 0 ] || show "$work/fsck" fsck
finish
