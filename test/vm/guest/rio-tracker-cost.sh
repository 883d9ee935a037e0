#!/bin/sh
# What rio_tracker costs a reader, inside a guest, as root: rio-tracker-cost.sh PATH/rio_tracker.ko [READS]
#
# Times a loop of pread(2) of 4 KiB from the page cache, in a container and on the host: without the module and with it
# in each state. Prints `STATE WHERE NS-PER-READ RATIO`, the ratio to the same loop without the module.
set -eu

module=$1
reads=${2:-50000}
sys=/sys/kernel/rio_tracker
work=$(mktemp -d /var/tmp/rio-cost.XXXXXX)
base_host=0
base_container=0

clean_up() {
	if grep -q '^rio_tracker ' /proc/modules; then rmmod rio_tracker; fi
	umount "$work/root" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT

mkdir "$work/upper" "$work/work" "$work/root"
modprobe overlay 2>/dev/null || true
mount -t overlay -o "lowerdir=/usr,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
mkdir -p "$work/root/dev" && mknod -m 666 "$work/root/dev/null" c 1 3 # perl -e wants it
head -c 4096 /dev/urandom >"$work/root/page"

# Only system calls, no perl module: pread64, and clock_gettime of the monotonic clock. The first round warms up.
loop='my ($n, $path, $page, $time, @ns) = (@ARGV, "\0" x 4096, "\0" x 16);
	open my $in, "<", $path or die "$path: $!\n";
	my $now = sub { syscall 228, 1, $time; my ($s, $ns) = unpack "qq", $time; $s * 1e9 + $ns };
	for my $round (1, 2) {
		my $begin = $now->();
		syscall 17, fileno $in, $page, 4096, 0 for 1 .. $n;
		$ns[$round] = ($now->() - $begin) / $n;
	}
	printf "%d\n", $ns[2]'

# measure STATE WHERE
measure() {
	if [ "$2" = host ]; then
		ns=$(perl -e "$loop" "$reads" "$work/upper/page")
	else
		# shellcheck disable=SC2016 # expanded inside
		ns=$(unshare --uts --mount sh -c \
			'echo rio-cost >/proc/sys/kernel/hostname && exec chroot "$1" /bin/perl -e "$2" "$3" /page' \
			sh "$work/root" "$loop" "$reads")
	fi
	if [ "$1" = without ]; then eval "base_$2=$ns"; fi
	eval "base=\$base_$2"
	echo "$1 $2 $ns $((ns / base)).$(printf %02d $((ns % base * 100 / base)))"
}

# measure_with STATE [PARAMETER...]
measure_with() {
	state=$1
	shift
	insmod "$module" "tracker_output=$work/trace.txt" tracker_buffer_size=268435456 "$@"
	if [ "$state" != disabled ]; then printf rio-cost >$sys/host_ns && echo 1 >$sys/enable; fi
	measure "$state" container
	measure "$state" host
	[ "$(cat $sys/drops)" = 0 ] || echo "$state dropped $(cat $sys/drops)"
	rmmod rio_tracker
}

measure without container
measure without host
measure_with disabled
measure_with text
measure_with text-and-rich events_buffer_bytes=268435456
