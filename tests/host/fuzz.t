#!/bin/sh
# Some seconds of each fuzzer; run them by hand for longer (build/tests/host/fuzz/*).
bad=0
build/tests/host/fuzz/elf --seconds=5 || bad=1
build/tests/host/fuzz/cpio 5 || bad=1
build/tests/host/fuzz/mnt 5 || bad=1
build/tests/host/fuzz/name 5 || bad=1
build/tests/host/fuzz/share --seconds=5 || bad=1
build/tests/host/fuzz/hostnet --seconds=5 || bad=1
build/tests/host/ip/fuzz 5 || bad=1
exit $bad
