#!/usr/bin/env bash
# ip/ipconfig against a DHCP server that first tells lies: a program of the host on a wire of its own.  None of the lies counts.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
export XDG_RUNTIME_DIR=$work
mkdir -m 700 "$work/9guest"
command -v perl >/dev/null || { echo "1..0 # skip: no perl"; exit 0; }

cat >"$work/server.pl" <<'PERL'
use strict; use Socket;
my ($path, $log) = @ARGV;
my $s;
for (1 .. 15000) {
	socket($s, AF_UNIX, 5, 0) or die "socket: $!";
	last if connect($s, pack_sockaddr_un($path));
	undef $s;
	select undef, undef, undef, 0.01;
}
$s or die "no hub\n";
open my $l, '>', $log; $l->autoflush(1);
my $mac = pack 'H*', '020000000001';
sub ip { pack 'C4', split /\./, shift }
sub sum { my $d = shift; $d .= "\0" if length($d) & 1; my $t = 0; $t += $_ for unpack 'n*', $d;
	$t = ($t & 0xffff) + ($t >> 16) while $t >> 16; ~$t & 0xffff }
sub frame {	# a DHCP message as broadcast from 10.9.0.1
	my $m = shift;
	my $udp = pack('n4', 67, 68, 8 + length $m, 0) . $m;
	my $head = pack('C2n3C2n', 0x45, 0, 20 + length $udp, 1, 0, 64, 17, 0) . ip('10.9.0.1') . ip('255.255.255.255');
	substr($head, 10, 2) = pack 'n', sum($head);
	send $s, "\xff" x 6 . $mac . pack('n', 0x800) . $head . $udp, 0;
}
sub opt { my ($c, $d) = @_; pack('C2', $c, length $d) . $d }
sub msg {	# XID CHADDR YIADDR OPTIONS
	my ($xid, $ch, $yi, $o) = @_;
	pack('C4', 2, 1, 6, 0) . $xid . "\0" x 4 . "\0" x 4 . ip($yi) . ip('10.9.0.1') . "\0" x 4 . $ch . "\0" x 10 . "\0" x 192 .
		pack('N', 0x63825363) . $o
}
my $server = opt(54, ip '10.9.0.1');
my $good = opt(1, ip '255.255.255.0') . opt(3, ip '10.9.0.1') . opt(6, ip('10.9.0.2') . ip('127.0.0.1') . ip('10.9.0.3')) .
	opt(12, "guest") . opt(15, "example\nevil=yes") . opt(51, pack 'N', 3600);
my $naks = 0;
my $f;
while (recv($s, $f, 2000, 0), length $f) {
	my ($type, $proto) = unpack 'x12 n x9 C', $f;
	next unless $type == 0x800 && $proto == 17 && unpack('x36 n', $f) == 67;
	my $b = substr $f, 42;
	my ($xid, $ch) = (substr($b, 4, 4), substr($b, 28, 6));
	my ($kind) = substr($b, 240) =~ /^\x35\x01(.)/s or next;
	print $l ord $kind, "\n";
	my $t = $kind eq "\1" ? "\2" : "\5";
	my $o = opt(53, $t) . $server;
	my $other = $xid ^ "\xff\0\0\0";
	frame("");
	frame(msg($xid, $ch, '10.9.0.66', ''));
	frame(substr msg($xid, $ch, '10.9.0.66', $o . $good), 0, 239);
	frame(msg($other, $ch, '10.9.0.66', $o . $good . "\xff"));
	frame(msg($xid, "\2\1\1\1\1\1", '10.9.0.66', $o . $good . "\xff"));
	frame(msg($xid, $ch, $_, $o . $good . "\xff")) for '0.0.0.0', '127.0.0.1', '255.255.255.255', '224.0.0.1';
	frame(msg($xid, $ch, '10.9.0.66', $o . opt(1, ip '255.0.255.0') . "\xff"));
	frame(msg($xid, $ch, '10.9.0.66', opt(53, $t) . $good . "\xff"));
	frame(msg($xid, $ch, '10.9.0.66', opt(53, $t) . pack('C2', 54, 200) . 'x'));
	frame(msg($xid, $ch, '10.9.0.66', opt(53, '') . $server . $good));
	frame(msg($xid, $ch, '10.9.0.66', opt(53, "\6") . opt(54, ip '10.9.0.99') . "\xff"));
	frame(msg($xid, $ch, '10.9.0.66', "\0" x 900 . opt(53, "\7") . "\xff"));
	frame(msg($xid, $ch, '10.9.0.15', $o . $good . "\xff"));
}
PERL
timeout 300 perl "$work/server.pl" "$work/9guest/net.t" "$work/log" &
server=$!
run $N9 -n net=t -c 'ip/ipconfig -r; cat /net/ndb; sed -n 2p /net/ipifc/1/status; sed 1q /net/iproute' </dev/null
kill $server
wait $server 2>/dev/null
expect "the true offer is taken, and the true acknowledgement" 0 '^ip=10\.9\.0\.15 ipmask=/120 ipgw=10\.9\.0\.1$' ''
grep -q '^	sys=guest$' "$work/out" && ! grep -q 'evil\|domain=' "$work/out"
ok $? "a name with a line of its own in it is none"
[ "$(grep -c 'dns=' "$work/out")" = 2 ] && grep -q 'dns=10.9.0.2' "$work/out" && grep -q 'dns=10.9.0.3' "$work/out"
ok $? "a name server cannot be at a loopback address"
tr -d '\n' <"$work/log" | grep -qx '1\+3\+'		# those that the server was slow to answer come again
ok $? "one question, one request"
run $N9 -n net=u -c 'ip/ipconfig & child=$apid; sleep 2; cat /net/ipifc/1/status; echo kill >/proc/$child/note; wait $child; echo over' </dev/null
expect "without a server it goes on asking, and can be stopped" 0 '^over$' ''
finish
