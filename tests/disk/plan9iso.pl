# Makes a plain ISO 9660 image one of Plan 9's: the system's name in the primary volume descriptor becomes PLAN 9, and each record of
# a directory gets in its system use: name, user and group, each behind a byte with its length, a byte if that makes the
# rest even, and the mode in four bytes, the lowest first.  An empty name means that the record's own will do.
# usage: plan9iso.pl IMAGE <LIST, a line each: NAME-IN-IMAGE NEW-NAME|- USER GROUP OCTAL-MODE
use strict;
use warnings;

my ($file) = @ARGV;
my %new = map { chomp; my @f = split; ($f[0] => [@f[1 .. 4]]) } <STDIN>;
open my $f, '+<', $file or die "$file: $!\n";
binmode $f;
my $d = do { local $/; <$f> };

# the records at byte $at, $size of them, once more with what is new; $path is the directory's in the image
sub directory {
	my ($at, $size, $path) = @_;
	my (@records, $out);
	for (my $o = 0; $o < $size; ) {
		my $len = ord substr $d, $at + $o, 1;
		if ($len == 0) { $o = (int($o / 2048) + 1) * 2048; next }
		push @records, substr $d, $at + $o, $len;
		$o += $len;
	}
	$out = '';
	for my $r (@records) {
		my $nlen = ord substr $r, 32, 1;
		my $name = substr $r, 33, $nlen;
		(my $plain = $name) =~ s/\.?;1$//;
		my $own = $name =~ /^[\0\1]$/;
		directory(2048 * unpack('V', substr $r, 2, 4), unpack('V', substr $r, 10, 4), "$path$plain/")
			if ord(substr $r, 25, 1) & 2 && !$own;
		my $n = $new{$own ? '.' : "$path$plain"} or die "plan9iso: nothing said of $path$plain\n";
		my ($as, $uid, $gid, $mode) = @$n;
		my $use = pack 'C/a* C/a* C/a*', $own || $as eq '-' ? '' : $as, $uid, $gid;
		$use .= "\0" if length($use) & 1;
		$r = substr $r, 0, 33 + $nlen;
		$r .= "\0" if length($r) & 1;
		$r .= $use . pack 'V', oct $mode;
		substr $r, 0, 1, chr length $r;
		$out .= "\0" while length($out) % 2048 + length $r > 2048;
		$out .= $r;
	}
	die "plan9iso: $path needs more sectors than it has\n" if length $out > $size;
	substr $d, $at, $size, $out . "\0" x ($size - length $out);
}

my $volume = 16 * 2048;
substr $d, $volume + 8, 32, pack 'A32', 'PLAN 9';
my $root = $volume + 156;
directory(2048 * unpack('V', substr $d, $root + 2, 4), unpack('V', substr $d, $root + 10, 4), '');
seek $f, 0, 0;
print $f $d;
