/*
 * ramfs: what its files share.  tree.c keeps the files, serve.c speaks 9P and
 * calls it; a function of tree.c that fails returns the error for Rerror.
 */

typedef struct File File;

struct File
{
	File	*parent;	/* nil: removed, or the root */
	File	*kids;		/* of a directory, in the order of seq */
	File	*lastkid;
	File	*next;
	File	*prev;
	File	*hash;		/* in the table of (parent, name) */
	int	ref;		/* fids, and 1 while it is in the tree */
	uvlong	seq;		/* qid.path; grows, so that directory reads can go on */
	ulong	vers;
	ulong	perm;		/* with DMDIR and so on */
	ulong	atime;
	ulong	mtime;
	char	*name;
	char	*uid;
	char	*gid;
	char	*muid;
	uvlong	len;
	uchar	**block;	/* Blocksize bytes each, nil: zeros; the first may be shorter */
	ulong	nblock;
	ulong	first;		/* bytes of block[0] */
	int	open;		/* fids that hold it open: for DMEXCL */
};

enum
{
	Blocksize	= 32*1024,
	Memmax		= 0x60000000,
};

extern File	*root;
extern uvlong	limit;		/* bytes of data in all */

void	inittree(char *user);
char*	dupname(char*);
File*	lookup(File *dir, char *name);
char*	addfile(File *dir, char *name, ulong perm, char *user, File **result);
char*	removefile(File*);
char*	renamefile(File*, char*);
void	dropfile(File*);
long	readfile(File*, uchar*, long, uvlong);
char*	writefile(File*, uchar*, long, uvlong);
char*	setlength(File*, uvlong);
char*	setstring(char**, char*);

void	serve(int fd, int outfd, int debug);

extern char	Eexist[], Efull[], Enotempty[], Eperm[];
