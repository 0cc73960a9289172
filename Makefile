# 9guest: the hypervisor, the guest kernel and its root, one executable.
#   make            build/9guest
#   make check      all tests          make bench     the benchmarks
#   make install    PREFIX=/usr/local  make DEBUG=1   ASan and UBSan in the host part
#   make V=1        whole commands instead of the names of what they make
# Each directory states its part in one .mk file; everything built is under build/.

VERSION := 0.1
PREFIX ?= /usr/local
B := build
CC ?= gcc
CFLAGS ?= -O2 -g

all: $(B)/9guest

# Unless V is set a recipe shows as one line, its target: make expands SHELL before each command.
ifndef V
.SILENT:
ifeq ($(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
shell := $(SHELL)
SHELL = $(if $(filter-out %.list,$@),$(if $(shown.$@),,$(info $@)$(eval shown.$$@ := 1)))$(shell)
endif
endif

include guest/flags.mk
include guest/lib/lib.mk
include guest/cmd/cmd.mk
include guest/kernel/kernel.mk
include guest/root/root.mk
include host/host.mk
include tests/tests.mk
include bench/bench.mk
include sdk/sdk.mk

install: all install-sdk
	install -D -m 755 $(B)/9guest $(DESTDIR)$(PREFIX)/bin/9guest
	install -D -m 755 host/go_plan9_386_exec $(DESTDIR)$(PREFIX)/bin/go_plan9_386_exec
	install -D -m 644 doc/9guest.1 $(DESTDIR)$(PREFIX)/share/man/man1/9guest.1

uninstall: uninstall-sdk
	rm -f $(DESTDIR)$(PREFIX)/bin/9guest $(DESTDIR)$(PREFIX)/bin/go_plan9_386_exec $(DESTDIR)$(PREFIX)/share/man/man1/9guest.1

clean:
	rm -rf $(B)

.PHONY: all install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:
