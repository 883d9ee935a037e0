#!/bin/sh
# Tests the kernel module rio_retouch inside a guest, as root: rio-retouch.sh PATH/rio_retouch.ko
#
# Prints `ok NAME` or `not ok NAME: why` for each test and fails when one failed. Needs a shell, coreutils, util-linux,
# kmod and perl; leaves nothing behind.
set -u

module=$1
work=$(mktemp -d /var/tmp/rio-retouch.XXXXXX) || exit 1
failed=0
ok() { echo "ok $1"; }
not_ok() {
	failed=$((failed + 1))
	echo "not ok $1: $2"
}
# check NAME WHY COMMAND...: ok when the command succeeds
check() {
	name=$1 why=$2
	shift 2
	if "$@" >"$work/check" 2>&1; then ok "$name"; else not_ok "$name" "$why $(tail -n 1 "$work/check")"; fi
}
not() { ! "$@"; }
# refused NAME PARAMETERS...: the module is not loaded
refused() {
	name=$1
	shift
	if insmod "$module" "$@" 2>/dev/null; then
		rmmod rio_retouch
		not_ok "$name" "loaded with $*"
	else
		ok "$name"
	fi
}

# A file system of its own, so that only what is on it is unmapped, and that it can be unmounted.
mkdir "$work/mount"
mount -t tmpfs tmpfs "$work/mount"
head -c 1048576 /dev/urandom >"$work/mount/file"
cp "$work/mount/file" "$work/copy"
cp "$(command -v sleep)" "$work/mount/sleep"

# Touches each page of the mapped file for so many seconds; prints the minor faults that it took, after the first time.
faults() {
	/usr/bin/perl -e '
		my ($file, $seconds) = @ARGV;
		open my $f, "<", $file or die;
		# 9: mmap(2) of x86-64; PROT_READ, MAP_SHARED
		my $at = syscall(9, 0, 1048576, 1, 1, fileno $f, 0);
		die "mmap" if $at == -1;
		my $touch = sub { for (my $i = 0; $i < 256; $i++) { my $x = unpack "P1", pack "Q", $at + 4096 * $i } };
		sub minor { open my $s, "<", "/proc/self/stat"; (split / /, <$s>)[9] }
		$touch->();
		my $before = minor();
		my $end = time + $seconds;
		while (time < $end) { $touch->(); select undef, undef, undef, 0.05 }
		print minor() - $before, "\n";
	' "$work/mount/file" "$1"
}

refused 'no path'
refused 'a path that is not there' path="$work/nothing"
refused 'an interval that is too short' path="$work/mount" interval_us=99
refused 'an interval that is too long' path="$work/mount" interval_us=10000001
refused 'an interval that is no number' path="$work/mount" interval_us=soon

quiet=$(faults 2)
check 'without it, a mapped page is touched unseen' "$quiet faults" [ "$quiet" -lt 200 ]
check 'loads' 'insmod failed:' insmod "$module" path="$work/mount" interval_us=100000
busy=$(faults 2)
check 'with it, touches are faults again' "$busy faults after $quiet" [ "$busy" -gt $((quiet + 200)) ]
check 'the file system stays mounted' 'it could be unmounted:' not umount "$work/mount"
check 'files stay as they are' 'it differs:' cmp "$work/copy" "$work/mount/file"
faults 3 >/dev/null &
sleep 1
check 'unloads while it is busy' 'rmmod failed:' rmmod rio_retouch
wait

# Files that come and go while it walks their list.
insmod "$module" path="$work/mount" interval_us=100
for i in $(seq 50); do
	cp "$work/mount/sleep" "$work/mount/sleep-$i"
	"$work/mount/sleep-$i" 0
	rm "$work/mount/sleep-$i"
done
check 'unloads when files have come and gone' 'rmmod failed:' rmmod rio_retouch
check 'leaves the file system alone' 'umount failed:' umount "$work/mount"

dmesg | grep -E 'BUG|WARNING|Oops' >"$work/dmesg"
check 'no warning of the kernel' "$(head -n 1 "$work/dmesg")" [ ! -s "$work/dmesg" ]
rm -r "$work"
echo "$failed failed"
[ "$failed" -eq 0 ]
