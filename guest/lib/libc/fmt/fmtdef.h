/*
 * What the parts of fmt share.  Text goes out through the three emitters of
 * core.c, which count it, spill a full buffer and know whether it holds bytes
 * or runes; each returns 0, or -1 when a flush failed.  A full buffer without
 * a flush function drops what follows.
 */

/* core.c */
int	_fmtbytes(Fmt*, char*, int);		/* UTF-8, length in bytes */
int	_fmtrunes(Fmt*, Rune*, int);
int	_fmtfill(Fmt*, int, int);		/* how many, which ASCII character */
int	_fmtpadded(Fmt*, char*, int, int);	/* bytes, and the runes they hold */

/* verbs.c or kernelverbs.c: by ASCII verb */
extern Fmts _fmttab[128];

/* number.c */
int	_intfmt(Fmt*);
int	_percentfmt(Fmt*);

/* string.c */
int	_charfmt(Fmt*);
int	_runefmt(Fmt*);
int	_strfmt(Fmt*);
int	_runestrfmt(Fmt*);

/* float.c */
int	_floatfmt(Fmt*);
