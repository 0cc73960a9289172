/*
 * ndb/query: what the network database says.  Without further attributes whole
 * entries are printed, a line each; otherwise the value of each attribute, of the
 * first entry or, with -a, of all.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <ndb.h>

static int	all;
static Biobuf	bout;

static void
usage(void)
{
	fprint(2, "usage: ndb/query [-a] [-f database] attr value [rattr ...]\n");
	exits("usage");
}

static void
tuple(Ndbtuple *t)
{
	Bprint(&bout, strpbrk(t->val, " \t") != nil ? "%s=\"%s\"" : "%s=%s", t->attr, t->val);
}

static void
entry(Ndbtuple *e)
{
	Ndbtuple *t;

	for(t = e; t != nil; t = t->entry){
		tuple(t);
		Bputc(&bout, t->entry != nil ? ' ' : '\n');
	}
}

void
main(int argc, char **argv)
{
	Ndbtuple *e, *t;
	char *file;
	Ndbs s;
	Ndb *db;
	int i, found;

	file = nil;
	ARGBEGIN{
	case 'a':
		all = 1;
		break;
	case 'f':
		file = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc < 2)
		usage();
	db = ndbopen(file);
	if(db == nil)
		sysfatal("%s: %r", file != nil ? file : "/lib/ndb/local");
	Binit(&bout, 1, OWRITE);
	found = 0;
	for(e = ndbsearch(db, &s, argv[0], argv[1]); e != nil; e = ndbsnext(&s, argv[0], argv[1])){
		if(argc == 2){
			entry(e);
			found = 1;
		}
		for(i = 2; i < argc; i++){
			t = ndbfindattr(e, s.t, argv[i]);
			if(t != nil){
				Bprint(&bout, "%s\n", t->val);
				found = 1;
			}
		}
		ndbfree(e);
		if(found && !all && argc > 2)
			break;
	}
	Bterm(&bout);
	exits(found ? nil : "not found");
}
