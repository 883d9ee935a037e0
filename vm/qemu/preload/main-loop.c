// SPDX-License-Identifier: Apache-2.0
/*
 * Preloaded into QEMU: its main loop runs only while the emulated CPU stands still.
 *
 * With `-icount sleep=off` the main loop skips idle time when it sees the CPU halted (icount_start_warp_timer).
 * Measured, nginx under crfs: one run of eleven had other warm times, by a millisecond. With a restless main loop
 * (below) and no guard in effect four of four runs differed; with the guard six of six were equal.
 * The likely reason, from QEMU's sources and not observed itself: the CPU's thread sets `halted` before it has accounted
 * for the instructions that it has just executed (icount_process_data, outside the lock), and a main loop that looks in
 * between skips too far.
 *
 * So the main thread gets QEMU's big lock only while the CPU's thread waits for work, which it does in
 * pthread_cond_wait() with that lock. Sometimes QEMU needs its main loop although the CPU is busy: after a migration
 * came in there are QEMU_CLOCK_REALTIME timers (announcements), for which icount_get_limit() gives the CPU no budget
 * until the main loop has run them. So after `patience` the main thread asks for a turn, and gets it where the CPU's
 * thread is about to take the lock: then the CPU is within an instruction that accesses a device, so nothing is
 * skipped, or its instructions are accounted for. It waits there until the main thread lets go of the lock.
 * With 836 turns taken wherever the CPU was, in one start of tomcat, the main thread woke the CPU's 242 times that did
 * not wait yet.
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
/* The main thread's turn while the CPU runs. A futex; written only as said here. */
enum {
	NO_TURN, /* by the main thread, when it lets go of the lock */
	ASKED, /* by the main thread, which waits */
	GRANTED, /* by the CPU's thread, which waits */
};
static atomic_int turn;
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

static long futex_wait(atomic_int *word, int value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout, NULL, 0);
}

static void futex_wake(atomic_int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void set_cpu_runs(int runs)
{
	if (!atomic_exchange(&cpu_runs, runs) || runs)
		return;
	futex_wake(&cpu_runs);
	futex_wake(&turn);
}

/* By the main thread, without the lock: until the CPU's thread grants the turn, or stands still, which is as good. */
static void ask_for_turn(void)
{
	int asked = ASKED;

	atomic_store(&turn, ASKED);
	while (atomic_load(&turn) == ASKED && atomic_load(&cpu_runs))
		futex_wait(&turn, ASKED, &patience);
	atomic_compare_exchange_strong(&turn, &asked, NO_TURN);
}

/* By the CPU's thread, before it takes the lock. */
static void grant_turn(void)
{
	int asked = ASKED;

	if (!atomic_compare_exchange_strong(&turn, &asked, GRANTED))
		return;
	futex_wake(&turn);
	while (atomic_load(&turn) == GRANTED)
		futex_wait(&turn, GRANTED, NULL);
}

/* By the main thread, when it lets go of the lock. */
static void end_turn(void)
{
	int granted = GRANTED;

	if (atomic_compare_exchange_strong(&turn, &granted, NO_TURN))
		futex_wake(&turn);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	if (!real_lock)
		find_real_functions();
	if (mutex == big_lock && is_cpu_thread())
		grant_turn();
	if (mutex != big_lock || !is_main_thread())
		return real_lock(mutex);
	for (;;) {
		int error = real_lock(mutex);

		if (error || !atomic_load(&cpu_runs) || atomic_load(&turn) == GRANTED)
			return error;
		real_unlock(mutex);
		if (futex_wait(&cpu_runs, 1, &patience) < 0 && errno == ETIMEDOUT)
			ask_for_turn();
	}
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	int error;

	if (!real_unlock)
		find_real_functions();
	if (mutex == big_lock && is_cpu_thread())
		set_cpu_runs(1);
	error = real_unlock(mutex);
	if (mutex == big_lock && is_main_thread())
		end_turn();
	return error;
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
	/* The main thread waits for something that the CPU's thread is to do. */
	if (mutex == big_lock && is_main_thread())
		end_turn();
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
