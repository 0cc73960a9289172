#!/usr/bin/env bash
# ftpfs against two strangers, python3-pyftpdlib (MLSD, EPSV) and vsftpd (LIST as ls prints it), and against a server that lies.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
python=/usr/bin/python3		# Debian's own, which has Debian's pyftpdlib
[ -x $python ] || { echo "1..0 # skip: no python3"; exit 0; }

server() {	# NAME COMMAND ...: its port is in $port
	local name=$1
	shift
	"$@" >"$work/$name.port" 2>"$work/$name.log" &
	servers+=($!)
	eventually [ -s "$work/$name.port" ]
	port=$(head -1 "$work/$name.port")
}
servers=()
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }	# PORT
trap '[ "$BASHPID" = $$ ] && { kill "${servers[@]}" 2>/dev/null; rm -rf "$work"; }' EXIT

# what is asked of an honest server: the files in its directory, and what may be done to pub
tree() {
	mkdir -p "$1/sub/deep er" "$1/pub"
	echo hello >"$1/hello.txt"
	head -c 3000000 /dev/urandom >"$1/big"
	ln -s sub "$1/link"
	for i in $(seq 300); do echo "$i" >"$1/sub/f$i"; done
	echo deep >"$1/sub/deep er/ a  name"
	echo dot >"$1/.dot"
	: >"$1/empty"
	touch -d '2001-02-03 04:05:06 UTC' "$1/hello.txt"
	chmod 777 "$1/pub"
}
cat >"$work/rc" <<'RC'
cd /n/ftp
ls -p
cat hello.txt .dot empty
sha1sum big | sed 's/	.*//'
ls sub | wc -l
cat link/f7 'sub/deep er/ a  name'
dd -if big -bs 1000 -skip 2000 -count 2 -quiet 1 | sha1sum
dd -if big -bs 4096 -skip 480 -count 16 -quiet 1 | sha1sum
cmp big big && echo twice at once
cd pub
echo new >x; cat x; echo more >>x; cat x
cp /n/ftp/big y; cmp y ../big && echo same
mkdir d; echo z >d/z; mv d/z d/zz; ls d; cat d/zz; rm d >[2=1]; rm d/zz; rm d; ls
>x; ls -l x | sed 's/.* ([0-9]+) [A-Z].*/\1/'
rm x y; ls
echo in the middle >w; dd -of w -oseek 1 -bs 5 -trunc 0 -quiet 1 </n/ftp/hello.txt >[2=1]
rm w
cat nosuch >[2=1]
status=()
RC
honest() {	# NAME OPTIONS TREE EXPECTED-NAMES
	local name=$1 options=$2 tree=$3 names=$4
	run $N9 -n host -c "ftpfs -q $options tcp!127.0.0.1!$port && . /rc.9" --initrd "$work/root.cpio" </dev/null
	{
		printf '%s\n' $names hello dot
		sha1sum <"$tree/big" | cut -d' ' -f1
		printf '%s\n' "301" 7 deep
		tail -c +2000001 "$tree/big" | head -c 2000 | sha1sum | cut -d' ' -f1
		tail -c +1966081 "$tree/big" | head -c 65536 | sha1sum | cut -d' ' -f1
		echo 'twice at once'
		printf '%s\n' new new more same d/zz z
	} >"$work/want"
	sed 's/^ *//' "$work/out" | head -"$(wc -l <"$work/want")" >"$work/got"
	cmp -s "$work/want" "$work/got"
	ok $? "$name: what is there is read, files are made, changed, renamed"
	cmp -s "$work/want" "$work/got" || { diff "$work/want" "$work/got" | sed 's/^/# /'; show "$work/err" err; }
	sed "1,$(wc -l <"$work/want")d" "$work/out" >"$work/got"
	printf '%s\n' 'rm: d: refused' x y 0 'dd: write error: ftpfs: a file can only be written whole, or at its end' \
		"cat: can't open nosuch: 'nosuch' file does not exist" >"$work/want"
	sed -i 's/^rm: d: .*/rm: d: refused/' "$work/got"
	cmp -s "$work/want" "$work/got" && [ "$status" = 0 ]
	ok $? "$name: what cannot be is refused by name, and what is removed is gone"
	cmp -s "$work/want" "$work/got" || { diff "$work/want" "$work/got" | sed 's/^/# /'; show "$work/err" err; }
	[ "$(ls -A "$tree/pub")" = '' ]
	ok $? "$name: nothing is left on the server"
}
mkdir "$work/archive"
cp "$work/rc" "$work/archive/rc.9"
{ cat build/root.cpio; (cd "$work/archive" && echo rc.9 | cpio -o -H newc -R 0:0 --quiet); } >"$work/root.cpio"

