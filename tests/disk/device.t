#!/usr/bin/env bash
# -d: which images are taken, what #S shows of them, and that what happens to the file happens to nothing else.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

d=$work/disk
say() { run "$N9" "$@" -c 'cat /dev/sd00/ctl >/dev/null && echo up' </dev/null; }

truncate -s 1000 "$d"; say -d "$d";	expect "a size that is no number of sectors" 1 '' 'disk: not a multiple of 512 bytes \(size 1000\)$'
: >"$d"; say -d "$d";			expect "an empty image: how to make one" 1 '' 'disk: empty; .*truncate'
say -d "$work/nosuch";			expect "no such image" 1 '' 'nosuch: No such file'
say -d "$work";				expect "a directory" 1 '' 'is a directory; -s'
mkfifo "$work/fifo"; say -d "$work/fifo"; expect "a fifo" 1 '' 'neither a file nor a block device'
for f in 'qcow2:QFI\xfb:0' 'vmdk:KDMV:0' 'vdi:\x7f\x10\xda\xbe:64' 'vpc:conectix:0' 'vpc:conectix:1048064' 'vhdx:vhdxfile:0'; do
	IFS=: read -r name magic at <<<"$f"
	rm -f "$d"; truncate -s 1M "$d"
	printf "$magic" | dd of="$d" bs=1 seek="$at" conv=notrunc status=none
	say -d "$d";			expect "$name is no raw image: the line that makes one" 1 '' "qemu-img convert -f $name -O raw .*disk .*disk.raw$"
done
rm "$d"; truncate -s 8M "$d"
say $(for i in $(seq 17); do echo -d "$d"; done)
expect "seventeen disks" 2 '' 'more than 16 disks'
say -d "$d" -d "$d";			expect "one image twice" 1 '' 'in use by another'
: >"$work/first"; "$N9" -d "$d" -c 'echo up; sleep 1000' </dev/null >"$work/first" & pid=$!
eventually has "$work/first" up
say -d "$d";				expect "two writers" 1 '' 'disk: in use by another disk or program'
say -d "$d,ro";				expect "a reader beside a writer" 1 '' 'which writes it'
kill $pid; wait $pid 2>/dev/null
: >"$work/first"; "$N9" -d "$d,ro" -c 'echo up; sleep 1000' </dev/null >"$work/first" & pid=$!
eventually has "$work/first" up
say -d "$d,ro";				expect "two readers" 0 '^up$' ''
kill $pid; wait $pid 2>/dev/null

# What #S shows.
disks=()
for i in $(seq 16); do truncate -s ${i}M "$work/d$i"; disks+=(-d "$work/d$i"); done
run "$N9" "${disks[@]}" -c 'ls /dev | sed -n /sd0/p; cat /dev/sd0f/ctl; ls -l /dev/sd0f' </dev/null
expect "sixteen disks" 0 '^geometry 32768 512$' ''
[ "$(grep -c '^/dev/sd0[0-9a-f]$' "$work/out")" = 16 ]; ok $? "  are sd00 to sd0f"
grep -q '^part data 0 32768$' "$work/out" && grep -q '^inquiry ' "$work/out" && grep -q -- '--rw-r----- S .* 16777216 .*data$' "$work/out"
ok $? "  each with its size"
rc="$(cat <<'X'
cd /dev/sd00
for(m in 'part a 10 20' 'part b 15 30' 'part a 10 20') echo $m >ctl
for(m in 'part a 10 21' 'part c 20 10' 'part d 0 16385' 'part x/y 1 2' 'part e 1' 'delpart data' 'delpart z' 'part ctl 1 2' nonsense)
	if(echo $m >ctl >[2]/dev/null) echo taken: $m
grep part ctl
echo 0123456789 >b
dd -if a -bs 512 -skip 5 -count 1 >[2]/dev/null | sed 1q
dd -if data -bs 512 -skip 15 -count 1 >[2]/dev/null | sed 1q
{ echo delpart a >ctl; echo part a 12 20 >ctl; cat } <a >[2=1] | sed 's/.*: //'
cat a | wc -c
X
)"
run "$N9" -d "$d" -c "$rc" </dev/null
printf '%s\n' 'part data 0 16384' 'part a 10 20' 'part b 15 30' 0123456789 0123456789 'media or partition has changed' '   4096' >"$work/want"
same "partitions: made, refused, overlapping, gone" "$work/want" "$work/out"
run "$N9" -d "$d,ro" -c 'echo x >/dev/sd00/data' </dev/null; expect "a read-only disk cannot be opened for writing" 1 '' 'permission denied'

