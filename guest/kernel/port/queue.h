/*
 * Queues from inside, for queue.c, qread.c and qwrite.c alone.
 *
 * Before changing anything: nobody sleeps or touches user memory with the
 * queue's lock held.  Processes that wait stand in a line (one for readers,
 * one for writers), each with a Waiter on its own stack; who makes the
 * condition true calls the first, and who is called and leaves passes the call
 * on.  So a wait can be interrupted at any moment, and one event wakes one
 * process.  A record that a reader takes only in part stays in the queue and
 * is counted (Block.ref) as long as it is copied out of.
 */
typedef struct Line Line;
typedef struct Waiter Waiter;

enum {
	/* Block.flag, of a Block in a queue: the next one is of the same record.  Only in those with Qmsg: qpassrecord */
	Bmore	= 1<<7,
};

struct Line {
	Waiter	*first;
	Waiter	*last;
};

struct Queue {
	Lock;				/* guards everything below */
	Block	*first;
	Block	*last;
	int	len;			/* bytes of data */
	int	size;			/* bytes of memory that hold them */
	int	limit;			/* of size: at or above it writers wait */
	int	mode;			/* Qmsg... */
	int	closed;
	int	neof;			/* reads of the end */
	void	(*kick)(void*);
	void	*arg;			/* for kick */
	Line	readers;
	Line	writers;
	char	err[ERRMAX];		/* why it was closed */
};

/* queue.c; the queue is locked */
void	linecall(Line*);			/* the first who waits */
void	linewait(Queue*, Line*, int (*)(Queue*));	/* until it is so; if the wait is interrupted the error is raised with the queue unlocked */
