/*
 * 9P2000 messages and stat entries: fcall(2).  convM2S leaves pointers into
 * the caller's buffer; convS2M copies.  Message layout: intro(5).
 */
#define VERSION9P	"9P2000"

enum
{
	MAXWELEM	= 16,		/* names in one walk */
	IOHDRSZ		= 24,		/* what a read or write adds to its data */
	STATFIXLEN	= 49,		/* a stat entry whose strings are empty */
};

#define NOTAG	((ushort)~0U)		/* Tversion's tag */
#define NOFID	((u32int)~0U)

typedef struct Fcall Fcall;

struct Fcall
{
	uchar	type;
	u32int	fid;
	ushort	tag;
	union {
		struct {
			u32int	msize;		/* Tversion, Rversion */
			char	*version;
		};
		struct {
			ushort	oldtag;		/* Tflush */
		};
		struct {
			char	*ename;		/* Rerror */
		};
		struct {
			Qid	qid;		/* Rattach, Ropen, Rcreate */
			u32int	iounit;		/* Ropen, Rcreate */
		};
		struct {
			Qid	aqid;		/* Rauth */
		};
		struct {
			u32int	afid;		/* Tauth, Tattach */
			char	*uname;
			char	*aname;
		};
		struct {
			u32int	perm;		/* Tcreate */
			char	*name;
			uchar	mode;		/* Tcreate, Topen */
		};
		struct {
			u32int	newfid;		/* Twalk */
			ushort	nwname;
			char	*wname[MAXWELEM];
		};
		struct {
			ushort	nwqid;		/* Rwalk */
			Qid	wqid[MAXWELEM];
		};
		struct {
			vlong	offset;		/* Tread, Twrite */
			u32int	count;		/* Tread, Twrite, Rread */
			char	*data;		/* Twrite, Rread */
		};
		struct {
			ushort	nstat;		/* Twstat, Rstat */
			uchar	*stat;
		};
	};
};

enum
{
	Tversion	= 100,
	Rversion,
	Tauth,
	Rauth,
	Tattach,
	Rattach,
	Terror,				/* illegal */
	Rerror,
	Tflush,
	Rflush,
	Twalk,
	Rwalk,
	Topen,
	Ropen,
	Tcreate,
	Rcreate,
	Tread,
	Rread,
	Twrite,
	Rwrite,
	Tclunk,
	Rclunk,
	Tremove,
	Rremove,
	Tstat,
	Rstat,
	Twstat,
	Rwstat,
	Tmax,
};

/* little endian, at any alignment */
#define GBIT8(p)	((p)[0])
#define GBIT16(p)	((p)[0]|((p)[1]<<8))
#define GBIT32(p)	((u32int)((p)[0]|((p)[1]<<8)|((p)[2]<<16)|((u32int)(p)[3]<<24)))
#define GBIT64(p)	((uvlong)GBIT32(p)|((uvlong)GBIT32((p)+4)<<32))
#define PBIT8(p, v)	((p)[0] = (uchar)(v))
#define PBIT16(p, v)	((p)[0] = (uchar)(v), (p)[1] = (uchar)((v)>>8))
#define PBIT32(p, v)	((p)[0] = (uchar)(v), (p)[1] = (uchar)((v)>>8), (p)[2] = (uchar)((v)>>16), (p)[3] = (uchar)((v)>>24))
#define PBIT64(p, v)	(PBIT32(p, (u32int)(v)), PBIT32((p)+4, (u32int)((uvlong)(v)>>32)))

#define BIT8SZ		1
#define BIT16SZ		2
#define BIT32SZ		4
#define BIT64SZ		8
#define QIDSZ		(BIT8SZ+BIT32SZ+BIT64SZ)

uint	convM2S(uchar*, uint, Fcall*);
uint	convS2M(Fcall*, uchar*, uint);
uint	sizeS2M(Fcall*);
int	statcheck(uchar*, uint);
uint	convM2D(uchar*, uint, Dir*, char*);
uint	convD2M(Dir*, uchar*, uint);
uint	sizeD2M(Dir*);

int	fcallfmt(Fmt*);
int	dirfmt(Fmt*);
int	dirmodefmt(Fmt*);

int	read9pmsg(int, void*, uint);
