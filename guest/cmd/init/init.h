/*
 * init: what its files share.
 */

/* init.c */
void	setenv(char *name, char *val, int len);
char*	readfile(char *file, long *len);

/* exec.c */
int	hostprogram(void);
void	hoststarted(int pid);
void	hostexec(void);

/* ns.c */
void	newns(char *file);

/* shares.c */
int	nshares(void);
void	mountshares(void);
int	mountshare(char *name, char *dir);

/* loopback.c */
void	loopback(void);
void	posthostnet(void);
