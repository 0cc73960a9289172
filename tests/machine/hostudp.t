#!/usr/bin/env bash
# -n host: calls of udp, as listen takes them, and echo requests by the host's ping sockets.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
inside=
if unshare -rn true 2>/dev/null; then
	inside=yes
	[ "$1" = inside ] || exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
ip link set lo up 2>/dev/null

# a guest whose service at udp port 7, published as $port, sends back what it gets
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1")->sockport')
$N9 -n host -p "$port:7/udp" -c 'aux/listen1 -t udp!*!7 cat' </dev/null >"$work/guest" 2>&1 &
guest=$!
cat >"$work/calls.pl" <<'PERL'
use strict;
use warnings;
use IO::Socket::IP;
my ($host, $port) = @ARGV;
# the first may be too early for the guest
for (1 .. 1000) {
	my $s = IO::Socket::IP->new(Proto => 'udp', PeerHost => $host, PeerPort => $port) or die "$!";
	$s->send('there?');
	my $in = '';
	vec($in, fileno $s, 1) = 1;
	last if select($in, undef, undef, 0.1) && defined $s->recv(my $x, 100);
}
my @s = map { IO::Socket::IP->new(Proto => 'udp', PeerHost => $host, PeerPort => $port) } 1 .. 20;
my $wrong = 0;
for my $round (1 .. 5) {
	# two at once: the second may come before there is a conversation
	for my $i (0 .. $#s) { $s[$i]->send("$i $round $_") for 1, 2 }
	for my $i (0 .. $#s) {
		for (1, 2) {
			local $SIG{ALRM} = sub { die "no answer to $i $round $_\n" };
			alarm 100;
			defined $s[$i]->recv(my $got, 100) or die "$i $round: $!\n";
			alarm 0;
			$wrong++, print "# wanted $i $round $_, got $got\n" if $got ne "$i $round $_";
		}
	}
}
exit($wrong > 0);
PERL
run perl "$work/calls.pl" 127.0.0.1 "$port"
ok "$status" "each caller of an udp service has a conversation, and in it what he sent, in order"
[ "$status" = 0 ] || { show "$work/out" out; show "$work/err" err; show "$work/guest" guest; }
run perl "$work/calls.pl" ::1 "$port"
ok "$status" "by IPv6, too"
[ "$status" = 0 ] || { show "$work/out" out; show "$work/err" err; show "$work/guest" guest; }
run $N9 -n host -p "$port:7/udp" -c 'aux/listen1 -t udp!*!7 cat' </dev/null
expect "the port is nobody else's meanwhile" 1 '' 'in use'
kill $guest
wait $guest 2>/dev/null
run $N9 -n host -c 'aux/listen1 -t udp!*!7070 cat &
fn ask {
	echo $1 >/tmp/in
	while(! grep -s $1 /tmp/$1 >[2]/dev/null){
		con -n udp!^$2^!^$3 </tmp/in >/tmp/$1 &
		child=$apid
		sleep 1
		kill con | rc >[2]/dev/null
	}
}
ask hello 127.0.0.1 7070; cat /tmp/hello' </dev/null
expect "a guest calls its own" 0 '^hello' ''

if [ -z "$inside" ]; then
	skip "ping" "no network namespaces"
	finish
	exit
fi
# the namespace's own setting says who may ping: at first nobody
run $N9 -n host -c 'ip/ping -n 1 127.0.0.1' </dev/null
expect "where the host allows nobody to ping, the guest is told so" 1 '' 'permission denied: the host lets no group of this user ping: net.ipv4.ping_group_range'
echo '0 0' >/proc/sys/net/ipv4/ping_group_range
unshare -n sleep 1000 &
router=$!
trap '[ "$BASHPID" = $$ ] && { kill $router; rm -rf "$work"; }' EXIT
until [ "$(readlink /proc/$router/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add near type veth peer name far netns $router && ip addr add 10.1.0.1/24 dev near && ip addr add fd01::1/64 dev near nodad &&
	ip link set near up && nsenter -t $router -n sh -c 'ip addr add 10.1.0.2/24 dev far && ip addr add fd01::2/64 dev far nodad &&
	ip link set far up && ip link set lo up && ip addr add 10.2.0.1/32 dev lo && echo 1 >/proc/sys/net/ipv4/ip_forward && ip route add 10.4.0.0/16 via 10.1.0.1' &&
	ip route add 10.2.0.0/16 via 10.1.0.2 && ip route add 10.4.0.0/16 via 10.1.0.2
run $N9 -n host -c 'for(i in 127.0.0.1 ::1 10.1.0.2 fd01::2) ip/ping -q -n 3 -i 0 -w 10000 $i
ip/ping -q -n 2 -i 0 -s 5000 10.1.0.2' </dev/null
printf '%s\n' '3 of 3 answered' '3 of 3 answered' '3 of 3 answered' '3 of 3 answered' '2 of 2 answered' >"$work/want"
cmp -s "$work/want" <(grep answered "$work/out" | sed 's/,.*//')
ok $? "a guest pings by the host's stack, IPv4 and IPv6"
[ "$(grep -c answered "$work/out")" = 5 ] || { show "$work/out" out; show "$work/err" err; }
run $N9 -n host -c 'ip/traceroute -n 10.2.0.1; ip/traceroute -n -a 1 -m 2 10.4.0.9' </dev/null
grep -q '^ 1  10.2.0.1 ' "$work/out" && grep -q '^ 1  10.1.0.2 ' "$work/out"
ok $? "and sees the routers on the way"
grep -q '^ 1  10.1.0.2 ' "$work/out" || { show "$work/out" out; show "$work/err" err; }
run $N9 -n host --allow 10.2.0.1:1 -c 'ip/ping -q -n 1 10.2.0.1 && ip/ping -q -n 1 10.1.0.2' </dev/null
expect "but not whom --allow does not name" 1 '^1 of 1 answered' 'permission denied: not in --allow'
finish
