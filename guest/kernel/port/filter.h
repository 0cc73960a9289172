/*
 * Devices that put something between a program and a channel: #a (TLS) and #D (SSL) look alike, a directory with clone and a
 * directory for each conversation, and filter.c is what they share.
 */
typedef struct Filter	Filter;
typedef struct Filterdev Filterdev;
typedef struct Filterfile Filterfile;

enum
{
	Maxfilter	= 512,		/* conversations of a device */

	/* a file is the low bits of qid.path; above them is the conversation's number */
	Ftop		= 0,
	Fdir,
	Fconv,
	Ffirst,				/* files[0] */
	Fshift		= 4,
};

#define FFILE(q)	((int)((ulong)(q).path & ((1<<Fshift)-1)) - Ffirst)	/* index in files; negative: a directory */
#define FNUM(q)		((ulong)(q).path >> Fshift)

struct Filterfile
{
	char	*name;
	ulong	perm;
	int	top;			/* beside clone, and not a conversation's */
	int	exclusive;		/* open once at a time */
};

/* What a conversation begins with.  It lives while a file of it is open. */
struct Filter
{
	int	num;
	int	ref;			/* files that are open; guarded by the device's lock */
	int	taken;			/* of the exclusive ones, by 1<<index; the same */
	char	*user;
	Chan	*c;			/* nil: no fd yet */
	int	depth;			/* of it, and one */
};

struct Filterdev
{
	char	*top;			/* #a */
	char	*name;			/* of the directory: tls */
	Filterfile *files;
	int	nfile;
	QLock	lk;			/* guards tab */
	Filter	*tab[Maxfilter];
};

Chan*	filterattach(Filterdev*, int, char*);
Walkqid* filterwalk(Chan*, Chan*, char**, int);
int	filterstat(Chan*, uchar*, int);
Chan*	filteropen(Chan*, int);			/* any file but clone */
Chan*	filterclone(Chan*, int, Filter*, int);	/* a new conversation, of which c becomes the file with that index */
int	filterclose(Chan*);			/* was it the last of its conversation? */
long	filterdirread(Chan*, void*, long);
Filter*	filterof(Chan*);			/* of an open file */
void	filterfd(Filter*, char*, char*);	/* the word that names the descriptor; what to say of such channels themselves */
long	filterread(Filter*, uchar*, long);	/* from the channel; 0 is its end */
long	filterwrite(Filter*, uchar*, long);	/* to the channel */
int	filterunsent(Filter*, long);		/* that failed: has nothing gone, because of a note? */
void	filterfree(Filter*);
long	filterctl(Filter*, void*, long, void (*)(Filter*, Cmdbuf*));
