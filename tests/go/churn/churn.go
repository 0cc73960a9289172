// Churn keeps Go's runtime busy for a while and checks every byte: goroutines on several threads allocate, keep, compare and drop
// data while the collector runs all the time, talk through channels, pipes and timers, and start processes.
// A lost wakeup shows as a hang, which the deadline reports; a lost or mixed up page as a wrong sum.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

var (
	seconds = flag.Int("seconds", 3, "how long")
	procs   = flag.Int("procs", 4, "GOMAXPROCS")
	heap    = flag.Int("heap", 12, "MiB that are kept")
	seed    = flag.Int64("seed", 1, "of the random numbers")
	echo    = flag.Bool("echo", false, "be the other process: copy standard input to standard output")
)

var (
	rounds [6]int64
	bad    int64
	stop   = make(chan struct{})
)

func wrong(format string, args ...any) {
	if atomic.AddInt64(&bad, 1) < 10 {
		fmt.Printf("wrong: "+format+"\n", args...)
	}
}

func stopped() bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// A block's bytes follow from its key, so that whoever finds it can check them.
type block struct {
	key  uint32
	sum  uint32
	data []byte
	next *block
}

func newBlock(key uint32, size int) *block {
	b := &block{key: key, data: make([]byte, size)}
	x := key | 1
	for i := range b.data {
		x = x*1664525 + 1013904223
		b.data[i] = byte(x >> 24)
	}
	b.sum = crc32.ChecksumIEEE(b.data)
	return b
}

func (b *block) check(who string) {
	if sum := crc32.ChecksumIEEE(b.data); sum != b.sum {
		wrong("%s: block %d of %d bytes has sum %08x, not %08x", who, b.key, len(b.data), sum, b.sum)
	}
}

// keep holds many blocks and replaces them in no order.
func keep(r *rand.Rand, bytes int) {
	var held []*block
	for total := 0; total < bytes; {
		b := newBlock(r.Uint32(), 1+r.Intn(20000))
		total += len(b.data)
		held = append(held, b)
	}
	for !stopped() {
		i := r.Intn(len(held))
		held[i].check("keep")
		held[i] = newBlock(r.Uint32(), len(held[i].data))
		atomic.AddInt64(&rounds[0], 1)
	}
	for _, b := range held {
		b.check("keep, at the end")
	}
}

// lists and maps: many small pointers for the collector.
func pointers(r *rand.Rand) {
	for !stopped() {
		m := make(map[string]*block)
		var head *block
		for i := 0; i < 500; i++ {
			b := newBlock(uint32(i), r.Intn(64))
			b.next, head = head, b
			m[fmt.Sprint("key ", i)] = b
		}
		n := 0
		for b := head; b != nil; b = b.next {
			if m[fmt.Sprint("key ", b.key)] != b {
				wrong("pointers: block %d is not where it was put", b.key)
			}
			b.check("pointers")
			n++
		}
		if n != 500 {
			wrong("pointers: a list of %d, not 500", n)
		}
		atomic.AddInt64(&rounds[1], 1)
	}
}

// channels: two goroutines, locked to threads of their own, hand blocks to and fro.
func channels(locked bool) {
	there, back := make(chan *block), make(chan *block, 3)
	go func() {
		if locked {
			runtime.LockOSThread()
		}
		for b := range there {
			b.check("channels, there")
			back <- newBlock(b.key+1, len(b.data))
		}
		close(back)
	}()
	if locked {
		runtime.LockOSThread()
	}
	for i := uint32(0); !stopped(); i++ {
		there <- newBlock(i, int(i%3000))
		b := <-back
		if b.key != i+1 {
			wrong("channels: block %d came, not %d", b.key, i+1)
		}
		b.check("channels, back")
		atomic.AddInt64(&rounds[2], 1)
	}
	close(there)
	for range back {
	}
}

func pipes(r *rand.Rand) {
	rd, wr, err := os.Pipe()
	if err != nil {
		wrong("pipes: %v", err)
		return
	}
	size := 10000
	go func() {
		for i := uint32(0); !stopped(); i++ {
			if _, err := wr.Write(newBlock(i, size).data); err != nil {
				wrong("pipes: write: %v", err)
				break
			}
		}
		wr.Close()
	}()
	buf := make([]byte, size)
	for i := uint32(0); ; i++ {
		if _, err := io.ReadFull(rd, buf); err != nil {
			if err != io.EOF {
				wrong("pipes: read: %v", err)
			}
			break
		}
		if !bytes.Equal(buf, newBlock(i, size).data) {
			wrong("pipes: block %d came with other bytes", i)
		}
		atomic.AddInt64(&rounds[3], 1)
	}
	rd.Close()
}

func timers() {
	for !stopped() {
		start := time.Now()
		<-time.After(2 * time.Millisecond)
		if d := time.Since(start); d < 2*time.Millisecond || d > 30*time.Second {
			wrong("timers: 2 ms took %v", d)
		}
		atomic.AddInt64(&rounds[4], 1)
	}
}

func processes(r *rand.Rand) {
	for !stopped() {
		b := newBlock(r.Uint32(), r.Intn(50000))
		cmd := exec.Command(os.Args[0], "-echo")
		cmd.Stdin = bytes.NewReader(b.data)
		out, err := cmd.Output()
		if err != nil || !bytes.Equal(out, b.data) {
			wrong("processes: %d bytes came of %d: %v", len(out), len(b.data), err)
		}
		atomic.AddInt64(&rounds[5], 1)
	}
}

// idle is one of the first n that has not made a round yet, or -1.
func idle(n int) int {
	for i := range rounds[:n] {
		if atomic.LoadInt64(&rounds[i]) == 0 {
			return i
		}
	}
	return -1
}

func main() {
	flag.Parse()
	if *echo {
		io.Copy(os.Stdout, os.Stdin)
		return
	}
	runtime.GOMAXPROCS(*procs)
	debug.SetGCPercent(20)
	var wg sync.WaitGroup
	run := func(f func()) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f()
		}()
	}
	random := func(n int64) *rand.Rand { return rand.New(rand.NewSource(*seed*100 + n)) }
	for i := 0; i < 3; i++ {
		n := int64(i)
		run(func() { keep(random(n), *heap<<20/3) })
		run(func() { pointers(random(10 + n)) })
	}
	run(func() { channels(false) })
	run(func() { channels(true) })
	run(func() { pipes(random(20)) })
	run(timers)
	run(func() { processes(random(21)) })
	// Two goroutines that talk by a channel inherit each other's time slice, and each collection begins a new one: with one
	// thread Go's scheduler lets those that block in system calls starve for seconds, on Linux more often than here.
	must := len(rounds)
	if *procs == 1 {
		must = 3
	}
	time.Sleep(time.Duration(*seconds) * time.Second)
	// a busy machine may give us little of that time
	for i := 0; i < 10000 && idle(must) >= 0; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		fmt.Println("hangs: rounds", rounds)
		debug.SetTraceback("all")
		panic("hangs")
	}
	names := [...]string{"keep", "pointers", "channels", "pipes", "timers", "processes"}
	if i := idle(must); i >= 0 {
		wrong("%s: not one round", names[i])
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.NumGC < 3 {
		wrong("only %d collections", m.NumGC)
	}
	fmt.Fprintln(os.Stderr, "rounds:", names, rounds, "collections:", m.NumGC)
	if bad != 0 {
		fmt.Println(bad, "wrong")
		os.Exit(1)
	}
	fmt.Println("all right")
}
