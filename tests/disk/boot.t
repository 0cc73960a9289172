#!/usr/bin/env bash
# The root from a disk: by bootargs, or asked for at a terminal; the partition's server and the tree are the disk's own.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

# A distribution: the root archive's tree with a mark, in a partition fs of a Plan 9 partition.  Its server stands in for kfs: it is
# called so, takes kfs's arguments, and is brought by the root archive, as a distribution's would be.
mkdir "$work/dist" "$work/add"
(cd "$work/dist" && cpio -id --quiet <"$OLDPWD/build/root.cpio")
chmod -R u+w "$work/dist"
echo 'of the disk' >"$work/dist/mark"
d=$work/d
truncate -s 60M "$d"
printf 'label: dos\n2048,,39\n' | sfdisk -q "$d"
printf 'part fs 100 100000\n' | dd of="$d" bs=512 seek=2049 conv=notrunc status=none
truncate -s $(((100000 - 100) * 512)) "$work/fs"
mkfs.vfat -F 16 "$work/fs" >/dev/null
for f in 386 lib rc mark; do mcopy -s -i "$work/fs" "$work/dist/$f" ::/; done
dd if="$work/fs" of="$d" bs=512 seek=2148 conv=notrunc status=none
mkdir -p "$work/add/boot"
cp build/guest/cmd/dossrv "$work/add/boot/kfs"
(cd "$work/add" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --quiet) >"$work/add.cpio"
cat build/root.cpio "$work/add.cpio" >"$work/initrd"

run "$N9" -d "$d" --initrd "$work/initrd" --append 'bootargs=local!#S/sd00/fs' -c 'cat /mark; ls /root | wc -l; echo $rootdir; ls /srv/boot' </dev/null
expect "bootargs=local!#S/sd00/fs: the disk's tree is the root" 0 '^of the disk$' ''
grep -q '^/root$' "$work/out" && grep -q '^/srv/boot$' "$work/out"; ok $? "  as a distribution expects it"
run "$N9" -d "$d" --initrd "$work/initrd" -c 'cat /mark' </dev/null; expect "without bootargs a command runs on the embedded root" 1 '' mark
run "$N9" -d "$d" --initrd "$work/initrd" --append 'bootargs=embedded' -c 'ls /boot/kfs' </dev/null; expect "bootargs=embedded" 0 kfs ''
run "$N9" -d "$d" --append 'bootargs=local!#S/sd00/fs' -c 'echo no' </dev/null
expect "a server that is missing is named" 1 '' 'needs kfs.*--initrd'
run "$N9" -d "$d" --append 'bootargs=local!#S/sd00/nosuch' -c 'echo no' </dev/null; expect "a partition that is not there" 1 '' 'nosuch.*does not exist'
run "$N9" -d "$d" --append 'bootargs=tcp' -c 'echo no' </dev/null; expect "a way to boot that there is not" 1 '' 'bootargs=tcp'
run "$N9" -d "$work/fs" --append 'bootargs=local!#S/sd00/data' -c 'cat /mark; echo new >/root/x; cat /x' </dev/null
expect "a FAT disk as it is, by our own server" 0 '^of the disk$' ''
terminal "boot from: a partition" "expect local!#S/sd00/fs
expect embedded
expect boot from:\\x20
send nonsense\\r
expect boot from:\\x20
send local!#S/sd00/fs\\r
expect %\\x20
send cat /mark\\r
expect of the disk
send \\x01x
status 0" "$N9" -d "$d" --initrd "$work/initrd"
terminal "boot from: nothing, which is the embedded root" "expect boot from:\\x20
send \\r
expect %\\x20
send cat /mark\\r
expect does not exist
send \\x01x
status 0" "$N9" -d "$d" --initrd "$work/initrd"
truncate -s 8M "$work/empty"
terminal "a disk with no root on it: no question" "expect %\\x20
send echo o''k\\r
expect ok
send \\x01x
status 0" "$N9" -d "$work/empty"
finish
