// Bench times what Go programs do, for bench/run: lines "name checksum nanoseconds", the best of several runs of each.
// A word behind the name of the program is the only one to be run.
package main

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

const runs = 5

func sieve() uint64 {
	composite := make([]bool, 5000000)
	for i := 2; i*i < len(composite); i++ {
		for j := i * i; !composite[i] && j < len(composite); j += i {
			composite[j] = true
		}
	}
	n := uint64(0)
	for _, c := range composite[2:] {
		if !c {
			n++
		}
	}
	return n
}

// generic: Go has no assembly for this on the 386, but on amd64 it has
func sum() uint64 {
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	h := sha256.New()
	for i := 0; i < 20; i++ {
		h.Write(block)
	}
	var n uint64
	for _, b := range h.Sum(nil)[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}

func maps() uint64 {
	count := make(map[string]int)
	for i := 0; i < 500000; i++ {
		count[fmt.Sprint("key", i%5003)] += i % 7
	}
	keys := make([]string, 0, len(count))
	for k := range count {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	h := fnv.New64a()
	for _, k := range keys {
		fmt.Fprint(h, k, count[k])
	}
	return h.Sum64()
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() uint64 {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

// the collector
func trees() uint64 {
	long, n := grow(15), uint64(0)
	for i := 0; i < 40; i++ {
		n += grow(12).count()
	}
	return n + long.count()
}

func channels() uint64 {
	in, out := make(chan uint64), make(chan uint64)
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			for n := range in {
				out <- n * n
			}
			wg.Done()
		}()
	}
	go func() {
		for i := uint64(0); i < 100000; i++ {
			in <- i
		}
		close(in)
		wg.Wait()
		close(out)
	}()
	var total uint64
	for n := range out {
		total += n
	}
	return total
}

func text() uint64 {
	s := strings.Repeat("the quick brown fox jumps over the lazy dog. ", 20000)
	return uint64(len(strings.ReplaceAll(strings.ToUpper(s), "FOX", "cat")) + len(strings.Fields(s)) + strings.Count(s, "ow"))
}

func main() {
	for _, b := range []struct {
		name string
		f    func() uint64
	}{{"go-channels", channels}, {"go-maps", maps}, {"go-sha256", sum}, {"go-sieve", sieve}, {"go-strings", text}, {"go-trees", trees}} {
		if len(os.Args) > 1 && os.Args[1] != b.name {
			continue
		}
		best, check := time.Duration(0), uint64(0)
		for i := 0; i < runs; i++ {
			start := time.Now()
			check = b.f()
			if d := time.Since(start); best == 0 || d < best {
				best = d
			}
		}
		fmt.Println(b.name, check, best.Nanoseconds())
	}
}
