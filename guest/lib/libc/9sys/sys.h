/* System calls whose C interface is made in this directory, and start-up's words. */
int	brk_(void*);
int	_seek(vlong*, int, vlong, int);
int	_nsec(vlong*);

extern void	**_privates;	/* words private to each process */
extern int	_nprivates;
