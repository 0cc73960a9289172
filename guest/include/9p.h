/*
 * Writing 9P servers: 9p(2) and 9pfile(2).  A Srv names the functions that
 * answer requests; each ends by respond, at once or later.  A Tree keeps the
 * hierarchy for servers whose files are in memory: then walk, stat, reading
 * directories and permissions need no code of the server's.  One process
 * serves; a handler that has to wait can leave that to another (rfork with RFMEM),
 * which must have the server by srvacquire when it responds.  Include fcall.h
 * first.
 */
typedef struct Fid Fid;
typedef struct File File;
typedef struct Readdir Readdir;
typedef struct Req Req;
typedef struct Srv Srv;
typedef struct Tree Tree;

enum
{
	Maxmsize	= 64*1024 + IOHDRSZ,	/* messages a server takes */
};

struct Fid
{
	ulong	fid;
	int	omode;			/* of open; -1 before */
	File	*file;			/* with a Tree */
	char	*uid;			/* who attached */
	Qid	qid;
	void	*aux;			/* the server's */

	/* the library's */
	Srv	*srv;
	Readdir	*rdir;
	vlong	diroffset;		/* where the next directory read must be */
	int	dirindex;		/* dirread9p's place */
	long	ref;
	Fid	*next;			/* in its hash chain */
};

struct Req
{
	ulong	tag;
	Fcall	ifcall;			/* the request */
	Fcall	ofcall;			/* the answer: handlers fill in what it needs */
	Dir	d;			/* for stat, with malloc'd strings; wstat's wishes */
	Fid	*fid;
	Fid	*afid;
	Fid	*newfid;		/* of walk */
	Req	*oldreq;		/* of flush */
	void	*aux;			/* the server's */
	Srv	*srv;

	/* the library's */
	uchar	*buf;			/* holds ifcall's strings and data */
	uchar	*rbuf;			/* room for an answer's data */
	int	responded;
	Req	**flush;		/* flushes that wait for this */
	int	nflush;
	Req	*next;			/* in its hash chain */
};

struct Srv
{
	Tree	*tree;

	/* nil: the library's answer, or an error where it has none */
	void	(*attach)(Req*);
	void	(*auth)(Req*);
	void	(*open)(Req*);
	void	(*create)(Req*);
	void	(*read)(Req*);
	void	(*write)(Req*);
	void	(*remove)(Req*);
	void	(*flush)(Req*);
	void	(*stat)(Req*);
	void	(*wstat)(Req*);
	void	(*walk)(Req*);
	char*	(*clone)(Fid*, Fid*);
	char*	(*walk1)(Fid*, char*, Qid*);
	void	(*start)(Srv*);
	void	(*end)(Srv*);
	void	(*destroyfid)(Fid*);
	void	(*destroyreq)(Req*);

	void	*aux;
	int	infd;
	int	outfd;
	int	srvfd;			/* the clients' end, after postsrv */
	int	nopipe;			/* infd and outfd are set already */
	uint	msize;			/* 0: Maxmsize */

	/* the library's */
	QLock	lock;			/* held while a request is handled */
	Fid	*fids[64];
	Req	*reqs[64];
	uchar	*wbuf;			/* for answers */
};

void	srv(Srv*);
int	postfd(char*, int);
int	postsrv(Srv*, char*);
void	postmountsrv(Srv*, char*, char*, int);
void	runsrv(Srv*, int, char*, char*, int);
void	srvacquire(Srv*);
void	srvrelease(Srv*);
void	respond(Req*, char*);
void	responderror(Req*);
void	readbuf(Req*, void*, long);
void	readstr(Req*, char*);
int	putdir9p(Req*, Dir*);
void	dirread9p(Req*, int (*)(int, Dir*, void*), void*);
void	walkandclone(Req*, char* (*)(Fid*, char*, void*), char* (*)(Fid*, Fid*, void*), void*);
extern int chatty9p;			/* prints all messages on the standard error */

/*
 * A file of a Tree.  Its Dir may be changed by the server, its strings are
 * malloc'd.  It lives until it is removed and the last Fid lets it go.
 */
struct File
{
	Dir;
	long	ref;
	File	*parent;
	void	*aux;			/* the server's */
	Tree	*tree;

	/* the library's */
	File	*first;			/* in a directory, oldest first */
	File	*last;
	File	*next;			/* among its siblings */
	File	*prev;
	File	*hash;			/* in the tree's table */
	ulong	seq;			/* orders siblings */
	ulong	removals;		/* among its children */
	int	nchild;
	int	removed;
};

struct Tree
{
	File	*root;
	void	(*destroy)(File*);	/* frees aux */
	uvlong	qidgen;
	ulong	seqgen;
	File	*hash[1024];
};

Tree*	alloctree(char*, char*, ulong, void (*)(File*));
void	freetree(Tree*);
File*	createfile(File*, char*, char*, ulong, void*);
int	removefile(File*);
File*	walkfile(File*, char*);
void	closefile(File*);
void	incref(long*);
int	hasperm(File*, char*, int);
char*	wstatfile(Req*);
Readdir*	opendirfile(File*);
long	readdirfile(Readdir*, uchar*, long);
void	closedirfile(Readdir*);
