/*
 * Who may do what with the kernel's files: the host owner, a user who came by a
 * capability, and none.
 */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "tap.h"
#include "dir.h"

static char	buf[2000];
static char	owner[64];

static char*
slurp(char *file)
{
	int fd, n;

	fd = open(file, OREAD);
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n < 0? 0: n] = 0;
	return n < 0? "": buf;
}

static int
spew(char *file, void *p, int n)
{
	int fd, r;

	fd = open(file, OWRITE);
	if(fd < 0)
		return -1;
	r = write(fd, p, n);
	close(fd);
	return r;
}

static int
words(char *file, char *s)
{
	return spew(file, s, strlen(s));
}

/* HMAC-SHA1 of msg under a key of at most 64 bytes. */
static void
hmac(char *msg, char *key, uchar *out)
{
	uchar b[64+100], in[SHA1dlen];
	int i;

	memset(b, 0, sizeof b);
	memmove(b, key, strlen(key));
	for(i = 0; i < 64; i++)
		b[i] ^= 0x36;
	memmove(b+64, msg, strlen(msg));
	sha1(b, 64+strlen(msg), in, nil);
	for(i = 0; i < 64; i++)
		b[i] ^= 0x36 ^ 0x5C;
	memmove(b+64, in, SHA1dlen);
	sha1(b, 64+SHA1dlen, out, nil);
}

/* The host owner lets somebody become somebody. */
static void
allow(char *who, char *key)
{
	uchar h[SHA1dlen];

	hmac(who, key, h);
	if(spew("#¤/caphash", h, sizeof h) != sizeof h)
		diag("caphash: %r");
}

/* Run f as that user; what it says is the result, nil is good. */
static void
as(char *user, char *(*f)(void), char *name)
{
	char *s;

	if(strcmp(user, "none") != 0)
		allow(smprint("%s@%s", owner, user), "a key");
	if(rfork(RFPROC|RFFDG|RFENVG) == 0){
		if(strcmp(user, "none") == 0)
			words("#c/user", "none");
		else
			words("#¤/capuse", smprint("%s@%s@a key", owner, user));
		if(strcmp(slurp("#c/user"), user) != 0)
			_exits(smprint("user %s", buf));
		s = f();
		_exits(s);
	}
	samestr(wait()->msg, "", name);
}

static char*
nothing(void)
{
	return nil;
}

static char*
small(void)
{
	uchar h[SHA1dlen];

	memset(h, 1, sizeof h);
	if(spew("#¤/caphash", h, sizeof h) >= 0)
		return "caphash";
	if(words("#c/hostowner", "bob") >= 0)
		return "hostowner";
	if(words("#c/hostdomain", "bob") >= 0)
		return "hostdomain";
	if(words("#c/reboot", "reboot") >= 0)
		return "reboot";
	if(words("#c/swap", "start") >= 0)
		return "swap";
	if(open("#c/kmesg", OREAD) >= 0)
		return "kmesg";
	if(open("#c/kprint", OREAD) >= 0)
		return "kprint";
	if(create("#ec/new", OWRITE, 0666) >= 0)
		return "new configuration";
	if(open("#ec/k_user", OWRITE) >= 0 || remove("#ec/k_user") >= 0)
		return "configuration";
	if(strcmp(slurp("#ec/k_user"), "value") != 0)
		return "configuration unread";
	if(create("#e/mine", OWRITE, 0666) < 0)
		return "environment";
	if(words("#c/user", "glenda") >= 0 || words("#c/user", "nonesuch") >= 0 || words("#c/user", "none\n") >= 0)
		return "user";
	if(words("#c/sysstat", "x") != 1)
		return "sysstat";
	return nil;
}

