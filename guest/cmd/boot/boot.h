/*
 * What the files of boot share.
 */

typedef struct Server Server;

/* main.c */
void	setenv(char*, char*);
char*	value(char*);
void	rootnames(int);
void	session(void);
void	fail(char*) noreturn;
void	post(char*, int);
void	need(char*, char*);
int	hosts(void);
void	treeinit(void) noreturn;

/* end.c */
void	listenend(char*);

/* local.c */
void	localroot(void);

/* server.c */
Server*	findserver(char*);
int	isroot(Server*);
int	serve(char*, Server*);
