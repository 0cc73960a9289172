/*
 * Regular expressions: regexp(2) and (6).  A Reprog is one malloc'd block,
 * freed by free; its inside belongs to the library.
 */
typedef struct Resub Resub;
typedef struct Reprog Reprog;

struct Resub
{
	union {
		char	*sp;
		Rune	*rsp;
	};
	union {
		char	*ep;
		Rune	*rep;
	};
};

enum
{
	NSUBEXP	= 32,		/* subexpressions that are remembered, with the whole */
};

Reprog*	regcomp(char*);
Reprog*	regcomplit(char*);
Reprog*	regcompnl(char*);
void	regerror(char*);
int	regexec(Reprog*, char*, Resub*, int);
void	regsub(char*, char*, int, Resub*, int);
int	rregexec(Reprog*, Rune*, Resub*, int);
void	rregsub(Rune*, Rune*, int, Resub*, int);
