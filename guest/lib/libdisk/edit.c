/*
 * The commands that fdisk and prep have in common: one a line, words apart by
 * blanks.  A program adds its own through Edit.command.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <disk.h>

enum
{
	Maxwords	= 8,
};

static char	eof[] = "end of input";		/* told apart by its address */
static Biobuf	*in;

static char	common[] =
	"a name [start [end]]	add a partition; without numbers in the largest free range\n"
	"d name			delete one\n"
	". place			set dot, the place that . means in a number\n"
	"p			print the table\n"
	"P			print it as messages for a unit's ctl\n"
	"w			write the table\n"
	"q			quit\n"
	"h			print this\n"
	"Numbers are sectors; k, m, g and t make them bytes, % parts of the whole; $ is the end;\n"
	"they may be added, subtracted, multiplied and divided.\n";

static char*
add(Edit *e, int n, char **f)
{
	vlong start, end, lo;
	Part *p;
	char *err;

	if(n < 2 || n > 4)
		return "usage: a name [start [end]]";
	if(!largestgap(e, f[1], &start, &end) && n < 4)
		return "no free sectors";
	if(n >= 3){
		err = evalsize(e, f[2], &start);
		if(err != nil)
			return err;
		for(p = e->parts; p != nil && p->start <= start; p = p->next)
			;
		lo = e->lo;
		end = e->hi;
		if(e->bounds != nil)
			e->bounds(e, f[1], &lo, &end);
		if(p != nil && p->start < end)
			end = p->start;
	}
	if(n == 4){
		e->dot = start;
		err = evalsize(e, f[3], &end);
		if(err != nil)
			return err;
	}
	if(strlen(f[1]) >= Partname)
		return "a name has 1 to 27 bytes";
	p = newpart(f[1], start, end);
	err = addpart(e, p);
	if(err != nil)
		free(p);
	else
		e->dot = end;
	return err;
}

static char*
quit(Edit *e)
{
	if(e->changed && !e->warned){
		e->warned = 1;
		return "changes are not written; q again to quit without them";
	}
	exits(e->changed ? "unwritten" : nil);
	return nil;
}

char*
writeparts(Edit *e)
{
	char *err;

	if(e->disk->rdonly)
		return "opened for reading only";
	err = e->write(e);
	if(err != nil)
		return err;
	e->changed = 0;
	return updatectl(e);
}

static char*
words(Edit *e, int n, char **f)
{
	Part *p;

	if(strcmp(f[0], "q") != 0)
		e->warned = 0;
	if(f[0][0] != 0 && f[0][1] == 0)
		switch(f[0][0]){
		case 'a':
			return add(e, n, f);
		case 'd':
			p = n == 2 ? findpart(e, f[1]) : nil;
			if(n != 2)
				return "usage: d name";
			return p != nil ? delpart(e, p) : "no such partition";
		case '.':
			return n == 2 ? evalsize(e, f[1], &e->dot) : "usage: . place";
		case 'p':
			printparts(e);
			return nil;
		case 'P':
			printctl(e, 1);
			return nil;
		case 'w':
			return writeparts(e);
		case 'q':
			return quit(e);
		case 'h':
		case '?':
			print("%s%s", common, e->help != nil ? e->help : "");
			return nil;
		}
	if(e->command != nil)
		return e->command(e, n, f);
	return "unknown command; h lists them";
}

/* does what a line says; changes the line */
char*
editcmd(Edit *e, char *line)
{
	char *f[Maxwords];
	int n;

	n = tokenize(line, f, nelem(f));
	if(n == 0 || f[0][0] == '#')
		return nil;
	if(n == nelem(f))
		return "too many words";
	return words(e, n, f);
}

static char*
nextline(void)
{
	char *s;

	if(in == nil)
		in = Bfdopen(0, OREAD);
	s = Brdstr(in, '\n', 1);
	return s != nil ? s : eof;
}

/* commands from the standard input until its end; a failed one makes the status bad */
void
editloop(Edit *e)
{
	char *line, *err;
	int bad;

	bad = 0;
	for(;;){
		fprint(2, ">>> ");
		line = nextline();
		if(line == eof)
			break;
		err = editcmd(e, line);
		free(line);
		if(err != nil){
			fprint(2, "%s: %s\n", argv0, err);
			bad = 1;
		}
	}
	fprint(2, "\n");
	if(e->changed){
		fprint(2, "%s: changes are not written\n", argv0);
		exits("unwritten");
	}
	exits(bad ? "errors" : nil);
}
