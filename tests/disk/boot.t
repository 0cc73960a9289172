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
expect "a server that is missing is named" 1 '' 'needs kfs.*-s DIR'
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
USER=ann run "$N9" -d "$work/cd.iso" --append 'bootargs=local!#S/sd00/data' -c 'echo $user; pwd; ls -ld /root/usr/glenda; echo yes >/tmp/t; cat /tmp/t; echo no >/root/no' </dev/null
expect "a distribution's CD-ROM is the root" 1 '^/usr/glenda$' 'the user is glenda'
grep -q '^d-rwxr-xr-x M .* sys sys ' "$work/out" && grep -q '^yes$' "$work/out"; ok $? "  with its names and owners, and a /tmp in memory"
# A disk as an installation leaves it: 9fat with a plan9.ini, and a partition whose configuration calls the disk by the name that it had
# there.  The server, which believes that, is on the CD-ROM.
rm -rf "$work/add" && mkdir -p "$work/add/386/bin"
cat >"$work/add/386/bin/cwfs64x" <<'X'
#!/386/bin/rc
# stands in for cwfs64x
if(! ~ $1^' '^$2^' '^$3^' '^$4 '-n fs -f #S/sd00/fscache') exit words
exec /386/bin/dossrv -f /dev/sdC0/fscache fs
X
chmod a+x "$work/add/386/bin/cwfs64x"
xorriso -as mkisofs -quiet -R -o "$work/server.iso" "$work/add" 2>/dev/null
truncate -s 60M "$work/inst"
printf 'label: dos\n2048,,39\n' | sfdisk -q "$work/inst"
printf 'part 9fat 100 20100\npart fscache 20100 100000\n' | dd of="$work/inst" bs=512 seek=2049 conv=notrunc status=none
printf 'user=bob\r\nbootargs=local!/dev/sdC0/fscache\r\n*nomp=1\r\nmonitor=xga\r\ncolour=red\r\n[menu]\r\ncolour=blue\r\n[common]\r\nsysname=inst\r\n' >"$work/ini"
truncate -s $((20000 * 512)) "$work/9fat"
mkfs.vfat -F 16 "$work/9fat" >/dev/null
mcopy -i "$work/9fat" "$work/ini" ::/plan9.ini
dd if="$work/9fat" of="$work/inst" bs=512 seek=2148 conv=notrunc status=none
truncate -s $(((100000 - 20100) * 512)) "$work/fs"
mkfs.vfat -F 16 -R 64 "$work/fs" >/dev/null
for f in 386 lib rc mark; do mcopy -s -i "$work/fs" "$work/dist/$f" ::/; done
printf 'cwf' | dd of="$work/fs" bs=1 seek=54 conv=notrunc status=none
printf 'service cwfs\nfilsys main c(/dev/sdC0/fscache)(/dev/sdC0/fsworm)\n' | dd of="$work/fs" bs=512 seek=60 conv=notrunc status=none
dd if="$work/fs" of="$work/inst" bs=512 seek=22148 conv=notrunc status=none
installed() { USER=ann run "$N9" -d "$work/inst" -d "$work/server.iso" --append "bootargs=local!#S/sd00/fscache $1" -c "$2" </dev/null; }
installed '' 'echo $user $colour $#monitor; cat /mark /dev/hostowner; echo; cat /dev/sysname; ls /mnt; ls -d /dev/sdC0'
expect "an installed disk: its server is on a CD-ROM, and finds the disk by its old name" 1 '^of the disk$' 'sdC0'
[ "$(sed -n 1p "$work/out")" = 'bob red 0' ] && grep -q '^bob$' "$work/out"; ok $? "  the user and the variables are those of its plan9.ini"
grep -q '^inst$' "$work/out" && ! grep -q cwfs "$work/out"; ok $? "  and its sysname; nothing is left on /mnt"
installed 'user=eva colour=green' 'echo $user $colour'; expect "  unless the command line says otherwise" 0 '^eva green$' ''
# The kernel in 9fat carries the server, as one of another machine does; it is not where it usually is.
infat() { mcopy -o -i "$work/9fat" "$1" "::/$2"; dd if="$work/9fat" of="$work/inst" bs=512 seek=2148 conv=notrunc status=none; }
mkdir -p "$work/paq/amd64/bin" "$work/paq/boot/bin"
printf '\0\0\212\227%060d' 0 >"$work/paq/amd64/bin/cwfs64x"
sed 's/ fs$/ cwfs/' "$work/add/386/bin/cwfs64x" >"$work/paq/boot/bin/cwfs64x"	# which posts itself under the name in its configuration
chmod 755 "$work"/paq/*/bin/cwfs64x
tests/disk/mkpaq.py "$work/paq" "$work/bootfs.paq"
{ cat build/guest/cmd/rc; head -c 100000 /dev/urandom; cat "$work/bootfs.paq" build/guest/cmd/rc; } >"$work/9pc"
carried() { run "$N9" -d "$work/inst" --append "bootargs=local!#S/sd00/fscache" -c 'cat /mark; ls /mnt /n' </dev/null; }
infat build/guest/cmd/dossrv 9pcf
carried; expect "a kernel without a server" 1 '' 'needs cwfs64x.*-s DIR'
mkdir "$work/paq64" && cp -r "$work/paq/amd64" "$work/paq64" && tests/disk/mkpaq.py "$work/paq64" "$work/9pc64"
head -c 70000 /dev/zero >>"$work/9pc64"
infat "$work/9pc64" 9pc64
carried; expect "a kernel with one for another machine" 1 '' 'needs cwfs64x; the disk.s is a program for amd64, and not for 386: -s DIR, where DIR is'
infat "$work/9pc" 9pc
carried; expect "the server comes from the kernel in 9fat" 0 '^of the disk$' ''
[ "$(wc -l <"$work/out")" = 1 ]; ok $? "  which leaves nothing on /mnt or /n"
# A kernel of Bell Labs' kind has its programs as they are; kfs is the one that knows the mark of kfs.
perl -0777 -pe 's/malformed stat e/kfs wren device\n/ or die' build/guest/cmd/dossrv >"$work/kfs"
{ cat build/guest/cmd/rc; head -c 100001 /dev/urandom; cat build/guest/cmd/ed "$work/kfs" build/guest/cmd/sed; } >"$work/9pcf"
printf 'kfs wren device\n' | dd of="$work/inst" bs=1 seek=$((22148 * 512 + 256)) conv=notrunc status=none
infat "$work/9pc" 9pc
carried; expect "a kernel with other servers" 1 '' 'needs kfs'
infat "$work/9pcf" 9pcf
carried; expect "a program without a name comes from a kernel by what it knows" 0 '^of the disk$' ''
printf '%016d' 0 | dd of="$work/inst" bs=1 seek=$((22148 * 512 + 256)) conv=notrunc status=none
mdel -i "$work/9fat" ::/9pcf
sed 's/ 9fat / esp /' <(dd if="$work/inst" bs=512 skip=2049 count=1 status=none) | dd of="$work/inst" bs=512 seek=2049 conv=notrunc status=none
run "$N9" -d "$work/inst" --append 'bootargs=local!#S/sd00/fscache' -c 'cat /mark; ls /dev/sd00' </dev/null
expect "a disk for UEFI has its kernel in esp" 0 '^/dev/sd00/esp$' ''
sed 's/ esp / 9fat /' <(dd if="$work/inst" bs=512 skip=2049 count=1 status=none) | dd of="$work/inst" bs=512 seek=2049 conv=notrunc status=none
# A fossil that keeps its snapshots in a venti, both on this disk: venti is started first, sees its partitions by their old names, and is where fossil looks.
mkdir -p "$work/bl/386/bin/venti" "$work/bl/386/bin/fossil"
cat >"$work/bl/386/bin/venti/venti" <<'X'
#!/386/bin/rc
# stands in for venti, which ends when its child serves
/386/bin/echo venti $* >'#c/conserr'
/386/bin/ls -d /dev/sdC1/arenas /net/ipifc/0 >'#c/conserr'
X
cat >"$work/bl/386/bin/fossil/fossil" <<'X'
#!/386/bin/rc
# stands in for fossil
/386/bin/echo fossil $* with $venti >'#c/conserr'
exec /386/bin/dossrv -f $2 fboot
X
chmod a+x "$work"/bl/386/bin/*/*
xorriso -as mkisofs -quiet -R -o "$work/bl.iso" "$work/bl" 2>/dev/null
truncate -s 60M "$work/fossil"
printf 'label: dos\n2048,,39\n' | sfdisk -q "$work/fossil"
printf 'part 9fat 100 20100\npart fossil 20100 100000\npart arenas 100000 102000\n' | dd of="$work/fossil" bs=512 seek=2049 conv=notrunc status=none
printf '\x37\x76\xae\x89' | dd of="$work/fs" bs=512 seek=256 conv=notrunc status=none
dd if="$work/fs" of="$work/fossil" bs=512 seek=22148 conv=notrunc status=none
printf 'venti config\nindex main\narenas /dev/sdC1/arenas\n' | dd of="$work/fossil" bs=512 seek=$((102048 + 496)) conv=notrunc status=none
printf 'venti=/dev/sdC1/arenas tcp!*!17034\n' >"$work/ini"
mcopy -o -i "$work/9fat" "$work/ini" ::/plan9.ini
dd if="$work/9fat" of="$work/fossil" bs=512 seek=2148 conv=notrunc status=none
run "$N9" -d "$work/fossil" -d "$work/bl.iso" --append 'bootargs=local!#S/sd00/fossil' -c 'cat /mark; ls /net/ipifc' </dev/null
expect "fossil with a venti" 0 '^of the disk$' '^venti -c #S/sd00/arenas -a tcp!\*!17034 -h tcp!127.1!8000$'
grep -q '^fossil -f #S/sd00/fossil -c srv -A fboot -c srv -p fscons with tcp!127.1!17034$' "$work/err" && [ "$(grep -c '^/dev/sdC1/arenas$\|^/net/ipifc/0$' "$work/err")" = 2 ]; ok $? "  which is where it looks"
! grep -q ipifc/1 "$work/out"; ok $? "  and there is one loopback interface"

mdel -i "$work/9fat" ::/plan9.ini
dd if="$work/9fat" of="$work/inst" bs=512 seek=2148 conv=notrunc status=none
installed '' 'echo $user'; expect "  without plan9.ini the user is glenda" 0 '^glenda$' ''
run "$N9" -d "$work/inst" -d "$work/server.iso" --append 'bootargs=local!/dev/sd00/fscache' -c 'cat /mark' </dev/null
expect "bootargs=local!/dev/sd00/fscache: with /dev instead of #S" 0 '^of the disk$' ''

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
