# Sourced by ./run and ./test: installs what is missing, saying what, as root or through sudo.
# need PACKAGE ...: Debian packages that must be there.
need() {
	local missing=() p as=()
	for p in "$@"; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	if ! command -v apt-get >/dev/null; then
		echo "9guest: these Debian packages are needed, and this is no Debian: ${missing[*]}" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "9guest: to install ${missing[*]}: become root, or install sudo" >&2
			return 1
		fi
		as=(sudo)
	fi
	echo "9guest: installing ${missing[*]}" >&2
	{ "${as[@]}" apt-get update -q && "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "${missing[@]}"; } >&2 ||
		{ echo "9guest: could not install ${missing[*]}: see apt's message above" >&2; return 1; }
}

# build TARGET ...: make them, showing progress on standard error; silent when there is nothing to do.
build() {
	make --no-print-directory -C "$(dirname "${BASH_SOURCE[0]}")/.." -j "$(nproc)" "$@" 2>&1 |
		grep --line-buffered -v '^make: Nothing to be done' | {
			if IFS= read -r line; then
				printf '9guest: building\n%s\n' "$line"
				cat
			fi
		} >&2
	return "${PIPESTATUS[0]}"
}

BUILD_PACKAGES="gcc libc6-dev make cpio"
RUN_PACKAGES="libslirp0"		# the guest's default network; it does without
TEST_PACKAGES="libzydis-dev libcmocka-dev perl golang-go 9base clang qemu-user fdisk dosfstools mtools xorriso xxd netbase curl python3 iproute2 iputils-ping tshark bindfs user-mode-linux busybox-static traceroute python3-pyftpdlib drawterm-9front dnsmasq-base"
