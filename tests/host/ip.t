#!/usr/bin/env bash
# The IP stack's core as a host program: two of our stacks joined by a wire that misbehaves, in simulated time, under the
# sanitizers.  Every byte is compared, and at the end all memory must have come back.  usage: ip.t [SEED ...]
# Many thousand seeds: tests/host/ip/sweep.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
sim=build/tests/host/ip/simsan
seeds=("$@")
[ $# -gt 0 ] || seeds=(1 2 3)
n=0
over() {	# PROMISE SIM-ARGUMENT ...: with each seed
	local promise=$1 seed out
	shift
	for seed in "${seeds[@]}"; do
		if ! out=$(timeout 300 $sim "$@" "seed=$seed" 2>&1); then
			echo "not ok $((++n)) - $promise"
			printf '%s\n' "command: $sim $* seed=$seed; expected it to end with \"done\", got:" "$out" | tail -n 30 | sed 's/^/# /'
			return
		fi
	done
	echo "ok $((++n)) - $promise"
}
over "a megabyte each way" bytes=1000000 back=1000000
over "one byte each way" bytes=1 back=1
over "only the called side speaks" bytes=0 back=100000
over "1 % of frames lost" loss=10 back=200000
over "5 % lost, others late or twice" loss=50 reorder=100 dup=50
over "20 % lost" loss=200 bytes=100000
over "30 % lost" loss=300 bytes=10000
over "a third of the frames late" reorder=300 delay=5000
over "half of them twice and late" dup=500 reorder=500
over "one in twenty damaged: none gets through" corrupt=50
over "IPv6 with loss and reordering" v6=1 loss=10 reorder=10
over "IPv6, 5 % lost both ways" v6=1 loss=50 bytes=200000 back=200000
over "a hundred connections at 5 % loss" conns=100 bytes=20000 loss=50
over "three hundred short ones" conns=300 bytes=3000 back=3000 loss=10
over "a thousand connections" conns=1000 bytes=1000
over "a narrow wire with a short queue" rate=1250000 limit=20 bytes=3000000
over "a reader that is slow" slow=20
over "an MTU of 576" mtu=576 loss=20 bytes=300000
over "an MTU of 9000" mtu=9000 loss=20
over "an MTU of 68" mtu=68 bytes=20000
over "packets that the wire does not cut" long=1 bytes=3000000 back=3000000
over "the same, lost, late, twice and damaged" long=1 loss=30 reorder=100 dup=50 corrupt=20 back=300000
over "the same, IPv6, a narrow wire, a slow reader, and too little memory" long=1 v6=1 rate=12500000 limit=20 slow=5 nomem=10
over "one allocation in fifty fails" nomem=20 bytes=500000 back=500000
over "one in fifteen, and frames are lost" nomem=70 loss=10 bytes=100000
over "a long way: 200 ms" delay=100000 loss=5 bytes=3000000
[ $# -gt 0 ] || seeds=($(seq 60))
over "all circumstances as each seed chooses them" wild=1
echo "1..$n"
build/tests/host/ip/rules
build/tests/host/ip/uncut
build/tests/host/ip/flood
