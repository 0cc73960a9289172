/*
 * Reading cpio archives: cpio.c.
 */
typedef struct Cpio	Cpio;
typedef struct Cpioent	Cpioent;

struct Cpio
{
	uchar	*p;		/* the next byte to look at */
	uchar	*end;
	uchar	*base;		/* where this archive of several begins */
	int	narchive;	/* how many began until now */
	char	*err;		/* what is wrong, after -1 */
};

/* The strings and data are the archive's own. */
struct Cpioent
{
	char	*name;
	ulong	ino;
	ulong	dev[2];
	ulong	mode;		/* Unix's, with the type */
	ulong	nlink;
	ulong	mtime;
	ulong	size;
	uchar	*data;
};

enum
{
	CPIOTYPE	= 0170000,	/* in mode */
	CPIODIR		= 0040000,
	CPIOFILE	= 0100000,
};

void	cpioinit(Cpio*, uchar*, ulong);
int	cpionext(Cpio*, Cpioent*);	/* 1, 0 at the end, -1 */
