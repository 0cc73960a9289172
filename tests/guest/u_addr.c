/*
 * Addresses that lead nowhere, further than one at a time: where memory ends, in
 * the text, as stack pointer, in a note's frame, in many arguments at once, and
 * changed by another process during the call.  usage: u_addr [seconds [seed]]
 */
#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"
#include "mem.h"
#include "rawcall.h"
#include "load.h"

enum {
	Page	= 4096,
};

static char note[ERRMAX];
static int zero;

static int
keep(void *u, char *s)
{
	USED(u);
	strecpy(note, note+sizeof note, s);
	return 1;
}

/* The end of the heap, page aligned; memory below it is there, above not. */
static char*
edge(void)
{
	static char *end;
	char *p;

	if(end == nil){
		p = (char*)(((ulong)sbrk(0) + Page-1) & ~(Page-1));
		end = p + 2*Page;
		brk(end);
		memset(p, 0, 2*Page);
	}
	return end;
}

static struct {
	int	nr;
	char	*name;
	int	arg;		/* which one is the buffer */
	int	size;		/* bytes that the call must be able to use */
	int	write;		/* it is written */
	char	*text;		/* what it must hold, if read */
} bufs[] = {
	{ 2,	"bind",		0, 5,	0, "/dev" },
	{ 3,	"chdir",	0, 2,	0, "/" },
	{ 14,	"open",		0, 10,	0, "/dev/null" },
	{ 22,	"create",	0, 10,	0, "/dev/null" },
	{ 50,	"pread",	1, 100,	1 },
	{ 15,	"_read",	1, 100,	1 },
	{ 21,	"pipe",		0, 8,	1 },
	{ 23,	"fd2path",	1, 100,	1 },
	{ 37,	"semacquire",	0, 4,	1, "\1\0\0" },
	{ 38,	"semrelease",	0, 4,	1, "\1\0\0" },
	{ 52,	"tsemacquire",	0, 4,	1, "\1\0\0" },
	{ 39,	"seek",		0, 8,	1 },
	{ 41,	"errstr",	0, 100,	1 },
	{ 42,	"stat",		1, 100,	1 },
	{ 43,	"fstat",	1, 100,	1 },
	{ 53,	"nsec",		0, 8,	1 },
};

/* The rest of the arguments of bufs[i]. */
static void
fill(int i, ulong *a)
{
	memset(a, 0, 5*sizeof *a);
	switch(bufs[i].nr){
	case 2:
		a[1] = (ulong)"/n";
		break;
	case 22:
		a[1] = OREAD;
		a[2] = 0666;
		break;
	case 50: case 15:
		a[0] = zero;
		a[2] = 100;
		break;
	case 23: case 43:
		a[0] = zero;
		a[2] = 100;
		break;
	case 38:
		a[1] = 1;
		break;
	case 39:
		a[1] = zero;
		break;
	case 41:
		a[1] = 100;
		break;
	case 42:
		a[0] = (ulong)"/dev/null";
		a[2] = 100;
		break;
	}
}

static void
edges(void)
{
	ulong a[5];
	char *p;
	int i, bad, over;

	atnotify(keep, 1);
	bad = over = 0;
	for(i = 0; i < nelem(bufs); i++){
		fill(i, a);
		p = edge() - bufs[i].size;
		memset(p, 0, bufs[i].size);
		if(bufs[i].text != nil)
			memmove(p, bufs[i].text, bufs[i].size);
		a[bufs[i].arg] = (ulong)p;
		if(rawcall(bufs[i].nr, a) == -1){
			bad++;
			diag("%s at the last bytes: %r", bufs[i].name);
		}
		fill(i, a);
		p = edge() - bufs[i].size + (bufs[i].size%4 == 0? 4: 1);
		if(bufs[i].text != nil && !bufs[i].write)
			memset(p, 'x', edge() - p);
		else
			memset(p, 0, edge() - p);
		a[bufs[i].arg] = (ulong)p;
		note[0] = 0;
		if(rawcall(bufs[i].nr, a) != -1 || strncmp(note, "sys: bad address in syscall", 27) != 0){
			over++;
			diag("%s beyond the end: note '%s'", bufs[i].name, note);
		}
	}
	atnotify(keep, 0);
	same(bad, 0, "the last bytes of memory can be used by every call");
	same(over, 0, "a byte beyond is refused by every call, with a note");
}

/* A sum of all of the text. */
static ulong
textsum(void)
{
	extern char etext[];
	uchar *p;
	ulong sum;

	sum = 0;
	for(p = (uchar*)0x1000; p < (uchar*)etext; p++)
		sum = sum*31 + *p;
	return sum;
}