# A block device, where we may have one.
if [ "$(id -u)" = 0 ] && loop=$(losetup -f --show "$d" 2>/dev/null); then
	run "$N9" -d "$loop" -c 'grep geometry /dev/sd00/ctl; echo on a device >/dev/sd00/data; echo flush >/dev/sd00/ctl; sed 1q /dev/sd00/data' </dev/null
	losetup -d "$loop"
	printf 'geometry 16384 512\non a device\n' >"$work/want"; same "a block device" "$work/want" "$work/out"
else
	skip "a block device" "no loop device for us"
fi

# Places and lengths: at the end, beyond it, in mid-sector.
seq -f '%0511.0f' 0 16383 >"$d"
rc="$(cat <<'X'
cd /dev/sd00
dd -if data -bs 1 -skip 1023 -count 3 >[2]/dev/null
dd -if data -bs 700 -skip 1 -count 1 >[2]/dev/null | sha1sum
echo abc | dd -of data -bs 4 -oseek 333 -trunc 0 >[2]/dev/null
dd -if data -bs 512 -skip 16383 -count 4 >[2]/dev/null | wc -c
dd -if data -bs 512 -skip 16384 -count 1 >[2]/dev/null | wc -c
dd -if /dev/zero -of data -bs 512 -oseek 16384 -count 1 -trunc 0 >[2=1] | sed 1q
sha1sum data
X
)"
{ dd if="$d" bs=1 skip=1023 count=3 status=none; dd if="$d" bs=700 skip=1 count=1 status=none | sha1sum | sed 's/ .*//'
  echo '    512'; echo '      0'; echo 'dd: write error: i/o error'; } >"$work/want"
cp "$d" "$work/copy"; printf 'abc\n' | dd of="$work/copy" bs=4 seek=333 conv=notrunc status=none
run "$N9" -d "$d" -c "$rc" </dev/null
printf '%s\t/dev/sd00/data\n' "$(sha1sum <"$work/copy" | sed 's/ .*//')" >>"$work/want"
sed -i 's,\t/dev/sd00/data,\tdata,' "$work/want"
same "any place and length; the end is the end" "$work/want" "$work/out"
cmp -s "$d" "$work/copy"; ok $? "and the file has it"

# SCSI commands through raw.
with build/tests/disk/sdraw
run "$N9" -d "$d" --initrd "$work/root.cpio" -c '/img/sdraw /dev/sd00/raw' </dev/null
grep -E '^(not )?ok' "$work/out" | while read -r line; do echo "${line#*- }"; done >"$work/names"
[ "$(grep -c '^ok' "$work/out")" = "$(grep -o '^1\.\.[0-9]*' "$work/out" | cut -c4-)" ] && [ "$status" = 0 ]
st=$?; ok $st "raw: SCSI commands ($(wc -l <"$work/names") of them)"; [ $st = 0 ] || show "$work/out" out

with build/tests/disk/sdblocks build/tests/disk/sdmodel
in9() { run "$N9" -m 256M "${opts[@]}" --initrd "$work/root.cpio" -c "$1" </dev/null; }

# Faults, at each fourth block: those requests fail, the others do not, and nothing hangs.
blocks() {	# the runs that sdblocks prints when every fourth block of 64 has the text
	for b in $(seq 0 4 63); do
		if [ $b = 0 ]; then echo "0-2 $2"; else echo "$b-$((b + 2)) $2"; fi
		echo "$((b + 3))-$((b + 3)) $1"
	done
}
truncate -s 0 "$d"; truncate -s 256K "$d"
opts=(-d "$d")
in9 '/img/sdblocks write /dev/sd00/data; /img/sdblocks read /dev/sd00/data'
printf '0-63 ok\n0-63 ok\n' >"$work/want"; same "64 blocks, without faults" "$work/want" "$work/out"
in9() { run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY="$1" "$N9" "${opts[@]}" --initrd "$work/root.cpio" -c "$2" </dev/null; }
in9 eio,4,3 '/img/sdblocks read /dev/sd00/data'; blocks 'i/o error' ok >"$work/want"; same "EIO in reads" "$work/want" "$work/out"
in9 eio,4,3 '/img/sdblocks write /dev/sd00/data'; same "EIO in writes" "$work/want" "$work/out"
in9 enospc,4,3 '/img/sdblocks write /dev/sd00/data'
blocks "i/o error: no space left on the host's disk" ok >"$work/want"; same "ENOSPC" "$work/want" "$work/out"
in9 short,4,3 '/img/sdblocks read /dev/sd00/data; /img/sdblocks write /dev/sd00/data'
printf '0-63 ok\n0-63 ok\n' >"$work/want"; same "short transfers are gone on with" "$work/want" "$work/out"
in9 flush '/img/sdblocks kill /dev/sd00/data'; expect "a flush that fails" 1 '' 'flush: .*i/o error'
in9 gather,4 'cd /dev/sd00; for(i in 0 1 2 3 4 5 6 7) { dd -if data -bs 4096 -iseek $i -count 1 >[2]/dev/null | wc -c & }; wait; echo x'
expect "eight slow reads go on at once" 0 '^x$' 'faulty: [4-8] at once'
[ "$(grep -c 4096 "$work/out")" = 8 ]; ok $? "  all of them"
in9 delay,1,0 'cd /dev/sd00; cat data >/dev/null & for(i in `{seq 2000}) echo $i >/dev/null; kill cat | rc; wait; echo still'
expect "a reader is killed while its disk is slow, and the rest goes on" 0 '^still$' '^faulty: 1 at once'