if $python -c 'import pyftpdlib' 2>/dev/null; then
	tree "$work/py"
	chmod 640 "$work/py/hello.txt"
	server py $python tests/lib/ftpd.py honest "$work/py"
	honest pyftpdlib "-a secret -u alice" "$work/py" '.dot big empty hello.txt link pub sub'
	run $N9 -n host -c "ftpfs -q -a secret -u alice -m /n/a tcp!127.0.0.1!$port
		ls -l /n/a/hello.txt; chmod 600 /n/a/hello.txt; ls -l /n/a/hello.txt | sed 's/ .*//'; touch -t 1000000000 /n/a/hello.txt; ls -l /n/a/hello.txt" </dev/null
	expect "pyftpdlib: modes and times, read and set" 0 '--rw-r----- .* Feb +3 +2001' ''
	grep -q -e '^--rw-------$' "$work/out" && grep -q 'Sep  *9 *2001' "$work/out" && [ "$(stat -c '%a %Y' "$work/py/hello.txt")" = '600 1000000000' ]
	ok $? "pyftpdlib: they are the server's"
	printf 'alice\nsecret\n' >"$work/in"
	run $N9 -n host -c "ftpfs tcp!127.0.0.1!$port && cat /n/ftp/.dot" <"$work/in"
	expect "name and password are asked for" 0 '^dot$' 'password: '
	printf 'alice\nwrong\n' >"$work/in"
	run $N9 -n host -c "ftpfs -q tcp!127.0.0.1!$port && cat /n/ftp/.dot" <"$work/in"
	expect "a wrong password" 1 '' 'ftp: 530 '
	run $N9 -n host -c "ftpfs -q -a secret -u alice -r sub -m /n/a tcp!127.0.0.1!$port && cat /n/a/f9 && ls /n/a/../a/.. >/dev/null" </dev/null
	expect "only a part of the server is mounted" 0 '^9$' ''
	run $N9 -n host -c "ftpfs -q -a secret -u alice -r nosuch tcp!127.0.0.1!$port" </dev/null
	expect "a part that is not there" 1 '' 'nosuch: file does not exist'
else
	skip "pyftpdlib" "no python3-pyftpdlib"
fi

# vsftpd's package would start a server; its program is enough
vsftpd=$(PATH=$PATH:/usr/sbin command -v vsftpd)
if [ -z "$vsftpd" ] && (cd "$work" && timeout 100 apt-get download -q vsftpd && dpkg -x vsftpd_*.deb vsftpd) >/dev/null 2>&1; then
	vsftpd=$work/vsftpd/usr/sbin/vsftpd
fi
if [ -n "$vsftpd" ] && ! ldd "$vsftpd" | grep -q 'not found'; then
	tree "$work/vs"
	chmod 555 "$work/vs"
	port=$($python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$work/vsftpd.conf" <<-CONF
		listen=YES
		listen_address=127.0.0.1
		listen_port=$port
		background=NO
		anonymous_enable=YES
		local_enable=NO
		write_enable=YES
		anon_upload_enable=YES
		anon_mkdir_write_enable=YES
		anon_other_write_enable=YES
		anon_umask=022
		anon_root=$work/vs
		run_as_launching_user=YES
		secure_chroot_dir=$work
		seccomp_sandbox=NO
		xferlog_enable=NO
	CONF
	"$vsftpd" "$work/vsftpd.conf" &
	servers+=($!)
	eventually answers "$port"
	honest vsftpd "-a me@here" "$work/vs" '.dot big empty hello.txt link pub sub'
	chmod 755 "$work/vs"
else
	skip "vsftpd" "no vsftpd that runs here"
fi

server hostile $python tests/lib/ftpd.py hostile
lies() {	# USER RC-COMMANDS
	run $N9 -n host -m 64M -c "ftpfs -dq -a x -u $1 tcp!127.0.0.1!$port >[2]/tmp/log || {grep -v '^ftpfs: [<>]' /tmp/log >[1=2]; exit failed}
cd /n/ftp
$2" </dev/null
}
lies listing "ls -p; cat good ' two  blanks' 'dos file'; status=()"
printf '%s\n' "' two  blanks'" "'dos file'" dosdir enormous good last nogroup abc abc abc >"$work/want"
cmp -s "$work/want" "$work/out" && [ "$status" = 0 ]
ok $? "of a bogus listing what makes sense is shown"
cmp -s "$work/want" "$work/out" || { diff "$work/want" "$work/out" | sed 's/^/# /'; show "$work/err" err; }
lies nobody '';		expect "a login that is refused" 1 '' 'ftp: 530 no'
lies garbage '';	expect "garbage for a reply" 1 '' 'this is no FTP server'
lies endless '';	expect "a reply without an end" 1 '' 'a reply without an end'
lies longline 'cat good';	expect "a reply of five million bytes" 0 '^abc$' ''
lies noport 'ls';	expect "no port for the data" 1 '' 'the server names no port'
lies pasv 'cat good';	expect "another machine's address for the data" 0 '^abc$' ''
lies cutlist 'ls';	expect "a listing that is cut" 1 '' 'ftp: 426 cut'
lies flood 'ls >/dev/null; cat /dev/sysname';	expect "a listing of millions of files" 0 '^9guest$' 'directory too large'
lies cut 'cat good';	expect "a file that is cut" 1 '' 'ftp: 426 cut'
lies gone 'cat good; cat last';	expect "a server that goes away in the middle" 1 '' 'the server hung up'
lies full 'dd -if /dev/zero -of good -bs 65536 -count 1000 -quiet 1';	expect "a server that is full" 1 '' 'ftp: 552 no room'
lies hang 'cd /; cat /n/ftp/last & child=$apid; while(! grep -s RETR./last /tmp/log) sleep 0
cat /n/ftp/good; ls -d /n/ftp/last
echo interrupt >/proc/$child/note; wait $child
cat /n/ftp/good'
expect "while one waits for a server that says nothing others are served, and he can be interrupted" 0 '^abc$' '-'
[ "$(tr '\n' ' ' <"$work/out")" = 'abc /n/ftp/last abc ' ]
ok $? "and then all goes on"
lies listing "$(cat <<'RC'
>'a
b'
RC
)"
expect "a name cannot be two commands" 1 '' 'bad character in file name'
lies listing "$(cat <<'RC'
mv good 'a
b'
RC
)"
expect "nor a new name" 1 '' 'bad character in file name'
finish
