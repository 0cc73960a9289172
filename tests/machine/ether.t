#!/usr/bin/env bash
# Ethernet interfaces: frames between guests, and between a guest and a program of the host on the same wire, which is a
# stranger to both.  Frames are text here, of type "AB", each a line.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
export XDG_RUNTIME_DIR=$work
mkdir -m 700 "$work/9guest"
command -v perl >/dev/null || { echo "1..0 # skip: no perl"; exit 0; }

run $N9 -n nosuch -c date </dev/null;		expect "an unknown network" 2 '' 'nosuch: not a network'
run $N9 -n tap= -c date </dev/null;		expect "a tap without a name" 2 '' 'tap=: not a network'
run $N9 -n net=a/b -c date </dev/null;		expect "a wire's name cannot be a path" 1 '' 'net=a/b: a name of letters'
run $N9 -n none -p 80:80 -c date </dev/null;		expect "a port to publish needs a network" 2 '' '^9guest: -p: '
run $N9 --allow 192.0.2.1:1 -c date </dev/null;	expect "a list of whom to call needs -n host" 2 '' '^9guest: --allow: limits -n host, which'
run $N9 -n host -n user --allow 192.0.2.1:1 -c date </dev/null; expect "and no way round it" 2 '' '^9guest: --allow: .* -n user would go round'
run $N9 -n user -p 80 -c date </dev/null;	expect "half a port" 2 '' '-p 80: say .ADDR:.PORT:GUESTPORT'
run $N9 -n user -p 192.0.2.77:8080:80 -c date </dev/null
expect "a port of an address that the host does not have" 1 '' 'cannot publish port 8080 at 192.0.2.77'
chmod 755 "$work/9guest"
run $N9 -n net=t -c date </dev/null;		expect "a wire in a directory that others can enter" 1 '' 'mode 700'
chmod 700 "$work/9guest"
run $N9 -n none -c "ls '#l' >/dev/null >[2=1] || echo none" </dev/null
expect "without a network there is no interface" 0 '^none$' ''
run $N9 -n net=t -n net=u -c 'ls /net; cat /net/ether0/clone; cat /net/ether0/0/type' </dev/null
expect "interfaces are found" 0 '^/net/ether0$' ''
run $N9 -n net=t -c "for(i in 'connect 0x800x' promiscious addmulti) echo \$i >/net/ether0/clone" </dev/null
grep -q 'bad arg in system call' "$work/err" && grep -q 'unknown control message "promiscious"' "$work/err" &&
	grep -q 'wrong #args in control message "addmulti"' "$work/err"
ok $? "bad control messages are refused"

# a program of the host on the wire: waits for the hub, then does what its arguments say
cat >"$work/peer.pl" <<'PERL'
use strict; use Socket; use IO::Select;
my ($path, $what) = @ARGV;
$| = 1;
my $s;
for (1 .. 15000) {
	socket($s, AF_UNIX, 5, 0) or die "socket: $!";
	last if connect($s, pack_sockaddr_un($path));
	undef $s;
	select undef, undef, undef, 0.01;
}
$s or die "no hub\n";
my $filler = join '', map { chr(97 + $_ % 26) } 0 .. 1600;
sub body { my $n = shift; sprintf("%05d ", $n) . substr($filler, $n % 26, 60 + $n * 37 % 1380) . "\n" }
if ($what eq 'receive') {		# print what comes until a frame says so
	my $f;
	# the guest begins when it hears that there is somebody
	do { send $s, 'abcdefghijklABhere' . ('.' x 60) . "\n", 0 } until IO::Select->new($s)->can_read(0.05);
	while (recv($s, $f, 2000, 0), length $f) {
		my ($dst, $src, $type, $data) = unpack 'a6 a6 a2 a*', $f;
		next unless $type eq 'AB';
		printf "%s %s %s", $dst, unpack('H*', $src), $data;
		next unless $data =~ /^last/;
		# until the guest has gone; then so has whoever we can hear
		for (1 .. 4000) {
			send $s, 'abcdefghijklABbye' . ('.' x 60) . "\n", 0;
			select undef, undef, undef, 0.05;
			exit 0 if -e "$path.over";
		}
		exit 1;
	}
} else {				# wait for a word of the guest's, then send frames, then a last one until the guest goes
	my $f;
	recv $s, $f, 2000, 0;
	for my $n (1 .. 3000) {
		send $s, 'abcdefghijklAB' . body($n), 0;
	}
	while (send $s, 'abcdefghijklABlast' . ('.' x 60) . "\n", 0) {
		exit 0 if IO::Select->new($s)->can_read(0.05) && (recv($s, $f, 2000, 0), $f =~ /bye/);
	}
}
PERL
peer() { rm -f "$work/9guest/net.t.over"; timeout 300 perl "$work/peer.pl" "$work/9guest/net.t" "$@"; }

