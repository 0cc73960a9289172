/*
 * The guest kernel, its root archive and the one to start from when the root is elsewhere, page-aligned in the executable's
 * file, where image.c finds them.  The build says which files with EMBED_...; without them 9guest needs -k.
 */
	.section .rodata.embedded, "a", @progbits
	.globl	embedded_kernel, embedded_kernel_end, embedded_root, embedded_root_end, embedded_boot, embedded_boot_end
	.balign	4096
embedded_kernel:
#ifdef EMBED_KERNEL
	.incbin	EMBED_KERNEL
#endif
embedded_kernel_end:
	.balign	4096
embedded_root:
#ifdef EMBED_ROOT
	.incbin	EMBED_ROOT
#endif
embedded_root_end:
	.balign	4096
embedded_boot:
#ifdef EMBED_BOOT
	.incbin	EMBED_BOOT
#endif
embedded_boot_end:
	.balign	4096
	.byte	0
	.section .note.GNU-stack, "", @progbits
