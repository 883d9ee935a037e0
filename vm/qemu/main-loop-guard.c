// SPDX-License-Identifier: Apache-2.0
/*
 * Preloaded into QEMU: its main loop runs only while the emulated CPU stands still.
 *
 * With `-icount sleep=off` the main loop skips idle time when it sees the CPU halted (icount_start_warp_timer).
 * Measured, nginx under crfs: one run of eleven had other warm times, by a millisecond. With a restless main loop
 * (below) and no guard in effect four of four runs differed; with the guard six of six were equal.
 * The likely reason, inferred and not observed itself: the CPU's thread sets `halted` before it has accounted for the
 * instructions that it has just executed (icount_process_data, outside the lock), and a main loop that looks in between
 * skips too far.
 *
 * So the main thread gets QEMU's big lock only while the CPU's thread waits for work, which it does in
 * pthread_cond_wait() with that lock. Where QEMU needs its main loop although the CPU is busy, it gets the lock after
 * `patience`: without that limit a resumed machine hung, with the CPU's thread spinning in icount_prepare_for_run on
 * an empty budget (a timer that only the main loop runs; which one is not known). What the main loop does then is not
 * guarded.
 *
 * TRIO_RESTLESS_QEMU=1 makes the main loop poll without ever sleeping: for tests of this guard.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct timespec patience = { .tv_nsec = 200 * 1000 * 1000 };

/* 1 while the CPU's thread may execute guest code. Written with the big lock held; a futex. */
static atomic_int cpu_runs;
/* Known from the CPU's first wait. */
static pthread_mutex_t *_Atomic big_lock;
static pthread_cond_t *_Atomic cpu_wakes;
static int restless;

static int (*real_lock)(pthread_mutex_t *);
static int (*real_unlock)(pthread_mutex_t *);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *);
static int (*real_broadcast)(pthread_cond_t *);
static int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

/* A constructor of another library may come first and lock something. */
__attribute__((constructor)) static void find_real_functions(void)
{
	real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	real_unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
	real_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
	real_broadcast = dlsym(RTLD_NEXT, "pthread_cond_broadcast");
	real_ppoll = dlsym(RTLD_NEXT, "ppoll");
	restless = getenv("TRIO_RESTLESS_QEMU") != NULL;
}

static int is_main_thread(void)
{
	return getpid() == gettid();
}

/* By its name, `ALL CPUs/TCG`, which QEMU gives with `-name …,debug-threads=on`. */
static int is_cpu_thread(void)
{
	static __thread enum { UNKNOWN, NO, YES } is;

	if (is == UNKNOWN) {
		char name[16] = "";

		prctl(PR_GET_NAME, name);
		is = strstr(name, "/TCG") ? YES : NO;
	}
	return is == YES;
}

static void set_cpu_runs(int runs)
{
	if (atomic_exchange(&cpu_runs, runs) && !runs)
		syscall(SYS_futex, &cpu_runs, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	int patient = 1;

	if (!real_lock)
		find_real_functions();
	if (mutex != big_lock || !is_main_thread())
		return real_lock(mutex);
	for (;;) {
		int error = real_lock(mutex);

		if (error || !patient || !atomic_load(&cpu_runs))
			return error;
		real_unlock(mutex);
		if (syscall(SYS_futex, &cpu_runs, FUTEX_WAIT_PRIVATE, 1, &patience, NULL, 0) < 0 && errno == ETIMEDOUT)
			patient = 0;
	}
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	if (!real_unlock)
		find_real_functions();
	if (mutex == big_lock && is_cpu_thread())
		set_cpu_runs(1);
	return real_unlock(mutex);
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	if (!real_wait)
		find_real_functions();
	if (is_cpu_thread() && (!big_lock || mutex == big_lock)) {
		big_lock = mutex;
		cpu_wakes = cond;
		set_cpu_runs(0);
	}
	return real_wait(cond, mutex);
}

/* The main loop wakes the CPU and goes on: it must not come back before the CPU waits again. */
int pthread_cond_broadcast(pthread_cond_t *cond)
{
	if (!real_broadcast)
		find_real_functions();
	if (cond == cpu_wakes && is_main_thread())
		set_cpu_runs(1);
	return real_broadcast(cond);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	static const struct timespec none;

	if (!real_ppoll)
		find_real_functions();
	return real_ppoll(fds, count, restless ? &none : timeout, mask);
}
