#!/usr/bin/env bash
# The root from a disk: by bootargs, or asked for at a terminal; the partition's server and the tree are the disk's own.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh
. tests/lib/dist.sh

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
# the mark of kfs, which dossrv does not mind, in place of the one by which a FAT is known
printf 'kfs wren device\n' | dd of="$work/fs" bs=1 seek=256 conv=notrunc status=none
printf 'kfs' | dd of="$work/fs" bs=1 seek=54 conv=notrunc status=none
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
mkdir -p "$work/tree/386/bin" && cp "$work/add/boot/kfs" "$work/tree/386/bin/kfs"
run "$N9" -d "$d" -s "$work/tree:t" --append 'bootargs=local!#S/sd00/fs' -c 'cat /mark; ls /n/t/386/bin' </dev/null
expect "a shared tree has the server" 0 '^of the disk$' ''
run "$N9" -d "$d" --append 'bootargs=local!#S/sd00/nosuch' -c 'echo no' </dev/null; expect "a partition that is not there" 1 '' 'nosuch.*does not exist'
run "$N9" -d "$d" --append 'bootargs=tcp' -c 'echo no' </dev/null; expect "a way to boot that there is not" 1 '' 'bootargs=tcp'
printf "FAT" | dd of="$work/fs" bs=1 seek=54 conv=notrunc status=none
printf "%016d" 0 | dd of="$work/fs" bs=1 seek=256 conv=notrunc status=none
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

# A distribution's CD-ROM: its tree, read-only, with Plan 9's own fields for names and permissions.  The
# fields of Rock Ridge make room for them.
distribution "$work/cd" glenda
rm -rf "$work/cd/sys" "$work/cd/adm" "$work/cd/rc/bin/9fat:"
xorriso -as mkisofs -quiet -iso-level 3 -R -o "$work/cd.iso" "$work/cd" 2>/dev/null
(cd "$work/cd" && find . -mindepth 1 -printf '%P %f %y %m\n') | awk 'BEGIN { print ". - sys sys 020000000775" }
	{ n = toupper($1); gsub(/[^A-Z0-9_.\/]/, "_", n); print n, $2, "sys", "sys", $3 == "d" ? "020000000" $4 : "0" $4 }' >"$work/fields"
perl tests/disk/plan9iso.pl "$work/cd.iso" <"$work/fields"; ok $? "a CD-ROM is made"
USER=ann run "$N9" -d "$work/cd.iso" --append 'bootargs=local!#S/sd00/data' -c 'echo $user; pwd; ls -ld /root/usr/glenda; echo no >/root/no' </dev/null
expect "a distribution's CD-ROM is the root" 1 '^/usr/glenda$' 'the user is glenda'
grep -q '^d-rwxr-xr-x M .* sys sys ' "$work/out"; ok $? "  with its names and owners"
terminal "boot from: a CD-ROM, by its init" "expect local!#S/sd00/data
expect boot from:\\x20
send local!#S/sd00/data\\r
expect strange init: argc 2 argv1 -t
expect this is termrc, service terminal of glenda
expect %\\x20
send \\x01x
status 0" "$N9" -d "$work/cd.iso"
xorriso -as mkisofs -quiet -R -o "$work/data.iso" tests/rc 2>/dev/null
terminal "another CD-ROM is not asked about" "expect %\\x20
send echo o''k\\r
expect ok
send \\x01x
status 0" "$N9" -d "$work/data.iso"
finish
