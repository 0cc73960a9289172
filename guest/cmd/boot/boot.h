/*
 * What the files of boot share.
 */

typedef struct Mark Mark;
typedef struct Server Server;

enum
{
	Maxpart		= 512,		/* partitions that are looked at */

	/* how a program is started */
	Plain		= 0,
	Piped,
	Waited,
};

/* bytes by which a file system is known */
struct Mark
{
	vlong	at;
	char	*bytes;
	int	n;
};

struct Server
{
	char	*parts[4];		/* names of its partitions, less .1 and the like */
	char	*files[3];		/* where the program is */
	char	*args[8];		/* %s is the partition's file */
	char	*srv;			/* what it posts in #s; nil: it speaks on its standard input */
	int	root;			/* is such a partition offered as a root? */
	Mark	marks[2];		/* all are there; none: it has none that we know */
	char	*sign;			/* what its program has in it; nil: we know of nothing */
	int	venti;			/* does it keep blocks in a venti? */
};

/* main.c */
void	setenv(char*, char*);
char*	value(char*);
int	told(char*);
void	setowner(char*);
void	config(char*);
void	rootnames(int);
void	session(void);
void	fail(char*) noreturn;
void	post(char*, int);
char*	stranger(char*);
void	need(char*, char*);
char*	readtext(char*, char*, int);
long	entries(char*, Dir**);
int	hosts(void);
void	treeinit(void) noreturn;

/* auth.c */
void	factotum(void);

/* carve.c */
char*	carve(char*, char*, char*);

/* end.c */
void	listenend(char*);

/* ini.c */
int	mount9fat(char*, char*);
int	readini(char*);

/* local.c */
void	localroot(void);
int	partitions(char**, int);

/* prog.c */
char*	findprog(char*, Server*);
void	leaveprog(char*);
void	noprog(char*, Server*) noreturn;

/* server.c */
Server*	findserver(char*);
int	isroot(Server*);
int	isours(Server*);
int	serve(char*, Server*);
int	start(char*, char**, int, char*, char*);
void	waitsome(int, int);
char*	lastname(char*);

/* venti.c */
void	venti(char*);

/* unit.c */
char*	unitname(char*);
void	showunit(char*, char*);
