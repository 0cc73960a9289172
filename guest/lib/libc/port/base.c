/*
 * encode(2): bytes as text in base 16, 32 and 64, and back.  Decoders skip
 * what is not of the alphabet (white space, padding) and return the number
 * of bytes; encoders return that of characters; both -1 if there is no room.
 */
#include <u.h>
#include <libc.h>

typedef struct Alphabet Alphabet;

struct Alphabet
{
	char	*digits;
	int	bits;		/* of a digit */
	int	group;		/* digits to which the text is padded */
	int	fold;		/* either case will do */
};

static Alphabet hex = {"0123456789ABCDEF", 4, 1, 1};
static Alphabet thirtytwo = {"23456789ABCDEFGHIJKMNPQRSTUVWXYZ", 5, 1, 1};
static Alphabet sixtyfour = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4, 0};

static int
encode(Alphabet *a, char *out, int lim, uchar *in, int n)
{
	ulong acc;
	int have, len;

	acc = 0;
	have = 0;
	len = 0;
	if((n*8 + a->bits-1)/a->bits >= lim)
		return -1;
	while(n > 0 || have > 0){
		if(have < a->bits && n > 0){
			acc = acc<<8 | *in++;
			n--;
			have += 8;
			continue;
		}
		if(have < a->bits){
			acc <<= a->bits - have;
			have = a->bits;
		}
		have -= a->bits;
		out[len++] = a->digits[acc>>have & ((1<<a->bits)-1)];
	}
	while(len % a->group != 0){
		if(len+1 >= lim)
			return -1;
		out[len++] = '=';
	}
	out[len] = 0;
	return len;
}

static int
decode(Alphabet *a, uchar *out, int lim, char *in, int n)
{
	ulong acc;
	int have, len, c;
	char *d;

	acc = 0;
	have = 0;
	len = 0;
	for(; n > 0; n--){
		c = *in++;
		if(a->fold)
			c = toupper(c);
		if(c == 0 || (d = strchr(a->digits, c)) == nil)
			continue;
		acc = acc<<a->bits | (d - a->digits);
		have += a->bits;
		if(have < 8)
			continue;
		have -= 8;
		if(len == lim)
			return -1;
		out[len++] = acc>>have;
	}
	return len;
}

int
enc16(char *out, int lim, uchar *in, int n)
{
	return encode(&hex, out, lim, in, n);
}

int
dec16(uchar *out, int lim, char *in, int n)
{
	return decode(&hex, out, lim, in, n);
}

int
enc32(char *out, int lim, uchar *in, int n)
{
	return encode(&thirtytwo, out, lim, in, n);
}

int
dec32(uchar *out, int lim, char *in, int n)
{
	return decode(&thirtytwo, out, lim, in, n);
}

int
enc64(char *out, int lim, uchar *in, int n)
{
	return encode(&sixtyfour, out, lim, in, n);
}

int
dec64(uchar *out, int lim, char *in, int n)
{
	return decode(&sixtyfour, out, lim, in, n);
}