static void
capabilities(void)
{
	int fd;

	fd = create("#ec/k_user", OWRITE, 0666);
	write(fd, "value", 5);
	close(fd);
	as("bob", nothing, "a capability makes one user another");
	as("bob", small, "who may not do what the host owner may");
	as("none", small, "nor may none");
	allow("carol", "another");
	if(rfork(RFPROC|RFFDG) == 0){
		words("#c/user", "none");
		if(words("#¤/capuse", "carol@another") < 0)
			_exits("use");
		_exits(strcmp(slurp("#c/user"), "carol") == 0? nil: buf);
	}
	samestr(wait()->msg, "", "one that names nobody is good for anybody");
	fails(words("#¤/capuse", "nothing to see"), "i/o count too small", "a text without a key");
	fails(spew("#¤/capuse", "", 0), "bad arg in system call", "and none at all");
	fails(open("#¤/capuse", OREAD), "permission denied", "nobody reads what is there");
	fails(open("#¤/caphash", OREAD), "permission denied", "not even the owner");
	rfork(RFCENVG);
	same(strcmp(slurp("#ec/k_user"), "value"), 0, "#ec is everybody's, whatever their environment");
	ok(remove("#ec/k_user") >= 0, "and the owner's to change");
	fails(open("#ex", OREAD), "bad attach specifier", "there is no #ex");
}

/* Bob gives away what is his, a file that all see in its directory: the directory is still to be read. */
static char*
given(char *file, char *dir)
{
	static char name[40000];
	Dir d, *all;
	int fd;

	memset(name, 'x', sizeof name - 1);
	nulldir(&d);
	d.uid = name;
	dirwstat(file, &d);
	fd = open(dir, OREAD);
	if(dirreadall(fd, &all) <= 0)
		return smprint("%s: %r", dir);
	close(fd);
	if(strlen(dirstat(file)->uid) == sizeof name - 1)
		return "a name of 40000 bytes";
	name[100] = '\0';
	if(dirwstat(file, &d) < 0)
		return smprint("%s: %r", file);
	return nil;
}

static char*
gives(void)
{
	char num[12], *s;
	int fd;

	fd = create("#s/given", OWRITE, 0600);
	if(fd < 0)
		return "post";
	s = given("#s/given", "#s");
	close(fd);
	if(s != nil)
		return s;
	fd = open("#I5/udp/clone", ORDWR);
	if(fd < 0 || read(fd, num, sizeof num) <= 0)
		return "no conversation";
	return given(smprint("#I5/udp/%d/ctl", atoi(num)), smprint("#I5/udp/%d", atoi(num)));
}

static char*
posts(void)
{
	int fd;
	Dir *d;

	fd = create("#s/bobs", OWRITE, 0600);
	if(fd < 0 || fprint(fd, "0") != 1)
		return "post";
	close(fd);
	d = dirstat("#s/bobs");
	if(d == nil || strcmp(d->uid, "bob") != 0 || d->mode != 0600)
		return "whose";
	fd = create("#s/bobspublic", OWRITE, 0667);
	fprint(fd, "0");
	return nil;
}

static char*
others(void)
{
	Dir d;

	if(open("#s/bobs", ORDWR) >= 0 || open("#s/bobs", OREAD) >= 0)
		return "open";
	if(remove("#s/bobs") >= 0)
		return "remove";
	nulldir(&d);
	d.mode = 0666;
	if(dirwstat("#s/bobs", &d) >= 0)
		return "wstat";
	if(open("#s/bobspublic", OREAD) < 0)
		return "open what is public";
	if(remove("#s/bobspublic") < 0)
		return "remove what is public";
	if(create("#s/nones", OWRITE|ORCLOSE, 0666) < 0)
		return "create";
	return nil;
}

static void
services(void)
{
	Dir d, *s;
	int fd;

	as("bob", posts, "anybody may post");
	as("none", others, "and the file's mode says who may use it");
	nulldir(&d);
	d.name = "renamed";
	ok(dirwstat("#s/bobs", &d) >= 0, "the host owner may rename it");
	nulldir(&d);
	d.mode = 0640;
	d.uid = "carol";
	ok(dirwstat("#s/renamed", &d) >= 0, "and give it away");
	s = dirstat("#s/renamed");
	ok(s != nil && s->mode == 0640 && strcmp(s->uid, "carol") == 0, "which shows");
	fd = create("#s/other", OWRITE, 0600);
	nulldir(&d);
	d.name = "other";
	fails(dirwstat("#s/renamed", &d), "file already exists", "names are not given twice");
	close(fd);
	ok(remove("#s/renamed") >= 0 && remove("#s/other") >= 0, "and remove it");
	fd = create("#s/boot", OWRITE, 0666);
	if(fd >= 0)
		fprint(fd, "0");
	close(fd);
	fails(remove("#s/boot"), "permission denied", "boot stays for good");
	fails(create("#s/dir", OREAD, DMDIR|0777), "permission denied", "no directories");
	fails(create("#s/read", OREAD, 0666), "permission denied", "an entry is made by writing");
}