# Many processes at once, on a slow disk: neighbours are joined, and an error is only its own block's.
for how in r:reads w:writes; do
	in9 slow,100,99 "/img/sdblocks ${how%:*}all /dev/sd00/data"
	printf '0-63 ok\n' >"$work/want"; same "64 ${how#*:} at once" "$work/want" "$work/out"
	n=$(sed -n 's/^faulty: .* at once, \([0-9]*\) in all$/\1/p' "$work/err")
	[ "${n:-64}" -lt 60 ]; ok $? "  in fewer transfers"; [ "${n:-64}" -lt 60 ] || echo "# expected fewer than 60, got ${n:-none}"
	in9 slow,4,3 "/img/sdblocks ${how%:*}all /dev/sd00/data"
	blocks 'i/o error' ok >"$work/want"; same "  errors in them" "$work/want" "$work/out"
done

# A file system that does not say beforehand whether a write waits: what waits soon does so on threads, and not with the guest's CPU.
in9 stall '/img/sdblocks writeall /dev/sd00/data'
expect "writes that wait unannounced: after two, many wait at once" 0 '^0-63 ok$' '^faulty: [4-8] at once'

in9 tire,50 '/img/sdblocks write /dev/sd00/data; /img/sdblocks writeall /dev/sd00/data'
printf '0-63 ok\n0-63 ok\n' >"$work/want"; same "and the same where writes were quick before" "$work/want" "$work/out"
grep -q '^faulty: [4-8] at once' "$work/err"; st=$?; ok $st "  many wait at once"; [ $st = 0 ] || show "$work/err" err

# How many of the last guest's requests a thread was asked for.
deferred() { sed -n 's/^ *dma  *requests deferred  *\([0-9]*\)$/\1/p' "$work/err"; }

# A file system that says of every write that it would wait is not asked for ever.
opts=(--stats -d "$d")
in9 refuse 'for(i in 1 2 3 4) /img/sdblocks write /dev/sd00/data'
n=$(deferred); [ "${n:-999}" -lt 100 ] && [ "$(grep -c '^0-63 ok$' "$work/out")" = 4 ]; st=$?
ok $st "writes that are always refused go without a thread after a while"; [ $st = 0 ] || echo "# expected fewer than 100 of 256 deferred, got ${n:-none}"
opts=(-d "$d")

# The file shrinks under a running guest.
mkfifo "$work/go"
: >"$work/out"; "$N9" "${opts[@]}" --initrd "$work/root.cpio" -c 'echo up; sed 1q >/dev/null; /img/sdblocks read /dev/sd00/data; echo x >/dev/sd00/ctl' <"$work/go" >"$work/out" 2>"$work/err" & pid=$!
exec 7>"$work/go"
eventually has "$work/out" up
truncate -s 100K "$d"; echo >&7; exec 7>&-
wait $pid
printf 'up\n0-24 ok\n25-63 i/o error\n' >"$work/want"; same "a file that shrank: what is there can be read" "$work/want" "$work/out"

# Random transfers and kills against a model, in the guest's memory and then in the host's file.
truncate -s 0 "$d"; truncate -s 16M "$d"
LIMIT=$((300 + ${SECONDS_MODEL:-4})) run "$N9" -m 512M -d "$d" --initrd "$work/root.cpio" -c "/img/sdmodel /dev/sd00/data ${SECONDS_MODEL:-4}; cat /tmp/model >[1=2]" </dev/null
grep '^#' "$work/out"
for t in 1 2; do grep -q "^ok $t" "$work/out"; ok $? "$(sed -n "s/^.*ok $t - //p" "$work/out")"; done
tail -c +778 "$d" | head -c "$(stat -c %s "$work/err")" | cmp -s - "$work/err" && [ -s "$work/err" ]; ok $? "and the host's file has the same"

truncate -s 0 "$d"; truncate -s 16M "$d"
LIMIT=$((300 + ${SECONDS_MODEL:-4})) run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=delay,3,1 "$N9" -m 512M -d "$d" --initrd "$work/root.cpio" -c "/img/sdmodel /dev/sd00/data ${SECONDS_MODEL:-4}; cat /tmp/model >[1=2]" </dev/null
grep '^#' "$work/out"
grep -q '^ok 1' "$work/out"; ok $? "the same on a disk that is slow here and there"

