# The benchmarks: `make bench` builds both sides of each comparison and prints the table (bench/run).

BENCHDIR := $(B)/bench
COMPUTE := bench/compute/kernels.c bench/compute/float.c
# What i686 code can do on both sides: x87 arithmetic, no vectors but those that the source asks for.
# Both sides alike in what tells on speed.
BENCHCODE := -O2 -fno-builtin -fno-tree-vectorize -fno-tree-slp-vectorize -fomit-frame-pointer -fno-strict-aliasing -fwrapv
BENCHCFLAGS := $(BENCHCODE) -Wall -Wextra -Werror

BENCHHOST := $(BENCHDIR)/micro-linux $(BENCHDIR)/files-linux $(BENCHDIR)/disk-linux $(BENCHDIR)/trip-linux $(BENCHDIR)/compute-native $(BENCHDIR)/compute-i386 $(BENCHDIR)/prompt
BENCHGUEST := $(BENCHDIR)/root/bench/micro $(BENCHDIR)/root/bench/files $(BENCHDIR)/root/bench/disk $(BENCHDIR)/root/bench/trip $(BENCHDIR)/root/bench/compute
# Go's, where there is Go: for this machine in 64 and 32 bits, and for the guest
ifneq ($(shell command -v go),)
BENCHGO := $(BENCHDIR)/go-linux-amd64 $(BENCHDIR)/go-linux-386 $(BENCHDIR)/go-plan9-386
endif

bench: all bench-programs
	bench/run
bench-programs: $(BENCHHOST) $(BENCHGO) $(BENCHDIR)/root.cpio
.PHONY: bench bench-programs

$(BENCHGO): bench/go/bench.go
	@mkdir -p $(@D)
	GO111MODULE=off GOOS=$(word 2,$(subst -, ,$(@F))) GOARCH=$(word 3,$(subst -, ,$(@F))) go build -trimpath -o $@ $<

$(BENCHDIR)/micro-linux $(BENCHDIR)/files-linux $(BENCHDIR)/disk-linux $(BENCHDIR)/trip-linux: $(BENCHDIR)/%-linux: bench/linux/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCHCFLAGS) -o $@ $<

$(BENCHDIR)/prompt: bench/prompt.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(BENCHCFLAGS) -o $@ $<

$(BENCHDIR)/compute-native: $(COMPUTE) bench/compute/native.c bench/compute/compute.h bench/bench.mk
	@mkdir -p $(@D)
	$(CC) $(BENCHCFLAGS) -mfpmath=387 -o $@ $(filter %.c,$^)

$(BENCHDIR)/compute-i386: $(COMPUTE) bench/compute/linux.c bench/compute/compute.h bench/bench.mk
	@mkdir -p $(@D)
	$(CC) -m32 -march=i686 $(BENCHCFLAGS) -ffreestanding -fno-pic -fno-pie -no-pie -fno-stack-protector -nostdlib -static -o $@ $(filter %.c,$^)

$(BENCHDIR)/guest/%.o: bench/%.c
	@mkdir -p $(@D)
	$(GUESTCC) $(BENCHCODE) -c -o $@ $<

$(BENCHDIR)/root/bench/compute: $(patsubst bench/%.c,$(BENCHDIR)/guest/%.o,$(COMPUTE) bench/compute/plan9.c)
$(BENCHDIR)/root/bench/micro: $(BENCHDIR)/guest/guest/micro.o
$(BENCHDIR)/root/bench/files: $(BENCHDIR)/guest/guest/files.o
$(BENCHDIR)/root/bench/disk: $(BENCHDIR)/guest/guest/disk.o
$(BENCHDIR)/root/bench/trip: $(BENCHDIR)/guest/guest/trip.o
$(BENCHDIR)/trip-linux: BENCHCFLAGS += -static	# it runs in a bare Linux, too
$(BENCHGUEST): $(GUESTLINK) $(GUESTLIBS) $(B)/elf2aout
	@mkdir -p $(@D)
	$(GUESTLD) -o $@.elf $(GUESTLINK) $(filter $(BENCHDIR)/%.o,$^) $(GUESTLDLIBS)
	$(B)/elf2aout $@.elf $@
	@rm $@.elf

# A root with the guest's side in /bench: archives may follow one another.
$(BENCHDIR)/root.cpio: $(B)/root.cpio $(BENCHGUEST)
	cp $< $@
	cd $(BENCHDIR)/root && find bench | sort | cpio -o -H newc -R 0:0 --quiet >>../root.cpio
