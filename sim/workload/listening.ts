/** CPU time before each step; `othersNs` is the part of `cpuNs` in which tasks outside of the container had the CPU. */
interface StepTimes {
  readonly cpuNs: Float64Array;
  readonly othersNs: Float64Array;
}

/**
 * Chosen, between others' share of the CPU beside a program whose HTTP port is asked over and over (0.23 to 0.35:
 * `probe-http` in golden's calibrations) and beside one that has the question (0.01: tomcat's warm traces,
 * test/integration/sim/program.test.ts).
 */
const askedShare = 0.1;

/**
 * The step from which on an HTTP server listens, as far as a warm start tells: a trace has no sockets, but who asks
 * whether the server is ready then has a connection and waits for the answer, and no longer takes part of the CPU. It is
 * the step of [from, to) behind which others have had less than `askedShare` by the most time.
 *
 * @returns `to` if there is none
 */
export function listeningStep({ cpuNs, othersNs }: StepTimes, from: number, to: number): number {
  let [sumNs, mostNs, found] = [0, 0, to];
  for (let step = to - 1; step >= from; step--) {
    sumNs += askedShare * cpuNs[step]! - othersNs[step]!;
    if (sumNs <= mostNs) continue;
    mostNs = sumNs;
    found = step;
  }
  return found;
}
