// SPDX-License-Identifier: GPL-2.0
/* Keeps the probes of iotracker.bpf.c in the kernel until it is told to end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "iotracker.skel.h"

/* Hits that the kernel left out because the same program was running on that CPU. */
static unsigned long long missed(const struct iotracker_bpf *tracker)
{
	unsigned long long sum = 0;
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracker->obj) {
		struct bpf_prog_info info = {};
		__u32 bytes = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes))
			sum += info.recursion_misses;
	}
	return sum;
}

int main(void)
{
	struct iotracker_bpf *tracker;
	sigset_t signals;
	unsigned long long lost;
	int signal, error;

	/* Blocked before the probes are there, so that a signal cannot be missed by sigwait(). */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	tracker = iotracker_bpf__open_and_load();
	if (!tracker) {
		fprintf(stderr, "iotracker: cannot load the probes: %s\n"
			"Is rio_tracker loaded with probes=bpf, and is this root on Linux 6.6 or later?\n",
			strerror(errno));
		return 1;
	}
	error = iotracker_bpf__attach(tracker);
	if (error) {
		fprintf(stderr, "iotracker: cannot attach the probes: %s\n", strerror(-error));
		iotracker_bpf__destroy(tracker);
		return 1;
	}
	printf("iotracker: probing\n");
	fflush(stdout);
	sigwait(&signals, &signal);
	lost = missed(tracker);
	iotracker_bpf__destroy(tracker);
	if (lost) {
		fprintf(stderr, "iotracker: %llu reads or faults were missed\n", lost);
		return 1;
	}
	return 0;
}
