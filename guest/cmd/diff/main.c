/*
 * diff [-acefmnbwr] file1 ... file2: files against files, or against those of
 * the same name in a directory, or directories against each other.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "diff.h"

int bflag, wflag, mode;
Biobuf out;

static int mflag, rflag;
static int differ, errors;
static char options[32];

static void diff(char*, char*, int);

static void
complain(char *name)
{
	Bflush(&out);
	fprint(2, "diff: %s: %r\n", name);
	errors = 1;
}

static int
isdir(char *name)
{
	Dir *d;
	int r;

	if(strcmp(name, "-") == 0)
		return 0;
	d = dirstat(name);
	if(d == nil){
		complain(name);
		return -1;
	}
	r = (d->mode & DMDIR) != 0;
	free(d);
	return r;
}

static char*
join(char *dir, char *name)
{
	char *s;

	s = smprint("%s%s%s", dir, dir[strlen(dir)-1] == '/' ? "" : "/", name);
	if(s == nil)
		sysfatal("out of memory");
	return s;
}

static int
readnamed(File *f, char *name)
{
	int fd, r;

	fd = strcmp(name, "-") == 0 ? dup(0, -1) : open(name, OREAD);
	if(fd < 0){
		complain(name);
		return -1;
	}
	r = readfile(f, fd, name);
	close(fd);
	if(r < 0)
		complain(name);
	return r;
}

static void
files(char *name1, char *name2, int header)
{
	File a, b;

	if(readnamed(&a, name1) < 0)
		return;
	if(readnamed(&b, name2) < 0){
		freefile(&a);
		return;
	}
	if(a.len == b.len && memcmp(a.text, b.text, a.len) == 0)
		goto Out;
	if(a.binary || b.binary){
		differ = 1;
		Bprint(&out, mflag ? "%s\n" : "binary files %s %s differ\n", name1, name2);
		goto Out;
	}
	classify(&a, &b);
	compare(&a, &b);
	if(memchr(a.changed, 1, a.nline) == nil && memchr(b.changed, 1, b.nline) == nil)
		goto Out;
	differ = 1;
	if(mflag){
		Bprint(&out, "%s\n", name1);
		goto Out;
	}
	if(header)
		Bprint(&out, "diff %s%s %s\n", options, name1, name2);
	output(&a, &b);
Out:
	freefile(&a);
	freefile(&b);
}

static int
byname(void *a, void *b)
{
	return strcmp(((Dir*)a)->name, ((Dir*)b)->name);
}

static long
readsorted(char *name, Dir **d)
{
	long n;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0){
		complain(name);
		return -1;
	}
	n = dirreadall(fd, d);
	close(fd);
	if(n < 0)
		complain(name);
	else
		qsort(*d, n, sizeof **d, byname);
	return n;
}

static void
only(char *dir, char *name)
{
	differ = 1;
	if(mode != 0 && mode != 'n' && mode != 'c')
		return;
	if(mflag)
		Bprint(&out, "%s/%s\n", dir, name);
	else
		Bprint(&out, "Only in %s: %s\n", dir, name);
}

static void
dirs(char *dir1, char *dir2)
{
	Dir *d1, *d2;
	char *name1, *name2;
	long n1, n2, i, j;
	int c;

	d1 = d2 = nil;
	n1 = readsorted(dir1, &d1);
	n2 = readsorted(dir2, &d2);
	for(i = j = 0; n1 >= 0 && n2 >= 0 && (i < n1 || j < n2); ){
		c = i == n1 ? 1 : j == n2 ? -1 : strcmp(d1[i].name, d2[j].name);
		if(c < 0)
			only(dir1, d1[i++].name);
		else if(c > 0)
			only(dir2, d2[j++].name);
		else{
			name1 = join(dir1, d1[i++].name);
			name2 = join(dir2, d2[j++].name);
			diff(name1, name2, 1);
			free(name1);
			free(name2);
		}
	}
	free(d1);
	free(d2);
}

/* below says that directories have led here */
static void
diff(char *name1, char *name2, int below)
{
	char *path, *base;
	int is1, is2;

	is1 = isdir(name1);
	is2 = isdir(name2);
	if(is1 < 0 || is2 < 0)
		return;
	if(is1 && is2){
		if(rflag || !below)
			dirs(name1, name2);
		else if(!mflag)
			Bprint(&out, "Common subdirectories: %s and %s\n", name1, name2);
		return;
	}
	if(is1 == is2){
		files(name1, name2, below);
		return;
	}
	if(below){
		differ = 1;
		Bprint(&out, "%s is a %s and %s is a %s\n", name1, is1 ? "directory" : "file", name2, is2 ? "directory" : "file");
		return;
	}
	base = is1 ? name2 : name1;
	base = strrchr(base, '/') != nil ? strrchr(base, '/')+1 : base;
	path = join(is1 ? name1 : name2, base);
	if(is1)
		files(path, name2, 0);
	else
		files(name1, path, 0);
	free(path);
}

static void
usage(void)
{
	fprint(2, "usage: diff [-abcefmnrw] file1 ... file2\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *p;
	int i;

	p = options;
	ARGBEGIN{
	case 'a':
	case 'c':
	case 'e':
	case 'f':
	case 'n':
		mode = ARGC();
		goto Note;
	case 'm':
		mflag = 1;
		goto Note;
	case 'b':
		bflag = 1;
		goto Note;
	case 'w':
		wflag = 1;
		goto Note;
	Note:		/* shown above each file of directories */
		if(p < options+sizeof options - 5)
			p = seprint(p, options+sizeof options, "-%c ", ARGC());
		break;
	case 'r':
		rflag = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc < 2)
		usage();
	Binit(&out, 1, OWRITE);
	if(argc > 2 && isdir(argv[argc-1]) == 0){
		fprint(2, "diff: %s is not a directory\n", argv[argc-1]);
		exits("usage");
	}
	for(i = 0; i < argc-1; i++)
		diff(argv[i], argv[argc-1], argc > 2);
	if(Bterm(&out) < 0)
		errors = 1;
	exits(errors ? "error" : differ ? "some" : nil);
}
