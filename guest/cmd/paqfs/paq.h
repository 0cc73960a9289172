/*
 * What the files of paqfs share.
 *
 * A paq, as mkpaqfs(8) makes it, is a file system for reading in blocks that are compressed one by one.  All numbers are
 * big-endian; places are bytes from its header.
 *
 *	header	44	magic[4] version[2] blocksize[2] time[4] label[32]
 *		or, where the size needs more than 16 bits, magic[2] version[2] blocksize[4] time[4] label[32]
 *	block	12	magic[4] size[2] type[1] encoding[1] sum[4], or magic[2] size[4] ..., then size bytes
 *	trailer	28	magic[4] root[4] sha1[20]
 *
 * Root is a directory block with one entry, the root's.  An entry has the place of a pointer block, which has those of the
 * blocks with its contents: data of a file, entries of a directory.
 *
 *	entry	28...	size[2] qid[4] mode[4] mtime[4] length[4] place[4], then name, user, group: size[2], which
 *		counts these two, and the text
 */

typedef struct Paq Paq;

enum
{
	Headerlen	= 44,
	Blocklen	= 12,
	Trailerlen	= 28,
	Entrylen	= 28,		/* with empty strings */

	Headermagic	= 0x529AB12B,
	Bigheadermagic	= 0x25A9,
	Blockmagic	= 0x198A1CBF,
	Bigblockmagic	= 0x91A8,
	Trailermagic	= 0x6B46E688,
	Version		= 1,

	Minblock	= 512,
	Maxblock	= 512*1024,

	/* types of blocks */
	Tdir		= 0,
	Tdata,
	Tpointer,

	/* encodings */
	Enone		= 0,
	Edeflate,

	Ncache		= 16,		/* blocks that are kept */
};

struct Paq
{
	int	fd;
	vlong	start;			/* of the header in the file */
	vlong	size;			/* bytes from there that may belong to it */
	ulong	bsize;			/* bytes of a block's contents */
	ulong	root;
	struct {
		uchar	*data;
		ulong	place;		/* 0: none */
		ulong	used;		/* when */
		int	type;
	} cache[Ncache];
	ulong	now;
	uchar	*packed;		/* room for a block as it is in the file */
};

/* inflate.c */
long	inflate(uchar*, long, uchar*, long);	/* to, room, from, bytes: bytes, or -1 */

/* find.c */
ulong	get16(uchar*);
ulong	get32(uchar*);
int	blockheader(uchar*, ulong*);		/* its size; 0: there is none */
int	findpaq(Paq*);				/* -1 and the error string */

/* block.c */
uchar*	readblock(Paq*, ulong, int);		/* until the next call; nil and the error string */
long	readcontents(Paq*, ulong, uvlong, uchar*, long);	/* pointer block, offset; -1 */
