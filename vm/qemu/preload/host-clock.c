// SPDX-License-Identifier: Apache-2.0
/*
 * Preloaded into QEMU: the time of day stands still.
 *
 * TCG makes its TLBs larger when they are full, and smaller when they were not for 100 ms of the host's clock
 * (tlb_mmu_resize_locked in accel/tcg/cputlb.c). What its TLB holds is not as invisible to the guest as it should be:
 * the same start of tomcat had three different warm starts, 1 % apart: with this clock standing still (or the host's, when
 * that was quick), with one that jumps, and with the host's when that was slow. With a clock that stands still TLBs only
 * grow, by what the guest does. How a guest comes to see them is not known.
 *
 * QEMU reads this clock in get_clock_realtime(), by its sources for nothing else that our machines have: the guest's
 * clocks are virtual (-rtc clock=vm).
 */
#include <sys/time.h>

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	(void)zone;
	*now = (struct timeval){ 0 };
	return 0;
}