peer receive >"$work/got" &
run $N9 -n net=t -c 'fn f {
	echo connect 0x4142 >[1=3]
	echo promiscuous >[1=3]
	cat /net/ether0/0/data | sed /here/q >/dev/null
	for(i in one two last) echo ABCDEFsourceAB$i^.............................................. >/net/ether0/0/data
}
cat /net/ether0/addr
f <>[3]/net/ether0/clone' </dev/null
: >"$work/9guest/net.t.over"
wait
mac=$(cat "$work/out")
[ "$status" = 0 ] && [ "${#mac}" = 12 ] &&
	[ "$(cut -c 1-24 "$work/got")" = "$(printf "ABCDEF $mac %s\n" one. two. last | cut -c 1-24)" ]
ok $? "frames that are written have the interface's address as source"
[ "$(sort -u "$work/got" | wc -l)" = 3 ] || show "$work/got" got

# more groups than a card has room for; the last of them is the peer's "abcdef"
peer receive >"$work/got" &
run $N9 -n net=t -c 'fn f {
	echo connect 0x4142 >[1=3]
	for(i in `{seq -w 0 79}) echo addmulti 0100000000$i >[1=3]
	echo addmulti 616263646566 >[1=3]
	cat /net/ether0/0/data | sed /here/q
	echo ABCDEFsourceABlast.............................................. >/net/ether0/0/data
}
f <>[3]/net/ether0/clone' </dev/null
: >"$work/9guest/net.t.over"
wait
expect "a group is heard though there are more than there is room for" 0 'ABhere' ''

# What a guest reads: intact, in order, nothing twice; a burst may lose some, and nearly all when the host lets nobody read: then again.
reads() {
	peer send &
	run $N9 -n net=t -c 'fn f {
		echo connect 0x4142 >[1=3]
		echo promiscuous >[1=3]
		while() {	# until there is somebody
			echo XYZXYZsourceABgo............................................................ >/net/ether0/0/data
			sleep 1
		} &
		cat /net/ether0/0/data | sed /last/q
		echo XYZXYZsourceABbye........................................................... >/net/ether0/0/data
		cat /net/ether0/stats
	}
	f <>[3]/net/ether0/clone' </dev/null
	wait
	# its own, which it hears as well; the address in them is random, and may have a newline
	sed -i -e /^XYZXYZ/d -e '/AB\(go\|bye\)\.*$/d' "$work/out"
	perl -e 'my $filler = join "", map { chr(97 + $_ % 26) } 0 .. 1600; my ($last, $got) = (0, 0);
	while (<>) {
		print("# $got of 3000 frames\n"), exit($got >= 100 ? 0 : 77) if /^abcdefghijklABlast/;
		/^abcdefghijklAB(\d{5}) / or die "# not a frame: $_";
		my $n = $1;
		$_ eq sprintf("abcdefghijklAB%05d ", $n) . substr($filler, $n % 26, 60 + $n * 37 % 1380) . "\n" or die "# damaged: $_";
		$n > $last or die "# frame $n after $last\n";
		$last = $n; $got++;
	} die "# no last frame; $got before\n"' "$work/out"
}
# enough COMMAND: up to five times while its status is 77, which is too few frames
enough() {
	local try got
	for try in 1 2 3 4 5; do
		"$@"
		got=$?
		[ $got = 77 ] || break
	done
	return $got
}
enough reads
ok $? "a burst comes intact and in order, and a slow guest loses frames, not their bytes"
got=$(grep -c '^abcdefghijklAB[0-9]' "$work/out")
lost=$(sed -n 's/.*overflows: //p' "$work/out" | awk '{ n += $1 } END { print n + 0 }')
[ $((got + lost)) -ge 3000 ]
ok $? "frames that were lost are counted ($got and $lost of 3000)"

# what a guest writes as fast as it can
perl -e 'for my $n (1 .. 2000) { my $s = sprintf "ABCDEFsourceAB%05d ", $n; print $s, "x" x (999 - length $s), "\n" }
	print "ABCDEFsourceABlast", "." x 981, "\n"' >"$work/frames"
writes() {
	peer receive >"$work/got" &
	run $N9 -n net=t -c 'fn f {
		echo connect 0x4142 >[1=3]
		echo promiscuous >[1=3]
		cat /net/ether0/0/data | sed /here/q >/dev/null
		dd -if /tmp/x -of /net/ether0/0/data -bs 1000 -quiet 1
		while() {
			tail -1000c /tmp/x >/net/ether0/0/data
			sleep 1
		} &
		cat /net/ether0/0/data | sed /bye/q >/dev/null
	}
	cat >/tmp/x
	f <>[3]/net/ether0/clone
	cat /net/ether0/stats' <"$work/frames"
	: >"$work/9guest/net.t.over"
	wait
	n=$(sed -n 's/^out: //p' "$work/out")
	[ "${n:-0}" -gt 2000 ] || return 1
	perl -e 'my ($last, $got) = (0, 0);
	while (<>) {
		print("# $got of 2000 frames\n"), exit($got >= 100 ? 0 : 77) if /^ABCDEF [0-9a-f]{12} last/;
		/^ABCDEF [0-9a-f]{12} (\d{5}) (x*)$/ && length == 1006 or die "# damaged: $_";
		$1 > $last or die "# frame $1 after $last\n";
		$last = $1; $got++;
	} die "# no last frame; $got before\n"' "$work/got"
}
enough writes
ok $? "frames that a guest writes as fast as it can leave intact and in order"
grep -q '^out:' "$work/out" || show "$work/err" err
finish
