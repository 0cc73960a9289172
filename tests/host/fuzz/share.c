/*
 * Fuzzes the 9P server of shares (host/dev/share) under the sanitizers: messages that are right, nearly right and noise, in any
 * segments, at once and by threads, several under way with flushes among them.  Whatever comes: every request is answered, a
 * reply is one message of the right type with the right tag and counts that fit, memory around it stays as it was, nothing
 * of a file beside the directory is ever seen, that file stays as it was, and no descriptor is left over.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../host/dev/share/device.h"
#include "../share/harness.h"

#define SECRET	"THE SECRET BESIDE THE DIRECTORY"

enum { SHARES = 3, SESSIONS = 3, FIDS = 6 };

static struct fuzz fuzz;
static char top[] = "/tmp/9guest-fuzz.XXXXXX", dirs[SHARES][64], secret[64];
static uint8_t message[MESSAGE_BYTES];
static uint32_t size;

static uint32_t below(uint32_t n)
{
	return fuzz_below(&fuzz, n);
}

static void put(uint64_t v, unsigned bytes)
{
	memcpy(message + size, &v, bytes);
	size += bytes;
}

static void put_text(const char *s, size_t len)
{
	put(len, 2);
	memcpy(message + size, s, len);
	size += (uint32_t)len;
}

static void put_name(void)
{
	static const char *const names[] = {
		"a", "b", "dir", "sub", "up", "out", "abs", "loop", "nowhere", "fifo", "..", "..", ".", "", "a/b", "/etc/passwd", "../secret",
		"new", "new2", "\xff\xfe", "big", "inside",
	};
	char longer[300];

	switch (below(30)) {
	case 0:
		memset(longer, 'n', sizeof longer);
		put_text(longer, 200 + below(100));
		break;
	case 1:
		put_text("a\0b", 3);
		break;
	default: {
		const char *n = names[below(sizeof names / sizeof names[0])];

		put_text(n, strlen(n));
	}
	}
}

static uint32_t marks(void)
{
	static const uint32_t some[] = { 0, 0, 0x40000000, 0x20000000, 0x04000000, 0x60000000 };

	return below(30) ? some[below(6)] : below(256) << 24;
}

static void put_fid(void)
{
	put(below(40) ? below(FIDS) : below(2) ? 0xffffffff : fuzz_next(&fuzz), 4);
}

static void put_stat(void)
{
	uint32_t at = size;

	put(0, 2);
	put(0, 2);
	put(0xffff, 2);
	put(0xffffffff, 4);
	put(0xff, 1), put(0xffffffff, 4), put(~0ull, 8);
	put(below(2) ? 0xffffffff : (below(4) ? 0 : 0x80000000u) | marks() | (0600 | below(0200)), 4);
	put(below(3) ? 0xffffffff : below(1u << 30), 4);
	put(below(3) ? 0xffffffff : below(1u << 30), 4);
	put(below(2) ? ~0ull : below(4) ? below(100000) : fuzz_next(&fuzz) * 77ull, 8);
	below(2) ? put_text("", 0) : put_name();
	below(8) ? put_text("", 0) : put_name();
	below(8) ? put_text("", 0) : put_text("root", 4);
	below(8) ? put_text("", 0) : put_name();
	message[at] = (uint8_t)(size - at - 2), message[at + 1] = (uint8_t)((size - at - 2) >> 8);
	message[at + 2] = (uint8_t)(size - at - 4), message[at + 3] = (uint8_t)((size - at - 4) >> 8);
}

/* A message of a random type, nearly always well-formed; returns the room that its reply gets. */
static uint32_t compose(void)
{
	static const uint8_t types[] = { 104, 108, 110, 110, 110, 110, 112, 112, 112, 114, 114, 116, 116, 116, 118, 118, 120, 120, 122,
					 124, 124, 126, 126, 100, 102 };
	uint8_t type = types[below(sizeof types)];
	uint32_t count, room = 2048;
	unsigned n;

	if (type == 100 && below(8))
		type = 110;
	size = 4;
	put(type, 1);
	put(below(20), 2);
	switch (type) {
	case 100:
		put(below(4) ? 8192 + below(100000) : fuzz_next(&fuzz), 4);
		below(8) ? put_text("9P2000", 6) : put_name();
		break;
	case 102:
		put_fid(), put_text("u", 1), put_text("", 0);
		break;
	case 104:
		put_fid();
		put(below(10) ? 0xffffffff : 1, 4);
		put_text("u", 1);
		below(10) ? put_text("", 0) : put_name();
		break;
	case 108:
		put(below(20), 2);
		break;
	case 110:
		put_fid(), put_fid();
		n = below(20) ? below(4) : below(19);
		put(n, 2);
		while (n--)
			put_name();
		break;
	case 112:
		put_fid();
		put(below(3) ? below(4) : below(256), 1);
		break;
	case 114:
		put_fid(), put_name();
		put((below(3) ? 0 : 0x80000000u) | marks() | below(01000), 4);
		put(below(3) ? below(4) : below(256), 1);
		break;
	case 116:
		put_fid();
		put(below(3) ? 0 : below(2) ? below(100000) : fuzz_next(&fuzz) * 1000000007ull, 8);
		count = below(4) ? below(9000) : below(70000);
		put(count, 4);
		room = below(5) ? count + 300 : 256 + below(1000);
		break;
	case 118:
		put_fid();
		put(below(3) ? 0 : below(5) ? below(100000) : fuzz_next(&fuzz) * 77ull, 8);
		count = below(4) ? below(500) : below(70000);
		put(count, 4);
		memset(message + size, 'w', count);
		size += count;
		break;
	case 126:
		put_fid(), put_stat();
		break;
	default:
		put_fid();
	}
	memcpy(message, &size, 4);
	if (!below(30))
		message[below(size)] = (uint8_t)below(256);
	if (!below(60))
		size = 1 + below(size);
	return below(100) ? room : below(1000);
}

