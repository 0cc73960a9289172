# Sourced by bench/net/run: Linux in QEMU's emulator, with QEMU's user network (libslirp, as with -n user), runs the benchmark.
# It wants qemu-system-x86, busybox-static and the kernel of linux-image-cloud-amd64, installed or unpacked in $QEMU_LINUX
# (apt-get download linux-image-cloud-amd64's dependency linux-image-VERSION, dpkg -x it DIR, QEMU_LINUX=DIR bench/net/run).

qemu_kernel() { ls "${QEMU_LINUX:-}"/boot/vmlinuz-*-cloud-amd64 2>/dev/null | tail -1; }

# What is missing, if anything is.
qemu_missing() {
	command -v qemu-system-x86_64 >/dev/null || echo -n ' qemu-system-x86'
	command -v busybox >/dev/null || echo -n ' busybox-static'
	[ -n "$(qemu_kernel)" ] || echo -n ' linux-image-cloud-amd64 (or QEMU_LINUX=DIR, where that is unpacked)'
}

# qemu_image DIR PROGRAM ...: DIR/initrd, with these programs in /bin; it runs the command that the kernel's bench= gives, and ends
qemu_image() {
	local root=$1/root modules version
	version=$(qemu_kernel)
	modules=${QEMU_LINUX:-}/lib/modules/${version#*/vmlinuz-}/kernel
	mkdir -p "$root"/{bin,dev,proc}
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "${@:2}" "$root/bin"
	cp "$modules"/drivers/virtio/virtio{,_ring,_pci_modern_dev,_pci_legacy_dev,_pci}.ko "$modules"/net/core/failover.ko \
		"$modules"/drivers/net/{net_failover,virtio_net}.ko "$root"
	cat >"$root/init" <<'SH'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t devtmpfs dev /dev
for m in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover net_failover virtio_net; do insmod /$m.ko; done
ip link set lo up; ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
echo "result: $($(echo $bench | tr , ' '))"
reboot -f
SH
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$1/initrd"
}

# qemu_run DIR PROGRAM ARGUMENT ...: what it says
qemu_run() {
	local dir=$1
	shift
	qemu-system-x86_64 -accel tcg -m 256M -nodefaults -display none -no-reboot -serial stdio -nic user,model=virtio-net-pci \
		-kernel "$(qemu_kernel)" -initrd "$dir/initrd" -append "console=ttyS0 quiet panic=-1 bench=$(tr ' ' , <<<"$*")" </dev/null |
		tr -d '\r' | sed -n 's/^result: //p'
}
