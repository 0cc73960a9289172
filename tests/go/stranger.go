// A program that knows nothing of 9guest: it uses what ordinary Go programs use, and prints the same on every system.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

var megabytes = flag.Int("mb", 100, "megabytes to hash")
var dir = flag.String("dir", os.TempDir(), "where to make files")

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func hash() {
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	h := sha256.New()
	for i := 0; i < *megabytes; i++ {
		h.Write(block)
	}
	fmt.Printf("sha256 %x\n", h.Sum(nil))
}

func goroutines() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	sums := make(map[int]int)
	in := make(chan int)
	for w := 0; w < 16; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range in {
				s := 0
				for i := 0; i < n; i++ {
					s += i
				}
				mu.Lock()
				sums[n] = s
				mu.Unlock()
			}
		}()
	}
	for n := 0; n < 1000; n++ {
		in <- n
	}
	close(in)
	wg.Wait()
	total := 0
	for _, s := range sums {
		total += s
	}
	fmt.Println("goroutines", len(sums), total)
}

func collect() {
	type node struct {
		left, right *node
		pad         [64]byte
	}
	var make func(depth int) *node
	make = func(depth int) *node {
		if depth == 0 {
			return &node{}
		}
		return &node{left: make(depth - 1), right: make(depth - 1)}
	}
	count := 0
	for i := 0; i < 20; i++ {
		var walk func(n *node)
		walk = func(n *node) {
			if n != nil {
				count++
				walk(n.left)
				walk(n.right)
			}
		}
		walk(make(12))
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println("gc", count, m.NumGC > 0)
}

func files() {
	d, err := os.MkdirTemp(*dir, "stranger")
	check(err)
	defer os.RemoveAll(d)
	for i := 0; i < 20; i++ {
		check(os.WriteFile(filepath.Join(d, fmt.Sprintf("f%02d", i)), []byte(strings.Repeat("line\n", i)), 0666))
	}
	check(os.Rename(filepath.Join(d, "f07"), filepath.Join(d, "renamed")))
	check(os.Remove(filepath.Join(d, "f03")))
	check(os.Mkdir(filepath.Join(d, "sub"), 0777))
	check(os.Truncate(filepath.Join(d, "f10"), 7))
	entries, err := os.ReadDir(d)
	check(err)
	for _, e := range entries {
		info, err := e.Info()
		check(err)
		size := info.Size()
		if e.IsDir() {
			size = 0
		}
		fmt.Print(e.Name(), ":", size, " ")
	}
	fmt.Println()
	_, err = os.Open(filepath.Join(d, "absent"))
	fmt.Println("absent", os.IsNotExist(err))
	f, err := os.OpenFile(filepath.Join(d, "f10"), os.O_RDWR, 0)
	check(err)
	_, err = f.WriteAt([]byte("XY"), 3)
	check(err)
	_, err = f.Seek(0, io.SeekStart)
	check(err)
	s, err := bufio.NewReader(f).ReadString('e')
	fmt.Printf("%q %v\n", s, err)
	check(f.Close())
}

func text() {
	words := strings.Fields("the quick brown fox jumps over the lazy dog and the cat")
	freq := map[string]int{}
	for _, w := range words {
		freq[w]++
	}
	keys := make([]string, 0, len(freq))
	for k := range freq {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	out, err := json.Marshal(freq)
	check(err)
	fmt.Println(keys, string(out))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for i := 0; i < 10000; i++ {
		fmt.Fprintln(w, i, words[i%len(words)])
	}
	check(w.Close())
	r, err := gzip.NewReader(&z)
	check(err)
	back, err := io.ReadAll(r)
	check(err)
	fmt.Printf("gzip %d %x\n", len(back), sha256.Sum256(back))
}

func main() {
	flag.Parse()
	fmt.Println("args", flag.Args())
	start := time.Now()
	hash()
	goroutines()
	collect()
	files()
	text()
	fmt.Printf("math %.15g %.15g %v\n", math.Sin(1e6), math.Pow(2, 0.5), math.Inf(1))
	t := time.Date(2007, 9, 13, 12, 0, 0, 0, time.UTC)
	fmt.Println("time", t.Add(100*time.Hour).Format(time.RFC1123))
	before := time.Now()
	time.Sleep(50 * time.Millisecond)
	slept := time.Since(before)
	fmt.Println("slept", slept >= 50*time.Millisecond, slept < 2*time.Second)
	select {
	case <-time.After(20 * time.Millisecond):
		fmt.Println("timer")
	}
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		var p *int
		fmt.Println(*p)
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		zero := len(flag.Args()) - len(flag.Args())
		fmt.Println(1 / zero)
	}()
	fmt.Println("done", time.Since(start) < time.Hour)
}