static void check(unsigned slot, const struct exchange *x, uint8_t type, uint16_t tag, uint32_t asked)
{
	uint32_t total, n;

	if (!harness_intact(slot))
		fuzz_fail("wrote outside of the reply's room (type %u)", type);
	if (x->status != 0) {
		if (x->status > 2)
			fuzz_fail("status %u", x->status);
		return;
	}
	if (x->used < 7)
		fuzz_fail("a reply of %u bytes to type %u", x->used, type);
	memcpy(&total, x->reply, 4);
	if (total != x->used)
		fuzz_fail("a reply of %u bytes says that it has %u (type %u)", x->used, total, type);
	if (x->reply[4] != type + 1 && x->reply[4] != 107)
		fuzz_fail("type %u was answered by %u", type, x->reply[4]);
	if ((x->reply[5] | x->reply[6] << 8) != tag)
		fuzz_fail("another tag");
	if (x->reply[4] == 107 && (total < 10 || x->reply[7] + 256u * x->reply[8] != total - 9))
		fuzz_fail("a bad Rerror");
	if (x->reply[4] == 117) {
		memcpy(&n, x->reply + 7, 4);
		if (n != total - 11 || n > asked)
			fuzz_fail("Rread of %u, asked %u, size %u", n, asked, total);
		if (memmem(x->reply, total, SECRET, strlen(SECRET)))
			fuzz_fail("the secret was read");
	}
}

static struct {
	bool used;
	uint8_t type;
	uint16_t tag;
	uint32_t asked;
} slots[HARNESS_SLOTS];

static void reap(unsigned slot)
{
	struct exchange x;

	if (!slots[slot].used || !harness_done(slot, &x))
		return;
	check(slot, &x, slots[slot].type, slots[slot].tag, slots[slot].asked);
	slots[slot].used = false;
}

static void drain(void)
{
	for (int tries = 0; tries < 10000; tries++) {
		bool any = false;

		for (unsigned i = 0; i < HARNESS_SLOTS; i++) {
			reap(i);
			any |= slots[i].used;
		}
		if (!any)
			return;
		harness_wait(10);
	}
	fuzz_fail("a request is never answered");
}

static void one_message(unsigned share)
{
	unsigned slot = below(HARNESS_SLOTS), session = below(SESSIONS);
	uint32_t room;

	reap(slot);
	if (slots[slot].used) {
		harness_wait(below(2));
		return;
	}
	room = compose();
	harness_piece = below(3) ? 0 : 1 + below(5000);
	harness_apart = below(2);
	slots[slot].used = true;
	slots[slot].type = size > 4 ? message[4] : 0;
	slots[slot].tag = size > 6 ? (uint16_t)(message[5] | message[6] << 8) : 0;
	slots[slot].asked = 0;
	if (slots[slot].type == 116 && size >= 23)
		memcpy(&slots[slot].asked, message + 19, 4);
	harness_send(slot, share, session, message, size, room);
	if (harness_killed)
		fuzz_fail("the guest was killed: %s", harness_killed);
	reap(slot);
}

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	chmod(path, 0700);
	return remove(path);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fuzz_fail("%s: cannot be written", path);
	close(fd);
}

static void in_dir(const char *dir, const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", dir, name);
}

