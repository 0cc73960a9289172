/*
 * A 9P server with one file that answers questions, as /net/cs and /net/dns are: a
 * write asks, and each read then gives one line of the answer.  Include 9p.h first.
 */
typedef struct Asker Asker;

enum
{
	Maxquestion	= 512,		/* bytes, with its NUL */
	Maxasked	= 64,		/* lines of an answer */
};

/* who has the file open: fid->aux */
struct Asker
{
	int	busy;			/* a process is at the answer */
	int	next;			/* line to be read */
	int	nline;
	char	*line[Maxasked];	/* malloc'd */
};

/*
 * Posts the file as /srv/name and mounts it in netroot.  Each question is given to the
 * function without the newlines at its end; it adds lines, and responds at once or has
 * a process of its own do so.  Another server of that name goes on for those who have
 * it mounted.  Dies if it cannot.
 */
void	askserver(char *name, char *netroot, void (*question)(Req*, Asker*, char*));
int	addline(Asker*, char *fmt, ...);	/* -1: no room */
/*
 * As fork: the new process shares memory, has the question, too, and not the server.
 * It ends by taking the server (srvacquire) and asked, which responds and lets go of it.
 */
int	asklater(Req*);
void noreturn	asked(Req*, char*);
/* the name in /srv of a service of that network: dns, dns_net.alt */
void	netservice(char *buf, char *e, char *name, char *netroot);
