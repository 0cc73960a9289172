#!/usr/bin/env bash
# -n tap=IF: the guest's own stack and Linux's, at the two ends of a tap in a network namespace of its own.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "$1" != inside ]; then
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	command -v ip >/dev/null && command -v perl >/dev/null || { echo "1..0 # skip: no ip command (iproute2), or no perl"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip addr add 10.6.0.1/24 dev t0 && ip link set t0 up; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }

mkfifo "$work/in"
mkdir "$work/w"
head -c 3000000 /dev/urandom >"$work/w/data"
head -c 30000000 /dev/urandom >"$work/w/long"
$N9 -n tap=t0 -s "$work/w:w,ro" <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
said() { eventually has "$work/out" "$1"; }
echo 'ip/ipconfig 10.6.0.2 255.255.255.0; ip/ping -n 1 10.6.0.1; grep mtu /net/ether0/stats; echo ready' >&8
said ready
grep -q '1 of 1 answered' "$work/out"; ok $? "the guest reaches the host through a tap"
grep -q '^mtu: 1500' "$work/out"; ok $? "with packets of 1500 bytes"

# streams from the guest, whose packets the host's kernel cuts, if they are cut as the host wants them
sent() {	# segments, by the guest's stack
	echo "grep OutSegs /net/tcp/stats; echo counted ${1}" >&8
	said "counted $1"
	sed -n 's/^OutSegs: //p' "$work/out" | tail -1
}
stream() {	# MSS: bit for bit?
	ip route replace 10.6.0.0/24 dev t0 src 10.6.0.1 advmss "$1" &&
		perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("10.6.0.2:99") or exit 1; print while <$s>' >"$work/got" &&
		cmp -s "$work/w/data" "$work/got"
}
echo 'aux/listen1 -t tcp!*!99 cat /n/w/data &' >&8
eventually stream 1460; ok $? "a stream of 3 MB comes bit for bit"
before=$(sent 1); stream 1460; long=$(($(sent 2) - before))
[ $long -lt 1000 ]; ok $? "in packets that are longer than those of the wire ($long, instead of 2072)"
before=$(sent 3); stream 1000; ok $? "so does one to a host that takes shorter segments"
short=$(($(sent 4) - before))
[ $short -gt 2900 ]; ok $? "and gets them ($short)"

