# How guest code is compiled: freestanding 32-bit GNU C in Plan 9's dialect.
# gcc -m32 needs no 32-bit libraries of the host for this.
GUESTCC := gcc -m32 -march=i686 -std=gnu11 -O2 -g -ffreestanding -fno-builtin -nostdinc -fno-pic -fno-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing -fwrapv -fplan9-extensions \
	-fno-common -fcf-protection=none -fno-omit-frame-pointer -fno-tree-loop-distribute-patterns \
	-Wall -Wno-parentheses -Wno-missing-braces -Wno-unknown-pragmas -Werror -Iguest/include -Iabi -MMD -MP
