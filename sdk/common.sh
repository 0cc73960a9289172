# Sourced by 9c and 9l, which set self to their name: where the kit is, which compiler works for it, and how it complains.
# The kit finds itself by the path of the command, links followed, so that the tree that `make install` wrote can be moved:
#   PREFIX/bin/9c, 9l
#   PREFIX/lib/9guest/include/*.h, lib/lib*.a, lib/entry.o, aout.ld, elf2aout, cflags, this file

die() {
	echo "$self: $*" >&2
	exit 1
}

usage() {
	echo "usage: $self $*" >&2
	exit 2
}

# The compiler: $CC9 (a command and its options), else gcc.
find_compiler() {
	cc=${CC9:-gcc}
	command -v "${cc%% *}" >/dev/null ||
		die "${cc%% *}: no such command; install gcc (Debian: apt-get install gcc), or name a compiler in CC9"
	# asked once per command: a gcc for another machine says so in a way that names neither cause nor remedy
	$cc -m32 -fplan9-extensions -S -x c -o /dev/null /dev/null 2>/dev/null ||
		die "${cc%% *}: cannot compile 32-bit x86 code in Plan 9's dialect; name a gcc for x86 in CC9 (CC9=i686-linux-gnu-gcc)"
}

# takes_value OPTION: whether gcc takes the next word as the option's value
takes_value() {
	case $1 in
	-o | -I | -D | -U | -L | -l | -x | -e | -u | -T | -z | -include | -imacros | -isystem | -idirafter | -iquote | -iprefix) ;;
	-MF | -MT | -MQ | -aux-info | -Xpreprocessor | -Xassembler | -Xlinker | -dumpbase | --param) ;;
	*) return 1 ;;
	esac
}

# refuse_option OPTION: dies if it asks for what a Plan 9 program for the 386 cannot be
refuse_option() {
	case $1 in
	-m64 | -mx32 | -m16) die "$1: the programs are for the 386, 32 bits" ;;
	-fpic | -fPIC | -fpie | -fPIE | -pie | -shared | -static-pie) die "$1: Plan 9 has no shared libraries; programs stand at fixed addresses" ;;
	-pthread | -fopenmp) die "$1: there are no POSIX threads; processes share memory by rfork(RFPROC|RFMEM)" ;;
	-fsanitize=* | -fstack-protector* | -pg | --coverage | -fprofile-*) die "$1: needs a library of gcc's that Plan 9 does not have" ;;
	esac
}
