// Gets a module from a module proxy as the go command does, over TLS; or serves files over TLS.
//
//	fetch get PROXY ROOTS MODULE    the last version that the proxy lists: prints its files, and the hash of the zip
//	fetch serve ADDR CERT KEY DIR
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err)
		os.Exit(1)
	}
}

type proxy struct {
	client *http.Client
	base   string
}

func (p proxy) get(name string) []byte {
	r, err := p.client.Get(p.base + name)
	check(err)
	defer r.Body.Close()
	if r.StatusCode != 200 {
		check(fmt.Errorf("%s: %s", name, r.Status))
	}
	b, err := io.ReadAll(r.Body)
	check(err)
	return b
}

func get(base, roots, module string) {
	pem, err := os.ReadFile(roots)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	p := proxy{&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}, base + "/" + module + "/@v/"}

	versions := strings.Fields(string(p.get("list")))
	last := versions[len(versions)-1]
	var info struct{ Version string }
	check(json.Unmarshal(p.get(last+".info"), &info))
	fmt.Printf("%s %s", info.Version, p.get(last+".mod"))
	data := p.get(last + ".zip")
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	check(err)
	for _, f := range z.File {
		r, err := f.Open()
		check(err)
		n, err := io.Copy(io.Discard, r) // to its end, where its checksum is
		check(err)
		fmt.Println(f.Name, n)
	}
	fmt.Printf("%x\n", sha256.Sum256(data))
}

func main() {
	switch a := os.Args[1:]; a[0] {
	case "get":
		get(a[1], a[2], a[3])
	case "serve":
		check(http.ListenAndServeTLS(a[1], a[2], a[3], http.FileServer(http.Dir(a[4]))))
	}
}
