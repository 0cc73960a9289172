#!/usr/bin/env bash
# What 9guest says to options, files and sizes that cannot be, and where it says it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

run $N9 --help </dev/null;		expect "--help is on standard output" 0 'usage: 9guest|Usage: 9guest' ''
run $N9 --version </dev/null;		expect "--version" 0 '^9guest [0-9]' ''
run $N9 --nosuch </dev/null;		expect "an unknown long option" 2 '' 'nosuch'
run $N9 -Z </dev/null;			expect "an unknown short option" 2 '' 'Z'
run $N9 -c </dev/null;			expect "an option without its argument" 2 '' "requires an argument|needs an argument"
run $N9 operand </dev/null;		expect "an operand" 2 '' 'operand'
for m in 1 0 -5 99G 12Q '' 1e3 99999999999999999999; do
	run $N9 -m "$m" -c date </dev/null
	if [ "$status" = 1 ] || [ "$status" = 2 ]; then bad=0; else bad=1; fi
	grep -q '^9guest: ' "$work/err" && [ "$(wc -l <"$work/err")" -le 2 ] && [ ! -s "$work/out" ] || bad=1
	ok $bad "-m '$m' is refused with a message"
	[ $bad = 0 ] || { echo "# status $status"; show "$work/err" err; }
done
run $N9 -k "$work/absent" </dev/null;	expect "a kernel that is not there" 1 '' 'absent: No such file'
: >"$work/empty"
run $N9 -k "$work/empty" </dev/null;	expect "an empty kernel" 1 '' '^9guest: .*empty'
head -c 100 build/guest/kernel/9kernel >"$work/short"
run $N9 -k "$work/short" </dev/null;	expect "a truncated kernel" 1 '' '^9guest: .*short'
run $N9 -k /bin/sh </dev/null;		expect "a 64-bit kernel" 1 '' '64-bit'
run $N9 -k "$work" </dev/null;		expect "a directory as a kernel" 1 '' '^9guest: '
run $N9 --initrd "$work/absent" -c date </dev/null; expect "an initrd that is not there" 1 '' 'absent: No such file'
if [ "$(id -u)" != 0 ]; then
	cp build/guest/kernel/9kernel "$work/secret"
	chmod 0 "$work/secret"
	run $N9 -k "$work/secret" </dev/null;	expect "an unreadable kernel" 1 '' 'secret: Permission denied'
else
	skip "an unreadable kernel" "root reads everything"
fi
head -c 5000 /dev/urandom >"$work/noise"
run $N9 --initrd "$work/noise" -c date </dev/null
bad=0; [ "$status" = 1 ] || [ "$status" = 3 ] || bad=1; [ -s "$work/err" ] || bad=1
ok $bad "noise as an initrd ends with a message (status $status)"
run $N9 --trace=nosuch -c date </dev/null;	expect "an unknown trace word" 2 '' 'nosuch'
run $N9 --stats -c date </dev/null;	expect "--stats on standard error" 0 '20[0-9][0-9]' 'hypercalls'
# the RAM that the guest has touched is most of what is resident, and less than there is
memory=($(awk '/ resident KiB/ { r = $NF } / guest RAM KiB/ { g = $NF } END { print r, g }' "$work/err"))
[ "${memory[0]:-0}" -gt 4000 ] && [ "${memory[0]}" -lt 100000 ] && [ "${memory[1]:-0}" -gt 1000 ] && [ "${memory[1]}" -lt 100000 ]
ok $? "its figures of memory count a page once"; echo "# resident, guest RAM: ${memory[*]}"
run $N9 --stats=json -c 'echo hi' </dev/null;	expect "--stats=json" 0 '^hi$' '"hypercalls"'
run $N9 --trace=hcall -c 'echo hi' </dev/null;	expect "--trace=hcall" 0 '^hi$' 'INIT'
for m in 32M 64M 256M 1G 3G; do
	run $N9 -m $m -c 'echo ok' </dev/null;	expect "-m $m boots" 0 '^ok$' ''
done
finish
