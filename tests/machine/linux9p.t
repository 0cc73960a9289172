#!/usr/bin/env bash
# Linux's own 9P client (Debian's user-mode-linux, a Linux kernel that is a process) mounts what a guest exports, by the
# host's network and by the guest's own stack over a tap, and does with it what people do with file systems.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "$1" != inside ]; then
	modules=$(echo /usr/lib/uml/modules/*/kernel)
	{ command -v linux.uml && [ -d "$modules/fs/9p" ] && command -v busybox; } >/dev/null ||
		{ echo "1..0 # skip: no user-mode-linux, or no busybox-static"; exit 0; }
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	exec unshare -rn "$0" inside "$modules"
fi
modules=$2
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev uml mode tap && ip addr add 10.7.0.1/24 dev uml && ip link set uml up &&
	ip tuntap add dev guest mode tap && ip addr add 10.6.0.1/24 dev guest && ip link set guest up &&
	echo 1 >/proc/sys/net/ipv4/ip_forward; } 2>"$work/err" || { echo "1..0 # skip: no taps here: $(cat "$work/err")"; exit 0; }

# what Linux starts from; its script prints a line for each thing that was done
r=$work/initrd
mkdir -p "$r"/{bin,dev,proc,mnt} "$work/share"
cp "$(command -v busybox)" "$r/bin/busybox"
cp "$modules"/fs/netfs/netfs.ko "$modules"/fs/fscache/fscache.ko "$modules"/net/9p/9pnet.ko "$modules"/net/9p/9pnet_fd.ko \
	"$modules"/fs/9p/9p.ko "$r"
cat >"$r/init" <<'SH'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t devtmpfs dev /dev
for m in netfs fscache 9pnet 9pnet_fd 9p; do insmod /$m.ko; done
ip addr add 10.7.0.2/24 dev vec0; ip link set vec0 up; ip route add default via 10.7.0.1
did() { if [ $? = 0 ]; then echo "did $*"; else echo "FAILED $*"; fi; }
refused() { "$@" 2>/err; [ $? != 0 ]; did "refused: $1: $(sed 's/.*: //' /err)"; }
mount -t 9p -o trans=tcp,port=564,version=9p2000,noextend,uname=glenda,access=any,msize=65536 $server /mnt; did mount
head -c 1000000 /dev/urandom >/big
for d in tmp n/share; do
	cd /mnt/$d
	cp /big big; cmp /big big; did "$d: a million bytes there and back"
	for i in 1 2 3 4; do { cp /big big.$i; cmp /big big.$i && rm big.$i; } & done
	wait; [ ! -e big.1 ]; did "$d: four at once"
	echo more >>big; [ $(stat -c %s big) = 1000005 ]; did "$d: append"
	truncate -s 100 big; head -c 100 /big | cmp - big; did "$d: truncate"
	dd if=/big of=big bs=1000 seek=5 count=1 conv=notrunc 2>/dev/null; [ $(stat -c %s big) = 6000 ]; did "$d: write at an offset"
	touch -d '2001-02-03 04:05:06' big; [ $(stat -c %Y big) = 981173106 ]; did "$d: time"
	mkdir dir; did "$d: mkdir"
	for i in 1 2 3 4 5 6 7; do echo $i >dir/$i; done; [ $(ls dir | wc -l) = 7 ]; did "$d: files in it"
	[ $(cat dir/* | sort -n | tail -1) = 7 ]; did "$d: read all of them"
	mv dir/7 dir/seven; [ $(cat dir/seven) = 7 ] && [ ! -e dir/7 ]; did "$d: rename"
	chmod 600 dir/seven; [ $(stat -c %a dir/seven) = 600 ]; did "$d: mode"
	refused rmdir dir
	refused cat nosuch
	refused mkdir dir
	rm -r dir; [ ! -e dir ]; did "$d: remove"
done
cd /
set -- /mnt/tmp/many/*; [ $# = 3000 ]; did "a directory of 3,000 files"
refused rmdir /mnt/tmp
[ $(cat /mnt/dev/sysname) = $name ]; did "read a device"
echo written by Linux >/mnt/n/share/left
umount /mnt; did umount
mount -t 9p -o trans=tcp,port=565,version=9p2000,noextend,uname=glenda,access=any $server /mnt; did "mount, read only"
[ $(cat /mnt/many/7 | wc -c) = 0 ]; did "read it"
refused touch /mnt/new
refused rm /mnt/many/7
refused mv /mnt/many/7 /mnt/many/8
umount /mnt; did "umount again"
poweroff -f
SH
chmod 755 "$r/init"
(cd "$r" && find . | cpio -o -H newc --quiet) >"$work/initrd.cpio"

linux() {	# SERVER NAME: what Linux did is in $work/linux
	answers() { (exec 3<>"/dev/tcp/$1/564") 2>/dev/null; }
	eventually answers "$1"
	timeout -k 5 400 linux.uml mem=64M initrd="$work/initrd.cpio" uml_dir="$work" con=null con0=null,fd:1 \
		vec0:transport=tap,ifname=uml,depth=64,gro=1 quiet server="$1" name="$2" </dev/null 2>&1 | tr -d '\r' >"$work/linux"
}
count=$(($(grep -c 'did "\$d' "$r/init") * 2 + 17))	# each in two directories, and the others

judge() {	# NAME
	[ "$(grep -c '^did ' "$work/linux")" = $count ] && ! grep -q '^FAILED' "$work/linux" && grep -q '^did umount' "$work/linux"
	ok $? "$1"
	[ "$(grep -c '^did ' "$work/linux")" = $count ] || { echo "# wanted $count things done"; show "$work/linux" linux; show "$work/guest" guest; }
	grep -qx 'did refused: cat: No such file or directory' "$work/linux" && grep -qx 'did refused: mkdir: File exists' "$work/linux" &&
		[ "$(grep -cx 'did refused: rmdir: Directory not empty' "$work/linux")" = 2 ] &&
		grep -qx 'did refused: rmdir: Device or resource busy' "$work/linux" &&
		[ "$(grep -cx 'did refused: .*: Read-only file system' "$work/linux")" = 3 ]
	ok $? "$1: errors are those that Linux knows"
	[ "$(cat "$work/share/left")" = 'written by Linux' ] && [ "$(stat -c %s "$work/share/big")" = 6000 ]
	ok $? "$1: the host finds in its directory what Linux left there"
	rm -f "$work/share/"*
}

export_all="mkdir /tmp/many; for(i in \`{seq 3000}) >/tmp/many/\$i
aux/listen1 -t tcp!*!565 exportfs -R -r /tmp &
aux/listen1 -t tcp!*!564 exportfs -r /"
$N9 -n host -p 10.7.0.1:564:564 -p 10.7.0.1:565:565 -s "$work/share" -c "$export_all" </dev/null >"$work/guest" 2>&1 &
guest=$!
linux 10.7.0.1 9guest
judge "Linux mounts a guest by the host's stack"
kill $guest
wait $guest 2>/dev/null

$N9 -n tap=guest -s "$work/share" -c "ip/ipconfig -g 10.6.0.1 10.6.0.2 255.255.255.0; $export_all" </dev/null >"$work/guest" 2>&1 &
guest=$!
linux 10.6.0.2 9guest
judge "Linux mounts a guest by the guest's own stack"
kill $guest
wait $guest 2>/dev/null
finish