/* A pipe serves whoever has it in his name space; its mode only shows. */
static char*
bypipe(void)
{
	Dir d;
	int p[2];

	if(pipe(p) < 0 || write(p[0], "x", 1) != 1 || read(p[1], buf, 1) != 1)
		return "pipe";
	nulldir(&d);
	d.mode = 0666;
	if(dirwstat("/mnt/data", &d) >= 0)
		return "wstat";
	return nil;
}

static void
pipes(void)
{
	Dir d, *s;

	rfork(RFNAMEG);
	bind("#|", "/mnt", MREPL);
	s = dirstat("/mnt/data");
	ok(s->mode == 0600 && strcmp(s->uid, owner) == 0, "a pipe is the owner's");
	as("none", bypipe, "others have pipes, and do not change their modes");
	nulldir(&d);
	d.mode = 0666;
	ok(dirwstat("/mnt/data1", &d) >= 0 && dirstat("/mnt/data")->mode == 0666, "the owner does");
	unmount(nil, "/mnt");
}

static void
root(void)
{
	static char *want[] = { "bin", "boot", "dev", "env", "fd", "mnt", "net", "net.alt", "proc", "root", "srv" };
	Dir d;
	int i, bad;

	bad = 0;
	for(i = 0; i < nelem(want); i++)
		bad += listed("#/", want[i]) != 1;
	same(bad, 0, "#/ has the directories that a name space is built on");
	fails(create("#/new", OWRITE, 0666), "permission denied", "nothing is made there");
	fails(remove("#/boot"), "permission denied", "or removed");
	nulldir(&d);
	d.mode = 0777;
	fails(dirwstat("#/bin", &d), "permission denied", "or changed");
	fails(open("#/x", OREAD), "file does not exist", "or found that is not there");
	fails(remove("#//adm/timezone/CET"), "permission denied", "or removed, but by the first process");
	fails(open("#c/cons/x", OREAD), "not a directory", "a file has no files");
	fails(create("#c/new", OWRITE, 0666), "permission denied", "no device's directory takes new ones");
	fails(remove("#c/null"), "permission denied", "or loses what it has");
	fails(dirwstat("#c/null", &d), "permission denied", "or changes it");
}

static char*
renamed(void)
{
	return strcmp(slurp("#c/hostowner"), "k_owner") == 0? nil: "hostowner";
}

static void
owners(void)
{
	int kid, fd;

	kid = fork();
	if(kid == 0){
		sleep(100000);
		_exits(nil);
	}
	fails(words("#c/hostowner", ""), "bad arg in system call", "the owner has a name");
	fails(words("#c/hostowner", "a name that is longer than forty-eight bytes can be, which is long"), "bad arg in system call", "not too long");
	same(words("#c/hostowner", "k_owner\n"), 8, "the owner takes another name");
	samestr(slurp("#c/hostowner"), "k_owner", "which is the owner's");
	samestr(slurp("#c/user"), "k_owner", "and the process's");
	slurp(smprint("/proc/%d/status", kid));
	ok(strncmp(buf+28, "k_owner ", 8) == 0, "and that of all that were his");
	ok(strcmp(dirstat("#c/null")->uid, "k_owner") == 0, "and of his files");
	strcpy(owner, "k_owner");
	as("none", renamed, "all can see it");
	same(words("#c/hostdomain", "example.org\n"), 12, "a domain");
	samestr(slurp("#c/hostdomain"), "example.org", "without its newline");
	postnote(PNPROC, kid, "kill");
	waitpid();
	same(listed("#¤", "caphash"), 1, "caphash is there");
	fd = open("#¤/caphash", OWRITE);
	ok(remove("#¤/caphash") >= 0, "and can be removed");
	same(listed("#¤", "caphash"), 0, "then it is not");
	fails(write(fd, "12345678901234567890", 20), "permission denied", "and makes nothing");
	fails(open("#¤/caphash", OWRITE), "", "nor can it be opened");
	close(fd);
}

void
main(void)
{
	rfork(RFNOTEG);
	strecpy(owner, owner+sizeof owner, getuser());
	capabilities();
	services();
	as("bob", gives, "an owner's name is never so long that its directory cannot be read");
	remove("#s/given");
	pipes();
	root();
	owners();
	done();
}