# Reading ahead, beside writers.
with build/tests/disk/sdfresh build/tests/disk/sdorphan
truncate -s 0 "$d"; truncate -s 16M "$d"
for faulty in jitter none; do
	run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=$faulty "$N9" -m 256M -d "$d" --initrd "$work/root.cpio" -c "/img/sdfresh /dev/sd00 ${SECONDS_MODEL:-2}" </dev/null
	grep '^#' "$work/out"
	for t in 1 2; do grep -q "^ok $t" "$work/out"; ok $? "$(sed -n "s/^.*ok $t - //p" "$work/out") ($faulty)"; done
done

# What it is for: few requests for many small reads, and the memory comes back.
requests() { sed -n 's/^ *dma  *requests  *\([0-9]*\)$/\1/p' "$work/err"; }
run "$N9" --stats -d "$d" -c '' </dev/null; none=$(requests)
run "$N9" --stats -m 64M -d "$d" -c 'sed -n /malloc/p /dev/swap; dd -quiet 1 -if /dev/sd00/data -of /dev/null -bs 1024; sed -n /malloc/p /dev/swap' </dev/null
n=$(($(requests) - none)); [ $n -lt 120 ] && [ $n -gt 16 ]; st=$?
ok $st "16 MiB in order by 1 KiB take few requests"; [ $st = 0 ] || echo "# expected 17 to 119, got $n"
IFS=/ read -r before _ <"$work/out"; IFS=/ read -r after _ < <(tail -1 "$work/out")
[ "${after:-999999999}" -lt $((${before:-0} + 200000)) ]; st=$?
ok $st "  and leave no memory behind"; [ $st = 0 ] || echo "# kernel malloc was $before, and is $after"

# A file in memory: nobody has to wait.
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && shm=$(mktemp /dev/shm/9guest-test.XXXXXX 2>/dev/null); then
	truncate -s 1M "$shm"
	run "$N9" --stats -d "$shm" -c 'wc -c </dev/sd00/data' </dev/null
	rm "$shm"
	n=$(deferred); [ "$n" = 0 ] && grep -q '^ *1048576$' "$work/out"; st=$?
	ok $st "a file in memory is read without a thread"; [ $st = 0 ] || echo "# expected 1048576 bytes and 0 requests deferred, got $(cat "$work/out") and ${n:-none}"
else
	skip "a file in memory is read without a thread" "no tmpfs in /dev/shm"
fi

# A disk that hangs, and processes that are killed.
run env LD_PRELOAD=build/tests/disk/faulty.so FAULTY=hang,1024,512 "$N9" -m 256M -d "$d" --initrd "$work/root.cpio" -c '/img/sdorphan /dev/sd00/data' </dev/null
grep '^#' "$work/out"
for t in 1 2 3 4 5 6 7 8 9; do grep -q "^ok $t" "$work/out"; ok $? "$(sed -n "s/^.*ok $t - //p" "$work/out")"; done

# Hostile programs: bad addresses and lengths, memory that goes away, noise in ctl and raw.
with build/tests/disk/sdwild
truncate -s 0 "$d"; truncate -s 4M "$d"
run "$N9" -m 128M -d "$d" --initrd "$work/root.cpio" -c '/img/sdwild /dev/sd00 3' </dev/null
expect "hostile programs harm neither the kernel nor what is not theirs" 0 '^ok 2' ''
grep -q '^ok 1' "$work/out"; ok $? "  on the disk"
with build/tests/disk/sdblocks

# kill -9 while it writes: what was acknowledged after a flush is in the file.
bad=0
for k in $(seq "${KILLS:-5}"); do
	truncate -s 0 "$d"; truncate -s 4M "$d"
	: >"$work/acked"		# here: the background job may be late, and what the last one left would count
	"$N9" -d "$d" --initrd "$work/root.cpio" -c '/img/sdblocks kill /dev/sd00/data' </dev/null >"$work/acked" & pid=$!
	acked() { [ "$(wc -l <"$work/acked")" -gt $((k * 30)) ]; }
	eventually acked
	kill -9 $pid; wait $pid 2>/dev/null
	last=$(grep -E '^[0-9]+$' "$work/acked" | tail -1)
	for n in $(seq "$((last > 500 ? last - 500 : 0))" "$last"); do
		[ "$(dd if="$d" bs=4096 skip=$((n % 1024)) count=1 status=none | head -c 8 | tr -d ' ')" -ge "$n" ] || { bad=1; echo "# block $n was acknowledged and is not there"; break; }
	done
done
ok $bad "kill -9 during writes: nothing acknowledged is lost"
finish
