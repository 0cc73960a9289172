/*
 * Reading the network database.  Files are small: they are kept in memory and
 * searched from their beginning, the local one first.
 */
#include <u.h>
#include <libc.h>
#include <ndb.h>

static Ndbtuple*
newtuple(char *attr, int alen, char *val, int vlen)
{
	Ndbtuple *t;

	t = mallocz(sizeof *t + vlen + 1, 1);
	if(t == nil)
		return nil;
	if(alen > Ndbalen-1)
		alen = Ndbalen-1;
	memmove(t->attr, attr, alen);
	t->val = (char*)(t+1);
	memmove(t->val, val, vlen);
	return t;
}

/* the next tuple of a line that ends at e; *at moves on; nil if there is none */
static Ndbtuple*
gettuple(char **at, char *e)
{
	char *p, *attr, *val;
	int alen, quote;

	p = *at;
	while(p < e && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	if(p == e || *p == '#'){
		*at = e;
		return nil;
	}
	attr = p;
	while(p < e && *p != '=' && *p != ' ' && *p != '\t' && *p != '\r' && *p != '#')
		p++;
	alen = p - attr;
	val = p;
	if(p < e && *p == '='){
		p++;
		quote = p < e && *p == '"';
		p += quote;
		val = p;
		while(p < e && (quote ? *p != '"' : *p != ' ' && *p != '\t' && *p != '\r' && *p != '#'))
			p++;
		*at = p + (quote && p < e);
	}else
		*at = p;
	return newtuple(attr, alen, val, p - val);
}

/* all tuples of the line at s, chained; *tail is the end of the entry's chain */
static void
getline(char *s, char *e, Ndbtuple **first, Ndbtuple **tail)
{
	Ndbtuple *t, *begin, *last;

	begin = last = nil;
	while((t = gettuple(&s, e)) != nil){
		if(begin == nil)
			begin = t;
		else
			last->line = t;
		last = t;
		if(*tail == nil)
			*first = t;
		else
			(*tail)->entry = t;
		*tail = t;
	}
	if(last != nil)
		last->line = begin;
}

Ndbtuple*
ndbparse(char **at)
{
	Ndbtuple *first, *tail;
	char *s, *e;

	first = tail = nil;
	for(s = *at; *s != '\0'; s = *e == '\0' ? e : e+1){
		e = strchr(s, '\n');
		if(e == nil)
			e = s+strlen(s);
		/* a new entry begins where a line does not with white space */
		if(first != nil && *s != ' ' && *s != '\t' && *s != '\n' && *s != '#')
			break;
		getline(s, e, &first, &tail);
	}
	*at = s;
	return first;
}

void
ndbfree(Ndbtuple *t)
{
	Ndbtuple *next;

	for(; t != nil; t = next){
		next = t->entry;
		free(t);
	}
}

/* ---- files ---- */

static int
readin(Ndb *db)
{
	Dir *d;
	char *text;
	long n, size;
	int fd;

	fd = open(db->file, OREAD);
	if(fd < 0)
		return -1;
	d = dirfstat(fd);
	size = 0;
	if(d != nil)
		size = d->length == 0 || d->length > Ndbmaxfile ? Ndbmaxfile : d->length;	/* some do not say */
	text = malloc(size+1);
	n = d == nil || text == nil ? -1 : readn(fd, text, size);
	close(fd);
	if(n < 0){
		free(d);
		free(text);
		return -1;
	}
	text[n] = '\0';
	free(db->text);
	db->text = realloc(text, n+1);
	db->qid = d->qid;
	db->mtime = d->mtime;
	free(d);
	return 0;
}

static Ndb*
openone(char *file)
{
	Ndb *db;

	db = mallocz(sizeof *db, 1);
	if(db == nil)
		return nil;
	strecpy(db->file, db->file+sizeof db->file, file);
	if(readin(db) < 0){
		free(db);
		return nil;
	}
	return db;
}

/* the entry database= of the first file names all of them, itself included */
Ndb*
ndbopen(char *file)
{
	Ndb *db, *last;
	Ndbtuple *t, *all;
	Ndbs s;

	db = openone(file != nil ? file : "/lib/ndb/local");
	if(db == nil)
		return nil;
	last = db;
	all = ndbsearch(db, &s, "database", "");
	for(t = all; t != nil; t = t->entry)
		if(strcmp(t->attr, "file") == 0 && strcmp(t->val, db->file) != 0){
			last->next = openone(t->val);
			if(last->next != nil)
				last = last->next;
		}
	ndbfree(all);
	return db;
}

void
ndbclose(Ndb *db)
{
	Ndb *next;

	for(; db != nil; db = next){
		next = db->next;
		free(db->text);
		free(db);
	}
}

int
ndbchanged(Ndb *db)
{
	Dir *d;
	int changed;

	for(; db != nil; db = db->next){
		d = dirstat(db->file);
		if(d == nil)
			continue;
		changed = d->qid.vers != db->qid.vers || d->qid.path != db->qid.path || d->mtime != db->mtime;
		free(d);
		if(changed)
			return 1;
	}
	return 0;
}

int
ndbreopen(Ndb *db)
{
	int status;

	status = 0;
	for(; db != nil; db = db->next)
		if(readin(db) < 0)
			status = -1;
	return status;
}

/* ---- searching ---- */

Ndbtuple*
ndbsnext(Ndbs *s, char *attr, char *val)
{
	Ndbtuple *entry, *t;

	for(; s->db != nil; s->db = s->db->next, s->at = s->db != nil ? s->db->text : nil)
		while((entry = ndbparse(&s->at)) != nil){
			for(t = entry; t != nil; t = t->entry)
				if(strcmp(t->attr, attr) == 0 && cistrcmp(t->val, val) == 0){
					s->t = t;
					return entry;
				}
			ndbfree(entry);
		}
	return nil;
}

Ndbtuple*
ndbsearch(Ndb *db, Ndbs *s, char *attr, char *val)
{
	memset(s, 0, sizeof *s);
	s->db = db;
	if(db != nil)
		s->at = db->text;
	return ndbsnext(s, attr, val);
}

Ndbtuple*
ndbfindattr(Ndbtuple *entry, Ndbtuple *line, char *attr)
{
	Ndbtuple *t;

	if(line != nil)
		for(t = line; ; t = t->line){
			if(strcmp(t->attr, attr) == 0)
				return t;
			if(t->line == nil || t->line == line)
				break;
		}
	for(t = entry; t != nil; t = t->entry)
		if(strcmp(t->attr, attr) == 0)
			return t;
	return nil;
}

char*
ndbgetvalue(Ndb *db, Ndbs *s, char *attr, char *val, char *rattr, Ndbtuple **pp)
{
	Ndbtuple *entry, *t;
	Ndbs mine;
	char *v;

	if(s == nil)
		s = &mine;
	if(pp != nil)
		*pp = nil;
	for(entry = ndbsearch(db, s, attr, val); entry != nil; entry = ndbsnext(s, attr, val)){
		t = ndbfindattr(entry, s->t, rattr);
		if(t != nil){
			v = strdup(t->val);
			if(pp != nil)
				*pp = entry;
			else
				ndbfree(entry);
			return v;
		}
		ndbfree(entry);
	}
	return nil;
}

/* The same by the connection server, which also knows what the network says. */
char*
csgetvalue(char *netroot, char *attr, char *val, char *rattr, Ndbtuple **pp)
{
	Ndbtuple *entry, *last, *t, *next;
	char buf[2048], *p, *v;
	int fd, n;

	if(pp != nil)
		*pp = nil;
	snprint(buf, sizeof buf, "%s/cs", netroot != nil ? netroot : "/net");
	fd = open(buf, ORDWR);
	if(fd < 0)
		return nil;
	if(fprint(fd, "!%s=%s %s=*", attr, val, rattr) < 0){
		close(fd);
		return nil;
	}
	seek(fd, 0, 0);
	entry = last = nil;
	v = nil;
	while((n = read(fd, buf, sizeof buf - 1)) > 0){
		buf[n] = '\0';
		p = buf;
		for(t = ndbparse(&p); t != nil; t = next){
			next = t->entry;
			if(v == nil && strcmp(t->attr, rattr) == 0)
				v = strdup(t->val);
			if(last == nil)
				entry = t;
			else
				last->entry = t;
			last = t;
		}
	}
	close(fd);
	if(pp != nil && v != nil)
		*pp = entry;
	else
		ndbfree(entry);
	return v;
}
