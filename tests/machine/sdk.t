#!/usr/bin/env bash
# The kit that make install puts in place: what doc/sdk.md shows, done with the installed tree in another place than it
# was installed to, and what 9c and 9l must refuse.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

top=$PWD
run make -s install DESTDIR="$work/dest" PREFIX=/opt/9
expect "make install, with DESTDIR and PREFIX" 0 - ''
[ -z "$(find "$work/dest" -type f ! -path "$work/dest/opt/9/*")" ]
ok $? "it writes nothing elsewhere"
mv "$work/dest/opt/9" "$work/moved here"
mkdir "$work/links" "$work/doc"
ln -s "$work/moved here/bin/9c" "$work/moved here/bin/9l" "$work/moved here/bin/9guest" "$work/links"
PATH=$work/links:$PATH
run grep -rlF -e "$top" -e "$work/dest" "$work/moved here/lib"
expect "it holds no path of where it was built" 1 '' ''
[ -s "$work/moved here/share/man/man1/9c.1" ] && [ -s "$work/moved here/share/man/man1/9l.1" ]
ok $? "the manual pages are there"
cd "$work/doc" || exit 1

# What doc/sdk.md shows: `NAME.c`: and its text; console blocks, $ COMMAND and its output; an rc block, 9guest% COMMAND.
perl -ne '
	if (/^```(\w*)$/) {
		if ($in) { close $out if $out; $in = $out = undef; next }
		$in = $1;
		my $to = $in eq "c" ? $name : "$in.session";
		open $out, $in eq "c" ? ">" : ">>", $to or die "$to: $!";
	} elsif ($in) { print $out $_ } elsif (/^`([\w.]+)`:$/) { $name = $1 }
' "$top/doc/sdk.md"

# session PROMPT FILE: commands to FILE.do, the output that they should have to FILE.want
session() {
	grep -F "$1" "$2" | cut -c $((${#1} + 1))- >"$2.do"
	grep -vF "$1" "$2" >"$2.want"
}

same() {	# WANT GOT NAME
	diff "$1" "$2" >diff.out
	ok $? "$3"
	sed 's/^/# /' diff.out
}

session '$ ' console.session
timeout 300 bash -e console.session.do >console.got 2>&1 </dev/null
same console.session.want console.got "the document's programs compile, link and run as it shows"

session '9guest% ' rc.session
timeout 300 9guest -s .:here -c 'rc </n/here/rc.session.do' </dev/null >rc.got 2>&1
same rc.session.want rc.got "the document's session with the file server goes as it shows"

# What must be refused, and how.  refused NAME STATUS REGEX COMMAND ...
refused() {
	local name=$1 status_wanted=$2 regex=$3
	shift 3
	run "$@" </dev/null
	expect "$name" "$status_wanted" '' "$regex"
}

printf '#include <u.h>\n#include <libc.h>\nvoid main(int argc, char *argv[])\n{\n\tnosuchfunction(argc, argv);\n}\n' >undefined.c
printf '#include <u.h>\n#include <libc.h>\nint x = "";;\nvoid main(\n' >bad.c
printf '#include <stdio.h>\n' >stdio.c
printf 'int f(void) { return 1; }\n' >twice.c
printf '_Thread_local int x; int f(void) { return x; }\n' >local.c
printf 'int x; __attribute__((constructor)) void f(void) { x = 1; }\n' >constructor.c
printf 'void f(void); int main(int c, char **v) { f(); return 0; }\n' >main.c
for f in undefined twice local constructor main; do 9c -w -g $f.c; done
cp twice.o twice2.o
gcc -c -w -o host.o twice.c

refused "9c without a file" 2 '^usage: 9c' 9c
refused "9c: a file that is not there" 1 '^9c: nosuch.c: no such file$' 9c nosuch.c
refused "9c: a directory" 1 '^9c: \.: a directory$' 9c .
refused "9c: an object" 1 '^9c: top.o: an object; 9l links those$' 9c top.o
refused "9c: another language" 1 'neither C .* nor assembly' 9c rc.got
refused "9c: an option for what cannot be" 1 '^9c: -fPIC: Plan 9 has no shared libraries' 9c -fPIC top.c
refused "9c: an option without its value" 1 '^9c: -I: its value is missing$' 9c top.c -I
refused "9c: errors in the source are gcc's to tell" 1 '^bad.c:4' 9c -w bad.c
refused "9c: a header of the host's is not found" 1 'stdio.h: No such file' 9c stdio.c
refused "9c: no compiler" 1 '^9c: nogcc: no such command; install gcc' env CC9=nogcc 9c top.c
refused "9c: a compiler for something else" 1 'cannot compile 32-bit x86' env CC9='gcc -march=armv8-a' 9c top.c
refused "9l without a file" 2 '^usage: 9l' 9l
refused "9l: a file that is not there" 1 '^9l: nosuch.o: no such file$' 9l nosuch.o
refused "9l: a source" 1 '^9l: top.c: a source; compile it with 9c first$' 9l top.c
refused "9l: an object for this machine" 1 '^9l: host.o: an object for another machine' 9l host.o
refused "9l: a program for this machine" 1 '^9l: /bin/true: a linked ELF file' 9l /bin/true
refused "9l: a program for Plan 9" 1 '^9l: top: a Plan 9 executable, linked already$' 9l top
refused "9l: anything else" 1 '^9l: rc.got: neither an object' 9l rc.got
refused "9l: a library that is nowhere" 1 '^9l: -lm: no libm.a in .* which has lib9p.a .*libc.a' 9l top.o -lm
refused "9l: an undefined symbol, by name, file and line" 1 'undefined.c:5: undefined reference to .nosuchfunction' 9l undefined.o
refused "9l: two definitions" 1 'multiple definition of .f' 9l main.o twice.o twice2.o
refused "9l: storage of a thread" 1 'Plan 9 has privalloc' 9l main.o local.o
refused "9l: code before main" 1 'begin at main and nowhere else' 9l main.o constructor.o
refused "9l: a device is not overwritten" 1 '^9l: /dev/null: not a plain file$' 9l -o /dev/null top.o
echo old >undefined
9l -o undefined undefined.o 2>/dev/null
[ ! -e undefined ]
ok $? "9l: what failed leaves no executable"

# What must be possible.
printf '#include <u.h>\n#include <libc.h>\nint access(char *s, int m) { USED(s, m); return 42; }\nint common;\nint f(int);
void main(int argc, char *argv[])
{
	char *s;

	USED(argv);
	common = 7;
	s = mktemp("/tmp/aXXXXXX");
	print("%%d %%d %%d %%d %%d\\n", access("/", 0), f(1), VALUE, s[6] != 88, __builtin_popcountll(0x700000001ULL*argc));
	exits(nil);
}\n' >own.c
mkdir -p sub/lib sub/include
printf '#define VALUE 5\n' >sub/include/own.h
printf 'int common; int f(int) { return common; }\n' >f.c
9c -o sub/f.o f.c && ar rcs sub/lib/libown.a sub/f.o && 9c -Wall -Wextra -Werror -I sub/include -include own.h -O1 own.c &&
	9l -s -L sub/lib -Wl,-Map=map -o own own.o -lown -lc && [ -s map ]
ok $? "options go through, a library of one's own is found"
run 9guest -c 'cat >/tmp/own; chmod +x /tmp/own; /tmp/own' <own
expect "own functions go first, commons are one, strings can be written" 0 '^42 7 5 1 4$' ''
9l --elf own.elf -o own own.o sub/lib/libown.a && readelf -h own.elf | grep -q 'EXEC'
ok $? "--elf keeps the linker's file"
9c -flto own.c f.c -include sub/include/own.h && 9l -flto -o own own.o f.o
run 9guest -c 'cat >/tmp/own; chmod +x /tmp/own; /tmp/own' <own
expect "link-time optimisation works" 0 '^42 7 5 1 4$' ''
cd "$top" || exit 1
run make -s uninstall DESTDIR="$work/dest" PREFIX=/opt/9
run make -s install DESTDIR="$work/dest" PREFIX=/opt/9
run make -s uninstall DESTDIR="$work/dest" PREFIX=/opt/9
[ -z "$(find "$work/dest" -type f)" ]
ok $? "make uninstall takes all away"
finish