static void
intotext(void)
{
	static ulong where[] = { 0x1000, 0x1004, 0x1FFC, 0x2000 };
	ulong a[5], sum;
	int i, j, bad;

	sum = textsum();
	atnotify(keep, 1);
	bad = 0;
	for(i = 0; i < nelem(bufs); i++){
		if(!bufs[i].write)
			continue;
		for(j = 0; j < nelem(where); j++){
			fill(i, a);
			a[bufs[i].arg] = where[j];
			note[0] = 0;
			if(rawcall(bufs[i].nr, a) != -1 || strncmp(note, "sys: bad address in syscall", 27) != 0){
				bad++;
				diag("%s to %#lux: note '%s'", bufs[i].name, where[j], note);
			}
		}
	}
	atnotify(keep, 0);
	same(bad, 0, "no call writes to the text");
	ok(textsum() == sum, "the text is what it was");
}

/* Runs f(x) in a child, which is killed if it lasts longer than ms; how it ended. */
static char*
apart(void (*f)(ulong), ulong x, long ms)
{
	char *how;
	int pid;

	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFENVG|RFREND|RFNOTEG);
	if(pid == 0){
		dup(open("/dev/null", ORDWR), 1);
		dup(1, 2);
		alarm(2000);
		f(x);
		_exits("survived");
	}
	if(pid < 0)
		return "no process";
	how = endedby(ms);
	if(strcmp(how, "late") == 0){
		tell("/proc/%d/ctl", pid, "kill");
		ended();
		return "late";
	}
	return how;
}

static ulong stacks[] = {
	0, 4, 0xFFC, 0x1000, 0x40000000, 0x7FFFFFFC, 0xDEFFEFFC, 0xDFFFEFFC, 0xDFFFF000, 0xE0000000, 0xEFFFFFFC, 0xF0000000,
	0xF0100000, 0xFFC00000, 0xFFFFEFF0, 0xFFFFFFF8, 0xFFFFFFFC, 0xFFFFFFFF,
};

static void
callthere(ulong sp)
{
	__asm__ volatile("movl %0, %%esp; movl $17, %%eax; int $0x40; movl $8, %%eax; int $0x40; hlt" : : "r"(sp));
}

static void
faultthere(ulong sp)
{
	atnotify(keep, 1);
	__asm__ volatile("movl %0, %%esp; movl $1, 0" : : "r"(sp));
}

static void
pushthere(ulong sp)
{
	atnotify(keep, 1);
	__asm__ volatile("movl %0, %%esp; pushl $1; popl %%eax; jmp ." : : "r"(sp));
}

static int
keepcoming(void *u, char *s)
{
	keep(u, s);
	alarm(1);		/* this one came before the stack was moved */
	return 1;
}

static void
alarmthere(ulong sp)
{
	atnotify(keepcoming, 1);
	alarm(1);
	__asm__ volatile("movl %0, %%esp; jmp ." : : "r"(sp));
}

static void
handlerat(ulong pc)
{
	notify((void(*)(void*, char*))pc);
	*(int*)0 = 1;
}

static void
jumpto(ulong pc)
{
	((void(*)(void))pc)();
}

/* where a program can well have its stack */
static int
isstack(ulong a)
{
	return a >= 0xDEFFF000 && a < 0xDFFFF000;
}

static void
strangeplaces(void)
{
	static struct { void (*f)(ulong); char *name; } what[] = {
		{ callthere,	"system calls with the stack anywhere" },
		{ faultthere,	"faults with the stack anywhere" },
		{ pushthere,	"a push anywhere" },
		{ alarmthere,	"an alarm with the stack anywhere" },
		{ handlerat,	"note handlers anywhere" },
		{ jumpto,	"jumps anywhere" },
	};
	int i, j, bad;
	char *how;

	for(i = 0; i < nelem(what); i++){
		bad = 0;
		for(j = 0; j < nelem(stacks); j++){
			if(what[i].f != callthere && what[i].f != handlerat && isstack(stacks[j]))
				continue;
			how = apart(what[i].f, stacks[j], Patience);
			if(strcmp(how, "survived") == 0 || strcmp(how, "late") == 0){
				bad++;
				diag("%#lux: %s", stacks[j], how);
			}
		}
		same(bad, 0, what[i].name);
	}
}

static ulong
flags(void)
{
	ulong f;

	__asm__ volatile("pushfl; popl %0" : "=r"(f));
	return f;
}

static int nframe;

/* Changes words of the frame, then says how to go on. */
static void
scribbler(void *v, char *s)
{
	ulong *u;
	int i, n;

	USED(s);
	u = v;
	if(++nframe > 20)
		_exits("enough");
	n = rnd(3);
	for(i = 0; i <= n; i++)
		u[rnd(sizeof(Ureg)/sizeof(ulong))] = rnd(3) == 0? rnd(0xFFFFFFFF): 1<<rnd(32);
	noted(rnd(8) == 0? rnd(6): NCONT);
}

