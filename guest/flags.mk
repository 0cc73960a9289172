# How guest code is compiled: freestanding 32-bit GNU C in Plan 9's dialect.
# gcc -m32 needs no 32-bit libraries of the host for this.  GUESTABI and GUESTWARN
# are also those of the kit (sdk/), for programs by others.
GUESTABI := -m32 -march=i686 -std=gnu11 -ffreestanding -fno-builtin -nostdinc -fno-pic -fno-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing -fwrapv -fplan9-extensions \
	-fcf-protection=none -fno-tree-loop-distribute-patterns
GUESTWARN := -Wall -Wno-parentheses -Wno-missing-braces -Wno-unknown-pragmas
GUESTCC := gcc $(GUESTABI) -O2 -g -fno-common -fno-omit-frame-pointer $(GUESTWARN) -Werror -Iguest/include -Iabi -MMD -MP
