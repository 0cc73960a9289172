/*
 * init: what its files share.
 */

/* init.c */
void	setenv(char *name, char *val, int len);
char*	readfile(char *file, long *len);
char*	getvar(char *name);
int	server(char *arg0, ...);

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

void	posthostnet(void);

/* network.c */
void	network(void);