# streams to the guest, which the host's kernel does not cut
upload() {	# BYTES [ADDRESS]: bit for bit, as a server there that sums has seen it?
	local sum
	sum=$(head -c "$1" "$work/w/long" | perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("$ARGV[0]:98") or exit 1; local $/ = \65536;
		print $s $_ while <STDIN>; shutdown $s, 1; print <$s>' "${2:-10.6.0.2}") && [ "${sum::40}" = "$(head -c "$1" "$work/w/long" | sha1sum | cut -c 1-40)" ]
}
came() {	# COUNTER NAME: of the guest's TCP
	echo "grep $1 /net/tcp/stats; echo counted $2" >&8
	said "counted $2"
	sed -n "s/^$1: //p" "$work/out" | tail -1
}
echo 'aux/listen1 -t tcp!*!98 sha1sum &' >&8
eventually upload 10; ok $? "a stream to the guest comes bit for bit"
before=$(came InSegs 5); upload 30000000; ok $? "and one of 30 MB"
long=$(($(came InSegs 6) - before))
[ $long -lt 4000 ]; ok $? "in packets that are longer than those of the wire ($long, instead of 20719)"
ip route replace 10.6.0.0/24 dev t0 src 10.6.0.1 mtu 700
upload 3000000; ok $? "of short segments"
ip route replace 10.6.0.0/24 dev t0 src 10.6.0.1
for i in 1 2 3 4 5 6 7 8; do
	(upload 3000000) &
	ups="$ups $!"
done
failed=
for p in $ups; do wait "$p" || failed=1; done
[ -z "$failed" ]; ok $? "eight at once"

# who listens sees what a wire would carry
echo 'snoopy -d >/tmp/pcap & snooping=$apid; while(! test -s /tmp/pcap) sleep 0; echo snoops' >&8
said snoops
stream 1460; ok $? "one that is listened to comes as well"
upload 3000000; ok $? "from both sides"
if command -v tshark >/dev/null; then
	echo 'aux/listen1 -t tcp!*!97 cat /tmp/pcap &' >&8
	fetch() { perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("10.6.0.2:97") or exit 1; print while <$s>' >"$work/pcap"; }
	echo 'echo kill >/proc/$snooping/note; wait $snooping; echo still' >&8
	said still
	eventually fetch
	tshark -r "$work/pcap" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -e ip.src -e tcp.checksum.status -e frame.len \
		-Y 'tcp' 2>/dev/null >"$work/sums"
	for from in 10.6.0.1 10.6.0.2; do
		awk -v from=$from '$1 == from && $3 > 1514 { long++ } $2 != 1 { bad++ } END { exit !(long > 0 && !bad) }' "$work/sums"
		ok $? "tshark finds the right checksum in all of it, long packets of $from among them"
	done
	tshark -r "$work/pcap" -Y _ws.malformed 2>/dev/null >"$work/malformed"
	[ ! -s "$work/malformed" ]; ok $? "and nothing malformed"
fi

# a burst while the guest cannot listen
dropped() { sed -n 's/^ *t0: *//p' /proc/net/dev | awk '{ print $12 }'; }
kill -STOP $pid
perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die; my $a = sockaddr_in(9, inet_aton("10.6.0.2"));
	for (1 .. 5000) { send $s, "x" x 1000, 0, $a }'
kill -CONT $pid
[ "$(dropped)" -gt 0 ]; ok $? "a burst is more than the tap can hold ($(dropped) frames of 5000)"
# the interface hears of it with its next frames, and once a second
lost() { sed -n 's/^overflows: //p' "$work/out" | tail -1; }
counted() {
	echo 'ip/ping -n 1 10.6.0.1; grep overflows /net/ether0/stats' >&8
	sleep 0.5
	[ "$(lost)" = "$(dropped)" ]
}
eventually counted
ok $? "the interface counts what was lost as the host does ($(lost))"
exec 8>&-
wait $pid; [ $? = 0 ]; ok $? "the guest ends in good order"

# who opens the tap next is not told of long frames, nor of sums that nobody has made, unless he asks
ip neigh replace 10.6.0.3 lladdr 02:00:00:00:00:03 dev t0
perl -MSocket -MIO::Select -e 'open my $t, "+<", "/dev/net/tun" or die; my $r = pack "a16 s x14", "t0", 0x1002; ioctl $t, 0x400454ca, $r or die "TUNSETIFF: $!";
	socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
	alarm 100;
	do {
		send $s, "x" x 100, 0, sockaddr_in(9, inet_aton("10.6.0.3"));
		$f = "x" x 100;
		sysread $t, $f, 2000 if IO::Select->new($t)->can_read(0.1);
	} until substr($f, 30, 4) eq "\x0a\x06\x00\x03" and ord substr($f, 23, 1) == 17;
	my $sum = 17 + 108; $sum += $_ for unpack "n*", substr $f, 26, 8 + 108; $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
	exit($sum != 0xffff)' 2>"$work/err"
ok $? "the tap is left as it was"
[ ! -s "$work/err" ] || show "$work/err" err

# what the device itself does with frames that the kernel may leave uncut, and how it is asked; the frames are ours, with the headers that virtio has
cat >"$work/inject.pl" <<'PERL'
use Socket;
sub sum { my $s = 0; $s += $_ for unpack "n*", $_[0] . (length($_[0]) % 2 ? "\0" : ""); $s = ($s & 0xffff) + ($s >> 16) while $s >> 16; $s }
sub ip {	# protocol, bytes behind it
	my $h = pack "CCnnnCCna4a4", 0x45, 0, 20 + length $_[1], 7, 0x4000, 64, $_[0], 0, inet_aton("10.6.0.1"), inet_aton("10.6.0.3");
	substr($h, 10, 2) = pack "n", ~sum($h) & 0xffff;
	$h . $_[1];
}
sub pseudo { sum(pack "a4a4nn", inet_aton("10.6.0.1"), inet_aton("10.6.0.3"), @_) }
my $eth = pack "H*", "020000000003" . "020000000001" . "0800";
my $tcp = pack "nnNNCCnnn", 1000, 80, 1, 1, 5 << 4, 0x10, 1000, pseudo(6, 20 + 5300), 0;
my $udp = pack "nnnn", 9, 10, 8 + 101, pseudo(17, 8 + 101);
my $end = pack "nnnn", 9, 9, 8 + 20, pseudo(17, 8 + 20);
my $need = pack "CCSSSS", 1, 0, 0, 0, 34, 6;
my %frame = (long => pack("CCSSSS", 1, 1, 54, 1000, 34, 16) . $eth . ip(6, $tcp . "d" x 5300), udp => $need . $eth . ip(17, $udp . "u" x 101),
	end => $need . $eth . ip(17, $end . "e" x 20));
socket($s, 17, 3, unpack "S", pack "n", 3) && setsockopt($s, 263, 15, 1) or die "packet socket: $!";
my ($index) = `ip -o link show t0` =~ /^(\d+)/;
for (@ARGV) { send $s, $frame{$_}, 0, pack "SnlSCCa8", 17, 0x800, $index, 0, 0, 6, "\2" or die "$_: $!" }
PERL
device() {	# WORD FRAME ...: what the tiny guest says of these
	local word=$1
	shift
	$N9 --initrd /dev/null -k build/tests/guests/tap/frames --append "$word" -n tap=t0 <"$work/in" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 8>"$work/in"
	said ready
	eventually perl "$work/inject.pl" "$@" end 2>"$work/perl"
	exec 8>&-
	wait $pid || { show "$work/err" err; show "$work/perl" perl; }
	sed 1d "$work/out"
}
hex() { printf '%08x' "$1"; }
udp="frame $(hex 143) flags $(hex 1) segment $(hex 0) summed" end="frame $(hex 62) flags $(hex 1) segment $(hex 0) summed"
device joined long udp >"$work/got"
printf '%s\n' "frame $(hex 5354) flags $(hex 3) segment $(hex 1000) not summed" "$udp" "$end" done >"$work/want"
cmp "$work/want" "$work/got"; ok $? "a guest that takes long frames has them in one piece, and knows of each whether it is summed"
device plain long udp >"$work/got"
for n in 1054 1054 1054 1054 1054 354 143 62; do echo "frame $(hex $n) flags $(hex 0) segment $(hex 0) summed"; done >"$work/want"
echo done >>"$work/want"
cmp "$work/want" "$work/got"; ok $? "one that does not has them as on a wire"
device wavering udp long udp long udp long udp long >"$work/got"
! grep -v 'summed$\|^done' "$work/got" && [ "$(tail -1 "$work/got")" = done ]; ok $? "one that changes its mind has some, and no harm"

# a guest between two taps: what has not been cut is, where it must be
unshare -n sleep 1000 &
far=$!
ip tuntap add dev t1 mode tap
elsewhere() { [ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$far/ns/net)" ]; }
eventually elsewhere
$N9 -n tap=t0 -n tap=t1 -c "ip/ipconfig 10.6.0.2 255.255.255.0
bind -a '#l1' /net
ip/ipconfig ether /net/ether1 10.7.0.1 255.255.255.0
for(i in /net/ipifc/[0-9]*) echo iprouting 1 >\$i/ctl
echo ready
cat" <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
said ready
beyond="nsenter -t $far -n"
ip route add 10.7.0.0/24 via 10.6.0.2
ip link set t1 netns $far && $beyond ip addr add 10.7.0.9/24 dev t1 && $beyond ip link set t1 up && $beyond ip route add default via 10.7.0.1
server='use IO::Socket::INET; use Digest::SHA; $l = IO::Socket::INET->new(Listen => 5, LocalPort => 98, ReuseAddr => 1) or die;
	while ($s = $l->accept) { print $s Digest::SHA->new(1)->addfile($s)->hexdigest; close $s }'
for where in "$beyond" ''; do
	$where perl -e "$server" 8>&- &
	servers="$servers $!"
done
retransmitted() { cat /proc/net/snmp "/proc/$far/net/snmp" | awk '/^Tcp: [0-9]/ { n += $13 } END { print n }'; }
before=$(retransmitted)
eventually upload 10 10.7.0.9; upload 10000000 10.7.0.9; ok $? "a stream through a guest from one tap to another"
export -f upload
export work
$beyond bash -c 'upload 10000000 10.6.0.1'; ok $? "and back"
again=$(($(retransmitted) - before))
[ $again -lt 700 ]; ok $? "with next to nothing sent again ($again segments of 14000)"
kill $servers $far
exec 8>&-
wait $pid; [ $? = 0 ]; ok $? "that guest ends in good order, too"
finish
