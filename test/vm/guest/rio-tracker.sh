#!/bin/sh
# Tests the kernel module rio_tracker inside a guest, as root: rio-tracker.sh PATH/rio_tracker.ko [PATH/iotracker]
#
# With iotracker also that its probes give the same trace as the module's (Linux 6.6 and later).
#
# Prints `ok NAME` or `not ok NAME: why` for each test and fails when one failed. The container is an overlay on the
# guest's own file system with a few of the guest's programs, entered by unshare and chroot. Needs a shell, coreutils,
# util-linux, kmod, perl and the file systems overlay, proc, sysfs and debugfs; leaves nothing behind.
set -u

module=$1
iotracker=${2:-}
sys=/sys/kernel/rio_tracker
debug=/sys/kernel/debug/rio_tracker
fault_around=/sys/kernel/debug/fault_around_bytes
work=$(mktemp -d /var/tmp/rio-tracker.XXXXXX) || exit 1
root=$work/root
failed=0
load_pids=

# --- reporting

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
# equal NAME GOT WANTED
equal() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', wanted '$3'"; fi; }
not() { ! "$@"; }

# --- the container

program() {
	path=$(readlink -f "$(command -v "$1")")
	cp "$path" "$work/lower/usr/bin/$1"
	for library in $(ldd "$path" | grep -o '/[^ )]*'); do
		mkdir -p "$work/lower${library%/*}"
		cp -n "$(readlink -f "$library")" "$work/lower$library" 2>/dev/null
	done
}

make_root() {
	mkdir -p "$work/lower/usr/bin" "$work/lower/data/many" "$work/lower/dev" "$work/upper" "$work/work" "$root"
	for name in sh cat dd ls readlink stat perl; do program $name; done
	ln -s usr/bin "$work/lower/bin"
	mknod -m 666 "$work/lower/dev/null" c 1 3
	head -c 100000 /dev/urandom >"$work/lower/data/big"
	head -c 10000 /dev/urandom >"$work/lower/data/sent"
	echo grow >"$work/lower/data/grows"
	echo other >"$work/lower/data/other"
	echo internal >"$work/lower/data/new
line"
	ln -s big "$work/lower/data/link"
	modprobe overlay 2>/dev/null
	sync # drop_caches leaves what is dirty
	mount -t overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/work" overlay "$root"
}

# box NAME SCRIPT: runs a script in the container under the UTS name. When that fails, it says so where no trace says
# such a thing: a test that wants nothing traced must not pass because nothing ran.
box() {
	# shellcheck disable=SC2016 # expanded inside
	unshare --uts --mount setarch -R sh -c \
		'echo "$1" >/proc/sys/kernel/hostname && exec chroot "$2" /usr/bin/sh -c "$3"' sh "$1" "$root" "$2" ||
		echo "box failed"
}

start_load() {
	for i in 1 2 3; do
		# A new name each time: a lookup that the dentry cache cannot answer.
		box box-load 'while :; do n=$((n + 1)); cat /data/big /data/none$n; ls /data/many; readlink /data/link; done' \
			>/dev/null 2>&1 &
		load_pids="$load_pids $!"
	done
}

stop_load() {
	# shellcheck disable=SC2086 # a list
	[ -z "$load_pids" ] || { kill $load_pids; wait $load_pids; } 2>/dev/null
	load_pids=
}

# --- the module

load() { (cd "$work" && insmod "$module" tracker_output=trace.txt "$@"); }
loaded() { grep -q '^rio_tracker ' /proc/modules; }
trace() { echo 1 >$sys/dump && cat "$work/trace.txt"; }
# traced NAME SCRIPT: the published sequence; prints the trace
traced() {
	echo 1 >$sys/reset && echo 1 >$sys/enable && box "$1" "$2"
	echo 0 >$sys/enable
	trace
}

