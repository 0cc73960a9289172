#!/usr/bin/env bash
# #a: records of TLS as OpenSSL makes and takes them, with every algorithm that both have.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ownnet.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

if ! command -v openssl >/dev/null; then echo "1..0 # skip no openssl"; exit; fi
mkdir "$work/s"
cp build/tests/share/tlspsk "$work/s"
head -c 1234567 /dev/urandom >"$work/big"
want=$(md5sum <"$work/big" | cut -d' ' -f1)
pattern=$(perl -e 'print pack "C*", map { ($_*31 ^ $_>>8) & 255 } 0..299999' | md5sum)
key=00112233445566778899AABBCCDDEEFF

listening() { grep -q ":$(printf %04X "$port") .* 0A " /proc/net/tcp; }

# A server of OpenSSL's that sends $work/big and ends; what it got is in $work/got.
server() {	# options
	rm -f "$work/got" "$work/log"
	{ cat "$work/big"; for i in $(seq 600); do [ "$(stat -c %s "$work/got" 2>/dev/null)" = 300000 ] && break; sleep 0.1; done; } |
		openssl s_server -quiet -accept "127.0.0.1:$port" -naccept 1 -nocert -psk $key "$@" >"$work/got" 2>"$work/log" &
	pid=$!
	eventually listening
}
port=$((20000 + $$ % 20000))
talk() {	# version suite options
	port=$((port + 1))
	server -cipher "$2:@SECLEVEL=0" "${@:3}"
	run "$N9" -n host -s "$work/s:s" -c "/n/s/tlspsk tcp!127.0.0.1!$port $1 $2" </dev/null
	kill $pid 2>/dev/null; wait $pid 2>/dev/null
	expect "$1 $2: what OpenSSL sends is what arrives" 0 "^1234567 bytes $want\$" ''
	[ "$(md5sum <"$work/got")" = "$pattern" ] || { show "$work/log" server; false; }; ok $? "  and the other way round"
}
talk 0x303 PSK-CHACHA20-POLY1305 -tls1_2
talk 0x303 PSK-AES128-GCM-SHA256 -tls1_2
talk 0x303 PSK-AES256-GCM-SHA384 -tls1_2
talk 0x303 PSK-AES128-CBC-SHA256 -tls1_2
talk 0x303 PSK-AES256-CBC-SHA -tls1_2
talk 0x302 PSK-AES128-CBC-SHA -tls1_1
talk 0x301 PSK-AES256-CBC-SHA -tls1
finish
