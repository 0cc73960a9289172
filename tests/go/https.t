#!/usr/bin/env bash
# Over TLS, and over the host's stack and the guest's own: a Go program of the guest takes a module from a module proxy, which is
# python3 with OpenSSL; and curl, python3 and wget take what the guest serves.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
python=/usr/bin/python3
if [ "$1" != inside ]; then
	for tool in go curl $python; do
		command -v $tool >/dev/null || { echo "1..0 # skip: no $tool"; exit 0; }
	done
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip addr add 10.9.0.1/24 dev t0 && ip link set t0 up; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }
export GO111MODULE=off GOFLAGS=-trimpath HOME=${HOME:-/tmp}
mkdir "$work/share" "$work/x"
GOOS=plan9 GOARCH=386 go build -o "$work/share/fetch" tests/go/fetch.go &&
	(cd "$work/share" && go run "$(go env GOROOT)/src/crypto/tls/generate_cert.go" --ca --host 10.9.0.1,10.9.0.2 2>/dev/null) ||
	{ echo "1..1"; echo "not ok 1 - go build"; exit 1; }

# a module with two versions, laid out as a proxy's tree
$python - "$work" <<'PY'
import os, sys, zipfile
where = sys.argv[1] + '/www/example.com/words/@v'
os.makedirs(where)
open(where + '/list', 'w').write('v1.0.0\nv1.1.0\n')
open(where + '/v1.1.0.info', 'w').write('{"Version":"v1.1.0","Time":"2026-01-02T03:04:05Z"}')
open(where + '/v1.1.0.mod', 'w').write('module example.com/words\n')
with zipfile.ZipFile(where + '/v1.1.0.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('example.com/words@v1.1.0/go.mod', 'module example.com/words\n')
    z.writestr('example.com/words@v1.1.0/words.go', 'package words\n' * 1000)
    z.writestr('example.com/words@v1.1.0/testdata/big', os.urandom(3000000))
PY
zip=$work/www/example.com/words/@v/v1.1.0.zip
cat >"$work/serve.py" <<'PY'
import functools, http.server, ssl, sys
directory, cert, key = sys.argv[1:]
server = http.server.ThreadingHTTPServer(('10.9.0.1', 443), functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory))
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(cert, key)
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PY
$python "$work/serve.py" "$work/www" "$work/share/cert.pem" "$work/share/key.pem" >/dev/null 2>&1 &
proxy=$!
roots=$work/share/cert.pem
eventually curl -s --cacert "$roots" -o /dev/null https://10.9.0.1/
cat >"$work/want" <<END
v1.1.0 module example.com/words
example.com/words@v1.1.0/go.mod 25
example.com/words@v1.1.0/words.go 14000
example.com/words@v1.1.0/testdata/big 3000000
$(sha256sum <"$zip" | cut -d' ' -f1)
END

takes() {	# NAME OPTIONS... (the last: rc commands to begin with)
	local name=$1
	run $N9 "${@:2:$#-2}" -s "$work/share:x" -c "${!#}
/n/x/fetch get https://10.9.0.1 /n/x/cert.pem example.com/words" </dev/null
	[ "$status" = 0 ] && cmp "$work/want" "$work/out" && [ ! -s "$work/err" ]
	ok $? "$name: a module from a proxy, over TLS"
	cmp -s "$work/want" "$work/out" || { show "$work/out" out; show "$work/err" err; }
}
serves() {	# NAME ADDR OPTIONS... (the last: rc commands to begin with)
	local name=$1 addr=$2 url=https://$2/example.com/words/@v/v1.1.0.zip
	timeout 300 $N9 "${@:3:$#-3}" -s "$work/share:x" -s "$work/www:www,ro" -c "${!#}
/n/x/fetch serve :443 /n/x/cert.pem /n/x/key.pem /n/www" </dev/null >"$work/guest" 2>&1 &
	local guest=$!
	eventually curl -s -m 20 --cacert "$roots" -o /dev/null "https://$addr/"
	curl -s -m 100 --cacert "$roots" "$url" | cmp - "$zip"
	ok $? "$name: curl over TLS"
	$python -c 'import ssl, sys, urllib.request as u
sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=100, context=ssl.create_default_context(cafile=sys.argv[2])).read())' "$url" "$roots" |
		cmp - "$zip"
	ok $? "$name: python3 over TLS"
	if command -v wget >/dev/null; then
		wget -q -T 100 -t 1 --ca-certificate="$roots" -O - "$url" | cmp - "$zip"
		ok $? "$name: wget over TLS"
	else
		skip "$name: wget over TLS" "no wget"
	fi
	kill $guest
	wait $guest 2>/dev/null
}
own='ip/ipconfig -g 10.9.0.1 10.9.0.2 255.255.255.0'
takes "host's stack" -n host ''
takes "own stack" -n tap=t0 "$own"
kill $proxy
wait $proxy 2>/dev/null
serves "host's stack" 10.9.0.1 -n host -p 10.9.0.1:443:443 ''
serves "own stack" 10.9.0.2 -n tap=t0 "$own"
finish
