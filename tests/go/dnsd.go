// A name server that is not always friendly: for some names it first sends what is no answer.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

func name(s string) []byte {
	var b []byte
	for _, l := range strings.Split(strings.TrimSuffix(s, "."), ".") {
		b = append(b, byte(len(l)))
		b = append(b, l...)
	}
	return append(b, 0)
}

func rr(owner []byte, typ uint16, ttl uint32, data []byte) []byte {
	b := append([]byte{}, owner...)
	b = binary.BigEndian.AppendUint16(b, typ)
	b = binary.BigEndian.AppendUint16(b, 1)
	b = binary.BigEndian.AppendUint32(b, ttl)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

var asked = map[string]int{}

// The answer to a question, and what is sent before it.
func answer(q []byte, tcp bool) (before [][]byte, reply []byte) {
	var labels []string
	p := 12
	for q[p] != 0 {
		labels = append(labels, string(q[p+1:p+1+int(q[p])]))
		p += 1 + int(q[p])
	}
	typ := binary.BigEndian.Uint16(q[p+1:])
	end := p + 5
	who := strings.ToLower(strings.Join(labels, "."))
	self := []byte{0xc0, 12}
	var answers [][]byte
	flags := uint16(0x8180)
	asked[fmt.Sprint(who, " ", typ)]++
	switch {
	case who == "a.example" && typ == 1:
		answers = [][]byte{rr(self, 1, 300, []byte{192, 0, 2, 7}), rr(self, 1, 300, []byte{192, 0, 2, 8})}
	case who == "a.example" && typ == 28:
		answers = [][]byte{rr(self, 28, 300, net.ParseIP("2001:db8::7"))}
	case who == "alias.example" && typ == 1:
		answers = [][]byte{rr(self, 5, 300, name("a.example")), rr(name("a.example"), 1, 300, []byte{192, 0, 2, 7})}
	case who == "a.example" && typ == 15:
		answers = [][]byte{rr(self, 15, 300, append([]byte{0, 10}, name("mail.example")...))}
	case who == "_x._tcp.example" && typ == 33:
		answers = [][]byte{rr(self, 33, 300, append([]byte{0, 1, 0, 2, 0, 80}, name("srv.example")...))}
	case who == "7.2.0.192.in-addr.arpa" && typ == 12:
		answers = [][]byte{rr(self, 12, 300, name("a.example"))}
	case who == "big.example" && typ == 16:
		if !tcp {
			flags |= 0x0200
			break
		}
		for i := 0; i < 40; i++ {
			answers = append(answers, rr(self, 16, 300, append([]byte{200}, fmt.Sprintf("%0200d", i)...)))
		}
	case who == "once.example" && typ == 1:
		answers = [][]byte{rr(self, 1, 300, []byte{192, 0, 2, byte(asked[fmt.Sprint(who, " ", typ)])})}
	case who == "evil.example" && typ == 1:
		answers = [][]byte{rr(self, 1, 300, []byte{192, 0, 2, 9})}
		wrong := append([]byte{}, q[:end]...)
		wrong[0] ^= 0xff
		wrong[2] |= 0x80
		loop := append([]byte{}, q[:end]...)
		loop[2], loop[7] = 0x81, 1
		loop = append(loop, 0xc0, byte(end), 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 6, 6, 6, 6)
		long := append([]byte{}, q[:end]...)
		long[2], long[7] = 0x81, 1
		long = append(long, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 255, 255, 6, 6, 6, 6)
		before = [][]byte{{}, q[:5], q[:end], wrong, loop, long}
	case who == "silent.example":
		return nil, nil
	case strings.HasSuffix(who, "example"):
	default:
		flags |= 3
	}
	reply = append([]byte{}, q[:end]...)
	binary.BigEndian.PutUint16(reply[2:], flags)
	binary.BigEndian.PutUint16(reply[6:], uint16(len(answers)))
	binary.BigEndian.PutUint32(reply[8:], 0)
	for _, a := range answers {
		reply = append(reply, a...)
	}
	return before, reply
}

func tcp(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		var n [2]byte
		if _, err = io.ReadFull(c, n[:]); err == nil {
			q := make([]byte, binary.BigEndian.Uint16(n[:]))
			if _, err = io.ReadFull(c, q); err == nil {
				_, r := answer(q, true)
				c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...))
			}
		}
		c.Close()
	}
}

func main() {
	l, err := net.Listen("tcp", os.Args[1])
	u, err2 := net.ListenPacket("udp", os.Args[1])
	if err != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, err, err2)
		os.Exit(1)
	}
	go tcp(l)
	fmt.Println("ready")
	b := make([]byte, 2000)
	for {
		n, from, err := u.ReadFrom(b)
		if err != nil {
			return
		}
		before, r := answer(append([]byte{}, b[:n]...), false)
		for _, x := range before {
			u.WriteTo(x, from)
		}
		if r != nil {
			u.WriteTo(r, from)
		}
	}
}
