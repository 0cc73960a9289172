# Sourced by tests of roots that are not ours, after tap.sh: a tree as a Plan 9 distribution has it, with our programs in it.  Its
# init (tests/share/guest/strangeinit.c), name space and scripts know nothing of 9guest, and want what such systems have,
# also what this kernel lacks: they go on without it.

# distribution DIR USER: the tree of a distribution whose user is USER
distribution() {
	mkdir -p "$1"
	(cd "$1" && cpio -id --quiet) <build/root.cpio
	chmod -R u+w "$1"		# the archive's files are for reading
	cp build/tests/share/strangeinit "$1/386/init"
	mkdir -p "$1/usr/$2/lib" "$1/usr/$2/tmp" "$1/usr/$2/bin/rc"
	cat >"$1/lib/namespace" <<'X'
# the root
mount -aC #s/boot /root $rootspec
bind -a $rootdir /
bind -c $rootdir/mnt /mnt

# the kernel's devices
bind #c /dev
bind #d /fd
bind -c #e /env
bind #p /proc
bind -c #s /srv
bind -a #¤ /dev
bind -a #S /dev
bind -b #k /dev
bind -a #κ /dev
bind -a #u /dev
bind -b #P /dev
bind -c #σ /shr

# what programs serve
mount -a /srv/slashn /n
mount -a /srv/factotum /mnt

bind /$cputype/bin /bin
bind -a /rc/bin /bin

bind -a #l /net
bind -a #I /net
mount -a /srv/cs /net
mount -a /srv/dns /net
mount -a /srv/net /net

bind -c /usr/$user/tmp /tmp
cd /usr/$user
. /lib/namespace.local
. /cfg/$sysname/namespace
X
	cat >"$1/rc/bin/termrc" <<'X'
#!/bin/rc
# what a terminal starts with
mntgen /n >[2]/dev/null
for(d in f t m v L P u U '$' Σ κ A)
	/bin/bind -a '#'^$d /dev >/dev/null >[2=1]
for(disk in /dev/sd*)
	if(test -f $disk/data && test -f $disk/ctl)
		disk/fdisk -p $disk/data >$disk/ctl >[2]/dev/null
NPROC=`{wc -l </dev/sysstat}
sysname=`{cat /dev/sysname}
terminal=($terminal)
prompt=($sysname^'% ' '	')
if(test -e /dev/swap) mem=`{sed -n 's/ memory$//p' /dev/swap}
cat /proc/$pid/status | wc -c >/dev/null
ndb/cs
if(! test -e /net/ipifc/0) ip/ipconfig loopback /dev/null 127.1
bind -a $rootdir /nosuch >[2]/dev/null
if(test -f /mnt/factotum/words) echo factotum `{cat /mnt/factotum/words}
if(grep -s '^  0 .* /dev/cons$' /proc/$pid/fd) echo at /dev/cons
echo this is termrc, service $service of $user, root $rootdir, $NPROC cpu, on $sysname
X
	mkdir -p "$1/386/bin/auth"
	cat >"$1/386/bin/auth/factotum" <<'X'
#!/386/bin/rc
# stands in for factotum: its files, where it is wanted
/386/bin/ramfs -S factotum
/386/bin/mount -bc /srv/factotum /mnt
/386/bin/mkdir /mnt/factotum
/386/bin/echo got $* >/mnt/factotum/words
X
	chmod a+x "$1/386/bin/auth/factotum"
	cat >"$1/rc/bin/cpurc" <<'X'
#!/bin/rc
# what a CPU server starts with
date >/env/boottime
rm -f '#¤/caphash'
ndb/cs
echo this is cpurc, service $service of $user
X
	cat >"$1/usr/$2/lib/profile" <<'X'
bind -a $home/bin/rc /bin
bind -c tmp /tmp
font=/lib/font/bit/vga/unicode.font
switch($service){
case terminal
	pwd
	if(test -w /tmp) echo in tmp >/tmp/t
	echo -n accelerated >'#m/mousectl'
case cpu
	bind -b /mnt/term/mnt/wsys /dev >[2]/dev/null
}
X
}
