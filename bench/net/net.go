// The network's benchmark, on either side: built for Linux and for plan9/386.
//
//	net serve ADDR              sends, receives or echoes, as each connection asks
//	net MODE ADDR AMOUNT [N]    send or recv: MB over N streams, prints Gbit/s; rr: round trips, µs each;
//	                            conn: connections, µs each
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

const piece = 256 << 10

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A request is a letter and a number of bytes.
func serve(c net.Conn) {
	defer c.Close()
	var q [9]byte
	if _, err := io.ReadFull(c, q[:]); err != nil {
		return
	}
	b := make([]byte, piece)
	left := int64(binary.BigEndian.Uint64(q[1:]))
	switch q[0] {
	case 's':
		if _, err := io.CopyN(io.Discard, c, left); err == nil {
			c.Write(b[:1])
		}
	case 'r':
		for ; left > 0; left -= piece {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	case 'e':
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			c.Write(b[:n])
		}
	}
}

func ask(addr string, what byte, bytes int64) net.Conn {
	c, err := net.Dial("tcp", addr)
	check(err)
	var q [9]byte
	q[0] = what
	binary.BigEndian.PutUint64(q[1:], uint64(bytes))
	_, err = c.Write(q[:])
	check(err)
	return c
}

func stream(mode, addr string, bytes int64) {
	b := make([]byte, piece)
	c := ask(addr, mode[0], bytes)
	for left := bytes; left > 0; {
		n, err := piece, error(nil)
		if mode == "send" {
			_, err = c.Write(b)
		} else {
			n, err = c.Read(b)
		}
		check(err)
		left -= int64(n)
	}
	if mode == "send" { // all of it has arrived
		_, err := io.ReadFull(c, b[:1])
		check(err)
	}
	c.Close()
}

func main() {
	if os.Args[1] == "serve" {
		l, err := net.Listen("tcp", os.Args[2])
		check(err)
		fmt.Println(l.Addr())
		for {
			c, err := l.Accept()
			check(err)
			go serve(c)
		}
	}
	mode, addr := os.Args[1], os.Args[2]
	n, err := strconv.Atoi(os.Args[3])
	check(err)
	streams := 1
	if len(os.Args) > 4 {
		streams, err = strconv.Atoi(os.Args[4])
		check(err)
	}
	start := time.Now()
	switch mode {
	case "send", "recv":
		var all sync.WaitGroup
		each := int64(n) << 20 / int64(streams) / piece * piece
		for i := 0; i < streams; i++ {
			all.Add(1)
			go func() {
				stream(mode, addr, each)
				all.Done()
			}()
		}
		all.Wait()
		fmt.Printf("%.2f\n", float64(each*int64(streams))*8/1e9/time.Since(start).Seconds())
	case "rr":
		c := ask(addr, 'e', 0)
		b := make([]byte, 1)
		start = time.Now()
		for i := 0; i < n; i++ {
			c.Write(b)
			_, err := io.ReadFull(c, b)
			check(err)
		}
		fmt.Printf("%.1f\n", float64(time.Since(start).Microseconds())/float64(n))
	case "conn":
		for i := 0; i < n; i++ {
			c := ask(addr, 'x', 0)
			c.Close()
		}
		fmt.Printf("%.1f\n", float64(time.Since(start).Microseconds())/float64(n))
	}
}
