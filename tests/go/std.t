#!/usr/bin/env bash
# A slice of what `make check-go` runs: tests of Go's standard library, which lean on every part of a kernel.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v go >/dev/null || { echo "1..0 # skip: no go"; exit 0; }
GO_STD_LIMIT=500 exec tests/go/std/run -a -t runtime sync os os/exec os/signal syscall time internal/poll net io io/fs bufio bytes strings \
	strconv sort math math/bits reflect regexp context errors path/filepath archive/tar compress/flate crypto/sha256 hash/crc32 unicode/utf8 \
	cmd/go/internal/lockedfile
