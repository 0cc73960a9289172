// A stranger on the network: a web server, a client, an echo pair.  It knows nothing of Plan 9.
package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	switch os.Args[1] {
	case "serve":
		http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "hello %s %s\n", r.Method, r.URL.Path)
		})
		http.HandleFunc("/stop", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "bye")
			go func() {
				time.Sleep(50 * time.Millisecond) // the answer goes out
				os.Exit(0)
			}()
		})
		http.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
			h := sha256.New()
			n, err := io.Copy(h, r.Body)
			fmt.Fprintf(w, "%d %x %v\n", n, h.Sum(nil), err)
		})
		l, err := net.Listen("tcp", os.Args[2])
		die(err)
		fmt.Println("listening", l.Addr())
		die(http.Serve(l, nil))
	case "get":
		r, err := http.Get(os.Args[2])
		die(err)
		fmt.Println(r.Status)
		_, err = io.Copy(os.Stdout, r.Body)
		die(err)
	case "many": // connections that are all open at once
		n, err := strconv.Atoi(os.Args[3])
		die(err)
		conns := make([]net.Conn, n)
		for i := range conns {
			conns[i], err = net.Dial("tcp", os.Args[2])
			die(err)
		}
		for i, c := range conns {
			fmt.Fprintf(c, "%d\n", i)
		}
		for i, c := range conns {
			s, err := bufio.NewReader(c).ReadString('\n')
			if err != nil || s != fmt.Sprintf("%d\n", i) {
				die(fmt.Errorf("connection %d: %q %v", i, s, err))
			}
			c.Close()
		}
		fmt.Println(n, "connections")
	case "quick": // connections one after the other, each of which the server ends
		n, err := strconv.Atoi(os.Args[3])
		die(err)
		bad := 0
		for i := 0; i < n; i++ {
			c, err := net.Dial("tcp", os.Args[2])
			if err != nil {
				fmt.Fprintf(os.Stderr, "connection %d: %v\n", i, err)
				bad++
				continue
			}
			if text, err := io.ReadAll(c); err != nil || string(text) != "hello\n" {
				fmt.Fprintf(os.Stderr, "connection %d: %q %v\n", i, text, err)
				bad++
			}
			c.Close()
		}
		fmt.Println(n, "connections,", bad, "bad")
	case "idle": // connections that wait for what does not come, and one that works meanwhile
		n, err := strconv.Atoi(os.Args[3])
		die(err)
		conns := make([]net.Conn, n)
		ended := make(chan error)
		for i := range conns {
			conns[i], err = net.Dial("tcp", os.Args[2])
			die(err)
			go func(c net.Conn) {
				_, err := c.Read(make([]byte, 1))
				ended <- err
			}(conns[i])
		}
		c, err := net.Dial("tcp", os.Args[2])
		die(err)
		fmt.Fprintf(c, "one more\n")
		s, err := bufio.NewReader(c).ReadString('\n')
		die(err)
		fmt.Print(s)
		for _, c := range conns {
			c.Close()
		}
		for range conns {
			<-ended
		}
		fmt.Println(n, "readers have ended")
	case "udp":
		l, err := net.ListenPacket("udp", "127.0.0.1:0")
		die(err)
		c, err := net.Dial("udp", l.LocalAddr().String())
		die(err)
		fmt.Fprint(c, "ping")
		b := make([]byte, 100)
		n, from, err := l.ReadFrom(b)
		die(err)
		_, err = l.WriteTo(append(b[:n], " pong"...), from)
		die(err)
		n, err = c.Read(b)
		die(err)
		fmt.Println(string(b[:n]))
	case "lookup":
		for _, name := range os.Args[2:] {
			a, err := net.LookupHost(name)
			fmt.Println(name, a, err)
		}
		p, err := net.LookupPort("tcp", "http")
		fmt.Println("http", p, err)
	case "local":
		for _, a := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
			l, err := net.Listen("tcp", a)
			die(err)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go io.Copy(c, c)
				}
			}()
			c, err := net.Dial("tcp", l.Addr().String())
			die(err)
			fmt.Fprintf(c, "ping %s", a)
			b := make([]byte, 100)
			n, err := c.Read(b)
			die(err)
			fmt.Println(string(b[:n]))
			c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, err = c.Read(b)
			fmt.Println(err)
			c.Close()
			l.Close()
		}
	}
}
