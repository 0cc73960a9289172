/*
 * What the files of boot share.
 */

/* main.c */
void	setenv(char*, char*);
void	fail(char*) noreturn;
void	post(char*, int);
void	need(char*, int, char*);
int	hosts(void);

/* end.c */
void	listenend(char*);

/* local.c */
void	localroot(void);
