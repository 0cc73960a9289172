/*
 * What a terminal's keyboard says to the kernel itself, whatever programs do with the
 * console: ^T^T and a letter shows the state of the machine or ends it, and ^P halts a CPU
 * server.  consline.c shows each byte to conskey at interrupt.  What only looks is done
 * there and then, so that it works when processes do not; to halt takes sleeping, and is
 * a process's work.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"

enum {
	Escape	= 0x14,		/* ^T */
	Halt	= 0x10,		/* ^P */
};

static struct {
	int	nescape;	/* ^T typed in a row */
	int	off;		/* ctlpoff */
	int	halt;
	Rendez	r;		/* of the process that halts */
} keys;

static void
showprocs(void)
{
	Proc *p;
	int i;

	for(i = 0; (p = proctab(i)) != nil; i++)
		if(p->pid != 0 && p->text != nil)
			print("%4lud:%10s %10s pc %.8lux %8s (%s) ut %lud st %lud at %.8lux notes %d\n",
				p->pid, p->text, p->user, dbgpc(p), procstate(p), statename[p->state],
				TK2MS(p->time[TUser]), TK2MS(p->time[TSys]), (ulong)p->r, p->nnote);
}

static void
showqueue(void)
{
	Proc *p;
	int i;

	print("%d ready, load %lud\n", nrunnable(), m->load);
	for(i = 0; (p = proctab(i)) != nil; i++)
		if(p->pid != 0 && p->state == Ready)
			print("%4lud:%10s priority %d\n", p->pid, p->text, p->priority);
}

static void
showmemory(void)
{
	print("%lud of %lud pages free, %lud of %lud bytes of kernel malloc\n", pagesfree(), conf.upages, mallocused(), mallocmax());
}

static void
wanthalt(void)
{
	keys.halt = 1;
	wakeup(&keys.r);
}

static struct {
	char	key;
	void	(*f)(void);
	char	*what;
} escapes[] = {
	{ 'k',	killbig,	"kill the largest process" },
	{ 'p',	showprocs,	"processes" },
	{ 'q',	showqueue,	"who is ready to run" },
	{ 'r',	wanthalt,	"leave" },
	{ 'x',	showmemory,	"memory" },
};

static int
escape(int c)
{
	int i;

	if(c == '?'){
		for(i = 0; i < nelem(escapes); i++)
			print("^T^T%c %s\n", escapes[i].key, escapes[i].what);
		return 1;
	}
	for(i = 0; i < nelem(escapes); i++)
		if(escapes[i].key == c){
			print("\n");
			escapes[i].f();
			return 1;
		}
	return 0;
}

/*
 * A byte was typed.  0: it is for the programs; else it was for the kernel, and *before
 * bytes before it, too.
 */
int
conskey(int c, int *before)
{
	int n;

	if(c == Escape){
		if(keys.nescape < 2)
			keys.nescape++;
		return 0;
	}
	n = keys.nescape;
	keys.nescape = 0;
	*before = 0;
	if(n == 2 && escape(c)){
		*before = 2;
		return 1;
	}
	if(c == Halt && !keys.off && cpuserver){
		wanthalt();
		return 1;
	}
	return 0;
}

/* consctl's ctlpon and ctlpoff. */
void
conshaltkey(int on)
{
	keys.off = !on;
}

static int
halting(void *a)
{
	USED(a);
	return keys.halt;
}

static void
keyproc(void *a)
{
	USED(a);
	while(waserror())
		;
	sleep(&keys.r, halting, nil);
	conshalt("");
}

/* The devices are there: whoever sits at a terminal can halt the machine. */
void
conskeyinit(void)
{
	if(constty)
		kproc("conskeys", keyproc, nil);
}
