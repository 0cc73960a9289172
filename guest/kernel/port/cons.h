/*
 * The console between its three parts: print.c and devcons.c above, the line
 * discipline of consline.c in the middle, and the port's driver (uart.c)
 * below.
 */

enum {
	Linemax		= 4096,		/* bytes of a line being edited */
};

/* consline.c: called by the driver */
extern int	constty;	/* a terminal: echo and edit; else bytes pass through */
int	consinput(uchar*, int);		/* at interrupt: bytes that were typed; how many were taken */
void	consinputend(void);		/* there will be no more */
int	consinputfull(void);		/* nobody reads: keep the rest for later */

/* consline.c: called by devcons.c */
void	conslineinit(void);
long	consread(void*, long);
void	consraw(int);
void	conshold(int);

/* conskeys.c */
void	conskeyinit(void);
void	conshaltkey(int);
int	conskey(int, int*);

/* devcons.c */
void	conshalt(char*);
Proc*	conslistener(void);

/* print.c */
extern Queue	*kprintq;
void	kmesgadd(char*, int);
int	kmesgread(char*, int, ulong);

/* random.c */
long	randomread(void*, long);
void	genrandom(uchar*, int);

/* the port's console driver */
void	consoleinit(void);	/* find it and start; prints work before */
long	conswrite(int, void*, long);	/* 0 output, 1 error output: may wait, raises errors */
void	consprint(char*, int);	/* from anywhere, never waits */
void	consecho(char*, int);	/* the same, to the terminal */
void	consmore(void);		/* consinputfull is no longer true */
void	consdrain(void);	/* wait until all output is out */
void	crash(char*) noreturn;	/* the machine ends in disorder, with words */
