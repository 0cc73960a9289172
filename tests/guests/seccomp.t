#!/usr/bin/env bash
# Each system call that host/seccomp.c allows is needed: without its rule some ordinary use of 9guest ends with "forbidden system
# call" or SIGSYS.  And the filter is there: with all rules the same uses work.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
nine=${N9:-build/9guest}
guests=build/tests/guests
pty=build/tests/pty
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Not provoked here: needed on hosts whose clock the vDSO cannot read; when address space runs out; on file systems that
# cannot rename without replacing.
elsewhere=' clock_gettime munmap renameat '

tiny()		# guest options...: run it
{
	local guest=$1
	shift
	timeout -k 1 100 "$nine" "${without[@]}" --initrd /dev/null -k "$guests/$guest" "$@" <"${input:-/dev/null}" >"$work/out" 2>>"$work/err"
	[ $? = 159 ] && echo forbidden >>"$work/err"
}

typed()		# script: at a terminal, through the embedded guest
{
	[ -x $pty ] || return
	timeout -k 1 200 $pty "$1" sh -c 'exec "$@" 2>>'"$work/err" - "$nine" "${without[@]}" >"$work/pty" 2>&1
	grep -q 'signal 31\|Bad system call\|forbidden' "$work/pty" && echo forbidden >>"$work/err"
}

sockets()	# standard input and output are sockets
{
	perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) || die;
		if (!fork) { close A; open STDIN, "<&B"; open STDOUT, ">&B"; close B; exec @ARGV }
		close B; syswrite A, "over a socket\n"; shutdown A, 1; my $x; 1 while sysread A, $x, 100; wait;
		exit(($? & 127) == 31 ? 159 : 0)' "$nine" "${without[@]}" --initrd /dev/null -k $guests/machine/input 2>>"$work/err"
	[ $? = 159 ] && echo forbidden >>"$work/err"
}

network()	# the host's: a call to oneself, and a question to the resolver
{
	timeout 100 "$nine" "${without[@]}" -n host -c "
fn dial { echo connect 127.0.0.1!\$1 >[1=3] && cat /net/tcp/1/remote /net/tcp/1/status && echo hello >/net/tcp/1/data }
fn serve {
	echo announce 0 >[1=3]
	cat /net/tcp/2/data <>[4]/net/tcp/0/listen &
	dial \`{sed 's/.*!//' /net/tcp/0/local} <>[3]/net/tcp/clone
	wait
}
serve <>[3]/net/tcp/clone
echo -n 'net!localhost!80' <>/net/cs >[1=0]" </dev/null >"$work/out" 2>>"$work/err"
}

interface()	# on a wire with nobody else: an idle guest waits for frames
{
	XDG_RUNTIME_DIR=$work timeout 100 "$nine" "${without[@]}" -n net=t -c 'ip/ipconfig 10.1.1.1 255.255.255.0; sleep 1' \
		</dev/null >"$work/out" 2>>"$work/err"
	[ $? = 159 ] && echo forbidden >>"$work/err"
}

disk()		# read, write, flush and discard; and a file system, which is written by groups
{
	truncate -s 1M "$work/disk"
	timeout 100 "$nine" "${without[@]}" -d "$work/disk" -c 'cd /dev/sd00; echo x >data; cat data >/dev/null; echo flush >ctl; echo discard 0 8 >ctl
		disk/format -d data; dossrv; mount -c /srv/dos /n/d /dev/sd00/data; echo y >/n/d/f' \
		</dev/null >"$work/out" 2>>"$work/err"
	[ $? = 159 ] && echo forbidden >>"$work/err"
}

share()		# options... command: with directories of the host, and /proc, which is a file system of its own
{
	mkdir -p "$work/share"
	ln -sf "$work/share/f" "$work/share/link"
	timeout 100 "$nine" "${without[@]}" -s "$work/share:d" -s /:top -s build/tests/share:prog,ro "$@" </dev/null >"$work/out" 2>>"$work/err"
	[ $? = 159 ] && echo forbidden >>"$work/err"
	rm -rf "$work/share"
}

uses=(
	"share -c 'cd /n/d; echo x >f; cat link; mkdir a; ls; mv f g; chmod +a g; cat g; chmod -a g; chgrp daemon g; touch g; rm g
		cat /n/top/proc/version; /n/prog/poke .'"
	"share --defer-shares -c 'cat /n/top/etc/passwd; echo y >/n/d/f; ls /n/d'"
	'disk'
	'interface'
	'network'
	'tiny machine/fpu'
	'tiny steps/7-clock'
	'tiny machine/time'
	'tiny hostile/rewrite'
	'tiny steps/3-crash'
	'input=tests/guests/run tiny machine/input --stats'
	'sockets'
	"'$nine' \"\${without[@]}\" -c 'echo panic >/dev/reboot' </dev/null >\$work/out 2>>\$work/err"
	"'$nine' \"\${without[@]}\" -c 'echo hello; ls -l /bin; exit bad' </dev/null >\$work/out 2>>\$work/err"
	"timeout 100 '$nine' \"\${without[@]}\" -c 'while(){echo y}' </dev/null 2>>\$work/err | head -1 >/dev/null"
	"typed 'expect %\\x20
send echo a\\r
signal TSTP
stopped
signal CONT
send echo b\\r
expect b
send \\x01x
status 0'"
	"typed 'expect %\\x20
signal TERM
status sTERM'"
)

violates()	# rule: does some use break?
{
	local use
	without=(${1:+--seccomp-without=$1})
	: >"$work/err"
	for use in "${uses[@]}"; do
		eval "$use"
		grep -q forbidden "$work/err" && return 0
	done
	return 1
}

rules=$(sed -n 's/^\t{ "\([a-z0-9_]*\)", SYS_.*/\1/p' host/seccomp.c)
count=1 failures=0
if violates ''; then
	echo "not ok 1 - nothing forbidden is done"
	sed 's/^/# /' "$work/err"
	failures=1
else
	echo "ok 1 - nothing forbidden is done"
fi
for rule in $rules; do
	count=$((count + 1))
	if [[ $elsewhere == *" $rule "* ]]; then
		echo "ok $count - $rule # skip not provoked on this host"
	elif violates "$rule"; then
		echo "ok $count - $rule is needed"
	else
		echo "not ok $count - $rule is needed"
		echo "# no use of 9guest breaks without it: strike it from host/seccomp.c or add a use here"
		failures=$((failures + 1))
	fi
done
echo "1..$count"
[ $failures = 0 ]