static void
scribble(ulong x)
{
	seed = x|1;
	notify(scribbler);
	for(;;){
		if(flags() & 0x27000)		/* privilege level, nested task, virtual 8086 */
			_exits("flags");
		*(int*)0 = 1;
	}
}

static void
allofit(ulong x)
{
	ulong a[5];
	int i, nr;

	seed = x|1;
	insist(50);
	atnotify(keep, 1);
	for(;;){
		do
			nr = rnd(56);
		while(nr == 8 || nr == 19 || nr == 29);	/* exits, rfork, noted */
		for(i = 0; i < 5; i++)
			switch(rnd(6)){
			case 0:	a[i] = stacks[rnd(nelem(stacks))]; break;
			case 1:	a[i] = rnd(16); break;
			case 2:	a[i] = (ulong)edge() - rnd(2*Page); break;
			case 3:	a[i] = (ulong)"/dev/null"; break;
			case 4: a[i] = rnd(0xFFFFFFFF); break;
			case 5: a[i] = (ulong)&a[rnd(5)]; break;
			}
		if(nr == 7 && rnd(4))
			a[0] = (ulong)"/bin/echo";
		if(nr == 17 || nr == 6)
			a[0] = rnd(3);
		alarm(50);
		rawcall(nr, a);
		if(rnd(30) == 0)
			_exits("enough");
	}
}

/* A name, a vector and a count that another process changes all the time. */
static struct {
	char	name[100];
	char	*argv[4];
	long	n;
	uchar	dir[100];
} shared;

static void
changing(ulong x)
{
	static char *names[] = { "/dev/null", "/bin/echo", "/bin", "/bin/../bin/./echo", "/////", "/dev/pid" };
	uchar buf[200];
	vlong end;
	int pid;

	seed = x|1;
	pid = rfork(RFPROC|RFMEM|RFNOWAIT);
	if(pid == 0){
		for(end = msec() + 300; msec() < end; ){
			switch(rnd(6)){
			case 0: strcpy(shared.name, names[rnd(nelem(names))]); break;
			case 1: shared.name[rnd(90)] = rnd(3)? '/': rnd(256); break;
			case 2: memset(shared.name, 'a', sizeof shared.name - 1); break;
			case 3: shared.argv[rnd(3)] = rnd(2)? shared.name: rnd(2)? nil: (char*)rnd(0xFFFFFFFF); break;
			case 4: shared.dir[rnd(100)] = rnd(256); break;
			case 5: shared.n = rnd(3)? rnd(200): rnd(0xFFFFFFFF); break;
			}
			if(rnd(20) == 0)
				sleep(0);
		}
		_exits(nil);
	}
	atnotify(keep, 1);
	for(end = msec() + 300; msec() < end; ){
		alarm(20);
		switch(rnd(6)){
		case 0: close(open(shared.name, OREAD)); break;
		case 1: stat(shared.name, buf, sizeof buf); break;
		case 2: wstat(shared.name, shared.dir, sizeof shared.dir); break;
		case 3: bind(shared.name, "/n", MREPL); break;
		case 4:
			if(rfork(RFPROC|RFFDG|RFNOWAIT) == 0){
				close(1);
				open("/dev/null", OWRITE);
				exec(shared.name, shared.argv);
				_exits(nil);
			}
			break;
		case 5: chdir(shared.name); break;
		}
	}
	_exits("enough");
}

/* f with random seeds until the time is over. */
static void
many(void (*f)(ulong), long seconds, char *name)
{
	vlong end;
	char *how;
	int n;

	n = 0;
	end = msec() + 1000*seconds;
	do{
		how = apart(f, rnd(0xFFFFFFFF), 2000);
		if(strcmp(how, "flags") == 0)
			ok(0, "registers of a note stay a user's");
		n++;
	}while(msec() < end);
	ok(n > 0, "%s, %d times", name, n);
}

void
main(int argc, char **argv)
{
	Inuse b;
	long s;
	int i;

	s = arguments(argc, argv, 1);
	rfork(RFNAMEG);
	zero = open("/dev/zero", OREAD);
	apart(scribble, 1, 2000);
	b = before();
	edges();
	/* the calls have left files open, and what others write to a pipe that nobody reads would count as in use */
	for(i = zero+1; i < 30; i++)
		close(i);
	intotext();
	strangeplaces();
	many(scribble, s, "random registers in a note");
	many(allofit, s, "random arguments, all at once");
	many(changing, s, "arguments that change during the call");
	alive("strange addresses");
	after(b, "strange addresses");
	done();
}
