/*
 * For guest tests: TAP on standard output.  ok(condition, name, ...) counts and
 * prints one test; done() prints the plan and ends the program.  Failing tests
 * say what was expected and what came, by diag.
 */
static int ntap, ntapbad;

#define helper static __attribute__((unused))

helper void
diag(char *fmt, ...)
{
	char buf[512];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	print("# %s\n", buf);
}

helper int
ok(int good, char *fmt, ...)
{
	char buf[256];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	if(!good)
		ntapbad++;
	print("%sok %d - %s\n", good? "": "not ", ++ntap, buf);
	return good;
}

/* two numbers that should be the same */
helper int
same(vlong got, vlong want, char *name)
{
	int good;

	good = ok(got == want, "%s", name);
	if(!good)
		diag("expected %lld, got %lld", want, got);
	return good;
}

/* two strings that should be the same */
helper int
samestr(char *got, char *want, char *name)
{
	int good;

	good = ok(strcmp(got, want) == 0, "%s", name);
	if(!good)
		diag("expected '%s', got '%s'", want, got);
	return good;
}

/* a call that should have failed, and how */
helper int
fails(int r, char *want, char *name)
{
	char err[ERRMAX];
	int good;

	rerrstr(err, sizeof err);
	good = ok(r < 0 && strstr(err, want) != nil, "%s", name);
	if(!good)
		diag("expected -1 and an error with '%s', got %d and '%s'", want, r, err);
	return good;
}

helper void noreturn
done(void)
{
	print("1..%d\n", ntap);
	exits(ntapbad? "failed": nil);
}
