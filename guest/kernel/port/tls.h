/*
 * TLS's records, RFC 5246 and before, what #a is about: tlscipher.c protects and unprotects one record, devtls.c sends and receives them.
 * Include libsec.h and crypt.h first.
 */
typedef struct Tlsalg	Tlsalg;
typedef struct Tlssec	Tlssec;
typedef struct Tlsuse	Tlsuse;

enum
{
	Tlshdr		= 5,		/* type[1] version[2] length[2] */
	Tlsmax		= 16*1024,	/* bytes of a record's contents */
	Tlsgrow		= 2048,		/* what protection may add */

	Tls10		= 0x301,
	Tls11		= 0x302,
	Tls12		= 0x303,

	/* types of records */
	Rchange		= 20,
	Ralert,
	Rhandshake,
	Rdata,

	/* alerts */
	Aclosenotify	= 0,
	Aunexpected	= 10,
	Abadmac		= 20,
	Aoverflow	= 22,
	Adecode		= 50,
	Aversion	= 70,
	Ainternal	= 80,
	Ausercancelled	= 90,
	Anorenegotiation = 100,
};

/* A cipher or digest, by the name that libsec calls it. */
struct Tlsalg
{
	char	*name;
	int	kind;
	int	keylen;
	int	ivlen;			/* of the secrets' */
};

/* What protects one direction. */
struct Tlssec
{
	Tlsalg	*enc;
	char	*hashname;
	Digest	*hash;			/* nil: none */
	int	maclen;
	DigestState inner;
	DigestState outer;
	uvlong	seq;			/* of the next record */
	int	version;
	union {
		Aes	aes;
		Gcm	gcm;
		Rc4	rc4;
		uchar	key[Chachakey];
	};
	uchar	iv[16];
};

/* tlscipher.c */
char*	tlsalgs(char*, char*, int);		/* their names: of digests? */
void	tlssecrets(Tlssec*, Tlssec*, char*, char*, int, uchar*, int, int);	/* in, out, digest, cipher, client?, secrets, bytes, version */
int	tlsseal(Tlssec*, uchar*, int);		/* a record with its header, bytes of contents: bytes in all */
int	tlsopen(Tlssec*, uchar*, int, uchar**);	/* the same, bytes behind the header: bytes of contents, and where; or -alert */
