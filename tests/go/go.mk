# make check-go: the tests of Go's whole standard library, in guests (tests/go/std/run).
check-go: all
	tests/go/std/run -f
.PHONY: check-go