/* Somebody else on the host is at work in the directory, too. */
static void meddle(const char *dir)
{
	char from[256], to[256];

	switch (below(6)) {
	case 0:
		in_dir(dir, "dir", from), in_dir(dir, "b", to);
		rename(from, to);
		break;
	case 1:
		in_dir(dir, "b", from), in_dir(dir, "dir", to);
		rename(from, to);
		break;
	case 2:
		in_dir(dir, "a", to);
		unlink(to);
		(void)!symlink("../secret", to);
		break;
	case 3:
		in_dir(dir, "a", to);
		unlink(to);
		write_file(dir, "a", "another a\n");
		break;
	case 4:
		in_dir(dir, "dir/sub", to);
		rmdir(to);
		(void)!symlink("../..", to);
		break;
	case 5:
		in_dir(dir, "new", from), in_dir(dir, "a", to);
		rename(from, to);
		break;
	}
}

/* A session with a root, so that what follows means something. */
static void greet(unsigned share, uint32_t session)
{
	struct exchange x;

	size = 4;
	put(100, 1), put(0xffff, 2), put(65536 + 24, 4), put_text("9P2000", 6);
	memcpy(message, &size, 4);
	x = harness_call(share, session, message, size, 2048);
	check(0, &x, 100, 0xffff, 0);
	for (uint32_t fid = 0; fid < 3; fid++) {
		size = 4;
		put(104, 1), put(1, 2), put(fid, 4), put(0xffffffff, 4), put_text("u", 1), put_text("", 0);
		memcpy(message, &size, 4);
		x = harness_call(share, session, message, size, 2048);
		check(0, &x, 104, 1, 0);
	}
}

/* The directory anew, as its inode must stay. */
static void furnish(const char *dir)
{
	char path[256];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			in_dir(dir, e->d_name, path);
			nftw(path, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
		}
	if (d)
		closedir(d);
	chmod(dir, 0700);
	write_file(dir, "a", "contents of a\n");
	write_file(dir, "b", "");
	in_dir(dir, "dir", path), mkdir(path, 0755);
	in_dir(dir, "dir/sub", path), mkdir(path, 0755);
	write_file(dir, "dir/a", "deeper\n");
	in_dir(dir, "big", path);
	if (truncate(path, 0) < 0)
		write_file(dir, "big", "");
	if (truncate(path, 5ll << 30) < 0)
		fuzz_fail("no sparse files in /tmp");
	in_dir(dir, "up", path), (void)!symlink("..", path);
	in_dir(dir, "out", path), (void)!symlink("../secret", path);
	in_dir(dir, "abs", path), (void)!symlink(secret, path);
	in_dir(dir, "loop", path), (void)!symlink("loop", path);
	in_dir(dir, "nowhere", path), (void)!symlink("nothing/there", path);
	in_dir(dir, "dir/inside", path), (void)!symlink("../a", path);
	in_dir(dir, "fifo", path), mkfifo(path, 0600);
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void check_secret(void)
{
	char buf[256] = "";
	int fd = open(secret, O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof buf - 1) != (ssize_t)strlen(SECRET) || strcmp(buf, SECRET) != 0)
		fuzz_fail("the file beside the directory was changed");
	close(fd);
}

int main(int argc, char **argv)
{
	struct error err = { "" };
	int fds;

	fuzz_start(&fuzz, "the 9P server", argc, argv);
	if (fuzz.seed & 1 && setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 165, 165 }) < 0)
		fuzz_fail("no limit of descriptors");	/* so that they are short */
	if (!mkdtemp(top))
		fuzz_fail("no directory in /tmp");
	snprintf(secret, sizeof secret, "%s/secret", top);
	write_file(top, "secret", SECRET);
	for (int i = 0; i < SHARES; i++) {
		char text[80];

		snprintf(dirs[i], sizeof dirs[i], "%s/%d", top, i);
		mkdir(dirs[i], 0700);
		snprintf(text, sizeof text, "%s%s", dirs[i], i == 2 ? ",ro" : "");
		if (share_add(text, false, i == 1, &err) < 0)
			fuzz_fail("%s", err.text);
	}
	harness_start();
	fds = count_fds();
	while (fuzz_more(&fuzz)) {
		unsigned share = below(SHARES);

		furnish(dirs[share]);
		for (uint32_t s = 0; s < SESSIONS; s++)
			greet(share, s);
		for (unsigned i = 50 + below(400); i > 0; i--) {
			one_message(share);
			if (!below(20))
				meddle(dirs[share]);
		}
		drain();
		for (uint32_t s = 0; s < SESSIONS; s++)
			harness_hangup(share, s);
		check_secret();
		for (int i = 0; i < 2000 && count_fds() != fds; i++)
			harness_wait(50);	/* threads are closing them */
		if (count_fds() != fds)
			fuzz_fail("%d descriptors are left over", count_fds() - fds);
	}
	harness_stop();
	nftw(top, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	return fuzz_end(&fuzz);
}