clean_up() {
	stop_load
	loaded && rmmod rio_tracker
	echo 65536 >$fault_around
	umount "$root" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Prints the records of rich streams, one a line: TYPE DEV:INO PATH-OR-NUMBERS, and GAP where records were lost. Dies
# when the format is broken.
records() {
	perl -e '
		my %name = (1, "HEADER", 2, "MARK", 16, "OPEN", 17, "READ", 18, "SPLICE", 19, "FAULT", 20, "MAP_PAGES",
			21, "ADVISE", 22, "READ_PAGE", 23, "WRITE", 32, "LOOKUP", 33, "STAT", 34, "READLINK", 35, "READDIR",
			36, "EXEC", 48, "FORK", 49, "EXIT", 50, "SWITCH", 51, "WAKE", 64, "UNMAP", 65, "COPY_MM",
			80, "INSERT", 81, "DELETE");
		for my $file (@ARGV) {
			local $/;
			open(my $in, "<:raw", $file) or die "$file: $!\n";
			my ($data, $next, $before) = (scalar <$in>, 0, 0);
			for (my $at = 0; $at < length $data;) {
				my ($type, $size, $seq, $ns) = unpack "SSLQ", substr $data, $at;
				my $record = substr $data, $at, $size;
				die "$file: bad size $size at $at\n" if $size < 24 || $size % 8 || $at + $size > length $data;
				die "$file: no header first\n" if $at == 0 && ($type != 1 || substr($record, 24, 8) ne "TRIOTRV1");
				die "$file: record $seq after $next\n" if $seq < $next;
				print "GAP $next $seq\n" if $seq > $next;
				$next = $seq + 1;
				die "$file: time goes back at $seq\n" if $ns < $before;
				$before = $ns;
				my $rest = "";
				$rest = unpack("L", substr $record, 44) . " " . unpack "Z64", substr $record, 48 if $type == 1;
				$rest = substr $record, 32, unpack "L", substr $record, 24 if $type == 2;
				if ($type >= 16 && $type <= 21 || $type == 23) {
					my ($ino, $dev) = (unpack("Q", substr $record, 32), unpack "L", substr $record, 80);
					$rest = "$dev:$ino";
					$rest .= " " . join " ", unpack "qQ", substr $record, 96 if $type != 16;
					$rest .= " flags=" . unpack("L", substr $record, 100) . " "
						. substr $record, 120, unpack "S", substr $record, 118 if $type == 16;
				}
				if ($type >= 32 && $type <= 36) {
					$rest = unpack("L", substr $record, 40) . ":" . unpack("Q", substr $record, 24) . " "
						. substr $record, 64, unpack "S", substr $record, 62;
				}
				$rest = join " ", unpack "LL", substr $record, 24 if $type == 48 || $type == 50 || $type == 51;
				if ($type >= 80) {
					my ($ino, $index, $dev) = unpack "QQL", substr $record, 24;
					$rest = "$dev:$ino $index";
				}
				$rest =~ s/\n/?/g;
				print $name{$type} // die("$file: type $type\n"), " $rest\n";
				$at += $size;
			}
		}' $debug/events*
}

# --- tests

test_refused() {
	check refuses-no-output "loaded without tracker_output" not insmod "$module"
	check refuses-missing-folder "loaded" not insmod "$module" tracker_output=/nowhere/trace.txt
	check refuses-folder "loaded" not insmod "$module" tracker_output="$work"
	check refuses-device "loaded" not insmod "$module" tracker_output=/dev/null
	check refuses-small-buffer "loaded" not load tracker_buffer_size=100
	check refuses-no-number "loaded" not load events_buffer_bytes=many
	check refuses-unknown-probes "loaded" not load probes=magic
	check refuses-small-events "loaded" not load events_buffer_bytes=8
	check refused-leaves-nothing "still there" not loaded
	check refused-leaves-no-sysfs "$sys is there" not test -e $sys
}

test_text() {
	load || { not_ok load "insmod failed"; return; }
	equal output-made-at-load "$(wc -c <"$work/trace.txt")" 0
	check no-rich-by-default "$debug is there" not test -e $debug
	check bad-enable "2 was taken" not sh -c "echo 2 >$sys/enable"
	check bad-host-ns "65 bytes were taken" not sh -c "head -c 65 /dev/zero | tr '\\0' x >$sys/host_ns"

	big=$(stat -c %i "$work/lower/data/big")
	sent=$(stat -c %i "$work/lower/data/sent")
	libc=$(cd "$work/lower" && find . -name 'libc.so*' | sed 's/^\.//')
	equal nothing-set-nothing-traced "$(traced box-1 'cat /data/big >/dev/null')" ""

	echo 4096 >$fault_around # else cached pages are mapped without a fault of their own
	printf box >$sys/host_ns
	equal host-ns-reads-back "$(cat $sys/host_ns)" box
	text=$(traced box-1 'dd if=/data/big of=/dev/null bs=100000 count=1 2>/dev/null')
	equal read-line "$(echo "$text" | grep ^/data/)" "/data/big,$big,0,102400"
	text=$(traced box-1 'dd if=/data/big of=/dev/null bs=1000 skip=9 count=1 2>/dev/null')
	equal read-is-page-aligned "$(echo "$text" | grep ^/data/)" "/data/big,$big,8192,4096"
	check exec-read "no line of dd's header" sh -c "echo '$text' | grep -q '^/usr/bin/dd,[0-9]*,0,4096$'"
	check fault-line "no fault in $libc" sh -c "echo '$text' | grep -q '^$libc,[0-9]*,[0-9]\{5,\},4096$'"
	text=$(traced box-1 'perl -e "open I, q(/data/sent); open O, q(|cat >/dev/null);
		syscall(40, fileno O, fileno I, 0, 10000) == 10000 or die" 2>&1')
	equal sendfile-line "$(echo "$text" | grep ^/data/)" "/data/sent,$sent,0,12288"
	equal trace-has-only-lines "$(echo "$text" | grep -cv '^/[^,]*,[0-9]*,[0-9]*,[0-9]*$')" 0

	equal other-name "$(traced bo 'cat /data/big >/dev/null')" ""
	echo 1 >$sys/reset && echo 1 >$sys/enable
	cat "$work/lower/data/big" >/dev/null
	equal host "$(trace)" ""
	unshare --uts sh -c 'echo box-2 >/proc/sys/kernel/hostname; cat "$1" >/dev/null' sh "$work/lower/data/big"
	equal name-without-own-root "$(trace)" ""
	unshare --uts --mount sh -c 'echo box-2 >/proc/sys/kernel/hostname; cat "$1" >/dev/null' sh "$root/data/big"
	equal name-with-copied-mounts "$(trace)" ""
	box box-3 'cat /data/big >/dev/null'
	check prefix-matches "no line" sh -c "echo 1 >$sys/dump; grep -q ^/data/big, $work/trace.txt"
	equal no-drops "$(cat $sys/drops)" 0
	box box-3 'cat /data/new* >/dev/null'
	check newline-in-name-is-dropped "not counted" test "$(cat $sys/drops)" -gt 0
	check newline-in-name-breaks-no-line "broken" not grep -v '^/[^,]*,[0-9]*,[0-9]*,[0-9]*$' "$work/trace.txt"
	echo 1 >$sys/reset
	equal reset-empties "$(trace)" ""
	equal reset-drops "$(cat $sys/drops)" 0
	echo 0 >$sys/enable
	equal disabled "$(box box-3 'cat /data/big >/dev/null'; trace)" ""
	check rmmod "failed" rmmod rio_tracker
	check rmmod-leaves-no-sysfs "$sys is there" not test -e $sys
}

# A chroot into a folder of a mount that others see too.
test_chroot() {
	load && printf box >$sys/host_ns
	overlay=$root
	root=$work/lower
	text=$(traced box-1 'cat /data/other >/dev/null')
	root=$overlay
	check chroot-path "not from the container's root" sh -c "echo '$text' | grep -q '^/data/other,'"
	equal chroot-only-inside "$(echo "$text" | grep -c "$work")" 0
	rmmod rio_tracker
}

test_rich() {
	load events_buffer_bytes=16777216 || { not_ok load-rich "insmod failed"; return; }
	echo 4096 >$fault_around
	printf box >$sys/host_ns
	check mark-needs-enable "taken" not sh -c "echo early >$debug/mark"
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >$sys/enable
	echo begin >$debug/mark
	box box-1 'cat /data/big >/dev/null; cat /data/none 2>/dev/null; ls -l /data >/dev/null; readlink /data/link
		echo more >>/data/grows; perl -e "open I, q(/data/sent); open O, q(|cat >/dev/null);
		syscall(40, fileno O, fileno I, 0, 10000); syscall(221, fileno I, 0, 0, 3); fork or exit; wait"' >/dev/null
	echo 0 >$sys/enable
	equal rich-no-drops "$(cat $sys/drops)" 0
	records >"$work/records" 2>"$work/error" && ok rich-format || not_ok rich-format "$(cat "$work/error")"
	equal rich-no-gap "$(grep -c ^GAP "$work/records")" 0
	records >"$work/again"
	check rich-reads-the-same-again "differs" cmp "$work/records" "$work/again"

	id() { perl -e 'my ($dev, $ino) = stat $ARGV[0]; printf "%d:%d\n",
		(($dev >> 8 & 0xfff | $dev >> 32 & ~0xfff) << 20) | ($dev & 0xff | $dev >> 12 & 0xfff00), $ino' "$1"; }
	big=$(id "$work/lower/data/big")
	sent=$(id "$work/lower/data/sent")
	has() { check "rich-$1" "no record matches '$2':" grep -q "$2" "$work/records"; }
	has header "^HEADER 4096 $(uname -r)\$"
	has mark '^MARK begin$'
	has exec '^EXEC .* /usr/bin/sh$'
	has open "^OPEN $big flags=[01] /data/big\$"
	has read "^READ $big 0 "
	has sendfile "^\(SPLICE\|READ\) $sent 0 10000\$"
	has fadvise "^ADVISE $sent 0 0\$"
	has fault '^FAULT '
	has insert "^INSERT $big 0\$"
	has lookup "^LOOKUP $big /data/big\$"
	has failed-lookup '^LOOKUP 0:0 /data/none$'
	has stat '^STAT .* /data/other$'
	has readlink '^READLINK .* /data/link$'
	has readdir '^READDIR .* /data$'
	has name-with-newline '^LOOKUP .* /data/new?line$'
	has copy-up-open "^OPEN $(id "$work/lower/data/grows") flags=4 \$"
	has write "^WRITE $(id "$work/upper/data/grows") 5 5\$"
	has fork '^FORK '
	has exit '^EXIT '
	has switch '^SWITCH '
	has wake '^WAKE '
	has unmap '^UNMAP '
	has copy-mm '^COPY_MM '
	check rich-no-fault-around "MAP_PAGES in spite of 4096" not grep -q ^MAP_PAGES "$work/records"
	check rich-no-host-names "the host's path" not grep -q " $work" "$work/records"

	echo 65536 >$fault_around
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >$sys/enable
	box box-1 'cat /data/big >/dev/null'
	echo 0 >$sys/enable
	records >"$work/records"
	has header-again "^HEADER 65536 $(uname -r)\$"
	has map-pages '^MAP_PAGES '
	check enable-begins-anew "old records" not grep -q '^MARK begin' "$work/records"
	echo 1 >$sys/reset
	equal rich-reset "$(cat $debug/events* | wc -c)" 0
	rmmod rio_tracker
}

test_full() {
	load tracker_buffer_size=4096 events_buffer_bytes=4096 && printf box >$sys/host_ns
	echo 1 >$sys/enable
	box box-1 'cat /data/big >/dev/null; ls /data >/dev/null'
	echo 0 >$sys/enable
	trace >"$work/text"
	check full-drops "none counted" test "$(cat $sys/drops)" -gt 0
	check full-text-size "more than the buffer" test "$(wc -c <"$work/text")" -le 4096
	check full-text-is-whole "a broken line:" not grep -v '^/[^,]*,[0-9]*,[0-9]*,[0-9]*$' "$work/text"
	check full-text-ends-with-line "cut" test -z "$(tail -c 1 "$work/text" | tr -d '\n')"
	check full-rich-is-whole "broken:" records
	rmmod rio_tracker
}

test_bpf() {
	case $(uname -r) in 6.1.*)
		check bpf-refused "loaded" not load probes=bpf
		return
		;;
	esac
	script='cat /data/big /data/grows >/dev/null; ls /data; perl -e 1'
	echo 4096 >$fault_around
	load && printf box >$sys/host_ns
	traced box-1 "$script" | sort >"$work/kprobe"
	rmmod rio_tracker
	load probes=bpf || { not_ok load-bpf "insmod failed"; return; }
	printf box >$sys/host_ns
	equal bpf-without-program "$(traced box-1 'cat /data/big >/dev/null')" ""
	if [ -n "$iotracker" ]; then
		"$iotracker" >"$work/iotracker" 2>&1 &
		program=$!
		until grep -q probing "$work/iotracker"; do
			kill -0 $program 2>/dev/null || { not_ok iotracker "$(cat "$work/iotracker")"; break; }
			sleep 0.1
		done
		traced box-1 "$script" | sort >"$work/bpf"
		check bpf-same-trace "differs:" cmp "$work/kprobe" "$work/bpf"
		check bpf-traced "too little" test "$(wc -l <"$work/bpf")" -gt 100
		check bpf-pins-module "unloaded under the program" not rmmod rio_tracker
		kill $program
		check iotracker-ends "failed: $(cat "$work/iotracker")" wait $program
		n=0 # the kernel frees the programs a little later
		while ! rmmod rio_tracker 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
	else
		rmmod rio_tracker
	fi
	check bpf-rmmod "still there" not loaded
}

test_load() {
	start_load
	for round in 1 2 3 4; do
		load events_buffer_bytes=1048576 && printf box >$sys/host_ns && echo 1 >$sys/enable ||
			{ not_ok load-under-load "round $round"; break; }
		sleep 0.3
		[ $round -eq 2 ] && { echo 0 >$sys/enable && echo 1 >$sys/enable || not_ok enable-under-load "failed"; }
		[ $round -eq 3 ] && { echo 1 >$sys/reset && echo 1 >$sys/dump || not_ok reset-under-load "failed"; }
		sleep 0.3
		[ $round -eq 4 ] && { trace | grep -q ^/data/big || not_ok trace-under-load "nothing traced"; }
		rmmod rio_tracker || { not_ok rmmod-under-load "round $round"; break; }
	done
	check rmmod-while-enabled "still there" not loaded
	stop_load
	equal box-still-works "$(box box-1 'readlink /data/link')" big
}

[ -d /sys/kernel/debug/bdi ] || mount -t debugfs debugfs /sys/kernel/debug
make_root || exit 1
echo "rio-tracker.sh $$ begins" >/dev/kmsg
test_refused
test_text
test_chroot
test_rich
test_full
test_bpf
test_load
dmesg | sed "1,/rio-tracker.sh $$ begins/d" >"$work/dmesg"
check kernel-log "complains:" \
	sh -c "! grep -E 'WARNING|BUG|Oops|Call Trace|RIP:|INFO: |general protection|cannot probe' '$work/dmesg'"
echo "$failed failed"
[ $failed -eq 0 ]
