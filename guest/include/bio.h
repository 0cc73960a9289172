/*
 * Buffered input and output: bio(2).  A Biobuf holds its own buffer and must
 * not be moved; a Biobufhdr borrows one.  Link with libbio, which is part of
 * the one guest library.
 */
typedef struct Biobufhdr Biobufhdr;
typedef struct Biobuf Biobuf;

enum
{
	Bsize		= 8*1024,
	Bungetsize	= UTFmax+1,	/* room for what Bungetc gives back */
	Bmagic		= 0x314159,
	Beof		= -1,
	Bbad		= -2,

	Binactive	= 0,		/* states */
	Bractive,
	Bwactive,
	Bracteof,
	Bend,
};

struct Biobufhdr
{
	int	icount;		/* reading: minus the bytes that wait before ebuf */
	int	ocount;		/* writing: minus the room before ebuf */
	int	rdline;		/* length of the last Brdline */
	int	runesize;	/* of the last Bgetrune */
	int	state;
	int	fid;
	int	flag;		/* Bmagic: opened here, closed by Bterm */
	vlong	offset;		/* of the buffer's end in the file */
	int	bsize;
	uchar	*bbuf;		/* the buffer, after Bungetsize bytes */
	uchar	*ebuf;		/* its end */
	uchar	*gbuf;		/* where the good data begin */
	void	(*errorf)(char*);
	int	(*iof)(Biobufhdr*, void*, long);
	void	*aux;
};

struct Biobuf
{
	Biobufhdr;
	uchar	b[Bungetsize+Bsize];
};

#define BGETC(bp) ((bp)->icount ? (bp)->ebuf[(bp)->icount++] : Bgetc(bp))
#define BPUTC(bp, c) ((bp)->ocount ? (bp)->ebuf[(bp)->ocount++] = (c), 0 : Bputc((bp), (c)))
#define BOFFSET(bp) Boffset(bp)
#define BLINELEN(bp) ((bp)->rdline)
#define BFILDES(bp) ((bp)->fid)

int	Bbuffered(Biobufhdr*);
int	Bfildes(Biobufhdr*);
int	Bflush(Biobufhdr*);
int	Bgetc(Biobufhdr*);
int	Bgetd(Biobufhdr*, double*);
long	Bgetrune(Biobufhdr*);
int	Binit(Biobuf*, int, int);
int	Binits(Biobufhdr*, int, int, uchar*, int);
int	Blinelen(Biobufhdr*);
vlong	Boffset(Biobufhdr*);
Biobuf*	Bopen(char*, int);
Biobuf*	Bfdopen(int, int);
int	Bprint(Biobufhdr*, char*, ...);
int	Bvprint(Biobufhdr*, char*, va_list);
int	Bputc(Biobufhdr*, int);
int	Bputrune(Biobufhdr*, long);
void*	Brdline(Biobufhdr*, int);
char*	Brdstr(Biobufhdr*, int, int);
long	Bread(Biobufhdr*, void*, long);
vlong	Bseek(Biobufhdr*, vlong, int);
int	Bterm(Biobufhdr*);
int	Bungetc(Biobufhdr*);
int	Bungetrune(Biobufhdr*);
long	Bwrite(Biobufhdr*, void*, long);
void	Blethal(Biobufhdr*, void (*)(char*));
void	Biofn(Biobufhdr*, int (*)(Biobufhdr*, void*, long));
