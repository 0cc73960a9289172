#!/usr/bin/env bash
# What a guest that waits costs its host, and whether its clock keeps the host's time.
# Runs alone, since it measures.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

# A guest at its prompt: input stays open, nothing comes.
mkfifo "$work/in"
$N9 <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
echo 'echo ready' >&8
eventually has "$work/out" ready; ok $? "a guest waits for input"

# it and its helpers
family="$pid $(children $pid)"
ticks() { for p in $family; do sed 's/.*) //' "/proc/$p/stat"; done | awk '{ n += $12 + $13 } END { print n }'; }
# On a host that is busy it may not be over with what it started, so it has more than one chance.
for try in 1 2 3 4 5; do
	sleep 1
	before=$(ticks)
	sleep 10
	spent=$(($(ticks) - before))
	[ $spent -le 5 ] && break
done
[ $spent -le 5 ]; ok $? "idle, it uses less than 0.5 % of a CPU over 10 s ($spent ticks of 10 ms)"

# Pages of the memfd are mapped in several windows: only the proportional size counts each once.
kib=$(for p in $family; do cat "/proc/$p/smaps_rollup"; done | awk '/^Pss_(Anon|Shmem):/ { sum += $2 } END { print sum + 0 }')
[ "$kib" -gt 0 ] && [ "$kib" -le 12288 ]; ok $? "idle, its private memory is below 12 MiB ($kib KiB)"
maps=$(wc -l <"/proc/$pid/maps")
[ "$maps" -lt 20000 ]; ok $? "its mappings stay far below the host's limit ($maps)"
threads=$(ls "/proc/$pid/task" | wc -l)
[ "$threads" -le 4 ]; ok $? "it has few threads ($threads)"

exec 8>&-			# end of input: rc ends, and the guest with it
eventually gone $pid; ok $? "it ends when its input ends"
wait $pid; [ $? = 0 ]; ok $? "with status 0"

# Dispatch tables take 16 KiB of the host's for a page with code, but are caches: 64 MiB a process, and 512 in all.
run $N9 --stats -s build/tests/guest:t,ro -c '/n/t/u_code' </dev/null
kib=$(awk '/ anonymous KiB / { print $NF }' "$work/err")
[ "$status" = 0 ] && [ "${kib:-999999}" -lt 450000 ]; ok $? "code on very many pages does not cost all that its tables could ($kib KiB)"

# Time: the guest's seconds are the host's.
a=$(date +%s)
guest_seconds=$(timeout 200 $N9 -c 'date -n' </dev/null)
b=$(date +%s)
[ -n "$guest_seconds" ] && [ "$guest_seconds" -ge "$a" ] && [ "$guest_seconds" -le "$b" ]
ok $? "date is the host's (host $a to $b, guest $guest_seconds)"
measure() {	# ms between the guest's words before and after its sleep, as the host hears them
	: >"$work/out"
	timeout 200 $N9 -c 'sed 1q; sleep 5; echo over; sed 1q' <"$work/in" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 8>"$work/in"
	echo go >&8
	while ! [ -s "$work/out" ] && kill -0 $pid; do sleep 0.005; done	# sed shows its line
	a=$(date +%s%N)
	while ! grep -q over "$work/out" && kill -0 $pid 2>/dev/null; do sleep 0.005; done
	b=$(date +%s%N)
	exec 8>&-
	wait $pid
	ms=$(((b - a) / 1000000))
}
for try in 1 2 3 4 5; do	# a busy host can make both late
	measure
	[ $ms -ge 4900 ] && [ $ms -le 5500 ] && break
done
[ $ms -ge 4900 ] && [ $ms -le 5500 ]; ok $? "sleep 5 takes five seconds ($ms ms)"
finish
