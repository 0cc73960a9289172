/*
 * What the files of boot share.
 */

typedef struct Server Server;

enum
{
	Maxpart	= 512,		/* partitions that are looked at */
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
void	need(char*, char*);
char*	readtext(char*, char*, int);
int	hosts(void);
void	treeinit(void) noreturn;

/* auth.c */
void	factotum(void);

/* end.c */
void	listenend(char*);

/* ini.c */
int	readini(char*);

/* local.c */
void	localroot(void);
int	partitions(char**, int);

/* server.c */
Server*	findserver(char*);
int	isroot(Server*);
int	isours(Server*);
int	serve(char*, Server*);

/* unit.c */
char*	unitname(char*);
void	showunit(char*, char*);
